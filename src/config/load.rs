//! `[load]`: from when on a run hears fewer, where its monitors allow it.

use std::time::Duration;

use mon_sources::parse_duration;
use toml::Value;

use crate::failure::Failure;

/// How old posts may be when the engine can take them.
const BEHIND: Duration = Duration::from_secs(15);
const BEHIND_MIN: Duration = Duration::from_secs(1);

/// The table, or what holds without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadConfig {
    pub behind: Duration,
}

impl Default for LoadConfig {
    fn default() -> Self {
        Self { behind: BEHIND }
    }
}

impl LoadConfig {
    /// # Errors
    /// A key is unknown, or its value is not as it should be.
    pub fn read(section: &Value) -> Result<Self, Failure> {
        let Some(table) = section.as_table() else {
            return Err(Failure::input("`load` is no table", "write `[load]` and `behind = \"15s\"`"));
        };
        if let Some(key) = table.keys().find(|key| *key != "behind") {
            return Err(Failure::input(
                format!("[load]: unknown key `{key}`, expected `behind`"),
                "`docs/configuration.md` lists the keys",
            ));
        }
        let Some(value) = table.get("behind") else { return Ok(Self::default()) };
        let behind = value.as_str().and_then(parse_duration).filter(|behind| *behind >= BEHIND_MIN);
        behind.map(|behind| Self { behind }).ok_or_else(|| {
            Failure::input(
                format!("[load]: `behind` can't be {value}"),
                "write a length of time in quotes, a second or more: `\"15s\"`, `\"2m\"`",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LoadConfig, String> {
        let table: toml::Table = text.parse().unwrap();
        LoadConfig::read(table.get("load").unwrap()).map_err(|failure| failure.message)
    }

    #[test]
    fn a_table_is_read_strictly() {
        assert_eq!(read("[load]\n"), Ok(LoadConfig::default()));
        assert_eq!(read("[load]\nbehind = \"2m\"\n"), Ok(LoadConfig { behind: Duration::from_secs(120) }));
        assert_eq!(read("[load]\nbehind = 5\n").unwrap_err(), "[load]: `behind` can't be 5");
        assert_eq!(read("[load]\nbehind = \"10ms\"\n").unwrap_err(), "[load]: `behind` can't be \"10ms\"");
        assert_eq!(read("[load]\nlate = \"5s\"\n").unwrap_err(), "[load]: unknown key `late`, expected `behind`");
        assert_eq!(read("load = 5\n").unwrap_err(), "`load` is no table");
    }
}
