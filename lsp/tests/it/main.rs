//! The language server from outside: an editor at the other end of a pipe.

mod editor;
mod edits;
mod features;
mod folders;
mod lenses;
