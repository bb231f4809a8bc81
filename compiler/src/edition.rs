//! Versions of the language. A folder's `mon.toml` names the one that its rules are written in, so that a later release can
//! change what a spelling means without changing what old rules do.

/// A version of the language, named by its year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    #[default]
    Of2026,
}

impl Edition {
    /// Every edition that this release reads, the oldest first.
    pub const ALL: &'static [Self] = &[Self::Of2026];

    /// As `mon.toml` writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Of2026 => "2026",
        }
    }

    /// The edition of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|edition| edition.name() == name)
    }

    /// What rules are read as that name none: the newest.
    #[must_use]
    pub fn newest() -> Self {
        Self::ALL.last().copied().unwrap_or_default()
    }
}
