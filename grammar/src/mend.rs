//! How a syntax error can be mended: edits of the text that an editor or `mon fix` makes as they stand.

use crate::ast::SyntaxError;
use crate::span::Span;

/// One way to mend an error: all edits together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    pub description: String,
    /// Exactly one thing can be meant. Otherwise it is a guess, and the author is to look at it.
    pub certain: bool,
    /// Each place is replaced by the text; places do not overlap.
    pub edits: Vec<(Span, String)>,
}

impl Mend {
    /// One edit, described by what is written.
    pub(crate) fn write(span: Span, text: impl Into<String>, certain: bool) -> Self {
        let text = text.into();
        Self { description: format!("write `{}`", text.trim()), certain, edits: vec![(span, text)] }
    }

    /// The same edits under another description.
    pub(crate) fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
}

impl SyntaxError {
    pub(crate) fn new(span: Span, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, code, message: message.into(), help: Some(help.into()), labels: Vec::new(), mend: None }
    }

    /// Adds edits that mend it, where there are some.
    pub(crate) fn mend(mut self, mend: impl Into<Option<Mend>>) -> Self {
        self.mend = mend.into();
        self
    }

    /// Adds a note at another place.
    pub(crate) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }
}
