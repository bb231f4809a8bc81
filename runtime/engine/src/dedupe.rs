//! Drops posts whose event was seen before, within a horizon of event time. Two generations of identifiers rotate:
//! a new one opens when the watermark has passed the horizon, the older one is forgotten, so memory is bounded and
//! what is remembered depends on the rows alone.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_execution::TaskContext;
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::control::{Control, column, watermarks};
use crate::error::EngineError;
use crate::output::{Part, Snapshot};
use crate::shared::Shared;
use crate::stage::{Stage, StageSpec};

const PART: &str = "dedupe";
const ID_BYTES: usize = 16;
/// Bytes beyond which parts are not joined any more, so that no barrier writes much more than this.
const PART_BYTES_MAX: usize = 1 << 20;
type Id = [u8; ID_BYTES];

/// An identifier is a cryptographic hash: any eight of its bytes are a hash already.
#[derive(Clone, Copy, Default)]
struct First8(u64);

impl Hasher for First8 {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    /// The length that stands before the bytes says nothing.
    fn write_usize(&mut self, _: usize) {}
}

type Ids = HashSet<Id, BuildHasherDefault<First8>>;

#[derive(Debug)]
pub(crate) struct DedupeSpec {
    pub(crate) horizon_micros: i64,
    pub(crate) keys_max: usize,
    pub(crate) shared: Shared,
    pub(crate) restore: Option<Snapshot>,
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
        if let Some(snapshot) = &self.restore {
            dedupe.restore(snapshot)?;
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
    ids: Ids,
    parts: Vec<Part>,
    /// Not yet in a part.
    fresh: Vec<Id>,
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
        if self.previous.ids.contains(id) || !self.current.ids.insert(*id) {
            return false;
        }
        self.current.fresh.push(*id);
        if self.current.ids.len() >= self.keys_max {
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
            generation.save();
            parts.extend(generation.parts.iter().cloned());
        }
        self.shared.lock().parts.append(&mut parts);
        Ok(())
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let bad =
            |part: &Part, reason: &str| EngineError::Snapshot { part: part.name.clone(), reason: reason.to_owned() };
        let mut generations: BTreeMap<u64, Generation> = BTreeMap::new();
        let mut header = Header::default();
        for (name, part) in snapshot.under(PART) {
            match name.split('/').collect::<Vec<_>>().as_slice() {
                ["header", _] => {
                    header = serde_json::from_slice(&part.bytes).map_err(|error| bad(part, &error.to_string()))?;
                }
                ["ids", number, _] => {
                    let number = number.parse().map_err(|_| bad(part, "has no number in its name"))?;
                    let (ids, rest) = part.bytes.as_chunks::<ID_BYTES>();
                    if !rest.is_empty() {
                        return Err(bad(part, "is torn"));
                    }
                    let generation = generations.entry(number).or_default();
                    generation.ids.extend(ids);
                    generation.parts.push(part.clone());
                }
                _ => return Err(bad(part, "has an unknown name")),
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
    fn save(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        let mut bytes = std::mem::take(&mut self.fresh).concat();
        while let Some(last) = self
            .parts
            .pop_if(|last| last.bytes.len() < 2 * bytes.len() && last.bytes.len() + bytes.len() <= PART_BYTES_MAX)
        {
            bytes = [&last.bytes[..], &bytes].concat();
        }
        self.parts.push(Part::new(&format!("dedupe/ids/{}", self.number), bytes));
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
        id[..8].copy_from_slice(&number.to_le_bytes());
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
            written.extend(parts.into_iter().map(|part| (part.name.clone(), part.bytes.len())));
        }
        let bytes: usize = written.values().sum();
        assert!(bytes < 4_000 * ID_BYTES * 16, "{bytes} bytes were written");
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
}
