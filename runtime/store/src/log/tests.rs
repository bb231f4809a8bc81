use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Begin, Log, LogReader};
use crate::StoreError;

fn begin(head: &str) -> Begin<'static> {
    Begin { head: head.as_bytes().to_vec(), ..Begin::default() }
}

fn state(parts: Vec<Vec<u8>>) -> impl ExactSizeIterator<Item = std::io::Result<Vec<u8>>> {
    parts.into_iter().map(Ok)
}

fn entry(n: u64) -> Vec<u8> {
    format!("entry {n} {}", "of words that repeat ".repeat(n as usize % 7)).into_bytes()
}

type Numbered = Vec<(u64, Vec<u8>)>;

/// All entries behind `after`, with the bytes that are torn.
fn read(folder: &Path, after: u64) -> Result<(Numbered, u64), StoreError> {
    let mut reader = LogReader::open(folder, after)?;
    let mut all = Vec::new();
    for entry in &mut reader {
        let entry = entry?;
        all.push((entry.seq, entry.bytes));
    }
    Ok((all, reader.torn()))
}

fn entries(from: u64, to: u64) -> Numbered {
    (from..=to).map(|n| (n, entry(n))).collect()
}

fn write(log: &mut Log, from: u64, to: u64) {
    for n in from..=to {
        assert_eq!(log.append(&entry(n)).unwrap(), n);
    }
    log.sync().unwrap();
}

fn newest(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "log"));
    files.sort();
    files.pop().unwrap()
}

#[test]
fn entries_come_back_in_their_order_over_segments_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read(folder.path(), 0).unwrap().0.is_empty());
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    log.begin(begin("one")).unwrap();
    write(&mut log, 1, 5);
    log.begin(Begin { state: Some(&mut state(vec![b"part".to_vec(), Vec::new()])), ..begin("two") }).unwrap();
    write(&mut log, 6, 7);
    drop(log);
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    assert_eq!((log.last(), log.torn()), (7, None));
    assert!(log.append(b"nowhere").is_err(), "a start begins a segment of its own");
    log.begin(begin("three")).unwrap();
    write(&mut log, 8, 9);
    for after in 0..=9 {
        assert_eq!(read(folder.path(), after).unwrap(), (entries(after + 1, 9), 0), "after {after}");
    }
    let reader = LogReader::open(folder.path(), 0).unwrap();
    let told: Vec<_> = reader.segments().iter().map(|one| (one.first, one.head.clone(), one.can_begin)).collect();
    assert_eq!(told, [(1, b"one".to_vec(), true), (6, b"two".to_vec(), true), (8, b"three".to_vec(), false)]);
    assert_eq!(reader.segments()[1].state().unwrap(), [b"part".to_vec(), Vec::new()]);
    let second = Log::open(folder.path(), u64::MAX).err().unwrap();
    assert!(matches!(second, StoreError::InUse { .. }), "{second}");
}

#[test]
fn a_log_that_is_torn_at_any_byte_of_its_last_entry_goes_on_behind_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    log.begin(begin("")).unwrap();
    write(&mut log, 1, 4);
    let whole = log.bytes();
    write(&mut log, 5, 5);
    let size = log.bytes();
    drop(log);
    let path = newest(folder.path());
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len() as u64, size);
    for length in whole..size {
        fs::write(&path, &bytes[..length as usize]).unwrap();
        let torn = length - whole;
        assert_eq!(read(folder.path(), 0).unwrap(), (entries(1, 4), torn), "{length} bytes");
        let mut log = Log::open(folder.path(), u64::MAX).unwrap();
        assert_eq!((log.last(), log.torn().map_or(0, |torn| torn.bytes)), (4, torn));
        log.begin(begin("again")).unwrap();
        write(&mut log, 5, 6);
        assert_eq!(read(folder.path(), 0).unwrap(), (entries(1, 6), 0));
        drop(log);
        fs::remove_file(newest(folder.path())).unwrap();
    }
}

#[test]
fn no_flipped_bit_is_read_as_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    log.begin(Begin { state: Some(&mut state(vec![b"state".to_vec()])), ..begin("head") }).unwrap();
    write(&mut log, 1, 6);
    drop(log);
    let path = newest(folder.path());
    let bytes = fs::read(&path).unwrap();
    let (mut told, mut torn) = (0, 0);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        match read(folder.path(), 0) {
            Err(StoreError::Damaged { .. }) => told += 1,
            Err(other) => panic!("bit {bit}: {other}"),
            Ok((some, left)) => {
                assert!(left > 0 && some.len() < 6, "bit {bit} is not noticed");
                assert_eq!(some, entries(1, some.len() as u64), "bit {bit} changes an entry");
                torn += 1;
            }
        }
    }
    assert!(told > torn && torn > 0, "{told} damaged, {torn} torn");
    // In a segment that another one follows nothing can be torn.
    fs::write(&path, &bytes).unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    log.begin(begin("next")).unwrap();
    write(&mut log, 7, 8);
    drop(log);
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = read(folder.path(), 0).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { detail, .. } if detail.contains("entry 6")), "{error}");
    assert_eq!(read(folder.path(), 6).unwrap().0, entries(7, 8), "what lies behind can be read");
}

#[test]
fn a_segment_that_is_missing_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    for from in [1, 4, 7] {
        log.begin(begin("")).unwrap();
        write(&mut log, from, from + 2);
    }
    log.begin(Begin { anew: Some(20), state: Some(&mut state(Vec::new())), ..begin("anew") }).unwrap();
    write(&mut log, 21, 22);
    drop(log);
    let all: Vec<u64> = read(folder.path(), 0).unwrap().0.into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(all, (1..=9).chain([21, 22]).collect::<Vec<_>>());
    fs::remove_file(folder.path().join("feed-000000000002.log")).unwrap();
    let error = read(folder.path(), 0).unwrap_err().to_string();
    assert!(error.contains("begins with entry 7 where 4 is due"), "{error}");
}

#[test]
fn only_segments_behind_the_last_commit_that_nothing_begins_in_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    // Begun at 0, 10, 20, 30, 40; the third and the fifth hold a state.
    for (at, state) in [false, false, true, false, true].into_iter().enumerate() {
        let mut state = state.then(|| self::state(Vec::new()));
        let state = state.as_mut().map(|parts| parts as _);
        log.begin(Begin { at: at as i64 * 10, state, ..begin("") }).unwrap();
        write(&mut log, at as u64 * 2 + 1, at as u64 * 2 + 2);
    }
    let all = u64::MAX;
    assert_eq!(log.prune(15, all, 10), None, "the second holds no state to begin with");
    assert_eq!(log.prune(99, all, 3), None, "the third may be read again");
    let pruned = log.prune(35, all, 10).unwrap();
    assert_eq!((pruned.segments, pruned.until), (2, 20));
    assert_eq!(read(folder.path(), 0).unwrap().0, entries(5, 10));
    let pruned = log.prune(0, 1, 10).unwrap();
    assert_eq!((pruned.segments, pruned.until), (2, 40), "the newest segment always stays");
    assert_eq!(read(folder.path(), 0).unwrap().0, entries(9, 10));
}

#[test]
fn a_segment_that_cannot_be_removed_stays_with_those_behind_it_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    for at in 0..4 {
        log.begin(Begin { at: at as i64, state: Some(&mut state(Vec::new())), ..begin("") }).unwrap();
        write(&mut log, at + 1, at + 1);
    }
    // A folder in place of the second file: no user can remove it as a file.
    let second = log.segments()[1].path.clone();
    let aside = folder.path().join("aside");
    fs::rename(&second, &aside).unwrap();
    fs::create_dir(&second).unwrap();
    let pruned = log.prune(9, u64::MAX, 4).unwrap();
    assert_eq!((pruned.segments, pruned.until), (1, 1));
    assert!(pruned.failed.unwrap().contains("feed-000000000002.log"));
    assert_eq!(log.segments().len(), 3);
    write(&mut log, 5, 5);
    fs::remove_dir(&second).unwrap();
    fs::rename(&aside, &second).unwrap();
    assert_eq!(read(folder.path(), 0).unwrap().0, entries(2, 5), "nothing is missing");
    let pruned = log.prune(9, u64::MAX, 4).unwrap();
    assert_eq!((pruned.segments, pruned.until, pruned.failed), (2, 3, None));
    assert_eq!(read(folder.path(), 0).unwrap().0, entries(4, 5));
}

#[test]
fn what_stands_behind_the_last_state_is_counted_over_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), u64::MAX).unwrap();
    assert_eq!(log.since(), None);
    log.begin(Begin { at: 1, ..begin("") }).unwrap();
    write(&mut log, 1, 3);
    log.begin(Begin { at: 2, state: Some(&mut state(vec![vec![7; 100], vec![8; 100]])), ..begin("") }).unwrap();
    let head = log.bytes();
    let mut bytes = 0;
    for start in 3..6 {
        write(&mut log, start + 1, start + 1);
        bytes += log.bytes() - if start == 3 { head } else { 0 };
        let since = log.since().unwrap();
        assert_eq!((since.at, since.head, since.bytes), (2, head, bytes));
        drop(log);
        log = Log::open(folder.path(), u64::MAX).unwrap();
        assert_eq!(log.since(), Some(since), "the same as another process counts it");
        log.begin(Begin { at: start as i64, ..begin("") }).unwrap();
    }
}

#[test]
fn behind_the_last_committed_entry_damage_is_the_end_and_before_it_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), 0).unwrap();
    log.begin(begin("")).unwrap();
    write(&mut log, 1, 3);
    let third = log.bytes() as usize;
    write(&mut log, 4, 6);
    drop(log);
    let path = newest(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    let size = bytes.len();
    bytes[third + 20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    for committed in [4, 6, u64::MAX] {
        let error = Log::open(folder.path(), committed).err().unwrap();
        assert!(matches!(&error, StoreError::Damaged { detail, .. } if detail.contains("entry 4")), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "nothing is cut off");
    }
    let mut log = Log::open(folder.path(), 3).unwrap();
    assert_eq!((log.last(), log.torn().unwrap().bytes), (3, (size - third) as u64));
    log.begin(begin("")).unwrap();
    write(&mut log, 4, 5);
    assert_eq!(read(folder.path(), 0).unwrap(), (entries(1, 5), 0));
}

#[test]
fn any_writer_that_dies_at_any_byte_leaves_a_log_that_reads_as_it_was_written() {
    let seed = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    println!("MON_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for _ in 0..30 {
        let mut log = Log::open(folder.path(), u64::MAX).unwrap();
        assert_eq!(log.last(), last);
        log.begin(begin("start")).unwrap();
        let mut synced = last;
        let mut whole = log.bytes();
        for _ in 0..random.random_range(0..20) {
            write(&mut log, last + 1, last + 1);
            last += 1;
            if random.random_range(0..4) == 0 {
                log.begin(Begin { state: Some(&mut state(vec![vec![7; 100]])), ..begin("turn") }).unwrap();
            }
            if random.random_range(0..3) == 0 {
                (synced, whole) = (last, log.bytes());
            }
        }
        let first = log.segments().last().unwrap().first;
        drop(log);
        // The machine dies: of what was not synced any number of bytes are there.
        let path = newest(folder.path());
        let bytes = fs::read(&path).unwrap();
        let kept = if first > synced { bytes.len() as u64 } else { random.random_range(whole..=bytes.len() as u64) };
        fs::write(&path, &bytes[..kept as usize]).unwrap();
        let (all, _) = read(folder.path(), 0).unwrap();
        assert!(all.len() as u64 >= synced);
        assert_eq!(all, entries(1, all.len() as u64));
        last = all.len() as u64;
    }
}
