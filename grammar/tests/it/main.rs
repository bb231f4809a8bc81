//! The grammar from outside: parsing, errors, the lossless tree and the formatter.

mod parsing;
mod samples;
