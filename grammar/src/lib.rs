//! The Mon language as text: items, tree, formatter. It never fails: parsing gives a tree and the errors found.
//!
//! `parse` reads a whole file into the typed tree of [`ast`], [`tree::Tree::parse`] into the lossless one, [`format()`]
//! rewrites it in the one style there is. A [`Document`] is a text that is being written.

pub mod ast;
mod code;
mod document;
mod format;
mod lex;
mod mend;
mod nesting;
mod parse;
mod shift;
mod span;
mod splitter;
pub mod tree;
mod work;

pub use code::SYNTAX_CODES;
pub use document::Document;
pub use format::{Formatted, format};
pub use mend::Mend;
pub use parse::{MAX_DEPTH, MAX_FILE_BYTES, parse};
pub use span::Span;
