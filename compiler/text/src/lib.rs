//! What "a word" is: tokens, folding, entities. One tokeniser serves posts and rules, so that the two never disagree.
//!
//! ```
//! use mon_text::{Kind, Tokens, key_hash};
//!
//! let mut tokens = Tokens::default();
//! tokens.tokenize("Wendy's fries 🔥 #SaveTheBank", 0);
//! let first = tokens.as_slice().first().unwrap();
//! let keys: Vec<&str> = tokens.keys(first).map(|key| key.text).collect();
//! assert_eq!(keys, ["wendy's", "wendy", "wendys"]);
//! let last = tokens.as_slice().last().unwrap();
//! assert_eq!((last.kind, last.pos), (Kind::Tag, 4));
//! assert_eq!(tokens.keys(last).next().unwrap().hash, key_hash("#savethebank"));
//! ```

mod aliases;
mod ascii;
mod bitmap;
mod emoji;
mod entities;
mod fold;
pub mod fuzzy;
pub mod glob;
mod hash;
mod hosts;
mod kind;
mod links;
pub mod literal;
pub mod loose;
mod position;
mod scan;
pub mod segment;
mod signs;
pub mod stem;
pub mod story;
mod table;
pub mod tags;
pub mod term;
mod token;
pub mod units;
pub mod url;
mod words;

pub use fold::fold;
pub use hash::key_hash;
pub use kind::Kind;
pub use position::{position_in, position_of};
pub use scan::POST_BYTES_MAX;
pub use token::{ALIAS_TOKEN_BYTES_MAX, Entry, Key, Keys, POST_TOKENS_MAX, Token, Tokens, ZONE_STEP, counted_between};
