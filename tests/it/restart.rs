//! Runs that are stopped and started again: what one run knew the next one goes on with.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_engine::{Engine, EngineOptions, Epoch, Feed, Part, Snapshot};
use mon_post::reader::{Format, ReadOptions, read_from};
use mon_store::{EpochCommit, SnapshotPart, Store};

use crate::tool::mon;

const RULES: &str = r#"
terms acme = "acme"

monitor burst {
  match acme
  window tumble 1m
  measure volume = count()
  alert when volume >= 3 clear when volume < 1
}
"#;

/// Posts with these numbers, twenty seconds after one another.
fn posts(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut lines = String::new();
    for number in numbers {
        let at = 1_793_613_600 + 20 * number;
        writeln!(lines, r#"{{"id":"p{number}","text":"acme","created_at":{at}}}"#).unwrap();
    }
    lines
}

/// Runs to the end of the recording; the account.
fn run(folder: &Path) -> serde_json::Value {
    fs::write(folder.join("rules.mon"), RULES).unwrap();
    fs::write(folder.join("mon.toml"), "[source.rec]\nkind = \"file\"\npath = \"posts.jsonl\"\n").unwrap();
    let ran = mon(folder, &["run", "rules.mon", "--config", "mon.toml", "--data", "data", "--account", "account.json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    serde_json::from_str(&fs::read_to_string(folder.join("account.json")).unwrap()).unwrap()
}

#[test]
fn a_run_over_a_recording_that_grew_goes_on_with_its_incident_and_its_mentions() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("posts.jsonl");
    fs::write(&recording, posts(0..6)).unwrap();
    let first = run(folder.path());
    assert_eq!(first["sources"]["rec"]["received"], 6, "{first}");
    let data = folder.path().join("data");
    let store = Store::open_read_only(&data).unwrap();
    assert!(!store.load_checkpoint().unwrap().unwrap().snapshot.is_empty());
    assert_eq!(store.incidents(true, 9).unwrap().len(), 1);
    drop(store);

    fs::write(&recording, posts((0..12).chain([90]))).unwrap();
    let second = run(folder.path());
    assert_eq!((&second["read"], &second["late"]), (&13.into(), &serde_json::json!({})), "{second}");
    let store = Store::open_read_only(&data).unwrap();
    let incidents = store.incidents(false, 9).unwrap();
    assert_eq!((incidents.len(), incidents[0].open), (1, false), "{incidents:?}");
    let files = store.mentions_files(0, i64::MAX).unwrap();
    assert_eq!(files.iter().map(|file| file.rows).collect::<Vec<_>>(), [6, 7], "one file a run");
    assert!(store.pending_mentions(u64::MAX).unwrap().is_empty());
}

fn feed(text: String) -> Feed {
    let stream = std::io::Cursor::new(text.into_bytes());
    let mut reader = read_from(stream, "posts", Format::JsonLines, &ReadOptions::default()).unwrap();
    Feed::Posts { source: 0, batch: reader.next().unwrap().unwrap().batch }
}

/// Runs an engine over a feed from what the store holds.
fn run_from(store: &Store, feeds: Vec<Feed>, on_epoch: impl FnMut(Epoch) -> Result<(), std::io::Error>) {
    let checked = check(vec![("rules.mon".to_owned(), RULES.to_owned())], &CheckOptions::default());
    let mut engine = Engine::new(Arc::new(checked.plan.unwrap()), EngineOptions::default()).unwrap();
    if let Some(checkpoint) = store.load_checkpoint().unwrap() {
        let parts = checkpoint.snapshot.into_iter().map(|(name, bytes)| Part::stored(name, bytes));
        engine.restore(Snapshot { parts: parts.collect() }).unwrap();
    }
    futures::executor::block_on(engine.run(futures::stream::iter(feeds), on_epoch)).unwrap();
}

#[test]
fn a_window_of_many_equal_pieces_is_whole_after_the_store_was_closed_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let second = |number: u32| {
        let at = 1_793_613_600 + number;
        feed(format!(r#"{{"id":"p{number}","text":"acme","created_at":{at}}}"#))
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for number in 0..40 {
        let feeds = if number < 20 { &mut before } else { &mut after };
        feeds.extend([second(number), Feed::Barrier { epoch: u64::from(number) + 1 }]);
    }
    after.push(Feed::End);
    let mut volume = Vec::new();
    for feeds in [before, after] {
        let store = Store::open(folder.path()).unwrap();
        run_from(&store, feeds, |epoch| {
            let parts = epoch.snapshot.unwrap().parts.into_iter();
            let part = |part: Part| {
                let bytes = part.bytes().unwrap().to_vec();
                SnapshotPart { name: part.name, bytes: Some(bytes) }
            };
            let parts = parts.map(part);
            let commit = EpochCommit {
                epoch: epoch.epoch.unwrap_or(99),
                snapshot: Some(parts.collect()),
                ..EpochCommit::default()
            };
            store.commit(&commit).unwrap();
            volume.extend(epoch.windows.into_iter().map(|window| window.values));
            Ok(())
        });
    }
    assert_eq!(volume, [[Some(40.0)]]);
}
