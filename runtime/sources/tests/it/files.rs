//! Files as sources: bounded, exact to resume, with their bad lines told.

use std::io::Write as _;

use mon_sources::{Cursor, FileSource, Resume, SourceError, SourceEvent, supervise};

use crate::run::{Account, options};

fn posts(count: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    for n in 0..count {
        if n == 7 {
            writeln!(file, "{{\"post_uid\": broken").unwrap();
        }
        writeln!(file, r#"{{"post_uid":"x:{n}","text":"post {n}","created_at":"2026-03-01T10:00:00Z"}}"#).unwrap();
    }
    file
}

#[tokio::test]
async fn a_file_is_read_to_its_end_and_its_bad_line_is_told() {
    let file = posts(100);
    let source = Box::new(FileSource::new("capture", file.path(), None).batch_rows(30));
    let mut running = supervise("capture", source, Resume::Earliest, options());
    let (mut account, mut errors) = (Account::default(), Vec::new());
    let ended = loop {
        match running.events.recv().await.unwrap() {
            SourceEvent::Batch(batch) => {
                account.add(&batch);
                errors.extend(batch.map_errors);
            }
            SourceEvent::Ended { error } => break error,
            SourceEvent::Gap(_) | SourceEvent::Quiet { .. } | SourceEvent::Connected => {}
        }
    };
    assert_eq!(ended, None);
    assert_eq!(account.events.len(), 100);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].path, "line 8");
}

#[tokio::test]
async fn a_file_goes_on_where_it_was_left_whatever_the_batches() {
    let file = posts(100);
    let source = || Box::new(FileSource::new("capture", file.path(), None));
    let mut running = supervise("capture", Box::new(source().batch_rows(30)), Resume::Earliest, options());
    let first = loop {
        if let SourceEvent::Batch(batch) = running.events.recv().await.unwrap() {
            break batch;
        }
    };
    assert_eq!(first.cursor_after.order, 30);
    let from = Resume::After(first.cursor_after);
    let mut running = supervise("capture", Box::new(source().batch_rows(64)), from, options());
    let mut account = Account::default();
    while let Some(event) = running.events.recv().await {
        if let SourceEvent::Batch(batch) = event {
            account.add(&batch);
        }
    }
    assert_eq!(account.rows, 70);
    assert!(account.posts.contains(&("x:30".to_owned(), "created".to_owned())));
    assert!(!account.posts.contains(&("x:29".to_owned(), "created".to_owned())));
}

#[tokio::test]
async fn a_file_that_is_not_there_ends_with_a_reason() {
    let source = Box::new(FileSource::new("capture", "no/such/file.jsonl", None));
    let mut running = supervise("capture", source, Resume::Earliest, options());
    assert!(matches!(running.events.recv().await, Some(SourceEvent::Connected)));
    let Some(SourceEvent::Ended { error: Some(SourceError::Config(why)) }) = running.events.recv().await else {
        panic!("a missing file can't be repaired by trying again")
    };
    assert!(why.contains("no/such/file.jsonl"), "{why}");
}

#[tokio::test]
async fn another_file_under_the_name_of_the_source_is_read_from_its_start() {
    let (before, now) = (posts(50), posts(20));
    let cursor = Cursor { order: 50, token: "50".to_owned(), epoch: before.path().display().to_string() };
    let source = Box::new(FileSource::new("capture", now.path(), None));
    let mut running = supervise("capture", source, Resume::After(cursor), options());
    let mut rows = 0;
    let ended = loop {
        match running.events.recv().await.unwrap() {
            SourceEvent::Batch(batch) => rows += batch.batch.len(),
            SourceEvent::Ended { error } => break error,
            SourceEvent::Gap(_) | SourceEvent::Quiet { .. } | SourceEvent::Connected => {}
        }
    };
    assert_eq!((rows, ended), (20, None));
}

#[tokio::test]
async fn a_shorter_file_in_the_place_of_one_that_was_read_ends_with_a_reason() {
    let now = posts(20);
    let cursor = |order: u64| Cursor { order, token: order.to_string(), epoch: now.path().display().to_string() };
    for (read, told) in [(20, false), (50, true)] {
        let source = Box::new(FileSource::new("capture", now.path(), None));
        let mut running = supervise("capture", source, Resume::After(cursor(read)), options());
        let ended = loop {
            match running.events.recv().await.unwrap() {
                SourceEvent::Batch(batch) => assert_eq!(batch.batch.len(), 0),
                SourceEvent::Ended { error } => break error,
                SourceEvent::Gap(_) | SourceEvent::Quiet { .. } | SourceEvent::Connected => {}
            }
        };
        let why = ended.map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(why.contains("holds 20 posts, but 50 were read of it before"), told, "{read}: {why}");
    }
}
