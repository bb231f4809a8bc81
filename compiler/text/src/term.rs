//! What a written term looks for in a post: the same tokeniser reads it, and variants of it are added once.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::{Kind, Token, Tokens};

/// Most tokens in one written term.
pub const TERM_TOKENS_MAX: usize = 32;

/// Most rows that variants of single words are combined to; beyond it they are varied one word at a time.
pub const TERM_ROWS_MAX: usize = 64;

/// Contractions that are no words without their apostrophe, and are written so all the same.
const CONTRACTIONS: [(&str, &str); 24] = [
    ("ain't", "aint"),
    ("aren't", "arent"),
    ("can't", "cant"),
    ("couldn't", "couldnt"),
    ("didn't", "didnt"),
    ("doesn't", "doesnt"),
    ("don't", "dont"),
    ("hadn't", "hadnt"),
    ("hasn't", "hasnt"),
    ("haven't", "havent"),
    ("isn't", "isnt"),
    ("mustn't", "mustnt"),
    ("needn't", "neednt"),
    ("shouldn't", "shouldnt"),
    ("wasn't", "wasnt"),
    ("weren't", "werent"),
    ("won't", "wont"),
    ("wouldn't", "wouldnt"),
    ("i'm", "im"),
    ("i've", "ive"),
    ("they're", "theyre"),
    ("they've", "theyve"),
    ("you're", "youre"),
    ("you've", "youve"),
];

/// One place in a row of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TokenPattern {
    /// One of the token's keys is this.
    Key(String),
    /// One of the token's keys starts with this; keys of links, e-mails, tags, handles and cashtags only where the
    /// prefix itself begins with the sign (`#`, `@`, `$`).
    Prefix(String),
    /// A `run` token (script without spaces) contains this on grapheme borders.
    Run(String),
}

/// How a term is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `"won't turn on"`
    Plain,
    /// `#acme`
    Tag,
    /// `@acme`
    Handle,
    /// `$ACME`
    Cashtag,
}

/// Why a written term cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    #[error("the term is empty")]
    Empty,
    #[error("`{written}` has no letter, digit or emoji to look for")]
    NothingToFind { written: String },
    #[error("the wildcard `{sign}` in `{written}` does not stand at the end of a word")]
    WildcardNotAtEnd { written: String, sign: char },
    #[error("`{written}` is not a {expected}")]
    WrongForm { written: String, expected: &'static str, help: &'static str },
    #[error("the wildcard `*` cannot follow the link or e-mail address in `{written}`")]
    WildcardOnLink { written: String },
    #[error("`{written}` has {count} tokens, more than the limit of {limit} in one term")]
    TooManyTokens { written: String, count: usize, limit: usize },
}

impl TermError {
    /// What to do about it, in a sentence.
    pub fn help(&self) -> &'static str {
        match self {
            TermError::Empty => "write the word or phrase to look for between the quotes",
            TermError::NothingToFind { .. } => "punctuation is not looked for; write a word, a number or an emoji",
            TermError::WildcardNotAtEnd { .. } => {
                "put `*` behind the beginning of a word, as in \"crash*\"; write `\\*` or `\\?` for the sign itself"
            }
            TermError::WildcardOnLink { .. } => {
                "look for links with `url \"…\"`, which takes a host or the beginning of a path"
            }
            TermError::WrongForm { help, .. } => help,
            TermError::TooManyTokens { .. } => "split the phrase into shorter ones and join them with `and` or `near`",
        }
    }
}

/// Everything the written term looks for: any of the rows, each a row of tokens that follow one another with no
/// counted token between. The first row is the term as written, the others are its variants. `text` is what stands
/// between the quotes, or the tag, handle or cashtag with or without its sign; `*` and `?` are wildcards in it unless
/// a backslash stands before them.
///
/// ```
/// use mon_text::term::{Form, TokenPattern, alternatives};
///
/// let rows = alternatives(Form::Plain, "broken").unwrap();
/// let key = |text: &str| TokenPattern::Key(text.to_string());
/// assert_eq!(rows, [[key("broken")], [key("#broken")]]);
/// ```
pub fn alternatives(form: Form, text: &str) -> Result<Vec<Vec<TokenPattern>>, TermError> {
    if text.trim().is_empty() {
        return Err(TermError::Empty);
    }
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let mut rows = read(form, &text)?;
    if matches!(form, Form::Plain | Form::Tag) && text.contains(['ä', 'ö', 'ü', 'Ä', 'Ö', 'Ü']) {
        let spelled = text.replace(['ä', 'Ä'], "ae").replace(['ö', 'Ö'], "oe").replace(['ü', 'Ü'], "ue");
        rows.extend(read(form, &spelled)?);
    }
    let mut unique: Vec<Vec<TokenPattern>> = Vec::with_capacity(rows.len());
    for row in rows {
        if !unique.contains(&row) {
            unique.push(row);
        }
    }
    Ok(unique)
}

fn read(form: Form, text: &str) -> Result<Vec<Vec<TokenPattern>>, TermError> {
    let term = Term::read(text, form)?;
    match form {
        Form::Plain => Ok(term.plain()),
        Form::Tag => term.entity(Kind::Tag, "tag", "a tag is `#` and letters, digits or `_`, with one letter at least"),
        Form::Handle => term.entity(
            Kind::Handle,
            "handle",
            "a handle is `@` and up to 20 letters, digits or `_`, or a whole `@name.host.tld` or `@name@host.tld`",
        ),
        Form::Cashtag => term.entity(
            Kind::Cash,
            "cashtag",
            "a cashtag is `$` and one to six letters, with a class of one or two letters behind a dot, as in `$BRK.A`",
        ),
    }
}

/// One token of a written term.
struct Part {
    token: Token,
    key: String,
    prefix: bool,
}

/// A written term, read.
struct Term<'a> {
    written: &'a str,
    /// The text without wildcards and backslashes.
    clean: String,
    parts: Vec<Part>,
}

impl<'a> Term<'a> {
    fn read(written: &'a str, form: Form) -> Result<Term<'a>, TermError> {
        let (clean, stars) = without_wildcards(written, form)?;
        let mut tokens = Tokens::default();
        tokens.tokenize(&clean, 0);
        let mut parts: Vec<Part> = Vec::new();
        for token in tokens.as_slice() {
            // A bare domain lies over the words that stand in the row already.
            if token.kind == Kind::Url && parts.last().is_some_and(|last| last.token.pos == token.pos) {
                continue;
            }
            let key = tokens.keys(token).next().map(|key| key.text.to_string()).unwrap_or_default();
            parts.push(Part { token: *token, key, prefix: stars.contains(&(token.end as usize)) });
        }
        let whole = |star: &usize| parts.iter().any(|part| part.token.end as usize == *star);
        if !stars.iter().all(whole) {
            return Err(TermError::WildcardNotAtEnd { written: written.to_string(), sign: '*' });
        }
        if parts.is_empty() {
            return Err(TermError::NothingToFind { written: written.to_string() });
        }
        if parts.iter().any(|part| part.prefix && matches!(part.token.kind, Kind::Url | Kind::Email)) {
            return Err(TermError::WildcardOnLink { written: written.to_string() });
        }
        if parts.len() > TERM_TOKENS_MAX {
            let (count, limit) = (parts.len(), TERM_TOKENS_MAX);
            return Err(TermError::TooManyTokens { written: written.to_string(), count, limit });
        }
        Ok(Term { written, clean, parts })
    }

    fn entity(
        &self,
        kind: Kind,
        expected: &'static str,
        help: &'static str,
    ) -> Result<Vec<Vec<TokenPattern>>, TermError> {
        match self.parts.as_slice() {
            [part]
                if part.token.kind == kind && part.token.start == 0 && part.token.end as usize == self.clean.len() =>
            {
                Ok(vec![vec![part.pattern()]])
            }
            _ => Err(TermError::WrongForm { written: self.written.to_string(), expected, help }),
        }
    }

    fn plain(&self) -> Vec<Vec<TokenPattern>> {
        let places = self.places();
        let mut rows = if places.iter().map(Vec::len).fold(1, usize::saturating_mul) <= TERM_ROWS_MAX {
            every_combination(&places)
        } else {
            one_variant_each(&places)
        };
        rows.extend(self.joined_tag().map(|tag| vec![TokenPattern::Key(tag)]));
        rows
    }

    /// What may stand at each place of the row: the token, or the hyphened tokens, as written, then the variants.
    fn places(&self) -> Vec<Vec<Vec<TokenPattern>>> {
        let mut places = Vec::new();
        let mut rest = self.parts.as_slice();
        while let Some(first) = rest.first() {
            let pairs = rest.iter().zip(rest.iter().skip(1));
            let length = 1 + pairs.take_while(|(left, right)| self.hyphen_between(left, right)).count();
            let (group, after) = rest.split_at(length);
            let mut options = vec![group.iter().map(Part::pattern).collect::<Vec<_>>()];
            if group.len() > 1 {
                let joined: String = group.iter().map(|part| part.key.as_str()).collect();
                let prefix = group.last().is_some_and(|last| last.prefix);
                options.push(vec![if prefix { TokenPattern::Prefix(joined) } else { TokenPattern::Key(joined) }]);
            } else if !first.prefix {
                options.extend(first.variant().map(|variant| vec![TokenPattern::Key(variant)]));
            }
            places.push(options);
            rest = after;
        }
        places
    }

    fn hyphen_between(&self, left: &Part, right: &Part) -> bool {
        let word = |part: &Part| matches!(part.token.kind, Kind::Word | Kind::Number);
        let between = self.clean.get(left.token.end as usize..right.token.start as usize);
        word(left) && word(right) && !left.prefix && matches!(between, Some("-" | "\u{2010}" | "\u{2011}"))
    }

    /// The tag that is made of all tokens, where they can make one.
    fn joined_tag(&self) -> Option<String> {
        let joins =
            |part: &Part| !part.prefix && matches!(part.token.kind, Kind::Word | Kind::Number | Kind::Sign | Kind::Run);
        if !self.parts.iter().all(joins) {
            return None;
        }
        let name = self.parts.iter().flat_map(|part| part.key.chars()).filter(|c| !matches!(c, '\'' | '&' | '·'));
        let tag: String = std::iter::once('#').chain(name).collect();
        let mut tokens = Tokens::default();
        tokens.tokenize(&tag, 0);
        let [token] = tokens.as_slice() else { return None };
        let is_whole = token.kind == Kind::Tag && token.end as usize == tag.len();
        tokens.keys(token).next().filter(|_| is_whole).map(|key| key.text.to_string())
    }
}

impl Part {
    fn pattern(&self) -> TokenPattern {
        let key = self.key.clone();
        match self.token.kind {
            Kind::Run => TokenPattern::Run(key),
            _ if self.prefix => TokenPattern::Prefix(key),
            _ => TokenPattern::Key(key),
        }
    }

    /// The same word with or without its apostrophe.
    fn variant(&self) -> Option<String> {
        if self.token.kind != Kind::Word {
            return None;
        }
        if let Some(owner) = self.key.strip_suffix("'s")
            && !owner.contains('\'')
        {
            return Some(format!("{owner}s"));
        }
        CONTRACTIONS.iter().find_map(|&(with, without)| match self.key.as_str() {
            key if key == with => Some(without.to_string()),
            key if key == without => Some(with.to_string()),
            _ => None,
        })
    }
}

/// The text without wildcards and backslashes, and where in it a `*` stood.
fn without_wildcards(written: &str, form: Form) -> Result<(String, Vec<usize>), TermError> {
    let sign = match form {
        Form::Plain => None,
        Form::Tag => Some('#'),
        Form::Handle => Some('@'),
        Form::Cashtag => Some('$'),
    };
    let mut clean = String::with_capacity(written.len() + 1);
    if let Some(sign) = sign
        && !written.starts_with([sign, '＃', '＠'])
    {
        clean.push(sign);
    }
    let mut stars = Vec::new();
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('*' | '?' | '\\')) => clean.extend(chars.next()),
            '*' => stars.push(clean.len()),
            '?' => return Err(TermError::WildcardNotAtEnd { written: written.to_string(), sign: '?' }),
            _ => clean.push(c),
        }
    }
    Ok((clean, stars))
}

fn every_combination(places: &[Vec<Vec<TokenPattern>>]) -> Vec<Vec<TokenPattern>> {
    places.iter().fold(vec![Vec::new()], |rows, options| {
        rows.iter()
            .flat_map(|row| options.iter().map(move |option| row.iter().chain(option).cloned().collect()))
            .collect()
    })
}

fn one_variant_each(places: &[Vec<Vec<TokenPattern>>]) -> Vec<Vec<TokenPattern>> {
    let row = |varied: usize, option: usize| {
        let pick = |(at, options): (usize, &Vec<Vec<TokenPattern>>)| {
            options.get(if at == varied { option } else { 0 }).cloned().unwrap_or_default()
        };
        places.iter().enumerate().flat_map(pick).collect()
    };
    let varied = places.iter().enumerate().flat_map(|(at, options)| (1..options.len()).map(move |option| (at, option)));
    std::iter::once(row(usize::MAX, 0)).chain(varied.map(|(at, option)| row(at, option))).collect()
}

#[cfg(test)]
#[path = "term/tests.rs"]
mod tests;
