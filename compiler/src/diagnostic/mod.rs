//! What the checker tells a person: one finding with its place, a reason, a way out, and edits that a tool can apply.
//! Codes and their pages are data ([`codes`]); text and JSON are made from the same findings ([`render`]).

pub mod codes;
pub mod machine;
pub mod page;
pub mod render;
mod suggest;

pub use codes::{Code, find_code};
pub use suggest::did_you_mean;

use crate::plan::Place;

/// How much a finding weighs. Only an error keeps a folder from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Advice,
    Warning,
    Error,
}

impl Level {
    /// As the JSON form writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What an edit may do to the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safety {
    /// The rule means the same afterwards, or could not run before.
    Safe,
    /// The rule takes other posts or raises other alerts afterwards.
    ChangesMeaning,
    /// What could be meant: shown to the author, and never written by a tool.
    ShowOnly,
}

impl Safety {
    /// As the JSON form writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::ChangesMeaning => "changes-meaning",
            Self::ShowOnly => "show-only",
        }
    }
}

/// One way to mend a finding: all edits together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub description: String,
    pub safety: Safety,
    /// Each place is replaced by the text; places do not overlap.
    pub edits: Vec<(Place, String)>,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub place: Place,
    /// Lower case, no full stop, user text in backticks.
    pub message: String,
    /// What stands at the place itself, and at others that belong to the finding.
    pub labels: Vec<(Place, String)>,
    /// What to do, in a sentence that needs no programming.
    pub help: Option<String>,
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A finding without labels, help and fixes.
    #[must_use]
    pub fn new(code: &'static Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, place, message: message.into(), labels: Vec::new(), help: None, fixes: Vec::new() }
    }

    /// Adds a note at a place.
    #[must_use]
    pub fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push((place, text.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a fix of one edit at the finding's own place.
    #[must_use]
    pub fn replace_with(self, text: impl Into<String>, safety: Safety) -> Self {
        let text = text.into();
        let place = self.place;
        self.fix(Fix { description: format!("write `{text}`"), safety, edits: vec![(place, text)] })
    }

    /// Adds a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Adds "did you mean" as help and fix, where a candidate is near enough to `written`.
    #[must_use]
    pub fn suggest<'a>(self, written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(written, candidates) {
            Some(near) => {
                let near = near.to_owned();
                self.help(format!("did you mean `{near}`?")).replace_with(near, Safety::ChangesMeaning)
            }
            None => self,
        }
    }

    /// How much it weighs: as its code says.
    #[must_use]
    pub const fn severity(&self) -> Level {
        self.code.level
    }

    /// True where the folder must not run.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity() == Level::Error
    }
}
