//! Drops posts whose event was seen before, within a horizon of event time. Two generations of identifiers rotate:
//! a new one opens when the watermark has passed the horizon, the older one is forgotten, so memory is bounded and
//! what is remembered depends on the rows alone.
//!
//! Of an identifier, a hash of 16 bytes, the first eight are remembered: 19 to 21 bytes of memory each, with the eight that
//! snapshots list. A post is taken for a duplicate by chance once in 2^64 for each identifier remembered: with eight million
//! of them and a thousand posts a second, once in 73 years.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_execution::TaskContext;
use serde::{Deserialize, Serialize};

use crate::control::{Control, column, watermarks};
use crate::error::EngineError;
use crate::fingerprints::Fingerprints;
use crate::shared::{Restored, Shared};
use crate::snapshot::{Part, Snapshot};
use crate::stage::{Stage, StageSpec};

const PART: &str = "dedupe";
const ID_BYTES: usize = 16;
/// Bytes beyond which parts are not joined any more, so that no barrier writes much more than this.
const PART_BYTES_MAX: usize = 1 << 20;
type Id = [u8; ID_BYTES];
const PRINT_BYTES: usize = size_of::<u64>();

/// An identifier is a cryptographic hash: any eight of its bytes are a hash already.
fn print(id: &Id) -> u64 {
    id.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[derive(Debug)]
pub(crate) struct DedupeSpec {
    pub(crate) horizon_micros: i64,
    pub(crate) keys_max: usize,
    pub(crate) shared: Shared,
    pub(crate) restore: Restored,
}

impl StageSpec for DedupeSpec {
    const NAME: &'static str = "DedupeExec";

    fn describe(&self) -> String {
        format!("by=event_id, horizon={}s", self.horizon_micros / 1_000_000)
    }

    fn schema(&self, input: &SchemaRef) -> SchemaRef {
        Arc::clone(input)
    }

    fn start(&self, _: &TaskContext) -> Result<Box<dyn Stage>> {
        let mut dedupe = Dedupe {
            horizon: self.horizon_micros,
            keys_max: self.keys_max.max(1),
            shared: self.shared.clone(),
            current: Generation::default(),
            previous: Generation::default(),
            rotate_at: None,
        };
        if let Some(snapshot) = self.restore.take() {
            dedupe.restore(&snapshot)?;
        }
        Ok(Box::new(dedupe))
    }
}

/// What says which generation a part is of: the names of parts hold its number.
#[derive(Default, Serialize, Deserialize)]
struct Header {
    current: u64,
    rotate_at: Option<i64>,
}

/// Identifiers, and how far they have been written into parts.
#[derive(Default)]
struct Generation {
    number: u64,
    prints: Fingerprints,
    parts: Vec<Part>,
    /// Not yet in a part.
    fresh: Vec<u64>,
}

struct Dedupe {
    horizon: i64,
    keys_max: usize,
    shared: Shared,
    current: Generation,
    previous: Generation,
    /// Watermark at which the next generation opens.
    rotate_at: Option<i64>,
}

impl Dedupe {
    /// True the first time.
    fn is_new(&mut self, id: &Id, watermark: i64) -> bool {
        if watermark != i64::MIN {
            let due = *self.rotate_at.get_or_insert(watermark.saturating_add(self.horizon));
            if watermark >= due {
                self.rotate(Some(watermark.saturating_add(self.horizon)));
            }
        }
        let print = print(id);
        if self.previous.prints.contains(print) || !self.current.prints.insert(print) {
            return false;
        }
        self.current.fresh.push(print);
        if self.current.prints.len() >= self.keys_max {
            self.shared.lock().epoch.counts.dedupe_early += 1;
            self.rotate(self.rotate_at);
        }
        true
    }

    fn rotate(&mut self, rotate_at: Option<i64>) {
        let next = Generation { number: self.current.number + 1, ..Generation::default() };
        self.previous = std::mem::replace(&mut self.current, next);
        self.rotate_at = rotate_at;
    }

    fn save(&mut self) -> Result<()> {
        let header = Header { current: self.current.number, rotate_at: self.rotate_at };
        let bytes = serde_json::to_vec(&header).map_err(|error| exec_datafusion_err!("{error}"))?;
        let mut parts = vec![Part::new("dedupe/header", bytes)];
        for generation in [&mut self.previous, &mut self.current] {
            generation.save()?;
            parts.extend(generation.parts.iter().cloned());
        }
        let mut open = self.shared.lock();
        open.parts.append(&mut parts);
        open.epoch.memory.dedupe = self.previous.size() + self.current.size();
        Ok(())
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let mut generations: BTreeMap<u64, Generation> = BTreeMap::new();
        let mut header = Header::default();
        for (name, part) in snapshot.under(PART) {
            match name.split('/').collect::<Vec<_>>().as_slice() {
                ["header", _] => header = part.json()?,
                ["prints", number, _] => {
                    let number = number.parse().map_err(|_| part.bad("has no number in its name"))?;
                    let bytes = part.read()?;
                    let (prints, rest) = bytes.as_chunks::<PRINT_BYTES>();
                    if !rest.is_empty() {
                        return Err(part.bad("is torn"));
                    }
                    let generation = generations.entry(number).or_default();
                    for print in prints {
                        generation.prints.insert(u64::from_le_bytes(*print));
                    }
                    generation.parts.push(part.clone());
                }
                // States of earlier versions list whole identifiers.
                ["ids", number, _] => {
                    let number = number.parse().map_err(|_| part.bad("has no number in its name"))?;
                    let bytes = part.read()?;
                    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
                    if !rest.is_empty() {
                        return Err(part.bad("is torn"));
                    }
                    let generation = generations.entry(number).or_default();
                    let new = ids.iter().map(print).filter(|print| generation.prints.insert(*print));
                    generation.fresh.extend(new);
                }
                _ => return Err(part.bad("has an unknown name")),
            }
        }
        for (number, generation) in generations {
            let generation = Generation { number, ..generation };
            match header.current.checked_sub(number) {
                Some(0) => self.current = generation,
                Some(1) => self.previous = generation,
                _ => {}
            }
        }
        self.current.number = header.current;
        self.rotate_at = header.rotate_at;
        Ok(())
    }
}

impl Generation {
    /// Puts the fresh identifiers into a part, and joins it with parts before it that are not much larger: their sizes
    /// fall by half, so there are few, and an identifier is written again only as often as its part doubles.
    fn save(&mut self) -> Result<(), EngineError> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let fresh = std::mem::take(&mut self.fresh);
        let mut bytes: Vec<u8> = fresh.into_iter().flat_map(u64::to_le_bytes).collect();
        while let Some(last) =
            self.parts.pop_if(|last| last.len() < 2 * bytes.len() && last.len() + bytes.len() <= PART_BYTES_MAX)
        {
            bytes = [last.read()?.as_slice(), &bytes].concat();
        }
        self.parts.push(Part::new(&format!("dedupe/prints/{}", self.number), bytes));
        Ok(())
    }

    /// Bytes.
    fn size(&self) -> usize {
        let parts: usize = self.parts.iter().map(|part| part.content().held()).sum();
        self.prints.size() + self.fresh.capacity() * PRINT_BYTES + parts
    }
}

impl Stage for Dedupe {
    fn data(&mut self, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()> {
        let ids = column(&batch, "event_id")?.as_fixed_size_binary();
        let (ids, _) = ids.value_data().as_chunks::<ID_BYTES>();
        let marks = watermarks(&batch)?;
        let kept: Vec<bool> = ids.iter().zip(marks).map(|(id, mark)| self.is_new(id, *mark)).collect();
        let dropped = kept.iter().filter(|kept| !**kept).count();
        if dropped == 0 {
            out.push(batch);
            return Ok(());
        }
        self.shared.lock().epoch.counts.duplicates += dropped as u64;
        if dropped < batch.num_rows() {
            out.push(filter_record_batch(&batch, &BooleanArray::from(kept))?);
        }
        Ok(())
    }

    fn control(&mut self, marker: Control, _: &mut Vec<RecordBatch>) -> Result<()> {
        if marker.keeps_state() {
            self.save()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dedupe(keys_max: usize) -> Dedupe {
        Dedupe {
            horizon: 100,
            keys_max,
            shared: Shared::new(0),
            current: Generation::default(),
            previous: Generation::default(),
            rotate_at: None,
        }
    }

    fn id(number: u64) -> Id {
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&blake3::hash(&number.to_le_bytes()).as_bytes()[..ID_BYTES]);
        id
    }

    #[test]
    fn an_identifier_is_remembered_for_the_horizon_and_forgotten_after_two() {
        let mut dedupe = dedupe(1000);
        assert!(dedupe.is_new(&id(1), 0));
        assert!(!dedupe.is_new(&id(1), 99));
        assert!(!dedupe.is_new(&id(1), 150), "the older generation still knows it");
        assert!(dedupe.is_new(&id(1), 250), "two generations later it is forgotten");
    }

    #[test]
    fn a_full_generation_is_closed_early_and_counted() {
        let mut dedupe = dedupe(2);
        for number in 0..4 {
            assert!(dedupe.is_new(&id(number), 0));
        }
        assert_eq!(dedupe.shared.lock().epoch.counts.dedupe_early, 2);
        assert!(!dedupe.is_new(&id(3), 0));
        assert!(dedupe.is_new(&id(0), 0));
    }

    #[test]
    fn many_barriers_leave_few_parts() {
        let mut dedupe = dedupe(1_000_000);
        let mut written = BTreeMap::new();
        for number in 0..4_000 {
            assert!(dedupe.is_new(&id(number), 0));
            dedupe.save().unwrap();
            let parts = std::mem::take(&mut dedupe.shared.lock().parts);
            assert!(parts.len() <= 20, "{} parts after {number} barriers", parts.len());
            written.extend(parts.into_iter().map(|part| (part.name.clone(), part.len())));
        }
        let bytes: usize = written.values().sum();
        assert!(bytes < 4_000 * PRINT_BYTES * 16, "{bytes} bytes were written");
    }

    #[test]
    fn a_saved_state_remembers_the_same_and_keeps_the_names_of_old_parts() {
        let mut before = dedupe(1000);
        for number in 0..5 {
            before.is_new(&id(number), i64::try_from(number).unwrap() * 40);
        }
        before.save().unwrap();
        let first = Snapshot { parts: std::mem::take(&mut before.shared.lock().parts) };
        before.is_new(&id(9), 161);
        before.save().unwrap();
        let second = Snapshot { parts: std::mem::take(&mut before.shared.lock().parts) };
        let kept = first.parts.iter().filter(|part| second.parts.contains(part)).count();
        assert!(kept >= 2, "parts that did not change keep their names: {kept}");

        let mut shuffled = second;
        shuffled.parts.sort_by(|a, b| b.name.cmp(&a.name));
        let mut after = dedupe(1000);
        after.restore(&shuffled).unwrap();
        for number in 0..12 {
            assert_eq!(after.is_new(&id(number), 170), before.is_new(&id(number), 170), "identifier {number}");
        }
    }

    #[test]
    fn a_state_with_whole_identifiers_is_read() {
        let ids: Vec<u8> = (0..3).flat_map(id).collect();
        let header = br#"{"current":4,"rotate_at":100}"#.to_vec();
        let parts = vec![Part::new("dedupe/header", header), Part::new("dedupe/ids/4", ids)];
        let mut after = dedupe(1000);
        after.restore(&Snapshot { parts }).unwrap();
        assert!((0..3).all(|number| !after.is_new(&id(number), 0)) && after.is_new(&id(3), 0));
        after.save().unwrap();
        let snapshot = Snapshot { parts: std::mem::take(&mut after.shared.lock().parts) };
        let mut again = dedupe(1000);
        again.restore(&snapshot).unwrap();
        assert!((0..4).all(|number| !again.is_new(&id(number), 0)) && again.is_new(&id(4), 0));
    }
}
