//! The recording of a live run: what its log says of the feed, as `mon run` writes it and reads it again after a crash,
//! and as `mon replay --recording` reads it.
//!
//! ```text
//! head of a segment   JSON of [`Head`]; parts behind it are the state of an engine
//! entry   'P' source u16, length u32, JSON of [`Reached`], posts as an Arrow IPC stream
//!         'Q' source u16, until i64          'B' JSON of [`Reached`]          'L' step u8          'E'
//! ```

pub mod entries;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use mon_compiler::plan::Plan;
use mon_engine::{Part, Snapshot};
use mon_post::PostBatch;
use mon_sources::{Cursor, Gap, GapReason};
use serde::{Deserialize, Serialize};

use crate::live::Stalled;

/// Raised when older recordings can't be read any more.
pub const VERSION: u32 = 1;

/// What a segment says of all that stands in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    pub version: u32,
    /// The same in all segments of a recording, and in the store of the run that writes it.
    pub id: u64,
    /// A process begins with it; else it only goes on in a new file.
    pub start: bool,
    /// Of a start: the last entry that was committed before. What is behind it is fed once more.
    pub after: u64,
    /// Names of the sources, by their number in the entries.
    pub sources: Vec<String>,
    pub disorder_micros: i64,
    /// Hash of the rules that ran.
    pub rules: String,
}

impl Head {
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let head: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if head.version > VERSION {
            return Err(format!("it has version {}, this `mon` knows versions up to {VERSION}", head.version));
        }
        Ok(head)
    }
}

/// The rules of a run as a hash of what stands in their files.
pub fn hash(plan: &Plan) -> String {
    let texts: Vec<&[u8]> = plan.files.iter().map(|file| file.text.as_bytes()).collect();
    mon_store::fingerprint(&texts)
}

/// A number that hardly any other pieces have, small enough for the store's counters.
pub fn number(pieces: &[&[u8]]) -> u64 {
    let hash = mon_store::fingerprint(pieces);
    hash.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default().max(1)
}

/// How far each source was read, and what was lost on the way.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    pub cursors: BTreeMap<String, Cursor>,
    pub gaps: Vec<Gap>,
    /// Sources that were silent for longer than their rhythm explains. A recording does not tell it: it says nothing of the posts.
    pub stalled: Vec<Stalled>,
    /// The entry of the recording that stands for it; 0 where nothing is recorded.
    pub recorded: u64,
    /// It was read from the recording, so the sources know nothing of it.
    pub again: bool,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Told {
    cursors: BTreeMap<String, Cursor>,
    gaps: Vec<ToldGap>,
}

#[derive(Serialize, Deserialize)]
struct ToldGap {
    source: String,
    from: Option<Cursor>,
    to: Option<Cursor>,
    why: GapReason,
}

impl Reached {
    /// Takes what was reached behind it.
    pub fn add(&mut self, more: Self) {
        self.cursors.extend(more.cursors);
        self.gaps.extend(more.gaps);
        self.stalled.extend(more.stalled);
    }

    fn write(&self) -> Vec<u8> {
        let gap = |gap: &Gap| ToldGap {
            source: gap.source.to_string(),
            from: gap.from.clone(),
            to: gap.to.clone(),
            why: gap.why,
        };
        let told = Told { cursors: self.cursors.clone(), gaps: self.gaps.iter().map(gap).collect() };
        serde_json::to_vec(&told).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let told: Told = serde_json::from_slice(bytes).ok()?;
        let gap = |gap: ToldGap| Gap { source: Arc::from(gap.source), from: gap.from, to: gap.to, why: gap.why };
        let gaps = told.gaps.into_iter().map(gap).collect();
        Some(Self { cursors: told.cursors, gaps, ..Self::default() })
    }
}

/// An entry of the log.
pub enum Item<'a> {
    /// Posts of a source, and what was reached with them.
    Posts {
        source: u16,
        reached: Reached,
        posts: Posts<'a>,
    },
    Quiet {
        source: u16,
        until: i64,
    },
    Barrier(Reached),
    /// At which step of the ladders posts are heard from here on.
    Load {
        step: u8,
    },
    End,
}

/// Posts as they stand in an entry, not read yet.
pub struct Posts<'a>(&'a [u8]);

impl Posts<'_> {
    pub fn read(&self) -> Result<PostBatch, String> {
        let mut reader = StreamReader::try_new(self.0, None).map_err(|error| error.to_string())?;
        let record = reader.next().ok_or("it holds no posts")?.map_err(|error| error.to_string())?;
        PostBatch::try_new(record).map_err(|error| error.to_string())
    }
}

/// The entry of a batch of posts.
pub fn posts(source: u16, reached: &Reached, batch: &PostBatch) -> Result<Vec<u8>, String> {
    let told = reached.write();
    let mut bytes = vec![b'P'];
    bytes.extend_from_slice(&source.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(told.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&told);
    let record = batch.record();
    let mut writer = StreamWriter::try_new(bytes, &record.schema()).map_err(|error| error.to_string())?;
    writer.write(record).map_err(|error| error.to_string())?;
    writer.into_inner().map_err(|error| error.to_string())
}

pub fn quiet(source: u16, until: i64) -> Vec<u8> {
    let mut bytes = vec![b'Q'];
    bytes.extend_from_slice(&source.to_le_bytes());
    bytes.extend_from_slice(&until.to_le_bytes());
    bytes
}

pub fn barrier(reached: &Reached) -> Vec<u8> {
    let mut bytes = vec![b'B'];
    bytes.extend(reached.write());
    bytes
}

pub fn load(step: u8) -> Vec<u8> {
    vec![b'L', step]
}

pub fn end() -> Vec<u8> {
    vec![b'E']
}

/// Reads an entry; None where it is none of this version.
pub fn item(bytes: &[u8]) -> Option<Item<'_>> {
    let (kind, rest) = bytes.split_first()?;
    match kind {
        b'P' => {
            let (source, rest) = rest.split_first_chunk()?;
            let (length, rest) = rest.split_first_chunk()?;
            let (told, posts) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let reached = Reached::read(told)?;
            Some(Item::Posts { source: u16::from_le_bytes(*source), reached, posts: Posts(posts) })
        }
        b'Q' => {
            let (source, rest) = rest.split_first_chunk()?;
            let (until, _) = rest.split_first_chunk()?;
            Some(Item::Quiet { source: u16::from_le_bytes(*source), until: i64::from_le_bytes(*until) })
        }
        b'B' => Reached::read(rest).map(Item::Barrier),
        b'L' => rest.first().map(|step| Item::Load { step: *step }),
        b'E' => Some(Item::End),
        _ => None,
    }
}

/// A part of an engine's state as a segment keeps it.
pub fn part(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut all = u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    all.extend_from_slice(name.as_bytes());
    all.extend_from_slice(bytes);
    all
}

/// The state that a segment begins with; None where it is none.
pub fn snapshot(parts: &[Vec<u8>]) -> Option<Snapshot> {
    let part = |bytes: &Vec<u8>| {
        let (length, rest) = bytes.split_first_chunk()?;
        let (name, bytes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        Some(Part::stored(String::from_utf8(name.to_vec()).ok()?, bytes.to_vec()))
    };
    parts.iter().map(part).collect::<Option<_>>().map(|parts| Snapshot { parts })
}

#[cfg(test)]
mod tests {
    use mon_post::{PostBatchBuilder, PostRow};

    use super::*;

    fn cursor(order: u64) -> Cursor {
        Cursor { order, token: format!("{order}@7"), epoch: "host".to_owned() }
    }

    #[test]
    fn what_was_fed_is_written_and_read_again() {
        let gap = Gap { source: "a".into(), from: None, to: Some(cursor(4)), why: GapReason::Skipped };
        let reached =
            Reached { cursors: [("a".to_owned(), cursor(9))].into(), gaps: vec![gap.clone()], ..Reached::default() };
        let mut builder = PostBatchBuilder::new();
        for text in ["one", "zwei"] {
            builder.append(&PostRow { text: Some(text.into()), ..PostRow::default() }).unwrap();
        }
        let batch = builder.finish().unwrap();
        let bytes = posts(3, &reached, &batch).unwrap();
        let Some(Item::Posts { source: 3, reached: told, posts: back }) = item(&bytes) else { panic!("no posts") };
        assert_eq!((told.cursors.get("a"), told.gaps), (Some(&cursor(9)), vec![gap]));
        assert_eq!(back.read().unwrap().record(), batch.record());
        let bytes = barrier(&reached);
        assert!(matches!(item(&bytes), Some(Item::Barrier(told)) if told.cursors == reached.cursors));
        assert!(matches!(item(&quiet(2, i64::MIN)), Some(Item::Quiet { source: 2, until: i64::MIN })));
        assert!(matches!(item(&load(3)), Some(Item::Load { step: 3 })));
        assert!(matches!(item(&end()), Some(Item::End)));
        for wrong in [&b""[..], b"P", b"P\0\0\xff\0\0\0", b"Q\0\0\0", b"L", b"X"] {
            assert!(item(wrong).is_none(), "{wrong:?}");
        }
        let state = [("window/1", &b"bytes"[..]), ("source", b"")].map(|(name, bytes)| part(name, bytes));
        let snapshot = snapshot(&state).unwrap();
        assert_eq!((snapshot.parts.len(), &*snapshot.parts[0].name), (2, "window/1"));
        assert_eq!(snapshot.parts[0].bytes().unwrap().as_slice(), b"bytes");
    }
}
