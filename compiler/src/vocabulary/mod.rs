//! Every word of the Mon language as data: what it means, where it may stand, how it is written. Hover, completion, signature
//! help and the pages of the docs read it from here, and from nowhere else.

mod codes;
mod detectors;
mod fields;
mod functions;
mod items;
mod later;
mod measures;
mod monitors;
mod operators;
mod playbooks;
mod steps;
mod terms;
#[cfg(test)]
mod tests;
mod values;
mod windows;

pub use fields::{FieldDoc, field, fields, values_of};

/// What sort of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Begins an item of a file: `monitor`.
    Item,
    /// Begins a clause of a monitor: `alert when`.
    MonitorClause,
    /// Begins a clause of a playbook: `route`.
    PlaybookClause,
    /// Begins a step of a test: `expect`.
    TestStep,
    /// A kind of window: `slide`.
    WindowKind,
    /// Joins conditions, words or figures: `and`, `near/N`, `>=`.
    Operator,
    /// How a term is looked for: `stem`.
    TermForm,
    /// A place in a post where words can stand: `bio`.
    Zone,
    /// A part of a text: `same sentence`.
    Scope,
    /// Over a set: `any`, `at least`.
    Quantifier,
    /// A measure of one window: `count`.
    Measure,
    /// A measure that compares a window with earlier ones: `poisson`.
    Detector,
    /// Takes arguments in a condition on one post: `circle`.
    Function,
    /// Earlier windows to compare with: `hour_of_week`.
    Reference,
    /// A level of severity: `high`.
    Severity,
    /// Behind a number: `m`, `k`, `km`.
    Unit,
    /// When a message is sent: `at once`.
    Timing,
    /// Somebody on duty: `oncall`.
    Role,
    /// Says something of a monitor and runs nothing: `owner`.
    Meta,
    /// A value of a post that is no field of its own: `geo`, `tag`.
    Value,
    /// A word of a closed set: `true`, `live`, `sat`.
    Constant,
    /// Joins the parts of a clause: `by`, `when`.
    Joint,
}

/// Where a word may stand: what a cursor is in, as far as an offer of words needs to know. `…Join` is the place behind
/// something that is whole already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Outside of all items.
    TopLevel,
    /// At the start of a clause of a monitor.
    Monitor,
    /// At the start of a clause of a playbook.
    Playbook,
    /// At the start of a step of a test.
    Test,
    /// A member of `terms x = …`.
    Member,
    /// Behind a whole member of a list, such as a file that it is read from.
    MemberJoin,
    /// Behind `brand:` of a query that is given values.
    ParamKind,
    /// Behind the first day of `dates`.
    DatesJoin,
    /// Where a condition on one post begins: `match`, `query`, a step of a pattern, inside `count(…)`.
    Posts,
    /// Behind a whole condition on one post.
    PostsJoin,
    /// Behind a field of a post.
    FieldJoin,
    /// Behind `within` of a time or a place.
    Within,
    /// Among the days of `days(…)`.
    Weekday,
    /// Behind `is` of a field that holds true or false.
    Flag,
    /// Where a condition on a window begins: `alert when`, `clear when`, a row of `severity`.
    Figures,
    /// Behind a whole figure or condition of a window.
    FiguresJoin,
    /// Behind `measure x =`.
    Measure,
    /// Inside the brackets of a measure: what it is of.
    Argument,
    /// Inside the brackets of a measure, behind what it is of.
    ArgumentJoin,
    /// Inside the brackets of a detector: the earlier windows.
    Reference,
    /// Behind the name of the earlier windows.
    ReferenceJoin,
    /// Behind `window`.
    WindowKind,
    /// Behind `window calendar`.
    CalendarUnit,
    /// Behind the kind of a window and its length.
    WindowJoin,
    /// Behind a step of `window pattern`.
    StepJoin,
    /// Behind the condition of an alert.
    AlertJoin,
    /// At the start of a row of `severity`.
    SeverityRow,
    /// Behind the level of a row of `severity`.
    SeverityJoin,
    /// Behind `show`.
    Show,
    /// Behind the posts or values that are shown.
    ShowJoin,
    /// Behind `status`.
    Status,
    /// Behind `locked`.
    Locked,
    /// Behind the monitor that is extended.
    ExtendJoin,
    /// Behind the code that is allowed.
    AllowJoin,
    /// Behind `example`.
    Answer,
    /// Behind `route`.
    RouteMode,
    /// At the start of a row of `route`.
    RouteRow,
    /// Where the condition of a row of `route` begins.
    Route,
    /// Behind the condition of a row of `route`.
    RouteJoin,
    /// At the start of a row of `notify`.
    NotifyRow,
    /// Behind the level of a row of `notify`.
    NotifyJoin,
    /// Behind the methods of a row of `notify`.
    Timing,
    /// Behind `share`.
    Label,
    /// Behind the labels that are shared.
    ShareJoin,
    /// Behind `expect`.
    Expect,
    /// Behind what is expected.
    ExpectJoin,
    /// Behind the digits of a length of time.
    Duration,
    /// Behind the digits of a number.
    Number,
    /// Behind the digits of a distance on the map.
    Distance,
}

/// One place in a word's shape that an author fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// As it stands in the shape.
    pub label: &'static str,
    pub says: &'static str,
    pub optional: bool,
}

/// One way to write a word with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The whole of it: `percentile(field, P)`.
    pub written: &'static str,
    pub params: &'static [Param],
}

/// A word of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is written. `N` in it stands for a number.
    pub name: &'static str,
    pub kind: Kind,
    /// Where it may stand. Its example belongs to the first of them.
    pub contexts: &'static [Context],
    /// What it means, in one sentence.
    pub says: &'static str,
    /// What else there is to know.
    pub more: Option<&'static str>,
    pub shapes: &'static [Shape],
    /// Words that stand in its shapes and mean nothing without it.
    pub joints: &'static [&'static str],
    /// A small piece of Mon.
    pub example: &'static str,
    /// What an editor inserts, as a snippet of the Language Server Protocol.
    pub insert: &'static str,
    /// Whether this release executes it; what it does not is explained, and never offered.
    pub executed: bool,
}

impl Word {
    const fn new(
        kind: Kind,
        name: &'static str,
        contexts: &'static [Context],
        says: &'static str,
        example: &'static str,
        insert: &'static str,
    ) -> Self {
        Self { name, kind, contexts, says, more: None, shapes: &[], joints: &[], example, insert, executed: true }
    }

    /// A word that the language has and no release executes.
    const fn later(
        kind: Kind,
        name: &'static str,
        contexts: &'static [Context],
        says: &'static str,
        example: &'static str,
    ) -> Self {
        Self { executed: false, ..Self::new(kind, name, contexts, says, example, "") }
    }

    const fn more(self, more: &'static str) -> Self {
        Self { more: Some(more), ..self }
    }

    const fn shapes(self, shapes: &'static [Shape]) -> Self {
        Self { shapes, ..self }
    }

    const fn joints(self, joints: &'static [&'static str]) -> Self {
        Self { joints, ..self }
    }

    /// Whether it may stand in this place.
    #[must_use]
    pub fn stands_in(&self, context: Context) -> bool {
        self.contexts.contains(&context)
    }

    /// Whether a text has this word where it has `name`: `alert` is `alert when`, `near/5` is `near/N`.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        if self.name == name || self.name.split(' ').any(|part| part == name && part != "N") {
            return true;
        }
        let number = |text: &str| !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
        self.name.strip_suffix("/N").is_some_and(|head| {
            let rest = name.strip_prefix(head);
            rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/').is_some_and(number))
        })
    }
}

const fn shape(written: &'static str, params: &'static [Param]) -> Shape {
    Shape { written, params }
}

const fn param(label: &'static str, says: &'static str) -> Param {
    Param { label, says, optional: false }
}

const fn maybe(label: &'static str, says: &'static str) -> Param {
    Param { label, says, optional: true }
}

const TABLES: &[&[Word]] = &[
    items::WORDS,
    monitors::WORDS,
    windows::WORDS,
    playbooks::WORDS,
    steps::WORDS,
    terms::WORDS,
    operators::WORDS,
    functions::WORDS,
    measures::WORDS,
    detectors::WORDS,
    values::WORDS,
    later::WORDS,
];

/// All words, those that no release executes too.
pub fn all() -> impl Iterator<Item = &'static Word> {
    TABLES.iter().copied().flatten()
}

/// The words that an author can write in this place.
pub fn in_context(context: Context) -> impl Iterator<Item = &'static Word> {
    all().filter(move |word| word.executed && word.stands_in(context))
}

/// The word that `name` is in this place: one of that very name, else one that has it as a part (`alert` of `alert when`), else
/// one that has it as a joint (`sample` of `under load`).
#[must_use]
pub fn word(name: &str, context: Context) -> Option<&'static Word> {
    best(name, |word| word.stands_in(context))
}

/// The same in any place, for a text whose place is not known: the first of the words that fit best.
#[must_use]
pub fn anywhere(name: &str) -> Option<&'static Word> {
    best(name, |_| true)
}

fn best(name: &str, fits: impl Fn(&Word) -> bool) -> Option<&'static Word> {
    let find = |named: &dyn Fn(&Word) -> bool| all().find(|word| fits(word) && named(word));
    find(&|word| word.name == name)
        .or_else(|| find(&|word| word.is_called(name)))
        .or_else(|| find(&|word| word.joints.contains(&name)))
}

/// The units of time, shortest first.
pub fn units() -> impl Iterator<Item = &'static Word> {
    in_context(Context::Duration)
}
