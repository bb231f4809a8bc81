//! `mon.toml`: what operations own. Each room reads its own tables; a table that no room knows is an error.

mod load;
mod record;
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use mon_compiler::diagnostic::did_you_mean;
use mon_compiler::plan::Plan;
use mon_delivery::{Bindings, DeliveryConfig};
use mon_sources::{SourceConfig, default_source, specs};

use crate::failure::Failure;
use mon_rules::Settings;

pub use load::LoadConfig;
pub use record::Record;
use record::Section;
pub use server::{ServerConfig, address};

/// Tables that the file may have.
const TABLES: [&str; 9] = ["source", "team", "method", "record", "server", "load", "packages", "edition", "editor"];
/// The source's name where none is configured.
const DEFAULT_SOURCE: &str = "bluesky";

/// A deployment.
pub struct Config {
    /// By name.
    pub sources: BTreeMap<String, SourceConfig>,
    pub delivery: DeliveryConfig,
    pub server: ServerConfig,
    pub load: LoadConfig,
    record: Option<Section>,
}

impl Default for Config {
    /// Live posts of Bluesky, alerts to the terminal: nothing to configure, no credential.
    fn default() -> Self {
        Self {
            sources: BTreeMap::from([(DEFAULT_SOURCE.to_owned(), default_source())]),
            delivery: DeliveryConfig::default(),
            server: ServerConfig::default(),
            load: LoadConfig::default(),
            record: None,
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

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let delivery = DeliveryConfig::from_toml(text).map_err(|error| Failure::input(&error, &error.help))?;
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| Failure::input(error, "write it as TOML"))?;
        if let Some(unknown) = table.keys().find(|key| !TABLES.contains(&key.as_str())) {
            let guess =
                did_you_mean(unknown, TABLES).map_or_else(String::new, |name| format!("did you mean `{name}`? "));
            return Err(Failure::input(
                format!("`{unknown}` is no part of a deployment"),
                format!(
                    "{guess}it has `[source.NAME]`, `[team.NAME]`, `[method.NAME]`, `[record]`, `[server]`, `[load]`, `[packages]`, `[editor]` and `edition`"
                ),
            ));
        }
        Settings::parse(text)?;
        let mut sources = BTreeMap::new();
        if let Some(named) = table.get("source") {
            let Some(named) = named.as_table() else {
                return Err(Failure::input("`source` is no table", "write `[source.NAME]` and what it is made of"));
            };
            for (name, section) in named {
                sources.insert(name.clone(), source(name, section)?);
            }
        }
        if sources.is_empty() {
            sources.insert(DEFAULT_SOURCE.to_owned(), default_source());
        }
        let server = table.get("server").map(ServerConfig::read).transpose()?.unwrap_or_default();
        let load = table.get("load").map(LoadConfig::read).transpose()?.unwrap_or_default();
        Ok(Self { sources, delivery, server, load, record: Section::read(&table)? })
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

fn source(name: &str, section: &toml::Value) -> Result<SourceConfig, Failure> {
    let kinds = || specs().map(|spec| format!("`{}`", spec.kind)).join(", ");
    let wrong = |reason: &str| {
        let help = format!("`kind` is one of {}; `docs/configuration.md` lists the keys of each", kinds());
        Failure::input(format!("[source.{name}]: {reason}"), help)
    };
    let table = section.as_table().ok_or_else(|| wrong("a source is a table of its own"))?;
    match table.get("kind") {
        None => return Err(wrong("the key `kind` is missing")),
        Some(kind) if !kind.is_str() => return Err(wrong(&format!("`kind` is {kind} instead of a word in quotes"))),
        Some(_) => {}
    }
    let read = section.clone().try_into();
    read.map_err(|error: toml::de::Error| wrong(&plain(error.message())))
}

/// What the reader of TOML says, without the words of the language that this program is written in.
fn plain(message: &str) -> String {
    if message.contains("variant identifier") || message.contains("string or map") {
        return "one of its keys needs a word in quotes".to_owned();
    }
    let words =
        [("unknown variant", "unknown word"), ("unknown field", "unknown key"), ("missing field", "missing key")];
    words.iter().fold(message.trim().to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::failure::Failure;

    fn failure(text: &str) -> Failure {
        Config::parse(text).err().unwrap()
    }

    #[test]
    fn a_wrong_kind_is_told_in_plain_words() {
        let said = |text: &str| failure(&format!("[source.x]\n{text}\n")).message;
        assert_eq!(said("kind = 5"), "[source.x]: `kind` is 5 instead of a word in quotes");
        assert_eq!(said("path = 'a'"), "[source.x]: the key `kind` is missing");
        assert_eq!(said("kind = 'jetstream'\nwire = 5"), "[source.x]: one of its keys needs a word in quotes");
        let unknown = failure("[source.x]\nkind = 'mastodon'");
        assert!(unknown.message.contains("unknown word `mastodon`"), "{unknown}");
        assert!(unknown.help.unwrap().contains("`jetstream`, `file`, `stdin`"));
    }

    /// Blocks of the page, by the word after the fence.
    fn examples() -> Vec<String> {
        let page = include_str!("../docs/configuration.md");
        page.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
    }

    #[test]
    fn every_example_of_the_page_is_read() {
        let examples = examples();
        assert!(!examples.is_empty());
        for example in examples {
            if let Err(failure) = Config::parse(&example) {
                panic!("{failure}\n{example}");
            }
        }
    }

    #[test]
    fn the_page_names_every_key() {
        let page = include_str!("../docs/configuration.md");
        // A key that no table has makes the reader list those that it has.
        for table in [
            "[source.x]\nkind = 'jetstream'\nno_key = 1",
            "[source.x]\nkind = 'file'\nno_key = 1",
            "[source.x]\nkind = 'stdin'\nno_key = 1",
            "[server]\nno_key = 1",
            "[record]\nno_key = 1",
            "[team.x]\nno_key = 1",
            "[method.x]\nkind = 'jsonl'\nno_key = 1",
            "[method.x]\nkind = 'webhook'\nno_key = 1",
            "[method.x]\nkind = 'slack'\nno_key = 1",
            "[method.x]\nkind = 'smtp'\nno_key = 1",
        ] {
            let failure = failure(table);
            let (_, keys) = failure.message.split_once("expected").unwrap_or_else(|| panic!("{failure}"));
            for key in keys.split('`').skip(1).step_by(2) {
                assert!(page.contains(&format!("| `{key}` |")), "the page lacks `{key}` of {table}");
            }
        }
    }

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
