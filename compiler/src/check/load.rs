//! `under load sample 1 in 4 authors, then 1 in 16`: what a monitor may be told a part of when a run can't keep up, and what can be
//! estimated from that part.

use mon_grammar::Span;
use mon_grammar::ast::OneIn;
use mon_post::FieldId;

use crate::diagnostic::{Diagnostic, codes};
use crate::history::{Against, Score};
use crate::plan::{AggregateArg, AggregatePlan, Borders, MeasureKind, ValueExpr, WindowPlan};

use super::lower_value::Measures;
use super::state::Checker;

/// The measure that tells how large the sample was, in every monitor that may be sampled.
pub(super) const MEASURE: &str = "heard_one_in";
/// Steps of a ladder.
const STEPS_MAX: usize = 4;
/// The smallest sample: one author in so many.
const ONE_IN_MAX: u32 = 1_000;

impl Checker<'_> {
    /// The steps of the ladder: at each, one author in so many is heard.
    pub fn ladder(&mut self, steps: &[OneIn]) -> Option<Vec<u32>> {
        let mut before = 1;
        for (at, step) in steps.iter().enumerate() {
            let wrong = if step.part != 1 {
                Some("a sample is written as `1 in 4`")
            } else if step.of < 2 || step.of > ONE_IN_MAX {
                Some("a sample is between `1 in 2` and `1 in 1000`")
            } else if step.of <= before {
                Some("each step hears fewer authors than the one before")
            } else if at >= STEPS_MAX {
                Some("a ladder has at most four steps")
            } else {
                None
            };
            if let Some(wrong) = wrong {
                let told = Diagnostic::new(&codes::UNDER_LOAD, self.at(step.span), wrong)
                    .help("write for example `under load sample 1 in 4 authors, then 1 in 16`");
                self.tell(told);
                return None;
            }
            before = step.of;
        }
        Some(steps.iter().map(|step| step.of).collect())
    }

    /// Adds the measure that tells how large the sample was.
    pub fn heard_one_in(&mut self, clause: Span, measures: &mut Measures) {
        if measures.by_name.contains_key(MEASURE) {
            let message = format!("`{MEASURE}` is the measure that `under load` makes");
            let told = Diagnostic::new(&codes::UNDER_LOAD, self.at(clause), message);
            self.tell(told.help("give the measure of that name another one"));
        }
        let plan = AggregatePlan { function: MEASURE.to_owned(), distinct: false, args: Vec::new(), filter: None };
        let made = measures.add(MEASURE.to_owned(), self.at(clause), MeasureKind::Aggregate(plan));
        if let ValueExpr::Measure(at) = made {
            measures.by_name.insert(MEASURE.to_owned(), at);
        }
    }

    /// `show top 5 link.domain` with a ladder.
    pub fn unsampled_values(&mut self, clause: Span) {
        let message = "the values that a message shows would be those of a part of the authors";
        let told = Diagnostic::new(&codes::UNDER_LOAD, self.at(clause), message);
        self.tell(told.help("leave out `under load`, or the values in `show`"));
    }

    /// Tells what can't be estimated from a sample of authors.
    pub fn sampled(
        &mut self,
        clause: Span,
        measures: &Measures,
        window: Option<&WindowPlan>,
        by: &[FieldId],
    ) -> Option<()> {
        let place = self.at(clause);
        let told = if let Some(wrong) = unsampled_window(window).or_else(|| unsampled_key(by)) {
            Diagnostic::new(&codes::UNDER_LOAD, place, wrong)
        } else {
            let wrong = measures.list.iter().find_map(|measure| Some((measure, unsampled(&measure.kind)?)));
            let Some((measure, wrong)) = wrong else { return Some(()) };
            let message = format!("`{}` can't be told from a part of the authors: {wrong}", measure.name);
            Diagnostic::new(&codes::UNDER_LOAD, measure.place, message)
                .label(measure.place, "measured here")
                .label(place, "a part of the authors")
        };
        self.tell(told.help(
            "leave `under load` out, and the monitor hears every post under load, too. What can be estimated are `count`, `rate`, `sum`, `avg`, \
             `reach()` and `distinct(author.uid)`, what is computed from them, and their `baseline`, `change` and `velocity`",
        ));
        None
    }
}

fn unsampled_window(window: Option<&WindowPlan>) -> Option<String> {
    match window?.borders {
        Borders::Steps { .. } | Borders::Calendar(_) => None,
        Borders::Session { .. } | Borders::Count { .. } | Borders::Pattern { .. } => {
            Some("where posts begin and end a window, leaving some of them out moves its borders".to_owned())
        }
    }
}

fn unsampled_key(by: &[FieldId]) -> Option<String> {
    let author = by.iter().filter_map(|id| id.get()).find(|field| field.name.starts_with("author."))?;
    Some(format!("in groups by `{}` an author is heard whole or not at all: there is nothing to estimate", author.name))
}

const VARIES: &str = "how much figures vary says nothing of the posts where they are estimates";

/// Why a measure can't be estimated from a sample; None where it can.
fn unsampled(kind: &MeasureKind) -> Option<&'static str> {
    match kind {
        MeasureKind::Derived(_) => None,
        MeasureKind::QValue(_) => Some(VARIES),
        MeasureKind::Aggregate(plan) => unsampled_aggregate(plan),
        MeasureKind::History(plan) => match (plan.score, plan.against) {
            (Score::Baseline | Score::Change, _) | (_, Against::Previous) => None,
            _ => Some(VARIES),
        },
    }
}

fn unsampled_aggregate(plan: &AggregatePlan) -> Option<&'static str> {
    let is_author =
        |arg: &AggregateArg| matches!(arg, AggregateArg::Field(id) if mon_post::find("author.uid") == Some(*id));
    match plan.function.as_str() {
        "count" if !plan.distinct || plan.args.iter().all(is_author) => None,
        "sum" | "avg" | "reach" if !plan.distinct => None,
        MEASURE => None,
        "count" | "approx_distinct" | "stories" => Some("how many different ones the others would tell is not known"),
        "min" | "max" => Some("the least and the largest may be among the others"),
        _ => Some("there is no estimate of it without a bias"),
    }
}
