//! Which channel a (team, method) of the rules is, in this deployment: names on either side that the other does not know
//! are found before anything runs, and secrets are read only when the channels are opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use miette::Diagnostic;
use mon_alerts::{DEFAULT_METHOD, DEFAULT_TEAM};
use mon_compiler::plan::{Place, Plan, PlaybookPlan};
use mon_store::Target;
use secrecy::SecretString;
use thiserror::Error;

use crate::channel::{Channel, Delivery, Outcome};
use crate::config::{MethodConfig, SlackConfig, SmtpConfig, TeamConfig, Tls, WebhookConfig};
use crate::email::Server;
use crate::{
    DeliveryConfig, Email, JsonLines, SecretError, SecretRef, Slack, SlackWay, Terminal, Webhook, WebhookError,
};

/// File in the data folder that takes every message which nothing else is bound to.
const EVERYTHING: &str = "alerts.jsonl";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A rule routes to a team that `mon.toml` does not know.
    UnboundTeam,
    /// A rule uses a method word that `mon.toml` does not know.
    UnboundMethod,
    /// The team has no address for a method that it is told by.
    NoAddress,
    /// `mon.toml` has a team or method that no rule uses.
    UnusedTeam,
    UnusedMethod,
}

impl ProblemKind {
    /// Nobody would be told; the others are only worth knowing.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::UnboundTeam | Self::UnboundMethod | Self::NoAddress)
    }
}

/// A name that one side uses and the other does not bind.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("{message}")]
pub struct BindingProblem {
    pub kind: ProblemKind,
    /// The team's or method's name.
    pub name: String,
    /// Where a rule uses it.
    pub place: Option<Place>,
    pub message: String,
    #[help]
    pub help: String,
}

/// Why a channel cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum OpenError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Webhook(#[from] WebhookError),
    #[error("cannot write to `{}`: {detail}", path.display())]
    #[diagnostic(help("check the path in `mon.toml` and that you may write there"))]
    File { path: PathBuf, detail: String },
    #[error("the secure connection cannot be set up: {detail}")]
    #[diagnostic(help("check the certificates of this machine"))]
    Client { detail: String },
}

impl OpenError {
    /// The secret is not on this machine; where it is, all may be well.
    #[must_use]
    pub const fn is_missing_secret(&self) -> bool {
        matches!(self, Self::Secret(SecretError::NotSet { .. } | SecretError::Unreadable { .. }))
    }
}

/// Each (team, method) that can be told, as the deployment says.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    targets: BTreeMap<Target, Binding>,
    /// No `mon.toml`: every message goes to the terminal and to a file.
    everything: bool,
    /// Cards go to standard output, where standard error is for something else.
    cards_to_stdout: bool,
    /// Teams and methods that no rule uses.
    pub warnings: Vec<BindingProblem>,
}

#[derive(Clone, Debug)]
enum Binding {
    Terminal,
    Jsonl { path: PathBuf },
    Webhook(WebhookConfig),
    Slack { config: SlackConfig, team: TeamConfig },
    Email { config: SmtpConfig, team: TeamConfig },
}

impl Bindings {
    /// Without a deployment: everything goes to the terminal and to `alerts.jsonl` in the data folder.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Binds what the rules use to what the deployment has. A configuration without teams and methods binds
    /// everything to the terminal and to `alerts.jsonl`.
    ///
    /// # Errors
    /// All names that the rules use and the deployment does not bind, and also those that no rule uses.
    pub fn resolve(config: &DeliveryConfig, plan: &Plan) -> Result<Self, Vec<BindingProblem>> {
        if config.is_empty() {
            return Ok(Self::everything());
        }
        let mut problems = Vec::new();
        let mut used = Used::default();
        for playbook in &plan.playbooks {
            used.read(playbook, config, &mut problems);
        }
        unused(config, &used, &mut problems);
        if problems.iter().any(|problem| problem.kind.is_error()) {
            return Err(problems);
        }
        let mut targets = BTreeMap::new();
        for (team_name, team) in &config.teams {
            for (method_name, method) in &config.methods {
                if let Some(binding) = bind(team, method) {
                    let target = Target { team: team_name.clone(), method: method_name.clone() };
                    targets.insert(target, binding);
                }
            }
        }
        Ok(Self { targets, warnings: problems, ..Self::default() })
    }

    /// The same, with the cards of the terminal on standard output instead of standard error.
    #[must_use]
    pub fn cards_to_stdout(self) -> Self {
        Self { cards_to_stdout: true, ..self }
    }

    /// Reads the secrets and opens each channel; `data` is the folder in which relative paths stand.
    ///
    /// # Errors
    /// A secret is not there or not of the right form, or a file cannot be written.
    pub fn open(&self, data: &Path) -> Result<Channels, OpenError> {
        let terminal = if self.cards_to_stdout { Terminal::stdout() } else { Terminal::stderr() };
        let mut opening = Opening { data, files: BTreeMap::new(), terminal: Arc::new(terminal) };
        let mut targets: BTreeMap<Target, Arc<dyn Channel>> = BTreeMap::new();
        for (target, binding) in &self.targets {
            targets.insert(target.clone(), opening.channel(binding)?);
        }
        let file = opening.file(Path::new(EVERYTHING))?;
        let rest: Arc<dyn Channel> = Arc::new(Both { first: file, second: opening.terminal });
        Ok(Channels { targets, rest, everything: self.everything })
    }
}

fn bind(team: &TeamConfig, method: &MethodConfig) -> Option<Binding> {
    Some(match method {
        MethodConfig::Terminal => Binding::Terminal,
        MethodConfig::Jsonl { path } => Binding::Jsonl { path: path.clone() },
        MethodConfig::Webhook(config) => Binding::Webhook(config.clone()),
        MethodConfig::Slack(config) if config.webhook.is_some() || team.slack.is_some() => {
            Binding::Slack { config: config.clone(), team: team.clone() }
        }
        MethodConfig::Smtp(config) if !team.email.is_empty() => {
            Binding::Email { config: config.clone(), team: team.clone() }
        }
        MethodConfig::Slack(_) | MethodConfig::Smtp(_) => return None,
    })
}

#[derive(Default)]
struct Used<'p> {
    teams: BTreeSet<&'p str>,
    methods: BTreeSet<&'p str>,
    lacking: BTreeSet<(&'p str, &'p str)>,
}

impl<'p> Used<'p> {
    /// Notes the names of one playbook, and each that is not bound the first time it is seen.
    fn read(&mut self, playbook: &'p PlaybookPlan, config: &DeliveryConfig, problems: &mut Vec<BindingProblem>) {
        for row in playbook.first.iter().chain(&playbook.also) {
            if self.teams.insert(&row.team) && !config.teams.contains_key(&row.team) {
                let message = format!("no team `{}` in `mon.toml`", row.team);
                let help = similar(&row.team, config.teams.keys(), "team");
                problems.push(problem(ProblemKind::UnboundTeam, &row.team, Some(row.place), message, help));
            }
        }
        for row in &playbook.notify {
            for method in &row.methods {
                if self.methods.insert(method) && !config.methods.contains_key(method) {
                    let message = format!("no method `{method}` in `mon.toml`");
                    let help = similar(method, config.methods.keys(), "method");
                    problems.push(problem(ProblemKind::UnboundMethod, method, Some(row.place), message, help));
                }
            }
        }
        self.addresses(playbook, config, problems);
    }

    fn addresses(&mut self, playbook: &'p PlaybookPlan, config: &DeliveryConfig, problems: &mut Vec<BindingProblem>) {
        let methods = playbook.notify.iter().flat_map(|row| row.methods.iter().map(move |method| (method, row.place)));
        for (method_name, place) in methods {
            for row in playbook.first.iter().chain(&playbook.also) {
                let found = config.teams.get(&row.team).zip(config.methods.get(method_name));
                let Some((team, method)) = found else { continue };
                if bind(team, method).is_some() || !self.lacking.insert((&row.team, method_name)) {
                    continue;
                }
                let (key, example) = match method {
                    MethodConfig::Smtp(_) => ("email", "[\"team@example.org\"]"),
                    _ => ("slack", "\"#channel\""),
                };
                let message = format!("team `{}` is told by `{method_name}` and has no `{key}`", row.team);
                let help = format!("add `{key} = {example}` under `[team.{}]`", row.team);
                problems.push(problem(ProblemKind::NoAddress, &row.team, Some(place), message, help));
            }
        }
    }
}

fn unused(config: &DeliveryConfig, used: &Used<'_>, problems: &mut Vec<BindingProblem>) {
    for team in config.teams.keys().filter(|team| !used.teams.contains(team.as_str()) && *team != DEFAULT_TEAM) {
        let help = "remove it, or route to it in a playbook".to_owned();
        problems.push(problem(ProblemKind::UnusedTeam, team, None, format!("no rule routes to team `{team}`"), help));
    }
    let idle = config.methods.keys().filter(|method| !used.methods.contains(method.as_str()));
    for method in idle.filter(|method| *method != DEFAULT_METHOD) {
        let help = "remove it, or use it in a playbook's `notify`".to_owned();
        let message = format!("no rule tells anybody by `{method}`");
        problems.push(problem(ProblemKind::UnusedMethod, method, None, message, help));
    }
}

fn problem(kind: ProblemKind, name: &str, place: Option<Place>, message: String, help: String) -> BindingProblem {
    BindingProblem { kind, name: name.to_owned(), place, message, help }
}

/// Names a spelling that differs in case alone or in one sign; more would be guessing.
fn similar<'n>(name: &str, known: impl Iterator<Item = &'n String>, what: &str) -> String {
    let close = |other: &&String| {
        let (a, b): (Vec<char>, Vec<char>) =
            (name.to_lowercase().chars().collect(), other.to_lowercase().chars().collect());
        let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
        let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
        let longest = a.len().max(b.len());
        longest >= 3 && same_start + same_end + 1 >= longest
    };
    known.into_iter().find(close).map_or_else(
        || format!("add `[{what}.{name}]` to `mon.toml`"),
        |other| format!("did you mean `{other}`? Else add `[{what}.{name}]` to `mon.toml`"),
    )
}

/// Open channels by target.
#[derive(Clone)]
pub struct Channels {
    targets: BTreeMap<Target, Arc<dyn Channel>>,
    rest: Arc<dyn Channel>,
    everything: bool,
}

impl Channels {
    /// Channels that a caller made by itself; `rest` takes what has no entry.
    #[must_use]
    pub fn new(targets: BTreeMap<Target, Arc<dyn Channel>>, rest: Arc<dyn Channel>) -> Self {
        Self { targets, rest, everything: false }
    }

    /// The channel of a target; None where the deployment has none. The default team and method of rules without a
    /// playbook go to the terminal and to a file.
    #[must_use]
    pub fn get(&self, target: &Target) -> Option<Arc<dyn Channel>> {
        let unrouted = target.team == DEFAULT_TEAM || target.method == DEFAULT_METHOD;
        let found = self.targets.get(target);
        found.or((self.everything || unrouted).then_some(&self.rest)).map(Arc::clone)
    }
}

struct Opening<'d> {
    data: &'d Path,
    /// Two targets with one file share its writer.
    files: BTreeMap<PathBuf, Arc<JsonLines>>,
    terminal: Arc<Terminal>,
}

impl Opening<'_> {
    fn file(&mut self, path: &Path) -> Result<Arc<JsonLines>, OpenError> {
        let path = self.data.join(path);
        if let Some(open) = self.files.get(&path) {
            return Ok(Arc::clone(open));
        }
        let opened = JsonLines::open(&path);
        let opened = opened.map_err(|error| OpenError::File { path: path.clone(), detail: error.to_string() })?;
        Ok(Arc::clone(self.files.entry(path).or_insert(Arc::new(opened))))
    }

    fn channel(&mut self, binding: &Binding) -> Result<Arc<dyn Channel>, OpenError> {
        Ok(match binding {
            Binding::Terminal => Arc::<Terminal>::clone(&self.terminal),
            Binding::Jsonl { path } => self.file(path)?,
            Binding::Webhook(config) => Arc::new(webhook(config)?),
            Binding::Slack { config, team } => Arc::new(slack(config, team)?),
            Binding::Email { config, team } => Arc::new(email(config, team)?),
        })
    }
}

fn webhook(config: &WebhookConfig) -> Result<Webhook, OpenError> {
    let mut secrets: Vec<(String, SecretString)> = Vec::new();
    for reference in std::iter::once(&config.secret).chain(&config.second_secret) {
        secrets.push((reference.to_string(), reference.read()?));
    }
    Ok(Webhook::new(&config.url, &secrets, config.allow_private, config.body)?)
}

/// What keeps the methods of a deployment from being used on this machine, by their names: their secrets are read and
/// their addresses looked at; nothing is sent or written.
#[must_use]
pub fn try_methods(config: &DeliveryConfig) -> Vec<(String, OpenError)> {
    let mut found = Vec::new();
    for (name, method) in &config.methods {
        let secrets: Vec<&SecretRef> = match method {
            MethodConfig::Terminal | MethodConfig::Jsonl { .. } => Vec::new(),
            MethodConfig::Webhook(config) => std::iter::once(&config.secret).chain(&config.second_secret).collect(),
            MethodConfig::Slack(config) => config.token.iter().chain(&config.webhook).collect(),
            MethodConfig::Smtp(config) => config.password.iter().collect(),
        };
        let mut read = Vec::new();
        for reference in secrets {
            match reference.read() {
                Ok(secret) => read.push((reference.to_string(), secret)),
                Err(error) => found.push((name.clone(), error.into())),
            }
        }
        if let MethodConfig::Webhook(config) = method
            && let Err(error) = Webhook::new(&config.url, &read, config.allow_private, config.body)
        {
            found.push((name.clone(), error.into()));
        }
    }
    found
}

fn slack(config: &SlackConfig, team: &TeamConfig) -> Result<Slack, OpenError> {
    let way = match (&config.token, &config.webhook) {
        (Some(token), _) => SlackWay::Bot {
            api: config.api.clone(),
            token: token.read()?,
            channel: team.slack.clone().unwrap_or_default(),
        },
        (None, Some(url)) => SlackWay::Webhook { url: url.read()? },
        (None, None) => return Err(SecretError::Empty { place: "token".to_owned() }.into()),
    };
    Slack::new(way, team.zone).map_err(|detail| OpenError::Client { detail })
}

fn email(config: &SmtpConfig, team: &TeamConfig) -> Result<Email, OpenError> {
    let password = config.password.as_ref().map(SecretRef::read).transpose()?;
    let standard = match config.tls {
        Tls::Starttls => 587,
        Tls::Tls => 465,
        Tls::None => 25,
    };
    let server = Server {
        host: config.host.clone(),
        port: config.port.unwrap_or(standard),
        tls: config.tls,
        login: config.user.clone().zip(password),
        from: config.from.clone(),
    };
    Ok(Email::new(server, team.email.clone(), team.zone))
}

/// Tells one channel and then another; the first one is not told again when only the second is to be retried.
struct Both {
    first: Arc<JsonLines>,
    second: Arc<Terminal>,
}

#[async_trait]
impl Channel for Both {
    fn idempotent(&self) -> bool {
        self.first.idempotent() && self.second.idempotent()
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        // The file knows by itself what it has.
        match self.first.send(delivery).await {
            Outcome::Sent { .. } => self.second.send(delivery).await,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
