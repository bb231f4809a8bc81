//! Mutants of a folder of rules: each differs from it in one edit that an author could make by mistake. A good set of
//! examples and tests notices each of them; those that it does not notice show what nobody has promised yet.

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, ClauseKind, Expr, Item, ItemKind, PlaybookClauseKind};
use rustc_hash::FxHashSet;

use crate::check::Checked;
use crate::coverage::dead_rows;
use crate::folder::{Folder, ItemAt, Part, Role, exprs, exprs_mut};
use crate::plan::{Place, Plan};

mod expr;
mod same;
#[cfg(test)]
mod tests;

use expr::Edit;
pub use same::{same_filters, same_matches};

/// One edit of the rules.
#[derive(Clone, Debug)]
pub struct Mutant {
    pub place: Place,
    /// What was done: `` `"on fire"` was removed ``.
    pub said: String,
    /// The item that is edited.
    pub item: ItemAt,
    pub touches: Touches,
    change: Change,
}

/// What an edit can have an influence on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Which posts are taken or measured.
    Posts,
    /// When an incident opens and clears, and its severity.
    Incidents,
    /// Who is told and how.
    Messages,
}

#[derive(Clone, Debug)]
enum Change {
    /// Of the item's expressions this one, in it the part that this path of children leads to.
    Expr {
        root: usize,
        path: Vec<usize>,
        edit: Edit,
    },
    /// A member of a `terms` list goes.
    DropMember(usize),
    DropClear,
    DropHold {
        clear: bool,
    },
    /// A row of `severity` and the next one change their levels.
    SwapLevels(usize),
    /// A step of a pattern and the next one change places.
    SwapSteps(usize),
    /// A row of the playbook goes: number of the clause, number of the row.
    DropRow(usize, usize),
}

impl Mutant {
    /// Checks a part of the folder with this edit in it, examples too.
    #[must_use]
    pub fn check(&self, folder: &Folder, part: &Part) -> Checked {
        let change = |at: ItemAt, item: &mut Item| {
            if at == self.item {
                self.change.apply(&mut item.kind);
            }
        };
        folder.check(part, true, change, Vec::new())
    }
}

impl Change {
    fn apply(&self, item: &mut ItemKind) {
        match (self, item) {
            (Self::Expr { root, path, edit }, item) => {
                if let Some(expr) = exprs_mut(item).into_iter().nth(*root) {
                    edit.apply(expr, path);
                }
            }
            (Self::DropMember(at), ItemKind::Terms(terms)) if *at < terms.members.len() => {
                drop(terms.members.remove(*at));
            }
            (Self::DropRow(clause, row), ItemKind::Playbook(playbook)) => drop_row(playbook, *clause, *row),
            (change, ItemKind::Monitor(monitor)) => {
                monitor.clauses.iter_mut().for_each(|clause| change.apply_clause(&mut clause.kind));
            }
            _ => {}
        }
    }

    fn apply_clause(&self, clause: &mut ClauseKind) {
        match (self, clause) {
            (Self::DropClear, ClauseKind::Alert(alert)) => (alert.clear, alert.clear_hold) = (None, None),
            (Self::DropHold { clear: false }, ClauseKind::Alert(alert)) => alert.hold = None,
            (Self::DropHold { clear: true }, ClauseKind::Alert(alert)) => alert.clear_hold = None,
            (Self::SwapLevels(at), ClauseKind::Severity(rows)) => {
                if let Some([one, other]) = rows.get_mut(*at..*at + 2) {
                    std::mem::swap(&mut one.level, &mut other.level);
                }
            }
            (Self::SwapSteps(at), ClauseKind::Window(window)) => {
                if let Some([one, other]) = window.kind.steps_mut().get_mut(*at..*at + 2) {
                    std::mem::swap(&mut one.cond, &mut other.cond);
                }
            }
            _ => {}
        }
    }
}

fn drop_row(playbook: &mut ast::Playbook, clause: usize, row: usize) {
    match playbook.clauses.get_mut(clause).map(|clause| &mut clause.kind) {
        Some(PlaybookClauseKind::Route { rows, .. }) if row < rows.len() => drop(rows.remove(row)),
        Some(PlaybookClauseKind::Notify(rows)) if row < rows.len() => drop(rows.remove(row)),
        _ => {}
    }
}

/// All mutants of the items that some monitor is made of, by file and place. `plan` is the folder's.
#[must_use]
pub fn mutants(folder: &Folder, plan: &Plan) -> Vec<Mutant> {
    let dead: FxHashSet<Place> = dead_rows(plan).into_iter().collect();
    let items: Part = plan.monitors.iter().flat_map(|monitor| folder.reach(&monitor.name)).collect();
    let mut found = Vec::new();
    for at in items {
        let Some(item) = folder.item(at) else { continue };
        let mut maker = Maker { folder, dead: &dead, at, found: &mut found };
        maker.item(&item.kind);
    }
    found.sort_by_key(|mutant| (mutant.place.file, mutant.place.span.start));
    found
}

/// Makes the mutants of one item.
struct Maker<'f> {
    folder: &'f Folder,
    dead: &'f FxHashSet<Place>,
    at: ItemAt,
    found: &'f mut Vec<Mutant>,
}

impl Maker<'_> {
    fn written(&self, span: Span) -> String {
        self.folder.written(self.at.file, span).to_owned()
    }

    fn add(&mut self, span: Span, said: String, touches: Touches, change: Change) {
        let place = self.folder.place(self.at.file, span);
        if !self.dead.iter().any(|row| place.lies_in(*row)) {
            self.found.push(Mutant { place, said, item: self.at, touches, change });
        }
    }

    fn item(&mut self, item: &ItemKind) {
        for (root, (role, expr)) in exprs(item).into_iter().enumerate() {
            let touches = match role {
                Role::Match | Role::Step | Role::Measure => Touches::Posts,
                Role::When | Role::Clear | Role::Severity => Touches::Incidents,
                Role::Route => Touches::Messages,
                Role::Filter => continue,
            };
            let (folder, file) = (self.folder, self.at.file);
            expr::edits(expr, &|span| folder.written(file, span).to_owned(), &mut |found| {
                let change = Change::Expr { root, path: found.path, edit: found.edit };
                self.add(found.span, found.said, touches, change);
            });
        }
        match item {
            ItemKind::Terms(terms) if terms.members.len() > 1 => self.members(&terms.members),
            ItemKind::Monitor(monitor) => monitor.clauses.iter().for_each(|clause| self.clause(&clause.kind)),
            ItemKind::Playbook(playbook) => self.rows(playbook),
            _ => {}
        }
    }

    fn members(&mut self, members: &[Expr]) {
        for (at, member) in members.iter().enumerate() {
            let said = removed(&self.written(member.span));
            self.add(member.span, said, Touches::Posts, Change::DropMember(at));
        }
    }

    fn clause(&mut self, clause: &ClauseKind) {
        match clause {
            ClauseKind::Alert(alert) => {
                if let Some(clear) = &alert.clear {
                    let said = removed(&format!("clear when {}", self.written(clear.span)));
                    self.add(clear.span, said, Touches::Incidents, Change::DropClear);
                }
                for (hold, clear) in [(alert.hold, false), (alert.clear_hold, true)] {
                    if let Some(hold) = hold.filter(|hold| hold.micros > 0) {
                        let said = removed(&format!("for {}", self.written(hold.span)));
                        self.add(hold.span, said, Touches::Incidents, Change::DropHold { clear });
                    }
                }
            }
            ClauseKind::Window(window) => {
                for (at, pair) in window.kind.steps().windows(2).enumerate() {
                    if let [one, other] = pair {
                        let (first, second) = (self.written(one.cond.span), self.written(other.cond.span));
                        let said = format!("`{first}` and `{second}` changed places");
                        self.add(one.span, said, Touches::Posts, Change::SwapSteps(at));
                    }
                }
            }
            ClauseKind::Severity(rows) => {
                for (at, pair) in rows.windows(2).enumerate() {
                    if let [one, other] = pair
                        && one.level.text != other.level.text
                    {
                        let said = format!("`{}` and `{}` changed places", one.level.text, other.level.text);
                        self.add(one.span, said, Touches::Incidents, Change::SwapLevels(at));
                    }
                }
            }
            _ => {}
        }
    }

    fn rows(&mut self, playbook: &ast::Playbook) {
        for (clause, found) in playbook.clauses.iter().enumerate() {
            let spans: Vec<Span> = match &found.kind {
                PlaybookClauseKind::Route { rows, .. } => rows.iter().map(|row| row.span).collect(),
                PlaybookClauseKind::Notify(rows) => rows.iter().map(|row| row.span).collect(),
                _ => Vec::new(),
            };
            for (row, span) in spans.into_iter().enumerate() {
                let said = removed(&self.written(span));
                self.add(span, said, Touches::Messages, Change::DropRow(clause, row));
            }
        }
    }
}

/// Text of the rules in one line.
fn removed(written: &str) -> String {
    format!("`{}` was removed", written.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether two operators make one row: `a and b and c`.
fn is_chain(op: BinaryOp, inner: &Expr) -> bool {
    matches!(&inner.kind, ast::ExprKind::Binary { op: found, .. } if *found == op)
}
