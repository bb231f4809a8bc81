//! What a receiver answers, request by request, so that a test can write a bad day as one line.
//! After the script's last answer the receiver goes on with its `then` answer.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use crate::lock;

/// How a receiver treats one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Takes the message and says so.
    Ok,
    /// Refuses with this status; nothing is kept.
    Status(u16),
    /// Refuses with this status and `Retry-After` in seconds; nothing is kept.
    RetryAfter(u16, u32),
    /// Takes the message and says so after this time.
    Slow(Duration),
    /// Hangs up before it has kept anything.
    DropBefore,
    /// Keeps the message and hangs up without an answer: the sender can't know.
    CommitThenDrop,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => write!(f, "ok"),
            Self::Status(status) => write!(f, "{status}"),
            Self::RetryAfter(status, seconds) => write!(f, "{status}:{seconds}"),
            Self::Slow(time) => write!(f, "slow:{}", time.as_millis()),
            Self::DropBefore => write!(f, "drop_before"),
            Self::CommitThenDrop => write!(f, "commit_then_drop"),
        }
    }
}

/// Answers in order, then one answer for ever.
#[derive(Clone, Debug)]
pub struct Script {
    answers: VecDeque<Answer>,
    then: Answer,
}

/// A word of a script that is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    pub word: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown answer `{}`: write `ok`, a status such as `500`, `503:2` (status and Retry-After in seconds), \
             `slow:300` (milliseconds), `drop_before` or `commit_then_drop`",
            self.word
        )
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Always takes the message.
    #[must_use]
    pub fn ok() -> Self {
        Self::of([])
    }

    /// These answers in order, then `ok`.
    pub fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: answers.into_iter().collect(), then: Answer::Ok }
    }

    /// The same answer to every request.
    #[must_use]
    pub const fn always(answer: Answer) -> Self {
        Self { answers: VecDeque::new(), then: answer }
    }

    /// Reads `ok, 500, 503:2, 429:1, slow:300, drop_before, commit_then_drop, 410`.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(parse_answer).collect::<Result<Vec<_>, _>>().map(Self::of)
    }
}

fn parse_answer(word: &str) -> Result<Answer, ScriptError> {
    let error = || ScriptError { word: word.to_owned() };
    let (name, value) = word.split_once(':').map_or((word, None), |(name, value)| (name, Some(value)));
    match (name, value) {
        ("ok", None) => Ok(Answer::Ok),
        ("drop_before", None) => Ok(Answer::DropBefore),
        ("commit_then_drop", None) => Ok(Answer::CommitThenDrop),
        ("slow", Some(value)) => value.parse().map(|ms| Answer::Slow(Duration::from_millis(ms))).map_err(|_| error()),
        (status, value) => {
            let status: u16 = status.parse().map_err(|_| error())?;
            if !(200..600).contains(&status) {
                return Err(error());
            }
            match value {
                Some(value) => value.parse().map(|s| Answer::RetryAfter(status, s)).map_err(|_| error()),
                None => Ok(Answer::Status(status)),
            }
        }
    }
}

/// A script that is being played.
#[derive(Debug)]
pub(crate) struct Player(Mutex<Script>);

impl Player {
    pub(crate) const fn new(script: Script) -> Self {
        Self(Mutex::new(script))
    }

    pub(crate) fn next(&self) -> Answer {
        let mut script = lock(&self.0);
        script.answers.pop_front().unwrap_or_else(|| script.then.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_back_as_it_was_written() {
        let text = "ok, 500, 503:2, slow:300, drop_before, commit_then_drop, 410";
        let player = Player::new(Script::parse(text).unwrap());
        let played: Vec<String> = (0..7).map(|_| player.next().to_string()).collect();
        assert_eq!(played.join(", "), text);
        assert_eq!(player.next(), Answer::Ok, "after the script every message is taken");
    }

    #[test]
    fn a_wrong_word_is_named() {
        assert_eq!(Script::parse("ok, teapot").unwrap_err().word, "teapot");
        assert_eq!(Script::parse("99").unwrap_err().word, "99");
    }
}
