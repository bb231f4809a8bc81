//! Monitors: from a clause's pairs to its typed form.

use super::build::{Build, hole, nothing};
use super::{Found, Rule, Written as _};
use crate::ast::{
    Alert, Allow, Clause, ClauseKind, Duration, Expr, ExprKind, Name, OneIn, Path, PatternStep, SeverityRow, ShowPosts,
    ShowValues, ValuesOrder, Window, WindowKind,
};
use crate::span::Span;

impl Build {
    pub fn monitor_clause(&self, found: Found<'_>) -> Option<Clause> {
        let span = self.span(&found);
        let kind = match found.as_rule() {
            Rule::extend => self.extend(found),
            Rule::locked => ClauseKind::Locked(self.names(found)),
            Rule::match_clause => ClauseKind::Match(self.first_expr(found)),
            Rule::measure => self.measure(found),
            Rule::window => ClauseKind::Window(self.window(found)),
            Rule::alert => ClauseKind::Alert(self.alert(found)),
            Rule::severity => {
                let rows = found.into_inner().filter(|k| k.as_rule() == Rule::severity_row);
                ClauseKind::Severity(rows.map(|row| self.severity_row(row)).collect())
            }
            Rule::group_clause => ClauseKind::Group(self.paths(found)),
            Rule::dedupe => {
                let within = found.clone().into_inner().find(|k| k.as_rule() == Rule::duration);
                let within = within.map(|d| self.duration(&d));
                ClauseKind::Dedupe { by: self.paths(found).into_iter().next(), within }
            }
            Rule::show => self.show(found),
            Rule::follow => ClauseKind::Follow(self.fresh(found)),
            Rule::example => self.example(found),
            Rule::allow => ClauseKind::Allow(self.allow(found)),
            Rule::guard => self.guard(found),
            Rule::under_load => {
                let steps = found.into_inner().filter(|k| k.as_rule() == Rule::one_in);
                ClauseKind::UnderLoad(steps.map(|step| self.one_in(step)).collect())
            }
            Rule::meta => self.meta(found)?,
            Rule::other => ClauseKind::Other { keyword: self.keyword(&found) },
            _ => return None,
        };
        Some(Clause { span, kind })
    }

    /// The word that a clause starts with.
    pub fn keyword(&self, found: &Found<'_>) -> Name {
        let start = self.span(found).start;
        let text: String = found.written().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let end = start + u32::try_from(text.len()).unwrap_or(0);
        Name { text, span: Span::new(start, end) }
    }

    pub fn first_expr(&self, found: Found<'_>) -> Expr {
        let span = self.span(&found);
        match found.into_inner().find(|k| k.as_rule() == Rule::expr) {
            Some(expr) => self.expr(expr),
            None => hole(span),
        }
    }

    pub fn paths(&self, found: Found<'_>) -> Vec<Path> {
        found.into_inner().filter(|k| k.as_rule() == Rule::path).map(|k| self.path(&k)).collect()
    }

    pub fn fresh(&self, found: Found<'_>) -> Name {
        let span = self.span(&found);
        let name = found.into_inner().find(|k| k.as_rule() == Rule::fresh);
        name.map_or_else(|| nothing(span), |n| self.name(&n))
    }

    pub fn first_duration(&self, found: Found<'_>) -> Duration {
        let span = self.span(&found);
        let length = found.into_inner().find(|k| k.as_rule() == Rule::duration);
        length.map_or(Duration { micros: 0, span }, |d| self.duration(&d))
    }

    fn extend(&self, found: Found<'_>) -> ClauseKind {
        let countries = found.clone().into_inner().filter(|kid| kid.as_rule() == Rule::country);
        let countries = countries.map(|country| self.name(&country)).collect();
        ClauseKind::Extend { base: self.fresh(found), countries }
    }

    fn measure(&self, found: Found<'_>) -> ClauseKind {
        let name = self.fresh(found.clone());
        ClauseKind::Measure { name, expr: self.first_expr(found) }
    }

    fn window(&self, found: Found<'_>) -> Window {
        let mut window = Window { kind: WindowKind::Count(0), by: Vec::new(), late: None };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::window_kind => window.kind = self.window_kind(kid),
                Rule::path => window.by.push(self.path(&kid)),
                Rule::late => window.late = Some(self.first_duration(kid)),
                _ => {}
            }
        }
        window
    }

    fn window_kind(&self, found: Found<'_>) -> WindowKind {
        let span = self.span(&found);
        let durations = found.clone().into_inner().filter(|k| k.as_rule() == Rule::duration);
        let mut durations = durations.map(|k| self.duration(&k));
        let mut next = || durations.next().unwrap_or(Duration { micros: 0, span });
        let head = found.clone().into_inner().next().map(|k| k.as_rule());
        match head {
            Some(Rule::kw_tumble) => WindowKind::Tumble(next()),
            Some(Rule::kw_slide) => WindowKind::Slide { size: next(), every: next() },
            Some(Rule::kw_session) => WindowKind::Session { gap: next() },
            Some(Rule::kw_calendar) => {
                let zone = found.clone().into_inner().find(|k| k.as_rule() == Rule::zone_name);
                let zone_span = zone.as_ref().map(|z| self.span(z));
                WindowKind::Calendar { unit: self.fresh(found), zone: zone.map(|z| z.written().to_owned()), zone_span }
            }
            Some(Rule::kw_pattern) => {
                let steps = found.into_inner().filter(|k| k.as_rule() == Rule::pattern_step);
                WindowKind::Pattern(steps.map(|step| self.pattern_step(step)).collect())
            }
            _ => {
                let count = found.into_inner().find(|k| k.as_rule() == Rule::integer);
                WindowKind::Count(count.map_or(0, |c| self.integer(&c)))
            }
        }
    }

    fn pattern_step(&self, found: Found<'_>) -> PatternStep {
        let span = self.span(&found);
        let mut step = PatternStep { span, negated: false, cond: hole(span), within: None, hold: None };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::not_op => step.negated = true,
                Rule::in_time => step.within = Some(self.first_duration(kid)),
                Rule::hold => step.hold = Some(self.first_duration(kid)),
                _ => step.cond = self.operand(kid),
            }
        }
        step
    }

    fn alert(&self, found: Found<'_>) -> Alert {
        let mut alert = Alert { when: hole(self.span(&found)), hold: None, clear: None, clear_hold: None };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::expr => alert.when = self.expr(kid),
                Rule::hold => alert.hold = Some(self.first_duration(kid)),
                Rule::clear => {
                    let hold = kid.clone().into_inner().find(|k| k.as_rule() == Rule::hold);
                    alert.clear_hold = hold.map(|h| self.first_duration(h));
                    alert.clear = Some(self.first_expr(kid));
                }
                _ => {}
            }
        }
        alert
    }

    fn severity_row(&self, found: Found<'_>) -> SeverityRow {
        let span = self.span(&found);
        let level = self.fresh(found.clone());
        let when = found.into_inner().find(|k| k.as_rule() == Rule::expr).map(|e| self.expr(e));
        SeverityRow { span, level, when }
    }

    fn show(&self, found: Found<'_>) -> ClauseKind {
        let (mut posts, mut values) = (None, Vec::new());
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::show_posts => posts = Some(self.show_posts(kid)),
                Rule::show_values => values.push(self.show_values(kid)),
                _ => {}
            }
        }
        ClauseKind::Show { posts, values }
    }

    fn show_posts(&self, found: Found<'_>) -> ShowPosts {
        let mut posts = ShowPosts { span: self.span(&found), count: 0, by: None, once_by: None };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::integer => posts.count = self.integer(&kid),
                Rule::path => posts.by = Some(self.path(&kid)),
                Rule::once => posts.once_by = self.paths(kid).into_iter().next(),
                _ => {}
            }
        }
        posts
    }

    fn show_values(&self, found: Found<'_>) -> ShowValues {
        let span = self.span(&found);
        let (mut order, mut count, mut of) = (ValuesOrder::Top, 0, Path { parts: Vec::new(), span });
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::kw_new => order = ValuesOrder::New,
                Rule::integer => count = self.integer(&kid),
                Rule::path => of = self.path(&kid),
                _ => {}
            }
        }
        ShowValues { span, order, count, of }
    }

    fn example(&self, found: Found<'_>) -> ClauseKind {
        let mut example = (true, String::new(), self.span(&found));
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::answer => example.0 = kid.written() == "yes",
                Rule::string => (example.1, example.2) = (self.text(&kid), self.span(&kid)),
                _ => {}
            }
        }
        ClauseKind::Example { expected: example.0, text: example.1, text_span: example.2 }
    }

    pub fn allow(&self, found: Found<'_>) -> Allow {
        let (mut code, mut until, mut because) = (nothing(self.span(&found)), None, None);
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::fresh => code = self.name(&kid),
                Rule::time => until = Some(self.name(&kid)),
                Rule::string => because = Some(self.text(&kid)),
                _ => {}
            }
        }
        Allow { code, until, because }
    }

    fn guard(&self, found: Found<'_>) -> ClauseKind {
        let key = self.keyword(&found);
        let mut value = hole(self.span(&found));
        let (mut count, mut unit) = (None, None);
        for kid in found.into_inner() {
            let span = self.span(&kid);
            match kid.as_rule() {
                Rule::duration => value = Expr { span, kind: ExprKind::Duration(self.duration(&kid)) },
                Rule::integer => count = Some((f64::from(self.integer::<u32>(&kid)), span)),
                Rule::fresh => unit = Some(self.name(&kid)),
                _ => {}
            }
        }
        if let (Some((count, at)), Some(unit)) = (count, unit) {
            let span = if at.start < unit.span.start { at.to(unit.span) } else { unit.span.to(at) };
            value = Expr { span, kind: ExprKind::Quantity { value: count, unit } };
        }
        ClauseKind::Guard { key, value }
    }

    fn one_in(&self, found: Found<'_>) -> OneIn {
        let span = self.span(&found);
        let mut numbers = found.into_inner().filter(|k| k.as_rule() == Rule::integer).map(|k| self.integer(&k));
        let mut next = || numbers.next().unwrap_or(0);
        OneIn { part: next(), of: next(), span }
    }

    fn meta(&self, found: Found<'_>) -> Option<ClauseKind> {
        let key = self.keyword(&found);
        let value = found.into_inner().find(|k| k.as_rule() != Rule::meta_word)?;
        let text = if value.as_rule() == Rule::string { self.text(&value) } else { value.written().to_owned() };
        Some(ClauseKind::Meta { key, value: text, value_span: self.span(&value) })
    }
}
