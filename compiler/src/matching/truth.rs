//! Three-valued (Kleene) truth: what a condition is on one post or on one window, when not everything is told.
//! The three values are ordered for nothing; only the connectives below say how they join.

/// True, false, or not to be known from what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Truth {
    False = 0,
    True = 1,
    Unknown = 2,
}

impl Truth {
    #[must_use]
    pub const fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    #[must_use]
    pub const fn is_true(self) -> bool {
        matches!(self, Self::True)
    }

    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Unknown => Self::Unknown,
        }
    }

    /// False if any is false, else unknown if any is unknown, else true. Of nothing: true.
    pub fn all(members: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for member in members {
            match member {
                Self::False => return Self::False,
                Self::Unknown => result = Self::Unknown,
                Self::True => {}
            }
        }
        result
    }

    /// True if any is true, else unknown if any is unknown, else false. Of nothing: false.
    pub fn any(members: impl IntoIterator<Item = Self>) -> Self {
        Self::all(members.into_iter().map(Self::negated)).negated()
    }

    /// True when at least `k` are true, false when fewer than `k` could still be, else unknown.
    pub fn at_least(k: u32, members: impl IntoIterator<Item = Self>) -> Self {
        let (mut sure, mut possible) = (0_u64, 0_u64);
        for member in members {
            sure += u64::from(member == Self::True);
            possible += u64::from(member != Self::False);
        }
        match u64::from(k) {
            k if sure >= k => Self::True,
            k if possible < k => Self::False,
            _ => Self::Unknown,
        }
    }

    /// As the word that a person reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::False => "false",
            Self::True => "true",
            Self::Unknown => "unknown",
        }
    }

    #[cfg(feature = "machine-code")]
    pub(crate) const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::False,
            1 => Self::True,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    #[test]
    fn unknown_wins_over_true_in_all_and_over_false_in_any() {
        assert_eq!(Truth::all([True, Unknown]), Unknown);
        assert_eq!(Truth::all([Unknown, False]), False);
        assert_eq!(Truth::any([False, Unknown]), Unknown);
        assert_eq!(Truth::any([Unknown, True]), True);
        assert_eq!((Truth::all([]), Truth::any([])), (True, False));
    }

    #[test]
    fn at_least_waits_for_what_could_still_be_true() {
        assert_eq!(Truth::at_least(2, [True, Unknown, False]), Unknown);
        assert_eq!(Truth::at_least(2, [True, True, Unknown]), True);
        assert_eq!(Truth::at_least(2, [False, Unknown, False]), False);
        assert_eq!(Truth::at_least(0, []), True);
    }
}
