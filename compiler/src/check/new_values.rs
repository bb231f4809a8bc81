//! Lowers `new_values(tag over 30d, posts >= 3, authors >= 2)`.

use mon_grammar::ast::{Expr, ExprKind};

use crate::diagnostic::{Diagnostic, codes};
use crate::history::DAY_MICROS;
use crate::plan::{AggregateArg, Borders};

use super::figures::Figure;
use super::lower_value::Measures;
use super::measure_calls::fields;
use super::state::Checker;

/// In how many posts of how many authors a value counts, where a rule does not say so: what one person writes is no news.
const FIGURES: [Figure; 2] = [
    Figure { name: "posts", usual: 3.0, least: 1.0, most: 1_000_000.0 },
    Figure { name: "authors", usual: 2.0, least: 1.0, most: 1_000.0 },
];
const WHY: &str = "it says in how many posts, of how many authors, a value must stand to count";

const TAKES: &str = "values and how long none of them was there, as in `new_values(tag over 30d)`, then if need be `posts >= 3` and \
                     `authors >= 2`";

impl Checker<'_> {
    /// The arguments: author and value, then how long ago, posts and authors.
    pub fn new_values(&mut self, measures: &Measures, expr: &Expr, args: &[Expr]) -> Option<Vec<AggregateArg>> {
        let Some((Expr { kind: ExprKind::Infix { word, left, right }, .. }, figures)) = args.split_first() else {
            return self.wrong_arguments(expr, "new_values", TAKES);
        };
        let ExprKind::Duration(over) = &right.kind else { return self.wrong_arguments(right, "new_values", TAKES) };
        if word.text != "over" {
            return self.wrong_arguments(expr, "new_values", TAKES);
        }
        let value = self.values_of_posts(expr, "new_values", std::slice::from_ref(left))?;
        if over.micros > self.options.limits.history_micros_max {
            self.exceed(over.span, "a measure looks back at most 26 weeks".to_owned(), "history_micros_max");
            return None;
        }
        if over.micros < DAY_MICROS {
            let message = "what is new is new for a day or longer";
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(over.span), message)
                .help("write for example `new_values(tag over 30d)`");
            self.tell(told);
            return None;
        }
        if measures.borders.and_then(Borders::shortest_micros).is_some_and(|window| window > over.micros) {
            let message = "a window that is longer than it looks back finds all its values new";
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(over.span), message)
                .help("look back longer than the window is, as in `new_values(tag over 30d)`");
            self.tell(told);
            return None;
        }
        let figures = self.figures(figures, &FIGURES, "new_values", TAKES, WHY)?;
        let mut read = fields(&["author.uid"]);
        read.push(value);
        #[expect(clippy::cast_precision_loss, reason = "half a year of microseconds is exact")]
        read.push(AggregateArg::Number(over.micros as f64));
        read.extend(figures.map(AggregateArg::Number));
        Some(read)
    }
}
