//! What a condition over measures can come out as, before any post is seen: an alert that never or always holds, and
//! a row of `severity` that no alert reaches. Measures are intervals; a count is never negative and never absent.

use mon_post::FieldType;

use crate::history::{BURST_LEVELS_MAX, Score};
use crate::plan::{
    AggregateArg, AggregatePlan, Arithmetic, CompareOp, HistoryPlan, MeasureKind, MeasurePlan, ValueExpr,
};

/// The outcomes that are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    yes: bool,
    no: bool,
    unknown: bool,
}

impl Outcome {
    /// No window makes it true.
    pub const fn never(self) -> bool {
        !self.yes
    }

    /// Every window makes it true.
    pub const fn always(self) -> bool {
        self.yes && !self.no && !self.unknown
    }
}

/// Values that a number can have.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: f64,
    high: f64,
    absent: bool,
}

const ANY: Range = Range { low: f64::NEG_INFINITY, high: f64::INFINITY, absent: true };

/// The measures of a monitor, and the fewest posts that a window has.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub measures: &'a [MeasurePlan],
    pub posts_min: f64,
}

/// What a condition can come out as.
pub(super) fn of(expr: &ValueExpr, known: Known<'_>) -> Outcome {
    match expr {
        ValueExpr::Truth(value) => Outcome { yes: *value, no: !value, unknown: false },
        ValueExpr::Compare(op, left, right) => compared(*op, range(left, known), range(right, known)),
        ValueExpr::Not(inner) => {
            let inner = of(inner, known);
            Outcome { yes: inner.no, no: inner.yes, unknown: inner.unknown }
        }
        ValueExpr::And(parts) => {
            let contrary = contrary(parts);
            let parts: Vec<Outcome> = parts.iter().map(|part| of(part, known)).collect();
            Outcome {
                yes: !contrary && parts.iter().all(|part| part.yes),
                no: parts.iter().any(|part| part.no),
                unknown: parts.iter().any(|part| part.unknown),
            }
        }
        ValueExpr::Or(parts) => {
            let parts: Vec<Outcome> = parts.iter().map(|part| of(part, known)).collect();
            let certain = parts.iter().any(|part| part.always());
            Outcome {
                yes: parts.iter().any(|part| part.yes),
                no: !certain && parts.iter().all(|part| part.no),
                unknown: !certain && parts.iter().any(|part| part.unknown),
            }
        }
        ValueExpr::Number(_) | ValueExpr::Measure(_) | ValueExpr::Negate(_) | ValueExpr::Arithmetic(..) => {
            Outcome { yes: true, no: true, unknown: true }
        }
    }
}

/// The first measure with two ends whose comparison comes out the same in every window, with its ends.
pub(super) fn limits<'a>(expr: &ValueExpr, known: Known<'a>) -> Option<(&'a MeasurePlan, f64, f64)> {
    match expr {
        ValueExpr::And(parts) | ValueExpr::Or(parts) => parts.iter().find_map(|part| limits(part, known)),
        ValueExpr::Not(inner) => limits(inner, known),
        ValueExpr::Compare(_, left, right) => {
            let outcome = of(expr, known);
            let decided = outcome.never() || !outcome.no;
            let sides = [&**left, &**right].into_iter().filter(|_| decided);
            let measured = |side: &ValueExpr| match side {
                ValueExpr::Measure(at) => Some((*at as usize, range(side, known))),
                _ => None,
            };
            let (at, ends) = sides.into_iter().find_map(measured)?;
            let both = ends.low.is_finite() && ends.high.is_finite();
            Some((known.measures.get(at)?, ends.low, ends.high)).filter(|_| both)
        }
        _ => None,
    }
}

/// Whether two of several comparisons, all of which must hold, ask one thing for two values that exclude each other.
fn contrary(parts: &[ValueExpr]) -> bool {
    let mut asked: Vec<(CompareOp, &ValueExpr, f64)> = Vec::new();
    let mut pending: Vec<&ValueExpr> = parts.iter().collect();
    while let Some(part) = pending.pop() {
        match part {
            ValueExpr::And(inner) => pending.extend(inner),
            ValueExpr::Compare(op, left, right) => {
                let ValueExpr::Number(value) = **right else { continue };
                let excluded = |(known, same, other): &(CompareOp, &ValueExpr, f64)| {
                    *same == &**left && excludes((*known, *other), (*op, value))
                };
                if asked.iter().any(excluded) {
                    return true;
                }
                asked.push((*op, left, value));
            }
            _ => {}
        }
    }
    false
}

/// Whether no number has both.
fn excludes((a, x): (CompareOp, f64), (b, y): (CompareOp, f64)) -> bool {
    #[expect(clippy::float_cmp, reason = "two written figures are the same or not")]
    let apart = a == CompareOp::Eq && b == CompareOp::Eq && x != y;
    let beside = |one: CompareOp, v, two: CompareOp, w| narrower(one, v, two.negated(), w);
    apart || beside(a, x, b, y) || beside(b, y, a, x)
}

fn compared(op: CompareOp, left: Range, right: Range) -> Outcome {
    let (less, more) = (left.low < right.high, left.high > right.low);
    let meet = left.low <= right.high && right.low <= left.high;
    #[expect(clippy::float_cmp, reason = "a range of one value has equal ends")]
    let one = left.low == left.high && right.low == right.high && left.low == right.low;
    let (yes, no) = match op {
        CompareOp::Lt => (less, more || meet),
        CompareOp::Le => (less || meet, more),
        CompareOp::Gt => (more, less || meet),
        CompareOp::Ge => (more || meet, less),
        CompareOp::Eq => (meet, !one),
        CompareOp::Ne => (!one, meet),
    };
    Outcome { yes, no, unknown: left.absent || right.absent }
}

fn range(expr: &ValueExpr, known: Known<'_>) -> Range {
    match expr {
        ValueExpr::Number(value) => Range { low: *value, high: *value, absent: false },
        ValueExpr::Measure(at) => match known.measures.get(*at as usize).map(|measure| &measure.kind) {
            Some(MeasureKind::Aggregate(plan)) => aggregate(plan, known.posts_min),
            Some(MeasureKind::Derived(inner)) => range(inner, known),
            Some(MeasureKind::History(history)) => compared_with(history, known),
            Some(MeasureKind::QValue(_)) => Range { low: 0.0, high: 1.0, absent: true },
            None => ANY,
        },
        ValueExpr::Negate(inner) => {
            let inner = range(inner, known);
            Range { low: -inner.high, high: -inner.low, absent: inner.absent }
        }
        ValueExpr::Arithmetic(op, left, right) => {
            if *op == Arithmetic::Divide && is_part(left, right, known) {
                return Range { low: 0.0, high: 1.0, absent: true };
            }
            let (left, right) = (range(left, known), range(right, known));
            arithmetic(*op, left, right).unwrap_or(ANY)
        }
        _ => ANY,
    }
}

/// Whether one measure counts some of the posts that the other one counts.
fn is_part(part: &ValueExpr, whole: &ValueExpr, known: Known<'_>) -> bool {
    let counted = |expr: &ValueExpr| {
        let ValueExpr::Measure(at) = expr else { return None };
        match known.measures.get(*at as usize).map(|measure| &measure.kind)? {
            MeasureKind::Aggregate(plan) if plan.function == "count" && plan.args.is_empty() => Some(plan),
            _ => None,
        }
    };
    counted(part).is_some() && counted(whole).is_some_and(|plan| plan.filter.is_none())
}

/// What a measure that looks back can be; before there are windows to compare with it is absent.
fn compared_with(history: &HistoryPlan, known: Known<'_>) -> Range {
    match history.score {
        // The windows before may have had no posts.
        Score::Baseline => {
            Range { absent: true, ..range(&ValueExpr::Measure(history.of), Known { posts_min: 0.0, ..known }) }
        }
        Score::Cusum { .. } => Range { low: 0.0, high: f64::INFINITY, absent: true },
        Score::Burst { .. } => Range { low: 0.0, high: f64::from(BURST_LEVELS_MAX), absent: true },
        score if score.is_probability() => Range { low: 0.0, high: 1.0, absent: true },
        _ => ANY,
    }
}

/// None where an end is no number, such as zero times infinity.
fn arithmetic(op: Arithmetic, left: Range, right: Range) -> Option<Range> {
    let absent = left.absent || right.absent;
    let ends = match op {
        Arithmetic::Add => vec![left.low + right.low, left.high + right.high],
        Arithmetic::Subtract => vec![left.low - right.high, left.high - right.low],
        Arithmetic::Multiply => {
            [left.low, left.high].iter().flat_map(|a| [a * right.low, a * right.high]).collect::<Vec<f64>>()
        }
        // Division by zero is absent; a divisor of one sign keeps the sign of what is divided.
        Arithmetic::Divide if left.low >= 0.0 && right.low >= 0.0 => {
            return Some(Range { low: 0.0, high: f64::INFINITY, absent: true });
        }
        Arithmetic::Divide => return None,
    };
    if ends.iter().any(|end| end.is_nan()) {
        return None;
    }
    let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(Range { low, high, absent })
}

fn aggregate(plan: &AggregatePlan, posts_min: f64) -> Range {
    let field = plan.args.iter().find_map(|argument| match argument {
        AggregateArg::Field(id) => id.get(),
        _ => None,
    });
    let held = field.and_then(|field| match field.ty {
        #[expect(clippy::cast_precision_loss, reason = "an end of the range may be off by its last digit")]
        FieldType::Integer { min, max } => Some((min as f64, max as f64)),
        FieldType::Decimal { min, max } => Some((min, max)),
        _ => None,
    });
    let all_posts = plan.args.is_empty() && plan.filter.is_none();
    match (plan.function.as_str(), held) {
        ("count", _) if all_posts => Range { low: posts_min, high: f64::INFINITY, absent: false },
        ("count" | "approx_distinct" | "top_count" | "stories" | "coordinated", _) => {
            Range { low: 0.0, high: f64::INFINITY, absent: false }
        }
        ("avg" | "min" | "max" | "median" | "percentile_cont", Some((low, high))) => Range { low, high, absent: true },
        ("share_of_voice" | "top_share", _) => Range { low: 0.0, high: 1.0, absent: true },
        ("engagement" | "reach" | "new_values", _) => Range { low: 0.0, high: f64::INFINITY, absent: true },
        ("sum", Some((low, _))) if low >= 0.0 => Range { low: 0.0, high: f64::INFINITY, absent: true },
        ("stddev" | "stddev_pop" | "stddev_samp" | "var" | "var_pop" | "var_samp", _) => {
            Range { low: 0.0, high: f64::INFINITY, absent: true }
        }
        _ => ANY,
    }
}

/// Whether `wide` is true wherever `narrow` is, as far as their shapes tell.
pub(crate) fn implies(narrow: &ValueExpr, wide: &ValueExpr) -> bool {
    if narrow == wide {
        return true;
    }
    match (narrow, wide) {
        (ValueExpr::Or(parts), _) => parts.iter().all(|part| implies(part, wide)),
        (_, ValueExpr::And(parts)) => parts.iter().all(|part| implies(narrow, part)),
        (_, ValueExpr::Or(parts)) if parts.iter().any(|part| implies(narrow, part)) => true,
        (ValueExpr::And(parts), _) => parts.iter().any(|part| implies(part, wide)),
        (ValueExpr::Compare(a, left, x), ValueExpr::Compare(b, same, y)) if left == same => match (&**x, &**y) {
            (ValueExpr::Number(x), ValueExpr::Number(y)) => narrower(*a, *x, *b, *y),
            _ => false,
        },
        _ => false,
    }
}

/// Whether every number with `a x` also has `b y`.
fn narrower(a: CompareOp, x: f64, b: CompareOp, y: f64) -> bool {
    use CompareOp::{Eq, Ge, Gt, Le, Lt};
    match (a, b) {
        (Ge | Gt | Eq, Ge) | (Gt, Gt) => x >= y,
        (Ge | Eq, Gt) => x > y,
        (Le | Lt | Eq, Le) | (Lt, Lt) => x <= y,
        (Le | Eq, Lt) => x < y,
        #[expect(clippy::float_cmp, reason = "two written figures are the same or not")]
        (Eq, Eq) => x == y,
        _ => false,
    }
}
