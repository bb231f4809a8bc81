//! How deep a place of an expression stands, from tokens alone. It is counted before the grammar reads a text, so that
//! neither the grammar nor what builds the tree can run out of stack, whatever the text is.

use crate::tree::SyntaxKind as K;

/// Words in front of what they hold: `same sentence`, `first 10 words`, `starts with`, `at least 2 of`. Those marked hold
/// it as brackets do.
const HOLDING: &[(&str, bool)] = &[
    ("same", false),
    ("first", false),
    ("starts", false),
    ("ends", false),
    ("at", false),
    ("least", false),
    ("of", false),
    ("sentence", true),
    ("line", true),
    ("paragraph", true),
    ("words", true),
    ("word", true),
    ("with", true),
];

/// Open brackets, and every `not`, minus, zone and scope that waits for what it holds.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    /// For each open bracket what waited where it was opened.
    open: Vec<usize>,
    /// The sum of `open`.
    outside: usize,
    waiting: usize,
    /// A value was read: what waited is served, unless the value goes on.
    ended: bool,
    /// A number that comes now belongs to `first` or `at least`.
    counting: bool,
}

impl Nesting {
    /// Takes the next token that is neither space nor comment; gives the depth behind it.
    pub(crate) fn step(&mut self, kind: K, text: &str) -> usize {
        let counting = std::mem::take(&mut self.counting);
        match kind {
            K::ParenOpen | K::BracketOpen | K::BraceOpen => {
                self.open.push(self.waiting);
                self.outside += self.waiting;
                (self.waiting, self.ended) = (0, false);
            }
            K::ParenClose | K::BracketClose | K::BraceClose => {
                self.waiting = self.open.pop().unwrap_or(0);
                self.outside -= self.waiting;
                self.ended = true;
            }
            K::Comma | K::Equals => (self.waiting, self.ended) = (0, false),
            K::Colon => self.holds(),
            K::Operator if text == "-" && !self.ended => self.holds(),
            K::Operator | K::Distance => self.ended = false,
            K::Dot => {}
            K::Number if counting => {}
            K::Word => self.word(text),
            _ => self.value(),
        }
        self.open.len() + self.outside + self.waiting
    }

    fn holds(&mut self) {
        self.waiting += 1;
        self.ended = false;
    }

    fn value(&mut self) {
        if self.ended {
            self.waiting = 0;
        }
        self.ended = true;
    }

    fn word(&mut self, text: &str) {
        if text.eq_ignore_ascii_case("and") || text.eq_ignore_ascii_case("or") {
            (self.waiting, self.ended) = (0, false);
        } else if matches!(text, "is" | "in" | "has" | "within" | "outside" | "inside" | "then") {
            self.ended = false;
        } else if text.eq_ignore_ascii_case("not") {
            self.value();
            self.holds();
        } else if let Some((_, holds)) = HOLDING.iter().find(|(word, _)| *word == text) {
            self.value();
            self.ended = false;
            self.counting = matches!(text, "first" | "least");
            self.waiting += usize::from(*holds);
        } else {
            self.value();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Nesting;
    use crate::splitter::Text;

    fn deepest(source: &str) -> usize {
        let text = Text::new(source);
        let mut nesting = Nesting::default();
        let tokens = (0..text.solid.len()).filter_map(|at| text.at(at));
        tokens.map(|token| nesting.step(token.kind, token.text(source))).max().unwrap_or(0)
    }

    #[test]
    fn whatever_holds_something_counts_and_adds_up() {
        for (source, depth) in [
            ("a or b or c", 0),
            ("((a))", 2),
            ("not not a", 2),
            ("not (not (a))", 4),
            ("title: (bio: a)", 3),
            ("same sentence same line a", 2),
            ("first 10 words (starts with a)", 3),
            ("not at least 2 of [not at least 2 of [a]]", 4),
            ("not title: a == -b", 3),
            ("f(g(a.b.c, [d]))", 3),
        ] {
            assert_eq!(deepest(source), depth, "{source}");
        }
    }

    #[test]
    fn what_was_served_no_longer_counts() {
        for source in [
            "not a and not b or not c",
            "not a not b not c",
            "title: a, title: b, title: c",
            "a - b - c - d",
            "when not a to team b when not c to team d",
            "(a) and (b) and (c)",
            "high when not a == 3 low when not b",
        ] {
            assert_eq!(deepest(source), 1 - usize::from(source.starts_with("a -")), "{source}");
        }
    }
}
