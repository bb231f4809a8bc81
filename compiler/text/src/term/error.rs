//! Why a written term cannot be looked for, and what to write instead. The messages are shown to the author as they
//! stand.

/// Why a written term cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    #[error("the term is empty")]
    Empty,
    #[error("`{written}` has no letter, digit or emoji to look for")]
    NothingToFind { written: String },
    #[error("`{written}` is not a {expected}")]
    WrongForm { written: String, expected: &'static str, help: &'static str },
    #[error("`{written}` has wildcards alone, which any text has")]
    OnlyWildcards { written: String },
    #[error("`{part}` in `{written}` has fewer than {limit} letters or digits beside its wildcard")]
    TooFewLetters { written: String, part: String, limit: usize },
    #[error("a `*` in `{written}` touches no letter or digit")]
    WildcardBesideSign { written: String },
    #[error("a wildcard in `{written}` touches letters of a script that is written without spaces")]
    WildcardInRun { written: String },
    #[error("a wildcard cannot stand in the link or e-mail address in `{written}`")]
    WildcardOnLink { written: String },
    #[error("`*` and `?` are no wildcards in {form}: `{written}`")]
    NoWildcards { written: String, form: &'static str },
    #[error("`{written}` is not one word, and {form} looks for one")]
    NotOneWord { written: String, form: &'static str },
    #[error("`{written}` has no word of letters, so it has no stem")]
    NoStem { written: String },
    #[error("`~{edits}` behind `{written}` allows a number of edits other than 1 or 2")]
    Edits { written: String, edits: u8 },
    #[error("`{written}` has {count} letters, and `~{edits}` needs {limit} at least")]
    TooShortForEdits { written: String, edits: u8, count: usize, limit: usize },
    #[error("`{written}` has {count} letters once runs are cut, and a loose term needs {limit} at least")]
    TooShortForLoose { written: String, count: usize, limit: usize },
    #[error("`{written}` is not a link, host, path or parameter: {reason}")]
    BadUrl { written: String, reason: &'static str, help: &'static str },
    #[error("`{written}` has {count} tokens, more than the limit of {limit} in one term")]
    TooManyTokens { written: String, count: usize, limit: usize },
}

impl TermError {
    /// What to do about it, in a sentence.
    pub fn help(&self) -> &'static str {
        match self {
            TermError::Empty => "write the word or phrase to look for between the quotes",
            TermError::NothingToFind { .. } => "punctuation is not looked for; write a word, a number or an emoji",
            TermError::WrongForm { help, .. } | TermError::BadUrl { help, .. } => help,
            TermError::OnlyWildcards { .. } => {
                "write some letters beside the wildcards, as in \"crash*\"; `\\*` or `\\?` is the sign itself"
            }
            TermError::TooFewLetters { .. } => {
                "such a word is found in nearly every post; write more of its letters, as in \"*gate\""
            }
            TermError::WildcardBesideSign { .. } => {
                "put `*` beside a letter, as in \"crash*\", or between spaces for any one word; `\\*` is the sign itself"
            }
            TermError::WildcardInRun { .. } => {
                "leave the wildcard out: such letters are found wherever they stand together"
            }
            TermError::WildcardOnLink { .. } => {
                "look for links with `url \"…\"`, which takes a host or the beginning of a path"
            }
            TermError::NoWildcards { .. } => {
                "write the term without the form before it or the `~` behind it, or put `\\` before the sign"
            }
            TermError::NotOneWord { .. } => "write a term for each word and join them with `then/0`",
            TermError::NoStem { .. } => "write it without `stem`",
            TermError::Edits { .. } => "write `~1` or `~2`: with more, half the language is near",
            TermError::TooShortForEdits { edits: 1, .. } => {
                "so short a word has many neighbours; write out the spellings, as in `any [\"acm\", \"amc\"]`"
            }
            TermError::TooShortForEdits { .. } => "so short a word has many neighbours; write `~1`",
            TermError::TooShortForLoose { .. } => "write a longer word, or the plain term",
            TermError::TooManyTokens { .. } => "split the phrase into shorter ones and join them with `and` or `near`",
        }
    }
}
