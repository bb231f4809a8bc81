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

#[test]
fn mentions_are_written_by_day_in_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = [mention("c", DAY + 5), mention("b", DAY - 1), mention("a", DAY + 9), mention("d", DAY)];
    let files = store.write_mentions(7, &rows).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        ["mentions/dt=1970-01-01/part-000000000007.parquet", "mentions/dt=1970-01-02/part-000000000007.parquet"]
    );
    assert_eq!((files[1].rows, files[1].min_at, files[1].max_at), (3, DAY, DAY + 9));
    let bytes = std::fs::read(folder.path().join(&files[1].path)).unwrap();
    assert_eq!((files[1].bytes, &files[1].blake3), (bytes.len() as u64, &blake3::hash(&bytes).to_hex().to_string()));
    let batches = read(folder.path(), &files[1]);
    let posts: Vec<&str> = batches[0].column_by_name("post").unwrap().as_string::<i32>().iter().flatten().collect();
    assert_eq!(posts, ["d", "c", "a"]);
    assert_eq!(batches[0].column_by_name("text").unwrap().as_string::<i32>().value(0), "it broke 😡");
    assert!(batches[0].column_by_name("url").unwrap().is_null(0));
}

#[test]
fn only_committed_files_live_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let kept = store.write_mentions(1, &[mention("a", 5)]).unwrap();
    store.commit(&EpochCommit { epoch: 1, mentions: kept.clone(), ..EpochCommit::default() }).unwrap();
    store.write_mentions(2, &[mention("b", 6), mention("c", DAY)]).unwrap();
    std::fs::write(folder.path().join("mentions/dt=1970-01-01/part-000000000003.parquet.tmp"), "half").unwrap();
    std::fs::write(folder.path().join("mentions/dt=1970-01-01/note.txt"), "of the user").unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.opened().swept.len(), 3);
    assert_eq!(
        names(folder.path()),
        ["mentions/dt=1970-01-01/note.txt", "mentions/dt=1970-01-01/part-000000000001.parquet"]
    );
    assert_eq!(store.mentions_files(0, DAY).unwrap(), kept);
    assert!(store.mentions_files(6, DAY).unwrap().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let day = folder.path().join("mentions/dt=1970-01-01");
    std::fs::create_dir_all(&day).unwrap();
    // Whatever is written to this device meets a full disk.
    std::os::unix::fs::symlink("/dev/full", day.join("part-000000000001.parquet.tmp")).unwrap();
    let error = store.write_mentions(1, &[mention("a", 5)]).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(names(folder.path()).is_empty());
}
