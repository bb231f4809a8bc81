//! The tags of a post, each once and in one spelling.

use crate::{Kind, Tokens};

/// Reads tags, one post after another.
///
/// ```
/// let mut reader = mon_text::tags::Reader::default();
/// assert_eq!(reader.tags(["#Café and #acme", "more of #ACME"]), ["#acme", "#cafe"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Reader {
    tokens: Tokens,
}

impl Reader {
    /// The tags of a post of these texts with their sign, folded as a term `#acme` looks for them, in ascending order.
    pub fn tags<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
        let mut tags = Vec::new();
        for text in texts {
            // Most posts have no tag.
            if !text.contains(['#', '＃']) {
                continue;
            }
            self.tokens.tokenize(text, 0);
            let found = self.tokens.iter().filter(|token| token.kind == Kind::Tag);
            tags.extend(found.filter_map(|token| self.tokens.keys(token).next()).map(|key| key.text.to_owned()));
        }
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}
