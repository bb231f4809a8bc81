//! Golden replays: each folder of `tests/golden/` has rules, posts, and the four files that a replay must write, byte for
//! byte, at any batch size, with any evaluator, and at any pace.

use std::fs;
use std::path::Path;

use crate::tool::{mon, root, updating};

const FILES: [&str; 4] = ["mentions.jsonl", "windows.jsonl", "incidents.jsonl", "messages.jsonl"];

fn replay(case: &Path, out: &Path, more: &[&str]) {
    let out = out.display().to_string();
    let mut arguments = vec!["replay", "rules", "--posts", "posts.jsonl", "--out", &out];
    arguments.extend_from_slice(more);
    let ran = mon(case, &arguments);
    assert!(ran.code <= 1, "{}: {} {}", case.display(), ran.out, ran.err);
}

#[test]
fn replays_give_their_golden_bytes_at_any_batch_size_evaluator_and_pace() {
    let mut cases: Vec<_> = fs::read_dir(root().join("tests/golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let expected = case.join("expected");
        if updating() {
            replay(&case, &expected, &[]);
        }
        let ways: [&[&str]; 5] = [
            &["--batch", "1"],
            &["--batch", "7"],
            &["--batch", "4096"],
            &["--evaluator", "interpreter"],
            &["--evaluator", "machine", "--speed", "36000x"],
        ];
        for way in ways {
            let out = tempfile::tempdir().unwrap();
            replay(&case, out.path(), way);
            for file in FILES {
                let found = fs::read_to_string(out.path().join(file)).unwrap();
                let wanted = fs::read_to_string(expected.join(file)).unwrap();
                assert!(found == wanted, "{}/{file} differs with {way:?}", case.display());
            }
        }
        let incidents = fs::read_to_string(expected.join("incidents.jsonl")).unwrap();
        let quiet = case.file_name().is_some_and(|name| name.to_string_lossy().contains("quiet"));
        assert_eq!(incidents.is_empty(), quiet, "{} has the wrong kind of day", case.display());
    }
}
