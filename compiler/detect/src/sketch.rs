//! Summaries of bounded size of what is too much to keep: which items are frequent, which texts are nearly the same.

mod near_duplicates;
mod space_saving;

pub use near_duplicates::{NEAR_AGREEMENT, NearDuplicates, PERMUTATIONS, SHINGLE_WORDS, Signature};
pub use space_saving::{Counted, SpaceSaving};
