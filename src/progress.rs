//! A progress line for long work: how much is done, how fast, how long still. Silent when nobody watches.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const BYTES: &str = "{spinner} {msg} {bytes}/{total_bytes} {percent}% at {bytes_per_sec}, {eta} left";
const POSTS: &str = "{spinner} {msg} {human_pos}/{human_len} posts at {per_sec}, {eta} left";
const OPEN: &str = "{spinner} {msg} {human_pos} posts at {per_sec}, {elapsed} so far";

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    Bytes(u64),
    Posts(u64),
    /// Posts of an unknown number.
    Open,
}

/// A progress line on standard error, hidden when it is quiet or not a terminal.
pub fn line(message: &'static str, unit: Unit, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (template, length) = match unit {
        Unit::Bytes(total) => (BYTES, Some(total)),
        Unit::Posts(total) => (POSTS, Some(total)),
        Unit::Open => (OPEN, None),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(8)).with_style(style);
    bar.set_message(message);
    bar
}
