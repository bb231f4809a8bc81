//! Two tests of one monitor with one title.
//! Only the author can mend it.

use mon_grammar::ast::ItemKind;
use rustc_hash::FxHashMap;

use super::{Lint, Look, Rules};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Place;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0878",
        name: "same-title",
        level: Level::Warning,
        summary: "two tests of one monitor have the same title",
        why: "When one of them fails, its name does not tell which.",
        bad: r#"monitor talk {
  match "acme"
}

test talk "finds the launch" {
  replay "launch.jsonl"
  expect 3 posts matched
}

test talk "finds the launch" {
  replay "autumn.jsonl"
  expect no posts matched
}
"#,
        good: r#"monitor talk {
  match "acme"
}

test talk "finds the launch" {
  replay "launch.jsonl"
  expect 3 posts matched
}

test talk "is quiet in autumn" {
  replay "autumn.jsonl"
  expect no posts matched
}
"#,
    },
    fix: None,
    look: Look::Folder(find),
};

fn find(rules: &Rules<'_>, found: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<(&str, &str), Place> = FxHashMap::default();
    for (tree, file) in rules.trees.iter().zip(0..) {
        for item in &tree.items {
            let ItemKind::Test(test) = &item.kind else { continue };
            let place = Place { file, span: test.monitor.span };
            let Some(other) = first.get(&(test.monitor.text.as_str(), test.title.as_str())) else {
                first.insert((&test.monitor.text, &test.title), place);
                continue;
            };
            let told = LINT
                .told(place, format!("the title `{}` is taken by another test", test.title))
                .label(*other, "stands here first")
                .help("say what each of them shows");
            found.push(told);
        }
    }
}
