//! What each character is to the tokeniser and what it folds to, computed from the Unicode data of the ICU crates. A post's
//! letter then costs one load instead of several searches. An entry is computed when a text first needs it, so that a
//! short command does not wait for scripts that it never sees.
//!
//! ```text
//! infos[c] = | known 1 | flags 4 | class 4 | mode 2 | payload 21 |
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, OnceLock};

use icu_normalizer::properties::{CanonicalCompositionBorrowed, CanonicalDecompositionBorrowed, Decomposed};
use icu_normalizer::{DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed};
use icu_properties::props::{Alphabetic, Emoji, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::fold::{fold, is_apostrophe, is_invisible};

/// What a character is to the tokeniser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Space, punctuation, symbols: separates.
    Other,
    Letter,
    Digit,
    /// Sits on the letter before.
    Mark,
    /// A letter of a script without spaces.
    Run,
    /// Invisible: neither separates nor stays in the key.
    Ignorable,
    Apostrophe,
    /// Joins letters of a word and stays in the key, but not in a tag's.
    Mid,
    /// Joins letters of a tag only.
    TagExtra,
    Emoji,
    /// An emoji only where the emoji variation selector follows.
    EmojiText,
    /// One half of a flag.
    Regional,
    /// The wide `＃`.
    HashSign,
    /// The wide `＠`.
    AtSign,
}

const CLASSES: [Class; 16] = [
    Class::Other,
    Class::Letter,
    Class::Digit,
    Class::Mark,
    Class::Run,
    Class::Ignorable,
    Class::Apostrophe,
    Class::Mid,
    Class::TagExtra,
    Class::Emoji,
    Class::EmojiText,
    Class::Regional,
    Class::HashSign,
    Class::AtSign,
    Class::Other,
    Class::Other,
];

const PAYLOAD_BITS: u32 = 21;
const PAYLOAD_MASK: u32 = (1 << PAYLOAD_BITS) - 1;
const CLASS_SHIFT: u32 = PAYLOAD_BITS + 2;
/// What it folds to depends on its neighbours in any case.
const NEEDS_CONTEXT: u32 = 1 << 27;
/// It may become one with the letter before it.
const MAY_COMPOSE: u32 = 1 << 28;
/// Its decomposition begins with a mark that canonical order may move.
const FIRST_MOVES: u32 = 1 << 29;
/// Its decomposition ends with such a mark.
const LAST_MOVES: u32 = 1 << 30;
/// The entry has been computed.
const KNOWN: u32 = 1 << 31;

const MODE_SELF: u32 = 0;
const MODE_CHAR: u32 = 1;
const MODE_TEXT: u32 = 2;
const MODE_GONE: u32 = 3;

const BLOCK: u32 = 64;
const TABLE_END: u32 = 0x2_0000;

/// What a character folds to, taken alone.
pub(crate) enum Folded<'a> {
    Same,
    Char(char),
    Text(&'a str),
    Gone,
}

impl Folded<'_> {
    /// The last code point of the fold, 0 if there is none.
    pub fn last(&self) -> u32 {
        match self {
            Folded::Char(one) => u32::from(*one),
            Folded::Text(text) => text.chars().next_back().map_or(0, u32::from),
            Folded::Same | Folded::Gone => 0,
        }
    }
}

/// One character's entry.
#[derive(Clone, Copy)]
pub(crate) struct Info(u32);

impl Info {
    const fn new(class: Class, mode: u32, payload: u32, flags: u32) -> Info {
        Info(payload | (mode << PAYLOAD_BITS) | ((class as u32) << CLASS_SHIFT) | flags)
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "four bits, sixteen classes")]
    pub fn class(self) -> Class {
        CLASSES[((self.0 >> CLASS_SHIFT) & 15) as usize]
    }

    /// A letter that is its own fold, whatever stands around it.
    #[inline]
    pub fn is_plain_letter(self) -> bool {
        self.0 & !LAST_MOVES == (Class::Letter as u32) << CLASS_SHIFT
    }

    /// The same for scripts without spaces.
    #[inline]
    pub fn is_plain_run(self) -> bool {
        self.0 & !LAST_MOVES == (Class::Run as u32) << CLASS_SHIFT
    }

    /// What a letter folds to that always folds to one other character, whatever stands around it.
    #[inline]
    pub fn simple_fold(self) -> Option<char> {
        const SIMPLE: u32 = (Class::Letter as u32) << CLASS_SHIFT | MODE_CHAR << PAYLOAD_BITS;
        if self.0 & !(LAST_MOVES | PAYLOAD_MASK) == SIMPLE { char::from_u32(self.0 & PAYLOAD_MASK) } else { None }
    }

    /// Whether the fold of a text cannot be put together from single characters where this one follows `before`.
    #[inline]
    pub fn needs_context(self, before: Info, last: u32, c: char) -> bool {
        self.0 & (NEEDS_CONTEXT | MAY_COMPOSE | FIRST_MOVES) != 0
            && (self.0 & NEEDS_CONTEXT != 0
                || (self.0 & FIRST_MOVES != 0 && before.0 & LAST_MOVES != 0)
                || (self.0 & MAY_COMPOSE != 0
                    && char::from_u32(last)
                        .is_some_and(|last| CanonicalCompositionBorrowed::new().compose(last, c).is_some())))
    }
}

pub(crate) struct Table {
    infos: Box<[AtomicU32]>,
    /// Folds of more than one character, by block of characters.
    texts: Box<[OnceLock<Texts>]>,
}

/// Characters of one block with what they fold to.
type Texts = Vec<(u32, Box<str>)>;

/// Planes above the table: ideographs, and signs that are not seen.
const IDEOGRAPH: Info = Info::new(Class::Run, MODE_SELF, 0, 0);
const COMPATIBILITY_IDEOGRAPH: Info = Info::new(Class::Run, MODE_SELF, 0, NEEDS_CONTEXT);
const INVISIBLE: Info = Info::new(Class::Ignorable, MODE_GONE, 0, 0);
pub(crate) const OTHER: Info = Info::new(Class::Other, MODE_SELF, 0, 0);

impl Table {
    #[inline]
    pub fn get() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
            infos: (0..TABLE_END).map(|_| AtomicU32::new(0)).collect(),
            texts: (0..TABLE_END.div_ceil(BLOCK)).map(|_| OnceLock::new()).collect(),
        });
        &TABLE
    }

    #[inline]
    pub fn info_of(&self, cp: u32) -> Info {
        let Some(info) = self.infos.get(cp as usize) else { return beyond(cp) };
        // Whoever computes an entry computes the same: the order of memory does not matter.
        match info.load(Ordering::Relaxed) {
            0 => Self::learn(info, cp),
            known => Info(known & !KNOWN),
        }
    }

    #[cold]
    fn learn(info: &AtomicU32, cp: u32) -> Info {
        let found = entry(cp);
        info.store(found.0 | KNOWN, Ordering::Relaxed);
        found
    }

    /// What a character folds to that folds to more than one.
    fn text_of(&self, cp: u32) -> Option<&str> {
        let start = cp / BLOCK * BLOCK;
        let texts = self.texts.get((cp / BLOCK) as usize)?.get_or_init(|| {
            let chars = (start..start + BLOCK).filter_map(char::from_u32);
            let folds = chars.map(|c| (u32::from(c), Box::from(fold(c.encode_utf8(&mut [0; 4])))));
            folds.filter(|(_, folded): &(u32, Box<str>)| folded.chars().nth(1).is_some()).collect()
        });
        texts.iter().find(|(of, _)| *of == cp).map(|(_, text)| text.as_ref())
    }

    #[inline]
    pub fn info(&self, c: char) -> Info {
        self.info_of(u32::from(c))
    }

    #[inline]
    pub fn class(&self, c: char) -> Class {
        self.info(c).class()
    }

    #[inline]
    pub fn folded(&self, info: Info) -> Folded<'_> {
        let payload = info.0 & PAYLOAD_MASK;
        match (info.0 >> PAYLOAD_BITS) & 3 {
            MODE_SELF => Folded::Same,
            MODE_CHAR => char::from_u32(payload).map_or(Folded::Same, Folded::Char),
            MODE_TEXT => self.text_of(payload).map_or(Folded::Same, Folded::Text),
            _ => Folded::Gone,
        }
    }
}

const fn beyond(cp: u32) -> Info {
    match cp {
        0x2_F800..=0x2_FA1F => COMPATIBILITY_IDEOGRAPH,
        0x2_0000..=0x3_FFFF => IDEOGRAPH,
        0xE_0000..=0xE_0FFF => INVISIBLE,
        _ => OTHER,
    }
}

/// The characters that stand second in some canonical composition.
fn composing_seconds() -> Vec<char> {
    let decompositions = CanonicalDecompositionBorrowed::new();
    let mut seconds: Vec<char> = ('\u{C0}'..='\u{1FFFF}')
        .filter_map(|c| match decompositions.decompose(c) {
            Decomposed::Expansion(_, second) => Some(second),
            _ => None,
        })
        .chain('\u{1161}'..='\u{1175}')
        .chain('\u{11A8}'..='\u{11C2}')
        .collect();
    seconds.sort_unstable();
    seconds.dedup();
    seconds
}

fn entry(cp: u32) -> Info {
    static SECONDS: LazyLock<Vec<char>> = LazyLock::new(composing_seconds);
    // Large regular ranges need no search: ideographs and Hangul syllables are their own fold, private use is no text.
    match cp {
        0x3400..=0x4DBF | 0x4E00..=0x9FFF => return IDEOGRAPH,
        0xAC00..=0xD7A3 => return Info::new(Class::Letter, MODE_SELF, 0, 0),
        0xD7FC..=0xF8FF => return OTHER,
        _ => {}
    }
    let Some(c) = char::from_u32(cp) else { return OTHER };
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    let folded = fold(text);
    let mut chars = folded.chars();
    let (mode, payload) = match (chars.next(), chars.next()) {
        (None, _) => (MODE_GONE, 0),
        (Some(one), None) if one == c => (MODE_SELF, 0),
        (Some(one), None) => (MODE_CHAR, u32::from(one)),
        _ => (MODE_TEXT, cp),
    };
    Info::new(class_of(c), mode, payload, flags_of(c, text, &SECONDS))
}

fn flags_of(c: char, text: &str, seconds: &[char]) -> u32 {
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let moves = |part: Option<char>| part.is_some_and(|part| classes.get_u8(part) != 0);
    let parts = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let first = parts.chars().next();
    let mut flags = 0;
    if CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::NonspacingMark
        && matches!(CodePointMapData::<Script>::new().get(c), Script::Inherited | Script::Latin | Script::Greek)
    {
        flags |= NEEDS_CONTEXT;
    }
    if first.is_some_and(|first| seconds.binary_search(&first).is_ok()) {
        // A compatibility form of such a mark composes only after it is taken apart.
        flags |= if first == Some(c) { MAY_COMPOSE } else { NEEDS_CONTEXT };
    }
    if moves(first) {
        flags |= FIRST_MOVES;
    }
    if moves(parts.chars().next_back()) {
        flags |= LAST_MOVES;
    }
    flags
}

fn class_of(c: char) -> Class {
    match c {
        '\u{1F1E6}'..='\u{1F1FF}' => return Class::Regional,
        '\u{1F3FB}'..='\u{1F3FF}' => return Class::Emoji,
        '©' | '®' | '™' | 'ℹ' | '‼' | '⁉' | '↔'..='↙' | '↩' | '↪' | '⤴' | '⤵' | '⬅'..='⬇' | '➡' =>
        {
            return Class::EmojiText;
        }
        '＃' => return Class::HashSign,
        '＠' => return Class::AtSign,
        '·' | '‧' | '\u{5F3}' | '\u{5F4}' => return Class::Mid,
        // Signs of tags that are no letters: maqaf, tsheg, wave dashes, kana marks, the ditto mark.
        '\u{5BE}' | '\u{F0B}' | '\u{F0C}' | '～' | '〜' | '゠' | '・' | '〃' | '\u{A67E}' => {
            return Class::TagExtra;
        }
        _ if is_apostrophe(c) => return Class::Apostrophe,
        _ => {}
    }
    if !c.is_ascii() && CodePointSetData::new::<Emoji>().contains(c) {
        return Class::Emoji;
    }
    if is_invisible(c) {
        return Class::Ignorable;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    if category == GeneralCategory::DecimalNumber {
        return Class::Digit;
    }
    let mark = matches!(
        category,
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
    );
    let alphabetic = CodePointSetData::new::<Alphabetic>().contains(c);
    match (mark || alphabetic, is_run(c)) {
        (true, true) => Class::Run,
        _ if mark => Class::Mark,
        (true, false) => Class::Letter,
        // Voicing marks of kana are symbols in Unicode, yet part of the writing.
        (false, true) if matches!(c, '゛' | '゜') => Class::TagExtra,
        _ => Class::Other,
    }
}

fn is_run(c: char) -> bool {
    matches!(c, 'ー' | 'ｰ' | 'ﾞ' | 'ﾟ' | '゛' | '゜' | '〆' | '〼' | '\u{3031}'..='\u{3035}')
        || matches!(
            CodePointMapData::<Script>::new().get(c),
            Script::Han
                | Script::Hiragana
                | Script::Katakana
                | Script::Thai
                | Script::Lao
                | Script::Khmer
                | Script::Myanmar
        )
}

#[cfg(test)]
mod tests {
    use super::{Class, Folded, Table};

    #[test]
    fn classes_follow_the_reference() {
        let cases = [
            ('a', Class::Letter),
            ('é', Class::Letter),
            ('한', Class::Letter),
            ('٣', Class::Digit),
            ('漢', Class::Run),
            ('々', Class::Run),
            ('ー', Class::Run),
            ('ﾞ', Class::Run),
            ('ไ', Class::Run),
            ('\u{E48}', Class::Run),
            ('\u{301}', Class::Mark),
            ('\u{93F}', Class::Mark),
            ('’', Class::Apostrophe),
            ('\u{200B}', Class::Ignorable),
            ('\u{FE0F}', Class::Ignorable),
            ('🔥', Class::Emoji),
            ('❤', Class::Emoji),
            ('™', Class::EmojiText),
            ('➡', Class::EmojiText),
            ('🇫', Class::Regional),
            ('＃', Class::HashSign),
            ('…', Class::Other),
            ('\u{20021}', Class::Run),
            ('\u{E0067}', Class::Ignorable),
        ];
        for (c, class) in cases {
            assert_eq!(Table::get().class(c), class, "{c} U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn single_characters_fold_as_texts_do() {
        let table = Table::get();
        for c in ['É', 'ß', 'æ', 'ё', 'й', '漢', 'ｱ', 'Ω', 'ة', '\u{200D}', '٣'] {
            let folded = match table.folded(table.info(c)) {
                Folded::Same => c.to_string(),
                Folded::Char(one) => one.to_string(),
                Folded::Text(text) => text.to_string(),
                Folded::Gone => String::new(),
            };
            assert_eq!(folded, crate::fold(&c.to_string()), "{c}");
        }
    }
}
