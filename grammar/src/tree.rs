//! The lossless tree.
/// Kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyntaxKind {
    Space, Comment, Doc, Word, Number, Time, String, Regex, Tag, Handle, Cashtag, At, Distance, Operator, Equals, Tilde, Comma, Colon, Dot,
    BraceOpen, BraceClose, ParenOpen, ParenClose, BracketOpen, BracketClose, UnclosedString, UnclosedRegex, WrongQuotes, Unknown,
}
