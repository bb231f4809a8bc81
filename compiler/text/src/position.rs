//! Where a stretch of text stands among the tokens, so that what was found in the text itself can be near to what was
//! found among tokens.

use crate::{Kind, Token, Tokens};

/// The positions of the first and the last token that share a byte with `start..end`. Where none does, both are the odd
/// position behind the last counted token before it. For the tokens of one text; see [`position_in`].
pub fn position_of(tokens: &Tokens, start: u32, end: u32) -> (i32, i32) {
    let base = tokens.as_slice().first().map_or(0, |first| first.pos + i32::from(!first.kind.counted()));
    position_in(tokens.as_slice(), base, start, end)
}

/// The same for the tokens of one zone, whose positions begin at `base`.
pub fn position_in(tokens: &[Token], base: i32, start: u32, end: u32) -> (i32, i32) {
    let behind = tokens.partition_point(|token| token.start < end);
    let before = tokens.get(..behind).unwrap_or_default();
    let mut found: Option<(i32, i32)> = None;
    let mut last = None;
    for (at, token) in before.iter().enumerate().rev() {
        // A bare domain lies over its words, which are looked at themselves.
        let lies_over = token.kind == Kind::Url
            && at.checked_sub(1).and_then(|at| before.get(at)).is_some_and(|word| word.pos == token.pos);
        if lies_over {
            continue;
        }
        if token.end > start {
            found = Some(found.map_or((token.pos, token.pos), |(_, last)| (token.pos, last)));
        } else if found.is_some() {
            break;
        } else if token.kind.counted() {
            last = Some(token.pos);
            break;
        }
    }
    let gap = last.unwrap_or(base.saturating_sub(2)).saturating_add(1);
    found.unwrap_or((gap, gap))
}

#[cfg(test)]
mod tests {
    use super::{position_in, position_of};
    use crate::{Tokens, ZONE_STEP};
    use proptest::prelude::*;

    #[test]
    fn a_stretch_stands_where_its_tokens_stand() {
        let text = "one, two 🔥 booking.com !! #four";
        let cases = [
            ("one", (0, 0)),
            ("ne, t", (0, 2)),
            (", ", (1, 1)),
            ("two 🔥", (2, 3)),
            ("🔥", (3, 3)),
            (" b", (4, 4)),
            ("booking.com", (4, 6)),
            (".com", (6, 6)),
            (".", (5, 5)),
            (" !! ", (7, 7)),
            ("four", (8, 8)),
        ];
        for base in [0, ZONE_STEP] {
            let mut tokens = Tokens::default();
            tokens.tokenize(text, base);
            for (stretch, (first, last)) in cases {
                let at = u32::try_from(text.find(stretch).expect(stretch)).expect("short");
                let end = at + u32::try_from(stretch.len()).expect("short");
                assert_eq!(position_of(&tokens, at, end), (first + base, last + base), "{stretch}");
            }
        }
    }

    #[test]
    fn before_all_tokens_stands_an_odd_position() {
        let mut tokens = Tokens::default();
        for (text, found) in [("", -1), ("!! one", -1), ("!!", -1)] {
            tokens.tokenize(text, 0);
            assert_eq!(position_of(&tokens, 0, 1), (found, found), "{text}");
        }
        tokens.tokenize("!! 🔥 a", 0);
        assert_eq!(position_of(&tokens, 0, 1), (-1, -1));
        assert_eq!(position_in(&[], ZONE_STEP, 0, 1), (ZONE_STEP - 1, ZONE_STEP - 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_token_has_its_own_position(text in "([a-c]{1,2}|🔥| |\\.com|!|漢|#a){0,20}") {
            let mut tokens = Tokens::default();
            tokens.tokenize(&text, 0);
            let mut last: Option<(i32, u32)> = None;
            for token in &tokens {
                let lies_over = last.is_some_and(|(pos, end)| pos == token.pos && end > token.start);
                if !lies_over {
                    prop_assert_eq!(position_of(&tokens, token.start, token.end), (token.pos, token.pos));
                    last = Some((token.pos, token.end));
                }
            }
        }
    }
}
