//! What can be said of queries without any post: that one takes all that another takes, that no post can be meant, what
//! looking for it costs. A claim may be missed and is never wrong.
//!
//! ```text
//! Cond ─► formula of tests ─┐
//!                           ├─► clauses ─► SAT ─► proof, or an answer ─► a post ─► interpreter ─► example
//! facts between the tests ──┘
//! ```

pub mod cost;
mod example;
mod fields;
mod findings;
mod patterns;
mod prover;
mod relate;
mod related;
mod spans;

pub use example::Example;
pub(crate) use findings::find;
pub use relate::{Answer, Comparison, Relation, compare, compare_all};
