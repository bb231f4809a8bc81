//! What one post looks like to the programs: which patterns were seen in which zones, and where. Rows of tokens and
//! distances are worked out only when a program asks, and remembered until the next post.

use super::formula::{Lazy, PRESENCE, SpanId, SpanNode, Tables, ZoneMask};

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
    pub(super) fn lazy(&mut self, tables: &Tables, id: u32) -> bool {
        match self.memo.get(id as usize) {
            Some(&UNASKED) => self.ask(tables, id),
            answer => answer == Some(&YES),
        }
    }

    fn ask(&mut self, tables: &Tables, id: u32) -> bool {
        let answer = tables
            .lazies
            .get(id as usize)
            .is_some_and(|lazy| self.possible(tables, lazy.spans, lazy.zones) && self.exists(tables, *lazy));
        if let Some(memo) = self.memo.get_mut(id as usize) {
            *memo = if answer { YES } else { NO };
            self.asked.push(id);
        }
        answer
    }

    /// Whether the patterns were seen at all, wherever.
    fn possible(&self, tables: &Tables, id: SpanId, zones: ZoneMask) -> bool {
        match tables.span(id) {
            None => false,
            Some(SpanNode::Token(slot)) => self.seen(*slot, zones),
            Some(SpanNode::Row(slots)) => slots.iter().all(|slot| self.seen(*slot, zones)),
            Some(SpanNode::Any(members)) => members.iter().any(|member| self.possible(tables, *member, zones)),
            Some(SpanNode::Near { left, right, .. }) => {
                self.possible(tables, *left, zones) && self.possible(tables, *right, zones)
            }
        }
    }

    fn exists(&mut self, tables: &Tables, lazy: Lazy) -> bool {
        let zones = lazy.zones;
        match tables.span(lazy.spans) {
            Some(SpanNode::Near { gap, ordered, left, right }) => {
                // Sides of single tokens, the most frequent form, need no lists.
                let few = self.hits.len() <= SPANS_MAX;
                if let (Some(left), Some(right), true) = (tokens_of(tables, *left), tokens_of(tables, *right), few) {
                    return self.any_pair(tables, left, right, zones, (*gap, *ordered));
                }
                let (mut lefts, mut rights) = (self.borrow(), self.borrow());
                self.collect(tables, *left, zones, &mut lefts);
                if !lefts.is_empty() {
                    self.collect(tables, *right, zones, &mut rights);
                }
                let near = |l: &Stretch, r: &Stretch| l.reaches(r, *gap) || (!ordered && r.reaches(l, *gap));
                let found = lefts.iter().any(|l| rights.iter().any(|r| near(l, r)));
                self.give_back(lefts);
                self.give_back(rights);
                found
            }
            _ => {
                let mut spans = self.borrow();
                self.collect(tables, lazy.spans, zones, &mut spans);
                let found = !spans.is_empty();
                self.give_back(spans);
                found
            }
        }
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
    fn collect(&mut self, tables: &Tables, id: SpanId, zones: ZoneMask, out: &mut Vec<Stretch>) {
        match tables.span(id) {
            None => {}
            Some(SpanNode::Token(slot)) => out.extend(self.stretches(*slot, zones)),
            Some(SpanNode::Row(slots)) => self.rows(slots, zones, out),
            Some(SpanNode::Any(members)) => {
                let mut part = self.borrow();
                for member in members {
                    self.collect(tables, *member, zones, &mut part);
                    out.append(&mut part);
                }
                self.give_back(part);
            }
            Some(SpanNode::Near { gap, ordered, left, right }) => {
                let (mut lefts, mut rights) = (self.borrow(), self.borrow());
                self.collect(tables, *left, zones, &mut lefts);
                self.collect(tables, *right, zones, &mut rights);
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
        }
        tidy(out);
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
