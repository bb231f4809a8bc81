//! Names, types, plan and the three evaluators of the Mon language.

pub mod analysis;
pub mod check;
pub mod describe;
pub mod diagnostic;
pub mod matching;
pub mod plan;
