//! What `mon.toml` says: that it can be read, that names are bound, that methods have their secrets and addresses.

use mon_delivery::{Bindings, MethodConfig, try_methods};

use super::{Patient, Report};
use crate::config::Config;
use crate::failure::Failure;
use crate::report::many;

const FILE: &str = "mon.toml";

/// The deployment, where it can be read.
pub fn examine(report: &mut Report, patient: &Patient<'_>) -> Result<Option<Config>, Failure> {
    let config = match patient.config {
        None => {
            report.ok(FILE, "none is given: Bluesky's public posts, alerts to the terminal and to `alerts.jsonl`");
            Config::default()
        }
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::input(
                    format!("cannot read `{}`: {error}", path.display()),
                    "check the path given to the command",
                )
            })?;
            match Config::parse(&text) {
                Ok(config) => {
                    let (sources, delivery) = (config.sources.len(), &config.delivery);
                    let (teams, methods) = (delivery.teams.len(), delivery.methods.len());
                    report.ok(FILE, [many(sources, "source"), many(teams, "team"), many(methods, "method")].join(", "));
                    config
                }
                Err(failure) => {
                    report.fail(FILE, failure.message, failure.help.unwrap_or_default());
                    return Ok(None);
                }
            }
        }
    };
    names(report, patient, &config);
    methods(report, &config);
    server(report, &config);
    Ok(Some(config))
}

fn names(report: &mut Report, patient: &Patient<'_>, config: &Config) {
    let Some(plan) = &patient.plan else { return };
    let problems = match Bindings::resolve(&config.delivery, plan) {
        Ok(bindings) => bindings.warnings,
        Err(problems) => problems,
    };
    if problems.is_empty() {
        report.ok("names", "every team and method of the rules is bound");
    }
    for problem in problems {
        if problem.kind.is_error() {
            report.fail("names", problem.message, problem.help);
        } else {
            report.warn("names", problem.message, problem.help);
        }
    }
}

fn methods(report: &mut Report, config: &Config) {
    let problems = try_methods(&config.delivery);
    for (name, method) in &config.delivery.methods {
        let subject = format!("method `{name}`");
        let mut well = true;
        for (_, error) in problems.iter().filter(|(of, _)| of == name) {
            report.error(&subject, error);
            well = false;
        }
        if let Some((message, help)) = wrong_address(method) {
            report.fail(&subject, message, help);
            well = false;
        }
        if well {
            report.ok(&subject, told(method));
        }
    }
}

const fn told(method: &MethodConfig) -> &'static str {
    match method {
        MethodConfig::Terminal => "the terminal",
        MethodConfig::Jsonl { .. } => "a file",
        MethodConfig::Webhook(_) => "a webhook; its address has the right form and its secret can be read",
        MethodConfig::Slack(_) => "Slack; its secret can be read",
        MethodConfig::Smtp(config) if config.password.is_some() => "e-mail; its secret can be read",
        MethodConfig::Smtp(_) => "e-mail without a login",
    }
}

/// What is wrong with an address that is looked at only when something is sent, and what to write.
fn wrong_address(method: &MethodConfig) -> Option<(String, String)> {
    match method {
        MethodConfig::Slack(config) => {
            let host = config.api.strip_prefix("https://").or_else(|| config.api.strip_prefix("http://"));
            let wrong = host.is_none_or(|host| host.is_empty() || host.starts_with('/') || host.contains(' '));
            wrong.then(|| {
                (format!("`{}` is no address of a web API", config.api), "write `https://slack.com/api`".to_owned())
            })
        }
        MethodConfig::Smtp(config) => {
            let wrong = config.host.is_empty() || config.host.contains([' ', '/', ':', '@']);
            let help = "write the name alone, and the port as `port = 587`".to_owned();
            wrong.then(|| (format!("`{}` is no name of a mail server", config.host), help))
        }
        MethodConfig::Terminal | MethodConfig::Jsonl { .. } | MethodConfig::Webhook(_) => None,
    }
}

fn server(report: &mut Report, config: &Config) {
    let Some(listen) = config.server.listen else { return };
    if listen.ip().is_loopback() {
        report.ok("server", format!("operators are answered at `{listen}`, by this machine alone"));
    } else {
        report.warn(
            "server",
            format!("whoever reaches `{listen}` reads the figures of a run: there is no access policy yet"),
            "write `listen = \"127.0.0.1:9464\"`, or let only the right ones through to it",
        );
    }
}
