//! The typed tree of a `.mon` file. Matching, measures and conditions share one expression type: which of them
//! an expression is, the checker decides by types, never the grammar.
//!
//! Every node carries its span. Strings hold the text as the author meant it (escapes resolved); the spelling is
//! found again through the span.

use crate::mend::Mend;
use crate::span::Span;

/// What parsing a file gives: always a tree, and every error found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    pub items: Vec<Item>,
    pub errors: Vec<SyntaxError>,
}

/// A syntax error in a reader's words: no grammar rule's name ever stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub span: Span,
    /// Stable code, `MON01xx`.
    pub code: &'static str,
    /// Lower case, no full stop; user text in backticks.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Notes at other places that belong to it.
    pub labels: Vec<(Span, String)>,
    /// The edits that write it.
    pub mend: Option<Mend>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// From the first byte of the keyword to the last byte of the item (doc comments outside).
    pub span: Span,
    pub doc: Option<Doc>,
    pub kind: ItemKind,
}

/// The `///` lines before an item, joined by newlines, without the slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    pub span: Span,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `use "brand/terms.mon"` or `use brand.terms` (B: packages).
    Use(Use),
    Terms(Terms),
    Query(Query),
    Dates(Dates),
    Monitor(Monitor),
    Playbook(Playbook),
    Test(Test),
    /// An item whose inside could not be read; its errors are in `File::errors`.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// `author.followers`, `link.domain`, `story`: names joined by dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub parts: Vec<Name>,
    pub span: Span,
}

impl Path {
    /// The parts joined by dots.
    #[must_use]
    pub fn dotted(&self) -> String {
        self.parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// A path relative to the file, or a dotted package name.
    pub target: String,
    pub target_span: Span,
}

impl Use {
    /// Whether a file is named; otherwise it is a package.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.target.ends_with(".mon") || self.target.contains('/')
    }
}

/// `terms acme = "acme", #acme, other_terms, from "brands.csv" column name`.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub name: Name,
    pub members: Vec<Expr>,
    /// Files whose lines are members too.
    pub sources: Vec<TermsSource>,
    /// `allow …` behind the members; each is a [`ClauseKind::Allow`].
    pub allows: Vec<Clause>,
}

/// `from "brands.txt"`, `from "brands.csv" column name`: members that stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsSource {
    /// A path relative to the file that says it.
    pub path: String,
    pub path_span: Span,
    /// The column of a table, by the name in its first line.
    pub column: Option<Name>,
}

/// `query acme_failure = …`, `query complaint(brand: terms, gap: number) = brand near/gap "broken"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub name: Name,
    /// What the query must be given where it is used; most are given nothing.
    pub params: Vec<Param>,
    /// Distances that a parameter says, by the place of their operator; the operator itself holds 0.
    pub gaps: Vec<(Span, Name)>,
    pub expr: Expr,
    /// `allow …` behind the expression; each is a [`ClauseKind::Allow`].
    pub allows: Vec<Clause>,
}

/// `dates feasts = 2026-12-24 to 2026-12-26, 2027-01-01`: days of a calendar, in whichever time zone they are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dates {
    pub name: Name,
    pub days: Vec<Days>,
}

/// A day, or one day to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    pub span: Span,
    /// As it is written; that it is a date the checker sees.
    pub first: Name,
    pub last: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    pub name: Name,
    pub kind: ParamKind,
}

/// What a query can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    Terms,
    Number,
    Duration,
    Text,
    Field,
}

impl ParamKind {
    pub const ALL: [Self; 5] = [Self::Terms, Self::Number, Self::Duration, Self::Text, Self::Field];

    /// As a rule writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Number => "number",
            Self::Duration => "duration",
            Self::Text => "text",
            Self::Field => "field",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub name: Name,
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub span: Span,
    pub kind: ClauseKind,
}

/// Which values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValuesOrder {
    /// Those of most posts.
    Top,
    /// Those that earlier windows did not have, of most posts.
    New,
}

/// `5 posts by reach, each story once`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowPosts {
    pub span: Span,
    pub count: u32,
    pub by: Option<Path>,
    pub once_by: Option<Path>,
}

/// `top 3 link.domain`, `new 3 tag`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowValues {
    pub span: Span,
    pub order: ValuesOrder,
    pub count: u32,
    pub of: Path,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ClauseKind {
    /// `extend brand for region de, at`
    Extend {
        base: Name,
        countries: Vec<Name>,
    },
    /// `locked measure, severity`: kinds of clauses that an extension takes as they are.
    Locked(Vec<Name>),
    /// `match …`
    Match(Expr),
    /// `window slide 15m every 1m by country, late 2m`
    Window(Window),
    /// `measure voices = distinct(author.uid)`
    Measure {
        name: Name,
        expr: Expr,
    },
    /// `alert when … for 2m  clear when … for 10m`
    Alert(Alert),
    /// `severity { critical when …  medium otherwise }`
    Severity(Vec<SeverityRow>),
    /// `group by country, brand`
    Group(Vec<Path>),
    /// `dedupe by story within 6h`
    Dedupe {
        by: Option<Path>,
        within: Option<Duration>,
    },
    /// `show 5 posts by reach, each story once, top 3 link.domain`
    Show {
        posts: Option<ShowPosts>,
        values: Vec<ShowValues>,
    },
    /// `follow playbook crisis`
    Follow(Name),
    /// `example yes "…"` / `example no "…"`
    Example {
        expected: bool,
        text: String,
        text_span: Span,
    },
    /// `owner "press desk"`, `status live`, `since 2026-11-01`, `for crisis_response` (purpose).
    Meta {
        key: Name,
        value: String,
        value_span: Span,
    },
    /// `warmup 7d`, `cooldown 30m`, `min 20 posts` or `min posts 20`.
    Guard {
        key: Name,
        value: Expr,
    },
    /// `under load sample 1 in 4 authors, then 1 in 16`: what is heard at each step of the ladder.
    UnderLoad(Vec<OneIn>),
    Allow(Allow),
    /// A clause that the language names and no release executes yet, kept whole (`tolerate`, `mute`, …).
    Other {
        keyword: Name,
    },
    /// A clause that could not be read and has no better form; its errors are in `File::errors`. A broken `match`,
    /// `measure`, `alert` or `severity` keeps its form, with [`ExprKind::Error`] inside.
    Broken {
        keyword: Name,
    },
}

/// `1 in 4`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneIn {
    pub part: u32,
    pub of: u32,
    pub span: Span,
}

/// `allow MON0731 until 2026-12-31 because "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    pub code: Name,
    pub until: Option<Name>,
    pub because: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub kind: WindowKind,
    pub by: Vec<Path>,
    pub late: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum WindowKind {
    Tumble(Duration),
    Slide {
        size: Duration,
        every: Duration,
    },
    Session {
        gap: Duration,
    },
    /// `calendar day in Europe/Berlin`
    Calendar {
        unit: Name,
        zone: Option<String>,
        zone_span: Option<Span>,
    },
    Count(u64),
    /// `pattern leak then press within 30m`, `pattern complaint then not answer for 1h`
    Pattern(Vec<PatternStep>),
}

impl WindowKind {
    /// The steps of a pattern; none of any other kind.
    #[must_use]
    pub fn steps(&self) -> &[PatternStep] {
        if let Self::Pattern(steps) = self { steps } else { &[] }
    }

    /// The same, to be changed.
    pub fn steps_mut(&mut self) -> &mut [PatternStep] {
        if let Self::Pattern(steps) = self { steps } else { &mut [] }
    }
}

/// A step of a pattern of events: `press within 30m`, `not answer for 1h`.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternStep {
    pub span: Span,
    pub negated: bool,
    pub cond: Expr,
    pub within: Option<Duration>,
    pub hold: Option<Duration>,
}

/// A length of time. `micros` is exact for every unit that the language has (`ms s m h d w`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    pub micros: i64,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub when: Expr,
    pub hold: Option<Duration>,
    pub clear: Option<Expr>,
    pub clear_hold: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SeverityRow {
    pub span: Span,
    /// `critical`, `high`, `medium`, `low`.
    pub level: Name,
    /// `None` is `otherwise`.
    pub when: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Playbook {
    pub name: Name,
    pub clauses: Vec<PlaybookClause>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlaybookClause {
    pub span: Span,
    pub kind: PlaybookClauseKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PlaybookClauseKind {
    /// `route first { … }` stops at the first row that holds; `route also { … }` adds every row that holds.
    Route {
        first: bool,
        rows: Vec<RouteRow>,
    },
    Notify(Vec<NotifyRow>),
    /// `share personal with team legal by email for crisis_response`; without methods, by all.
    Share {
        labels: Vec<Name>,
        teams: Vec<Name>,
        methods: Vec<Name>,
        purposes: Vec<Name>,
    },
    /// `escalate unless acknowledged { after 15m to oncall of team by sms … }`
    Escalate {
        steps: Vec<EscalationStep>,
        repeat: Option<(Duration, u32)>,
    },
    /// `acknowledgement lasts 4h`
    AckLasts(Duration),
    /// `quiet 22:00 to 07:00 in time of team, except critical, then in a digest`; without a `zone` the hours are
    /// those of the routed team.
    Quiet {
        from: Name,
        to: Name,
        zone: Option<String>,
        except: Vec<Name>,
        then: Option<Timing>,
    },
    /// `budget 20 a day for team, except critical, then in a digest`
    Budget {
        count: u32,
        period: Name,
        per: Name,
        except: Vec<Name>,
        then: Option<Timing>,
    },
    /// `ticket jira care { open when … resolve when cleared }`
    Ticket {
        system: Name,
        desk: Name,
        rows: Vec<TicketRow>,
    },
    Allow(Allow),
    /// A clause that the language names and no release executes yet, kept whole (`count time …`, `reply …`).
    Other {
        keyword: Name,
    },
    /// A clause that could not be read; its errors are in `File::errors`.
    Broken {
        keyword: Name,
    },
}

/// `open when severity >= high`, `title "…"`, `read resolution`.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketRow {
    pub span: Span,
    pub key: Name,
    pub when: Option<Expr>,
    /// The text of a row that says a value instead of a condition (`title "…"`).
    pub text: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RouteRow {
    pub span: Span,
    /// `None` is `otherwise`.
    pub when: Option<Expr>,
    pub team: Name,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NotifyRow {
    pub span: Span,
    pub level: Name,
    pub methods: Vec<Name>,
    pub timing: Timing,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    AtOnce,
    After(Duration),
    /// `in a digest at 09:00, 16:00`; `in a digest` alone has no times.
    Digest(Vec<Name>),
    /// `in a digest every 30m`
    DigestEvery(Duration),
}

#[derive(Clone, Debug, PartialEq)]
pub struct EscalationStep {
    pub span: Span,
    pub after: Duration,
    /// `oncall`, `lead`, …
    pub role: Option<Name>,
    /// `team` is the routed team, else a team's name.
    pub team: Name,
    pub methods: Vec<Name>,
}

/// `test acme_outage "a launch-day failure is one incident" { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub monitor: Name,
    pub title: String,
    pub steps: Vec<TestStep>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TestStep {
    pub span: Span,
    pub kind: TestStepKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TestStepKind {
    /// `replay "captures/launch.jsonl"`
    Replay { path: String, path_span: Span },
    /// `expect 1 incident of acme_outage`, `expect no incidents`
    Incidents { count: u32, monitor: Option<Name> },
    /// `expect opened at 10:03 within 30s` (clock time of the replayed day, UTC, or a full RFC 3339 time)
    Opened { at: Name, within: Option<Duration> },
    /// `expect cleared by 11:00`
    ClearedBy { at: Name },
    /// `expect severity critical by 10:20`
    Severity { level: Name, by: Option<Name> },
    /// `expect 120 posts matched`, `expect no posts matched where text has "giveaway"`
    Matched { count: Option<Comparison>, filter: Option<Expr> },
    /// `expect 2 messages to team care`
    Messages { count: u32, team: Option<Name> },
    /// A step that the language names and no release executes yet (`at 10:10 acknowledge as "ana"`).
    Other { keyword: Name },
    /// A step that could not be read; its errors are in `File::errors`.
    Broken { keyword: Name },
}

/// `>= 20`; plain numbers are `==`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    pub op: CompareOp,
    pub value: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

/// What an expression says. A chain of more than 8 operands of one `and` or `or` is a balanced tree instead of a
/// left-leaning one (the meaning is the same), and no tree is deeper than [`crate::MAX_TREE_DEPTH`], so that
/// code which recurses over a tree needs no limit of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A name: of a `terms`, a `query`, a measure, a field, an enum value, `true`, `false`.
    Path(Path),
    Term(Term),
    /// `50`, `10k`, `1M`, `-0.3`, `70%`: `value` is scaled (`10k` is 10000, `70%` is 0.7).
    Number {
        value: f64,
        percent: bool,
    },
    Duration(Duration),
    /// `25km`, `3mi`: any number with a unit that is not a duration.
    Quantity {
        value: f64,
        unit: Name,
    },
    /// `2026-11-01`, `2026-11-01T10:00:00Z`, `10:03`.
    Time(String),
    /// `[en, es, de]`
    List(Vec<Expr>),
    /// Brackets, kept for the formatter; `("a" or "b")`, also `("a", "b")` as a set of members.
    Group(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `sentiment <= -0.3 @ 70%`: `floor` is 0.7.
    Confident {
        expr: Box<Expr>,
        floor: f64,
    },
    /// `any ["a", acme]`, `all […]`, `none […]`, `at least 3 of […]`
    Set {
        quantifier: Quantifier,
        members: Vec<Expr>,
    },
    /// `bio: "nurse"`, `title: ("recall" or "defect")`
    Zone {
        zone: Path,
        expr: Box<Expr>,
    },
    /// `same sentence (a, b)`, `same line (…)`, `first 10 words (…)`, `starts with …`
    Scope {
        scope: Scope,
        members: Vec<Expr>,
    },
    /// `exists geo`
    Exists(Path),
    /// `no posts`, as in `alert when no posts for 1h`.
    NoPosts,
    /// `count()`, `distinct(author.uid)`, `baseline(volume, hour_of_week over 28d)`
    Call {
        name: Name,
        args: Vec<Expr>,
    },
    /// `hour_of_week over 28d`, `share(a of b)`: a word between two expressions inside a call. Also the event
    /// patterns: `a then b` (word `then`) anywhere, `(not c for 1h)` (word `for`) inside round brackets.
    Infix {
        word: Name,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// What could not be read.
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    Any,
    All,
    None,
    AtLeast(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    SameSentence,
    SameLine,
    SameParagraph,
    FirstWords(u32),
    StartsWith,
    EndsWith,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl CompareOp {
    /// Whether it is true of two values that stand in this order.
    #[must_use]
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// The same comparison read from the other side: `3 < x` is `x > 3`.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Eq | Self::Ne => self,
        }
    }

    /// The comparison that holds of two values in an order exactly where this one does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    And,
    Or,
    /// `near/5`
    Near(u32),
    /// `then/5`
    Then(u32),
    /// `near/5 not`
    NearNot(u32),
    Outside,
    Inside,
    Compare(CompareOp),
    /// `platform is bluesky`
    Is,
    /// `lang in [en, de]`
    In,
    /// `created within 2h`, `geo within circle(…)`
    Within,
    /// `text has "giveaway"`
    Has,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A search term as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub form: TermForm,
    /// The text as meant: `broken`, `#acme`, `@acme`, `$ACME`, `crash*` (with `\*` kept escaped), a regular expression's source.
    pub text: String,
    /// `"acme"~1` is `Some(1)`.
    pub edits: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TermForm {
    /// `"…"`: word, phrase, wildcard, emoji.
    Plain,
    /// `#acme`
    Tag,
    /// `@acme`
    Handle,
    /// `$ACME`
    Cashtag,
    /// `/…/`
    Regex,
    Exact,
    Part,
    Stem,
    Loose,
    Word,
    /// `url "acme.example/recall"`
    Url,
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::CompareOp;

    #[test]
    fn turned_and_negated_comparisons_hold_where_they_should() {
        for op in [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge] {
            for ordering in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
                assert_eq!(op.turned().holds(ordering.reverse()), op.holds(ordering), "{}", op.sign());
                assert_eq!(op.negated().holds(ordering), !op.holds(ordering), "{}", op.sign());
            }
        }
    }
}
