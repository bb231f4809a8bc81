//! `[record]`: whether a run keeps what its engine is fed with, where, and for how long.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Config, plain};
use crate::failure::Failure;

/// Under the data folder, where nothing else is said.
const FOLDER: &str = "recording";
/// Three days: as long as what is kept only so that a run can be played again may lie about.
const KEEP: &str = "72h";
const SIZE: &str = "20GB";
const SEGMENT: &str = "64MB";

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    on: Option<bool>,
    folder: Option<PathBuf>,
    keep: Option<String>,
    size: Option<String>,
    segment: Option<String>,
}

/// How a run is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub folder: PathBuf,
    /// Segments that are older may be removed.
    pub keep_micros: i64,
    /// Of all segments together.
    pub bytes_max: u64,
    /// A segment that is larger is followed by the next one.
    pub segment_bytes: u64,
}

impl Section {
    pub fn read(table: &toml::Table) -> Result<Option<Self>, Failure> {
        let Some(value) = table.get("record") else { return Ok(None) };
        let wrong = |reason: &str| {
            Failure::input(format!("[record]: {reason}"), "`docs/configuration.md` lists the keys of `[record]`")
        };
        if !value.is_table() {
            return Err(wrong("it is a table of its own"));
        }
        let section: Self =
            value.clone().try_into().map_err(|error: toml::de::Error| wrong(&plain(error.message())))?;
        section.settings(PathBuf::new()).map_err(|reason| wrong(&reason))?;
        Ok(Some(section))
    }

    fn settings(&self, folder: PathBuf) -> Result<Record, String> {
        let time = |text: &str| {
            let seconds = measured(text, &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]);
            let micros = seconds.and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1_000_000));
            micros.ok_or_else(|| format!("`{text}` is no length of time: write `90m`, `72h` or `7d`"))
        };
        let bytes = |text: &str| {
            let units = [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];
            measured(text, &units).ok_or_else(|| format!("`{text}` is no size: write `64MB` or `20GB`"))
        };
        Ok(Record {
            folder,
            keep_micros: time(self.keep.as_deref().unwrap_or(KEEP))?,
            bytes_max: bytes(self.size.as_deref().unwrap_or(SIZE))?,
            segment_bytes: bytes(self.segment.as_deref().unwrap_or(SEGMENT))?,
        })
    }
}

/// A whole number above 0 and its unit.
fn measured(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok().filter(|number| *number > 0)?.checked_mul(*size)
}

impl Config {
    /// How the run is recorded: where the command or the file says so, and otherwise where a source can't be read again.
    pub fn recording(&self, asked: Option<&Path>, data: &Path) -> Option<Record> {
        let section = self.record.clone().unwrap_or_default();
        let once = self.sources.values().any(|source| !source.spec().caps.resume);
        let on = section.on.unwrap_or(once || self.record.is_some());
        if asked.is_none() && !on {
            return None;
        }
        let folder = asked.map(Path::to_owned).or_else(|| section.folder.clone());
        section.settings(folder.unwrap_or_else(|| data.join(FOLDER))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(text: &str, asked: Option<&str>) -> Option<Record> {
        Config::parse(text).unwrap().recording(asked.map(Path::new), Path::new("data"))
    }

    #[test]
    fn what_cannot_be_read_again_is_recorded_and_the_rest_on_request() {
        let folder = |text: &str, asked: Option<&str>| recording(text, asked).map(|record| record.folder);
        let (pipe, file) = ("[source.a]\nkind = 'stdin'\n", "[source.a]\nkind = 'file'\npath = 'p'\n");
        assert_eq!(folder(pipe, None), Some("data/recording".into()));
        assert_eq!(folder(file, None), None);
        assert_eq!(folder("", None), None, "Bluesky goes on where it was");
        assert_eq!(folder("", Some("tape")), Some("tape".into()));
        assert_eq!(folder(&format!("{file}[record]\nfolder = 'tape'"), None), Some("tape".into()));
        assert_eq!(folder(&format!("{pipe}[record]\non = false"), None), None);
    }

    #[test]
    fn lengths_and_sizes_have_units() {
        let record = recording("[record]\nkeep = '7d'\nsize = '2GB'\nsegment = '500kB'", None).unwrap();
        assert_eq!((record.keep_micros, record.bytes_max), (7 * 86_400 * 1_000_000, 2_000_000_000));
        assert_eq!(record.segment_bytes, 500_000);
        let said = |keys: &str| Config::parse(&format!("[record]\n{keys}")).err().unwrap().message;
        assert_eq!(said("keep = '7'"), "[record]: `7` is no length of time: write `90m`, `72h` or `7d`");
        assert_eq!(said("size = '0GB'"), "[record]: `0GB` is no size: write `64MB` or `20GB`");
        assert!(said("kept = '7d'").contains("unknown key `kept`"));
    }
}
