//! Compares two queries, of one plan or of two: is every post of the one a post of the other? Each answer is a proof, a
//! post that the interpreter confirms, or an honest "not decided".

use batsat::Lit;

use crate::matching::formula::{Formula, Tables};
use crate::plan::{Plan, QueryId};

use super::example::{self, Asked, Example, Wanted};
use super::prover::{Prover, Verdict};

/// Answers of the solver that are tried as examples before none is shown.
const EXAMPLES_MAX: usize = 6;

/// What is known of a statement about all posts.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It holds of every post.
    Proved,
    /// It does not hold of this post.
    Refuted(Box<Example>),
    /// Neither was found.
    Open,
}

impl Answer {
    #[must_use]
    pub const fn is_proved(&self) -> bool {
        matches!(self, Self::Proved)
    }

    /// The post that speaks against it.
    #[must_use]
    pub fn example(&self) -> Option<&Example> {
        match self {
            Self::Refuted(example) => Some(example),
            Self::Proved | Self::Open => None,
        }
    }
}

/// How the second of two queries lies to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Both take the same posts.
    Equal,
    /// It takes all that the first takes, and more.
    Wider,
    /// It takes only what the first takes, and not all of it.
    Narrower,
    /// No post is taken by both.
    Disjoint,
    /// Each takes posts that the other does not.
    Changed,
    /// One takes posts that the other does not; whether the other does too is not decided.
    Differs,
    /// It takes all that the first takes; whether it takes more is not decided.
    WiderOrEqual,
    /// It takes only what the first takes; whether it takes all of it is not decided.
    NarrowerOrEqual,
    Undecided,
}

impl Relation {
    /// The word for it, in texts and as a stable value in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Disjoint => "disjoint",
            Self::Changed => "changed",
            Self::Differs => "differs",
            Self::WiderOrEqual => "wider-or-equal",
            Self::NarrowerOrEqual => "narrower-or-equal",
            Self::Undecided => "undecided",
        }
    }
}

/// What is known of an old and a new query.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Every post of the old one is a post of the new one; else a post that is lost.
    pub kept: Answer,
    /// Every post of the new one is a post of the old one; else a post that is gained.
    pub known: Answer,
    /// No post is one of both; else a post that both take.
    pub apart: Answer,
    /// No post is one of the old one; no post is one of the new one.
    pub never: [bool; 2],
}

impl Comparison {
    #[must_use]
    pub fn relation(&self) -> Relation {
        self.relation_given(false, false)
    }

    /// The same where it is also known whether a post was lost, and whether one was gained.
    #[must_use]
    pub fn relation_given(&self, lost: bool, gained: bool) -> Relation {
        let less = lost || self.kept.example().is_some();
        let more = gained || self.known.example().is_some();
        match (self.kept.is_proved(), self.known.is_proved()) {
            (true, true) => Relation::Equal,
            (true, _) if more => Relation::Wider,
            (_, true) if less => Relation::Narrower,
            _ if self.apart.is_proved() => Relation::Disjoint,
            (true, _) => Relation::WiderOrEqual,
            (_, true) => Relation::NarrowerOrEqual,
            _ if less && more => Relation::Changed,
            _ if less || more => Relation::Differs,
            _ => Relation::Undecided,
        }
    }

    const fn undecided() -> Self {
        Self { kept: Answer::Open, known: Answer::Open, apart: Answer::Open, never: [false; 2] }
    }

    const fn equal() -> Self {
        Self { kept: Answer::Proved, known: Answer::Proved, apart: Answer::Open, never: [false; 2] }
    }
}

/// Compares a query of `old` with one of `new`, which may be the same plan.
#[must_use]
pub fn compare(old: (&Plan, QueryId), new: (&Plan, QueryId)) -> Comparison {
    compare_all(old.0, new.0, &[(old.1, new.1)]).pop().unwrap_or_else(Comparison::undecided)
}

/// Compares pairs of an old and a new query.
#[must_use]
pub fn compare_all(old: &Plan, new: &Plan, pairs: &[(QueryId, QueryId)]) -> Vec<Comparison> {
    pairs.iter().map(|(before, after)| one(old, new, *before, *after).unwrap_or_else(Comparison::undecided)).collect()
}

fn one(old: &Plan, new: &Plan, before: QueryId, after: QueryId) -> Option<Comparison> {
    let asked = |plan: &'_ Plan, id: QueryId| plan.queries.get(id.0 as usize).map(|query| query.cond.clone());
    let (before, after) = (asked(old, before)?, asked(new, after)?);
    let mut tables = Tables::new();
    let first = tables.lower(&old.terms, &before, true).ok()?;
    tables.next_plan();
    let second = tables.lower(&new.terms, &after, true).ok()?;
    if first == second && !matches!(first, Formula::Const(_)) {
        return Some(Comparison::equal());
    }
    let mut prover = Prover::new(&mut tables, &[&first, &second]);
    let (left, right) = (prover.literal(&first)?, prover.literal(&second)?);
    prover.tell_facts()?;
    let old = Asked { terms: &old.terms, cond: &before };
    let new = Asked { terms: &new.terms, cond: &after };
    let never = [prover.ask(&[left]), prover.ask(&[right])].map(|verdict| verdict == Verdict::Impossible);
    Some(Comparison {
        kept: answer(&mut prover, &[left, !right], Wanted { yes: &[old], no: &[new] }),
        known: answer(&mut prover, &[right, !left], Wanted { yes: &[new], no: &[old] }),
        apart: answer(&mut prover, &[left, right], Wanted { yes: &[old, new], no: &[] }),
        never,
    })
}

/// Whether no post is so, or an example of one.
pub(super) fn answer(prover: &mut Prover<'_>, question: &[Lit], wanted: Wanted<'_>) -> Answer {
    let mut question = question.to_vec();
    for attempt in 0..EXAMPLES_MAX {
        match prover.ask(&question) {
            Verdict::Impossible if attempt == 0 => return Answer::Proved,
            Verdict::Impossible | Verdict::Open => return Answer::Open,
            Verdict::Possible => {}
        }
        if let Some(example) = example::make(prover, wanted) {
            return Answer::Refuted(Box::new(example));
        }
        question.push(prover.another());
    }
    Answer::Open
}
