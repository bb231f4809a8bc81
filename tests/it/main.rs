//! The command, the documents and the habits of the codebase, tested from outside.

mod bad_input;
mod docs;
mod golden;
mod suites;
mod tidy;
mod tool;
