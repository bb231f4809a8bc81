//! Lowers what is computed from a window: measures, thresholds and severities. Numbers and conditions share one expression
//! in the tree; here each part is asked for the one that its place needs.

use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::{BinaryOp, Expr, ExprKind, Name, Path, Quantifier};
use mon_post::{FieldId, FieldType};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{
    AggregateArg, AggregatePlan, Arithmetic, Borders, CompareOp, MeasureKind, MeasurePlan, Place, ValueExpr,
};

use super::history;
use super::lower_match::Where;
use super::measure_calls;
use super::outcome::Known;
use super::state::Checker;
use super::unsupported::{self, Construct};
use super::walk::operands;

/// The measures of one monitor while it is read.
#[derive(Debug, Default)]
pub(super) struct Measures {
    pub list: Vec<MeasurePlan>,
    pub by_name: FxHashMap<String, u32>,
    /// Names of all `measure` lines, also of those that are not read yet.
    pub declared: Vec<String>,
    /// Measures whose own line has an error: what uses them says nothing of its own.
    pub failed: FxHashSet<String>,
    /// A window's length in minutes, for `rate()`; none where windows differ in it.
    pub minutes: Option<f64>,
    /// None where there is no window.
    pub borders: Option<Borders>,
}

/// A lowered expression and what it is.
pub(super) enum Typed {
    Number(ValueExpr),
    Truth(ValueExpr),
}

/// Aggregates of the language over one number, and the engine's name for each.
const PLAIN: &[&str] = &["sum", "avg", "min", "max", "median", "stddev"];
const OWN: &[&str] = &["count", "distinct", "percentile", "rate", "share", "ratio"];
/// Aggregates of the engine that no window can have: the same posts give another value in another order.
const ORDERED: &[&str] = &["array_agg", "first_value", "last_value", "nth_value", "string_agg"];

/// What measures there are, where none is near to a name.
const MEASURES_HELP: &str = "measures count posts (`count`, `distinct`, `rate`), compare parts (`share`, `ratio`, \
                             `share_of_voice`, `top_share`), sum up a field (`sum`, `avg`, `median`, `percentile`) or \
                             look back (`baseline`, `change`, `zscore`, `poisson`); docs/language.md has all of them";

/// The names of the language's own measures.
pub(crate) fn own() -> impl Iterator<Item = &'static str> {
    OWN.iter().chain(measure_calls::NAMES).chain(PLAIN).chain(history::NAMES).copied()
}

impl Checker<'_> {
    /// An expression that must be true or false of a window.
    pub fn condition(&mut self, measures: &mut Measures, expr: &Expr) -> Option<ValueExpr> {
        match self.typed(measures, expr)? {
            Typed::Truth(value) => Some(value),
            Typed::Number(_) => {
                let written = self.written(expr).to_owned();
                let told = Diagnostic::new(
                    &codes::NOT_A_CONDITION,
                    self.at(expr.span),
                    format!("`{written}` is a number, neither true nor false"),
                )
                .help(format!("compare it, for example `{written} > 0`"));
                self.tell(told);
                None
            }
        }
    }

    /// An expression that must be a number.
    pub fn number(&mut self, measures: &mut Measures, expr: &Expr) -> Option<ValueExpr> {
        match self.typed(measures, expr)? {
            Typed::Number(value) => Some(value),
            Typed::Truth(_) => self.not_a_number(expr, "this is true or false, not a number"),
        }
    }

    fn not_a_number<T>(&mut self, expr: &Expr, message: &str) -> Option<T> {
        let told = Diagnostic::new(&codes::NOT_A_NUMBER, self.at(expr.span), message.to_owned())
            .help("a threshold compares measures and figures, for example `volume >= 20 and mood < -0.3`");
        self.tell(told);
        None
    }

    fn typed(&mut self, measures: &mut Measures, expr: &Expr) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Group(members) => match members.as_slice() {
                [one] => self.typed(measures, one),
                _ => self.not_a_number(expr, "a list stands where one number is needed"),
            },
            ExprKind::Number { value, .. } => Some(Typed::Number(ValueExpr::Number(*value))),
            ExprKind::Path(path) => self.measure_use(measures, path),
            ExprKind::Negate(inner) => {
                let inner = self.number(measures, inner)?;
                Some(Typed::Number(match inner {
                    ValueExpr::Number(value) => ValueExpr::Number(-value),
                    other => ValueExpr::Negate(Box::new(other)),
                }))
            }
            ExprKind::Not(inner) => {
                let inner = self.condition(measures, inner)?;
                Some(Typed::Truth(ValueExpr::Not(Box::new(inner))))
            }
            ExprKind::Binary { op, left, right, .. } => self.typed_binary(measures, expr, *op, left, right),
            ExprKind::Set { quantifier, members } => self.typed_set(measures, expr, *quantifier, members),
            ExprKind::Call { name, args } => self.call(measures, expr, name, args).map(Typed::Number),
            ExprKind::Confident { .. } => {
                let told = Diagnostic::new(&codes::NO_CONFIDENCE, self.at(expr.span), "a measure has no confidence")
                    .help("put `@ 70%` behind the test of a field in `match`, or inside `count(…)`");
                self.tell(told);
                None
            }
            ExprKind::Term(_) | ExprKind::Zone { .. } | ExprKind::Scope { .. } | ExprKind::Exists(_) => {
                if let Some(told) = self.misspelt_figure(expr) {
                    self.tell(told);
                    return None;
                }
                let written = self.written(expr).to_owned();
                let told = Diagnostic::new(
                    &codes::NOT_A_NUMBER,
                    self.at(expr.span),
                    "this is asked of one post, and an alert looks at a window of posts",
                )
                .help(format!("count the posts: `count({written})`, or put it into `match`"));
                self.tell(told);
                None
            }
            ExprKind::Duration(_) | ExprKind::Quantity { .. } | ExprKind::Time(_) => {
                if let Some(told) = self.misspelt_figure(expr) {
                    self.tell(told);
                    return None;
                }
                self.not_a_number(expr, "a time stands where a plain number is needed")
            }
            ExprKind::List(_) => self.not_a_number(expr, "a list stands where one number is needed"),
            ExprKind::Infix { word, .. } if matches!(word.text.as_str(), "then" | "for") => {
                self.refuse(Construct::EventPattern, expr.span)
            }
            ExprKind::Infix { word, .. } => {
                let message = format!("`{}` has no meaning here", word.text);
                self.not_a_number(expr, &message)
            }
            ExprKind::NoPosts => {
                let count = self.count_of_posts(measures, expr.span);
                let none = ValueExpr::Compare(CompareOp::Eq, Box::new(count), Box::new(ValueExpr::Number(0.0)));
                Some(Typed::Truth(none))
            }
            ExprKind::Error => None,
        }
    }

    fn typed_binary(
        &mut self,
        measures: &mut Measures,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
    ) -> Option<Typed> {
        let arithmetic = match op {
            BinaryOp::And | BinaryOp::Or => {
                let parts: Vec<Option<ValueExpr>> =
                    operands(expr, op).into_iter().map(|part| self.condition(measures, part)).collect();
                let parts: Vec<ValueExpr> = parts.into_iter().collect::<Option<_>>()?;
                return Some(Typed::Truth(if op == BinaryOp::And {
                    ValueExpr::And(parts)
                } else {
                    ValueExpr::Or(parts)
                }));
            }
            BinaryOp::Compare(op) => {
                let (left, right) = (self.number(measures, left), self.number(measures, right));
                return Some(Typed::Truth(ValueExpr::Compare(op, Box::new(left?), Box::new(right?))));
            }
            BinaryOp::Add => Arithmetic::Add,
            BinaryOp::Subtract => Arithmetic::Subtract,
            BinaryOp::Multiply => Arithmetic::Multiply,
            BinaryOp::Divide => Arithmetic::Divide,
            BinaryOp::Then(_) | BinaryOp::Near(_) | BinaryOp::NearNot(_) | BinaryOp::Within => {
                return self.refuse(Construct::EventPattern, expr.span);
            }
            BinaryOp::Outside | BinaryOp::Inside | BinaryOp::Is | BinaryOp::In | BinaryOp::Has => {
                let told = Diagnostic::new(
                    &codes::NOT_A_NUMBER,
                    self.at(expr.span),
                    "this is asked of one post, and an alert looks at a window of posts",
                )
                .help("put it into `match`, or count the posts: `count(lang is en)`; numbers compare with `==`");
                self.tell(told);
                return None;
            }
        };
        let (left, right) = (self.number(measures, left), self.number(measures, right));
        Some(Typed::Number(ValueExpr::Arithmetic(arithmetic, Box::new(left?), Box::new(right?))))
    }

    fn typed_set(
        &mut self,
        measures: &mut Measures,
        expr: &Expr,
        quantifier: Quantifier,
        members: &[Expr],
    ) -> Option<Typed> {
        if matches!(quantifier, Quantifier::AtLeast(_)) {
            return self.refuse(Construct::SetInAlert, expr.span);
        }
        let parts: Vec<Option<ValueExpr>> = members.iter().map(|part| self.condition(measures, part)).collect();
        let parts: Vec<ValueExpr> = parts.into_iter().collect::<Option<_>>()?;
        Some(Typed::Truth(match quantifier {
            Quantifier::All => ValueExpr::And(parts),
            Quantifier::None => ValueExpr::Not(Box::new(ValueExpr::Or(parts))),
            Quantifier::Any | Quantifier::AtLeast(_) => ValueExpr::Or(parts),
        }))
    }

    fn measure_use(&mut self, measures: &Measures, path: &Path) -> Option<Typed> {
        let name = path.dotted();
        if let Some(at) = measures.by_name.get(&name) {
            return Some(Typed::Number(ValueExpr::Measure(*at)));
        }
        if name == "true" || name == "false" {
            return Some(Typed::Truth(ValueExpr::Truth(name == "true")));
        }
        if measures.failed.contains(&name) {
            return None;
        }
        let place = self.at(path.span);
        if measures.declared.contains(&name) {
            let told = Diagnostic::new(&codes::MEASURE_ORDER, place, format!("`{name}` is measured further down"))
                .help(format!("move the line `measure {name} = …` above this one"));
            self.tell(told);
        } else if let Some(field) = mon_post::find(&name).and_then(FieldId::get) {
            let numeric = matches!(field.ty, FieldType::Integer { .. } | FieldType::Decimal { .. });
            let wrapped = if numeric { format!("avg({name})") } else { format!("distinct({name})") };
            let told = Diagnostic::new(
                &codes::NOT_A_NUMBER,
                place,
                format!("`{name}` is a field of each post, a window has many of them"),
            )
            .help(format!("say which number is meant, for example `{wrapped}`"));
            self.tell(told);
        } else if self.names.monitor(&name).is_some() {
            // What a monitor raises is an event: `not c for 1h`.
            return self.refuse(Construct::EventPattern, path.span);
        } else if self.names.word(&name).is_some() {
            let told =
                Diagnostic::new(&codes::NOT_A_NUMBER, place, format!("`{name}` is words to look for, not a number"))
                    .help(format!("count the posts that have them: `count({name})`"));
            self.tell(told);
        } else {
            let declared: Vec<&str> = measures.declared.iter().map(String::as_str).collect();
            let mut told = Diagnostic::new(&codes::UNKNOWN_NAME, place, format!("there is no measure `{name}`"))
                .suggest(&name, declared.iter().copied());
            if name == super::load::MEASURE {
                told.help = None;
                told = told.help("a monitor with `under load sample 1 in 4 authors` has this measure");
            }
            if told.help.is_none() {
                told = told.help(format!("add a line `measure {name} = …`, such as `measure {name} = count()`"));
            }
            self.tell(told);
        }
        None
    }

    /// The value of a measure line: an aggregate keeps the line's name, anything else is derived.
    pub fn measure_line(&mut self, measures: &mut Measures, name: &Name, expr: &Expr) -> Option<()> {
        let place = self.at(name.span);
        let value = self.number(measures, expr)?;
        let direct = matches!(&expr.kind, ExprKind::Call { name, .. } if !matches!(name.text.as_str(), "rate" | "share" | "ratio" | "velocity"));
        let at = u32::try_from(measures.list.len()).unwrap_or(u32::MAX);
        match value {
            // An aggregate written alone: the measure made for it takes the line's name.
            ValueExpr::Measure(made) if direct && made + 1 == at && !measures.is_named(made) => {
                if let Some(plan) = measures.list.get_mut(made as usize) {
                    plan.name.clone_from(&name.text);
                    plan.place = place;
                }
                measures.by_name.insert(name.text.clone(), made);
            }
            value => {
                measures.list.push(MeasurePlan { name: name.text.clone(), place, kind: MeasureKind::Derived(value) });
                measures.by_name.insert(name.text.clone(), at);
            }
        }
        Some(())
    }

    fn call(&mut self, measures: &mut Measures, expr: &Expr, name: &Name, args: &[Expr]) -> Option<ValueExpr> {
        let function = name.text.as_str();
        match function {
            "count" => self.count_call(measures, expr, args),
            "distinct" if matches!(args, [Expr { kind: ExprKind::Path(path), .. }] if path.dotted() == "story") => {
                Some(self.stories(measures, expr))
            }
            "distinct" => {
                let (field, _) = self.one_field(expr, args, "distinct", "one field, such as `distinct(author.uid)`")?;
                Some(self.aggregate(measures, expr, "count", true, vec![AggregateArg::Field(field)]))
            }
            "percentile" => self.percentile(measures, expr, function, args),
            "rate" => {
                let count = self.count_call(measures, expr, args)?;
                let Some(minutes) = measures.minutes else { return self.refuse(Construct::UnevenRate, expr.span) };
                let minutes = Box::new(ValueExpr::Number(minutes));
                Some(ValueExpr::Arithmetic(Arithmetic::Divide, Box::new(count), minutes))
            }
            "share" | "ratio" => {
                let (left, right) = match args {
                    [Expr { kind: ExprKind::Infix { word, left, right }, .. }] if word.text == "of" => {
                        (&**left, &**right)
                    }
                    [left, right] => (left, right),
                    _ => {
                        return self.wrong_arguments(
                            expr,
                            function,
                            "two numbers, as in `share(a of b)` or `ratio(a, b)`",
                        );
                    }
                };
                let (left, right) = (self.number(measures, left), self.number(measures, right));
                Some(ValueExpr::Arithmetic(Arithmetic::Divide, Box::new(left?), Box::new(right?)))
            }
            _ if history::NAMES.contains(&function) => self.history_call(measures, expr, name, args),
            _ if PLAIN.contains(&function) => {
                let field = self.numeric_field(expr, args, function, args.len() == 1)?;
                Some(self.aggregate(measures, expr, function, false, vec![AggregateArg::Field(field)]))
            }
            _ if measure_calls::NAMES.contains(&function) => self.measure_call(measures, expr, function, args),
            _ => self.engine_call(measures, expr, name, args),
        }
    }

    /// Whether a call of this name measures a window.
    pub fn is_measure(&self, name: &str) -> bool {
        own().any(|known| known == name) || self.options.aggregates.iter().any(|known| known == name)
    }

    /// An aggregate of the engine by its own name: one field, then figures.
    fn engine_call(&mut self, measures: &mut Measures, expr: &Expr, name: &Name, args: &[Expr]) -> Option<ValueExpr> {
        let function = name.text.as_str();
        if let Some(construct) = unsupported::measure(function) {
            return self.refuse(construct, expr.span);
        }
        if !self.options.aggregates.iter().any(|known| known == function) {
            let known: Vec<&str> = own().collect();
            let known = known.into_iter().chain(self.options.aggregates.iter().map(String::as_str));
            let mut told = Diagnostic::new(
                &codes::UNKNOWN_FUNCTION,
                self.at(name.span),
                format!("there is no measure `{function}`"),
            )
            .suggest(function, known);
            if ORDERED.contains(&function) {
                told = told.help("what it gives depends on the order in which posts arrive, and a measure must not");
            } else if told.help.is_none() {
                told = told.help(MEASURES_HELP);
            }
            self.tell(told);
            return None;
        }
        let field = match function {
            "approx_percentile_cont" => return self.percentile(measures, expr, function, args),
            "approx_distinct" => self.one_field(expr, args, function, "one field").map(|(id, _)| id)?,
            _ => self.numeric_field(expr, args, function, args.len() == 1)?,
        };
        if function.starts_with("bit_") {
            self.whole_numbers(expr, function, field)?;
        }
        Some(self.aggregate(measures, expr, function, false, vec![AggregateArg::Field(field)]))
    }

    /// Bits are those of whole numbers.
    fn whole_numbers(&mut self, expr: &Expr, function: &str, field: FieldId) -> Option<()> {
        let field = field.get()?;
        if matches!(field.ty, FieldType::Integer { .. }) {
            return Some(());
        }
        let place = self.at(expr.span);
        let told = Diagnostic::new(&codes::WRONG_ARGUMENTS, place, format!("`{}` holds no whole numbers", field.name))
            .label(place, format!("this is {}", super::fields::holds(field)))
            .help(format!("`{function}` takes one field of whole numbers, such as `author.followers`"));
        self.tell(told);
        None
    }

    /// `count()`, `count(author.uid)`, `count(sentiment < -0.3)`.
    fn count_call(&mut self, measures: &mut Measures, expr: &Expr, args: &[Expr]) -> Option<ValueExpr> {
        let arg = match args {
            [] => return Some(self.aggregate(measures, expr, "count", false, Vec::new())),
            [one] => one,
            _ => return self.wrong_arguments(expr, "count", "nothing, or one condition: `count(sentiment < -0.3)`"),
        };
        if let ExprKind::Path(path) = &arg.kind
            && let Some(id) = mon_post::find(&path.dotted())
            && id.get().is_some_and(|field| field.ty != FieldType::Flag)
        {
            return Some(self.aggregate(measures, expr, "count", false, vec![AggregateArg::Field(id)]));
        }
        let everywhere = Where { zones: Arc::clone(&self.zones), zoned: false };
        let cond = self.truth(arg, &everywhere)?;
        let plan = AggregatePlan {
            function: "count".to_owned(),
            distinct: false,
            args: Vec::new(),
            filter: Some(Arc::new(cond)),
        };
        Some(self.made(measures, expr, plan))
    }

    /// `percentile(f, 95)`, and the engine's own over a sketch.
    fn percentile(&mut self, measures: &mut Measures, expr: &Expr, function: &str, args: &[Expr]) -> Option<ValueExpr> {
        let [field, Expr { kind: ExprKind::Number { value, percent }, span }] = args else {
            let takes = format!("a number field and a percentage, such as `{function}(engagement.views, 95)`");
            return self.wrong_arguments(expr, function, &takes);
        };
        let field = self.numeric_field(expr, std::slice::from_ref(field), function, true)?;
        let fraction = if *percent { *value } else { *value / 100.0 };
        if !(0.0..=1.0).contains(&fraction) {
            let told = Diagnostic::new(&codes::OUT_OF_RANGE, self.at(*span), "a percentile lies between 0 and 100")
                .help("95 means: 95 of 100 posts are not larger");
            self.tell(told);
            return None;
        }
        let args = vec![AggregateArg::Field(field), AggregateArg::Number(fraction)];
        let engine = if function == "percentile" { "percentile_cont" } else { function };
        Some(self.aggregate(measures, expr, engine, false, args))
    }

    pub fn wrong_arguments<T>(&mut self, expr: &Expr, function: &str, takes: &str) -> Option<T> {
        let place = self.at(expr.span);
        let told = Diagnostic::new(
            &codes::WRONG_ARGUMENTS,
            place,
            format!("`{function}` is given something else than it takes"),
        )
        .help(format!("`{function}` takes {takes}"));
        self.tell(told);
        None
    }

    pub fn one_field(
        &mut self,
        expr: &Expr,
        args: &[Expr],
        function: &str,
        takes: &str,
    ) -> Option<(FieldId, &'static mon_post::Field)> {
        match args {
            [Expr { kind: ExprKind::Path(path), .. }] => self.field(path),
            _ => self.wrong_arguments(expr, function, takes),
        }
    }

    fn numeric_field(&mut self, expr: &Expr, args: &[Expr], function: &str, alone: bool) -> Option<FieldId> {
        let takes = "one field that holds numbers, such as `sentiment` or `author.followers`";
        if !alone {
            return self.wrong_arguments(expr, function, takes);
        }
        let (id, field) = self.one_field(expr, args, function, takes)?;
        if !matches!(field.ty, FieldType::Integer { .. } | FieldType::Decimal { .. }) {
            let place = args.first().map_or(expr.span, |arg| arg.span);
            let told =
                Diagnostic::new(&codes::WRONG_ARGUMENTS, self.at(place), format!("`{}` holds no numbers", field.name))
                    .label(self.at(place), format!("this is {}", super::fields::holds(field)))
                    .help(format!(
                        "`{function}` takes {takes}; different values are counted with `distinct({})`",
                        field.name
                    ));
            self.tell(told);
            return None;
        }
        Some(id)
    }

    fn aggregate(
        &mut self,
        measures: &mut Measures,
        expr: &Expr,
        function: &str,
        distinct: bool,
        args: Vec<AggregateArg>,
    ) -> ValueExpr {
        self.made(measures, expr, AggregatePlan { function: function.to_owned(), distinct, args, filter: None })
    }

    /// The measure that computes an aggregate: one that is there already, else a new one named as it is written.
    pub fn made(&mut self, measures: &mut Measures, expr: &Expr, plan: AggregatePlan) -> ValueExpr {
        let written = self.spaced(expr);
        let name = if written.starts_with("rate") { written.replacen("rate", "count", 1) } else { written };
        measures.aggregate(name, self.at(expr.span), plan)
    }

    /// An expression as it is written, on one line.
    pub fn spaced(&self, expr: &Expr) -> String {
        self.written(expr).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The number of posts of a window, for a clause that does not write it.
    pub fn count_of_posts(&mut self, measures: &mut Measures, clause: Span) -> ValueExpr {
        let plan = AggregatePlan { function: "count".to_owned(), distinct: false, args: Vec::new(), filter: None };
        measures.aggregate("count()".to_owned(), self.at(clause), plan)
    }
}

impl Measures {
    /// The measure that computes an aggregate: one that is there already, else a new one of this name.
    fn aggregate(&mut self, name: String, place: Place, plan: AggregatePlan) -> ValueExpr {
        self.add(name, place, MeasureKind::Aggregate(plan))
    }

    /// The measure of this kind: one that is there already, else a new one of this name.
    pub fn add(&mut self, name: String, place: Place, kind: MeasureKind) -> ValueExpr {
        let at = self.list.iter().position(|measure| measure.kind.is_same(&kind)).unwrap_or_else(|| {
            self.list.push(MeasurePlan { name, place, kind });
            self.list.len() - 1
        });
        ValueExpr::Measure(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// What is known of them before any post is seen, in a window of at least so many posts.
    pub fn known(&self, posts_min: f64) -> Known<'_> {
        Known { measures: &self.list, posts_min }
    }

    /// Whether a `measure` line gave this measure its name.
    fn is_named(&self, at: u32) -> bool {
        self.by_name.values().any(|named| *named == at)
    }
}
