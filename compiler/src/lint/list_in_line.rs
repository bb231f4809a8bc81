//! A long row of words inside a condition, where a `terms` list would have a name.
//! Only the author can mend it.

use super::row::Join;
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0825",
        name: "list-in-line",
        level: Level::Advice,
        summary: "a long row of words stands inside a condition",
        why: "A list with a name can be used again, described with `///`, and changed in one place.",
        bad: r#"query talk = "acme" and ("broken" or "cracked" or "dead" or "fails" or "frozen" or "burnt" or "loose" or "noisy"
  or "scratched" or "slow" or "stuck" or "warped" or "wrong")
"#,
        good: r#"terms faults = "broken", "cracked", "dead", "fails", "frozen", "burnt", "loose", "noisy",
  "scratched", "slow", "stuck", "warped", "wrong"

query talk = "acme" and faults
"#,
    },
    fix: None,
    look: Look::Row(find),
};

/// More words than one line shows.
const WORDS_MAX: usize = 12;

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    let Some(whole) = row.whole else { return };
    let words = row.members.iter().filter(|member| member.term.is_some()).count();
    if row.join == Join::Any && words > WORDS_MAX && words == row.members.len() {
        let told = LINT.told(site.at(whole.span), format!("{words} words stand in this row"));
        found.push(told.help("give them a name: `terms faults = \"broken\", \"cracked\", …`"));
    }
}
