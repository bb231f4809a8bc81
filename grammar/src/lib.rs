//! The Mon language as text: items, tree, formatter. It never fails: parsing gives a tree and the errors found.

pub mod ast;
mod span;

pub use span::Span;
