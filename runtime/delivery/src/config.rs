//! The part of `mon.toml` that says who a team is and how a method word is sent: `[team.…]` and `[method.…]`. An unknown
//! key is an error; an error names the table and never repeats what stands in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use lettre::message::Mailbox;
use miette::Diagnostic;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use crate::secret::{BY_REFERENCE, SecretRef};

/// Teams and methods by the words that rules use for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeliveryConfig {
    pub teams: BTreeMap<String, TeamConfig>,
    pub methods: BTreeMap<String, MethodConfig>,
}

/// `[team.care]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TeamConfig {
    /// Channel for methods of kind `slack` that use a bot's token: `#care` or an id.
    pub slack: Option<String>,
    /// Addresses for methods of kind `smtp`: one, or a list.
    #[serde(deserialize_with = "addresses")]
    pub email: Vec<Mailbox>,
    /// IANA name; messages show the time there too.
    #[serde(deserialize_with = "zone")]
    pub zone: Option<Tz>,
}

/// `[method.slack]`, told apart by `kind`.
#[derive(Clone, Debug, PartialEq)]
pub enum MethodConfig {
    Terminal,
    /// Lines are added to this file; a relative path stands in the data folder.
    Jsonl {
        path: PathBuf,
    },
    Webhook(WebhookConfig),
    Slack(SlackConfig),
    Smtp(SmtpConfig),
}

/// `kind = "webhook"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    pub url: String,
    /// `whsec_` and base64.
    pub secret: SecretRef,
    /// While keys change: messages are signed with this one too.
    pub second_secret: Option<SecretRef>,
    /// Allows addresses inside the own network, and `http`.
    #[serde(default)]
    pub allow_private: bool,
    /// Sends the body too, which quotes posts; without it only ids, severity and title.
    #[serde(default)]
    pub body: bool,
}

/// `kind = "slack"`: a bot's token, or the address of an incoming webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackConfig {
    pub token: Option<SecretRef>,
    pub webhook: Option<SecretRef>,
    /// Base of the web API, for workspaces that have their own.
    #[serde(default = "slack_api")]
    pub api: String,
}

fn slack_api() -> String {
    "https://slack.com/api".to_owned()
}

/// `kind = "smtp"`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub host: String,
    /// 587 for `starttls`, 465 for `tls`, 25 for `none`, unless told.
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    #[serde(deserialize_with = "address")]
    pub from: Mailbox,
    pub user: Option<String>,
    pub password: Option<SecretRef>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    #[default]
    Starttls,
    Tls,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// The table, as `[method.slack]`.
    pub place: String,
    pub message: String,
    #[help]
    pub help: String,
}

impl DeliveryConfig {
    /// Reads `[team.…]` and `[method.…]` out of a whole `mon.toml`; its other tables are others' to read.
    ///
    /// # Errors
    /// The text is no TOML, or one of the tables is not as it should be.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            problem(
                &format!("line {line}"),
                error.message(),
                "write it as TOML: `name = \"value\"` under `[table.name]`",
            )
        })?;
        Self::from_table(&table)
    }

    /// The same from a file that was parsed already.
    ///
    /// # Errors
    /// One of the tables is not as it should be.
    pub fn from_table(table: &toml::Table) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for (name, value) in named(table, "team")? {
            let place = format!("[team.{name}]");
            config.teams.insert(name, read(&place, value)?);
        }
        for (name, value) in named(table, "method")? {
            let place = format!("[method.{name}]");
            config.methods.insert(name, method(&place, value)?);
        }
        Ok(config)
    }

    /// Nothing is bound: everything goes to the terminal and to `alerts.jsonl`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.teams.is_empty() && self.methods.is_empty()
    }
}

fn problem(place: &str, message: &str, help: &str) -> ConfigError {
    ConfigError { place: place.to_owned(), message: message.trim().to_owned(), help: help.to_owned() }
}

fn named(table: &toml::Table, what: &str) -> Result<Vec<(String, toml::Table)>, ConfigError> {
    let Some(value) = table.get(what) else { return Ok(Vec::new()) };
    let shape = || problem(&format!("[{what}]"), "each entry is a table of its own", &format!("write `[{what}.name]`"));
    let entries = value.as_table().ok_or_else(shape)?;
    entries.iter().map(|(name, value)| Ok((name.clone(), value.as_table().ok_or_else(shape)?.clone()))).collect()
}

fn read<T: DeserializeOwned>(place: &str, table: toml::Table) -> Result<T, ConfigError> {
    table.try_into().map_err(|error: toml::de::Error| {
        let message = error.message();
        let help = if message.contains(BY_REFERENCE) {
            "put the secret into an environment variable, say `SLACK_TOKEN`, and write `env:SLACK_TOKEN` here"
        } else {
            "`docs/configuration.md` lists the keys of each table"
        };
        problem(place, message, help)
    })
}

const KINDS: &str = "`terminal`, `jsonl`, `webhook`, `slack` or `smtp`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    path: PathBuf,
}

fn method(place: &str, mut table: toml::Table) -> Result<MethodConfig, ConfigError> {
    let help = format!("write `kind = \"…\"` with one of {KINDS}");
    let kind = table.remove("kind");
    let kind = kind.as_ref().ok_or_else(|| problem(place, "the kind of the method is missing", &help))?;
    let kind = kind.as_str().ok_or_else(|| problem(place, "the kind of the method is no word in quotes", &help))?;
    Ok(match kind {
        "terminal" => read::<Nothing>(place, table).map(|Nothing {}| MethodConfig::Terminal)?,
        "jsonl" => MethodConfig::Jsonl { path: read::<Lines>(place, table)?.path },
        "webhook" => MethodConfig::Webhook(read(place, table)?),
        "slack" => {
            let slack: SlackConfig = read(place, table)?;
            if slack.token.is_some() == slack.webhook.is_some() {
                let help = "give `token` for a bot that can post to each team's channel, or `webhook` for one channel";
                return Err(problem(place, "either `token` or `webhook` is needed", help));
            }
            MethodConfig::Slack(slack)
        }
        "smtp" => {
            let smtp: SmtpConfig = read(place, table)?;
            if smtp.user.is_some() != smtp.password.is_some() {
                return Err(problem(place, "`user` and `password` go together", "give both, or none of them"));
            }
            if smtp.password.is_some() && smtp.tls == Tls::None {
                let help = "use `tls = \"starttls\"` or `tls = \"tls\"`, or leave `user` and `password` away";
                return Err(problem(place, "a password would go over the wire in the open", help));
            }
            MethodConfig::Smtp(smtp)
        }
        // A word that is no kind may be a secret in the wrong place: it is not repeated.
        _ => return Err(problem(place, "the kind of the method is not known", &help)),
    })
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Mailbox>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    let list = match OneOrMore::deserialize(deserializer) {
        Ok(OneOrMore::One(one)) => vec![one],
        Ok(OneOrMore::More(more)) => more,
        Err(_) => return Err(de::Error::custom("`email` is an address, or a list of addresses")),
    };
    list.iter().map(|text| mailbox(text)).collect()
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mailbox, D::Error> {
    mailbox(&String::deserialize(deserializer)?)
}

fn mailbox<E: de::Error>(text: &str) -> Result<Mailbox, E> {
    text.parse().map_err(|_| de::Error::custom(format!("`{text}` is no e-mail address")))
}

fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse()
        .map(Some)
        .map_err(|_| de::Error::custom(format!("`{name}` is no time zone, write it as `Europe/Berlin`")))
}

#[cfg(test)]
mod tests;
