//! Words behind what people write to hide them: letters of other alphabets, digits and signs for letters, signs between
//! letters, stretched letters. A word's loose key is the same for all of these.
//!
//! ```text
//! Р 4 Y P \u{200B} @@ L     written
//! p a y p          a  l     drawn alike, one of each run
//! ```

use unicode_security::confusable_detection::skeleton;

use crate::fold::fold;
use crate::table::{Class, Table};

/// Fewest single letters in a row that are read as one word.
const ROW_LETTERS_MIN: usize = 3;

/// The loose key of a word. Case, accents, width, look-alikes, leet and how often a letter stands in a row do not
/// matter; `1`, `i`, `l`, `|` and `!` are one, and so are `m` and `rn`.
///
/// ```
/// use mon_text::loose::key;
///
/// assert_eq!(key("P4YP@L"), key("paypal"));
/// assert_eq!(key("раураl"), key("paypal"), "Cyrillic letters");
/// ```
pub fn key(word: &str) -> String {
    let mut key = Key::default();
    for c in word.chars() {
        key.push(c, false);
    }
    key.text
}

/// Gives the loose keys of all units of the text with their bytes: letters, digits and leet signs that stand together,
/// and three or more single letters with one and the same sign between them. A sign at the edge of a unit may belong to
/// it or not, so both are given, the longest first; so are capitals that are drawn like other letters than they are.
pub fn words(text: &str, mut found: impl FnMut(&str, u32, u32)) {
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if !is_inner(c) {
            at += c.len_utf8();
            continue;
        }
        let end = unit_end(text, at);
        unit(text, at, end, &mut found);
        at = end;
    }
    rows(text, &mut found);
}

/// A key while it is put together.
#[derive(Default)]
struct Key {
    text: String,
    /// The letter that came last, before `rn` became `m`.
    last: Option<char>,
}

impl Key {
    /// Adds what a character is drawn like. Where `drawn`, a capital is what it looks like rather than what it is small.
    fn push(&mut self, c: char, drawn: bool) {
        if c.is_ascii() {
            self.push_class(class(c.to_ascii_lowercase()));
            return;
        }
        if matches!(Table::get().class(c), Class::Mark | Class::Ignorable) {
            return;
        }
        for like in look(c, drawn).chars() {
            self.push_class(class(like));
        }
    }

    fn push_class(&mut self, c: char) {
        if self.last == Some(c) {
            return;
        }
        let joins = c == 'n' && self.last == Some('r');
        self.last = Some(c);
        let c = if joins && self.text.pop().is_some() { 'm' } else { c };
        if !self.text.ends_with(c) {
            self.text.push(c);
        }
    }
}

/// One letter for all that are taken for it.
const fn class(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | 'i' | '|' | '!' => 'l',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => c,
    }
}

/// The ASCII letters that a character looks like, else its fold without marks.
fn look(c: char, drawn: bool) -> String {
    let whole = c.to_string();
    let folded = fold(&whole);
    if folded.is_ascii() {
        return folded.into_owned();
    }
    if drawn && let Some(like) = prototype(&whole) {
        return like;
    }
    if let Some(like) = prototype(&folded) {
        return like;
    }
    // A small letter of another script whose capital alone looks like one of ours: `в` is `В` is `B`.
    let upper: String = folded.chars().flat_map(char::to_uppercase).collect();
    if let Some(like) = prototype(&upper) {
        return like;
    }
    let table = Table::get();
    fold(&skeleton(&folded).collect::<String>())
        .chars()
        .filter(|c| c.is_ascii() || table.class(*c) != Class::Mark)
        .collect()
}

/// The letters that it is drawn like, if they are ASCII.
fn prototype(letter: &str) -> Option<String> {
    let table = Table::get();
    let like: String = skeleton(letter).filter(|c| c.is_ascii() || table.class(*c) != Class::Mark).collect();
    let like = fold(&like).into_owned();
    (!like.is_empty() && like.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(like)
}

const fn is_leet(c: char) -> bool {
    matches!(c, '@' | '$' | '!' | '|' | '#')
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || (!c.is_ascii() && matches!(Table::get().class(c), Class::Letter | Class::Digit | Class::Run))
}

/// Marks and signs that are not seen: they are in a unit, and nothing of them is in its key.
fn is_silent(c: char) -> bool {
    !c.is_ascii() && matches!(Table::get().class(c), Class::Mark | Class::Ignorable)
}

fn is_inner(c: char) -> bool {
    is_leet(c) || is_letter(c)
}

/// The byte behind the last letter or sign of the unit that begins at `start`.
fn unit_end(text: &str, start: usize) -> usize {
    let mut end = start;
    for (at, c) in text.get(start..).unwrap_or_default().char_indices() {
        if is_inner(c) {
            end = start + at + c.len_utf8();
        } else if !is_silent(c) {
            break;
        }
    }
    end
}

/// Gives the keys of one unit with the signs at its edges and without them.
fn unit(text: &str, start: usize, end: usize, found: &mut impl FnMut(&str, u32, u32)) {
    let whole = text.get(start..end).unwrap_or_default();
    let is_edge = |c: char| is_leet(c) || is_silent(c);
    let inner = whole.trim_start_matches(is_edge);
    if inner.is_empty() {
        return;
    }
    let first = end - inner.len();
    let last = first + inner.trim_end_matches(is_leet).len();
    let mut give = |from: usize, to: usize| keys(text, from, to, found);
    give(start, end);
    if last < end {
        give(start, last);
    }
    if first > start {
        give(first, end);
        if last < end {
            give(first, last);
        }
    }
}

/// The stretch's key, and that of its capitals as they are drawn where it is another.
fn keys(text: &str, start: usize, end: usize, found: &mut impl FnMut(&str, u32, u32)) {
    let stretch = text.get(start..end).unwrap_or_default();
    let mut give = |key: &str| found(key, offset(start), offset(end));
    let plain = key(stretch);
    if stretch.chars().any(|c| !c.is_ascii() && c.is_uppercase()) {
        let mut drawn = Key::default();
        for c in stretch.chars() {
            drawn.push(c, true);
        }
        if drawn.text != plain {
            give(&drawn.text);
        }
    }
    give(&plain);
}

/// One single letter of a row: its bytes, without the marks on it.
#[derive(Clone, Copy)]
struct Letter {
    start: usize,
    end: usize,
    /// Behind what is silent.
    behind: usize,
}

/// Finds rows of single letters: `p.a.y`, `p a y`.
fn rows(text: &str, found: &mut impl FnMut(&str, u32, u32)) {
    let mut letters: Vec<Letter> = Vec::new();
    let mut at = 0;
    let mut glued = false;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let Some(first) = letter_at(text, at).filter(|_| !glued) else {
            glued = is_letter(c) || (glued && is_silent(c));
            at += c.len_utf8();
            continue;
        };
        letters.clear();
        letters.push(first);
        let sign = char_at(text, first.behind).filter(|c| !is_letter(*c));
        let mut last = first;
        while let Some(sign) = sign
            && char_at(text, last.behind) == Some(sign)
            && let Some(next) = letter_at(text, last.behind + sign.len_utf8())
        {
            letters.push(next);
            last = next;
        }
        give_row(text, &letters, found);
        // The last letter may begin another row, with another sign.
        at = if letters.len() > 1 { last.start } else { first.behind };
        glued = letters.len() == 1;
    }
}

/// The single letter at this byte: another one does not follow it.
fn letter_at(text: &str, start: usize) -> Option<Letter> {
    let mut chars = text.get(start..)?.char_indices();
    let (_, first) = chars.next().filter(|(_, c)| is_inner(*c) && *c != '#')?;
    let end = start + first.len_utf8();
    let next = chars.find(|(_, c)| !is_silent(*c));
    let behind = next.map_or(text.len(), |(at, _)| start + at);
    let single = next.is_none_or(|(_, c)| !is_letter(c));
    single.then_some(Letter { start, end, behind })
}

/// Gives the row, and what is left of it without the single word that may stand before or behind it: `I p a y`.
fn give_row(text: &str, letters: &[Letter], found: &mut impl FnMut(&str, u32, u32)) {
    let count = letters.len();
    for (first, last) in [(0, count), (0, count.saturating_sub(1)), (1, count), (1, count.saturating_sub(1))] {
        let Some(row) = letters.get(first..last).filter(|row| row.len() >= ROW_LETTERS_MIN) else { continue };
        let (Some(from), Some(to)) = (row.first(), row.last()) else { continue };
        let (mut plain, mut drawn) = (Key::default(), Key::default());
        for c in row.iter().filter_map(|letter| char_at(text, letter.start)) {
            plain.push(c, false);
            drawn.push(c, true);
        }
        let mut give = |key: &str| found(key, offset(from.start), offset(to.end));
        if drawn.text != plain.text {
            give(&drawn.text);
        }
        give(&plain.text);
    }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().next())
}

/// Texts over 4 GiB are never read so far.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{key, words};
    use proptest::prelude::*;

    /// The stretches of the text that have the wanted word's key.
    fn hits<'a>(text: &'a str, wanted: &str) -> Vec<&'a str> {
        let wanted = key(wanted);
        let mut found = Vec::new();
        words(text, |key, start, end| {
            if key == wanted {
                found.push(&text[start as usize..end as usize]);
            }
        });
        found
    }

    #[test]
    fn hidden_words_are_found() {
        let cases = [
            ("my paypal is gone", "paypal"),
            ("my раураl is gone", "раураl"),
            ("pаypаl!", "pаypаl"),
            ("P4YP4L", "P4YP4L"),
            ("PAYPA1", "PAYPA1"),
            ("p@yp@l", "p@yp@l"),
            ("pay\u{200B}pal", "pay\u{200B}pal"),
            ("paaaaypal", "paaaaypal"),
            ("ＰａｙＰａｌ", "ＰａｙＰａｌ"),
            ("РАУРАL", "РАУРАL"),
            ("ρaypal", "ρaypal"),
            ("𝓹𝓪𝔂𝓹𝓪𝓵", "𝓹𝓪𝔂𝓹𝓪𝓵"),
            ("ⓟⓐⓨⓟⓐⓛ", "ⓟⓐⓨⓟⓐⓛ"),
            ("páýpàl", "páýpàl"),
            ("p\u{336}a\u{336}y\u{336}pal", "p\u{336}a\u{336}y\u{336}pal"),
            ("go p.a.y.p.a.l now", "p.a.y.p.a.l"),
            ("go p a y p a l now", "p a y p a l"),
            ("I p a y p a l a lot", "p a y p a l"),
            ("p-4-y-p-4-1", "p-4-y-p-4-1"),
            ("p|a|y|p|a|l", "p|a|y|p|a|l"),
            ("@paypal", "paypal"),
            ("#paypal", "paypal"),
            ("(paypal)", "paypal"),
            ("paypal's", "paypal"),
        ];
        for (text, stretch) in cases {
            assert!(hits(text, "paypal").contains(&stretch), "{text}: {:?}", hits(text, "paypal"));
        }
        assert!(hits("$teve said", "steve").contains(&"$teve"));
        assert!(hits("$acme up", "acme").contains(&"acme"));
        assert!(hits("acme!", "acme").contains(&"acme"));
        assert!(hits("ВАNК", "bank").contains(&"ВАNК"));
        assert!(hits("ΝΙΚΕ", "nike").contains(&"ΝΙΚΕ"));
        assert!(hits("rnicrosoft", "microsoft").contains(&"rnicrosoft"));
    }

    #[test]
    fn other_words_are_not() {
        for text in ["pay pal", "paypals", "papal", "pay-pal", "p.a-y.p.a.l", "xp a y p a l", "p a y p al", ""] {
            assert!(hits(text, "paypal").is_empty(), "{text}: {:?}", hits(text, "paypal"));
        }
    }

    #[test]
    fn case_never_matters() {
        for (left, right) in
            [("Москва", "МОСКВА"), ("straße", "STRASSE"), ("Ελλάδα", "ΕΛΛΑΔΑ"), ("Ödön", "ÖDÖN"), ("MMM", "m")]
        {
            assert_eq!(key(left), key(right), "{left}");
            assert_eq!(key(left), key(&left.to_lowercase()), "{left}");
        }
        assert_ne!(key("тест"), key("текст"));
        assert_ne!(key("東京"), key("京都"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn units_lie_in_the_text(text in prop_oneof![any::<String>(), "[aAbрВ1@$!|#. \u{200B}\u{301}漢_-]{0,24}"]) {
            words(&text, |key, start, end| {
                let stretch = text.get(start as usize..end as usize).expect("on character borders");
                assert!(!stretch.is_empty());
                assert!(!key.contains(|c: char| c.is_ascii_uppercase()), "{key}");
            });
        }

        #[test]
        fn a_word_is_its_own_unit(word in "[a-z]{3,12}", before in "[ (\"]{0,2}", behind in "[ .,)!]{0,2}") {
            let text = format!("{before}{word}{behind}");
            prop_assert!(hits(&text, &word).contains(&word.as_str()));
        }

        #[test]
        fn a_key_of_ascii_is_its_own_key(word in "[a-zA-Z0-9@$!|]{0,16}") {
            let once = key(&word);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn letters_may_be_parted_and_stretched(word in "[a-z]{3,8}", sign in "[ .*·~-]") {
            let parted: Vec<String> = word.chars().map(String::from).collect();
            let parted = parted.join(&sign);
            prop_assert!(hits(&parted, &word).contains(&parted.as_str()), "{}", parted);
            let stretched: String = word.chars().flat_map(|c| [c, c, c]).collect();
            prop_assert_eq!(key(&stretched), key(&word));
        }
    }
}
