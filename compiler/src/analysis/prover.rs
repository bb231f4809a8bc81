//! Turns formulas of tests into clauses, adds what is certain between the tests, and asks a SAT solver. What it denies
//! cannot be; what it allows need not be possible, since not every fact about texts is told.

use batsat::{Callbacks, ClauseKind, Lit, Solver, SolverInterface, SolverOpts, Var, lbool};
use mon_post::{FieldId, FieldType};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::matching::formula::{Formula, Lazy, Needs, PRESENCE, SpanId, SpanNode, Tables, Test, ZoneMask};
use crate::matching::{Actual, Truth};
use crate::plan::{FieldOp, FieldTest, TokenPattern};

use super::fields::{self, Cell, Holds};
use super::patterns;
use super::spans::{self, Spans};

/// Clauses that the solver may learn for one question; then it is not decided.
const LEARNED_MAX: u32 = 20_000;

/// Variables of one proof, those of sub-formulas included.
const VARIABLES_MAX: usize = 200_000;

/// Rows and distances of which each is compared with each.
const COMPARED_MAX: usize = 512;

/// Something that is so of a post or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// The span is found in one of the zones, which are always asked together.
    Found { span: SpanId, zones: ZoneMask },
    /// The post has one of the zones.
    Present { zones: ZoneMask },
    /// A span is found more than once: an index into the lazy tests.
    Counted(u32),
    /// As [`Test::Field`].
    Field(u32),
}

/// What a field is, cell by cell, in the solver's variables.
pub(super) struct Split {
    pub field: FieldId,
    pub holds: Holds,
    pub cells: Vec<(Var, Cell)>,
}

/// An answer of the solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No post can be so.
    Impossible,
    /// Nothing that is known speaks against it.
    Possible,
    /// A limit was met.
    Open,
}

/// Stops the solver after so many learned clauses: time would not be the same everywhere.
#[derive(Default)]
struct Budget {
    learned: u32,
}

impl Callbacks for Budget {
    fn on_new_clause(&mut self, _: &[Lit], _: ClauseKind) {
        self.learned += 1;
    }

    fn stop(&self) -> bool {
        self.learned > LEARNED_MAX
    }
}

pub(super) struct Prover<'t> {
    pub tables: &'t mut Tables,
    solver: Solver<Budget>,
    /// Zones that no test tells apart; together all that are asked.
    classes: Vec<ZoneMask>,
    vars: FxHashMap<Atom, Var>,
    atoms: Vec<(Atom, Var)>,
    /// Atoms of which the facts are told.
    told: usize,
    parts: FxHashMap<SpanId, Vec<SpanId>>,
    splits: Vec<Split>,
    truth: Lit,
    variables: usize,
}

impl<'t> Prover<'t> {
    /// A prover of what is asked of these formulas and of parts of them.
    pub fn new(tables: &'t mut Tables, formulas: &[&Formula]) -> Self {
        let options = SolverOpts { phase_saving: 0, ..SolverOpts::default() };
        let mut solver = Solver::new(options, Budget::default());
        let truth = Lit::new(solver.new_var_default(), true);
        solver.add_clause_reuse(&mut vec![truth]);
        let mut masks = FxHashSet::default();
        formulas.iter().for_each(|formula| zone_masks(tables, formula, &mut masks));
        Self {
            classes: classes(&masks),
            tables,
            solver,
            vars: FxHashMap::default(),
            atoms: Vec::new(),
            told: 0,
            parts: FxHashMap::default(),
            splits: Vec::new(),
            truth,
            variables: 1,
        }
    }

    /// All atoms with their variables.
    pub fn atoms(&self) -> &[(Atom, Var)] {
        &self.atoms
    }

    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    fn var(&mut self) -> Var {
        self.variables += 1;
        // What is not forced to be so is not so: examples stay small.
        self.solver.new_var(lbool::FALSE, true)
    }

    fn clause(&mut self, literals: &[Lit]) {
        self.solver.add_clause_reuse(&mut literals.to_vec());
    }

    fn atom(&mut self, atom: Atom) -> Lit {
        if let Some(known) = self.vars.get(&atom) {
            return Lit::new(*known, true);
        }
        let var = self.var();
        self.vars.insert(atom, var);
        self.atoms.push((atom, var));
        Lit::new(var, true)
    }

    fn any(&mut self, mut literals: Vec<Lit>) -> Lit {
        literals.sort_unstable();
        literals.dedup();
        match literals.as_slice() {
            [] => return !self.truth,
            [only] => return *only,
            _ => {}
        }
        let whole = Lit::new(self.var(), true);
        for literal in &literals {
            self.clause(&[whole, !*literal]);
        }
        literals.push(!whole);
        self.clause(&literals);
        whole
    }

    fn all(&mut self, literals: Vec<Lit>) -> Lit {
        let none = self.any(literals.into_iter().map(|literal| !literal).collect());
        !none
    }

    /// At least `k` of the literals.
    fn at_least(&mut self, k: usize, literals: &[Lit]) -> Lit {
        // Behind each literal: at least 0, 1, … of those so far.
        let mut counts = vec![self.truth];
        for literal in literals {
            let mut next = vec![self.truth];
            for wanted in 1..=k.min(counts.len()) {
                let before = counts.get(wanted).copied().unwrap_or(!self.truth);
                let one_less = counts.get(wanted - 1).copied().unwrap_or(!self.truth);
                let with = self.all(vec![one_less, *literal]);
                next.push(self.any(vec![before, with]));
            }
            counts = next;
        }
        counts.get(k).copied().unwrap_or(!self.truth)
    }

    /// The literal that is so exactly when the formula is. Nothing when it would take too many variables.
    pub fn literal(&mut self, formula: &Formula) -> Option<Lit> {
        if self.variables > VARIABLES_MAX {
            return None;
        }
        Some(match formula {
            Formula::Const(true) => self.truth,
            Formula::Const(false) => !self.truth,
            Formula::Test { test, sense: true } => self.test(*test),
            Formula::Test { test, sense: false } => !self.test(*test),
            Formula::And(members) => {
                let literals = self.literals(members)?;
                self.all(literals)
            }
            Formula::Or(members) => {
                let literals = self.literals(members)?;
                self.any(literals)
            }
            Formula::AtLeast { k, members } => {
                let literals = self.literals(members)?;
                if literals.len().saturating_mul(*k as usize) > VARIABLES_MAX {
                    return None;
                }
                self.at_least(*k as usize, &literals)
            }
        })
    }

    fn literals(&mut self, members: &[Formula]) -> Option<Vec<Lit>> {
        members.iter().map(|member| self.literal(member)).collect()
    }

    fn test(&mut self, test: Test) -> Lit {
        match test {
            Test::Seen { slot: PRESENCE, zones } => {
                let present = self.within(zones);
                let literals = present.into_iter().map(|zones| self.atom(Atom::Present { zones })).collect();
                self.any(literals)
            }
            Test::Seen { slot, zones } => {
                let span = self.tables.span_id(SpanNode::Token(slot));
                self.found(span, zones)
            }
            Test::Lazy(id) => match self.tables.lazies.get(id as usize).copied() {
                Some(lazy) if lazy.times == 1 => self.found(lazy.spans, lazy.zones),
                Some(_) => self.atom(Atom::Counted(id)),
                None => !self.truth,
            },
            Test::Field(id) => self.atom(Atom::Field(id)),
        }
    }

    fn within(&self, zones: ZoneMask) -> Vec<ZoneMask> {
        self.classes.iter().copied().filter(|class| class & zones != 0).collect()
    }

    fn found(&mut self, span: SpanId, zones: ZoneMask) -> Lit {
        let parts = match self.parts.get(&span) {
            Some(known) => known.clone(),
            None => {
                let parts = spans::spread(self.tables, span);
                self.parts.insert(span, parts.clone());
                parts
            }
        };
        let mut literals = Vec::new();
        for zones in self.within(zones) {
            literals.extend(parts.iter().map(|span| self.atom(Atom::Found { span: *span, zones })));
        }
        self.any(literals)
    }

    /// Adds what is certain between the atoms so far. Nothing when that would be too much.
    pub fn tell_facts(&mut self) -> Option<()> {
        while let Some((atom, var)) = self.atoms.get(self.told).copied() {
            self.told += 1;
            if self.variables > VARIABLES_MAX {
                return None;
            }
            match atom {
                Atom::Found { span, zones } => self.tell_of_span(span, zones, Lit::new(var, true)),
                Atom::Counted(id) => self.tell_of_count(id, Lit::new(var, true)),
                Atom::Present { .. } | Atom::Field(_) => {}
            }
        }
        self.tell_between_patterns();
        self.tell_between_spans();
        self.tell_of_fields();
        Some(())
    }

    /// What is found stands in a zone, and its parts are found too.
    fn tell_of_span(&mut self, span: SpanId, zones: ZoneMask, found: Lit) {
        let present = self.atom(Atom::Present { zones });
        self.clause(&[!found, present]);
        let Some(node) = self.tables.span(span).cloned() else { return };
        let parts: Vec<SpanId> = match (&node, node.needs()) {
            (SpanNode::Token(_), _) | (_, Needs::Any(_)) => return,
            (_, Needs::Slots(slots)) => slots.iter().map(|slot| self.tables.span_id(SpanNode::Token(*slot))).collect(),
            (_, Needs::All(members)) => members.to_vec(),
            (_, Needs::Both(members)) => members.to_vec(),
            (_, Needs::One(member)) => vec![member],
        };
        for part in parts {
            let part = self.found(part, zones);
            self.clause(&[!found, part]);
        }
    }

    /// What is found several times is found, and found fewer times.
    fn tell_of_count(&mut self, id: u32, counted: Lit) {
        let Some(lazy) = self.tables.lazies.get(id as usize).copied() else { return };
        let found = self.found(lazy.spans, lazy.zones);
        self.clause(&[!counted, found]);
        let fewer = |other: &Lazy| other.spans == lazy.spans && other.zones == lazy.zones && other.times < lazy.times;
        let known: Vec<Lit> = self
            .atoms
            .iter()
            .filter_map(|(atom, var)| match atom {
                Atom::Counted(other) => {
                    self.tables.lazies.get(*other as usize).filter(|other| fewer(other)).map(|_| Lit::new(*var, true))
                }
                _ => None,
            })
            .collect();
        for fewer in known {
            self.clause(&[!counted, fewer]);
        }
    }

    fn imply(&mut self, narrow: SpanId, broad: SpanId) {
        for zones in self.classes.clone() {
            let known = |span| self.vars.get(&Atom::Found { span, zones }).map(|var| Lit::new(*var, true));
            if let (Some(narrow), Some(broad)) = (known(narrow), known(broad)) {
                self.clause(&[!narrow, broad]);
            }
        }
    }

    /// Each expression that is asked for somewhere, once.
    fn spans_asked(&self) -> Vec<SpanId> {
        let spans = self.atoms.iter().filter_map(|(atom, _)| match atom {
            Atom::Found { span, .. } => Some(*span),
            _ => None,
        });
        let mut spans: Vec<SpanId> = spans.collect();
        spans.sort_unstable();
        spans.dedup();
        spans
    }

    /// Words and longer beginnings have their beginnings, runs their parts.
    fn tell_between_patterns(&mut self) {
        let pattern = |span: &SpanId| match self.tables.span(*span)? {
            SpanNode::Token(slot) => Some((*span, self.tables.pattern(*slot)?.clone())),
            _ => None,
        };
        let patterns: Vec<(SpanId, TokenPattern)> = self.spans_asked().iter().filter_map(pattern).collect();
        let mut prefixes: FxHashMap<&str, (SpanId, &TokenPattern)> = FxHashMap::default();
        let mut others: Vec<(SpanId, &TokenPattern)> = Vec::new();
        for (span, pattern) in &patterns {
            match pattern {
                TokenPattern::Prefix(prefix) => drop(prefixes.insert(prefix, (*span, pattern))),
                TokenPattern::Key(_) => {}
                other => others.push((*span, other)),
            }
        }
        let mut pairs = Vec::new();
        for (span, pattern) in &patterns {
            let (TokenPattern::Key(text) | TokenPattern::Prefix(text)) = pattern else { continue };
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]).filter(|_| !prefixes.is_empty());
            let broad = ends.filter_map(|end| prefixes.get(text.get(..end)?));
            let sure = broad.filter(|(other, broad)| other != span && patterns::within(pattern, broad));
            pairs.extend(sure.map(|(other, _)| (*span, *other)));
        }
        for (span, narrow) in others.iter().take(COMPARED_MAX) {
            let implied = others.iter().take(COMPARED_MAX).filter(|(other, _)| other != span);
            pairs.extend(
                implied.filter(|(_, broad)| patterns::found_with(narrow, broad)).map(|(other, _)| (*span, *other)),
            );
        }
        pairs.into_iter().for_each(|(narrow, broad)| self.imply(narrow, broad));
    }

    /// Rows and distances that have others inside them or are stricter.
    fn tell_between_spans(&mut self) {
        let wide = |span: &SpanId| !matches!(self.tables.span(*span), Some(SpanNode::Token(_)) | None);
        let spans: Vec<SpanId> = self.spans_asked().into_iter().filter(wide).collect();
        if spans.len() > COMPARED_MAX {
            return;
        }
        let sure = Spans::new(self.tables);
        let pairs = spans.iter().flat_map(|narrow| spans.iter().map(move |broad| (*narrow, *broad)));
        let pairs: Vec<(SpanId, SpanId)> =
            pairs.filter(|(narrow, broad)| narrow != broad && sure.implies(*narrow, *broad)).collect();
        pairs.into_iter().for_each(|(narrow, broad)| self.imply(narrow, broad));
    }

    // -------------------------------------------------------------------------------------------- fields

    fn tell_of_fields(&mut self) {
        let mut by_field: FxHashMap<FieldId, Vec<u32>> = FxHashMap::default();
        let mut order = Vec::new();
        for (atom, _) in &self.atoms {
            let Atom::Field(id) = atom else { continue };
            let Some(test) = self.tables.predicates.get(*id as usize / 2) else { continue };
            let known = by_field.entry(test.field).or_insert_with(|| {
                order.push(test.field);
                Vec::new()
            });
            if !known.contains(&(id / 2)) {
                known.push(id / 2);
            }
        }
        for field in order {
            let predicates = by_field.remove(&field).unwrap_or_default();
            self.tell_of_field(field, &predicates);
        }
    }

    fn tell_of_field(&mut self, field: FieldId, predicates: &[u32]) {
        for id in predicates {
            let [yes, no] = self.outcomes(*id);
            self.clause(&[!yes, !no]);
        }
        let Some(known) = field.get() else { return };
        let test = |id: &u32| Some((*id, self.tables.predicates.get(*id as usize)?.clone()));
        let tests: Vec<(u32, FieldTest)> = predicates.iter().filter_map(test).collect();
        let (ages, values): (Vec<_>, Vec<_>) =
            tests.into_iter().partition(|(_, test)| matches!(test.op, FieldOp::WithinLast { .. }));
        let values_hold = if known.ty == FieldType::TextList { Holds::Members } else { Holds::Value };
        let first = self.splits.len();
        for (tests, holds) in [(values, values_hold), (ages, Holds::Age)] {
            let plain: Vec<&FieldTest> = tests.iter().map(|(_, test)| test).collect();
            if tests.is_empty() {
                continue;
            }
            if let Some(cells) = fields::cells(known, &plain, holds) {
                self.tell_of_cells(field, &tests, holds, cells);
            }
        }
        self.tell_of_absence(first);
    }

    fn outcomes(&mut self, predicate: u32) -> [Lit; 2] {
        [self.atom(Atom::Field(predicate * 2)), self.atom(Atom::Field(predicate * 2 + 1))]
    }

    fn tell_of_cells(&mut self, field: FieldId, tests: &[(u32, FieldTest)], holds: Holds, cells: Vec<Cell>) {
        let cells: Vec<(Var, Cell)> = cells.into_iter().map(|cell| (self.var(), cell)).collect();
        let lits: Vec<Lit> = cells.iter().map(|(var, _)| Lit::new(*var, true)).collect();
        let list = (holds == Holds::Members).then(|| Lit::new(self.var(), true));
        if list.is_none() {
            self.clause(&lits);
        }
        for (at, (id, test)) in tests.iter().enumerate() {
            let [yes, no] = self.outcomes(*id);
            let says = |cell: &Cell| cell.truths.get(at).copied().unwrap_or(Truth::Unknown);
            let Some(told) = list else {
                for ((_, cell), lit) in cells.iter().zip(&lits) {
                    let truth = says(cell);
                    self.clause(&[!*lit, if truth == Truth::True { yes } else { !yes }]);
                    self.clause(&[!*lit, if truth == Truth::False { no } else { !no }]);
                }
                continue;
            };
            // A list holds when a member does; it is false where the list is told and no member does.
            let holding: Vec<Lit> = cells
                .iter()
                .zip(&lits)
                .filter(|((_, cell), _)| says(cell) == Truth::True)
                .map(|(_, lit)| *lit)
                .collect();
            let any = self.any(holding);
            let fails = if test.op == FieldOp::Exists { !any } else { self.all(vec![told, !any]) };
            for (one, other) in [(yes, any), (no, fails)] {
                self.clause(&[!one, other]);
                self.clause(&[one, !other]);
            }
        }
        if let Some(told) = list {
            lits.iter().for_each(|lit| self.clause(&[!*lit, told]));
        }
        self.splits.push(Split { field, holds, cells });
    }

    /// A time that is absent has no age, and only such a one.
    fn tell_of_absence(&mut self, first: usize) {
        let absent =
            |split: &Split| split.cells.iter().find(|(_, cell)| cell.value == Actual::Absent).map(|(var, _)| *var);
        let new: Vec<Option<Var>> = self.splits.iter().skip(first).map(absent).collect();
        if let [Some(value), Some(age)] = new.as_slice() {
            let (value, age) = (Lit::new(*value, true), Lit::new(*age, true));
            self.clause(&[!value, age]);
            self.clause(&[value, !age]);
        }
    }

    // -------------------------------------------------------------------------------------------- questions

    /// Whether a post can be so that all of these hold.
    pub fn ask(&mut self, wanted: &[Lit]) -> Verdict {
        self.solver.cb_mut().learned = 0;
        match self.solver.solve_limited(wanted) {
            answer if answer == lbool::TRUE => Verdict::Possible,
            answer if answer == lbool::FALSE => Verdict::Impossible,
            _ => Verdict::Open,
        }
    }

    /// Whether the last possible post was so.
    pub fn holds(&self, var: Var) -> bool {
        self.solver.value_var(var) == lbool::TRUE
    }

    /// A literal under which the last possible post is not shown again.
    pub fn another(&mut self) -> Lit {
        let switch = Lit::new(self.var(), true);
        let mut clause = vec![!switch];
        let cells = self.splits.iter().flat_map(|split| split.cells.iter().map(|(var, _)| *var));
        let found = self.atoms.iter().filter(|(atom, _)| !matches!(atom, Atom::Field(_))).map(|(_, var)| *var);
        let shown: Vec<Var> = found.chain(cells).collect();
        clause.extend(shown.into_iter().map(|var| Lit::new(var, !self.holds(var))));
        self.clause(&clause);
        switch
    }
}

fn zone_masks(tables: &Tables, formula: &Formula, out: &mut FxHashSet<ZoneMask>) {
    match formula {
        Formula::Const(_) => {}
        Formula::Test { test, .. } => match test {
            Test::Seen { zones, .. } => drop(out.insert(*zones)),
            Test::Lazy(id) => out.extend(tables.lazies.get(*id as usize).map(|lazy| lazy.zones)),
            Test::Field(_) => {}
        },
        Formula::And(members) | Formula::Or(members) | Formula::AtLeast { members, .. } => {
            members.iter().for_each(|member| zone_masks(tables, member, out));
        }
    }
}

/// The coarsest parts of which every mask is made.
fn classes(masks: &FxHashSet<ZoneMask>) -> Vec<ZoneMask> {
    let mut parts: Vec<ZoneMask> = vec![masks.iter().fold(0, |all, mask| all | mask)];
    for mask in masks {
        parts = parts.iter().flat_map(|part| [part & mask, part & !mask]).filter(|part| *part != 0).collect();
    }
    parts.sort_unstable();
    parts
}
