//! `example` lines: the monitor's match is asked about the text alone. Tests of fields are unknown then, so an example
//! fails only where the words decide against it.

use super::state::Checker;

impl Checker<'_> {
    /// Evaluates every example of every monitor in the plan.
    pub fn examples(&mut self) {}
}
