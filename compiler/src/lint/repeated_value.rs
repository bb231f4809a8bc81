//! A list of values, or of days, that holds one of them twice.
//! Its fix keeps the meaning.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};

use super::site::{rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0844",
        name: "repeated-value",
        level: Level::Warning,
        summary: "a list of values holds the same value twice",
        why: "The second one changes nothing; often another value was meant.",
        bad: "query talk = \"acme\" and lang in [en, de, en]\n",
        good: "query talk = \"acme\" and lang in [en, de]\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::In | BinaryOp::Within, right, .. } = &expr.kind else { return None };
    let (open, values, close) = match &right.kind {
        ExprKind::List(values) => ("[", values, "]"),
        ExprKind::Call { name, args } if name.text == "days" => ("days(", args, ")"),
        _ => return None,
    };
    let mut seen: Vec<&str> = Vec::new();
    let mut twice = None;
    for value in values {
        let text = site.text(value.span);
        if seen.contains(&text) {
            twice.get_or_insert(value);
        } else {
            seen.push(text);
        }
    }
    let twice = twice?;
    let told = LINT
        .told(site.at(twice.span), format!("`{}` stands in this list twice", site.text(twice.span)))
        .help("take one out, or write the value that was meant");
    let text = format!("{open}{}{close}", seen.join(", "));
    Some(with(told, rewrite(site, right, format!("write `{text}`"), Safety::Safe, &text)))
}
