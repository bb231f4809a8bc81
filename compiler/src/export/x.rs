//! A sound pre-filter for X's filtered stream: rules that let through every post of X that a query takes. Whatever X cannot say
//! exactly is asked more weakly or not at all, and named as left to decide here.

use serde::Serialize;

use super::rules::{Filter, all, anchored, any, pack};
pub use super::rules::{RULE_LETTERS_MAX, RULES_MAX};
use super::spell::{spellings, unsayable};
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{
    CompareOp, Cond, CondKind, FieldOp, FieldTest, Place, Plan, QueryId, SpanExpr, TermId, TokenPattern, Value,
};
use mon_post::{FieldId, Zone};
use mon_text::{Kind, Tokens};

/// Posts that the rules may not let through although the query takes them: X's rules cannot name all of them.
pub const GAPS: &[&str] = &[
    "words with two or more unusual letters or signs, such as two accents that the rule does not have (`áccént`)",
    "words with a letter three times or more in a row (`acmeee`), zero-width signs, or full-width letters",
    "words of more than five letters with a dot behind each letter",
    "tags with `_` between their letters (`#acme_phone` for `#acmephone`)",
    "words that only the description of a picture holds",
];

/// Rules and what they leave open.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Any of them lets a post through.
    pub rules: Vec<String>,
    /// What X does not decide as the query does.
    pub left: Vec<Left>,
}

/// A clause that is left to decide on the posts that come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub place: Place,
    pub why: String,
}

/// A clause as a program reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftWritten<'a> {
    pub file: &'a str,
    pub start: u32,
    pub end: u32,
    pub clause: &'a str,
    pub why: &'a str,
}

impl Left {
    /// With the text that stands at its place.
    #[must_use]
    pub fn written<'a>(&'a self, plan: &'a Plan) -> LeftWritten<'a> {
        let file = plan.files.get(self.place.file as usize);
        LeftWritten {
            file: file.map_or("", |file| &file.name),
            start: self.place.span.start,
            end: self.place.span.end,
            clause: file.map_or("", |file| self.place.span.text(&file.text)),
            why: &self.why,
        }
    }
}

/// Rules for one query or monitor.
///
/// # Errors
/// A finding, where X has no rule that would let all posts through and name a word.
pub fn export(plan: &Plan, query: QueryId) -> Result<Export, Box<Diagnostic>> {
    let Some(query) = plan.queries.get(query.0 as usize) else {
        return Err(refused(Place::default(), "there is no such query", ""));
    };
    let mut weakener = Weakener { plan, left: Vec::new() };
    let filter = weakener.cond(&query.cond);
    let mut left = weakener.left;
    if filter == Filter::Nothing {
        let help = "export it without the test of the platform";
        return Err(refused(query.place, &format!("`{}` takes no post of X", query.name), help));
    }
    if !anchored(&filter) {
        let message = format!("no word stands in each post of `{}` that X could look for", query.name);
        let mut told =
            refused(query.place, &message, "name a whole word, tag, handle or cashtag that each post must hold");
        told.labels.extend(left.into_iter().take(5).map(|left| (left.place, left.why)));
        return Err(told);
    }
    let (rules, less) = pack(&filter);
    if rules.len() > RULES_MAX {
        let message = format!("`{}` needs {} rules, more than the limit of {RULES_MAX}", query.name, rules.len());
        return Err(refused(query.place, &message, "split the query, or name fewer words"));
    }
    if less {
        let why = format!("a rule has at most {RULE_LETTERS_MAX} letters, so that parts of it are not asked of X");
        left.push(Left { place: query.cond.place, why });
    }
    left.sort_by_key(|left| (left.place.file, left.place.span.start, left.place.span.end));
    left.dedup();
    Ok(Export { rules, left })
}

fn refused(place: Place, message: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(&codes::NO_PREFILTER, place, message).help(help))
}

struct Weakener<'p> {
    plan: &'p Plan,
    left: Vec<Left>,
}

impl Weakener<'_> {
    fn leave(&mut self, place: Place, why: impl Into<String>) -> Filter {
        self.left.push(Left { place, why: why.into() });
        Filter::Everything
    }

    fn cond(&mut self, cond: &Cond) -> Filter {
        match &cond.kind {
            CondKind::Const(true) => Filter::Everything,
            CondKind::Const(false) => Filter::Nothing,
            CondKind::Text { zones, spans } => self.text(cond.place, zones, spans),
            CondKind::Count { zones, spans, times } => {
                if *times == 0 {
                    return Filter::Everything;
                }
                self.leave(cond.place, "X counts nothing: it is asked for one of them");
                self.text(cond.place, zones, spans)
            }
            CondKind::Field(test) => self.field(cond.place, test),
            CondKind::Not(inner) => self.not(cond.place, inner),
            CondKind::And(members) => all(members.iter().map(|member| self.cond(member)).collect()),
            CondKind::Or(members) => any(members.iter().map(|member| self.cond(member)).collect()),
            CondKind::AtLeast { k, members } => {
                let asked: Vec<Filter> = members.iter().map(|member| self.cond(member)).collect();
                let unknown = asked.iter().filter(|member| **member == Filter::Everything).count();
                self.leave(cond.place, "X counts no members: it is asked for any of them");
                if unknown >= *k as usize {
                    return Filter::Everything;
                }
                any(asked.into_iter().filter(|member| *member != Filter::Everything).collect())
            }
            CondKind::Named { cond, .. } => self.cond(cond),
        }
    }

    fn text(&mut self, place: Place, zones: &[Zone], spans: &SpanExpr) -> Filter {
        let mut parts = Vec::new();
        for zone in zones {
            match zone {
                Zone::Text => parts.push(self.spans(place, spans, "")),
                // Posts of X have no title and no summary; what only `alt` holds is a gap.
                Zone::Title | Zone::Summary | Zone::Alt | Zone::LinkUrl => {}
                Zone::Bio => parts.push(self.spans(place, spans, "bio:")),
                Zone::Name => parts.push(self.spans(place, spans, "bio_name:")),
                Zone::LinkTitle => parts.push(self.spans(place, spans, "url_title:")),
            }
        }
        if parts.is_empty() {
            return self.leave(place, "X does not search this zone");
        }
        any(parts)
    }

    /// Spans as words that must all be there.
    fn spans(&mut self, place: Place, spans: &SpanExpr, sign: &str) -> Filter {
        match spans {
            SpanExpr::Term(id) => self.term(place, *id, sign),
            SpanExpr::AnyOf(members) => any(members.iter().map(|member| self.spans(place, member, sign)).collect()),
            SpanExpr::Near { left, right, .. }
            | SpanExpr::Then { left, right, .. }
            | SpanExpr::Inside { left, right } => {
                self.leave(place, "X is asked for both sides, not for where they stand");
                all(vec![self.spans(place, left, sign), self.spans(place, right, sign)])
            }
            SpanExpr::NearNot { left, .. } | SpanExpr::Outside { left, .. } => {
                self.leave(place, "X is asked for the left side alone");
                self.spans(place, left, sign)
            }
            SpanExpr::Same { members, .. } => {
                self.leave(place, "X is asked for all of them, not for where they stand");
                all(members.iter().map(|member| self.spans(place, member, sign)).collect())
            }
            SpanExpr::Edge { inner, .. } => {
                self.leave(place, "X is asked for it anywhere in the text");
                self.spans(place, inner, sign)
            }
        }
    }

    fn term(&mut self, place: Place, id: TermId, sign: &str) -> Filter {
        let Some(term) = self.plan.terms.get(id.0 as usize) else { return Filter::Everything };
        let words: Vec<String> = term
            .written
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let (written, rows) = (term.written.clone(), term.alternatives.clone());
        let mut found = Vec::new();
        for row in &rows {
            let mut tokens = Vec::new();
            let mut why = "";
            for token in row {
                let key = match token {
                    TokenPattern::Key(key) => key,
                    TokenPattern::Exact(literal) => {
                        why = "X looks for the words in any capitals and with any signs between";
                        tokens.extend(literal_words(literal).map(|word| Filter::Word(vec![format!("{sign}{word}")])));
                        continue;
                    }
                    _ => {
                        why = "X looks for whole words only";
                        continue;
                    }
                };
                // Outside the text a tag is the word behind its sign.
                let key = if sign.is_empty() { key } else { key.trim_start_matches(['#', '@', '$']) };
                match unsayable(key) {
                    Some(reason) => why = reason,
                    None => {
                        let spelled = spellings(key, &words);
                        tokens.push(Filter::Word(spelled.iter().map(|one| format!("{sign}{one}")).collect()));
                    }
                }
            }
            if !why.is_empty() {
                self.leave(place, format!("`{written}`: {why}"));
            } else if row.len() > 1 {
                self.leave(place, format!("`{written}`: X is asked for the words, in any order"));
            }
            found.push(all(tokens));
        }
        any(found)
    }

    /// What X may leave out because the query would: only what X and Mon see alike.
    fn not(&mut self, place: Place, inner: &Cond) -> Filter {
        let mut out = Vec::new();
        if !self.exclusions(inner, &mut out) {
            let why = match out.as_slice() {
                [] => "X could leave out posts that Mon does not".to_owned(),
                asked => format!("X leaves out {}; what else it excludes is left out here", named(asked)),
            };
            self.leave(place, why);
        }
        all(out.into_iter().map(Filter::Not).collect())
    }

    /// Operators of which each alone makes `inner` true. False where `inner` can be true without them.
    fn exclusions(&self, inner: &Cond, out: &mut Vec<String>) -> bool {
        match &inner.kind {
            CondKind::Or(members) => {
                let alike = members.iter().filter(|member| self.exclusions(member, out)).count();
                alike == members.len()
            }
            CondKind::Named { cond, .. } => self.exclusions(cond, out),
            CondKind::Text { zones, spans } if zones.contains(&Zone::Text) => self.entities(spans, out),
            CondKind::Field(FieldTest { field, op, .. }) => {
                let name = field.get().map_or("", |field| field.name);
                let values = texts(op);
                match name {
                    "lang" if !values.is_empty() => {
                        out.extend(values.iter().map(|code| format!("lang:{}", code_of_x(code))))
                    }
                    "kind" if values == ["repost"] => out.push("is:retweet".to_owned()),
                    _ => return false,
                }
                true
            }
            _ => false,
        }
    }

    fn entities(&self, spans: &SpanExpr, out: &mut Vec<String>) -> bool {
        match spans {
            SpanExpr::AnyOf(members) => {
                let alike = members.iter().filter(|member| self.entities(member, out)).count();
                alike == members.len()
            }
            SpanExpr::Term(id) => {
                let rows = self.plan.terms.get(id.0 as usize).map_or(&[][..], |term| &term.alternatives);
                match rows {
                    [row] => match row.as_slice() {
                        [TokenPattern::Key(key)] if key.starts_with(['#', '$']) => {
                            out.push(key.clone());
                            // Folded spellings of a tag stay for Mon to leave out.
                            key.starts_with('$')
                        }
                        [TokenPattern::Key(key)] if key.starts_with('@') && !key.contains('.') => {
                            out.push(key.clone());
                            true
                        }
                        _ => false,
                    },
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn field(&mut self, place: Place, test: &FieldTest) -> Filter {
        let name = test.field.get().map_or("", |field| field.name);
        let values = texts(&test.op);
        let operators = |sign: &str, values: &[String]| {
            any(values.iter().map(|value| Filter::Operator(format!("{sign}{value}"))).collect())
        };
        match (name, &test.op) {
            ("platform", _) if !values.is_empty() => {
                if values.iter().any(|value| value == "x") {
                    Filter::Everything
                } else {
                    Filter::Nothing
                }
            }
            ("lang", _) if !values.is_empty() => {
                operators("lang:", &values.iter().map(|code| code_of_x(code).to_owned()).collect::<Vec<_>>())
            }
            ("kind", _) if !values.is_empty() => {
                let kinds: Option<Vec<String>> = values.iter().map(|kind| kind_of_x(kind).map(str::to_owned)).collect();
                match kinds {
                    Some(kinds) => operators("is:", &kinds),
                    None => self.leave(place, "X has no operator for this kind of post"),
                }
            }
            ("author.followers" | "author.posts" | "author.following", FieldOp::Compare(op, Value::Integer(count))) => {
                let least = match op {
                    CompareOp::Ge | CompareOp::Eq => Some(*count),
                    CompareOp::Gt => count.checked_add(1),
                    _ => None,
                };
                let sign = counted_by_x(test.field);
                match least.filter(|least| *least > 0) {
                    Some(least) => Filter::Operator(format!("{sign}{least}")),
                    None => self.leave(place, "X is only asked for a least number"),
                }
            }
            _ => self.leave(place, "X does not see it, or not in the same way"),
        }
    }
}

/// The first of some operators.
fn named(operators: &[String]) -> String {
    const NAMED_MAX: usize = 3;
    let mut names: Vec<String> = operators.iter().take(NAMED_MAX).map(|operator| format!("`{operator}`")).collect();
    if let Some(more) = operators.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// The words of a literal that X looks for as they are. Scripts without spaces are none.
fn literal_words(literal: &str) -> impl Iterator<Item = String> {
    let mut tokens = Tokens::default();
    tokens.tokenize(literal, 0);
    let spaced = tokens.iter().all(|token| token.kind != Kind::Run);
    let words = literal.split(|letter: char| !letter.is_alphanumeric()).filter(move |word| spaced && !word.is_empty());
    words.map(str::to_lowercase).filter(|word| unsayable(word).is_none())
}

/// The texts that a test of equality takes.
fn texts(op: &FieldOp) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    match op {
        FieldOp::Compare(CompareOp::Eq, value) => text(value).into_iter().collect(),
        FieldOp::In(values) => values.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// X marks two languages with codes of its own.
fn code_of_x(code: &str) -> &str {
    match code {
        "id" => "in",
        "he" => "iw",
        other => other,
    }
}

fn kind_of_x(kind: &str) -> Option<&'static str> {
    match kind {
        "repost" => Some("retweet"),
        "reply" => Some("reply"),
        "quote" => Some("quote"),
        _ => None,
    }
}

fn counted_by_x(field: FieldId) -> &'static str {
    match field.get().map_or("", |field| field.name) {
        "author.followers" => "followers_count:",
        "author.posts" => "tweets_count:",
        _ => "following_count:",
    }
}

#[cfg(test)]
mod tests;
