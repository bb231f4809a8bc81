//! Random plans and posts over a vocabulary so small that they meet often.

use std::borrow::Cow;
use std::sync::Arc;

use mon_compiler::plan::{
    Area, Arithmetic, Clock, CompareOp, Cond, CondKind, Edge, FieldOp, FieldTest, Glob, Place, Plan, QueryPlan,
    SpanExpr, TermId, TermPattern, TokenPattern, Unit, Value, ValueExpr,
};
use mon_post::{Author, Enrichment, Geo, Link, Media, PostBatch, PostBatchBuilder, PostRow, Zone};
use mon_text::Tokens;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

const WORDS: &[&str] = &[
    "acme",
    "Acme",
    "broken",
    "phone",
    "phones",
    "fire",
    "won't",
    "café",
    "CAFE",
    "Straße",
    "bank",
    "#acme",
    "#Broken",
    "@acme",
    "$ACME",
    "🔥",
    "😂",
    "👍🏽",
    "京都",
    "東京都大学",
    "ｶﾞﾗｽ",
    "ガラス",
    "กรุงเทพ",
    "booking.com",
    "https://acme.example/phone",
    ":)",
    "nora@acme.example",
    "5g",
    "10,000",
    "AT&T",
    "soooo",
    "acme's",
    "l'acme",
    "한국은",
    "overheating",
    "overheatin",
    "unbelievably",
    "unbelievablylong",
    "unbelievablylongest",
    "unbelievablylongestword",
    "землетрясение",
    "землетрясения",
    "землетряс",
    "running",
    "Läufe",
    "laufen",
    "p.a.y.p.a.l",
    "p@yp4l",
    "раураl",
    "Dr.",
    "http://b.example/x/y?id=5",
];
const PREFIXES: &[&str] = &[
    "a",
    "ac",
    "acm",
    "acme",
    "b",
    "bro",
    "phon",
    "#a",
    "#bro",
    "@",
    "$a",
    "c",
    "h",
    "na",
    "10",
    // Around what is compared at once, and characters of several bytes.
    "overh",
    "overheatin",
    "overheating",
    "overheating-",
    "unbelievabl",
    "unbelievably",
    "unbelievablyl",
    "unbelievablylongest",
    "з",
    "зем",
    "землетр",
    "землетрясение",
    "京",
    "한",
];
const RUNS: &[&str] = &["京", "都", "京都", "東京", "大学", "ガ", "ガラ", "ス", "กรุง", "เทพ", "ぬ"];
const GLOBS: &[&str] =
    &["*e", "*me", "a*e", "?cme", "ph?n*", "#*me", "*", "br?ken", "un*ly*", "*я", "@a*", "1*0", "w*'t"];
const FUZZY: &[(&str, u8)] =
    &[("acmee", 1), ("brokne", 1), ("broken", 1), ("phones", 1), ("unbeliveably", 2), ("caffé", 1)];
const STEMS: &[&str] = &["run", "phone", "running", "lauf", "Läufe", "overheated", "землетрясение", "acme"];
const EXACT: &[&str] = &["Acme", "acme", "AT&T", "won't", "café", "CAFE", "e,", "!", "Stra", "acme acme", "🔥"];
const PARTS: &[&str] = &["cm", "roke", "strasse", "e a", "京", "cafe", "ガ", "!", "🔥", "e"];
const REGEXES: &[&str] = &["ac+me", "[a-z]+ing", r"\bphone\b", "(?-i)Acme", r"\d+", "🔥+", "e.", "^acme", "s$"];
const LOOSE: &[&str] = &["paypal", "acme", "broken", "so"];
const URLS: &[&str] = &["acme.example", "b.example/x", "acme.example/phone", "?id=5", "/x/y", "booking.com"];
const LABELS: &[&str] = &["spam", "Ad", "nsfw"];

pub struct Random {
    pub rng: SmallRng,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { rng: SmallRng::seed_from_u64(seed) }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(&mut self.rng).unwrap()
    }

    fn chance(&mut self, share: f64) -> bool {
        self.rng.random_bool(share)
    }

    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn list<T>(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect()
    }

    // -------------------------------------------------------------------------------------------- posts

    fn text(&mut self) -> Cow<'static, str> {
        let words = self.list(12, |random| random.pick(WORDS));
        let mut text = String::new();
        for word in words {
            text.push_str(word);
            text.push_str(self.pick(&[" ", " ", " ", ", ", "", "! ", ". ", "\n", "\n\n"]));
        }
        Cow::Owned(text)
    }

    fn maybe<T>(&mut self, share: f64, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(share).then(|| one(self))
    }

    fn author(&mut self) -> Author<'static> {
        Author {
            name: self.maybe(0.3, Self::text),
            bio: self.maybe(0.3, Self::text),
            followers: self.maybe(0.7, |random| random.pick(&[0, 10, 50, 51, 10_000])),
            ..Author::default()
        }
    }

    fn post(&mut self) -> PostRow<'static> {
        let now = 1_793_613_600_000_000;
        let time = |random: &mut Self| now - random.pick(&[-1, 0, 1_000_000, 3_600_000_000]);
        PostRow {
            platform: self.maybe(0.8, |random| Cow::Borrowed(random.pick(&["x", "reddit", "bluesky"]))),
            received_at: Some(now),
            created_at: self.maybe(0.8, time),
            title: self.maybe(0.3, Self::text),
            text: self.maybe(0.9, Self::text),
            summary: self.maybe(0.1, Self::text),
            lang: self.maybe(0.7, |random| Cow::Borrowed(random.pick(&["en", "de", "ja", "EN"]))),
            sensitive: self.maybe(0.5, |random| random.chance(0.5)),
            labels: self.maybe(0.5, |random| random.list(2, |random| Cow::Borrowed(random.pick(LABELS)))),
            author: self.maybe(0.8, Self::author),
            geo: self.maybe(0.5, |random| Geo {
                country: random.maybe(0.8, |random| Cow::Borrowed(random.pick(&["DE", "AT", "jp"]))),
                lat: random.maybe(0.8, |random| random.pick(&[52.5, 48.2, -17.0])),
                lon: random.maybe(0.8, |random| random.pick(&[13.4, 16.4, 179.5])),
                ..Geo::default()
            }),
            media: self.maybe(0.4, |random| {
                random.list(2, |random| Media { alt: random.maybe(0.8, Self::text), ..Media::default() })
            }),
            links: self.maybe(0.4, |random| {
                random.list(2, |random| Link {
                    url: Some(Cow::Borrowed(random.pick(&["https://www.acme.example/a", "https://b.example"]))),
                    title: random.maybe(0.5, Self::text),
                    ..Link::default()
                })
            }),
            enrichment: self.maybe(0.7, |random| Enrichment {
                sentiment: random.maybe(0.8, |random| random.pick(&[-0.8, -0.3, 0.0, 0.5])),
                sentiment_confidence: random.maybe(0.7, |random| random.pick(&[0.2, 0.7, 0.9])),
            }),
            ..PostRow::default()
        }
    }

    pub fn posts(&mut self, count: usize) -> PostBatch {
        let mut builder = PostBatchBuilder::new();
        for at in 0..count {
            let post = PostRow { post_uid: Some(Cow::Owned(at.to_string())), ..self.post() };
            builder.append(&post).unwrap();
        }
        builder.finish().unwrap()
    }

    // -------------------------------------------------------------------------------------------- plans

    /// Patterns as the tokeniser reads a few words, or made by hand.
    fn row(&mut self) -> Vec<TokenPattern> {
        if self.chance(0.25) {
            return vec![self.rare()];
        }
        if self.chance(0.6) {
            let words: Vec<&str> = (0..=self.below(2)).map(|_| self.pick(WORDS)).collect();
            let mut tokens = Tokens::default();
            tokens.tokenize(&words.join(" "), 0);
            let key = |token| tokens.keys(token).last().map(|key| TokenPattern::Key(key.text.to_owned()));
            return tokens.iter().filter_map(key).collect();
        }
        (0..=self.below(2))
            .map(|_| match self.below(4) {
                3 => self.rare(),
                0 => TokenPattern::Prefix(self.pick(PREFIXES).to_owned()),
                1 => TokenPattern::Run(self.pick(RUNS).to_owned()),
                _ => TokenPattern::Key(self.pick(WORDS).to_lowercase()),
            })
            .collect()
    }

    /// A pattern that no look-up of a whole key finds.
    fn rare(&mut self) -> TokenPattern {
        match self.below(9) {
            0 => TokenPattern::Glob(self.pick(GLOBS).to_owned()),
            1 => {
                let (key, edits) = self.pick(FUZZY);
                TokenPattern::Fuzzy { key: key.to_owned(), edits }
            }
            2 => TokenPattern::Stem(self.pick(STEMS).to_owned()),
            3 => TokenPattern::Exact(self.pick(EXACT).to_owned()),
            4 => TokenPattern::Part(self.pick(PARTS).to_owned()),
            5 => TokenPattern::Regex(self.pick(REGEXES).to_owned()),
            6 => TokenPattern::Loose(mon_text::loose::key(self.pick(LOOSE))),
            7 => TokenPattern::Url(self.pick(URLS).to_owned()),
            _ => TokenPattern::Word(self.pick(RUNS).to_owned()),
        }
    }

    fn term(&mut self) -> TermPattern {
        let alternatives: Vec<_> = (0..=self.below(2)).map(|_| self.row()).collect();
        TermPattern { written: format!("{alternatives:?}"), alternatives }
    }

    fn spans(&mut self, terms: usize, depth: u32) -> SpanExpr {
        let gap = self.pick(&[0, 1, 2, 5, 30]);
        let inner = |random: &mut Self| Box::new(random.spans(terms, depth - 1));
        match self.below(if depth == 0 { 3 } else { 12 }) {
            0..=2 => SpanExpr::Term(TermId(u32::try_from(self.below(terms)).unwrap())),
            3 => SpanExpr::AnyOf(self.list(3, |random| random.spans(terms, depth - 1))),
            4 => SpanExpr::Then { gap, left: inner(self), right: inner(self) },
            5 => SpanExpr::NearNot { gap, left: inner(self), right: inner(self) },
            6 => SpanExpr::Inside { left: inner(self), right: inner(self) },
            7 => SpanExpr::Outside { left: inner(self), right: inner(self) },
            8 => {
                let unit = self.pick(&[Unit::Sentence, Unit::Line, Unit::Paragraph]);
                let count = 1 + self.below(2);
                SpanExpr::Same { unit, members: (0..count).map(|_| self.spans(terms, depth - 1)).collect() }
            }
            9 => {
                let edge = self.pick(&[Edge::First(1), Edge::First(3), Edge::Start, Edge::End]);
                SpanExpr::Edge { edge, inner: inner(self) }
            }
            _ => SpanExpr::Near { gap, left: inner(self), right: inner(self) },
        }
    }

    fn zones(&mut self) -> Arc<[Zone]> {
        match self.chance(0.6) {
            true => Zone::DEFAULT.into(),
            false => (0..=self.below(2)).map(|_| self.pick(Zone::ALL)).collect(),
        }
    }

    fn value(&mut self, field: &str) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        match field {
            _ if self.chance(0.03) => Value::Flag(true),
            "link.domain" | "labels" | "author.name" if self.chance(0.3) => {
                Value::Like(Glob::new(self.pick(&["*.example", "a*", "s??m", "?cme", "*"])))
            }
            "platform" => text(self.pick(&["x", "X", "reddit"])),
            "lang" => text(self.pick(&["en", "DE"])),
            "country" => text(self.pick(&["de", "AT", "JP"])),
            "author.followers" => match self.chance(0.8) {
                true => Value::Integer(self.pick(&[0, 10, 50])),
                false => Value::Decimal(self.pick(&[9.5, 50.0])),
            },
            "sentiment" => match self.chance(0.8) {
                true => Value::Decimal(self.pick(&[-0.3, 0.0])),
                false => Value::Integer(0),
            },
            "sensitive" => Value::Flag(self.chance(0.5)),
            "labels" => text(self.pick(LABELS)),
            "link.domain" => text(self.pick(&["acme.example", "b.example"])),
            "created_at" => Value::Time(1_793_613_600_000_000 - self.pick(&[0, 1_000_000])),
            _ => text(self.pick(&["acme", "broken "])),
        }
    }

    fn field(&mut self) -> FieldTest {
        let name = self.pick(&[
            "platform",
            "lang",
            "country",
            "author.followers",
            "sentiment",
            "sensitive",
            "labels",
            "link.domain",
            "created_at",
            "author.name",
            "geo.lat",
        ]);
        let op = match self.below(10) {
            0 => FieldOp::Exists,
            _ if name == "geo.lat" => FieldOp::Inside(self.area()),
            _ if name == "created_at" && self.chance(0.3) => FieldOp::Clock(self.clock()),
            1 | 2 => FieldOp::In(self.list(3, |random| random.value(name))),
            _ if name == "created_at" && self.chance(0.6) => {
                FieldOp::WithinLast { micros: self.pick(&[0, 1_000_000, 7_200_000_000]) }
            }
            _ => {
                let op = self.pick(&[
                    CompareOp::Eq,
                    CompareOp::Ne,
                    CompareOp::Lt,
                    CompareOp::Le,
                    CompareOp::Gt,
                    CompareOp::Ge,
                ]);
                FieldOp::Compare(op, self.value(name))
            }
        };
        let floor = if name == "sentiment" { self.maybe(0.6, |random| random.pick(&[0.7, 0.5])) } else { None };
        FieldTest { field: mon_post::find(name).unwrap(), op, floor }
    }

    fn area(&mut self) -> Area {
        match self.below(3) {
            0 => Area::Circle { lat: 52.52, lon: 13.4, metres: self.pick(&[1_000.0, 25_000.0, 900_000.0]) },
            1 => Area::Box { south: -20.0, west: 176.0, north: 50.0, east: self.pick(&[-178.0, 178.0]) },
            _ => Area::Polygon(vec![(47.0, 9.0), (47.0, 17.0), (self.pick(&[49.0, 55.0]), 13.0)]),
        }
    }

    fn clock(&mut self) -> Clock {
        let zone = self.pick(&[chrono_tz::Tz::UTC, chrono_tz::Tz::Europe__Berlin, chrono_tz::Tz::Asia__Tokyo]);
        match self.chance(0.5) {
            true => Clock::Hours { from: self.pick(&[0, 600, 1320]), to: self.pick(&[420, 720]), zone },
            false => Clock::Days { days: self.pick(&[0b110_0000, 0b1, 0b11110]), zone },
        }
    }

    pub fn cond(&mut self, terms: usize, depth: u32) -> Cond {
        let kind = match self.below(if depth == 0 { 6 } else { 15 }) {
            14 => CondKind::Count { zones: self.zones(), spans: self.spans(terms, 2), times: self.pick(&[0, 1, 2, 3]) },
            0..=3 => CondKind::Text { zones: self.zones(), spans: self.spans(terms, 3) },
            4 => CondKind::Field(self.field()),
            5 => match self.chance(0.1) {
                true => CondKind::Const(self.chance(0.5)),
                false => CondKind::Field(self.field()),
            },
            6 | 7 => CondKind::Not(Box::new(self.cond(terms, depth - 1))),
            8 | 9 => CondKind::And(self.list(4, |random| random.cond(terms, depth - 1))),
            10 | 11 => CondKind::Or(self.list(4, |random| random.cond(terms, depth - 1))),
            12 => CondKind::Named { name: "inner".to_owned(), cond: Arc::new(self.cond(terms, depth - 1)) },
            _ => {
                let members = self.list(5, |random| random.cond(terms, depth - 1));
                CondKind::AtLeast { k: u32::try_from(self.below(members.len() + 2)).unwrap(), members }
            }
        };
        Cond { place: Place::default(), kind }
    }

    pub fn plan(&mut self, queries: usize) -> Plan {
        let terms: Vec<TermPattern> = (0..40).map(|_| self.term()).collect();
        let count = terms.len();
        let query = |random: &mut Self, at: usize| QueryPlan {
            name: format!("q{at}"),
            named: true,
            place: Place::default(),
            cond: Arc::new(random.cond(count, 4)),
        };
        let queries = (0..queries).map(|at| query(self, at)).collect();
        Plan { terms, queries, ..Plan::default() }
    }

    // -------------------------------------------------------------------------------------------- values

    pub fn measures(&mut self, count: usize) -> Vec<Option<f64>> {
        let values = [0.0, -0.0, 1.0, -1.0, 2.5, 1e300, -1e300, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE];
        (0..count).map(|_| self.maybe(0.75, |random| random.pick(&values))).collect()
    }

    pub fn value_expr(&mut self, depth: u32) -> ValueExpr {
        let two = |random: &mut Self| (Box::new(random.value_expr(depth - 1)), Box::new(random.value_expr(depth - 1)));
        match self.below(if depth == 0 { 3 } else { 10 }) {
            0 => ValueExpr::Number(self.pick(&[0.0, 1.0, 2.0, -3.5, 1e308])),
            1 => ValueExpr::Measure(u32::try_from(self.below(70)).unwrap()),
            2 => ValueExpr::Truth(self.chance(0.5)),
            3 => ValueExpr::Negate(Box::new(self.value_expr(depth - 1))),
            4 => ValueExpr::Not(Box::new(self.value_expr(depth - 1))),
            5 => ValueExpr::And(self.list(3, |random| random.value_expr(depth - 1))),
            6 => ValueExpr::Or(self.list(3, |random| random.value_expr(depth - 1))),
            7 => {
                let (left, right) = two(self);
                let ops = [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide];
                ValueExpr::Arithmetic(self.pick(&ops), left, right)
            }
            _ => {
                let (left, right) = two(self);
                let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];
                ValueExpr::Compare(self.pick(&ops), left, right)
            }
        }
    }
}
