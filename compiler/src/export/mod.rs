//! Rules for other systems that let through every post that a Mon query takes, so that a source need not send all it has.
//! What the other system cannot decide is named, and decided by Mon on what comes.

pub mod x;

mod rules;
mod spell;
