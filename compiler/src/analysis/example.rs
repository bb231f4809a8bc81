//! Writes a post that is as a solver's answer says, and keeps it only when the interpreter confirms it. What the answer
//! leaves open is left out, so that an example says what matters and no more.

use std::borrow::Cow;

use mon_post::{Author, Engagement, Enrichment, FieldId, Geo, Link, Media, PostBatch, PostBatchBuilder, PostRow, Zone};

use crate::matching::formula::{SpanId, SpanNode, Tables, ZoneMask};
use crate::matching::{Actual, PostTexts, Truth, evaluate};
use crate::plan::{Cond, TermPattern, TokenPattern};

use super::fields::Holds;
use super::prover::{Atom, Prover};
use super::spans::Spans;

/// Where a word is written when several zones will do.
const ZONES: [Zone; 7] = [Zone::Text, Zone::Title, Zone::Alt, Zone::Summary, Zone::Bio, Zone::Name, Zone::LinkTitle];

/// When an example was received where a rule asks how old it is: 2026-01-01, in microseconds.
const RECEIVED_AT: i64 = 1_767_225_600_000_000;

/// Rounds of leaving parts out.
const ROUNDS_MAX: usize = 12;

/// A post that was made up and on which the interpreter was asked.
#[derive(Clone, Debug)]
pub struct Example {
    row: PostRow<'static>,
    /// Texts and fields that it tells, by name.
    pub told: Vec<(String, String)>,
}

impl Example {
    /// The post itself.
    #[must_use]
    pub const fn row(&self) -> &PostRow<'static> {
        &self.row
    }

    /// As a line of a recording, without its end.
    #[must_use]
    pub fn json(&self) -> String {
        let mut line = Vec::new();
        mon_post::writer::write_row(&self.row, &mut line);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }
}

impl std::fmt::Display for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.told.is_empty() {
            return f.write_str("a post that tells nothing");
        }
        for (at, (name, value)) in self.told.iter().enumerate() {
            write!(f, "{}{name}: {value}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A condition with the terms of its plan.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub terms: &'a [TermPattern],
    pub cond: &'a Cond,
}

/// What an example must show.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// True of the post.
    pub yes: &'a [Asked<'a>],
    /// Not true of the post: false or unknown.
    pub no: &'a [Asked<'a>],
}

impl Wanted<'_> {
    fn shown_by(&self, batch: &PostBatch, row: usize) -> bool {
        let post = PostTexts::read(batch, row);
        let holds = |asked: &Asked<'_>| evaluate(asked.terms, asked.cond, &post) == Truth::True;
        self.yes.iter().all(holds) && !self.no.iter().any(holds)
    }
}

/// An example after the prover's last answer, if one can be made.
pub(super) fn make(prover: &Prover<'_>, wanted: Wanted<'_>) -> Option<Example> {
    let draft = Draft::read(prover);
    let tries: Vec<Draft> = SHAPES.iter().map(|shape| Draft { shape: *shape, ..draft.clone() }).collect();
    let mut kept = first(tries, prover, wanted)?;
    for _ in 0..ROUNDS_MAX {
        let mut tries = kept.smaller();
        tries.extend(kept.plainer(prover));
        match first(tries, prover, wanted) {
            Some(smaller) => kept = smaller,
            None => break,
        }
    }
    let (row, told) = kept.write(prover);
    Some(Example { row, told })
}

/// The first draft that shows what is wanted.
fn first(drafts: Vec<Draft>, prover: &Prover<'_>, wanted: Wanted<'_>) -> Option<Draft> {
    let mut builder = PostBatchBuilder::new();
    for draft in &drafts {
        builder.append(&draft.write(prover).0).ok()?;
    }
    let batch = builder.finish().ok()?;
    let at = (0..drafts.len()).find(|row| wanted.shown_by(&batch, *row))?;
    drafts.into_iter().nth(at)
}

/// How pieces of text are laid out.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Other words between two pieces.
    apart: u32,
    /// Words of a distance stand as far from each other as they may.
    stretched: bool,
    reversed: bool,
}

const fn shape(apart: u32, stretched: bool, reversed: bool) -> Shape {
    Shape { apart, stretched, reversed }
}

/// More than any distance of most rules.
const FAR: u32 = 40;

const SHAPES: [Shape; 10] = [
    shape(0, false, false),
    shape(0, false, true),
    shape(1, false, false),
    shape(0, true, false),
    shape(1, true, false),
    shape(1, true, true),
    shape(8, true, false),
    shape(FAR, false, false),
    shape(FAR, true, false),
    shape(FAR, true, true),
];

#[derive(Clone, Debug)]
struct Draft {
    /// Zones that are there, with what is found in them.
    texts: Vec<(ZoneMask, Vec<SpanId>)>,
    fields: Vec<(FieldId, Holds, Actual, Option<f64>)>,
    shape: Shape,
}

impl Draft {
    fn read(prover: &Prover<'_>) -> Self {
        let mut texts: Vec<(ZoneMask, Vec<SpanId>)> = Vec::new();
        for (atom, var) in prover.atoms() {
            if let Atom::Present { zones } = atom
                && prover.holds(*var)
            {
                texts.push((*zones, Vec::new()));
            }
        }
        for (zones, spans) in &mut texts {
            for (atom, var) in prover.atoms() {
                if let Atom::Found { span, zones: place } = atom
                    && place == zones
                    && prover.holds(*var)
                {
                    spans.push(*span);
                }
            }
            outermost(prover.tables, spans);
        }
        let mut fields = Vec::new();
        for split in prover.splits() {
            for (_, cell) in split.cells.iter().filter(|(var, _)| prover.holds(*var)) {
                if cell.value != Actual::Absent {
                    fields.push((split.field, split.holds, cell.value.clone(), cell.confidence));
                }
            }
        }
        let [shape, ..] = SHAPES;
        Self { texts, fields, shape }
    }

    /// The draft without one of its parts, for each of them.
    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for at in 0..self.texts.len() {
            let mut without = self.clone();
            without.texts.remove(at);
            all.push(without);
        }
        for at in 0..self.fields.len() {
            let mut without = self.clone();
            without.fields.remove(at);
            all.push(without);
        }
        for (at, (_, spans)) in self.texts.iter().enumerate() {
            for span in 0..spans.len() {
                let mut without = self.clone();
                if let Some((_, spans)) = without.texts.get_mut(at) {
                    spans.remove(span);
                }
                all.push(without);
            }
        }
        all
    }

    /// The draft with a word in the place of its tag, for each tag.
    fn plainer(&self, prover: &Prover<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        for (at, (zones, spans)) in self.texts.iter().enumerate() {
            for (which, span) in spans.iter().enumerate() {
                let Some(plain) = plain_span(prover, *zones, *span) else { continue };
                let mut other = self.clone();
                if let Some(span) = other.texts.get_mut(at).and_then(|(_, spans)| spans.get_mut(which)) {
                    *span = plain;
                }
                all.push(other);
            }
        }
        all
    }

    fn write(&self, prover: &Prover<'_>) -> (PostRow<'static>, Vec<(String, String)>) {
        let mut row = PostRow { post_uid: Some(Cow::Borrowed("example")), ..PostRow::default() };
        let mut told = Vec::new();
        for (zones, spans) in &self.texts {
            let Some(zone) = ZONES.into_iter().find(|zone| zones & (1 << (*zone as u8)) != 0) else { continue };
            let text = Writer { prover, zones: *zones, shape: self.shape }.text(spans);
            told.push((zone.name().to_owned(), if text.is_empty() { "(empty)".to_owned() } else { text.clone() }));
            set_zone(&mut row, zone, text);
        }
        let age = |field: FieldId| self.fields.iter().find(|(of, holds, ..)| *of == field && *holds == Holds::Age);
        for (field, holds, value, confidence) in &self.fields {
            let Some(known) = field.get() else { continue };
            let value = match (holds, value) {
                (Holds::Age, Actual::Time(before)) => {
                    let exact = self.fields.iter().any(|(of, holds, ..)| of == field && *holds == Holds::Value);
                    if exact {
                        continue;
                    }
                    row.received_at = Some(RECEIVED_AT);
                    Actual::Time(RECEIVED_AT.saturating_add(*before))
                }
                (_, Actual::Time(time)) => {
                    if let Some((.., Actual::Time(before), _)) = age(*field) {
                        row.received_at = Some(time.saturating_sub(*before));
                    }
                    value.clone()
                }
                _ => value.clone(),
            };
            let sure =
                confidence.map_or_else(String::new, |sure| format!(" ({}% sure)", (sure * 1000.0).round() / 10.0));
            told.push((known.name.to_owned(), format!("{}{sure}", plain(&value))));
            set_field(&mut row, known.name, &value);
            if known.name == "sentiment" {
                row.enrichment.get_or_insert_default().sentiment_confidence = *confidence;
            }
        }
        (row, told)
    }
}

/// What a tag is made of, where the rules ask for that too.
fn plain_span(prover: &Prover<'_>, zones: ZoneMask, tag: SpanId) -> Option<SpanId> {
    let keys = |span: SpanId| -> Option<String> {
        let key = |slot: &u32| match prover.tables.pattern(*slot)? {
            TokenPattern::Key(key) => Some(key.replace('\'', "")),
            _ => None,
        };
        match prover.tables.span(span)? {
            SpanNode::Token(slot) => key(slot),
            SpanNode::Row(slots) => slots.iter().map(key).collect(),
            _ => None,
        }
    };
    let name = keys(tag)?.strip_prefix('#')?.to_owned();
    prover.atoms().iter().find_map(|(atom, _)| match atom {
        Atom::Found { span, zones: place } if *place == zones && keys(*span).as_ref() == Some(&name) => Some(*span),
        _ => None,
    })
}

fn plain(value: &Actual) -> String {
    match value {
        Actual::Text(text) => text.clone(),
        Actual::List(members) => members.join(", "),
        other => other.to_string(),
    }
}

/// Keeps what is not found with something else of the list anyway; distances and rows first.
fn outermost(tables: &Tables, spans: &mut Vec<SpanId>) {
    let width = |span: &SpanId| match tables.span(*span) {
        Some(SpanNode::Token(_) | SpanNode::Any(_)) | None => 2,
        Some(SpanNode::Row(_)) => 1,
        Some(_) => 0,
    };
    spans.sort_by_key(|span| (width(span), *span));
    let sure = Spans::new(tables);
    let mut kept: Vec<SpanId> = Vec::new();
    for span in spans.iter() {
        if !kept.iter().any(|other| sure.implies(*other, *span)) {
            kept.push(*span);
        }
    }
    *spans = kept;
}

/// Writes the text of one zone.
struct Writer<'a> {
    prover: &'a Prover<'a>,
    zones: ZoneMask,
    shape: Shape,
}

impl Writer<'_> {
    fn text(&self, spans: &[SpanId]) -> String {
        let mut pieces: Vec<Vec<String>> = spans.iter().map(|span| self.words(*span)).collect();
        if self.shape.reversed {
            pieces.reverse();
        }
        let mut words: Vec<String> = Vec::new();
        for piece in pieces {
            if !words.is_empty() {
                words.extend(self.others(self.shape.apart));
            }
            words.extend(piece);
        }
        words.join(" ")
    }

    fn others(&self, count: u32) -> Vec<String> {
        const WORDS: [&str; 5] = ["then", "lorem", "ipsum", "zzz", "7"];
        let asked = |word: &str| self.patterns().any(|(pattern, _)| satisfies(word, pattern));
        let word = WORDS.into_iter().find(|word| !asked(word)).unwrap_or("zzz");
        vec![word.to_owned(); count as usize]
    }

    fn words(&self, span: SpanId) -> Vec<String> {
        let tables = &self.prover.tables;
        match tables.span(span) {
            None => Vec::new(),
            Some(SpanNode::Token(slot)) => vec![self.word(*slot)],
            Some(SpanNode::Row(slots)) => slots.iter().map(|slot| self.word(*slot)).collect(),
            Some(SpanNode::Any(members)) => members.first().map_or_else(Vec::new, |first| self.words(*first)),
            Some(SpanNode::Same { members, .. }) => members.iter().flat_map(|member| self.words(*member)).collect(),
            Some(SpanNode::Within { inside: true, right, .. }) => self.words(*right),
            Some(SpanNode::NearNot { left: inner, .. } | SpanNode::Within { left: inner, .. }) => self.words(*inner),
            Some(SpanNode::Edge { inner, .. }) => self.words(*inner),
            Some(SpanNode::Near { gap, left, right, .. }) => {
                let (mut words, right) = (self.words(*left), self.words(*right));
                words.extend(self.others(if self.shape.stretched { *gap } else { 0 }));
                words.extend(right);
                words
            }
        }
    }

    /// Patterns of single tokens that are asked of the zone, and whether they are to be found.
    fn patterns(&self) -> impl Iterator<Item = (&TokenPattern, bool)> {
        self.prover.atoms().iter().filter_map(|(atom, var)| match atom {
            Atom::Found { span, zones } if *zones == self.zones => match self.prover.tables.span(*span) {
                Some(SpanNode::Token(slot)) => Some((self.prover.tables.pattern(*slot)?, self.prover.holds(*var))),
                _ => None,
            },
            _ => None,
        })
    }

    fn word(&self, slot: u32) -> String {
        let Some(pattern) = self.prover.tables.pattern(slot) else { return String::new() };
        match pattern {
            TokenPattern::Key(key)
            | TokenPattern::Run(key)
            | TokenPattern::Word(key)
            | TokenPattern::Fuzzy { key, .. }
            | TokenPattern::Stem(key)
            | TokenPattern::Exact(key)
            | TokenPattern::Part(key)
            | TokenPattern::Loose(key) => key.clone(),
            TokenPattern::Glob(glob) => glob.replace('*', "").replace('?', "o"),
            TokenPattern::Url(link) => format!("https://{}", link.trim_start_matches("https://")),
            // What an expression takes is not worked out.
            TokenPattern::Regex(_) => String::new(),
            TokenPattern::Prefix(prefix) => {
                let avoided = |word: &str| self.patterns().any(|(other, wanted)| !wanted && satisfies(word, other));
                let longer = ["", "s", "ing", "ed", "xy", "zq"].map(|end| format!("{prefix}{end}"));
                longer.iter().find(|word| !word.is_empty() && !avoided(word)).unwrap_or(prefix).clone()
            }
        }
    }
}

/// Whether a word would be taken for a pattern, as far as can be told without reading it.
fn satisfies(word: &str, pattern: &TokenPattern) -> bool {
    match pattern {
        TokenPattern::Key(key) => key == word,
        TokenPattern::Prefix(prefix) => word.starts_with(prefix.as_str()),
        TokenPattern::Run(run) => word.contains(run.as_str()),
        _ => false,
    }
}

fn set_zone(row: &mut PostRow<'static>, zone: Zone, text: String) {
    let text = Some(Cow::Owned(text));
    match zone {
        Zone::Title => row.title = text,
        Zone::Text => row.text = text,
        Zone::Summary => row.summary = text,
        Zone::Alt => row.media.get_or_insert_default().push(Media { alt: text, ..Media::default() }),
        Zone::Bio => author(row).bio = text,
        Zone::Name => author(row).name = text,
        Zone::LinkTitle => row.links.get_or_insert_default().push(Link { title: text, ..Link::default() }),
        Zone::LinkUrl => row.links.get_or_insert_default().push(Link { url: text, ..Link::default() }),
    }
}

fn author<'r>(row: &'r mut PostRow<'static>) -> &'r mut Author<'static> {
    row.author.get_or_insert_default()
}

/// Sets a field by its name, where the example has no value there yet. A kind of value that the field cannot have is
/// left out.
fn set_field(row: &mut PostRow<'static>, name: &str, value: &Actual) {
    match value {
        Actual::Text(text) => set_text(row, name, Cow::Owned(text.clone())),
        Actual::Integer(number) => set_count(row, name, *number),
        Actual::Decimal(number) => match name {
            "geo.lat" => row.geo.get_or_insert_default().lat = Some(*number),
            "geo.lon" => row.geo.get_or_insert_default().lon = Some(*number),
            "sentiment" => row.enrichment.get_or_insert_with(Enrichment::default).sentiment = Some(*number),
            _ => {}
        },
        Actual::Flag(flag) => match name {
            "sensitive" => row.sensitive = Some(*flag),
            "author.verified" => author(row).verified = Some(*flag),
            "author.is_bot" => author(row).is_bot = Some(*flag),
            _ => {}
        },
        Actual::Time(time) => match name {
            "created_at" => row.created_at = Some(*time),
            "event_at" => row.event_at = Some(*time),
            "received_at" => row.received_at = Some(*time),
            "author.created_at" => author(row).created_at = Some(*time),
            _ => {}
        },
        Actual::List(members) => {
            for member in members {
                match name {
                    "labels" => row.labels.get_or_insert_default().push(Cow::Owned(member.clone())),
                    "link.domain" => row
                        .links
                        .get_or_insert_default()
                        .push(Link { url: Some(Cow::Owned(format!("https://{member}/"))), ..Link::default() }),
                    _ => {}
                }
            }
        }
        Actual::Absent => {}
    }
}

fn set_text(row: &mut PostRow<'static>, name: &str, text: Cow<'static, str>) {
    let slot = match name {
        "platform" => &mut row.platform,
        "source" => &mut row.source,
        "kind" => &mut row.kind,
        "op" => &mut row.op,
        "visibility" => &mut row.visibility,
        "lang" => &mut row.lang,
        "post_uid" => {
            row.post_uid = Some(text);
            return;
        }
        "root_uid" => &mut row.root_uid,
        "conversation_uid" => &mut row.conversation_uid,
        "url" => &mut row.url,
        "author.uid" => &mut author(row).uid,
        "author.handle" => &mut author(row).handle,
        "author.name" => &mut author(row).name,
        "author.lang" => &mut author(row).lang,
        "author.location" => &mut author(row).location_text,
        "community" => &mut row.community.get_or_insert_default().name,
        "country" => &mut geo(row).country,
        "geo.place" => &mut geo(row).place,
        "app" => &mut row.app,
        "text" => &mut row.text,
        "title" => &mut row.title,
        _ => return,
    };
    if slot.is_none() {
        *slot = Some(text);
    }
}

fn geo<'r>(row: &'r mut PostRow<'static>) -> &'r mut Geo<'static> {
    row.geo.get_or_insert_default()
}

fn engagement<'r>(row: &'r mut PostRow<'static>) -> &'r mut Engagement<'static> {
    row.engagement.get_or_insert_default()
}

fn set_count(row: &mut PostRow<'static>, name: &str, number: i64) {
    let slot = match name {
        "author.followers" => &mut author(row).followers,
        "author.following" => &mut author(row).following,
        "author.posts" => &mut author(row).posts,
        "engagement.likes" => &mut engagement(row).likes,
        "engagement.reposts" => &mut engagement(row).reposts,
        "engagement.quotes" => &mut engagement(row).quotes,
        "engagement.replies" => &mut engagement(row).replies,
        "engagement.views" => &mut engagement(row).views,
        _ => return,
    };
    *slot = Some(number);
}
