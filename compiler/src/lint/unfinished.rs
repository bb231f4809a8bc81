//! A description that says of itself that it is unfinished.
//! Only the author can mend it.

use super::{Lint, Look, Rules};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Place;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0875",
        name: "unfinished",
        level: Level::Advice,
        summary: "a description says that it is unfinished",
        why: "Descriptions are shown with alerts. A note to oneself does not belong there.",
        bad: concat!("/// TO", "DO: say more.\nquery talk = \"acme\" and \"broken\"\n"),
        good: r#"/// What people say when a phone fails.
query talk = "acme" and "broken"
"#,
    },
    fix: None,
    look: Look::Folder(find),
};

const MARKS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), "XXX", "TBD"];

fn find(rules: &Rules<'_>, found: &mut Vec<Diagnostic>) {
    for (tree, file) in rules.trees.iter().zip(0..) {
        for item in &tree.items {
            let Some(doc) = &item.doc else { continue };
            let mut words = doc.text.split(|c: char| !c.is_alphanumeric());
            let Some(mark) = words.find(|word| MARKS.contains(word)) else { continue };
            let told = LINT.told(Place { file, span: doc.span }, format!("this description says `{mark}`"));
            found.push(told.help("finish it, or make it a comment: `//` is shown to nobody"));
        }
    }
}
