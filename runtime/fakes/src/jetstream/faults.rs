//! What goes wrong on purpose, and how often.
//! Every chance is drawn from the fake's seed and the connection's number, so that a failing run can be repeated.

use std::time::Duration;

/// Chances from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// A frame: half of it is sent, then the connection dies.
    pub cut: f64,
    /// A frame: the server closes cleanly before it.
    pub close: f64,
    /// A frame: some earlier frames come again after it.
    pub duplicate: f64,
    /// An event: its time is up to 5 s older than its place in the log.
    pub disorder: f64,
    /// An event: its time is one to ten minutes older than its place in the log (v2 only: on v1 the time is the
    /// cursor).
    pub late: f64,
    /// A connection: refused with a 5xx before the upgrade.
    pub refuse: f64,
    /// A frame: a broken piece of it comes in its place.
    pub garbage: f64,
    /// A frame: silence before it, with the socket open.
    pub stall: f64,
    pub stall_for: Duration,
    /// A reconnection with a cursor: retention has passed it by some events, which are lost.
    pub expire: f64,
    /// An event: one of a kind or collection that nobody knows comes beside it.
    pub unknown: f64,
    /// A frame: the v2 error frame `ConsumerTooSlow`, then the end.
    pub too_slow: f64,
}

impl Faults {
    /// The names that [`Self::only`] takes.
    pub const NAMES: &'static [&'static str] = &[
        "cut",
        "close",
        "duplicate",
        "disorder",
        "late",
        "refuse",
        "garbage",
        "stall",
        "expire",
        "unknown",
        "too_slow",
    ];

    /// Nothing goes wrong.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            cut: 0.0,
            close: 0.0,
            duplicate: 0.0,
            disorder: 0.0,
            late: 0.0,
            refuse: 0.0,
            garbage: 0.0,
            stall: 0.0,
            stall_for: Duration::from_millis(1_500),
            expire: 0.0,
            unknown: 0.0,
            too_slow: 0.0,
        }
    }

    /// A bad day at a thousand events a second: a broken connection every few seconds.
    #[must_use]
    pub const fn bad_day() -> Self {
        Self {
            cut: 0.000_05,
            close: 0.000_05,
            duplicate: 0.001,
            disorder: 0.05,
            late: 0.002,
            refuse: 0.2,
            garbage: 0.000_05,
            stall: 0.000_03,
            stall_for: Duration::from_millis(1_500),
            expire: 0.05,
            unknown: 0.002,
            too_slow: 0.000_03,
        }
    }

    /// One fault alone with this chance, None for an unknown name.
    #[must_use]
    pub fn only(name: &str, chance: f64) -> Option<Self> {
        Self::none().with(name, chance)
    }

    /// One chance changed, None for an unknown name.
    #[must_use]
    pub fn with(mut self, name: &str, chance: f64) -> Option<Self> {
        let place = match name {
            "cut" => &mut self.cut,
            "close" => &mut self.close,
            "duplicate" => &mut self.duplicate,
            "disorder" => &mut self.disorder,
            "late" => &mut self.late,
            "refuse" => &mut self.refuse,
            "garbage" => &mut self.garbage,
            "stall" => &mut self.stall,
            "expire" => &mut self.expire,
            "unknown" => &mut self.unknown,
            "too_slow" => &mut self.too_slow,
            _ => return None,
        };
        *place = chance;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_fault_can_be_set_alone() {
        for name in Faults::NAMES {
            assert_ne!(Faults::only(name, 0.5).unwrap(), Faults::none(), "{name}");
        }
        assert_eq!(Faults::only("earthquake", 0.5), None);
    }
}
