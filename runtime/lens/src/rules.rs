//! Rules made ready to be looked at: their plan, in which every written term is one of its own, and where the numbers of their
//! alerts stand.

use std::borrow::Borrow;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check_trees};
use mon_compiler::lint::Lints;
use mon_compiler::plan::{Place, Plan, SourceFile};
use mon_grammar::ast::File;

use crate::numbers;

/// Checked rules. They are data: a thread can look at them while others are being written.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) plan: Arc<Plan>,
    /// For each monitor the places of the numbers that its alert compares with a measure, in the order of the plan; None where
    /// one is written elsewhere.
    pub(crate) numbers: Vec<Vec<Option<Place>>>,
}

impl Rules {
    /// Checks files as [`check_trees`] does it; `trees` are what they say. None where an error is in them, which a check tells.
    #[must_use]
    pub fn check(files: Vec<SourceFile>, trees: &[impl Borrow<File>], options: &CheckOptions) -> Option<Self> {
        let trees: Vec<&File> = trees.iter().map(Borrow::borrow).collect();
        let options = CheckOptions { apart: true, examples: false, lints: Lints::Off, ..options.clone() };
        let plan = check_trees(files, &trees, &options).plan?;
        let numbers = plan.monitors.iter().map(|monitor| numbers::places(monitor, &plan.files, &trees)).collect();
        Some(Self { plan: Arc::new(plan), numbers })
    }

    /// The plan. Equal terms that are written at different places are different terms of it.
    #[must_use]
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}
