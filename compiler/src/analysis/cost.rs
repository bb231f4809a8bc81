//! What looking for a query costs: which words call it up and how often, and what each of its parts asks of a post then,
//! with the cheaper form where there is one. Shares are guesses by form; a matcher that learns knows better.

use crate::describe;
use crate::matching::anchors::{Frequencies, anchors, weigh};
use crate::matching::formula::{Formula, Tables};
use crate::plan::{Cond, CondKind, Plan, QueryId, SpanExpr, TokenPattern};

/// Words that are named; the others are counted.
const NAMED_MAX: usize = 4;

/// A beginning that is shorter calls up too many posts.
const BEGINNING_CHARS_MIN: usize = 4;

/// Steps that one word costs to look for, one field to compare, and one phrase or distance to place: as the matcher's own
/// order of questions weighs them.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// The part, as [`describe::condition`] says it.
    pub label: String,
    /// Share of the posts on which it is asked, 0 to 1.
    pub asked: f32,
    /// Steps for each post on which it is asked.
    pub steps: f32,
    pub reason: String,
    /// What would cost less.
    pub cheaper: Option<String>,
}

/// The cost of one query.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    pub query: String,
    /// Words of which one must be there, and the share of posts that hold one. None: it is asked of every post.
    pub anchors: Option<(Vec<String>, f32)>,
    pub clauses: Vec<Clause>,
}

impl Cost {
    /// Steps that a post costs on average, whether it matches or not.
    #[must_use]
    pub fn steps(&self) -> f32 {
        self.clauses.iter().map(|clause| clause.asked * clause.steps).sum()
    }
}

/// What a query costs; nothing where it is not in the plan or passes a limit of the matcher.
#[must_use]
pub fn cost(plan: &Plan, query: QueryId) -> Option<Cost> {
    let query = plan.queries.get(query.0 as usize)?;
    let mut tables = Tables::new();
    let formula = tables.lower(&plan.terms, &query.cond, true).ok()?;
    let parts: Vec<(&Cond, Formula)> = parts(&query.cond)
        .into_iter()
        .map(|part| Some((part, tables.lower(&plan.terms, part, true).ok()?)))
        .collect::<Option<_>>()?;
    let frequencies = Frequencies::guess(&tables);
    let chosen = anchors(&formula, &tables, &frequencies);
    let asked = chosen.as_ref().map_or(1.0, |chosen| chosen.cost.clamp(0.0, 1.0));
    let clause = |(part, formula): (&Cond, Formula)| {
        let (_, steps) = weigh(&formula, &tables, &frequencies);
        let own = anchors(&formula, &tables, &frequencies);
        let calls = chosen.as_ref().is_some_and(|chosen| own.as_ref().is_some_and(|own| own.slots == chosen.slots));
        Clause {
            label: describe::condition(plan, part),
            asked,
            steps,
            reason: reason(&formula, calls, own.is_some(), chosen.is_some()),
            cheaper: cheaper(plan, part, own.is_some() || chosen.is_some()),
        }
    };
    let clauses = parts.into_iter().map(clause).collect();
    let named = |slot: &(u32, u8)| tables.pattern(slot.0).map(written);
    let anchors = chosen.as_ref().map(|chosen| (chosen.slots.iter().filter_map(named).collect(), asked));
    Some(Cost { query: query.name.clone(), anchors, clauses })
}

/// The members of the outermost row, or the whole.
fn parts(cond: &Cond) -> Vec<&Cond> {
    match &cond.kind {
        CondKind::And(members) | CondKind::Or(members) if !members.is_empty() => members.iter().collect(),
        _ => vec![cond],
    }
}

fn written(pattern: &TokenPattern) -> String {
    match pattern {
        TokenPattern::Prefix(prefix) => format!("{prefix}*"),
        TokenPattern::Fuzzy { key, edits } => format!("{key}~{edits}"),
        TokenPattern::Regex(source) => format!("/{source}/"),
        TokenPattern::Key(key)
        | TokenPattern::Run(key)
        | TokenPattern::Word(key)
        | TokenPattern::Glob(key)
        | TokenPattern::Stem(key)
        | TokenPattern::Exact(key)
        | TokenPattern::Part(key)
        | TokenPattern::Loose(key)
        | TokenPattern::Url(key) => key.clone(),
    }
}

fn reason(formula: &Formula, calls: bool, own: bool, called: bool) -> String {
    let what = match formula {
        Formula::Const(_) => "it is decided beforehand",
        _ if calls => "its words call the query up",
        _ if own => "its words are looked up in what the post holds",
        _ if called => "it is asked of the posts that are called up",
        _ => "it needs no word, so it is asked of every post",
    };
    what.to_owned()
}

/// A form of the part that means nearly the same and costs less.
fn cheaper(plan: &Plan, part: &Cond, anchored: bool) -> Option<String> {
    if let Some(short) = short_beginning(plan, part) {
        return Some(format!("write more letters before the `*` of `{short}*`: fewer words begin so"));
    }
    (!anchored).then(|| "join a word that must be there with `and`".to_owned())
}

fn short_beginning<'p>(plan: &'p Plan, cond: &Cond) -> Option<&'p str> {
    match &cond.kind {
        CondKind::Text { spans, .. } | CondKind::Count { spans, .. } => short_in(plan, spans),
        CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            members.iter().find_map(|member| short_beginning(plan, member))
        }
        CondKind::Not(_) | CondKind::Named { .. } | CondKind::Const(_) | CondKind::Field(_) => None,
    }
}

fn short_in<'p>(plan: &'p Plan, spans: &SpanExpr) -> Option<&'p str> {
    match spans {
        SpanExpr::Term(id) => {
            let rows = &plan.terms.get(id.0 as usize)?.alternatives;
            // In a phrase the other words call it up.
            rows.iter().filter(|row| row.len() == 1).flatten().find_map(|pattern| match pattern {
                TokenPattern::Prefix(prefix) if prefix.chars().count() < BEGINNING_CHARS_MIN => Some(prefix.as_str()),
                _ => None,
            })
        }
        SpanExpr::AnyOf(members) => members.iter().find_map(|member| short_in(plan, member)),
        _ => None,
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.anchors {
            Some((words, _)) if words.is_empty() => {
                writeln!(f, "`{}` is asked of no post: nothing meets it.", self.query)?
            }
            Some((words, share)) => {
                let named: Vec<String> = words.iter().take(NAMED_MAX).map(|word| format!("`{word}`")).collect();
                let more = match words.len().saturating_sub(NAMED_MAX) {
                    0 => String::new(),
                    count => format!(" and {count} more"),
                };
                let (words, share) = (named.join(", "), one_of(*share));
                writeln!(f, "`{}` is called up by {words}{more}, in about {share}.", self.query)?;
            }
            None => writeln!(f, "`{}` is asked of every post: no word must be there.", self.query)?,
        }
        writeln!(f, "  {:5.2} steps a post, of these:", self.steps())?;
        for clause in &self.clauses {
            write!(f, "  {:5.1} steps  {}: {}", clause.steps, clause.label, clause.reason)?;
            match &clause.cheaper {
                Some(cheaper) => writeln!(f, "; {cheaper}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// `1 of 250 posts`, to two digits.
fn one_of(share: f32) -> String {
    if share >= 0.5 {
        return format!("{:.0} of 100 posts", share * 100.0);
    }
    let every = 1.0 / share.max(1e-7);
    let digits = every.log10().floor().max(1.0) - 1.0;
    let step = 10_f32.powf(digits);
    format!("1 of {:.0} posts", (every / step).round() * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{CheckOptions, check};

    fn costs(source: &str) -> String {
        let checked = check(vec![("a.mon".to_owned(), source.to_owned())], &CheckOptions::default());
        let plan = checked.plan.unwrap();
        (0..).map(QueryId).map_while(|query| cost(&plan, query)).map(|cost| cost.to_string()).collect()
    }

    #[test]
    fn the_rarest_words_call_a_query_up_and_the_rest_is_asked_then() {
        expect_test::expect![[r#"
            `q` is called up by `zeppelin`, `#zeppelin`, in about 1 of 670 posts.
               0.01 steps a post, of these:
                1.9 steps  "the" stands: its words are looked up in what the post holds
                2.0 steps  "zeppelin" stands: its words call the query up
                2.0 steps  `lang` is en: it is asked of the posts that are called up
        "#]]
        .assert_eq(&costs("query q = \"the\" and \"zeppelin\" and lang is en\n"));
    }

    #[test]
    fn a_query_without_words_says_which_part_makes_it_so() {
        expect_test::expect![[r#"
            `q` is asked of every post: no word must be there.
               3.99 steps a post, of these:
                2.0 steps  "acme" stands: its words are looked up in what the post holds
                2.0 steps  `author.followers` >= 1000000: it needs no word, so it is asked of every post; join a word that must be there with `and`
        "#]]
        .assert_eq(&costs("query q = \"acme\" or author.followers >= 1M\n"));
    }

    #[test]
    fn a_short_beginning_is_dear() {
        assert!(costs("query q = \"ac*\"\n").contains("write more letters before the `*` of `ac*`"));
        assert!(!costs("query q = \"crash*\"\n").contains("write more letters"));
    }
}
