//! A text made searchable for literals, with a map back to the text as it was written. What is found is shown where it
//! stands, so a stretch that would cut a grapheme is none.
//!
//! ```text
//! original  S  t  r  a  ß  e        borders  (0,0) (1,1) (2,2) (3,3) (4,4) (6,6) (7,7)
//! folded    s  t  r  a  s s  e               none where all stands where it stood
//! ```

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::fold::fold;
use crate::table::{Class, Table};

/// Invisible signs that are looked over to find a neighbour.
const INVISIBLE_CHARS_MAX: usize = 8;

/// A grapheme is put together with what stands before it up to this length; what is longer was made to be slow.
const JOINED_BYTES_MAX: usize = 128;

/// A border of graphemes: the byte in the searchable text, and in the original.
type Border = (usize, u32);

/// A text made searchable.
#[derive(Clone, Debug)]
pub struct Plain<'a> {
    text: Cow<'a, str>,
    /// Borders of all graphemes in order; none where every byte stands where it stood.
    moved: Option<Vec<Border>>,
}

impl<'a> Plain<'a> {
    /// The text in NFC, for literals that keep case, accents and punctuation.
    pub fn nfc(text: &'a str) -> Self {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        if text.is_ascii() || nfc.is_normalized(text) {
            return Self { text: Cow::Borrowed(text), moved: None };
        }
        Self::by_grapheme(text, |grapheme| nfc.normalize(grapheme))
    }

    /// The text folded, for letters wherever they stand.
    ///
    /// ```
    /// use mon_text::literal::Plain;
    ///
    /// let plain = Plain::folded("Die Straße");
    /// let at = plain.text().find("strasse").unwrap();
    /// assert_eq!(plain.place(at, at + 7), Some((4, 11)));
    /// assert_eq!(plain.place(at, at + 5), None, "half of the ß");
    /// ```
    pub fn folded(text: &'a str) -> Self {
        if text.is_ascii() {
            return Self { text: fold(text), moved: None };
        }
        Self::by_grapheme(text, fold)
    }

    fn by_grapheme(text: &'a str, made: impl for<'b> Fn(&'b str) -> Cow<'b, str>) -> Self {
        let mut out = String::with_capacity(text.len());
        let mut borders = Vec::new();
        let mut shifts = false;
        for (at, grapheme) in text.grapheme_indices(true) {
            let end = at + grapheme.len();
            let made_alone = made(grapheme);
            if let Some((place, joined)) = joined(text, end, &made_alone, &out, &borders, &made) {
                out.truncate(borders.get(place).map_or(0, |border: &Border| border.0));
                out.push_str(&joined);
                borders.truncate(place + 1);
                shifts = true;
                continue;
            }
            borders.push((out.len(), offset(at)));
            // Two letters for one may take as many bytes as it did, and one for one may lean where it did not.
            shifts |= made_alone.len() != grapheme.len()
                || (made_alone != grapheme
                    && (made_alone.chars().nth(1).is_some() || made_alone.chars().next().is_some_and(leans)));
            out.push_str(&made_alone);
        }
        borders.push((out.len(), offset(text.len())));
        let text = if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) };
        Self { text, moved: shifts.then_some(borders) }
    }

    /// What to search in.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The original bytes of the stretch; none where it is empty or cuts a grapheme.
    pub fn place(&self, start: usize, end: usize) -> Option<(u32, u32)> {
        if start >= end {
            return None;
        }
        let Some(moved) = &self.moved else {
            let is_border = |at| GraphemeCursor::new(at, self.text.len(), true).is_boundary(&self.text, 0) == Ok(true);
            let inside = self.text.get(start..end).is_some() && is_border(start) && is_border(end);
            return inside.then(|| (offset(start), offset(end)));
        };
        // Signs that left nothing behind share a byte: the stretch takes none of those at its edges.
        let from = moved.get(moved.partition_point(|(at, _)| *at <= start).checked_sub(1)?)?;
        let to = moved.get(moved.partition_point(|(at, _)| *at < end))?;
        (from.0 == start && to.0 == end).then_some((from.1, to.1))
    }
}

/// Where what was made of a grapheme melts into what stands before it: the place of that one's border, and what the two
/// make together. Graphemes that are apart as written may meet: an accent behind a sign that goes, half-width jamo.
fn joined(
    text: &str,
    end: usize,
    made_alone: &str,
    out: &str,
    borders: &[Border],
    made: &impl for<'b> Fn(&'b str) -> Cow<'b, str>,
) -> Option<(usize, String)> {
    made_alone.chars().next().filter(|c| leans(*c))?;
    let place = borders.iter().rposition(|(at, _)| *at < out.len())?;
    let &(out_at, from) = borders.get(place)?;
    let pair = text.get(from as usize..end).filter(|pair| pair.len() <= JOINED_BYTES_MAX)?;
    let together = made(pair);
    let apart = out.get(out_at..)?.len() + made_alone.len();
    let is_apart =
        together.len() == apart && together.ends_with(made_alone) && together.starts_with(out.get(out_at..)?);
    (!is_apart).then(|| (place, together.into_owned()))
}

/// Whether a letter may become one with the letter before it: marks, vowels and ends of Korean syllables.
fn leans(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}')
        || (!c.is_ascii() && Table::get().class(c) == Class::Mark)
}

/// Whether the literal that was found at `start..end` is no part of something longer: where it begins or ends with a
/// letter or digit, no letter, digit or `_` stands beside it. Scripts without spaces have no such borders.
pub fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let (Some(before), Some(found), Some(behind)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return false;
    };
    let first = found.chars().find(|c| !is_invisible(*c));
    let last = found.chars().rev().find(|c| !is_invisible(*c));
    !glued(first, before.chars().rev()) && !glued(last, behind.chars())
}

fn glued(edge: Option<char>, beside: impl Iterator<Item = char>) -> bool {
    let neighbour = beside.take(INVISIBLE_CHARS_MAX).find(|c| !is_invisible(*c));
    edge.is_some_and(is_letter) && neighbour.is_some_and(|c| c == '_' || is_letter(c))
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || (!c.is_ascii() && matches!(Table::get().class(c), Class::Letter | Class::Digit | Class::Mark))
}

fn is_invisible(c: char) -> bool {
    !c.is_ascii() && Table::get().class(c) == Class::Ignorable
}

/// Texts over 4 GiB are never read so far.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Plain, stands_alone};
    use crate::fold;
    use proptest::prelude::*;
    use std::borrow::Cow;

    #[test]
    fn what_is_found_is_shown_where_it_stands() {
        let cases = [
            ("Watergate!", "gate", Some("gate")),
            ("CAFÉ au lait", "cafe", Some("CAFÉ")),
            ("cafe\u{301}s", "fes", Some("fe\u{301}s")),
            ("cafe\u{301}s", "cafe", Some("cafe\u{301}")),
            ("Straße", "trass", Some("traß")),
            ("Straße", "tras", None),
            ("ｇａｔｅ way", "gate", Some("ｇａｔｅ")),
            ("pay\u{200B}pal", "yp", Some("y\u{200B}p")),
            ("\u{200B}pay\u{200B}", "pay", Some("pay")),
            ("東京都", "京", Some("京")),
            ("a\r\nb", "\n", None),
            ("ㄷￚ", "드", Some("ㄷￚ")),
            ("최악이야ㅠㅠ", "최악이야", Some("최악이야")),
            ("cafe\u{200B}\u{301}s", "cafe", Some("cafe\u{200B}\u{301}")),
        ];
        for (text, wanted, found) in cases {
            let plain = Plain::folded(text);
            let at = plain.text().find(wanted).unwrap_or_else(|| panic!("{wanted} in {text}"));
            let place = plain.place(at, at + wanted.len());
            assert_eq!(place.map(|(start, end)| &text[start as usize..end as usize]), found, "{wanted} in {text}");
        }
    }

    #[test]
    fn a_literal_keeps_case_and_accents() {
        let plain = Plain::nfc("un cafe\u{301}");
        assert_eq!(plain.text(), "un café");
        assert_eq!(plain.place(3, 8), Some((3, 9)));
        assert_eq!(plain.place(3, 6), Some((3, 6)));
        assert_eq!(plain.place(3, 7), None, "inside a character");
        assert_eq!(Plain::nfc("Été").place(0, 2), Some((0, 2)));
    }

    #[test]
    fn nothing_is_copied_where_nothing_changes() {
        assert!(matches!(Plain::nfc("Café 漢").text, Cow::Borrowed(_)));
        assert!(matches!(Plain::folded("plain text").text, Cow::Borrowed(_)));
        assert!(Plain::folded("ASCII Text").moved.is_none());
    }

    #[test]
    fn a_literal_stands_alone_beside_signs_and_spaces() {
        let cases = [
            ("I speak Polish.", "Polish", true),
            ("Polishing", "Polish", false),
            ("nonPolish", "Polish", false),
            ("Polish_", "Polish", false),
            ("Polish2", "Polish", false),
            ("in C++11", "C++", true),
            ("ABC++", "C++", false),
            ("(AT&T)", "AT&T", true),
            ("AT&TV", "AT&T", false),
            ("Polish\u{301}", "Polish", false),
            ("co\u{AD}op", "co", false),
            ("iPhoneが", "iPhone", true),
            ("東京都", "京都", true),
            ("!?x", "!?", true),
        ];
        for (text, literal, alone) in cases {
            let at = text.find(literal).expect(literal);
            assert_eq!(stands_alone(text, at, at + literal.len()), alone, "{literal} in {text}");
        }
        assert!(!stands_alone("é", 1, 2), "not on a character's border");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn places_are_stretches_of_the_original(text in any::<String>(), from in any::<prop::sample::Index>()) {
            for plain in [Plain::nfc(&text), Plain::folded(&text)] {
                let (start, end) = (from.index(plain.text().len() + 1), plain.text().len());
                if let Some((from, to)) = plain.place(start, end) {
                    let original = text.get(from as usize..to as usize);
                    prop_assert!(original.is_some());
                    let again = original.map(|text| fold(text).into_owned());
                    prop_assert_eq!(again, Some(fold(&plain.text()[start..end]).into_owned()));
                }
                prop_assert!(plain.place(0, end).is_some() || end == 0 || fold(plain.text()).is_empty());
            }
        }

        #[test]
        fn folding_by_grapheme_folds_all(text in prop_oneof![any::<String>(), "[aé가ㄱㄳㅏㅠￚﾡ\u{200B}\u{301}\u{20d0}१]{0,8}"]) {
            let once = Plain::folded(&text).text().to_string();
            let twice = Plain::folded(&once).text().to_string();
            prop_assert_eq!(twice, once);
        }
    }
}
