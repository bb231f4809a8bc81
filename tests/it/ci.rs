//! Rules in CI: the baseline of an old folder, the ready workflows, and the hooks of git.

mod baseline;
#[cfg(unix)]
mod hook;
#[cfg(unix)]
mod repository;
#[cfg(unix)]
mod workflows;
