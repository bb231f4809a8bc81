//! Real posts are read whole, where the shared data is there.

use std::path::Path;

use mon_post::reader::{ReadOptions, open};

/// Recorded posts of disasters, kept beside the repository; not everybody has them.
#[test]
fn every_recorded_post_is_read() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/crisislex"));
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: there are no recorded posts at {}", folder.display());
        return;
    };
    let mut posts = 0;
    for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
    {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        let reader = open(&path, None, &ReadOptions { need_time: false, ..ReadOptions::default() }).unwrap();
        let mut read = 0;
        for batch in reader {
            let batch = batch.unwrap();
            assert_eq!(batch.problems, [], "{}", path.display());
            read += batch.batch.len();
        }
        assert_eq!(read, lines, "{}", path.display());
        posts += read;
    }
    assert!(posts > 10_000, "{posts}");
    println!("{posts} posts");
}
