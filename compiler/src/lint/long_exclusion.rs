//! `not` of a long list: each word of it drops posts that are wanted for another word.
//! Only the author can mend it.

use mon_grammar::ast::{Expr, ExprKind};

use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0835",
        name: "long-exclusion",
        level: Level::Advice,
        summary: "a long list is excluded as a whole",
        why: "A post that says \"my acme is broken\" is dropped when it also says one of these words anywhere. The longer the list, the more good posts it costs.",
        bad: r#"terms noise = "giveaway", "win a", "promo code", "coupon", "discount", "voucher", "raffle", "sweepstake",
  "retweet to win", "follow us", "gift card", "cashback", "bonus code"

query talk = "acme" and "broken" and not noise
"#,
        good: r#"terms noise = "giveaway", "promo code"

query talk = "acme" and "broken" and not noise
"#,
    },
    fix: None,
    look: Look::Expr(find),
};

/// Members of an excluded list that nobody is warned of.
const WORDS_MAX: usize = 12;

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Not(inner) = &expr.kind else { return None };
    let ExprKind::Path(path) = &inner.kind else { return None };
    let words = count(site, &path.dotted());
    if words <= WORDS_MAX {
        return None;
    }
    let told =
        LINT.told(site.at(expr.span), format!("`{}` has {words} words, and each of them drops posts", path.dotted()));
    Some(told.help("exclude where the word is near to what is wanted, or keep the few words that really bring noise"))
}

/// Members of a list and of the lists in it.
fn count(site: &Site<'_>, name: &str) -> usize {
    let lists = site.rules.lists_in(name);
    let own = |member: &&Expr| !matches!(member.kind, ExprKind::Path(_));
    lists.iter().flat_map(|list| &list.members).filter(own).count()
}
