//! Whether a run does its work, and in the words of an operator why not.

use std::time::Duration;

use mon_server::Verdict;
use mon_sources::State;
use serde_json::{Value, json};

/// A commit that an epoch has been waiting for longer than this is a reason to look.
pub const COMMIT_MAX: Duration = Duration::from_secs(30);
/// The loop that reads has not come round for so long: longer than the store waits for another program.
pub const ROUND_MAX: Duration = Duration::from_secs(120);

/// A run at one moment.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The data folder is open and the engine has its state.
    pub opened: bool,
    pub stopping: bool,
    pub sources: Vec<SourceStanding>,
    /// How long the oldest epoch has waited for its commit.
    pub commit_waits: Option<Duration>,
    /// How long a source may be without a connection.
    pub recover_within: Duration,
}

/// A source at one moment.
#[derive(Clone, Debug)]
pub struct SourceStanding {
    pub name: String,
    pub state: State,
    /// It has been connected since the process started.
    pub was_up: bool,
    /// How long it has not been connected.
    pub down: Option<Duration>,
    /// How long it has been silent, where that is longer than usual.
    pub stalled: Option<Duration>,
}

impl SourceStanding {
    /// Why the run is not ready because of this source.
    fn reason(&self, recover_within: Duration) -> Option<String> {
        let name = &self.name;
        let down = self.down.unwrap_or_default();
        match &self.state {
            State::Stopped { why: Some(why) } => Some(format!("source `{name}` has failed and is not read: {why}")),
            State::Stopped { why: None } | State::Running => None,
            State::AuthFailed { why, .. } => Some(format!("source `{name}`: {why}")),
            state if !self.was_up => {
                Some(format!("source `{name}` has not been connected yet ({})", self.told_state(state)))
            }
            state if down > recover_within => Some(format!(
                "source `{name}` has been without a connection for {} s ({})",
                down.as_secs(),
                self.told_state(state)
            )),
            _ => None,
        }
    }

    fn told_state(&self, state: &State) -> String {
        match state {
            State::Degraded { why, .. } => why.clone(),
            state => state.word().replace('_', " "),
        }
    }

    fn warning(&self) -> Option<String> {
        let silent = self.stalled?;
        Some(format!("source `{}` is connected and has given no post for {} s", self.name, silent.as_secs()))
    }

    fn shown(&self) -> Value {
        json!({
            "state": self.state.word(),
            "down_seconds": self.down.map(|down| down.as_secs()),
            "silent_seconds": self.stalled.map(|silent| silent.as_secs()),
        })
    }
}

/// Ready, or every reason why not. Warnings are worth a look and no reason.
pub fn judge(standing: &Standing) -> Verdict {
    let mut reasons = Vec::new();
    if standing.stopping {
        reasons.push("the run is being stopped".to_owned());
    }
    if !standing.opened {
        reasons.push("the data folder is not open yet".to_owned());
    }
    reasons.extend(standing.sources.iter().filter_map(|source| source.reason(standing.recover_within)));
    if let Some(waits) = standing.commit_waits.filter(|waits| *waits > COMMIT_MAX) {
        let seconds = waits.as_secs();
        reasons.push(format!("nothing has been committed for {seconds} s, though there is something to commit"));
    }
    let warnings: Vec<String> = standing.sources.iter().filter_map(SourceStanding::warning).collect();
    let sources: serde_json::Map<String, Value> =
        standing.sources.iter().map(|source| (source.name.clone(), source.shown())).collect();
    let good = reasons.is_empty();
    Verdict { good, body: json!({"ready": good, "reasons": reasons, "warnings": warnings, "sources": sources}) }
}

/// Whether the loop that reads comes round; None before its first round, while the run is being set up.
pub fn alive(round: Option<Duration>) -> Verdict {
    let good = round.is_none_or(|round| round <= ROUND_MAX);
    Verdict { good, body: json!({"alive": good, "last_round_seconds": round.map(|round| round.as_secs_f64())}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn source(state: State) -> SourceStanding {
        SourceStanding { name: "sky".to_owned(), state, was_up: true, down: None, stalled: None }
    }

    fn degraded() -> State {
        State::Degraded { why: "no connection to `host`".to_owned(), next_attempt_in: MINUTE }
    }

    fn standing(sources: Vec<SourceStanding>) -> Standing {
        Standing { opened: true, sources, recover_within: MINUTE, ..Standing::default() }
    }

    fn reasons(standing: &Standing) -> Vec<String> {
        let verdict = judge(standing);
        let list = |key: &str| -> Vec<String> { serde_json::from_value(verdict.body[key].clone()).unwrap() };
        assert_eq!(verdict.good, list("reasons").is_empty());
        assert_eq!(verdict.body["ready"], verdict.good);
        list("reasons")
    }

    #[test]
    fn a_run_is_ready_when_every_source_is_connected_or_has_ended() {
        assert!(reasons(&standing(vec![source(State::Running), source(State::Stopped { why: None })])).is_empty());
        let early = Standing { opened: false, ..standing(Vec::new()) };
        assert_eq!(reasons(&early), ["the data folder is not open yet"]);
        let late = Standing { stopping: true, ..standing(Vec::new()) };
        assert_eq!(reasons(&late), ["the run is being stopped"]);
    }

    #[test]
    fn a_source_may_recover_within_its_time_and_not_longer() {
        let down = |seconds| SourceStanding { down: Some(Duration::from_secs(seconds)), ..source(degraded()) };
        assert!(reasons(&standing(vec![down(60)])).is_empty());
        let long = "source `sky` has been without a connection for 61 s (no connection to `host`)";
        assert_eq!(reasons(&standing(vec![down(61)])), [long]);
        let never = SourceStanding { was_up: false, ..source(State::Starting) };
        assert_eq!(reasons(&standing(vec![never])), ["source `sky` has not been connected yet (starting)"]);
    }

    #[test]
    fn what_does_not_mend_itself_is_told_at_once() {
        let refused = State::AuthFailed { why: "the credential was refused".to_owned(), next_attempt_in: MINUTE };
        let failed = State::Stopped { why: Some("no file".to_owned()) };
        let told = reasons(&standing(vec![source(refused), source(failed)]));
        assert_eq!(
            told,
            ["source `sky`: the credential was refused", "source `sky` has failed and is not read: no file"]
        );
    }

    #[test]
    fn a_stalled_source_is_a_warning_and_no_reason() {
        let stalled = SourceStanding { stalled: Some(6 * MINUTE), ..source(State::Running) };
        let verdict = judge(&standing(vec![stalled]));
        assert!(verdict.good);
        assert_eq!(verdict.body["warnings"][0], "source `sky` is connected and has given no post for 360 s");
        assert_eq!(verdict.body["sources"]["sky"]["silent_seconds"], 360);
    }

    #[test]
    fn an_engine_that_does_not_commit_is_a_reason() {
        let waits = |waits| Standing { commit_waits: Some(waits), ..standing(Vec::new()) };
        assert!(reasons(&waits(COMMIT_MAX)).is_empty());
        let long = "nothing has been committed for 31 s, though there is something to commit";
        assert_eq!(reasons(&waits(Duration::from_secs(31))), [long]);
    }

    #[test]
    fn a_loop_that_stands_still_is_not_alive() {
        assert!(alive(None).good && alive(Some(ROUND_MAX)).good);
        assert!(!alive(Some(ROUND_MAX + MINUTE)).good);
    }
}
