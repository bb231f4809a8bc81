//! The grammar from outside: parsing, errors, the lossless tree and the formatter.

mod formatting;
mod parsing;
mod samples;
