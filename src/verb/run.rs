//! `mon run`: live posts, day and night.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::Run;
use crate::compiled;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::live::{self, Account, Live};
use crate::log;
use crate::output::{cannot_write, say};
use crate::report::{grouped, times};

pub fn run(arguments: &Run, quiet: bool) -> Result<Outcome, Failure> {
    log::start(arguments.log);
    let (plan, _) = compiled::plan(&arguments.rules)?;
    if plan.monitors.is_empty() {
        return Err(Failure::input(
            "these rules have no monitor, so there is nothing to run",
            "add one: `monitor talk { match \"acme\" }`; `mon match` tries queries on recorded posts",
        ));
    }
    let mut config = arguments.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    config.server.listen = arguments.listen.or(config.server.listen);
    let sources: Vec<&str> = config.sources.keys().map(String::as_str).collect();
    crate::output::note(format_args!(
        "{} monitors read {}; state in `{}`; Ctrl-C stops",
        plan.monitors.len(),
        sources.join(", "),
        arguments.data.display()
    ));
    let account = live::run(Live {
        plan: Arc::clone(&plan),
        config,
        data: arguments.data.clone(),
        record: arguments.record.clone(),
        out: arguments.out.clone(),
        stop_after: arguments.stop_after.map(Duration::from_secs),
        quiet: quiet || log::is_json(),
    })?;
    if let Some(path) = &arguments.account {
        let json = serde_json::to_string_pretty(&account).map_err(|error| cannot_write(path, &error))?;
        std::fs::write(path, json + "\n").map_err(|error| cannot_write(path, &error))?;
    }
    say(&told(&account))?;
    outcome(&account)
}

/// A source that failed is bad input, however well the others went; a message that nobody got is a finding.
fn outcome(account: &Account) -> Result<Outcome, Failure> {
    let failed = account.sources.iter().find_map(|(name, source)| Some((name, source.failed.as_ref()?)));
    if let Some((name, why)) = failed {
        return Err(Failure::input(
            format!("source `{name}` failed: {why}"),
            format!("correct `[source.{name}]` in mon.toml"),
        ));
    }
    Ok(if account.outbox.given_up_now > 0 { Outcome::Findings } else { Outcome::Clean })
}

fn told(account: &Account) -> String {
    let late: u64 = account.late.values().sum();
    let mut text = format!(
        "{} posts read: {} matched, {} did not, {} were duplicates; {} late, {} gaps\n{} incidents opened, {} cleared, {} messages: {} sent, {} pending, {} held, {} dead\n",
        grouped(account.read),
        grouped(account.matched),
        grouped(account.unmatched),
        grouped(account.duplicates),
        grouped(late),
        grouped(account.gaps),
        grouped(account.incidents_opened),
        grouped(account.incidents_cleared),
        grouped(account.messages),
        grouped(account.outbox.sent),
        grouped(account.outbox.pending),
        grouped(account.outbox.held),
        grouped(account.outbox.dead)
    );
    text.push_str(&account.remarks().lines());
    for (name, source) in &account.sources {
        text.push_str(&format!(
            "  {name}: {} received, {} could not be read, {} reconnects, {} gaps\n",
            grouped(source.received),
            grouped(source.map_errors),
            source.reconnects,
            source.gaps
        ));
        if source.stalled > 0 {
            text.push_str(&format!(
                "  {name}: connected and silent for longer than usual, {}\n",
                times(source.stalled)
            ));
        }
    }
    text
}
