//! Names, types, plan and the three evaluators of the Mon language.

pub mod check;
pub mod describe;
pub mod diagnostic;
pub mod lint;
pub mod matching;
pub mod plan;
