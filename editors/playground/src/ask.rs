//! What a page asks.

use serde::Deserialize;

/// A rule file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct RuleText {
    pub name: String,
    pub text: String,
}

/// A question; each function reads the parts that it needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    pub files: Vec<RuleText>,
    /// Microseconds since 1970 UTC, for the days with which an `allow` ends.
    pub now: Option<i64>,
    /// Index into the files.
    pub file: usize,
    /// Units of UTF-16 from the beginning of the file.
    pub at: u32,
    /// One post a line: its text, or a JSON object.
    pub posts: String,
    /// The language of posts that are nothing but a text.
    pub lang: Option<String>,
    /// The line of a post, from 0.
    pub post: usize,
    pub query: String,
    pub code: String,
}
