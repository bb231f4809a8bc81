//! What the checker carries from item to item: the names, the plan as it grows, and the findings.

use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::{Expr, TermForm};
use mon_post::Zone;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Cond, MonitorId, Place, Plan, SpanExpr, TermId};

use super::CheckOptions;
use super::extend::{self, Extended};
use super::fragments::Uses;
use super::lists::Lists;
use super::names::Names;
use super::unread::Unread;
use super::unsupported::{self, Construct};
use super::walk;

/// The name of the grammar's code for a figure that its place cannot hold.
const NUMBER_RANGE: &str = "number-out-of-range";

/// Findings of unknown names that are given a near name of the folder.
const SEARCHES_MAX: usize = 256;

/// The checker's state.
pub(super) struct Checker<'a> {
    pub options: &'a CheckOptions,
    pub names: Names<'a>,
    /// The clauses of the monitors.
    pub extended: Extended<'a>,
    pub plan: Plan,
    /// Queries made by giving values, each with the place that uses it first.
    pub made: Uses,
    /// While such a query or a clause that is taken over is read: where it is used.
    pub used_at: Option<Use>,
    /// What could not be read.
    pub unread: Unread,
    /// Lists of terms by their path.
    pub lists: Lists<'a>,
    /// The file whose items are being read.
    pub file: u32,
    pub zones: Arc<[Zone]>,
    /// Every term that was read, by form, text and edits.
    pub term_ids: FxHashMap<(TermForm, String, Option<u32>), ReadTerm>,
    /// The same by place too, where equal terms are told apart.
    pub terms_apart: FxHashMap<(TermId, Place), TermId>,
    /// Of a term that is told apart the one that is written first.
    pub twins: FxHashMap<TermId, TermId>,
    /// Members of each `terms` item; None where it has an error.
    pub terms: Vec<Option<Arc<[SpanExpr]>>>,
    /// Condition and size of each `query` item; None where it has an error.
    pub queries: Vec<Option<Lowered>>,
    /// Monitors that stand in the plan.
    pub monitor_ids: FxHashMap<&'a str, MonitorId>,
    found: Vec<Diagnostic>,
    /// Figures that are too large to be read: what is said of the value that stands for them is no finding.
    too_large: Vec<Place>,
    /// Findings for which the names of the folder were searched for a near one.
    searches: usize,
    /// While a query is read again for another zone or a distance: what it says was told at its own place.
    quiet: u32,
}

/// Where something is used that is read again for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub place: Place,
    /// What a finding says of that place.
    pub how: &'static str,
}

/// A term's id, or message and help of why it cannot be looked for.
pub(super) type ReadTerm = Result<TermId, (String, &'static str)>;

/// A condition with the figures that limits are about.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    pub cond: Arc<Cond>,
    /// Nesting, through names.
    pub depth: usize,
    /// Terms looked for, through names.
    pub terms: usize,
}

impl<'a> Checker<'a> {
    pub fn new(options: &'a CheckOptions, names: Names<'a>, mut found: Vec<Diagnostic>) -> Self {
        let large = found.iter().filter(|told| told.code.name == NUMBER_RANGE).map(|told| told.place).collect();
        Self {
            extended: extend::resolve(&names, &mut found),
            options,
            too_large: large,
            plan: Plan { edition: options.edition, ..Plan::default() },
            lists: Lists::default(),
            made: Uses::default(),
            unread: Unread::default(),
            used_at: None,
            file: 0,
            zones: Arc::from(options.default_zones.as_slice()),
            term_ids: FxHashMap::default(),
            terms_apart: FxHashMap::default(),
            twins: FxHashMap::default(),
            terms: vec![None; names.terms.len()],
            queries: vec![None; names.queries.len()],
            names,
            monitor_ids: FxHashMap::default(),
            found,
            searches: 0,
            quiet: 0,
        }
    }

    /// The place of a span in the current file, without white space at its end.
    pub fn at(&self, span: Span) -> Place {
        walk::step();
        let text = self.source(span);
        let blank = u32::try_from(text.len() - text.trim_end().len()).unwrap_or(0);
        Place { file: self.file, span: Span::new(span.start, span.end.saturating_sub(blank)) }
    }

    /// The text of a span.
    pub fn source(&self, span: Span) -> &str {
        span.text(self.plan.files.get(self.file as usize).map_or("", |file| &file.text))
    }

    /// Tells a finding, unless it was told where the item itself was read.
    pub fn tell(&mut self, diagnostic: Diagnostic) {
        if self.quiet > 0 || self.too_large.iter().any(|figure| figure.lies_in(diagnostic.place)) {
            return;
        }
        let Some(used) = self.used_at else { return self.found.push(diagnostic) };
        // Other uses find the same; the first one tells it.
        let same = |told: &Diagnostic| told.place == diagnostic.place && told.message == diagnostic.message;
        if !self.found.iter().any(same) {
            self.found.push(diagnostic.label(used.place, used.how));
        }
    }

    /// How many of the folder's names may be searched for one that is near to an unknown one: all, but not for ever more
    /// findings, since ten thousand names times ten thousand mistakes take minutes.
    pub fn searched(&mut self) -> usize {
        self.searches += 1;
        if self.searches <= SEARCHES_MAX { usize::MAX } else { 0 }
    }

    /// Refuses a construct that is not executed.
    pub fn refuse<T>(&mut self, construct: Construct, span: Span) -> Option<T> {
        let place = self.at(span);
        self.tell(unsupported::refusal(construct, place));
        None
    }

    /// What errors so far suggest to write.
    pub fn suggested(&self) -> FxHashSet<&str> {
        let errors = self.found.iter().filter(|told| told.is_error());
        errors.flat_map(|told| &told.fixes).flat_map(|fix| &fix.edits).map(|(_, text)| text.as_str()).collect()
    }

    /// Whether the grammar reported something inside the span, which is then not what was written.
    pub fn unread(&self, span: Span) -> bool {
        let place = Place { file: self.file, span };
        let inside = |told: &Diagnostic| told.code.id.starts_with("MON01") && told.place.lies_in(place);
        self.found.iter().any(inside)
    }

    /// Tells that a named limit is exceeded.
    pub fn exceed(&mut self, span: Span, message: String, limit: &str) {
        let place = self.at(span);
        let help = format!("stay within it; the name of this limit is `{limit}`");
        self.tell(Diagnostic::new(&codes::LIMIT_EXCEEDED, place, message).help(help));
    }

    /// Runs `read` on another item's expression without telling what it finds.
    pub fn quietly<T>(&mut self, file: u32, read: impl FnOnce(&mut Self) -> T) -> T {
        let own = std::mem::replace(&mut self.file, file);
        self.quiet += 1;
        let result = read(self);
        self.quiet -= 1;
        self.file = own;
        result
    }

    /// How many findings there are, to see later whether an item added some.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether an error was told since there were `before` findings.
    pub fn failed_since(&self, before: usize) -> bool {
        self.found.iter().skip(before).any(Diagnostic::is_error)
    }

    /// The findings and the plan.
    pub fn finish(self) -> (Plan, Vec<Diagnostic>) {
        (self.plan, self.found)
    }

    /// The source text of an expression.
    pub fn written(&self, expr: &Expr) -> &str {
        self.source(expr.span).trim_end()
    }
}
