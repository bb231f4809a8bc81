//! The `[source.NAME]` sections of `mon.toml`, strictly read: an unknown key or kind is an error that says what is
//! allowed.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;
use mon_post::reader::Format;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::contract::{Cursor, Resume, Source};
use crate::file::FileSource;
use crate::jetstream::{self, JetstreamSource, Wire};
use crate::spec::{self, Spec};
use crate::stdin::StdinSource;
use crate::supervisor::SupervisorOptions;

/// One section: `kind` decides which other keys it takes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SourceConfig {
    Jetstream(JetstreamConfig),
    File(FileConfig),
    Stdin(StdinConfig),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct JetstreamConfig {
    /// Host names, tried in turn; `ws://host:port` for a server without TLS.
    pub hosts: Vec<String>,
    /// `v1` or `v2`.
    pub wire: Wire,
    pub collections: Vec<String>,
    pub start: Start,
    /// Silence after which the connection counts as dead: `"20s"`, `"2m"`; `"0s"` is never.
    #[serde(deserialize_with = "duration")]
    pub max_quiet: Duration,
    /// How far behind the newest post another may come: the watermark's delay.
    #[serde(deserialize_with = "duration")]
    pub disorder: Duration,
    /// Silence of a connected source before which nobody is told; `"0s"` is never.
    #[serde(deserialize_with = "duration")]
    pub stalled_after: Duration,
}

impl Default for JetstreamConfig {
    fn default() -> Self {
        Self {
            hosts: jetstream::HOSTS.iter().map(|host| (*host).to_owned()).collect(),
            wire: Wire::V2,
            collections: vec![jetstream::POST.to_owned()],
            start: Start::Live,
            max_quiet: Duration::from_secs(20),
            disorder: Duration::from_secs(5),
            stalled_after: Duration::from_secs(300),
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    pub path: PathBuf,
    /// `jsonl`, `csv`, `parquet`, `arrow`, `arrow-stream`; else the file's ending or its first bytes tell.
    #[serde(default, deserialize_with = "format")]
    pub format: Option<Format>,
    #[serde(default, deserialize_with = "duration")]
    pub disorder: Duration,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct StdinConfig {
    #[serde(deserialize_with = "format")]
    pub format: Option<Format>,
    #[serde(deserialize_with = "duration")]
    pub disorder: Duration,
    /// As for a stream; unless told it is never.
    #[serde(deserialize_with = "duration")]
    pub stalled_after: Duration,
}

/// Where a source begins that has no checkpoint: `"live"`, `"earliest"`, or a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Live,
    Earliest,
    /// Microseconds since 1970 UTC.
    At(u64),
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "live" => Ok(Self::Live),
            "earliest" => Ok(Self::Earliest),
            _ => mon_post::time::parse(&text).and_then(|us| u64::try_from(us).ok()).map(Self::At).ok_or_else(|| {
                D::Error::custom(format!("`{text}` is no start: write `live`, `earliest` or `2026-11-01T00:00:00Z`"))
            }),
        }
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .ok_or_else(|| D::Error::custom(format!("`{text}` is no length of time: write `500ms`, `20s`, `2m` or `1h`")))
}

/// A length of time as `mon.toml` writes it: `500ms`, `20s`, `2m`, `1h`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(split)?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3_600).map(Duration::from_secs),
        _ => None,
    }
}

fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Format>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "jsonl" => Ok(Some(Format::JsonLines)),
        "csv" => Ok(Some(Format::Csv)),
        "parquet" => Ok(Some(Format::Parquet)),
        "arrow" => Ok(Some(Format::ArrowFile)),
        "arrow-stream" => Ok(Some(Format::ArrowStream)),
        _ => Err(D::Error::custom(format!(
            "`{text}` is no format: write `jsonl`, `csv`, `parquet`, `arrow` or `arrow-stream`"
        ))),
    }
}

/// A section that can be read but not used.
#[derive(Clone, Debug, Diagnostic, Error, PartialEq, Eq)]
#[error("source `{name}`: {why}")]
#[diagnostic(help("correct `[source.{name}]` in `mon.toml`"))]
pub struct ConfigError {
    pub name: String,
    pub why: String,
}

impl SourceConfig {
    /// As `kind = "…"` says it.
    #[must_use]
    pub const fn spec(&self) -> &'static Spec {
        match self {
            Self::Jetstream(_) => &spec::JETSTREAM,
            Self::File(_) => &spec::FILE,
            Self::Stdin(_) => &spec::STDIN,
        }
    }

    /// Where to begin without a checkpoint.
    #[must_use]
    pub fn start(&self) -> Resume {
        match self {
            Self::Jetstream(config) => match config.start {
                Start::Live => Resume::Live,
                Start::Earliest => Resume::Earliest,
                Start::At(us) => Resume::After(jetstream::time_cursor(us)),
            },
            Self::File(_) | Self::Stdin(_) => Resume::Earliest,
        }
    }

    /// The watermark's delay.
    #[must_use]
    pub const fn disorder(&self) -> Duration {
        match self {
            Self::Jetstream(config) => config.disorder,
            Self::File(config) => config.disorder,
            Self::Stdin(config) => config.disorder,
        }
    }

    /// The time of the last event that a cursor of this source stands for, microseconds since 1970 UTC; None where its
    /// cursors tell no time.
    #[must_use]
    pub fn reached(&self, cursor: &Cursor) -> Option<i64> {
        match self {
            Self::Jetstream(_) => jetstream::time_of(cursor).and_then(|us| i64::try_from(us).ok()),
            Self::File(_) | Self::Stdin(_) => None,
        }
    }

    /// Silence of a connected source before which nobody is told of it; zero is never.
    #[must_use]
    pub const fn stalled_after(&self) -> Duration {
        match self {
            Self::Jetstream(config) => config.stalled_after,
            Self::Stdin(config) => config.stalled_after,
            // What a file holds is there already.
            Self::File(_) => Duration::ZERO,
        }
    }

    /// The supervisor's options with what the section sets.
    #[must_use]
    pub fn supervisor_options(&self) -> SupervisorOptions {
        let max_quiet = match self {
            Self::Jetstream(config) => config.max_quiet,
            // A person may type, and a slow disk is no dead one.
            Self::File(_) | Self::Stdin(_) => Duration::ZERO,
        };
        SupervisorOptions { max_quiet, disorder: self.disorder(), ..SupervisorOptions::default() }
    }
}

/// What `mon run` reads without a configuration: Bluesky's public posts, live.
#[must_use]
pub fn default_source() -> SourceConfig {
    SourceConfig::Jetstream(JetstreamConfig::default())
}

/// Makes the source of the section `[source.NAME]`.
pub fn build(name: &str, config: &SourceConfig) -> Result<Box<dyn Source>, ConfigError> {
    let fail = |why: &str| Err(ConfigError { name: name.to_owned(), why: why.to_owned() });
    match config {
        SourceConfig::Jetstream(config) => {
            if let Some(wrong) = config.collections.iter().find(|collection| !is_collection(collection)) {
                return fail(&format!("`{wrong}` is no collection: one looks like `{}`", jetstream::POST));
            }
            let (hosts, collections) = (config.hosts.clone(), config.collections.clone());
            let options = jetstream::JetstreamOptions { hosts, wire: config.wire, collections };
            match JetstreamSource::new(name, options) {
                Ok(source) => Ok(Box::new(source)),
                Err(error) => fail(&error.to_string()),
            }
        }
        SourceConfig::File(config) => Ok(Box::new(FileSource::new(name, &config.path, config.format))),
        SourceConfig::Stdin(config) => Ok(Box::new(StdinSource::new(name, config.format))),
    }
}

/// Letters, digits, hyphens and dots, at its end perhaps `.*`.
fn is_collection(text: &str) -> bool {
    let name = text.strip_suffix(".*").unwrap_or(text);
    name.contains('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::{Expect, expect};

    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        source: BTreeMap<String, SourceConfig>,
    }

    fn read(text: &str) -> Result<SourceConfig, String> {
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        file.source.into_values().next().ok_or_else(|| "no source".to_owned())
    }

    #[test]
    fn a_whole_section_is_read() {
        let config = read(
            r#"
            [source.bsky]
            kind = "jetstream"
            hosts = ["jetstream1.us-east.bsky.network"]
            wire = "v1"
            collections = ["app.bsky.feed.post", "app.bsky.feed.*"]
            start = "2026-11-01T00:00:00Z"
            max_quiet = "2m"
            "#,
        )
        .unwrap();
        assert_eq!(config.supervisor_options().max_quiet, Duration::from_secs(120));
        assert_eq!(config.disorder(), Duration::from_secs(5));
        assert!(matches!(config.start(), Resume::After(cursor) if cursor.token == "@1793491200000000"));
        assert!(build("bsky", &config).is_ok());
        let cursor = |token: &str| Cursor { order: 1, token: token.to_owned(), epoch: String::new() };
        assert_eq!(config.reached(&cursor("7@1793491200000000")), Some(1_793_491_200_000_000));
        assert_eq!(config.reached(&cursor("7")), None);
        let SourceConfig::Jetstream(config) = config else { panic!("it is a Jetstream") };
        assert_eq!(config.wire, Wire::V1);
    }

    #[test]
    fn without_keys_it_is_the_public_stream() {
        assert_eq!(read("[source.a]\nkind = \"jetstream\"").unwrap(), default_source());
        let config = read("[source.a]\nkind = \"file\"\npath = \"posts.jsonl\"\nformat = \"csv\"").unwrap();
        assert_eq!(config.spec().kind, "file");
        assert!(read("[source.a]\nkind = \"stdin\"").is_ok());
    }

    fn check(keys: &str, expected: &Expect) {
        let error = read(&format!("[source.a]\n{keys}"));
        let error = error.map(|config| build("a", &config).map(|_| ()).unwrap_err().to_string());
        expected.assert_eq(&error.unwrap_or_else(|error| error));
    }

    #[test]
    fn a_host_that_holds_a_secret_is_refused_without_showing_it() {
        let hosts = [
            "ws://user:geheim@h.example",
            "wss://geheim@h.example/",
            "geheim@h.example",
            "https://user:geheim@h.example",
            "ws://user:gehe?im@geheim@h.example",
            "ws://h.example?token=geheim",
            "h.example/?a=b@geheim",
            "http:/geheim@h.example",
            "h.example#geheim",
        ];
        for host in hosts {
            let config = JetstreamConfig { hosts: vec![host.to_owned()], ..JetstreamConfig::default() };
            let Err(error) = build("a", &SourceConfig::Jetstream(config)) else { panic!("`{host}` is taken") };
            assert!(error.why.starts_with("host 1 of `hosts` holds "), "{}", error.why);
            assert!(!error.to_string().contains("geheim"), "{error}");
            assert!(error.why.contains("`env:NAME`") && error.why.contains("`file:PATH`"), "{}", error.why);
        }
    }

    #[test]
    fn errors_say_what_is_allowed() {
        check(
            "kind = 'mastodon'",
            &expect!["unknown variant `mastodon`, expected one of `jetstream`, `file`, `stdin`"],
        );
        check(
            "kind = 'jetstream'\nhost = 'x'",
            &expect![
                "unknown field `host`, expected one of `hosts`, `wire`, `collections`, `start`, `max_quiet`, `disorder`, `stalled_after`"
            ],
        );
        check("kind = 'jetstream'\nwire = 'v3'", &expect!["unknown variant `v3`, expected `v1` or `v2`"]);
        check(
            "kind = 'jetstream'\nstart = 'yesterday'",
            &expect!["`yesterday` is no start: write `live`, `earliest` or `2026-11-01T00:00:00Z`"],
        );
        check(
            "kind = 'jetstream'\nmax_quiet = '20'",
            &expect!["`20` is no length of time: write `500ms`, `20s`, `2m` or `1h`"],
        );
        check(
            "kind = 'jetstream'\nhosts = ['https://x.example']",
            &expect![
                "source `a`: `https://x.example` is no host: write its name alone, or `ws://host:port` without TLS"
            ],
        );
        check(
            "kind = 'jetstream'\nhosts = ['h.example', 'ws://user:geheim@h.example']",
            &expect![
                "source `a`: host 2 of `hosts` holds a name or password before `@`: write its name alone. Jetstream asks for no secret; those of other sections stand outside `mon.toml`, which names them as `env:NAME` or `file:PATH`"
            ],
        );
        check(
            "kind = 'jetstream'\nhosts = ['h.example?token=geheim']",
            &expect![
                "source `a`: host 1 of `hosts` holds a query behind `?` or `#`: write its name alone. Jetstream asks for no secret; those of other sections stand outside `mon.toml`, which names them as `env:NAME` or `file:PATH`"
            ],
        );
        check(
            "kind = 'jetstream'\ncollections = ['posts']",
            &expect!["source `a`: `posts` is no collection: one looks like `app.bsky.feed.post`"],
        );
        check("kind = 'jetstream'\nhosts = []", &expect!["source `a`: a Jetstream source needs at least one host"]);
        check("kind = 'file'", &expect!["missing field `path`"]);
        check(
            "kind = 'file'\npath = 'a'\nformat = 'xml'",
            &expect!["`xml` is no format: write `jsonl`, `csv`, `parquet`, `arrow` or `arrow-stream`"],
        );
    }
}
