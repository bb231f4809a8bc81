//! Emoji sequences, as the Unicode standard for emoji (UTS #51) forms them: one token each, however many characters. The
//! key leaves out presentation and skin tones, an alias leaves out gender too.

use crate::Kind;
use crate::scan::Scanner;
use crate::table::Class;

const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

const fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

const fn is_style(c: char) -> bool {
    matches!(c, TEXT_STYLE | EMOJI_STYLE)
}

impl Scanner<'_> {
    /// The sequence that begins at `start`.
    pub fn emoji(&mut self, start: usize) -> Option<usize> {
        let mut end = self.element_end(start)?;
        while self.char_at(end) == Some(JOINER)
            && let Some(next) = self.element_end(end + JOINER.len_utf8())
        {
            end = next;
        }
        self.push_emoji(start, end);
        Some(end)
    }

    /// `1️⃣`: a digit, `#` or `*` in a key.
    pub fn keycap(&mut self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        if self.char_at(at) == Some(EMOJI_STYLE) {
            at += EMOJI_STYLE.len_utf8();
        }
        if self.char_at(at) != Some(KEYCAP) {
            return None;
        }
        let end = at + KEYCAP.len_utf8();
        self.push_emoji(start, end);
        Some(end)
    }

    /// One picture with what modifies it; two halves of a flag.
    fn element_end(&self, start: usize) -> Option<usize> {
        let first = self.char_at(start).filter(|c| !c.is_ascii())?;
        let mut end = start + first.len_utf8();
        match self.table.class(first) {
            Class::Regional => {
                if let Some(second) = self.char_at(end)
                    && !second.is_ascii()
                    && self.table.class(second) == Class::Regional
                {
                    end += second.len_utf8();
                }
                return Some(end);
            }
            Class::EmojiText if self.char_at(end) != Some(EMOJI_STYLE) => return None,
            Class::Emoji | Class::EmojiText => {}
            _ => return None,
        }
        while let Some(c) = self.char_at(end)
            && (is_style(c) || is_skin_tone(c) || matches!(c, '\u{E0020}'..='\u{E007F}'))
        {
            end += c.len_utf8();
        }
        Some(end)
    }

    fn push_emoji(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        let kept = |c: &char| !is_style(*c) && !is_skin_tone(*c);
        let mut key = (self.zone + start, self.zone + end);
        if !text.chars().all(|c| kept(&c)) && text.chars().any(|c| kept(&c)) {
            let at = self.out.arena.len();
            self.out.arena.extend(text.chars().filter(kept));
            key = (at, self.out.arena.len());
        }
        self.push_uncounted(Kind::Emoji, start, end, key);
        if text.contains(['♀', '♂']) && end - start <= crate::ALIAS_TOKEN_BYTES_MAX {
            let ungendered = self.out.arena_text(key.0, key.1).replace("\u{200D}♀", "").replace("\u{200D}♂", "");
            let (at, end) = self.keep(&ungendered);
            self.out.push_alias(at, end);
        }
    }
}
