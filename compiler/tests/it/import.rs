//! The imported query of six languages compiles, and all evaluators match its posts as the report says.

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::import::{Dialect, Verdict, import};
use mon_compiler::matching::{Backend, MatchOptions};
use mon_post::PostBatch;
use mon_post::reader::{Format, ReadOptions, read_from};
use serde_json::Value;

use crate::matching::matches;

const NAME: &str = "velkora_trouble";
const QUERY: &str = include_str!("../../../tests/import/brandwatch/query.txt");
const POSTS: &str = include_str!("../../../tests/import/brandwatch/posts.jsonl");

#[test]
fn an_imported_query_matches_as_its_report_says() {
    let imported = import(Dialect::Brandwatch, QUERY, NAME).unwrap();
    let checked = check(vec![("acme.mon".to_owned(), imported.mon)], &CheckOptions::default());
    assert!(checked.diagnostics.is_empty(), "{:#?}", checked.diagnostics);
    let plan = checked.plan.unwrap();
    let whole = plan.queries.iter().position(|query| query.name == NAME).unwrap();
    let reader = read_from(std::io::Cursor::new(POSTS.as_bytes()), "posts", Format::JsonLines, &ReadOptions::default());
    let batches: Vec<PostBatch> = reader.unwrap().map(|batch| batch.unwrap().batch).collect();
    let batch = PostBatch::concat(&batches).unwrap();
    assert_eq!(batch.len(), POSTS.lines().count());
    for backend in [Backend::Interpreter, Backend::Bytecode, Backend::MachineCode] {
        let found = matches(&plan, &batch, backend, &MatchOptions::default());
        let mut wrong = Vec::new();
        for (row, line) in POSTS.lines().enumerate() {
            let post: Value = serde_json::from_str(line).unwrap();
            let taken = found.iter().any(|one| one.row as usize == row && one.query.0 as usize == whole);
            let (before, why) = (post["before"] == "yes", post["why"].as_str().unwrap());
            // What is wider takes what was not taken, what is narrower misses what was.
            let verdict = post["verdict"].as_str().unwrap();
            let told =
                imported.report.iter().any(|note| note.verdict.name() == verdict && note.reason.starts_with(why));
            let right = match Verdict::ALL.into_iter().find(|known| known.name() == verdict).unwrap() {
                Verdict::Exact => taken == before,
                Verdict::Wider | Verdict::Impossible => taken && !before && told,
                Verdict::Narrower => !taken && before && told,
            };
            if !right {
                wrong.push(format!("{}: taken {taken}, told {told}: {verdict}: {why}", post["text"]));
            }
        }
        assert!(wrong.is_empty(), "{backend:?}\n{}", wrong.join("\n"));
    }
}
