//! Aliases of a post's token: further keys at the same position, so that a rule for `wendy` or `so` finds `Wendy's`
//! and `soooo` without knowing of them. Contractions get none: `I'll` is not `ill`.

use crate::Tokens;
use crate::token::ALIAS_TOKEN_BYTES_MAX;

/// What follows the apostrophe of a contraction.
const CONTRACTIONS: [&str; 6] = ["ll", "re", "ve", "d", "m", "t"];

/// Articles and small words of French, Italian and Catalan that lose their vowel before another.
const ELISIONS: [&str; 32] = [
    "l", "d", "j", "m", "t", "s", "c", "n", "qu", "un", "dell", "all", "nell", "sull", "dall", "coll", "quell",
    "quest", "bell", "sant", "anch", "com", "cos", "dov", "jusqu", "lorsqu", "puisqu", "quoiqu", "quelqu", "presqu",
    "entr", "gl",
];

/// Particles of more than one syllable behind Korean nouns, longer ones first.
const LONG_PARTICLES: [&str; 20] = [
    "에서는",
    "에서도",
    "으로는",
    "에게서",
    "한테서",
    "에서",
    "에게",
    "한테",
    "께서",
    "으로",
    "부터",
    "까지",
    "보다",
    "처럼",
    "마다",
    "조차",
    "밖에",
    "이나",
    "이랑",
    "하고",
];
/// Letters that must stay when a Korean particle goes.
const HANGUL_STEM_CHARS_MIN: usize = 2;

/// Last syllables of the long particles, and the particles of one syllable.
const fn ends_long_particle(c: char) -> bool {
    matches!(c, '는' | '도' | '서' | '게' | '테' | '로' | '터' | '지' | '다' | '럼' | '차' | '에' | '나' | '랑' | '고')
}

const fn is_short_particle(c: char) -> bool {
    matches!(c, '은' | '는' | '이' | '가' | '을' | '를' | '의' | '에' | '와' | '과' | '로' | '도' | '만' | '나' | '랑')
}

/// Article, conjunction and prepositions before Arabic nouns, as they are written together.
const ARABIC_PREFIXES: [&str; 7] = ["ال", "وال", "بال", "كال", "فال", "لل", "و"];
/// A word whose first and last letters come before this one has no affixes to take off: Arabic and Hangul lie behind.
pub(crate) const AFFIXES_FROM: u32 = 0x600;
/// The first byte of that letter in UTF-8.
pub(crate) const AFFIXES_FROM_BYTE: u8 = 0xD8;
/// Letters that must stay when an Arabic prefix goes.
const ARABIC_STEM_CHARS_MIN: usize = 3;

/// Adds the aliases of the last token, whose own key is `arena[key]`. The flags say what is worth looking for.
pub(crate) fn add(out: &mut Tokens, key: (usize, usize), apostrophe: bool, stretched: bool, wide: bool) {
    if out.tokens.last().is_none_or(|token| (token.end - token.start) as usize > ALIAS_TOKEN_BYTES_MAX) {
        return;
    }
    if apostrophe {
        add_for_apostrophe(out, key);
    }
    if stretched {
        add_for_stretch(out, key);
    }
    if wide {
        add_for_affix(out, key);
    }
}

fn add_for_apostrophe(out: &mut Tokens, (start, end): (usize, usize)) {
    let text = out.arena_text(start, end);
    let Some((head, tail)) = text.split_once('\'') else { return };
    if tail.contains('\'') {
        return;
    }
    let head_end = start + head.len();
    let single = head.chars().nth(1).is_none();
    let (mut keep_head, mut keep_tail, mut join) = (false, false, false);
    if tail == "s" {
        (keep_head, join) = (true, true);
    } else if CONTRACTIONS.contains(&tail) {
        return;
    } else if ELISIONS.contains(&head) {
        (keep_tail, join) = (true, single);
    } else if single {
        join = true;
    } else {
        keep_head = true;
    }
    if keep_head {
        out.push_alias(start, head_end);
    }
    if keep_tail {
        out.push_alias(head_end + 1, end);
    }
    if join {
        let at = out.arena.len();
        out.arena.extend_from_within(start..head_end);
        out.arena.extend_from_within(head_end + 1..end);
        let joined_end = out.arena.len();
        out.push_alias(at, joined_end);
    }
}

/// Runs of three equal letters or more, cut to two and to one. Roman numerals are not stretched words.
fn add_for_stretch(out: &mut Tokens, (start, end): (usize, usize)) {
    let text = out.arena_text(start, end);
    let roman = text.bytes().all(|b| matches!(b, b'i' | b'v' | b'x' | b'l' | b'c' | b'd' | b'm'));
    let (mut last, mut row, mut stretched) = ('\0', 0, false);
    for c in text.chars() {
        row = if c == last { row + 1 } else { 1 };
        last = c;
        stretched |= row >= 3 && c.is_alphabetic();
    }
    if roman || !stretched {
        return;
    }
    for most in [2, 1] {
        let at = out.arena.len();
        push_cut(out, start, end, most);
        let cut_end = out.arena.len();
        out.push_alias(at, cut_end);
    }
}

/// Adds `arena[start..end]` to the arena with its stretched letters cut to `most`.
fn push_cut(out: &mut Tokens, start: usize, end: usize, most: usize) {
    let mut at = start;
    while let Some(c) = out.arena_text(at, end).chars().next() {
        let row = out.arena_text(at, end).chars().take_while(|&other| other == c).count();
        let kept = if row >= 3 && c.is_alphabetic() { most } else { row };
        out.arena.extend_from_within(at..at + kept * c.len_utf8());
        at += row * c.len_utf8();
    }
}

fn add_for_affix(out: &mut Tokens, (start, end): (usize, usize)) {
    let text = out.arena_text(start, end);
    let Some(last) = text.chars().next_back() else { return };
    if ('가'..='힣').contains(&last) {
        let keeps_stem = |stem: &&str| stem.chars().nth(HANGUL_STEM_CHARS_MIN - 1).is_some();
        let long = || LONG_PARTICLES.iter().find_map(|particle| text.strip_suffix(particle).filter(keeps_stem));
        let short = || text.strip_suffix(last).filter(keeps_stem);
        let stem = if ends_long_particle(last) { long() } else { None };
        let stem = stem.or_else(|| if is_short_particle(last) { short() } else { None });
        if let Some(stem) = stem.map(str::len) {
            out.push_alias(start, start + stem);
        }
    } else if text.starts_with(['ا', 'و', 'ب', 'ك', 'ف', 'ل']) {
        let stem = ARABIC_PREFIXES.iter().find_map(|prefix| {
            text.strip_prefix(prefix).filter(|stem| stem.chars().nth(ARABIC_STEM_CHARS_MIN - 1).is_some())
        });
        if let Some(stem) = stem.map(str::len) {
            out.push_alias(end - stem, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Tokens;

    fn keys(text: &str) -> Vec<String> {
        let mut tokens = Tokens::default();
        tokens.tokenize(text, 0);
        tokens
            .as_slice()
            .first()
            .map_or_else(Vec::new, |token| tokens.keys(token).map(|k| k.text.to_string()).collect())
    }

    #[test]
    fn shapes_of_the_reference() {
        let cases: [(&str, &[&str]); 18] = [
            ("Wendy's", &["wendy's", "wendy", "wendys"]),
            ("Wendy’s", &["wendy's", "wendy", "wendys"]),
            ("I'll", &["i'll"]),
            ("we're", &["we're"]),
            ("don't", &["don't"]),
            ("D'Angelo", &["d'angelo", "angelo", "dangelo"]),
            ("dell'Amazon", &["dell'amazon", "amazon"]),
            ("O'Neil", &["o'neil", "oneil"]),
            ("rock'n'roll", &["rock'n'roll"]),
            ("soooo", &["soooo", "soo", "so"]),
            ("nooooooo", &["nooooooo", "noo", "no"]),
            ("ООООй", &["оооой", "оой", "ой"]),
            ("viii", &["viii"]),
            ("삼성에서", &["삼성에서", "삼성"]),
            ("아이", &["아이"]),
            ("iPhone은", &["iphone은", "iphone"]),
            ("بالشركة", &["بالشركه", "شركه"]),
            ("وال", &["وال"]),
        ];
        for (text, expected) in cases {
            assert_eq!(keys(text), expected, "{text}");
        }
    }

    #[test]
    fn long_tokens_get_none() {
        assert_eq!(keys(&"a".repeat(256)).len(), 3);
        assert_eq!(keys(&"a".repeat(257)).len(), 1);
    }
}
