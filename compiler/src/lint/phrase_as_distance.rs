//! `then/0` between two words, which is a phrase.
//! Its fix changes what the rule takes.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind, TermForm};

use super::site::{fix, is_written, quoted};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0852",
        name: "phrase-as-distance",
        level: Level::Advice,
        summary: "`then/0` between words that make a phrase",
        why: "Two words that follow each other are a phrase. Written as one, it also finds the tag: `\"acme phone\"` is `#acmephone` too.",
        bad: "query talk = \"acme\" then/0 \"phone\"\n",
        good: "query talk = \"acme phone\"\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Then(0), op_span, left, right } = &expr.kind else { return None };
    if !is_written(site, *op_span) {
        return None;
    }
    let (ExprKind::Term(first), ExprKind::Term(second)) = (&left.kind, &right.kind) else { return None };
    if first.form != TermForm::Plain || second.form != TermForm::Plain || first.edits.or(second.edits).is_some() {
        return None;
    }
    let text = quoted(&format!("{} {}", first.text.trim(), second.text.trim()))?;
    let place = site.at(expr.span);
    let told = LINT.told(place, "two words that follow each other are a phrase").help(format!("write `{text}`"));
    Some(told.fix(fix(format!("write `{text}`"), Safety::ChangesMeaning, place, text)))
}
