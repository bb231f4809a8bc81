//! Captures from files.

use std::fs;

use mon_lens::{Capture, LensError};
use mon_post::writer::write_jsonl;
use mon_simulate::Scenario;

use crate::world::{day, never};

#[test]
fn bad_lines_and_repeats_are_counted_and_the_time_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posts.jsonl");
    let line = |id: u32, at: u32| format!("{{\"id\":\"{id}\",\"created_at\":{at},\"text\":\"acme\"}}\n");
    let lines = [
        line(1, 1_793_613_600),
        "no post\n".to_owned(),
        line(2, 1_793_614_200),
        line(1, 1_793_613_600),
        line(3, 1_793_613_900),
    ];
    fs::write(&path, lines.concat()).unwrap();
    let capture = Capture::open(&path, None, 10, &never).unwrap().unwrap();
    assert_eq!((capture.posts(), capture.repeats(), capture.problems()), (4, 1, 1));
    assert_eq!((capture.first(), capture.last()), (Some(1_793_613_600_000_000), Some(1_793_614_200_000_000)));
}

#[test]
fn a_capture_of_no_posts_has_no_time() {
    let capture = Capture::of(Vec::new(), &never).unwrap().unwrap();
    assert_eq!((capture.posts(), capture.first(), capture.last()), (0, None, None));
}

#[test]
fn too_many_posts_are_refused_and_a_missing_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posts.jsonl");
    let mut lines = Vec::new();
    day(Scenario::QuietDay, 1, 500).iter().for_each(|batch| write_jsonl(batch, &mut lines).unwrap());
    fs::write(&path, lines).unwrap();
    let error = Capture::open(&path, None, 100, &never).unwrap_err();
    assert!(matches!(error, LensError::TooManyPosts { limit: 100 }));
    assert!(miette::Diagnostic::help(&error).is_some());
    let error = Capture::open(&folder.path().join("none.jsonl"), None, 100, &never).unwrap_err();
    assert!(error.to_string().starts_with("there is no file") && miette::Diagnostic::help(&error).is_some());
    assert!(Capture::open(&path, None, 10_000, &|| true).unwrap().is_none());
}
