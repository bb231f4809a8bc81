//! Lowers matching: an expression that must be true or false of one post becomes a [`Cond`].

use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind, Path, Quantifier};
use mon_post::Zone;

use crate::diagnostic::{Diagnostic, Fix, Safety, codes, did_you_mean};
use crate::plan::{Cond, CondKind, SpanExpr, TermPattern};

use super::calls::Counted;
use super::contradiction;
use super::names::Word;
use super::state::Checker;
use super::tautology;
use super::unsupported::{self, Construct};
use super::walk::{self, operands};

/// Where terms are looked for at this point of an expression.
#[derive(Clone, Debug)]
pub(super) struct Where {
    pub zones: Arc<[Zone]>,
    /// Inside `zone: …`.
    pub zoned: bool,
}

impl Checker<'_> {
    /// A whole `match` or `query` in the default zones.
    pub fn matching(&mut self, expr: &Expr) -> Option<Cond> {
        self.shallow(expr)?;
        let everywhere = Where { zones: Arc::clone(&self.zones), zoned: false };
        let cond = self.truth(expr, &everywhere)?;
        tautology::find(&cond).into_iter().for_each(|told| self.tell(told));
        self.possible(cond)
    }

    /// A condition that some post may meet; None where none can, which is told.
    pub fn possible(&mut self, cond: Cond) -> Option<Cond> {
        if let Some(told) = contradiction::find(&cond) {
            self.tell(told);
            return None;
        }
        Some(cond)
    }

    /// Refuses an expression that nests deeper than the limit, before anything recurses over it.
    pub fn shallow(&mut self, expr: &Expr) -> Option<()> {
        let limit = self.options.limits.depth_max;
        if walk::depth(expr) <= limit {
            return Some(());
        }
        self.exceed(expr.span, format!("this nests more than {limit} levels deep"), "depth_max");
        None
    }

    /// An expression that must be true or false; None where an error was told.
    pub fn truth(&mut self, expr: &Expr, place: &Where) -> Option<Cond> {
        match &expr.kind {
            ExprKind::Group(members) => match members.as_slice() {
                [one] => self.truth(one, place),
                _ => self.set(expr, Quantifier::Any, members, place),
            },
            ExprKind::Not(inner) => {
                let inner = self.truth(inner, place)?;
                Some(self.cond(expr.span, CondKind::Not(Box::new(inner))))
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(expr, *op, left, right, place),
            ExprKind::Term(_) => self.words(expr, place),
            ExprKind::Path(path) => self.path(expr, path, place),
            ExprKind::Confident { expr: inner, floor } => self.confident(expr, inner, *floor, place),
            ExprKind::Set { quantifier, members } => self.set(expr, *quantifier, members, place),
            ExprKind::Zone { zone, expr: inner } => self.zone(expr, zone, inner, place),
            ExprKind::Scope { .. } => self.words(expr, place),
            ExprKind::Exists(path) => {
                self.outside_zone(expr, place)?;
                self.exists(expr.span, path)
            }
            ExprKind::Call { name, .. } => self.call_in_match(expr, &name.text),
            ExprKind::Error => None,
            ExprKind::NoPosts => self.refuse(Construct::NoPosts, expr.span),
            ExprKind::Infix { word, .. } if matches!(word.text.as_str(), "then" | "for") => {
                self.refuse(Construct::EventPattern, expr.span)
            }
            ExprKind::Number { .. }
            | ExprKind::Duration(_)
            | ExprKind::Quantity { .. }
            | ExprKind::Time(_)
            | ExprKind::List(_)
            | ExprKind::Negate(_)
            | ExprKind::Infix { .. } => {
                let told = Diagnostic::new(
                    &codes::NOT_A_CONDITION,
                    self.at(expr.span),
                    "this is neither true nor false of a post",
                )
                .help("a condition is words to look for, or a comparison such as `author.followers >= 50`");
                self.tell(told);
                None
            }
        }
    }

    pub fn cond(&self, span: Span, kind: CondKind) -> Cond {
        Cond { place: self.at(span), kind }
    }

    fn binary(&mut self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr, place: &Where) -> Option<Cond> {
        match op {
            BinaryOp::And | BinaryOp::Or => self.chain(expr, op, place),
            BinaryOp::Near(_) | BinaryOp::Then(_) | BinaryOp::NearNot(_) | BinaryOp::Outside | BinaryOp::Inside => {
                self.words(expr, place)
            }
            BinaryOp::Has => self.has(expr, left, right, place),
            BinaryOp::Compare(_) | BinaryOp::Is | BinaryOp::In | BinaryOp::Within => self.field_test(expr, None, place),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                self.refuse(Construct::FieldArithmetic, expr.span)
            }
        }
    }

    /// A row of `and`s or `or`s as one condition with many members.
    fn chain(&mut self, expr: &Expr, op: BinaryOp, place: &Where) -> Option<Cond> {
        let members = operands(expr, op);
        if op == BinaryOp::Or
            && let Some(mixed) = members.iter().find(|m| matches!(m.kind, ExprKind::Binary { op: BinaryOp::And, .. }))
        {
            self.mixed(mixed);
        }
        let lowered: Vec<Option<Cond>> = members.iter().map(|member| self.truth(member, place)).collect();
        let lowered: Vec<Cond> = lowered.into_iter().collect::<Option<_>>()?;
        Some(self.cond(expr.span, if op == BinaryOp::And { CondKind::And(lowered) } else { CondKind::Or(lowered) }))
    }

    fn mixed(&mut self, inner: &Expr) {
        let place = self.at(inner.span);
        let text = format!("({})", self.written(inner));
        let told = Diagnostic::new(&codes::MIXED_AND_OR, place, "`and` and `or` are mixed without brackets")
            .label(place, "this is read as one part, because `and` binds first")
            .help("put brackets around the part that belongs together")
            .fix(Fix {
                description: "put brackets where they are understood now".to_owned(),
                safety: Safety::Safe,
                edits: vec![(place, text)],
            });
        self.tell(told);
    }

    fn path(&mut self, expr: &Expr, path: &Path, place: &Where) -> Option<Cond> {
        let name = path.dotted();
        match self.names.word(&name) {
            Some(Word::Terms(_)) => self.words(expr, place),
            Some(Word::Query(at)) => self.query_use(expr, &name, at, place),
            None if name == "true" || name == "false" => Some(self.cond(expr.span, CondKind::Const(name == "true"))),
            None => {
                if mon_post::find(&name).is_some() {
                    self.outside_zone(expr, place)?;
                }
                self.flag(path, None)
            }
        }
    }

    fn query_use(&mut self, expr: &Expr, name: &str, at: usize, place: &Where) -> Option<Cond> {
        let known = self.queries.get(at).cloned().flatten()?;
        let mut name = name.to_owned();
        let cond = if place.zoned {
            let zones: Vec<&str> = place.zones.iter().map(|zone| zone.name()).collect();
            name = format!("{}: {name}", zones.join(", "));
            let query = *self.names.queries.get(at)?;
            let Some(cond) = self.quietly(query.file, |own| own.truth(&query.item.expr, place)) else {
                self.zone_misuse(expr, "the query tests more than words, so it cannot stand in a zone");
                return None;
            };
            Arc::new(cond)
        } else {
            known.cond
        };
        Some(self.cond(expr.span, CondKind::Named { name, cond }))
    }

    /// An expression of terms, as text that must stand in the zones.
    fn words(&mut self, expr: &Expr, place: &Where) -> Option<Cond> {
        let spans = self.spans(expr)?;
        Some(self.placed(expr.span, spans, place))
    }

    /// Words in the zones of a place. Links are looked for among the post's links too, where no zone is named.
    pub fn text(&self, span: Span, spans: SpanExpr, place: &Where) -> Cond {
        let here = |zones, spans| self.cond(span, CondKind::Text { zones, spans });
        let Some((links, zones)) = self.with_links(&spans, place) else { return here(Arc::clone(&place.zones), spans) };
        match self.others_of(&spans) {
            None => here(zones, links),
            Some(others) => {
                let members = vec![here(Arc::clone(&place.zones), others), here(zones, links)];
                self.cond(span, CondKind::Or(members))
            }
        }
    }

    /// The links among a choice of terms, and the zones that they are looked for in: those of the place and the post's links.
    pub fn with_links(&self, spans: &SpanExpr, place: &Where) -> Option<(SpanExpr, Arc<[Zone]>)> {
        let links = match spans {
            _ if place.zoned => return None,
            SpanExpr::AnyOf(members) => {
                let links: Vec<_> = members.iter().filter(|one| self.is_link(one)).cloned().collect();
                (!links.is_empty()).then_some(SpanExpr::AnyOf(links))
            }
            one => self.is_link(one).then(|| one.clone()),
        };
        links.map(|links| (links, place.zones.iter().copied().chain([Zone::LinkUrl]).collect()))
    }

    /// What is no link among a choice of terms.
    fn others_of(&self, spans: &SpanExpr) -> Option<SpanExpr> {
        let SpanExpr::AnyOf(members) = spans else { return None };
        let others: Vec<_> = members.iter().filter(|one| !self.is_link(one)).cloned().collect();
        (!others.is_empty()).then_some(SpanExpr::AnyOf(others))
    }

    fn is_link(&self, one: &SpanExpr) -> bool {
        matches!(one, SpanExpr::Term(id) if self.plan.terms.get(id.0 as usize).is_some_and(TermPattern::is_link))
    }

    fn field_test(&mut self, expr: &Expr, floor: Option<f64>, place: &Where) -> Option<Cond> {
        let ExprKind::Binary { op, left, right, .. } = &expr.kind else { return None };
        if let Some(counted) = Counted::read(*op, left, right) {
            return self.counted(expr, counted, place);
        }
        self.outside_zone(expr, place)?;
        match op {
            BinaryOp::Compare(op) => self.compare(expr.span, *op, left, right, floor),
            BinaryOp::Is => self.compare(expr.span, CompareOp::Eq, left, right, floor),
            BinaryOp::In => self.within_list(expr.span, left, right, floor),
            BinaryOp::Within => self.within_last(expr, left, right, floor),
            _ => None,
        }
    }

    /// `sentiment <= -0.3 @ 70%`.
    fn confident(&mut self, whole: &Expr, inner: &Expr, floor: f64, place: &Where) -> Option<Cond> {
        let test = match &inner.kind {
            ExprKind::Group(members) => match members.as_slice() {
                [one] => one,
                _ => inner,
            },
            _ => inner,
        };
        let mut fields = Vec::new();
        if let ExprKind::Binary {
            op: BinaryOp::Compare(_) | BinaryOp::Is | BinaryOp::In | BinaryOp::Within,
            left,
            right,
            ..
        } = &test.kind
        {
            for side in [left, right] {
                if let ExprKind::Path(path) = &side.kind
                    && let Some(field) = mon_post::find(&path.dotted()).and_then(mon_post::FieldId::get)
                {
                    fields.push(field);
                }
            }
        }
        if self.asks_later_value(test) {
            return self.truth(test, place).and(None);
        }
        let modelled = fields.iter().any(|field| field.modelled);
        if !modelled {
            let message = match fields.first() {
                Some(field) => format!("`{}` has no confidence", field.name),
                None => "`@` belongs after the test of one field".to_owned(),
            };
            let label = if fields.is_empty() { "this is no test of one field" } else { "no model made this value" };
            let told = Diagnostic::new(&codes::NO_CONFIDENCE, self.at(whole.span), message)
                .label(self.at(whole.span), label)
                .help("`@ 70%` stands after a test of a value that a model made, such as `sentiment <= -0.3 @ 70%`");
            self.tell(told);
            return None;
        }
        if !(0.0..=1.0).contains(&floor) {
            let told = Diagnostic::new(
                &codes::OUT_OF_RANGE,
                self.at(whole.span),
                format!("`{}%` is no confidence", (floor * 1e4).round() / 1e2),
            )
            .help("a confidence lies between 0% and 100%");
            self.tell(told);
            return None;
        }
        self.field_test(test, Some(floor), place)
    }

    /// Whether a value stands in the expression that the language has and nobody makes yet.
    fn asks_later_value(&self, expr: &Expr) -> bool {
        let mut found = false;
        walk::each(expr, &mut |part| {
            if let ExprKind::Path(path) = &part.kind {
                let name = path.dotted();
                found |= self.names.word(&name).is_none() && unsupported::value(&name).is_some();
            }
        });
        found
    }

    fn set(&mut self, expr: &Expr, quantifier: Quantifier, members: &[Expr], place: &Where) -> Option<Cond> {
        let before = self.count();
        let mut lowered: Vec<Cond> = Vec::with_capacity(members.len());
        if let [one] = members
            && let Some(list) = self.list_members(one)
        {
            lowered.extend(list.iter().map(|member| self.text(one.span, member.clone(), place)));
        } else {
            let all: Vec<Option<Cond>> = members.iter().map(|member| self.truth(member, place)).collect();
            lowered = all.into_iter().collect::<Option<_>>()?;
        }
        if self.failed_since(before) {
            return None;
        }
        if lowered.is_empty() {
            let told = Diagnostic::new(&codes::IMPOSSIBLE_COUNT, self.at(expr.span), "the set has no members")
                .help("name what to look for: `any [\"acme\", #acme]`");
            self.tell(told);
            return None;
        }
        Some(match quantifier {
            Quantifier::Any => self.cond(expr.span, CondKind::Or(lowered)),
            Quantifier::All => self.cond(expr.span, CondKind::And(lowered)),
            Quantifier::None => {
                let any = self.cond(expr.span, CondKind::Or(lowered));
                self.cond(expr.span, CondKind::Not(Box::new(any)))
            }
            Quantifier::AtLeast(k) => {
                let count = lowered.len();
                if k == 0 || k as usize > count {
                    self.impossible(expr, k, count);
                    return None;
                }
                self.cond(expr.span, CondKind::AtLeast { k, members: lowered })
            }
        })
    }

    fn impossible(&mut self, expr: &Expr, k: u32, count: usize) {
        if self.unread(expr.span) {
            return;
        }
        let members = if count == 1 { "member" } else { "members" };
        let message = if k == 0 {
            "`at least 0 of` holds for every post".to_owned()
        } else {
            format!("`at least {k} of` {count} {members} never holds")
        };
        let help = match count {
            1 => "ask for 1".to_owned(),
            count => format!("ask for 1 to {count} of them"),
        };
        let told = Diagnostic::new(&codes::IMPOSSIBLE_COUNT, self.at(expr.span), message).help(help);
        self.tell(told);
    }

    /// A `terms` name that is the only member of a set stands for its members, so that `at least 3 of [symptoms]`
    /// counts different symptoms.
    pub fn list_members(&mut self, expr: &Expr) -> Option<Arc<[SpanExpr]>> {
        let ExprKind::Path(path) = &expr.kind else { return None };
        let Word::Terms(at) = self.names.word(&path.dotted())? else { return None };
        self.terms.get(at).cloned().flatten()
    }

    fn zone(&mut self, whole: &Expr, zone: &Path, inner: &Expr, place: &Where) -> Option<Cond> {
        if place.zoned {
            self.zone_misuse(whole, "a zone stands inside a zone");
            return None;
        }
        let zone = self.zone_named(zone)?;
        self.truth(inner, &Where { zones: Arc::from([zone]), zoned: true })
    }

    fn zone_named(&mut self, path: &Path) -> Option<Zone> {
        let name = path.dotted();
        if let Some(zone) = Zone::find(&name) {
            return Some(zone);
        }
        if name == "quote" {
            return self.refuse(Construct::QuoteZone, path.span);
        }
        let all: Vec<&str> = Zone::ALL.iter().map(|zone| zone.name()).collect();
        let mut told =
            Diagnostic::new(&codes::UNKNOWN_ZONE, self.at(path.span), format!("posts have no zone `{name}`"))
                .suggest(&name, all.iter().copied());
        if told.help.is_none() {
            told = told.help(format!("zones are: {}", all.join(", ")));
        }
        self.tell(told);
        None
    }

    fn has(&mut self, whole: &Expr, left: &Expr, right: &Expr, place: &Where) -> Option<Cond> {
        if place.zoned {
            self.zone_misuse(whole, "a zone stands inside a zone");
            return None;
        }
        let ExprKind::Path(path) = &left.kind else {
            let told = Diagnostic::new(&codes::WRONG_TYPE, self.at(left.span), "`has` looks into a zone of the post")
                .help("write for example `text has \"giveaway\"`");
            self.tell(told);
            return None;
        };
        if Zone::find(&path.dotted()).is_none() && mon_post::find(&path.dotted()).is_some() {
            return self.refuse(Construct::FieldHas, whole.span);
        }
        let zone = self.zone_named(path)?;
        self.truth(right, &Where { zones: Arc::from([zone]), zoned: true })
    }

    /// A test of a field must not stand inside `zone: …`.
    fn outside_zone(&mut self, expr: &Expr, place: &Where) -> Option<()> {
        if place.zoned {
            self.zone_misuse(expr, "a zone holds words, and this tests a field");
            return None;
        }
        Some(())
    }

    fn zone_misuse(&mut self, expr: &Expr, message: &str) {
        let told = Diagnostic::new(&codes::ZONE_HOLDS_WORDS, self.at(expr.span), message)
            .help("put it beside the zone and join the two with `and`");
        self.tell(told);
    }

    /// A call of no query that is given values, and of nothing else.
    fn unknown_call(&mut self, expr: &Expr, name: &str) {
        let place = self.at(expr.span);
        let told = Diagnostic::new(&codes::UNKNOWN_NAME, place, format!("`{name}(…)` is not known"));
        let candidates = self.searched();
        let given = self.made.given.iter().map(String::as_str).take(candidates);
        let told = if let (Some(near), ExprKind::Call { name, .. }) = (did_you_mean(name, given), &expr.kind) {
            let fix = Fix {
                description: format!("write `{near}`"),
                safety: Safety::ChangesMeaning,
                edits: vec![(self.at(name.span), near.to_owned())],
            };
            told.help(format!("did you mean `{near}`?")).fix(fix)
        } else {
            let told = match did_you_mean(name, self.names.word_names().take(candidates)) {
                Some(near) => told.label(place, format!("did you mean `{near}`?")),
                None => told,
            };
            told.help(format!("a query that is given values is first said: `query {name}(brand: terms) = …`"))
        };
        self.tell(told);
    }

    /// A call in a match is a measure in the wrong place; what the grammar reported already is not told twice.
    pub fn call_in_match(&mut self, expr: &Expr, name: &str) -> Option<Cond> {
        if self.unread(expr.span) {
            return None;
        }
        if let Some(help) = super::calls::stands_alone(name) {
            let told = Diagnostic::new(
                &codes::NOT_A_CONDITION,
                self.at(expr.span),
                format!("`{name}(…)` alone is neither true nor false"),
            )
            .help(help);
            self.tell(told);
            return None;
        }
        if let Some(construct) = unsupported::measure(name) {
            return self.refuse(construct, expr.span);
        }
        if !self.is_measure(name) {
            self.unknown_call(expr, name);
            return None;
        }
        let told = Diagnostic::new(
            &codes::NOT_A_CONDITION,
            self.at(expr.span),
            format!("`{name}(…)` measures a window, a match looks at one post"),
        )
        .help("move it to a `measure` line and compare the measure in `alert when`");
        self.tell(told);
        None
    }
}
