//! Sentences, lines and paragraphs of a text. They cover it without a gap, so that every match lies in one, and a stretch
//! between two matches tells whether they share it.

use unicode_segmentation::UnicodeSegmentation;

/// What a scope is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// As Unicode cuts sentences; a line's end is a sentence's too, and an abbreviation's dot is none.
    Sentence,
    Line,
    /// Lines up to an empty one.
    Paragraph,
}

/// Words whose dot ends no sentence, in small letters, without their last dot.
const ABBREVIATIONS: [&str; 49] = [
    "adm", "approx", "bsp", "bspw", "bzgl", "bzw", "ca", "cf", "col", "d.h", "dr", "dra", "e.g", "etc", "evtl", "fig",
    "gen", "ggf", "gov", "i.e", "inkl", "jr", "mio", "mlle", "mme", "mr", "mrs", "ms", "p.ej", "ph.d", "prof", "pág",
    "rev", "sen", "sgt", "sog", "sr", "sra", "st", "sta", "str", "u.a", "u.s", "usw", "v.a", "vgl", "vs", "z.b",
    "zzgl",
];

/// The same where a number follows.
const BEFORE_NUMBERS: [&str; 7] = ["art", "no", "nos", "nr", "p", "pp", "vol"];

/// Bytes of the longest abbreviation, and a few more for the word before it that is looked at.
const ABBREVIATION_BYTES_MAX: usize = 16;

/// Gives the byte ranges of all units of the text, which follow one another from its beginning to its end.
///
/// ```
/// use mon_text::units::{Unit, units};
///
/// let text = "It broke. Dr. Who came.";
/// let mut found = Vec::new();
/// units(text, Unit::Sentence, |start, end| found.push(&text[start as usize..end as usize]));
/// assert_eq!(found, ["It broke. ", "Dr. Who came."]);
/// ```
pub fn units(text: &str, unit: Unit, mut found: impl FnMut(u32, u32)) {
    let mut start = 0;
    let mut give = |end: usize| {
        if end > start {
            found(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
            start = end;
        }
    };
    match unit {
        Unit::Sentence => sentences(text, &mut give),
        Unit::Line => lines(text, |end, _| give(end)),
        Unit::Paragraph => paragraphs(text, &mut give),
    }
    give(text.len());
}

/// A longer stretch without an end is cut here, at a space where there is one: where a sentence ends depends on what
/// follows, and looking ahead again and again through a text that has no end would take its length squared.
const SENTENCE_BYTES_MAX: usize = 2_048;

fn sentences(text: &str, end_at: &mut impl FnMut(usize)) {
    let mut from = 0;
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let piece = piece(rest);
        for (at, sentence) in piece.split_sentence_bound_indices() {
            let end = from + at + sentence.len();
            if !goes_on(sentence, text.get(end..).unwrap_or_default()) {
                end_at(end);
            }
        }
        from += piece.len();
        end_at(from);
    }
}

/// The beginning of a text up to its first line break, at most [`SENTENCE_BYTES_MAX`] of it.
fn piece(text: &str) -> &str {
    let reach = text.get(..text.floor_char_boundary(SENTENCE_BYTES_MAX)).unwrap_or(text);
    let line = reach.find('\n').map(|at| at + 1);
    let end = line.or_else(|| {
        let space =
            reach.rfind(char::is_whitespace).and_then(|at| Some(at + reach.get(at..)?.chars().next()?.len_utf8()));
        (reach.len() < text.len()).then(|| space.unwrap_or(reach.len()))
    });
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// Whether what Unicode takes for the end of a sentence is the dot of an abbreviation.
fn goes_on(sentence: &str, behind: &str) -> bool {
    if sentence.ends_with(is_break) {
        return false;
    }
    let Some(sentence) = sentence.trim_end().strip_suffix('.') else { return false };
    let is_part = |c: &char| c.is_alphanumeric() || *c == '.';
    let bytes: usize =
        sentence.chars().rev().take_while(is_part).take(ABBREVIATION_BYTES_MAX).map(char::len_utf8).sum();
    let word = sentence.get(sentence.len() - bytes..).unwrap_or_default();
    let lower = word.to_lowercase();
    let mut letters = word.chars();
    let is_initial = letters.next().is_some_and(|c| c.is_uppercase() && c != 'I') && letters.next().is_none();
    is_initial
        || ABBREVIATIONS.contains(&lower.as_str())
        || (BEFORE_NUMBERS.contains(&lower.as_str()) && behind.starts_with(char::is_numeric))
}

const fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Gives the byte behind each break with the break itself; `\r\n` is one.
fn lines(text: &str, mut end_at: impl FnMut(usize, char)) {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if is_break(c) && !(c == '\r' && matches!(chars.peek(), Some((_, '\n')))) {
            end_at(at + c.len_utf8(), c);
        }
    }
}

fn paragraphs(text: &str, end_at: &mut impl FnMut(usize)) {
    // Empty lines belong to the paragraph before them, those at the beginning to the first.
    let (mut start, mut seen, mut empty) = (0, false, false);
    lines(text, |end, sign| {
        let line = text.get(start..end).unwrap_or_default();
        let is_empty = line.trim().is_empty();
        if !is_empty && seen && empty {
            end_at(start);
        }
        (seen, empty) = (seen || !is_empty, is_empty);
        if sign == '\u{2029}' {
            end_at(end);
            (seen, empty) = (false, false);
        }
        start = end;
    });
    if seen && empty && !text.get(start..).unwrap_or_default().trim().is_empty() {
        end_at(start);
    }
}

#[cfg(test)]
mod tests {
    use super::{ABBREVIATIONS, Unit, units};
    use proptest::prelude::*;

    fn cut(text: &str, unit: Unit) -> Vec<&str> {
        let mut found = Vec::new();
        units(text, unit, |start, end| found.push(&text[start as usize..end as usize]));
        found
    }

    #[test]
    fn a_stretch_without_an_end_is_cut() {
        let text = format!("aa bb.{}!", " ".repeat(10_000));
        let found = cut(&text, Unit::Sentence);
        assert!(found.iter().all(|sentence| sentence.len() <= super::SENTENCE_BYTES_MAX), "{}", found.len());
        assert_eq!(found.concat().len(), 10_007);
        let text = "long word ".repeat(1_000);
        let found = cut(&text, Unit::Sentence);
        assert!(found.len() == 5 && found.iter().all(|sentence| sentence.ends_with(' ')), "{found:?}");
    }

    #[test]
    fn sentences_end_where_readers_end_them() {
        let cases: [(&str, &[&str]); 20] = [
            ("It broke. Again!", &["It broke. ", "Again!"]),
            ("Really?! Yes.", &["Really?! ", "Yes."]),
            ("Mr. Bean met Mrs. May.", &["Mr. Bean met Mrs. May."]),
            ("Das ist z.B. Glück. Ende", &["Das ist z.B. Glück. ", "Ende"]),
            ("Apple vs. Samsung", &["Apple vs. Samsung"]),
            ("Tools, e.g. Mon. Good.", &["Tools, e.g. Mon. ", "Good."]),
            ("El Sr. López llegó.", &["El Sr. López llegó."]),
            ("No. I won't.", &["No. ", "I won't."]),
            ("No. 5 is alive.", &["No. 5 is alive."]),
            ("J. K. Rowling wrote.", &["J. K. Rowling wrote."]),
            ("So do I. Then go.", &["So do I. ", "Then go."]),
            ("Version 2.0 is out", &["Version 2.0 is out"]),
            ("one\ntwo", &["one\n", "two"]),
            ("Dr.\nWho", &["Dr.\n", "Who"]),
            ("a\r\nb", &["a\r\n", "b"]),
            ("壊れた。また？", &["壊れた。", "また？"]),
            ("Wow 🔥 great. ok", &["Wow 🔥 great. ok"]),
            ("He said \"Stop.\" Then left.", &["He said \"Stop.\" ", "Then left."]),
            ("यह टूटा। फिर", &["यह टूटा। ", "फिर"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text, Unit::Sentence), expected, "{text}");
        }
    }

    #[test]
    fn lines_end_at_every_break() {
        let text = "a\nb\r\nc\rd\u{85}e\u{2028}f\u{2029}g";
        assert_eq!(cut(text, Unit::Line), ["a\n", "b\r\n", "c\r", "d\u{85}", "e\u{2028}", "f\u{2029}", "g"]);
        assert_eq!(cut("a\n\n", Unit::Line), ["a\n", "\n"]);
    }

    #[test]
    fn paragraphs_end_at_empty_lines() {
        let cases: [(&str, &[&str]); 7] = [
            ("a\nb\n\nc", &["a\nb\n\n", "c"]),
            ("a\n \t\n\nb\n\n", &["a\n \t\n\n", "b\n\n"]),
            ("\n\na\n\nb\nc", &["\n\na\n\n", "b\nc"]),
            ("a\r\n\r\nb", &["a\r\n\r\n", "b"]),
            ("a\u{2029}b", &["a\u{2029}", "b"]),
            ("a", &["a"]),
            ("\n \n", &["\n \n"]),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text, Unit::Paragraph), expected, "{text:?}");
        }
    }

    #[test]
    fn abbreviations_are_in_order_and_small() {
        for abbreviation in ABBREVIATIONS {
            assert_eq!(abbreviation, abbreviation.to_lowercase());
            assert_eq!(cut(&format!("A test {abbreviation}. Here"), Unit::Sentence).len(), 1, "{abbreviation}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn units_cover_the_text(text in prop_oneof![any::<String>(), "[aB.!? \n\r\u{2029}\u{85}é1]{0,40}"]) {
            for unit in [Unit::Sentence, Unit::Line, Unit::Paragraph] {
                let mut next = 0;
                units(&text, unit, |start, end| {
                    assert_eq!(start, next, "a gap");
                    assert!(end > start && text.is_char_boundary(end as usize));
                    next = end;
                });
                prop_assert_eq!(next as usize, text.len());
            }
        }
    }
}
