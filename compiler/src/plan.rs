//! The typed plan of a folder of rules: what the checker makes of the tree, and all that evaluators, engine and
//! routing read. It is plain data; the reference interpreter over [`Cond`] defines what it means.

use std::ops::Range;
use std::sync::Arc;

use mon_grammar::Span;
use mon_post::{FieldId, Zone};

use crate::calendar::Calendar;
use crate::edition::Edition;

/// A place in one of the rule files that were compiled together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Index into [`Plan::files`].
    pub file: u32,
    pub span: Span,
}

impl Place {
    /// Whether it lies in another place, or is the same.
    #[must_use]
    pub const fn lies_in(self, outer: Self) -> bool {
        self.file == outer.file && outer.span.start <= self.span.start && self.span.end <= outer.span.end
    }
}

#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user named it, with `/`.
    pub name: String,
    pub text: Arc<str>,
}

/// Index into [`Plan::queries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(pub u32);

/// Index into [`Plan::monitors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonitorId(pub u32);

/// Index into [`Plan::terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermId(pub u32);

#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub files: Vec<SourceFile>,
    /// The version of the language that the rules are written in.
    pub edition: Edition,
    /// Every different term, once.
    pub terms: Vec<TermPattern>,
    /// For each term where it is written first.
    pub written_at: Vec<Place>,
    /// Named queries first, then one for each monitor's `match` (`MonitorPlan::query`).
    pub queries: Vec<QueryPlan>,
    pub monitors: Vec<MonitorPlan>,
    pub playbooks: Vec<PlaybookPlan>,
    pub tests: Vec<TestPlan>,
    /// Labelled values that leave with alerts, each as the rules allow it.
    pub flows: Vec<FlowPlan>,
}

#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// The query's name, or the monitor's whose `match` it is.
    pub name: String,
    /// True for a `query` item, false for a monitor's `match`.
    pub named: bool,
    pub place: Place,
    pub cond: Arc<Cond>,
}

// ------------------------------------------------------------------------------------------------ matching

/// A three-valued condition on one post (Kleene: true, false, unknown). A post matches when it is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Cond {
    pub place: Place,
    pub kind: CondKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CondKind {
    Const(bool),
    /// True where the span expression has a span in one of the zones; unknown where the post has none of the zones;
    /// else false.
    Text {
        zones: Arc<[Zone]>,
        spans: SpanExpr,
    },
    /// True where the zones hold at least `times` spans of the expression that do not overlap, all texts together;
    /// unknown where the post has none of the zones; else false.
    Count {
        zones: Arc<[Zone]>,
        spans: SpanExpr,
        times: u32,
    },
    Field(FieldTest),
    Not(Box<Cond>),
    And(Vec<Cond>),
    Or(Vec<Cond>),
    /// True when at least `k` members are true, false when fewer than `k` could still be, else unknown.
    AtLeast {
        k: u32,
        members: Vec<Cond>,
    },
    /// A query used by name: the same condition, its name kept for `explain`.
    Named {
        name: String,
        cond: Arc<Cond>,
    },
}

impl Cond {
    /// The same condition as if it stood nowhere and called no query by its name: equal ones ask the same of a post.
    #[must_use]
    pub fn placeless(&self) -> Self {
        let each = |members: &[Self]| members.iter().map(Self::placeless).collect();
        let kind = match &self.kind {
            CondKind::Not(inner) => CondKind::Not(Box::new(inner.placeless())),
            CondKind::And(members) => CondKind::And(each(members)),
            CondKind::Or(members) => CondKind::Or(each(members)),
            CondKind::AtLeast { k, members } => CondKind::AtLeast { k: *k, members: each(members) },
            CondKind::Named { cond, .. } => return cond.placeless(),
            leaf => leaf.clone(),
        };
        Self { place: Place::default(), kind }
    }
}

/// A set of spans of counted token positions inside one text of one zone.
#[derive(Clone, Debug, PartialEq)]
pub enum SpanExpr {
    Term(TermId),
    /// The union.
    AnyOf(Vec<SpanExpr>),
    /// For each pair of disjoint spans with at most `gap` counted tokens strictly between them: the span that covers
    /// both.
    Near {
        gap: u32,
        left: Box<SpanExpr>,
        right: Box<SpanExpr>,
    },
    /// The same with `left` first.
    Then {
        gap: u32,
        left: Box<SpanExpr>,
        right: Box<SpanExpr>,
    },
    /// Spans of `left` without any span of `right` near them: none that overlaps, but for the span itself, and none
    /// with at most `gap` counted tokens between.
    NearNot {
        gap: u32,
        left: Box<SpanExpr>,
        right: Box<SpanExpr>,
    },
    /// Spans of `left` that lie in a span of `right`.
    Inside {
        left: Box<SpanExpr>,
        right: Box<SpanExpr>,
    },
    /// Spans of `left` that lie in no span of `right`.
    Outside {
        left: Box<SpanExpr>,
        right: Box<SpanExpr>,
    },
    /// For each sentence, line or paragraph that holds a whole span of every member: the stretch from the first to the
    /// last of these spans.
    Same {
        unit: Unit,
        members: Vec<SpanExpr>,
    },
    /// Spans that stand at an edge of their text.
    Edge {
        edge: Edge,
        inner: Box<SpanExpr>,
    },
}

impl SpanExpr {
    /// The expressions directly inside.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Term(_) => Vec::new(),
            Self::AnyOf(members) | Self::Same { members, .. } => members.iter().collect(),
            Self::Near { left, right, .. }
            | Self::Then { left, right, .. }
            | Self::NearNot { left, right, .. }
            | Self::Inside { left, right }
            | Self::Outside { left, right } => vec![left, right],
            Self::Edge { inner, .. } => vec![inner],
        }
    }
}

/// Where in its text a span must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Within the first so many counted tokens, wholly.
    First(u32),
    /// No counted token stands before it.
    Start,
    /// No counted token stands behind it.
    End,
}

/// What a written term looks for: any alternative, each a row of tokens that follow one another (0 counted tokens between).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TermPattern {
    /// As the author wrote it, with its sign or quotes.
    pub written: String,
    pub alternatives: Vec<Vec<TokenPattern>>,
}

impl TermPattern {
    /// Whether it looks for links.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.alternatives.iter().flatten().any(|pattern| matches!(pattern, TokenPattern::Url(_)))
    }
}

pub use mon_text::glob::Glob;
pub use mon_text::term::TokenPattern;
pub use mon_text::units::Unit;

#[derive(Clone, Debug, PartialEq)]
pub struct FieldTest {
    pub field: FieldId,
    pub op: FieldOp,
    /// Confidence under which a modelled value is unknown, 0 to 1.
    pub floor: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FieldOp {
    /// A text compares folded to lower case for enums, languages and countries, exactly otherwise; a list holds when
    /// any member does.
    Compare(CompareOp, Value),
    In(Vec<Value>),
    /// Never unknown.
    Exists,
    /// `received_at - field <= micros` and not in the future.
    WithinLast {
        micros: i64,
    },
    /// The post's place, `geo.lat` and `geo.lon`, lies in the shape; unknown where either is not told.
    Inside(Area),
    /// The time lies in this part of the day or the week.
    Clock(Clock),
}

pub use crate::area::Area;
pub use crate::clock::Clock;
pub use mon_grammar::ast::CompareOp;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Integer(i64),
    Decimal(f64),
    Text(String),
    /// A text with wildcards, case and accents as they are written.
    Like(Glob),
    Flag(bool),
    /// Microseconds since 1970 UTC.
    Time(i64),
}

// ------------------------------------------------------------------------------------------------ monitors

#[derive(Clone, Debug)]
pub struct MonitorPlan {
    pub name: String,
    pub doc: Option<String>,
    pub owner: Option<String>,
    pub place: Place,
    pub query: QueryId,
    /// None: the monitor only collects mentions.
    pub window: Option<WindowPlan>,
    /// What the posts of a pattern meet, one after the other, with [`Borders::Pattern`]; where that has an absence, the last one is
    /// what no post may meet. Empty with any other window.
    pub steps: Vec<Arc<Cond>>,
    /// Group key: `window … by` and `group by` together, in order, without repeats.
    pub by: Vec<FieldId>,
    pub measures: Vec<MeasurePlan>,
    pub alert: Option<AlertPlan>,
    /// Tried in order; the last may have no condition.
    pub severity: Vec<SeverityPlan>,
    /// How many posts a message shows, and by which field, largest first; ties by post id.
    pub show: ShowPlan,
    /// When a run can't keep up, one author in so many is heard, at each step of the ladder fewer; empty: all, always.
    pub under_load: Vec<u32>,
    /// Which values a message shows, in the order of the rule.
    pub show_values: Vec<ShowValuesPlan>,
    /// Index into [`Plan::playbooks`].
    pub playbook: Option<u32>,
    pub examples: Vec<ExamplePlan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowPlan {
    pub borders: Borders,
    /// A window's result is final when the watermark reaches its end plus this.
    pub late_micros: i64,
}

/// Where windows begin and end. Between two neighbouring borders lies a pane; a window is one pane or some in a row, half
/// open: `[start, end)`. Moments are microseconds since 1970 UTC. Sessions, counts and patterns have borders of their own for each
/// group, which its posts make; of them a pane is what a post alone would fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Borders {
    /// At multiples of `every_micros`. A tumbling window has `every_micros == size_micros`.
    Steps { size_micros: i64, every_micros: i64 },
    /// Where a day, week … of a zone begins.
    Calendar(Calendar),
    /// From a post to `gap_micros` behind the last one that came before such a pause, but at most
    /// [`SESSION_MICROS_MAX`].
    Session { gap_micros: i64 },
    /// From the first to a microsecond behind the last of so many posts, in the order of event time, then of their ids.
    Count { posts: u64 },
    /// From the first post of a pattern to a microsecond behind its last one, which comes `within_micros` later at most; where
    /// something must not come, to `absent_micros` behind the last post. [`MonitorPlan::steps`] says what the posts meet.
    Pattern { within_micros: i64, absent_micros: Option<i64> },
}

/// After this time a session ends though posts go on: a day, in microseconds.
pub const SESSION_MICROS_MAX: i64 = 86_400_000_000;

impl Borders {
    /// The pane that holds a moment.
    #[must_use]
    pub fn pane(self, at: i64) -> Range<i64> {
        match self {
            Self::Steps { every_micros, .. } => {
                let start = at.saturating_sub(at.checked_rem_euclid(every_micros).unwrap_or(0));
                start..start.saturating_add(every_micros)
            }
            Self::Calendar(calendar) => calendar.stretch(at),
            Self::Session { gap_micros } => at..at.saturating_add(gap_micros),
            Self::Count { .. } | Self::Pattern { .. } => at..at.saturating_add(1),
        }
    }

    /// Where the window begins that ends at a border.
    #[must_use]
    pub fn start_of(self, end: i64) -> i64 {
        match self {
            Self::Steps { size_micros, .. } => end.saturating_sub(size_micros),
            Self::Calendar(calendar) => calendar.stretch(end.saturating_sub(1)).start,
            Self::Session { gap_micros } => end.saturating_sub(gap_micros),
            Self::Count { .. } | Self::Pattern { .. } => end.saturating_sub(1),
        }
    }

    /// Where the last window ends that holds the pane that begins at a border.
    #[must_use]
    pub fn last_end(self, pane: i64) -> i64 {
        match self {
            Self::Steps { size_micros, .. } => pane.saturating_add(size_micros),
            Self::Calendar(calendar) => calendar.stretch(pane).end,
            Self::Session { gap_micros } => pane.saturating_add(gap_micros),
            Self::Count { .. } | Self::Pattern { .. } => pane.saturating_add(1),
        }
    }

    /// How long it is from the end of one window to that of a later one, in microseconds as `for 2d` counts them.
    #[must_use]
    pub fn lasted(self, since: i64, now: i64) -> i64 {
        match self {
            Self::Steps { .. } | Self::Session { .. } | Self::Count { .. } | Self::Pattern { .. } => {
                now.saturating_sub(since)
            }
            Self::Calendar(calendar) => calendar.lasted(since, now),
        }
    }

    /// The least length of a window in microseconds; None where it is as short as its posts are close.
    #[must_use]
    pub const fn shortest_micros(self) -> Option<i64> {
        match self {
            Self::Steps { size_micros, .. } => Some(size_micros),
            Self::Calendar(calendar) => Some(calendar.unit.shortest_micros()),
            Self::Session { gap_micros } => Some(gap_micros),
            Self::Pattern { absent_micros, .. } => absent_micros,
            Self::Count { .. } => None,
        }
    }

    /// How long after the last window that raised it an incident ends by itself, in microseconds; None where later windows end
    /// it.
    #[must_use]
    pub const fn incident_micros(self) -> Option<i64> {
        match self {
            Self::Session { gap_micros } => Some(gap_micros),
            Self::Pattern { within_micros, absent_micros: None } => Some(within_micros),
            Self::Pattern { absent_micros, .. } => absent_micros,
            Self::Steps { .. } | Self::Calendar(_) | Self::Count { .. } => None,
        }
    }

    /// Whether a group without posts has windows all the same, which can clear an alert.
    #[must_use]
    pub const fn has_quiet_windows(self) -> bool {
        matches!(self, Self::Steps { .. } | Self::Calendar(_))
    }

    /// Whether each window is one pane.
    #[must_use]
    pub fn is_tumbling(self) -> bool {
        match self {
            Self::Steps { size_micros, every_micros } => size_micros == every_micros,
            Self::Calendar(_) | Self::Session { .. } | Self::Count { .. } | Self::Pattern { .. } => true,
        }
    }
}

pub use crate::history::HistoryPlan;

#[derive(Clone, Debug)]
pub struct MeasurePlan {
    pub name: String,
    pub place: Place,
    pub kind: MeasureKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MeasureKind {
    Aggregate(AggregatePlan),
    /// Arithmetic over earlier measures.
    Derived(ValueExpr),
    /// An earlier measure against its own values in windows before.
    History(HistoryPlan),
    /// At which false discovery rate an earlier measure, a probability, would be told among all of the windows that are judged at
    /// the same moment.
    QValue(u32),
}

impl MeasureKind {
    /// Whether both have the same value in every window, wherever they are written.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Aggregate(one), Self::Aggregate(other)) => one.placeless() == other.placeless(),
            (one, other) => one == other,
        }
    }
}

/// One aggregate over the posts of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregatePlan {
    /// The name of DataFusion's aggregate (`count`, `avg`, `approx_distinct`, `stddev`, …) or of one of the language's own:
    /// `engagement` (of `post_uid`, `event_at`, then the counts to be added), `engagement_by_sentiment` (and of the sentiment and
    /// its confidence), `reach` (of `author.uid`, `author.followers`), `share_of_voice` (of the truth of each brand, the one
    /// that is wanted first), `top_count` and `top_share` (of values in words), `stories`, `coordinated` (of `author.uid`, `event_at`
    /// and values in words or stories, then the distance in microseconds, the least shared values, the least authors), `new_values`
    /// (of `author.uid` and values in words, then how long ago in microseconds, the least posts, the least authors), which the engine
    /// tells from what it remembers, `top_values` (of values in words, then how many), whose result is no number and which is no
    /// measure.
    pub function: String,
    pub distinct: bool,
    pub args: Vec<AggregateArg>,
    /// Only posts for which this is true are aggregated: `count(sentiment < -0.3)`.
    pub filter: Option<Arc<Cond>>,
}

impl AggregatePlan {
    /// The conditions that it asks of each post: its filter, and those among its arguments.
    pub fn conds(&self) -> impl Iterator<Item = &Arc<Cond>> {
        let asked = self.args.iter().filter_map(|arg| match arg {
            AggregateArg::Truth(cond) => Some(cond),
            _ => None,
        });
        self.filter.iter().chain(asked)
    }

    /// The same aggregate with conditions as if they stood nowhere: equal ones have equal values.
    #[must_use]
    pub fn placeless(&self) -> Self {
        let args = self.args.iter().map(|arg| match arg {
            AggregateArg::Truth(cond) => AggregateArg::Truth(Arc::new(cond.placeless())),
            other => other.clone(),
        });
        let filter = self.filter.as_ref().map(|cond| Arc::new(cond.placeless()));
        Self { function: self.function.clone(), distinct: self.distinct, args: args.collect(), filter }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum AggregateArg {
    Field(FieldId),
    Number(f64),
    /// How sure the model is of the field's value, 0 to 1.
    Confidence(FieldId),
    /// Whether the condition is true of the post; unknown is not.
    Truth(Arc<Cond>),
    /// The story that the post tells: [`crate::story`].
    Story,
    /// The tags of title and text: [`crate::tags`].
    Tags,
    /// The pages that the links lead to: [`crate::url::page_of`].
    Links,
}

/// A number or a three-valued truth computed from a window's measures. An absent measure (an `avg` of nothing) is
/// unknown, as in SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueExpr {
    Number(f64),
    /// Index into [`MonitorPlan::measures`].
    Measure(u32),
    Negate(Box<ValueExpr>),
    Arithmetic(Arithmetic, Box<ValueExpr>, Box<ValueExpr>),
    Compare(CompareOp, Box<ValueExpr>, Box<ValueExpr>),
    Not(Box<ValueExpr>),
    And(Vec<ValueExpr>),
    Or(Vec<ValueExpr>),
    Truth(bool),
}

/// Division by zero is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Debug)]
pub struct AlertPlan {
    pub place: Place,
    pub when: ValueExpr,
    /// The condition must have held at every evaluation for this long (window ends, event time); 0 is at once.
    pub hold_micros: i64,
    /// None: cleared when `when` is not true.
    pub clear: Option<ValueExpr>,
    pub clear_hold_micros: i64,
    /// No incident opens before the monitor has run this long, from its first window on.
    pub warmup_micros: i64,
    /// After an incident has cleared, its key opens none for this long.
    pub cooldown_micros: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

#[derive(Clone, Debug)]
pub struct SeverityPlan {
    /// The row; the whole clause where it lacks one.
    pub place: Place,
    pub level: Severity,
    /// None is `otherwise`.
    pub when: Option<ValueExpr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowPlan {
    pub count: u32,
    /// An integer field; None shows the newest.
    pub by: Option<FieldId>,
}

pub use mon_grammar::ast::ValuesOrder;

/// Values of the posts of a window, those of most posts first, ties in the order of the values.
#[derive(Clone, Debug, PartialEq)]
pub struct ShowValuesPlan {
    pub order: ValuesOrder,
    /// The measure that tells which values are new, into [`MonitorPlan::measures`].
    pub measure: Option<u32>,
    pub count: u32,
    /// As the rule names them: `link.domain`, `tag`.
    pub name: String,
    pub of: AggregateArg,
}

impl ShowValuesPlan {
    /// What the engine works out for each window; none where a measure tells the values.
    #[must_use]
    pub fn aggregate(&self) -> Option<AggregatePlan> {
        let args = vec![self.of.clone(), AggregateArg::Number(f64::from(self.count))];
        let plan = || AggregatePlan { function: "top_values".to_owned(), distinct: false, args, filter: None };
        (self.order == ValuesOrder::Top).then(plan)
    }
}

#[derive(Clone, Debug)]
pub struct ExamplePlan {
    pub place: Place,
    pub text: String,
    pub expected: bool,
}

// ------------------------------------------------------------------------------------------------ response

#[derive(Clone, Debug)]
pub struct PlaybookPlan {
    pub name: String,
    pub place: Place,
    /// `route first`: the first row that is true.
    pub first: Vec<RoutePlan>,
    /// `route also`: every row that is true.
    pub also: Vec<RoutePlan>,
    pub notify: Vec<NotifyPlan>,
}

#[derive(Clone, Debug)]
pub struct RoutePlan {
    pub place: Place,
    /// None is `otherwise`.
    pub when: Option<RouteCond>,
    pub team: String,
}

/// A condition on an incident. A key that the incident's group lacks is unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteCond {
    Severity(CompareOp, Severity),
    /// The value of the group key for this field is one of these.
    Key {
        field: FieldId,
        any_of: Vec<String>,
    },
    Monitor {
        any_of: Vec<String>,
    },
    Not(Box<RouteCond>),
    And(Vec<RouteCond>),
    Or(Vec<RouteCond>),
}

/// What a [`RouteCond`] is asked about: an incident, or what is known of one beforehand.
#[derive(Clone, Copy)]
pub struct RouteFacts<'a> {
    pub level: Severity,
    /// None: some monitor.
    pub monitor: Option<&'a str>,
    /// Whether the group key for a field is one of these values; None where it is unknown.
    pub key: &'a dyn Fn(FieldId, &[String]) -> Option<bool>,
}

impl RouteCond {
    /// Kleene truth; None is unknown.
    #[must_use]
    pub fn truth(&self, facts: RouteFacts<'_>) -> Option<bool> {
        match self {
            Self::Severity(op, limit) => Some(op.holds(facts.level.cmp(limit))),
            Self::Key { field, any_of } => (facts.key)(*field, any_of),
            Self::Monitor { any_of } => facts.monitor.map(|name| any_of.iter().any(|known| known == name)),
            Self::Not(inner) => inner.truth(facts).map(|known| !known),
            Self::And(members) => decided(members, facts, false),
            Self::Or(members) => decided(members, facts, true),
        }
    }
}

/// `decisive` is the value that decides alone: false for `and`, true for `or`.
fn decided(members: &[RouteCond], facts: RouteFacts<'_>, decisive: bool) -> Option<bool> {
    let mut all_known = true;
    for member in members {
        match member.truth(facts) {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decisive)
}

#[derive(Clone, Debug)]
pub struct NotifyPlan {
    pub place: Place,
    pub level: Severity,
    /// Method words that `mon.toml` binds: `slack`, `email`, `webhook`, `terminal`, …
    pub methods: Vec<String>,
    /// 0 is at once.
    pub after_micros: i64,
}

/// A value of a labelled field that the alerts of a monitor tell to a team: what a deployment must be able to answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowPlan {
    /// Where the rules carry the value into the alert.
    pub place: Place,
    pub monitor: MonitorId,
    pub field: FieldId,
    pub team: String,
    pub methods: Vec<String>,
    /// What the monitor is for, which the team is cleared for.
    pub purpose: String,
}

// ------------------------------------------------------------------------------------------------ tests of rules

#[derive(Clone, Debug)]
pub struct TestPlan {
    pub place: Place,
    pub monitor: MonitorId,
    pub title: String,
    pub steps: Vec<(Place, mon_grammar::ast::TestStepKind)>,
    /// One for each step: the condition of `expect … posts matched where …`, lowered.
    pub filters: Vec<Option<Arc<Cond>>>,
}
