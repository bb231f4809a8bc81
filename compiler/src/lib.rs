//! Names, types, plan and the three evaluators of the Mon language.

pub mod plan;
