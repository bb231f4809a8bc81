//! Moves a tree along its text: what stands behind an edit keeps its meaning and gets new places.

use crate::ast::{
    Alert, Allow, Clause, ClauseKind, Dates, Days, Doc, Duration, EscalationStep, Expr, ExprKind, Item, ItemKind,
    Monitor, Name, NotifyRow, OneIn, Param, Path, PatternStep, Playbook, PlaybookClause, PlaybookClauseKind, Query,
    RouteRow, SeverityRow, ShowPosts, ShowValues, SyntaxError, Terms, TermsSource, Test, TestStep, TestStepKind,
    TicketRow, Timing, Use, Window, WindowKind,
};
use crate::mend::Mend;
use crate::span::Span;

/// Something with places in it.
pub(crate) trait Shift {
    /// Moves every place by so many bytes.
    fn shift(&mut self, by: i64);
}

impl Shift for Span {
    fn shift(&mut self, by: i64) {
        let moved = |offset: u32| u32::try_from(i64::from(offset) + by).unwrap_or(u32::MAX);
        *self = Self::new(moved(self.start), moved(self.end));
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: i64) {
        self.iter_mut().for_each(|one| one.shift(by));
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: i64) {
        self.iter_mut().for_each(|one| one.shift(by));
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: i64) {
        (**self).shift(by);
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: i64) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

/// What is written has no place.
impl Shift for String {
    fn shift(&mut self, _: i64) {}
}

/// How often an escalation is repeated is no place.
impl Shift for u32 {
    fn shift(&mut self, _: i64) {}
}

/// The fields of a type that hold places.
macro_rules! shift {
    ($($type:ident { $($field:ident),* })*) => {
        $(impl Shift for $type {
            fn shift(&mut self, by: i64) {
                $(self.$field.shift(by);)*
            }
        })*
    };
}

shift! {
    SyntaxError { span, labels, mend }
    Mend { edits }
    Item { span, doc, kind }
    Doc { span }
    Name { span }
    Path { parts, span }
    Use { target_span }
    Terms { name, members, sources, allows }
    TermsSource { path_span, column }
    Query { name, params, gaps, expr, allows }
    Dates { name, days }
    Days { span, first, last }
    Param { name }
    Monitor { name, clauses }
    Clause { span, kind }
    ShowPosts { span, by, once_by }
    ShowValues { span, of }
    OneIn { span }
    Allow { code, until }
    Window { kind, by, late }
    PatternStep { span, cond, within, hold }
    Duration { span }
    Alert { when, hold, clear, clear_hold }
    SeverityRow { span, level, when }
    Playbook { name, clauses }
    PlaybookClause { span, kind }
    TicketRow { span, key, when }
    RouteRow { span, when, team }
    NotifyRow { span, level, methods, timing }
    EscalationStep { span, after, role, team, methods }
    Test { monitor, steps }
    TestStep { span, kind }
    Expr { span, kind }
}

impl Shift for ItemKind {
    fn shift(&mut self, by: i64) {
        match self {
            Self::Use(item) => item.shift(by),
            Self::Terms(item) => item.shift(by),
            Self::Query(item) => item.shift(by),
            Self::Dates(item) => item.shift(by),
            Self::Monitor(item) => item.shift(by),
            Self::Playbook(item) => item.shift(by),
            Self::Test(item) => item.shift(by),
            Self::Broken => {}
        }
    }
}

impl Shift for ClauseKind {
    fn shift(&mut self, by: i64) {
        match self {
            Self::Extend { base, countries } => {
                base.shift(by);
                countries.shift(by);
            }
            Self::Locked(names) => names.shift(by),
            Self::Match(expr) => expr.shift(by),
            Self::Window(window) => window.shift(by),
            Self::Measure { name, expr } => {
                name.shift(by);
                expr.shift(by);
            }
            Self::Alert(alert) => alert.shift(by),
            Self::Severity(rows) => rows.shift(by),
            Self::Group(paths) => paths.shift(by),
            Self::Dedupe { by: path, within } => {
                path.shift(by);
                within.shift(by);
            }
            Self::Show { posts, values } => {
                posts.shift(by);
                values.shift(by);
            }
            Self::Follow(name) | Self::Other { keyword: name } | Self::Broken { keyword: name } => name.shift(by),
            Self::Example { expected: _, text: _, text_span } => text_span.shift(by),
            Self::Meta { key, value: _, value_span } => {
                key.shift(by);
                value_span.shift(by);
            }
            Self::Guard { key, value } => {
                key.shift(by);
                value.shift(by);
            }
            Self::UnderLoad(steps) => steps.shift(by),
            Self::Allow(allow) => allow.shift(by),
        }
    }
}

impl Shift for WindowKind {
    fn shift(&mut self, by: i64) {
        match self {
            Self::Tumble(length) | Self::Session { gap: length } => length.shift(by),
            Self::Slide { size, every } => {
                size.shift(by);
                every.shift(by);
            }
            Self::Calendar { unit, zone: _, zone_span } => {
                unit.shift(by);
                zone_span.shift(by);
            }
            Self::Count(_) => {}
            Self::Pattern(steps) => steps.shift(by),
        }
    }
}

impl Shift for PlaybookClauseKind {
    fn shift(&mut self, by: i64) {
        match self {
            Self::Route { first: _, rows } => rows.shift(by),
            Self::Notify(rows) => rows.shift(by),
            Self::Share { labels, teams, methods, purposes } => {
                [labels, teams, methods, purposes].into_iter().for_each(|names| names.shift(by));
            }
            Self::Escalate { steps, repeat } => {
                steps.shift(by);
                repeat.shift(by);
            }
            Self::AckLasts(length) => length.shift(by),
            Self::Quiet { from, to, zone: _, except, then } => {
                from.shift(by);
                to.shift(by);
                except.shift(by);
                then.shift(by);
            }
            Self::Budget { count: _, period, per, except, then } => {
                period.shift(by);
                per.shift(by);
                except.shift(by);
                then.shift(by);
            }
            Self::Ticket { system, desk, rows } => {
                system.shift(by);
                desk.shift(by);
                rows.shift(by);
            }
            Self::Allow(allow) => allow.shift(by),
            Self::Other { keyword } | Self::Broken { keyword } => keyword.shift(by),
        }
    }
}

impl Shift for Timing {
    fn shift(&mut self, by: i64) {
        match self {
            Self::AtOnce => {}
            Self::After(length) | Self::DigestEvery(length) => length.shift(by),
            Self::Digest(times) => times.shift(by),
        }
    }
}

impl Shift for TestStepKind {
    fn shift(&mut self, by: i64) {
        match self {
            Self::Replay { path: _, path_span } => path_span.shift(by),
            Self::Incidents { count: _, monitor: name } | Self::Messages { count: _, team: name } => name.shift(by),
            Self::Opened { at, within } => {
                at.shift(by);
                within.shift(by);
            }
            Self::ClearedBy { at } => at.shift(by),
            Self::Severity { level, by: time } => {
                level.shift(by);
                time.shift(by);
            }
            Self::Matched { count: _, filter } => filter.shift(by),
            Self::Other { keyword } | Self::Broken { keyword } => keyword.shift(by),
        }
    }
}

impl Shift for ExprKind {
    fn shift(&mut self, by: i64) {
        match self {
            Self::Path(path) | Self::Exists(path) => path.shift(by),
            Self::Duration(length) => length.shift(by),
            Self::Quantity { value: _, unit } => unit.shift(by),
            Self::List(members)
            | Self::Group(members)
            | Self::Set { quantifier: _, members }
            | Self::Scope { scope: _, members } => members.shift(by),
            Self::Not(inner) | Self::Negate(inner) | Self::Confident { expr: inner, floor: _ } => inner.shift(by),
            Self::Binary { op: _, op_span, left, right } => {
                op_span.shift(by);
                left.shift(by);
                right.shift(by);
            }
            Self::Zone { zone, expr } => {
                zone.shift(by);
                expr.shift(by);
            }
            Self::Call { name, args } => {
                name.shift(by);
                args.shift(by);
            }
            Self::Infix { word, left, right } => {
                word.shift(by);
                left.shift(by);
                right.shift(by);
            }
            Self::Term(_) | Self::Number { .. } | Self::Time(_) | Self::NoPosts | Self::Error => {}
        }
    }
}
