//! Jetstream's cursors: a sequence number that one host gives, and a time that every host understands.
//! A token is `seq@time` on v2 and `@time` on v1, time in microseconds, so that a cursor survives a change of host.

use crate::contract::{Cursor, Resume};

/// v1 servers deliver times a little out of order: what may still come behind the newest time seen.
pub const V1_REWIND_US: u64 = 5_000_000;
/// Another host numbers and times the same events its own way: so far back its stream is taken up.
pub const HOST_REWIND_US: u64 = 10_000_000;
/// The server reads cursors from here on as times and below as sequence numbers. As a time it lies in 2001: the oldest
/// that a server keeps.
pub const TIME_MIN: u64 = 1_000_000_000_000_000;
/// v1 servers keep about so much and say nothing when they are asked for more.
pub const V1_LOOKBACK_US: u64 = 36 * 3_600 * 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) seq: Option<u64>,
    pub(crate) time_us: u64,
}

impl Token {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (seq, time) = text.split_once('@')?;
        let seq = if seq.is_empty() { None } else { Some(seq.parse().ok()?) };
        Some(Self { seq, time_us: time.parse().ok()? })
    }

    pub(crate) fn write(self) -> String {
        match self.seq {
            Some(seq) => format!("{seq}@{}", self.time_us),
            None => format!("@{}", self.time_us),
        }
    }
}

/// What to ask a host for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// The `cursor=` parameter, None for the live tip.
    pub(crate) cursor: Option<u64>,
    /// The cursor belongs to this host: what it names must come again.
    pub(crate) same_host: bool,
}

/// The start on `epoch`; None when the cursor is not one of ours.
pub(crate) fn start(from: &Resume, epoch: &str, v2: bool) -> Option<Start> {
    let cursor = match from {
        Resume::Live => return Some(Start { cursor: None, same_host: false }),
        Resume::Earliest => return Some(Start { cursor: Some(TIME_MIN), same_host: false }),
        Resume::After(cursor) | Resume::Between(cursor, _) => cursor,
    };
    let token = Token::parse(&cursor.token)?;
    let same_host = cursor.epoch == epoch;
    let cursor = match (same_host, v2, token.seq) {
        (true, true, Some(seq)) => seq,
        (true, false, None) => token.time_us.saturating_sub(V1_REWIND_US).max(TIME_MIN),
        _ => token.time_us.saturating_sub(HOST_REWIND_US).max(TIME_MIN),
    };
    Some(Start { cursor: Some(cursor), same_host: same_host && v2 == token.seq.is_some() })
}

/// The moment before a live start, valid on every host: what happens from now on is promised from now on.
pub(crate) fn live_cursor(now_us: u64) -> Cursor {
    Cursor { order: 0, token: Token { seq: None, time_us: now_us }.write(), epoch: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(token: &str) -> Resume {
        Resume::After(Cursor { order: 7, token: token.to_owned(), epoch: "a".to_owned() })
    }

    const NOW: u64 = 1_783_175_888_085_434;

    #[test]
    fn the_same_host_is_asked_for_the_sequence_number_itself() {
        assert_eq!(start(&cursor("7@1783175888085434"), "a", true), Some(Start { cursor: Some(7), same_host: true }));
    }

    #[test]
    fn another_host_is_asked_for_a_time_with_a_margin() {
        let asked = start(&cursor("7@1783175888085434"), "b", true);
        assert_eq!(asked, Some(Start { cursor: Some(NOW - HOST_REWIND_US), same_host: false }));
    }

    #[test]
    fn v1_steps_back_over_its_own_disorder() {
        let asked = start(&cursor("@1783175888085434"), "a", false);
        assert_eq!(asked, Some(Start { cursor: Some(NOW - V1_REWIND_US), same_host: true }));
    }

    #[test]
    fn a_change_of_wire_is_a_change_of_host() {
        let asked = start(&cursor("7@1783175888085434"), "a", false);
        assert_eq!(asked, Some(Start { cursor: Some(NOW - HOST_REWIND_US), same_host: false }));
    }

    #[test]
    fn a_foreign_token_is_refused() {
        assert_eq!(start(&cursor("offset-12"), "a", true), None);
        for token in [Token { seq: Some(3), time_us: 9 }, Token { seq: None, time_us: 9 }] {
            assert_eq!(Token::parse(&token.write()), Some(token));
        }
    }
}
