//! What a foreign word or phrase becomes: a plain term where Mon folds as the other tool does, `exact` where the other tool
//! keeps accents or signs, distances where a phrase may be loose. Each difference is a reason of its note.

use mon_grammar::Span;
use mon_text::term::{self, TermError, alternatives};
use mon_text::{Kind as TokenKind, Tokens};

use super::meaning::Mon;
use super::translate::Translator;
use super::tree::{Form, Text, has_wildcard, without_escapes};
use super::{Dialect, Verdict};

/// Words of one loose phrase of which each pair is compared; a longer one compares neighbours.
const PAIRS_OF_MAX: usize = 4;

/// Why a word takes more posts than before, or may miss some.
#[derive(Default)]
pub(super) struct Reasons {
    wider: Vec<&'static str>,
    narrower: Vec<&'static str>,
}

impl Reasons {
    fn wider(&mut self, why: &'static str) {
        if !self.wider.contains(&why) {
            self.wider.push(why);
        }
    }

    fn narrower(&mut self, why: &'static str) {
        if !self.narrower.contains(&why) {
            self.narrower.push(why);
        }
    }

    pub fn verdict(&self, otherwise: &str) -> (Verdict, String) {
        match (self.narrower.as_slice(), self.wider.as_slice()) {
            ([], []) => (Verdict::Exact, otherwise.to_owned()),
            ([], wider) => (Verdict::Wider, wider.join("; ")),
            (narrower, []) => (Verdict::Narrower, narrower.join("; ")),
            (narrower, wider) => (Verdict::Narrower, format!("{}; {}", narrower.join("; "), wider.join("; "))),
        }
    }
}

impl Translator<'_> {
    pub fn text(&mut self, text: &Text, span: Span) -> Mon {
        let mut reasons = Reasons::default();
        let plain = without_escapes(&text.text);
        if !has_tokens(&plain.replace(['*', '?'], " ")) && text.form != Form::Regex {
            return self.hole(span, "word", "there is no letter, digit or emoji in it to look for");
        }
        let (operator, said, mon) = match text.form {
            Form::Word | Form::Quoted if self.is_small_operator(&plain) => {
                let why = "in small letters the tool reads it as a word to look for, and so is it here";
                ("small-letter operator", why, self.plain(text, &mut reasons))
            }
            Form::Word => (word_operator(&text.text), "found in the same spellings", self.plain(text, &mut reasons)),
            Form::Quoted => ("quotes", "the same words in a row", self.plain(text, &mut reasons)),
            Form::Slop(gap) => ("slop", "the same distances", self.slop(&plain, gap, &mut reasons)),
            Form::Capitals => ("{}", "capitals as written", exactly(&text.text, &mut reasons)),
            Form::Raw => ("raw", "signs and capitals as written", exactly(&text.text, &mut reasons)),
            Form::Part => {
                reasons.wider("also with other accents");
                ("contains", "", Mon::Term(format!("part {}", quoted(&text.text))))
            }
            Form::Fuzzy(edits) => ("fuzzy", "as many letters may differ", self.fuzzy(text, edits, &mut reasons)),
            Form::Regex => return self.regex(&text.text, span),
        };
        let folded = match text.form {
            Form::Part | Form::Slop(_) => false,
            Form::Capitals | Form::Raw => has_wildcard(&text.text),
            _ => true,
        };
        match alternatives(term::Form::Plain, &text.text) {
            Err(TermError::TooFewLetters { .. }) if folded => {
                return self.hole(span, operator, "so few letters beside a wildcard are in nearly every text");
            }
            Err(error) if folded => return self.hole(span, operator, &error.to_string()),
            _ => {}
        }
        let (verdict, reason) = reasons.verdict(said);
        let became = super::write::shown(&mon);
        self.note(span, operator, became, verdict, reason);
        mon
    }

    fn is_small_operator(&self, text: &str) -> bool {
        self.dialect != Dialect::Lucene && (matches!(text, "and" | "or" | "not") || text.starts_with("near/"))
    }

    /// A word or a phrase.
    fn plain(&self, text: &Text, reasons: &mut Reasons) -> Mon {
        let wildcard = has_wildcard(&text.text);
        if self.dialect == Dialect::Brandwatch && text.form == Form::Quoted && wildcard {
            reasons.wider("a wildcard in quotes is one here, which Brandwatch does not expand");
        }
        self.spelling(&text.text, reasons)
    }

    /// The term for a spelling.
    fn spelling(&self, text: &str, reasons: &mut Reasons) -> Mon {
        let wildcard = has_wildcard(text);
        let keeps_accents = accented(text);
        if let Some(entity) = entity(text) {
            if self.dialect != Dialect::Brandwatch && text.starts_with('#') && !text.is_ascii() {
                reasons.wider("also with other accents");
            }
            return Mon::Term(entity);
        }
        if wildcard && keeps_accents {
            reasons.wider("also without the accents");
            return Mon::Term(quoted(text));
        }
        if keeps_accents || (self.dialect == Dialect::Brandwatch && !wildcard && has_kept_sign(text)) {
            return self.kept(text, reasons);
        }
        self.folded_reasons(text, reasons);
        Mon::Term(quoted(text))
    }

    /// What a plain term takes beyond what the other tool takes.
    fn folded_reasons(&self, text: &str, reasons: &mut Reasons) {
        let plain = without_escapes(text);
        let kinds = kinds(&plain.replace(['*', '?'], ""));
        let counted = kinds.iter().filter(|kind| kind.counted()).count();
        if self.dialect != Dialect::Brandwatch && plain.chars().any(|letter| letter.is_ascii_alphabetic()) {
            reasons.wider("also with accents, which the tool does not fold");
        }
        if plain.chars().any(is_folded_elsewhere) {
            reasons.wider("also in other spellings of its letters, which the tool may keep apart");
        }
        if kinds.contains(&TokenKind::Run) {
            reasons.wider("found wherever these signs stand together, not only as a word");
        }
        if kinds.contains(&TokenKind::Emoji) {
            reasons.wider("also in other skin tones");
        }
        if plain.contains(['\'', '’']) {
            reasons.wider("with and without the apostrophe");
        } else if plain.contains('-') && counted > 1 {
            reasons.wider("also written as one word");
        } else if counted == 1 && alternatives(term::Form::Plain, &plain).is_ok_and(|rows| rows.len() > 2) {
            reasons.wider("also with an apostrophe");
        }
        if counted > 1 && !has_wildcard(text) {
            reasons.wider("also the tag that is made of the words");
        }
    }

    /// A phrase whose accents and signs count: each such word in the usual capitals, the other words folded.
    fn kept(&self, text: &str, reasons: &mut Reasons) -> Mon {
        let mut row: Vec<Mon> = Vec::new();
        let mut folded: Vec<&str> = Vec::new();
        let flush = |folded: &mut Vec<&str>, row: &mut Vec<Mon>| {
            // Signs alone are no words: nothing can be looked for between two of the other kind.
            if folded.iter().any(|word| has_tokens(word)) {
                row.push(Mon::Term(quoted(&folded.join(" "))));
            }
            folded.clear();
        };
        for word in text.split_whitespace() {
            if !(accented(word) || has_kept_sign(word)) {
                folded.push(word);
                continue;
            }
            flush(&mut folded, &mut row);
            let cases = cases(word);
            if cases.len() > 1 {
                reasons.narrower("found in small letters, with a first capital and in capitals, not in other mixtures");
            }
            row.push(Mon::Any(cases.iter().map(|case| Mon::Term(format!("exact {}", quoted(case)))).collect()));
        }
        flush(&mut folded, &mut row);
        if self.dialect != Dialect::Brandwatch && row.len() > 1 {
            reasons.wider("the other words also with accents");
        }
        if row.len() == 1 { row.swap_remove(0) } else { Mon::Row(row) }
    }

    /// `"a b"~5`.
    fn slop(&self, text: &str, gap: u32, reasons: &mut Reasons) -> Mon {
        let words: Vec<&str> = text.split_whitespace().filter(|word| has_tokens(word)).collect();
        let terms: Vec<Mon> = words.iter().map(|word| self.spelling(&literal(word), reasons)).collect();
        if terms.len() < 2 {
            return terms.into_iter().next().unwrap_or(Mon::Const(true));
        }
        if terms.len() > 2 {
            reasons.wider("the words are compared in pairs, which may stand apart from each other");
        }
        let near = |apart: usize, left: &Mon, right: &Mon| self.loose_pair(gap, apart, left, right);
        let mut all = Vec::new();
        for (at, left) in terms.iter().enumerate() {
            for (other, right) in terms.iter().enumerate().skip(at + 1) {
                if other == at + 1 || terms.len() <= PAIRS_OF_MAX {
                    all.push(near(other - at, left, right));
                }
            }
        }
        if all.len() == 1 { all.swap_remove(0) } else { Mon::All(all) }
    }

    /// Two words of a loose phrase that are `apart` words from each other in it.
    fn loose_pair(&self, gap: u32, apart: usize, left: &Mon, right: &Mon) -> Mon {
        let pair = |gap, ordered, left: &Mon, right: &Mon| Mon::Near {
            gap,
            ordered,
            left: Box::new(left.clone()),
            right: Box::new(right.clone()),
        };
        if self.dialect == Dialect::Brandwatch {
            return pair(gap, false, left, right);
        }
        // A phrase is moved together in steps: a word that stands before the other one has taken two to pass it.
        let apart = u32::try_from(apart).unwrap_or(u32::MAX);
        let forward = pair(gap.saturating_add(apart - 1), true, left, right);
        match gap.checked_sub(apart.saturating_add(1)) {
            Some(back) => Mon::Any(vec![forward, pair(back, true, right, left)]),
            None => forward,
        }
    }

    fn fuzzy(&self, text: &Text, edits: Option<f64>, reasons: &mut Reasons) -> Mon {
        let letters = text.text.chars().count();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to 0 to 2")]
        #[expect(clippy::cast_precision_loss, reason = "a word is short")]
        let edits = match edits {
            None => 2,
            Some(share) if share > 0.0 && share < 1.0 => ((1.0 - share) * letters as f64).clamp(0.0, 2.0) as u32,
            Some(edits) => edits.clamp(0.0, 2.0) as u32,
        };
        if self.dialect == Dialect::Brandwatch {
            reasons.wider("`~` behind a word makes it fuzzy, which is seldom meant");
        }
        if edits == 0 || has_wildcard(&text.text) {
            return self.spelling(&text.text, reasons);
        }
        let fits = |edits: u32| {
            let form = term::Form::Fuzzy(u8::try_from(edits).unwrap_or(u8::MAX));
            alternatives(form, &text.text).is_ok()
        };
        let Some(fitting) = (1..=edits).rev().find(|edits| fits(*edits)) else {
            reasons.narrower("only as it is written: so short a word has too many neighbours");
            return self.spelling(&text.text, reasons);
        };
        if fitting < edits {
            reasons.narrower("one letter may differ in so short a word, not two");
        }
        let edits = fitting;
        reasons.wider("accents do not count as differences");
        Mon::Term(format!("{}~{edits}", quoted(&text.text)))
    }

    fn regex(&mut self, text: &str, span: Span) -> Mon {
        if text.trim().is_empty() || text.contains(['\n', '\r']) {
            return self.hole(span, "regex", "an expression of Mon stands on one line and is not empty");
        }
        let mut escaped = false;
        let unknown = text.chars().find(|letter| {
            let found = !escaped && matches!(letter, '~' | '&' | '<' | '>' | '@' | '#' | '"');
            escaped = *letter == '\\' && !escaped;
            found
        });
        if let Some(sign) = unknown {
            let reason = format!("`{sign}` is an operator of Lucene's expressions that no other has");
            return self.hole(span, "regex", &reason);
        }
        if !crate::matching::regex(text).is_ok_and(|known| !known.is_match("")) {
            return self.hole(
                span,
                "regex",
                "Mon has no such expression: none that looks around, goes back or finds nothing",
            );
        }
        let mon = Mon::Term(format!("/\\b({})\\b/", text.replace('/', "\\/")));
        let reason = "searched in the whole text, so that `.` also takes spaces".to_owned();
        self.note(span, "regex", super::write::shown(&mon), Verdict::Wider, reason);
        mon
    }
}

fn word_operator(text: &str) -> &'static str {
    match text.chars().next() {
        Some('#') => "#",
        Some('@') => "@",
        Some('$') => "$",
        _ if has_wildcard(text) => "wildcard",
        _ => "word",
    }
}

/// A text whose letters, signs and capitals all count.
fn exactly(text: &str, reasons: &mut Reasons) -> Mon {
    if has_wildcard(text) {
        reasons.wider("also in other capitals, since a wildcard stands in it");
        return Mon::Term(quoted(text));
    }
    if text.split_whitespace().count() > 1 {
        reasons.narrower("the words with one blank between them");
    }
    Mon::Term(format!("exact {}", quoted(text)))
}

/// `#acme`, `@acme`, `$ACME` as Mon writes them, where they are such.
pub(super) fn entity(text: &str) -> Option<String> {
    let form = match text.chars().next()? {
        '#' => term::Form::Tag,
        '@' => term::Form::Handle,
        '$' => term::Form::Cashtag,
        _ => return None,
    };
    if has_wildcard(text) {
        return Some(quoted(text));
    }
    let fits = alternatives(form, text).is_ok() && !text.contains(['\\', '·']);
    fits.then(|| text.to_owned())
}

/// Greek, Cyrillic, Hebrew, Arabic and Hangul letters, of which several spellings or joined syllables are one here.
const fn is_folded_elsewhere(letter: char) -> bool {
    matches!(letter, 'α'..='ω' | 'Α'..='Ω' | 'е' | 'ё' | 'Е' | 'Ё' | '\u{590}'..='\u{6FF}' | '\u{AC00}'..='\u{D7A3}')
}

/// Latin or Greek letters that are more than the bare letter.
fn accented(text: &str) -> bool {
    text.chars().any(|letter| {
        let extended = matches!(letter, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | 'ά'..='ώ' | 'Ά'..='Ώ');
        letter.is_alphabetic() && extended && mon_text::fold(&letter.to_string()) != letter.to_lowercase().to_string()
    })
}

/// Signs that Brandwatch searches for and a plain term does not.
fn has_kept_sign(text: &str) -> bool {
    without_escapes(text).contains(['%', '|', '/', '!', '+', '€', '£', '¥']) || text.contains("\\?")
}

/// A word in the capitals that people write it in.
fn cases(word: &str) -> Vec<String> {
    let lower = word.to_lowercase();
    let mut letters = lower.chars();
    let capital: String = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let mut out: Vec<String> = Vec::new();
    for case in [word.to_owned(), lower, capital, word.to_uppercase()] {
        if !out.contains(&case) {
            out.push(case);
        }
    }
    out
}

fn kinds(text: &str) -> Vec<TokenKind> {
    let mut tokens = Tokens::default();
    tokens.tokenize(text, 0);
    tokens.iter().map(|token| token.kind).collect()
}

fn has_tokens(text: &str) -> bool {
    !kinds(text).is_empty()
}

/// A text without wildcards as one whose signs are escaped.
pub(super) fn literal(text: &str) -> String {
    text.replace('*', "\\*").replace('?', "\\?")
}

/// A text in Mon's quotes; `\*` and `\?` stay escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if matches!(letters.peek(), Some('*' | '?')) => out.push('\\'),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' | '\r' | '\t' => out.push(' '),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
