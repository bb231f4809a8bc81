//! What one post looks like to the programs: which patterns were seen in which zones, and where. Rows of tokens and
//! distances are worked out only when a program asks, and remembered until the next post.

use mon_post::{PostBatch, Zone};
use mon_text::units::{Unit, units};

use super::formula::{Lazy, Needs, PRESENCE, SpanId, SpanNode, Tables, ZoneMask, zone_mask};
use crate::plan::Edge;

/// How many spans one row or distance keeps in one text when another distance is measured from it: the first by place.
/// A post of ordinary length has a few; the limit bounds the work on one that repeats a word thousands of times.
pub const SPANS_MAX: usize = 4096;

/// A stretch of one text of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stretch {
    /// Which of the post's texts, in their order.
    pub(super) text: u32,
    /// Bytes of the original text.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Positions of the first and the last token.
    pub(super) first: i32,
    pub(super) last: i32,
}

/// How many counted tokens stand strictly between a token at `p` and a later one at `q`.
pub(super) const fn between(p: i32, q: i32) -> i32 {
    (q - 1).div_euclid(2) - p.div_euclid(2)
}

impl Stretch {
    /// Whether `self` ends before `later` begins with at most `gap` counted tokens between.
    pub(super) fn reaches(&self, later: &Self, gap: u32) -> bool {
        self.text == later.text
            && self.end <= later.start
            && i64::from(between(self.last, later.first)) <= i64::from(gap)
    }

    pub(super) fn cover(&self, later: &Self) -> Self {
        Self { end: later.end, last: later.last, ..*self }
    }

    /// Whether `other` lies around `self`.
    fn lies_in(&self, other: &Self) -> bool {
        self.text == other.text && other.start <= self.start && self.end <= other.end
    }

    /// Whether `other`, which is not the same stretch, overlaps this one or stands with at most `gap` tokens between.
    fn is_near(&self, other: &Self, gap: u32) -> bool {
        let overlaps = self.text == other.text && self.start < other.end && other.start < self.end;
        self != other && (overlaps || self.reaches(other, gap) || other.reaches(self, gap))
    }
}

/// The texts of one post in the order in which they are read.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) batch: &'a PostBatch,
    pub(super) row: usize,
    /// Those that any query looks at.
    pub(super) zones: ZoneMask,
}

impl<'a> Texts<'a> {
    pub(super) fn each(self) -> impl Iterator<Item = (ZoneMask, &'a str)> {
        let searched = Zone::ALL.iter().filter(move |zone| self.zones & zone_mask(&[**zone]) != 0);
        searched
            .flat_map(move |zone| self.batch.zone(*zone).texts(self.row).map(move |text| (zone_mask(&[*zone]), text)))
    }

    fn units(self, number: u32, unit: Unit) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        if let Some((_, text)) = self.each().nth(number as usize) {
            units(text, unit, |start, end| found.push((start, end)));
        }
        found
    }
}

/// One place where a slot's pattern was found.
#[derive(Clone, Copy, Debug)]
struct Hit {
    slot: u32,
    zones: ZoneMask,
    stretch: Stretch,
}

const UNASKED: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// The state of the post at hand; everything is reset by [`PostState::clear`] in time proportional to what was set.
#[derive(Debug, Default)]
pub(super) struct PostState {
    pub(super) seen: Vec<ZoneMask>,
    /// Slots whose mask is not 0, without [`PRESENCE`].
    pub(super) touched: Vec<u32>,
    hits: Vec<Hit>,
    /// The places of the keys that passed the dictionary's filter: memory that it works in.
    pub(super) known: Vec<u32>,
    /// By lazy test: unasked, no, yes.
    pub(super) memo: Vec<u8>,
    asked: Vec<u32>,
    spare: Vec<Vec<Stretch>>,
    /// By text: which counted token is its last, from 0; -1 where it has none.
    ends: Vec<i32>,
    /// Sentences, lines and paragraphs of texts, where a query asked.
    units: Vec<(u32, Unit, Vec<(u32, u32)>)>,
}

impl PostState {
    pub(super) fn new(tables: &Tables) -> Self {
        Self { seen: vec![0; tables.slots()], memo: vec![UNASKED; tables.lazies.len()], ..Self::default() }
    }

    pub(super) fn clear(&mut self) {
        for slot in self.touched.drain(..) {
            if let Some(mask) = self.seen.get_mut(slot as usize) {
                *mask = 0;
            }
        }
        for id in self.asked.drain(..) {
            if let Some(answer) = self.memo.get_mut(id as usize) {
                *answer = UNASKED;
            }
        }
        if let Some(mask) = self.seen.get_mut(PRESENCE as usize) {
            *mask = 0;
        }
        self.hits.clear();
        self.ends.clear();
        self.units.clear();
    }

    /// Tells that a text is read, and the position of its last token.
    pub(super) fn end_text(&mut self, last: i32) {
        self.ends.push(last.div_euclid(2));
    }

    pub(super) fn add_zone(&mut self, zone: ZoneMask) {
        if let Some(mask) = self.seen.get_mut(PRESENCE as usize) {
            *mask |= zone;
        }
    }

    #[inline]
    pub(super) fn see(&mut self, slot: u32, zone: ZoneMask) {
        if let Some(mask) = self.seen.get_mut(slot as usize) {
            if *mask == 0 {
                self.touched.push(slot);
            }
            *mask |= zone;
        }
    }

    #[inline]
    pub(super) fn place(&mut self, slot: u32, zones: ZoneMask, stretch: Stretch) {
        self.hits.push(Hit { slot, zones, stretch });
    }

    #[inline]
    pub(super) fn seen(&self, slot: u32, zones: ZoneMask) -> bool {
        self.seen.get(slot as usize).is_some_and(|mask| mask & zones != 0)
    }

    #[inline]
    pub(super) fn lazy(&mut self, tables: &Tables, id: u32, texts: Texts<'_>) -> bool {
        match self.memo.get(id as usize) {
            Some(&UNASKED) => self.ask(tables, id, texts),
            answer => answer == Some(&YES),
        }
    }

    fn ask(&mut self, tables: &Tables, id: u32, texts: Texts<'_>) -> bool {
        let answer = tables
            .lazies
            .get(id as usize)
            .is_some_and(|lazy| self.possible(tables, lazy.spans, lazy.zones) && self.exists(tables, *lazy, texts));
        if let Some(memo) = self.memo.get_mut(id as usize) {
            *memo = if answer { YES } else { NO };
            self.asked.push(id);
        }
        answer
    }

    /// Whether the patterns were seen at all, wherever.
    fn possible(&self, tables: &Tables, id: SpanId, zones: ZoneMask) -> bool {
        let Some(node) = tables.span(id) else { return false };
        let may = |member: &SpanId| self.possible(tables, *member, zones);
        match node.needs() {
            Needs::Slots(slots) => slots.iter().all(|slot| self.seen(*slot, zones)),
            Needs::All(members) => members.iter().all(may),
            Needs::Any(members) => members.iter().any(may),
            Needs::Both(members) => members.iter().all(may),
            Needs::One(member) => may(&member),
        }
    }

    fn exists(&mut self, tables: &Tables, lazy: Lazy, texts: Texts<'_>) -> bool {
        let zones = lazy.zones;
        if let (Some(SpanNode::Near { gap, ordered, left, right }), 1) = (tables.span(lazy.spans), lazy.times) {
            // Sides of single tokens, the most frequent form, need no lists.
            let few = self.hits.len() <= SPANS_MAX;
            if let (Some(left), Some(right), true) = (tokens_of(tables, *left), tokens_of(tables, *right), few) {
                return self.any_pair(tables, left, right, zones, (*gap, *ordered));
            }
            let (lefts, rights) = self.both(tables, [*left, *right], zones, texts);
            let near = |l: &Stretch, r: &Stretch| l.reaches(r, *gap) || (!ordered && r.reaches(l, *gap));
            let found = lefts.iter().any(|l| rights.iter().any(|r| near(l, r)));
            self.give_back(lefts);
            self.give_back(rights);
            return found;
        }
        let mut spans = self.borrow();
        self.collect(tables, lazy.spans, zones, texts, &mut spans);
        let found = match lazy.times {
            1 => !spans.is_empty(),
            times => apart(&mut spans) >= times as usize,
        };
        self.give_back(spans);
        found
    }

    /// The spans of two expressions; where the first has none, those of the second are not looked for.
    fn both(
        &mut self,
        tables: &Tables,
        [left, right]: [SpanId; 2],
        zones: ZoneMask,
        texts: Texts<'_>,
    ) -> (Vec<Stretch>, Vec<Stretch>) {
        let (mut lefts, mut rights) = (self.borrow(), self.borrow());
        self.collect(tables, left, zones, texts, &mut lefts);
        if !lefts.is_empty() {
            self.collect(tables, right, zones, texts, &mut rights);
        }
        (lefts, rights)
    }

    fn any_pair(
        &self,
        tables: &Tables,
        left: &[SpanId],
        right: &[SpanId],
        zones: ZoneMask,
        (gap, ordered): (u32, bool),
    ) -> bool {
        let is_of = |side: &[SpanId], hit: &Hit| {
            hit.zones & zones != 0 && side.iter().any(|id| tables.span(*id) == Some(&SpanNode::Token(hit.slot)))
        };
        self.hits.iter().filter(|hit| is_of(left, hit)).any(|l| {
            self.hits.iter().any(|r| {
                let near = l.stretch.reaches(&r.stretch, gap) || (!ordered && r.stretch.reaches(&l.stretch, gap));
                near && is_of(right, r)
            })
        })
    }

    fn borrow(&mut self) -> Vec<Stretch> {
        self.spare.pop().unwrap_or_default()
    }

    fn give_back(&mut self, mut spans: Vec<Stretch>) {
        spans.clear();
        self.spare.push(spans);
    }

    fn stretches(&self, slot: u32, zones: ZoneMask) -> impl Iterator<Item = Stretch> + '_ {
        self.hits.iter().filter(move |hit| hit.slot == slot && hit.zones & zones != 0).map(|hit| hit.stretch)
    }

    /// Appends the spans of an expression to `out`, which is empty before; sorted by place, without repeats.
    fn collect(&mut self, tables: &Tables, id: SpanId, zones: ZoneMask, texts: Texts<'_>, out: &mut Vec<Stretch>) {
        match tables.span(id) {
            None => {}
            Some(SpanNode::Token(slot)) => out.extend(self.stretches(*slot, zones)),
            Some(SpanNode::Row(slots)) => self.rows(slots, zones, out),
            Some(SpanNode::Any(members)) => {
                let mut part = self.borrow();
                for member in members {
                    self.collect(tables, *member, zones, texts, &mut part);
                    out.append(&mut part);
                }
                self.give_back(part);
            }
            Some(SpanNode::Near { gap, ordered, left, right }) => {
                let (lefts, rights) = self.both(tables, [*left, *right], zones, texts);
                for l in &lefts {
                    for r in &rights {
                        if l.reaches(r, *gap) {
                            out.push(l.cover(r));
                        } else if !ordered && r.reaches(l, *gap) {
                            out.push(r.cover(l));
                        }
                    }
                }
                self.give_back(lefts);
                self.give_back(rights);
            }
            Some(SpanNode::NearNot { gap, left, right }) => {
                let (lefts, rights) = self.both(tables, [*left, *right], zones, texts);
                out.extend(lefts.iter().filter(|l| !rights.iter().any(|r| l.is_near(r, *gap))));
                self.give_back(lefts);
                self.give_back(rights);
            }
            Some(SpanNode::Within { inside, left, right }) => {
                let (lefts, rights) = self.both(tables, [*left, *right], zones, texts);
                out.extend(lefts.iter().filter(|l| rights.iter().any(|r| l.lies_in(r)) == *inside));
                self.give_back(lefts);
                self.give_back(rights);
            }
            Some(SpanNode::Same { unit, members }) => self.same(tables, *unit, members, zones, texts, out),
            Some(SpanNode::Edge { edge, inner }) => {
                self.collect(tables, *inner, zones, texts, out);
                out.retain(|span| self.stands_at(*edge, span));
            }
        }
        tidy(out);
    }

    fn stands_at(&self, edge: Edge, span: &Stretch) -> bool {
        match edge {
            Edge::First(words) => i64::from(span.last.div_euclid(2)) < i64::from(words),
            Edge::Start => between(-1, span.first) == 0,
            Edge::End => self.ends.get(span.text as usize).is_some_and(|end| *end == span.last.div_euclid(2)),
        }
    }

    /// A stretch for each unit that holds a span of every member.
    fn same(
        &mut self,
        tables: &Tables,
        unit: Unit,
        members: &[SpanId],
        zones: ZoneMask,
        texts: Texts<'_>,
        out: &mut Vec<Stretch>,
    ) {
        let mut lists: Vec<Vec<Stretch>> = Vec::with_capacity(members.len());
        for member in members {
            let mut list = self.borrow();
            self.collect(tables, *member, zones, texts, &mut list);
            lists.push(list);
        }
        let mut numbers: Vec<u32> = lists.first().into_iter().flatten().map(|span| span.text).collect();
        numbers.dedup();
        for number in numbers {
            let known = self.units.iter().position(|(text, of, _)| *text == number && *of == unit);
            let at = known.unwrap_or_else(|| {
                self.units.push((number, unit, texts.units(number, unit)));
                self.units.len() - 1
            });
            let (_, _, bounds) = self.units.get(at).map_or((0, unit, &[][..]), |(text, of, all)| (*text, *of, all));
            out.extend(bounds.iter().filter_map(|(start, end)| hull(&lists, (number, *start, *end))));
        }
        lists.into_iter().for_each(|list| self.give_back(list));
    }

    /// The spans of tokens that follow one another. From each first token only the set of tokens reached so far is
    /// kept, so that many like tokens in one place stay polynomial.
    fn rows(&mut self, slots: &[u32], zones: ZoneMask, out: &mut Vec<Stretch>) {
        let Some((first, rest)) = slots.split_first() else { return };
        let (mut starts, mut reached, mut next) = (self.borrow(), self.borrow(), self.borrow());
        starts.extend(self.stretches(*first, zones));
        for start in &starts {
            reached.clear();
            reached.push(*start);
            for slot in rest {
                next.clear();
                next.extend(self.stretches(*slot, zones).filter(|token| reached.iter().any(|r| r.reaches(token, 0))));
                std::mem::swap(&mut reached, &mut next);
                if reached.is_empty() {
                    break;
                }
            }
            out.extend(reached.iter().map(|end| start.cover(end)));
        }
        self.give_back(starts);
        self.give_back(reached);
        self.give_back(next);
    }
}

/// The members of a span expression that is a choice of single tokens.
fn tokens_of(tables: &Tables, id: SpanId) -> Option<&[SpanId]> {
    match tables.span(id)? {
        SpanNode::Any(members) => {
            let single = |member: &SpanId| matches!(tables.span(*member), Some(SpanNode::Token(_)));
            members.iter().all(single).then_some(members)
        }
        _ => None,
    }
}

/// From the first to the last of all spans that lie in a unit; none where some list has none there. The lists are sorted.
fn hull(lists: &[Vec<Stretch>], (text, start, end): (u32, u32, u32)) -> Option<Stretch> {
    let mut whole: Option<Stretch> = None;
    for list in lists {
        let from = list.partition_point(|span| (span.text, span.start) < (text, start));
        let here = list.get(from..)?.iter().take_while(|span| span.text == text && span.start < end);
        let mut any = false;
        for span in here.filter(|span| span.end <= end) {
            any = true;
            let so_far = whole.get_or_insert(*span);
            so_far.start = so_far.start.min(span.start);
            so_far.end = so_far.end.max(span.end);
            so_far.first = so_far.first.min(span.first);
            so_far.last = so_far.last.max(span.last);
        }
        if !any {
            return None;
        }
    }
    whole
}

/// The most spans of which no two overlap.
fn apart(spans: &mut [Stretch]) -> usize {
    spans.sort_unstable_by_key(|span| (span.text, span.end));
    let (mut count, mut text, mut free) = (0, u32::MAX, 0);
    for span in spans.iter() {
        if span.text != text || span.start >= free {
            count += 1;
            (text, free) = (span.text, span.end);
        }
    }
    count
}

/// Sorted by place, without repeats, cut to [`SPANS_MAX`] in each text.
fn tidy(spans: &mut Vec<Stretch>) {
    if spans.len() > 1 {
        spans.sort_unstable();
        spans.dedup();
    }
    if spans.len() > SPANS_MAX {
        let (mut text, mut count) = (u32::MAX, 0);
        spans.retain(|span| {
            count = if span.text == text { count + 1 } else { 1 };
            text = span.text;
            count <= SPANS_MAX
        });
    }
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn uncounted_tokens_have_odd_positions_and_cost_nothing() {
        assert_eq!(between(0, 2), 0);
        assert_eq!(between(0, 4), 1);
        assert_eq!(between(0, 1), 0);
        assert_eq!(between(1, 2), 0);
        assert_eq!(between(-1, 0), 0);
        assert_eq!(between(-1, 2), 1);
        assert_eq!(between(1, 3), 1);
        assert_eq!(between(1, 1), 0);
    }
}
