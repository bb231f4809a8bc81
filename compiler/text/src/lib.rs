//! What "a word" is: tokens, folding, entities. One tokeniser serves posts and rules.

pub mod term;
