//! `example` lines: the monitor's match is asked about the text alone. Tests of fields are unknown then, so an example
//! fails only where the words decide against it.

use std::borrow::Cow;

use mon_post::{PostBatch, PostBatchBuilder, PostRow};

use crate::diagnostic::{Diagnostic, codes};
use crate::matching::{PostTexts, Truth, evaluate};
use crate::plan::{Cond, CondKind, ExamplePlan, Place, TermPattern};

use super::state::Checker;

/// Examples that are made into one batch of posts.
const BATCH_ROWS: usize = 2_048;

/// The truth of a condition and the clause that decided it.
struct Decided {
    truth: Truth,
    place: Place,
}

impl Checker<'_> {
    /// Evaluates every example of every monitor in the plan.
    pub fn examples(&mut self) {
        let mut told = Vec::new();
        let examples: Vec<(&Cond, &str, &ExamplePlan)> = self
            .plan
            .monitors
            .iter()
            .filter_map(|monitor| Some((monitor, self.plan.queries.get(monitor.query.0 as usize)?)))
            .flat_map(|(monitor, query)| {
                monitor.examples.iter().map(|example| (&*query.cond, monitor.name.as_str(), example))
            })
            .collect();
        for chunk in examples.chunks(BATCH_ROWS) {
            let Some(batch) = posts(chunk.iter().map(|(_, _, example)| example.text.as_str())) else {
                // Too large together: each alone.
                for (cond, name, example) in chunk {
                    let alone = posts(std::iter::once(example.text.as_str()));
                    told.extend(alone.and_then(|batch| judge(&self.plan.terms, cond, name, example, &batch, 0)));
                }
                continue;
            };
            for (row, (cond, name, example)) in chunk.iter().enumerate() {
                told.extend(judge(&self.plan.terms, cond, name, example, &batch, row));
            }
        }
        told.into_iter().for_each(|one| self.tell(one));
    }
}

/// A batch with a post for each text; None where they are too large together.
#[must_use]
pub fn posts<'t>(texts: impl Iterator<Item = &'t str>) -> Option<PostBatch> {
    let mut builder = PostBatchBuilder::new();
    for text in texts {
        builder.append(&PostRow { text: Some(Cow::Borrowed(text)), ..PostRow::default() }).ok()?;
    }
    builder.finish().ok()
}

fn judge(
    terms: &[TermPattern],
    cond: &Cond,
    monitor: &str,
    example: &ExamplePlan,
    batch: &PostBatch,
    row: usize,
) -> Option<Diagnostic> {
    let decided = decide(terms, cond, &PostTexts::read(batch, row));
    let (message, label) = match (example.expected, decided.truth) {
        (true, Truth::False) => (format!("`{monitor}` does not take this post"), "this decides against it"),
        (false, Truth::True) => (format!("`{monitor}` takes this post"), "this decides for it"),
        _ => return None,
    };
    let wanted = if example.expected { "expected to match" } else { "expected not to match" };
    let told = Diagnostic::new(&codes::EXAMPLE_FAILS, example.place, message)
        .label(example.place, wanted)
        .label(decided.place, label)
        .help("mend the match, or the example if the promise has changed");
    Some(told)
}

/// What a condition comes out as where only the text is told.
#[must_use]
pub fn decided(terms: &[TermPattern], cond: &Cond, post: &PostTexts<'_>) -> Truth {
    decide(terms, cond, post).truth
}

/// Evaluates with every test of a field unknown, and finds the clause that decided.
fn decide(terms: &[TermPattern], cond: &Cond, post: &PostTexts<'_>) -> Decided {
    let place = cond.place;
    match &cond.kind {
        CondKind::Field(_) => Decided { truth: Truth::Unknown, place },
        CondKind::Const(_) | CondKind::Text { .. } | CondKind::Count { .. } => {
            Decided { truth: evaluate(terms, cond, post), place }
        }
        CondKind::Not(inner) => {
            let inner = decide(terms, inner, post);
            Decided { truth: inner.truth.negated(), place: inner.place }
        }
        CondKind::And(members) => first_that(terms, members, post, Truth::False, place, Truth::all),
        CondKind::Or(members) => first_that(terms, members, post, Truth::True, place, Truth::any),
        CondKind::AtLeast { k, members } => {
            let truths = members.iter().map(|member| decide(terms, member, post).truth);
            Decided { truth: Truth::at_least(*k, truths), place }
        }
        CondKind::Named { cond, .. } => decide(terms, cond, post),
    }
}

/// A row of members: the first of the deciding truth decides alone, else all of them together.
fn first_that(
    terms: &[TermPattern],
    members: &[Cond],
    post: &PostTexts<'_>,
    deciding: Truth,
    place: Place,
    join: impl FnOnce(Vec<Truth>) -> Truth,
) -> Decided {
    let mut truths = Vec::with_capacity(members.len());
    for member in members {
        let decided = decide(terms, member, post);
        if decided.truth == deciding {
            return decided;
        }
        truths.push(decided.truth);
    }
    Decided { truth: join(truths), place }
}
