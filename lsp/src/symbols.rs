//! Every name in a file with what it is there: what a word under the cursor means, where else it stands, and what a new name
//! would change all follow from this list.

use mon_compiler::folder::takes_values;
use mon_compiler::vocabulary::{self, Context};
use mon_grammar::Span;
use mon_grammar::ast::{
    BinaryOp, ClauseKind, Expr, ExprKind, File, Item, ItemKind, Monitor, Name, Path, Playbook, PlaybookClauseKind,
    Query, Test, TestStepKind, Timing, WindowKind,
};

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Terms,
    Query,
    Dates,
    Monitor,
    Playbook,
    /// Known inside its monitor, and in those that extend it.
    Measure,
    /// Known inside its query.
    Param,
    Team,
    Method,
    /// A field of posts, or a zone of their text.
    Field,
    /// One of the values that a field has: a language, a platform.
    Value,
    Level,
    /// A measure or detector of the language.
    Function,
    /// A file or package that `use` names.
    File,
    Package,
    /// A file of members that `from` names, or of posts that `replay` names.
    Data,
    /// The code of a finding in `allow`.
    Code,
    /// A word of the language that stands alone: a unit of time, a role, a kind of clause.
    Word,
}

impl Kind {
    /// Whether rules give such names, so that there is a place that says what it is.
    #[must_use]
    pub const fn is_defined_in_rules(self) -> bool {
        matches!(
            self,
            Self::Terms | Self::Query | Self::Dates | Self::Monitor | Self::Playbook | Self::Measure | Self::Param
        )
    }

    /// Whether all places of such a name may be given another one together.
    #[must_use]
    pub const fn is_renamed(self) -> bool {
        self.is_defined_in_rules() || matches!(self, Self::Team | Self::Method)
    }
}

/// How a name stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Here the rules say what it is.
    Definition,
    Reference,
    /// It stands in a condition on posts: a parameter, a list, a query, a field or a value of one.
    InPosts,
    /// It stands where the value of a field does: a parameter or a value.
    InValues,
    /// It stands in a condition on windows: a measure too.
    InWindows,
}

/// A name at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub span: Span,
    pub name: String,
    /// What it certainly is, or for roles in conditions what it is when nothing has such a name.
    pub kind: Kind,
    pub role: Role,
    /// Index of the item that it stands in.
    pub item: u32,
}

/// All names of a file, in the order of the text.
#[must_use]
pub fn occurrences(tree: &File) -> Vec<Occurrence> {
    let mut walk = Walk { found: Vec::new(), item: 0 };
    for (at, item) in (0..).zip(&tree.items) {
        walk.item = at;
        walk.item(item);
    }
    walk.found.sort_by_key(|found| (found.span.start, found.span.end));
    walk.found
}

struct Walk {
    found: Vec<Occurrence>,
    item: u32,
}

impl Walk {
    fn push(&mut self, name: &Name, kind: Kind, role: Role) {
        self.at(name.span, &name.text, kind, role);
    }

    fn at(&mut self, span: Span, name: &str, kind: Kind, role: Role) {
        if !name.is_empty() {
            self.found.push(Occurrence { span, name: name.to_owned(), kind, role, item: self.item });
        }
    }

    fn field(&mut self, path: &Path) {
        self.at(path.span, &path.dotted(), Kind::Field, Role::Reference);
    }

    fn refer<'a>(&mut self, names: impl IntoIterator<Item = &'a Name>, kind: Kind) {
        names.into_iter().for_each(|name| self.push(name, kind, Role::Reference));
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Use(used) => {
                let kind = if used.is_file() { Kind::File } else { Kind::Package };
                self.at(used.target_span, &used.target, kind, Role::Reference);
            }
            ItemKind::Terms(terms) => {
                self.push(&terms.name, Kind::Terms, Role::Definition);
                terms.members.iter().for_each(|member| self.posts(member));
                for source in &terms.sources {
                    self.at(source.path_span, &source.path, Kind::Data, Role::Reference);
                }
                terms.allows.iter().for_each(|allow| self.clause(&allow.kind));
            }
            ItemKind::Query(query) => self.query(query),
            ItemKind::Dates(dates) => self.push(&dates.name, Kind::Dates, Role::Definition),
            ItemKind::Monitor(monitor) => self.monitor(monitor),
            ItemKind::Playbook(playbook) => self.playbook(playbook),
            ItemKind::Test(test) => self.test(test),
            ItemKind::Broken => {}
        }
    }

    fn query(&mut self, query: &Query) {
        self.push(&query.name, Kind::Query, Role::Definition);
        query.params.iter().for_each(|param| self.push(&param.name, Kind::Param, Role::Definition));
        self.refer(query.gaps.iter().map(|(_, name)| name), Kind::Param);
        self.posts(&query.expr);
        query.allows.iter().for_each(|allow| self.clause(&allow.kind));
    }

    fn monitor(&mut self, monitor: &Monitor) {
        self.push(&monitor.name, Kind::Monitor, Role::Definition);
        monitor.clauses.iter().for_each(|clause| self.clause(&clause.kind));
    }

    fn clause(&mut self, clause: &ClauseKind) {
        match clause {
            ClauseKind::Extend { base, countries } => {
                self.push(base, Kind::Monitor, Role::Reference);
                self.refer(countries, Kind::Value);
            }
            ClauseKind::Locked(names) => self.refer(names, Kind::Word),
            ClauseKind::Match(expr) => self.posts(expr),
            ClauseKind::Window(window) => {
                window.by.iter().for_each(|path| self.field(path));
                if let WindowKind::Calendar { unit, .. } = &window.kind {
                    self.push(unit, Kind::Word, Role::Reference);
                }
                window.kind.steps().iter().for_each(|step| self.posts(&step.cond));
            }
            ClauseKind::Measure { name, expr } => {
                self.push(name, Kind::Measure, Role::Definition);
                self.windows(expr);
            }
            ClauseKind::Alert(alert) => {
                self.windows(&alert.when);
                alert.clear.iter().for_each(|clear| self.windows(clear));
            }
            ClauseKind::Severity(rows) => {
                for row in rows {
                    self.push(&row.level, Kind::Level, Role::Reference);
                    row.when.iter().for_each(|when| self.windows(when));
                }
            }
            ClauseKind::Group(paths) => paths.iter().for_each(|path| self.field(path)),
            ClauseKind::Dedupe { by, .. } => by.iter().for_each(|path| self.field(path)),
            ClauseKind::Show { posts, values } => {
                let of_posts = posts.iter().flat_map(|posts| [&posts.by, &posts.once_by]).flatten();
                of_posts.chain(values.iter().map(|values| &values.of)).for_each(|path| self.field(path));
            }
            ClauseKind::Follow(name) => self.push(name, Kind::Playbook, Role::Reference),
            ClauseKind::Guard { value, .. } => self.windows(value),
            ClauseKind::Allow(allow) => self.push(&allow.code, Kind::Code, Role::Reference),
            ClauseKind::Example { .. }
            | ClauseKind::Meta { .. }
            | ClauseKind::UnderLoad(_)
            | ClauseKind::Other { .. }
            | ClauseKind::Broken { .. } => {}
        }
    }

    fn playbook(&mut self, playbook: &Playbook) {
        self.push(&playbook.name, Kind::Playbook, Role::Definition);
        for clause in &playbook.clauses {
            self.playbook_clause(&clause.kind);
        }
    }

    fn playbook_clause(&mut self, clause: &PlaybookClauseKind) {
        match clause {
            PlaybookClauseKind::Route { rows, .. } => {
                for row in rows {
                    row.when.iter().for_each(|when| self.routed(when));
                    self.push(&row.team, Kind::Team, Role::Reference);
                }
            }
            PlaybookClauseKind::Notify(rows) => {
                for row in rows {
                    self.push(&row.level, Kind::Level, Role::Reference);
                    self.refer(&row.methods, Kind::Method);
                }
            }
            PlaybookClauseKind::Share { labels, teams, methods, purposes } => {
                self.refer(labels, Kind::Word);
                self.refer(teams, Kind::Team);
                self.refer(methods, Kind::Method);
                self.refer(purposes, Kind::Word);
            }
            PlaybookClauseKind::Escalate { steps, .. } => {
                for step in steps {
                    self.refer(&step.role, Kind::Word);
                    // `oncall of team` is the team that was routed to, which has no name.
                    self.refer((step.team.text != "team").then_some(&step.team), Kind::Team);
                    self.refer(&step.methods, Kind::Method);
                }
            }
            PlaybookClauseKind::Quiet { except, then, .. } | PlaybookClauseKind::Budget { except, then, .. } => {
                self.refer(except, Kind::Level);
                if let Some(Timing::Digest(times)) = then {
                    self.refer(times, Kind::Word);
                }
            }
            PlaybookClauseKind::Ticket { rows, .. } => {
                rows.iter().filter_map(|row| row.when.as_ref()).for_each(|when| self.routed(when));
            }
            PlaybookClauseKind::Allow(allow) => self.push(&allow.code, Kind::Code, Role::Reference),
            PlaybookClauseKind::AckLasts(_) | PlaybookClauseKind::Other { .. } | PlaybookClauseKind::Broken { .. } => {}
        }
    }

    fn test(&mut self, test: &Test) {
        self.push(&test.monitor, Kind::Monitor, Role::Reference);
        for step in &test.steps {
            match &step.kind {
                TestStepKind::Replay { path, path_span } => self.at(*path_span, path, Kind::Data, Role::Reference),
                TestStepKind::Incidents { monitor, .. } => self.refer(monitor, Kind::Monitor),
                TestStepKind::Severity { level, .. } => self.push(level, Kind::Level, Role::Reference),
                TestStepKind::Matched { filter, .. } => filter.iter().for_each(|filter| self.posts(filter)),
                TestStepKind::Messages { team, .. } => self.refer(team, Kind::Team),
                TestStepKind::Opened { .. }
                | TestStepKind::ClearedBy { .. }
                | TestStepKind::Other { .. }
                | TestStepKind::Broken { .. } => {}
            }
        }
    }

    fn posts(&mut self, expr: &Expr) {
        self.expr(expr, Role::InPosts);
    }

    fn windows(&mut self, expr: &Expr) {
        self.expr(expr, Role::InWindows);
    }

    /// A condition of a row that chooses by the alert: `monitor is m`, `monitor in [m, n]`. A tree's depth is bounded, so
    /// recursion is safe.
    fn routed(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Is | BinaryOp::In, left, right, .. } if is_path(left, "monitor") => {
                self.windows(left);
                self.monitors(right);
            }
            ExprKind::Binary { left, right, .. } => {
                self.routed(left);
                self.routed(right);
            }
            ExprKind::Group(members) | ExprKind::Set { members, .. } => {
                members.iter().for_each(|member| self.routed(member));
            }
            ExprKind::Not(inner) => self.routed(inner),
            _ => self.windows(expr),
        }
    }

    fn monitors(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Path(path) => self.at(path.span, &path.dotted(), Kind::Monitor, Role::Reference),
            ExprKind::List(members) | ExprKind::Group(members) => {
                members.iter().for_each(|member| self.monitors(member));
            }
            _ => self.windows(expr),
        }
    }

    /// A tree's depth is bounded, so recursion is safe.
    fn expr(&mut self, expr: &Expr, role: Role) {
        match &expr.kind {
            ExprKind::Path(path) => self.at(path.span, &path.dotted(), Kind::Value, role),
            ExprKind::Exists(path) => self.field(path),
            ExprKind::Zone { zone, expr } => {
                self.field(zone);
                self.expr(expr, role);
            }
            ExprKind::Call { name, args } => {
                self.push(name, Kind::Function, role);
                let role = if takes_measures(&name.text) { role } else { Role::InPosts };
                args.iter().for_each(|arg| self.expr(arg, role));
            }
            ExprKind::List(members)
            | ExprKind::Group(members)
            | ExprKind::Set { members, .. }
            | ExprKind::Scope { members, .. } => members.iter().for_each(|member| self.expr(member, role)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Confident { expr: inner, .. } => {
                self.expr(inner, role);
            }
            ExprKind::Infix { word, left, right } if role == Role::InWindows && word.text == "without" => {
                self.expr(left, role);
                match &right.kind {
                    ExprKind::Path(path) => self.at(path.span, &path.dotted(), Kind::Dates, Role::Reference),
                    _ => self.expr(right, role),
                }
            }
            ExprKind::Binary { op, left, right, .. } if role == Role::InPosts && takes_values(*op, left) => {
                self.expr(left, role);
                self.expr(right, Role::InValues);
            }
            ExprKind::Binary { left, right, .. } | ExprKind::Infix { left, right, .. } => {
                self.expr(left, role);
                self.expr(right, role);
            }
            ExprKind::Term(_)
            | ExprKind::Number { .. }
            | ExprKind::Duration(_)
            | ExprKind::Quantity { .. }
            | ExprKind::Time(_)
            | ExprKind::NoPosts
            | ExprKind::Error => {}
        }
    }
}

fn is_path(expr: &Expr, name: &str) -> bool {
    matches!(&expr.kind, ExprKind::Path(path) if path.dotted() == name)
}

/// Whether what a call is given are measures of the window. All other calls are given conditions on posts, or their fields.
fn takes_measures(function: &str) -> bool {
    let looks_back =
        || vocabulary::word(function, Context::Measure).is_some_and(|word| word.kind == vocabulary::Kind::Detector);
    matches!(function, "share" | "ratio") || looks_back()
}
