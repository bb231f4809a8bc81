//! Names, types, plan and the three evaluators of the Mon language.

pub mod analysis;
pub mod area;
pub mod calendar;
pub mod check;
pub mod clock;
pub mod coverage;
pub mod describe;
pub mod diagnostic;
pub mod edition;
pub mod export;
pub mod folder;
pub mod history;
pub mod import;
pub mod lint;
pub mod matching;
pub mod mutate;
pub mod plan;
pub mod vocabulary;

pub use mon_text::{story, tags, url};
