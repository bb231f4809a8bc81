//! The grammar from outside: parsing, errors, the lossless tree and the formatter.

mod allow;
mod edits;
mod errors;
mod formatting;
mod generated;
mod limits;
mod parsing;
mod samples;
