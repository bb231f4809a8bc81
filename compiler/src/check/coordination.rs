//! Lowers `coordinated(link.url within 60s, shared >= 2, accounts >= 3)`.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::AggregateArg;

use super::figures::Figure;
use super::measure_calls::fields;
use super::state::Checker;

/// What a pair of authors shares, and how many authors a group has, where a rule does not say so (Giglietto and others 2020,
/// who ask for groups beyond pairs). One value that two people share at once is no repetition, and two people are no group.
const FIGURES: [Figure; 2] = [
    Figure { name: "shared", usual: 2.0, least: 2.0, most: 1_000.0 },
    Figure { name: "accounts", usual: 3.0, least: 3.0, most: 100_000.0 },
];
const WHY: &str =
    "one thing that some people share at once is news; the same people who do so again and again may act together";
/// The longest time between sharings that are taken as one, in microseconds: an hour.
const WITHIN_MAX: i64 = 3_600_000_000;

const TAKES: &str = "what is shared and within which time, as in `coordinated(link.url within 60s)`, then if need be `shared >= 2`, the \
                     different values of a pair of authors, and `accounts >= 3`, the authors of a group";

impl Checker<'_> {
    /// The arguments: author, time and value of a sharing, then time, shared values and authors as the rule asks for them.
    pub fn coordinated(&mut self, expr: &Expr, args: &[Expr]) -> Option<Vec<AggregateArg>> {
        let Some((Expr { kind: ExprKind::Binary { op: BinaryOp::Within, left, right, .. }, .. }, figures)) =
            args.split_first()
        else {
            return self.wrong_arguments(expr, "coordinated", TAKES);
        };
        let value = self.shared_value(expr, left)?;
        let ExprKind::Duration(within) = &right.kind else {
            return self.wrong_arguments(right, "coordinated", TAKES);
        };
        if !(1..=WITHIN_MAX).contains(&within.micros) {
            let message = "sharings of one value are seen together within at most an hour";
            let told = Diagnostic::new(&codes::OUT_OF_RANGE, self.at(right.span), message)
                .help("60 seconds are usual: the longer the time, the more people share a thing by chance");
            self.tell(told);
            return None;
        }
        let figures = self.figures(figures, &FIGURES, "coordinated", TAKES, WHY)?;
        let mut read = fields(&["author.uid", "event_at"]);
        read.push(value);
        #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds is exact")]
        read.push(AggregateArg::Number(within.micros as f64));
        read.extend(figures.map(AggregateArg::Number));
        Some(read)
    }

    /// What authors share: a value in words, or a story.
    fn shared_value(&mut self, expr: &Expr, of: &Expr) -> Option<AggregateArg> {
        if let ExprKind::Path(path) = &of.kind {
            let name = path.dotted();
            if name == "story" {
                return Some(AggregateArg::Story);
            }
            if name.starts_with("author.") {
                let message = format!("`{name}` tells of the author, and nothing that authors share");
                let told = Diagnostic::new(&codes::WRONG_ARGUMENTS, self.at(of.span), message)
                    .help("ask for `link.url`, `link.domain`, `tag`, `story`, `conversation` or `text`");
                self.tell(told);
                return None;
            }
        }
        self.values_of_posts(expr, "coordinated", std::slice::from_ref(of))
    }
}
