//! From pest's pairs to items. A grammar rule promises its children; where one is missing all the same, a builder puts
//! an empty name or an error expression there rather than to panic.

use std::cell::RefCell;
use std::ops::Range;

use super::{Found, Rule, Written as _};
use crate::ast::{
    Dates, Days, Duration, Expr, ExprKind, ItemKind, Monitor, Name, Param, ParamKind, Path, Playbook, Query,
    SyntaxError, Terms, TermsSource, Test, Use,
};
use crate::code;
use crate::span::Span;
use crate::splitter::Text;
use crate::work::step;

/// Where the bytes that pest read come from, and the errors found while building.
pub(super) struct Build {
    places: RefCell<Vec<u32>>,
    pub errors: RefCell<Vec<SyntaxError>>,
    /// Distances that are names, each with the place of its operator.
    gaps: RefCell<Vec<(Span, Name)>>,
}

impl Build {
    pub fn new() -> Self {
        Self { places: RefCell::new(Vec::new()), errors: RefCell::new(Vec::new()), gaps: RefCell::new(Vec::new()) }
    }

    /// The text of a stretch for pest; from now on places are those of this text.
    pub fn pack(&self, text: &Text<'_>, solid: Range<usize>) -> String {
        let packed = text.packed(solid);
        self.places.replace(packed.places);
        packed.text
    }

    /// Where a byte of the text that was packed last stands in the source.
    pub fn place(&self, at: usize) -> u32 {
        self.places.borrow().get(at).copied().unwrap_or(u32::MAX)
    }

    pub fn span(&self, found: &Found<'_>) -> Span {
        step(1);
        let start = found.as_span().start();
        Span::new(self.place(start), self.place(start + found.written().len()))
    }

    pub fn error(&self, span: Span, code: &'static str, message: String, help: impl Into<String>) {
        self.tell(SyntaxError::new(span, code, message, help));
    }

    pub fn tell(&self, error: SyntaxError) {
        self.errors.borrow_mut().push(error);
    }

    pub fn item(&self, found: Found<'_>) -> ItemKind {
        let rule = found.as_rule();
        let span = self.span(&found);
        let mut kids = found.into_inner();
        match rule {
            Rule::use_item => self.use_item(&mut kids),
            Rule::terms_item => {
                let (mut name, mut members, mut sources, mut allows) =
                    (nothing(span), Vec::new(), Vec::new(), Vec::new());
                for kid in kids {
                    match kid.as_rule() {
                        Rule::fresh => name = self.name(&kid),
                        Rule::expr => members.push(self.expr(kid)),
                        Rule::source => sources.push(self.source(kid)),
                        _ => allows.extend(self.monitor_clause(kid)),
                    }
                }
                ItemKind::Terms(Terms { name, members, sources, allows })
            }
            Rule::query_item => {
                let (mut name, mut expr, mut params, mut allows) = (nothing(span), hole(span), Vec::new(), Vec::new());
                for kid in kids {
                    match kid.as_rule() {
                        Rule::fresh => name = self.name(&kid),
                        Rule::params => params = self.params(kid),
                        Rule::expr => expr = self.expr(kid),
                        _ => allows.extend(self.monitor_clause(kid)),
                    }
                }
                ItemKind::Query(Query { name, params, gaps: Vec::new(), expr, allows })
            }
            Rule::dates_item => {
                let name = kids.clone().find(|kid| kid.as_rule() == Rule::fresh).map(|kid| self.name(&kid));
                let days = kids.filter(|kid| kid.as_rule() == Rule::days).filter_map(|kid| self.days(kid)).collect();
                ItemKind::Dates(Dates { name: name.unwrap_or_else(|| nothing(span)), days })
            }
            Rule::monitor_item => {
                let (name, clauses) = self.body(span, kids, |kid| self.monitor_clause(kid));
                ItemKind::Monitor(Monitor { name, clauses })
            }
            Rule::playbook_item => {
                let (name, clauses) = self.body(span, kids, |kid| self.playbook_clause(kid));
                ItemKind::Playbook(Playbook { name, clauses })
            }
            Rule::test_item => {
                let title = kids.clone().find(|k| k.as_rule() == Rule::string);
                let title = title.map(|t| self.text(&t)).unwrap_or_default();
                let (monitor, steps) = self.body(span, kids, |kid| self.test_step(kid));
                ItemKind::Test(Test { monitor, title, steps })
            }
            _ => ItemKind::Broken,
        }
    }

    fn use_item(&self, kids: &mut pest::iterators::Pairs<'_, Rule>) -> ItemKind {
        let Some(target) = kids.find(|k| matches!(k.as_rule(), Rule::string | Rule::path)) else {
            return ItemKind::Broken;
        };
        let text = if target.as_rule() == Rule::string { self.text(&target) } else { target.written().to_owned() };
        ItemKind::Use(Use { target: text, target_span: self.span(&target) })
    }

    /// `2026-12-24 to 2026-12-26`
    fn days(&self, found: Found<'_>) -> Option<Days> {
        let span = self.span(&found);
        let mut times = found.into_inner().filter(|kid| kid.as_rule() == Rule::time).map(|kid| self.name(&kid));
        Some(Days { span, first: times.next()?, last: times.next() })
    }

    /// `(brand: terms, gap: number)`
    pub fn params(&self, found: Found<'_>) -> Vec<Param> {
        let params = found.into_inner().filter(|k| k.as_rule() == Rule::param);
        let read = |found: Found<'_>| {
            let kind = found.clone().into_inner().find(|k| k.as_rule() == Rule::param_type)?;
            let kind = ParamKind::ALL.into_iter().find(|known| known.name() == kind.written())?;
            let name = found.into_inner().find(|k| k.as_rule() == Rule::fresh)?;
            Some(Param { name: self.name(&name), kind })
        };
        params.filter_map(read).collect()
    }

    /// The words of a distance; where a name says them, 0, and the name is kept.
    pub fn distance(&self, found: &Found<'_>) -> u32 {
        let written = found.written().rsplit('/').next().unwrap_or("");
        if written.starts_with(|c: char| c.is_ascii_digit()) {
            return self.integer(found);
        }
        let span = self.span(found);
        let length = u32::try_from(written.len()).unwrap_or(u32::MAX);
        let name = Name { text: written.to_owned(), span: Span::new(span.end.saturating_sub(length), span.end) };
        self.gaps.borrow_mut().push((span, name));
        0
    }

    /// Gives a query the distances that its parameters say; a name elsewhere is an error.
    pub fn settle(&self, kind: &mut ItemKind) {
        for (op, name) in self.gaps.take() {
            let known = match kind {
                ItemKind::Query(query) => {
                    let known = query.params.iter().any(|p| p.kind == ParamKind::Number && p.name.text == name.text);
                    if known {
                        query.gaps.push((op, name.clone()));
                    }
                    known
                }
                _ => false,
            };
            if !known {
                let message = format!("`{}` is no number of words", name.text);
                let help = "write for example `near/5`; a name can stand there where the query is given a number: `query \
                            q(gap: number) = …`";
                self.error(name.span, code::MISSING_DISTANCE, message, help);
            }
        }
    }

    /// `from "brands.csv" column name`
    pub fn source(&self, found: Found<'_>) -> TermsSource {
        let span = self.span(&found);
        let mut strings = found.clone().into_inner().filter(|k| k.as_rule() == Rule::string);
        let path = strings.next();
        let quoted = strings.next().map(|k| Name { text: self.text(&k), span: self.span(&k) });
        let column = found.into_inner().find(|k| k.as_rule() == Rule::fresh).map(|k| self.name(&k)).or(quoted);
        let (path, path_span) = path.map_or_else(|| (String::new(), span), |k| (self.text(&k), self.span(&k)));
        TermsSource { path, path_span, column }
    }

    /// A head's name and what `clause` makes of the pairs that are clauses.
    fn body<'i, T>(
        &self,
        span: Span,
        kids: pest::iterators::Pairs<'i, Rule>,
        clause: impl Fn(Found<'i>) -> Option<T>,
    ) -> (Name, Vec<T>) {
        let mut name = nothing(span);
        let mut clauses = Vec::new();
        for kid in kids {
            match kid.as_rule() {
                Rule::fresh => name = self.name(&kid),
                Rule::string | Rule::brace_open | Rule::brace_close | Rule::EOI => {}
                _ => clauses.extend(clause(kid)),
            }
        }
        (name, clauses)
    }

    pub fn name(&self, found: &Found<'_>) -> Name {
        Name { text: found.written().to_owned(), span: self.span(found) }
    }

    pub fn path(&self, found: &Found<'_>) -> Path {
        let span = self.span(found);
        let mut start = span.start;
        let parts = found
            .written()
            .split('.')
            .map(|part| {
                let end = start + u32::try_from(part.len()).unwrap_or(u32::MAX);
                let name = Name { text: part.to_owned(), span: Span::new(start, end) };
                start = end + 1;
                name
            })
            .collect();
        Path { parts, span }
    }

    /// `15m`, `1.5h`: exact in microseconds.
    pub fn duration(&self, found: &Found<'_>) -> Duration {
        let span = self.span(found);
        match micros(found.written()) {
            Some(micros) => Duration { micros, span },
            None => {
                let message = format!("`{}` is longer than a length of time can be", found.written());
                self.error(span, code::NUMBER_RANGE, message, "write a shorter time; the longest is 290,000 years");
                Duration { micros: 0, span }
            }
        }
    }

    /// A whole number; too large is an error and gives 0.
    pub fn integer<T: std::str::FromStr + Default>(&self, found: &Found<'_>) -> T {
        let digits = found.written().trim_matches(|c: char| !c.is_ascii_digit());
        digits.parse().unwrap_or_else(|_| {
            let message = format!("`{digits}` is too large a number here");
            self.error(self.span(found), code::NUMBER_RANGE, message, "write a smaller number");
            T::default()
        })
    }
}

pub(super) fn nothing(span: Span) -> Name {
    Name { text: String::new(), span: Span::new(span.start, span.start) }
}

pub(super) fn hole(span: Span) -> Expr {
    Expr { span, kind: ExprKind::Error }
}

/// Microseconds in one unit of time.
pub(super) fn unit_micros(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        "w" => 604_800_000_000,
        _ => return None,
    })
}

/// The length of `15m` or `1.5h` in microseconds; `None` where it does not fit. Digits behind the last whole
/// microsecond are cut.
fn micros(text: &str) -> Option<i64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let unit = unit_micros(unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.get(..fraction.len().min(9)).unwrap_or("");
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part = fraction.parse::<i128>().unwrap_or(0) * i128::from(unit) / scale;
    whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(i64::try_from(part).ok()?)
}
