//! The parts of a snapshot that hold a history: one for each stretch of samples, written again only where one was added, and
//! one for all else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mark::Mark;
use super::series::{Sample, Series};
use super::spec::SeriesSpec;
use super::{Begun, History, Key};
use crate::error::EngineError;
use crate::snapshot::{Part, Snapshot};

const STATE: &str = "history/state";
const SAMPLES: &str = "history/samples";

/// Values by end of window.
type Values = Vec<(i64, Option<f64>)>;

/// The same of samples, and whether they are left out.
type Samples = Vec<(i64, Option<f64>, bool)>;

#[derive(Serialize, Deserialize)]
struct SavedState {
    monitor: String,
    since: Option<i64>,
    series: Vec<SavedSeries>,
    /// Fingerprints.
    measures: Vec<String>,
    keys: Vec<SavedKey>,
}

#[derive(Serialize, Deserialize)]
struct SavedSeries {
    fingerprint: String,
    begun: Begun,
    /// Which of the two were kept.
    recent: bool,
    samples: bool,
}

#[derive(Serialize, Deserialize)]
struct SavedKey {
    key: Key,
    last: i64,
    recent: Vec<Values>,
    marks: Vec<Mark>,
}

#[derive(Serialize, Deserialize)]
struct SavedSamples {
    monitor: String,
    chunk: i64,
    /// Fingerprints.
    series: Vec<String>,
    keys: Vec<(Key, Vec<Samples>)>,
}

impl History {
    pub(crate) fn save(&mut self, parts: &mut Vec<Part>) -> Result<(), EngineError> {
        let stale: Vec<i64> = self.chunks.iter().filter(|(_, part)| part.is_none()).map(|(chunk, _)| *chunk).collect();
        for chunk in stale {
            let part = self.samples(chunk)?;
            self.chunks.insert(chunk, Some(part));
        }
        parts.extend(self.chunks.values().flatten().cloned());
        let state = match self.state.take() {
            Some(state) => state,
            None => self.rest()?,
        };
        parts.push(state.clone());
        self.state = Some(state);
        Ok(())
    }

    fn samples(&self, chunk: i64) -> Result<Part, EngineError> {
        let (from, until) = (self.spec.grid.chunk_start(chunk), self.spec.grid.chunk_start(chunk.saturating_add(1)));
        let keys = self.keys.iter().map(|(key, remembered)| {
            let told = |(end, sample): (&i64, &Sample)| (*end, sample.value, sample.left_out);
            let values = remembered.series.iter().map(|series| series.samples.range(from..until).map(told).collect());
            (key.clone(), values.collect::<Vec<Samples>>())
        });
        let saved = SavedSamples {
            monitor: self.spec.monitor.clone(),
            chunk,
            series: self.spec.series.iter().map(|series| series.fingerprint.clone()).collect(),
            keys: keys.filter(|(_, values)| values.iter().any(|values| !values.is_empty())).collect(),
        };
        part(SAMPLES, &saved)
    }

    fn rest(&self) -> Result<Part, EngineError> {
        let keys = self.keys.iter().map(|(key, remembered)| SavedKey {
            key: key.clone(),
            last: remembered.last,
            recent: remembered.series.iter().map(|series| series.recent.iter().map(copy).collect()).collect(),
            marks: remembered.marks.clone(),
        });
        let series = self.spec.series.iter().zip(&self.begun);
        let saved = SavedState {
            monitor: self.spec.monitor.clone(),
            since: self.since,
            series: series.map(saved_series).collect(),
            measures: self.spec.measures.iter().map(|measure| measure.fingerprint.clone()).collect(),
            keys: keys.collect(),
        };
        part(STATE, &saved)
    }

    /// Puts back what the monitor of the same name saved, of measures that are the same; others begin anew.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        for (_, part) in snapshot.under(STATE) {
            let saved: SavedState = part.json()?;
            if saved.monitor == self.spec.monitor {
                self.since = saved.since;
                if self.remembers() {
                    self.restore_state(saved);
                }
            }
        }
        if !self.remembers() {
            return Ok(());
        }
        for (_, part) in snapshot.under(SAMPLES) {
            let saved: SavedSamples = part.json()?;
            if saved.monitor == self.spec.monitor {
                self.restore_samples(saved, part);
            }
        }
        Ok(())
    }

    fn restore_state(&mut self, saved: SavedState) {
        let fingerprints: Vec<String> = saved.series.iter().map(|series| series.fingerprint.clone()).collect();
        let series = self.series_in(&fingerprints);
        let of_measure = |fingerprint: &String| saved.measures.iter().position(|known| known == fingerprint);
        let measures: Vec<Option<usize>> =
            self.spec.measures.iter().map(|measure| of_measure(&measure.fingerprint)).collect();
        for (begun, at) in self.begun.iter_mut().zip(&series) {
            // What was not kept is not known.
            let saved = at.and_then(|at| saved.series.get(at));
            begun.recent = saved.filter(|saved| saved.recent).and_then(|saved| saved.begun.recent);
            begun.samples = saved.filter(|saved| saved.samples).and_then(|saved| saved.begun.samples);
        }
        for key in saved.keys {
            let remembered = self.keys.entry(key.key).or_default();
            remembered.last = key.last;
            remembered.series.resize_with(series.len(), Series::default);
            for (series, at) in remembered.series.iter_mut().zip(&series) {
                let values = at.and_then(|at| key.recent.get(at)).into_iter().flatten();
                series.recent = values.copied().collect::<BTreeMap<_, _>>();
            }
            let mark = |at: &Option<usize>| at.and_then(|at| key.marks.get(at)).cloned().unwrap_or_default();
            remembered.marks = measures.iter().map(mark).collect();
        }
    }

    fn restore_samples(&mut self, saved: SavedSamples, part: &Part) {
        let places = self.series_in(&saved.series);
        for (key, values) in saved.keys {
            let remembered = self.keys.entry(key).or_default();
            remembered.series.resize_with(places.len(), Series::default);
            for (series, at) in remembered.series.iter_mut().zip(&places) {
                let told = at.and_then(|at| values.get(at)).into_iter().flatten();
                series.samples.extend(told.map(|&(end, value, left_out)| (end, Sample { value, left_out })));
            }
        }
        let unchanged = places.len() == saved.series.len() && places.iter().zip(0..).all(|(at, own)| *at == Some(own));
        self.chunks.insert(saved.chunk, unchanged.then(|| part.clone()));
    }

    /// Where each series of this monitor stood among those that were saved.
    fn series_in(&self, saved: &[String]) -> Vec<Option<usize>> {
        let place = |fingerprint: &String| saved.iter().position(|known| known == fingerprint);
        self.spec.series.iter().map(|series| place(&series.fingerprint)).collect()
    }
}

fn saved_series((series, begun): (&SeriesSpec, &Begun)) -> SavedSeries {
    let SeriesSpec { fingerprint, recent, samples, .. } = series;
    SavedSeries { fingerprint: fingerprint.clone(), begun: *begun, recent: *recent, samples: *samples }
}

fn copy((end, value): (&i64, &Option<f64>)) -> (i64, Option<f64>) {
    (*end, *value)
}

pub(crate) fn part(prefix: &str, saved: &impl Serialize) -> Result<Part, EngineError> {
    let bytes = serde_json::to_vec(saved).map_err(|error| EngineError::Run(error.to_string()))?;
    Ok(Part::new(prefix, bytes))
}
