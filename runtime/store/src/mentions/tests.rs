use arrow::array::{Array as _, AsArray as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::EpochCommit;

const DAY: i64 = 86_400_000_000;

fn mention(post: &str, at: i64) -> Mention {
    Mention {
        post: post.to_owned(),
        monitor: "m".to_owned(),
        at,
        key: r#"["DE"]"#.to_owned(),
        platform: Some("bluesky".to_owned()),
        text: Some("it broke 😡".to_owned()),
        ..Mention::default()
    }
}

fn read(folder: &Path, file: &MentionsFile) -> Vec<RecordBatch> {
    let opened = File::open(folder.join(&file.path)).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(opened).unwrap().build().unwrap().map(Result::unwrap).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for day in entries(&folder.join("mentions")).unwrap() {
        names.extend(entries(&day).unwrap().iter().map(|p| p.strip_prefix(folder).unwrap().display().to_string()));
    }
    names.sort();
    names
}

fn commit(store: &Store, epoch: u64, at: i64, mentions: &[Mention]) {
    store.commit(&EpochCommit { epoch, at, mentions: mentions.to_vec(), ..EpochCommit::default() }).unwrap();
}

fn waiting(store: &Store) -> Vec<String> {
    store.pending_mentions(u64::MAX).unwrap().into_iter().map(|mention| mention.post).collect()
}

#[test]
fn mentions_are_written_by_day_in_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = [mention("c", DAY + 5), mention("b", DAY - 1), mention("a", DAY + 9), mention("d", DAY)];
    commit(&store, 1, 0, &rows[..1]);
    commit(&store, 2, 1, &rows[1..]);
    let files = store.file_mentions(1, Filing::ALL).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let name = "part-000000000001-000000000004.parquet";
    assert_eq!(paths, [format!("mentions/dt=1970-01-01/{name}"), format!("mentions/dt=1970-01-02/{name}")]);
    assert_eq!((files[1].rows, files[1].min_at, files[1].max_at), (3, DAY, DAY + 9));
    let bytes = std::fs::read(folder.path().join(&files[1].path)).unwrap();
    assert_eq!((files[1].bytes, &files[1].blake3), (bytes.len() as u64, &blake3::hash(&bytes).to_hex().to_string()));
    let batches = read(folder.path(), &files[1]);
    let posts: Vec<&str> = batches[0].column_by_name("post").unwrap().as_string::<i32>().iter().flatten().collect();
    assert_eq!(posts, ["d", "c", "a"]);
    assert_eq!(batches[0].column_by_name("text").unwrap().as_string::<i32>().value(0), "it broke 😡");
    assert!(batches[0].column_by_name("url").unwrap().is_null(0));
    assert_eq!(store.mentions_files(0, DAY).unwrap(), files[..1]);
}

#[test]
fn mentions_wait_until_there_are_enough_or_a_minute_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let filing = Filing { rows: 3, wait_micros: 60 };
    for (epoch, post) in [(1, "a"), (2, "b")] {
        commit(&store, epoch, 1_000 + epoch as i64, &[mention(post, 5)]);
        assert!(store.file_mentions(1_060, filing).unwrap().is_empty());
    }
    assert_eq!(store.file_mentions(1_061, filing).unwrap()[0].rows, 2, "the first has waited for a minute");
    assert!(store.file_mentions(9_000, filing).unwrap().is_empty());
    commit(&store, 3, 2_000, &["c", "d", "e"].map(|post| mention(post, 5)));
    let files = store.file_mentions(2_000, filing).unwrap();
    assert_eq!(files[0].path, "mentions/dt=1970-01-01/part-000000000003-000000000005.parquet");
    assert!(waiting(&store).is_empty());
    let rows: u64 = store.mentions_files(0, DAY).unwrap().iter().map(|file| file.rows).sum();
    assert_eq!(rows, 5);
}

#[test]
fn mentions_that_wait_survive_a_crash_and_so_do_those_of_a_file_that_was_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    commit(&store, 1, 0, &[mention("a", 5)]);
    let kept = store.file_mentions(0, Filing::ALL).unwrap();
    commit(&store, 2, 0, &[mention("b", 6), mention("c", DAY)]);
    store.write_files("part-000000000002-000000000003", &store.pending_mentions(3).unwrap()).unwrap();
    std::fs::write(folder.path().join("mentions/dt=1970-01-01/part-000000000004.parquet.tmp"), "half").unwrap();
    std::fs::write(folder.path().join("mentions/dt=1970-01-01/note.txt"), "of the user").unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.opened().swept.len(), 3);
    assert_eq!(names(folder.path()), ["mentions/dt=1970-01-01/note.txt".to_owned(), kept[0].path.clone()]);
    assert_eq!(store.mentions_files(0, DAY).unwrap(), kept);
    assert!(store.mentions_files(6, DAY).unwrap().is_empty());
    assert_eq!(waiting(&store), ["b", "c"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_file_behind_and_the_mentions_wait_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let day = folder.path().join("mentions/dt=1970-01-01");
    std::fs::create_dir_all(&day).unwrap();
    // Whatever is written to this device meets a full disk.
    std::os::unix::fs::symlink("/dev/full", day.join("part-000000000001-000000000001.parquet.tmp")).unwrap();
    commit(&store, 1, 0, &[mention("a", 5)]);
    let error = store.file_mentions(0, Filing::ALL).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(names(folder.path()).is_empty());
    assert_eq!(waiting(&store), ["a"]);
}
