//! The grammar from outside: parsing, errors, the lossless tree and the formatter.

mod errors;
mod formatting;
mod generated;
mod parsing;
mod samples;
