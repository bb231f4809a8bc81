//! The engine against a naive recomputation, and against itself: other batch sizes, barriers, restarts, speeds.

mod outcomes;
mod property;
mod world;
