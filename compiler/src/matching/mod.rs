//! Matching: which posts of a batch satisfy which queries. Three evaluators give the same answers: the reference
//! interpreter, which defines the meaning, bytecode over one shared index of all queries, and machine code.
//!
//! ```text
//! Plan ──lower──► formulas of two-valued tests ──► dictionary, postings, programs ──► Matcher (shared)
//! PostBatch ──────────────────────────────────► Matcher + Scratch (one a thread) ──► (row, query)
//! ```

pub(crate) mod anchors;
mod columns;
mod condition;
mod dictionary;
mod error;
mod evaluate;
mod fields;
mod filter;
mod finders;
pub(crate) mod formula;
mod index;
mod interpret;
#[cfg(feature = "machine-code")]
mod jit;
#[cfg(not(feature = "machine-code"))]
#[path = "no_jit.rs"]
mod jit;
mod matcher;
mod pattern;
mod program;
mod trace;
mod truth;

pub use condition::{Condition, interpret_number, interpret_truth};
pub use error::MatchError;
pub use evaluate::SPANS_MAX;
pub(crate) use fields::test_value;
pub use fields::{Actual, actual, test_field};
pub use interpret::{MatchSpan, PostTexts, evaluate, find_spans};
pub use matcher::{Backend, Match, MatchOptions, Matcher, Scratch};
pub(crate) use pattern::regex;
pub use trace::{Explanation, Found, Miss, explain};
pub use truth::Truth;
