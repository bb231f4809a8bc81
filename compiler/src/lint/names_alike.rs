//! Two names that differ only in case or underscores.
//! Only the author can mend it.

use mon_grammar::ast::{ItemKind, Name};
use rustc_hash::FxHashMap;

use super::{Lint, Look, Rules};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Place;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0877",
        name: "names-alike",
        level: Level::Warning,
        summary: "two names differ only in case or underscores",
        why: "Sooner or later somebody takes one for the other, and the rules still run.",
        bad: r#"query acme_fail = "acme" and "broken"

query acmefail = "acme" and "smoke"
"#,
        good: r#"query acme_fail = "acme" and "broken"

query acme_smoke = "acme" and "smoke"
"#,
    },
    fix: None,
    look: Look::Folder(find),
};

fn find(rules: &Rules<'_>, found: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<(bool, String), (&Name, u32)> = FxHashMap::default();
    for (tree, file) in rules.trees.iter().zip(0..) {
        for item in &tree.items {
            let (name, playbook) = match &item.kind {
                ItemKind::Terms(item) => (&item.name, false),
                ItemKind::Query(item) => (&item.name, false),
                ItemKind::Playbook(item) => (&item.name, true),
                _ => continue,
            };
            let plain: String = name.text.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
            let Some((other, at)) = first.get(&(playbook, plain.clone())) else {
                first.insert((playbook, plain), (name, file));
                continue;
            };
            let told = LINT
                .told(Place { file, span: name.span }, format!("`{}` is easily taken for `{}`", name.text, other.text))
                .label(Place { file: *at, span: other.span }, "nearly the same name")
                .help("give one of them a name that says how they differ");
            found.push(told);
        }
    }
}
