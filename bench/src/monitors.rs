//! The monitors of workload W1: a brand and a topic, with lists of words to leave out and tests of fields.

use std::collections::HashMap;
use std::sync::Arc;

use mon_compiler::plan::{
    CompareOp, Cond, CondKind, FieldOp, FieldTest, Place, Plan, QueryPlan, SpanExpr, TermId, TermPattern, TokenPattern,
    Value,
};
use mon_post::Zone;
use mon_text::Tokens;
use mon_text::term::{Form, alternatives};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::vocabulary::LANGUAGES;
use crate::workload::{Brand, World, chance, one_of};

struct Builder<'w> {
    world: &'w World,
    rng: SmallRng,
    plan: Plan,
    terms: HashMap<String, TermId>,
    tokens: Tokens,
}

/// A plan of `count` queries.
pub fn monitors(world: &World, count: usize, seed: u64) -> Plan {
    let rng = SmallRng::seed_from_u64(seed);
    let mut builder = Builder { world, rng, plan: Plan::default(), terms: HashMap::new(), tokens: Tokens::default() };
    for at in 0..count {
        let cond = Arc::new(builder.monitor());
        builder.plan.queries.push(QueryPlan {
            name: format!("monitor_{at}"),
            named: false,
            place: Place::default(),
            cond,
        });
    }
    builder.plan
}

fn cond(kind: CondKind) -> Cond {
    Cond { place: Place::default(), kind }
}

fn any(mut members: Vec<Cond>) -> Cond {
    match members.len() {
        1 => members.pop().unwrap_or_else(|| cond(CondKind::Const(false))),
        _ => cond(CondKind::Or(members)),
    }
}

fn all(members: Vec<Cond>) -> Cond {
    cond(CondKind::And(members))
}

impl Builder<'_> {
    /// The term as the language reads it: with its variants, or as its tokens.
    fn term(&mut self, form: Form, written: &str) -> SpanExpr {
        let key = format!("{form:?} {written}");
        if let Some(known) = self.terms.get(&key) {
            return SpanExpr::Term(*known);
        }
        let bare = written.trim_start_matches(['#', '@']);
        let rows = alternatives(form, bare).unwrap_or_else(|_| {
            self.tokens.tokenize(written, 0);
            let key = |token| self.tokens.keys(token).next().map(|key| TokenPattern::Key(key.text.to_owned()));
            vec![self.tokens.iter().filter_map(key).collect()]
        });
        let id = TermId(u32::try_from(self.plan.terms.len()).unwrap_or(u32::MAX));
        self.plan.terms.push(TermPattern { written: written.to_owned(), alternatives: rows });
        self.terms.insert(key, id);
        SpanExpr::Term(id)
    }

    fn found(&mut self, form: Form, written: &str) -> Cond {
        let spans = self.term(form, written);
        cond(CondKind::Text { zones: Zone::DEFAULT.into(), spans })
    }

    fn plain(&mut self, written: &str) -> Cond {
        self.found(Form::Plain, written)
    }

    /// The name, its tag, often its handle, and the two words.
    fn brand(&mut self, brand: &Brand) -> Vec<Cond> {
        let mut members = vec![self.plain(&brand.name), self.found(Form::Tag, &format!("#{}", brand.name))];
        if chance(&mut self.rng, 0.6) {
            members.push(self.found(Form::Handle, &format!("@{}", brand.name)));
        }
        if let Some(two_words) = &brand.two_words {
            members.push(self.plain(two_words));
        }
        members
    }

    fn topic(&mut self) -> String {
        self.world.topic(&mut self.rng).to_owned()
    }

    fn middling(&mut self) -> String {
        self.world.middling(&mut self.rng).to_owned()
    }

    fn leaf(&mut self) -> Cond {
        match self.rng.random_range(0..100) {
            0..70 => {
                let word = if chance(&mut self.rng, 0.7) { self.topic() } else { self.middling() };
                self.plain(&word)
            }
            70..82 => {
                let phrase = format!("{} {}", self.topic(), self.middling());
                self.plain(&phrase)
            }
            82..95 => {
                let (left, right) = (self.topic(), self.topic());
                let (left, right) = (self.term(Form::Plain, &left), self.term(Form::Plain, &right));
                let gap = self.rng.random_range(3..11);
                let spans = SpanExpr::Near { gap, left: Box::new(left), right: Box::new(right) };
                cond(CondKind::Text { zones: Zone::DEFAULT.into(), spans })
            }
            _ => {
                let word = self.middling();
                self.prefix(&word, 4)
            }
        }
    }

    /// The beginning of a word, of at least `least` letters where it has as many.
    fn prefix(&mut self, word: &str, least: usize) -> Cond {
        let letters = word.len().min(least + self.rng.random_range(0..4));
        let prefix = word.get(..letters).unwrap_or(word).to_owned();
        let id = TermId(u32::try_from(self.plan.terms.len()).unwrap_or(u32::MAX));
        let alternatives = vec![vec![TokenPattern::Prefix(prefix.clone())]];
        self.plan.terms.push(TermPattern { written: format!("{prefix}*"), alternatives });
        cond(CondKind::Text { zones: Zone::DEFAULT.into(), spans: SpanExpr::Term(id) })
    }

    fn leaves(&mut self, least: usize, most: usize) -> Cond {
        let count = self.rng.random_range(least..=most);
        any((0..count).map(|_| self.leaf()).collect())
    }

    fn none_of(&mut self) -> Cond {
        let count = self.rng.random_range(1..7);
        let words = (0..count)
            .map(|_| {
                let word = self.middling();
                self.plain(&word)
            })
            .collect();
        cond(CondKind::Not(Box::new(any(words))))
    }

    fn language(&mut self, english: f64) -> Cond {
        let at = if chance(&mut self.rng, english) { 0 } else { self.rng.random_range(0..LANGUAGES.len()) };
        let code = LANGUAGES.get(at).map_or("en", |(code, _, _)| *code);
        self.field("lang", CompareOp::Eq, Value::Text(code.to_owned()))
    }

    fn field(&self, name: &str, op: CompareOp, value: Value) -> Cond {
        match mon_post::find(name) {
            Some(field) => cond(CondKind::Field(FieldTest { field, op: FieldOp::Compare(op, value), floor: None })),
            None => cond(CondKind::Const(true)),
        }
    }

    fn above(&mut self, name: &str, limits: &[i64]) -> Cond {
        let limit = one_of(&mut self.rng, limits).copied().unwrap_or_default();
        self.field(name, CompareOp::Ge, Value::Integer(limit))
    }

    fn monitor(&mut self) -> Cond {
        let world = self.world;
        let Some(brand) = world.brands.get(world.in_monitors.pick(&mut self.rng)) else {
            return cond(CondKind::Const(false));
        };
        let mut members = Vec::new();
        match self.rng.random_range(0..100) {
            0..50 => {
                members.extend([any(self.brand(brand)), self.leaves(2, 14)]);
                self.maybe_none(0.6, &mut members);
            }
            50..60 => {
                members.extend([any(self.brand(brand)), self.leaves(2, 8), self.leaves(2, 6)]);
                self.maybe_none(0.5, &mut members);
            }
            60..70 => {
                let mut names = self.brand(brand);
                for _ in 0..self.rng.random_range(3..11) {
                    if let Some(other) = one_of(&mut self.rng, &world.brands) {
                        names.push(self.plain(&other.name));
                    }
                }
                members.push(any(names));
                self.maybe_none(0.7, &mut members);
            }
            70..85 => self.with_fields(brand, &mut members),
            85..97 => {
                // Topics alone: two common clauses, hard to select for.
                members.extend([self.leaves(2, 6), self.leaves(2, 8)]);
                self.maybe_none(0.5, &mut members);
                if chance(&mut self.rng, 0.3) {
                    members.push(self.language(0.0));
                }
            }
            _ => members.extend([self.prefix(&brand.name, 5), self.leaves(3, 10)]),
        }
        all(members)
    }

    fn with_fields(&mut self, brand: &Brand, members: &mut Vec<Cond>) {
        members.extend([any(self.brand(brand)), self.leaves(1, 6)]);
        if chance(&mut self.rng, 0.7) {
            members.push(self.language(0.7));
        }
        if chance(&mut self.rng, 0.6) {
            members.push(self.above("author.followers", &[100, 500, 1_000, 5_000, 10_000, 50_000]));
        }
        if chance(&mut self.rng, 0.4) {
            members.push(self.above("engagement.likes", &[1, 5, 10, 50, 100, 1_000]));
        }
    }

    fn maybe_none(&mut self, share: f64, members: &mut Vec<Cond>) {
        if chance(&mut self.rng, share) {
            members.push(self.none_of());
        }
    }
}
