//! `mon.toml`: what operations own. Each room reads its own tables; a table that no room knows is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use mon_compiler::diagnostic::did_you_mean;
use mon_compiler::plan::Plan;
use mon_delivery::{Bindings, DeliveryConfig};
use mon_sources::{SourceConfig, default_source};

use crate::failure::Failure;

/// Tables that the file may have.
const TABLES: [&str; 3] = ["source", "team", "method"];
/// The source's name where none is configured.
const DEFAULT_SOURCE: &str = "bluesky";

/// A deployment.
pub struct Config {
    /// By name.
    pub sources: BTreeMap<String, SourceConfig>,
    pub delivery: DeliveryConfig,
}

impl Default for Config {
    /// Live posts of Bluesky, alerts to the terminal: nothing to configure, no credential.
    fn default() -> Self {
        Self {
            sources: BTreeMap::from([(DEFAULT_SOURCE.to_owned(), default_source())]),
            delivery: DeliveryConfig::default(),
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or says something that no room understands.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::input(format!("cannot read `{}`: {error}", path.display()), "check the path given to the command")
        })?;
        Self::parse(&text)
            .map_err(|failure| Failure { message: format!("{}: {}", path.display(), failure.message), ..failure })
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let delivery = DeliveryConfig::from_toml(text).map_err(|error| Failure::input(&error, &error.help))?;
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| Failure::input(error, "write it as TOML"))?;
        if let Some(unknown) = table.keys().find(|key| !TABLES.contains(&key.as_str())) {
            let guess =
                did_you_mean(unknown, TABLES).map_or_else(String::new, |name| format!("did you mean `{name}`? "));
            return Err(Failure::input(
                format!("`{unknown}` is no part of a deployment"),
                format!("{guess}it has `[source.NAME]`, `[team.NAME]` and `[method.NAME]`"),
            ));
        }
        let mut sources = BTreeMap::new();
        if let Some(named) = table.get("source") {
            let Some(named) = named.as_table() else {
                return Err(Failure::input("`source` is no table", "write `[source.NAME]` and what it is made of"));
            };
            for (name, section) in named {
                let source: SourceConfig = section.clone().try_into().map_err(|error: toml::de::Error| {
                    let reason = error.message();
                    Failure::input(
                        format!("[source.{name}]: {reason}"),
                        "a source has `kind = \"jetstream\"`, `\"file\"` or `\"stdin\"`",
                    )
                })?;
                sources.insert(name.clone(), source);
            }
        }
        if sources.is_empty() {
            sources.insert(DEFAULT_SOURCE.to_owned(), default_source());
        }
        Ok(Self { sources, delivery })
    }

    /// Names that rules and deployment do not share, as lines for a person.
    pub fn problems(&self, plan: &Plan) -> Vec<String> {
        let found = match Bindings::resolve(&self.delivery, plan) {
            Ok(bindings) => bindings.warnings,
            Err(problems) => problems,
        };
        found.into_iter().map(|problem| format!("{}\n  help: {}", problem.message, problem.help)).collect()
    }

    /// Binds every team and method of the rules.
    ///
    /// # Errors
    /// A name that the rules use is not bound: somebody would not be told.
    pub fn bindings(&self, plan: &Plan) -> Result<Bindings, Failure> {
        Bindings::resolve(&self.delivery, plan).map_err(|problems| {
            let first = problems.iter().find(|problem| problem.kind.is_error()).or_else(|| problems.first());
            let (message, help) = first.map_or_else(Default::default, |p| (p.message.clone(), p.help.clone()));
            Failure::input(message, format!("{help}; `mon check --deploy` lists all of them"))
        })
    }

    /// How far behind the newest post another may come, over all sources.
    pub fn disorder(&self) -> Duration {
        self.sources.values().map(SourceConfig::disorder).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn a_table_that_no_room_knows_is_named() {
        let failure = Config::parse("[sources.x]\nkind = \"stdin\"\n").err().unwrap();
        assert_eq!(failure.code, 2);
        assert!(failure.message.contains("`sources`") && failure.help.unwrap().contains("did you mean `source`"));
    }

    #[test]
    fn an_empty_file_reads_bluesky() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.sources.keys().collect::<Vec<_>>(), ["bluesky"]);
    }
}
