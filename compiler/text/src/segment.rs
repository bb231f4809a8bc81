//! Borders of words in scripts that are written without spaces. They come from dictionaries that the program carries
//! along, and only texts with such letters pay for them.

use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};

static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// The borders of words in one text; keep it and fill it again.
///
/// ```
/// use mon_text::segment::Borders;
///
/// let mut borders = Borders::default();
/// borders.read("京都に行く");
/// assert!(borders.has(0) && borders.has("京都".len()) && !borders.has("京".len()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Borders {
    at: Vec<usize>,
}

impl Borders {
    /// Forgets the last text and reads this one.
    pub fn read(&mut self, text: &str) {
        self.at.clear();
        self.at.extend(SEGMENTER.segment_str(text));
    }

    /// Whether a word begins or ends at this byte.
    pub fn has(&self, at: usize) -> bool {
        self.at.binary_search(&at).is_ok()
    }
}

/// Whether a word of the text begins or ends at this byte; for one look at a text.
pub fn is_border(text: &str, at: usize) -> bool {
    SEGMENTER.segment_str(text).take_while(|border| *border <= at).any(|border| border == at)
}

#[cfg(test)]
mod tests {
    use super::{Borders, is_border};
    use proptest::prelude::*;

    fn stands_on_borders(text: &str, word: &str) -> bool {
        text.match_indices(word).any(|(at, _)| is_border(text, at) && is_border(text, at + word.len()))
    }

    #[test]
    fn a_word_is_found_where_it_is_one() {
        let cases = [
            ("京都に行く", "京都", true),
            ("東京都", "京都", false),
            ("東京都に行く", "京都", false),
            ("我喜欢苹果手机", "苹果", true),
            ("ฉันรักภาษาไทย", "ภาษา", true),
            ("ฉันรักภาษาไทย", "ักภา", false),
        ];
        for (text, word, found) in cases {
            assert_eq!(stands_on_borders(text, word), found, "{word} in {text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn borders_are_in_order_and_hold_the_ends(text in prop_oneof![any::<String>(), "[京都東に行くไทยรั a]{0,12}"]) {
            let mut borders = Borders::default();
            borders.read(&text);
            prop_assert!(borders.at.is_sorted_by(|a, b| a < b));
            prop_assert!(borders.at.iter().all(|at| text.is_char_boundary(*at)));
            prop_assert!(text.is_empty() || (borders.has(0) && borders.has(text.len())));
            for at in 0..=text.len() {
                prop_assert_eq!(borders.has(at), is_border(&text, at));
            }
        }
    }
}
