//! Whether the sources can be read from here: names are looked up, connections made and hung up again.

use std::time::Duration;

use futures::future::join_all;
use mon_sources::{SourceConfig, build};

use super::Report;
use crate::config::Config;

/// A source must answer within this time.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Looks at every source, and connects to those that are reached over a network unless `offline`.
pub fn examine(report: &mut Report, config: &Config, offline: bool) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            report.fail("sources", format!("the machine gives no threads: {error}"), "free some memory");
            return;
        }
    };
    for (name, source) in &config.sources {
        let subject = format!("source `{name}`");
        if let Err(error) = build(name, source) {
            report.error(&subject, &error);
        } else if offline && matches!(source, SourceConfig::Jetstream(_)) {
            report.ok(&subject, "has the right form; nothing was connected to");
        } else {
            runtime.block_on(ask(report, &subject, name, source));
        }
    }
    // The look-up of a name can't be called off, and need not be waited for.
    runtime.shutdown_background();
}

/// Asks each place that the source may be read from, all at the same time.
async fn ask(report: &mut Report, subject: &str, name: &str, source: &SourceConfig) {
    let places = places(source);
    let asked = places.iter().map(|place| one(name, place));
    let answers: Vec<Result<String, (String, String)>> = join_all(asked).await;
    let good = answers.iter().filter(|answer| answer.is_ok()).count();
    for answer in answers {
        match answer {
            Ok(detail) => report.ok(subject, detail),
            Err((message, help)) if good > 0 => report.warn(subject, message, help),
            Err((message, help)) => report.fail(subject, message, help),
        }
    }
}

/// The source once for each of its hosts.
fn places(source: &SourceConfig) -> Vec<SourceConfig> {
    match source {
        SourceConfig::Jetstream(config) => {
            let alone = |host: &String| {
                SourceConfig::Jetstream(mon_sources::JetstreamConfig { hosts: vec![host.clone()], ..config.clone() })
            };
            config.hosts.iter().map(alone).collect()
        }
        SourceConfig::File(_) | SourceConfig::Stdin(_) => vec![source.clone()],
    }
}

/// What a place answers, or why it does not and what to do.
async fn one(name: &str, place: &SourceConfig) -> Result<String, (String, String)> {
    let built = build(name, place).map_err(|error| (error.to_string(), "correct it in `mon.toml`".to_owned()))?;
    match tokio::time::timeout(ANSWER_MAX, built.check()).await {
        Ok(Ok(health)) => Ok(health.detail),
        Ok(Err(error)) => {
            let help = match place {
                SourceConfig::Jetstream(_) => {
                    "check the name, the network and what stands between; `mon run` tries again by itself"
                }
                SourceConfig::File(_) | SourceConfig::Stdin(_) => {
                    "a relative path stands in the folder in which `mon` is started"
                }
            };
            Err((error.to_string(), help.to_owned()))
        }
        Err(_) => {
            let host = match place {
                SourceConfig::Jetstream(config) => config.hosts.join(", "),
                SourceConfig::File(_) | SourceConfig::Stdin(_) => name.to_owned(),
            };
            let message = format!("`{host}` did not answer within {} s", ANSWER_MAX.as_secs());
            Err((message, "check the network and what stands between".to_owned()))
        }
    }
}
