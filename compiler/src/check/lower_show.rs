//! Lowers `show`: which posts and which values a message brings.

use mon_grammar::Span;
use mon_grammar::ast::{Expr, ExprKind, ShowPosts, ShowValues};
use mon_post::FieldType;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{AggregateArg, MeasureKind, MeasurePlan, ShowPlan, ShowValuesPlan, ValuesOrder};

use super::measure_calls;
use super::state::Checker;
use super::unsupported::Construct;

/// Without `show`, or where it names values alone.
pub(super) const POSTS: ShowPlan = ShowPlan { count: 3, by: None };

impl Checker<'_> {
    pub fn shown_posts(&mut self, posts: &ShowPosts) -> ShowPlan {
        if let Some(once) = &posts.once_by {
            self.refuse::<()>(Construct::OnceBy, once.span);
        }
        self.shown_count(posts.span, posts.count, "posts");
        let by = posts.by.as_ref().and_then(|path| {
            if path.dotted() == "reach" {
                return measure_calls::reach_of_a_post();
            }
            let (id, field) = self.field(path)?;
            if matches!(field.ty, FieldType::Integer { .. }) {
                return Some(id);
            }
            let told = Diagnostic::new(
                &codes::WRONG_TYPE,
                self.at(path.span),
                format!("posts are shown by a count, and `{}` is none", field.name),
            )
            .label(self.at(path.span), format!("this is {}", super::fields::holds(field)))
            .help("use for example `by author.followers` or `by engagement.likes`");
            self.tell(told);
            None
        });
        ShowPlan { count: posts.count, by }
    }

    /// `top 5 link.domain`: values that name nobody. `measures` are those of the monitor, where all of them can be read.
    pub fn shown_values(&mut self, all: &[ShowValues], measures: Option<&[MeasurePlan]>) -> Vec<ShowValuesPlan> {
        let mut plans: Vec<ShowValuesPlan> = Vec::with_capacity(all.len());
        for values in all {
            self.shown_count(values.span, values.count, "values");
            let name = values.of.dotted();
            if name.starts_with("author.") {
                let place = self.at(values.of.span);
                let told = Diagnostic::new(&codes::SHOWS_AUTHORS, place, format!("`{name}` tells of authors"))
                    .help("a message names no authors beside their posts; `distinct(author.uid)` and `top_share(author.uid)` tell how many there are");
                self.tell(told);
                continue;
            }
            let path = Expr { span: values.of.span, kind: ExprKind::Path(values.of.clone()) };
            let Some(of) = self.values_of_posts(&path, "show top", std::slice::from_ref(&path)) else { continue };
            if plans.iter().any(|known| known.of == of && known.order == values.order) {
                let told =
                    Diagnostic::new(&codes::REPEATED_CLAUSE, self.at(values.span), format!("`{name}` is shown twice"))
                        .help("remove one of the two");
                self.tell(told);
                continue;
            }
            let measure = match values.order {
                ValuesOrder::Top => None,
                ValuesOrder::New => {
                    // Where a measure has an error, it may be the one that is asked for.
                    let Some(measures) = measures else { continue };
                    let Some(at) = measures.iter().position(|measure| tells_new(measure, &of)) else {
                        let message = format!("no measure tells which values of `{name}` are new");
                        let told = Diagnostic::new(&codes::UNKNOWN_NAME, self.at(values.span), message)
                            .help(format!("add a line such as `measure fresh = new_values({name} over 30d)`"));
                        self.tell(told);
                        continue;
                    };
                    u32::try_from(at).ok()
                }
            };
            plans.push(ShowValuesPlan { order: values.order, measure, count: values.count, name, of });
        }
        plans
    }

    fn shown_count(&mut self, span: Span, count: u32, what: &str) {
        if count == 0 {
            let (message, such_as) = match what {
                "posts" => ("`show 0 posts` shows no post", "show 3 posts"),
                _ => ("`top 0` shows no value", "show top 5 link.domain"),
            };
            let told = Diagnostic::new(&codes::SHOWS_NOTHING, self.at(span), message)
                .help(format!("say how many {what} a message brings as proof, such as `{such_as}`"));
            self.tell(told);
        }
        if count > self.options.limits.show_max {
            let message = format!("a message shows at most {} {what}", self.options.limits.show_max);
            self.exceed(span, message, "show_max");
        }
    }
}

/// Whether a measure tells which of these values are new.
fn tells_new(measure: &MeasurePlan, of: &AggregateArg) -> bool {
    match &measure.kind {
        MeasureKind::Aggregate(plan) => plan.function == "new_values" && plan.args.get(1) == Some(of),
        MeasureKind::Derived(_) | MeasureKind::History(_) | MeasureKind::QValue(_) => false,
    }
}
