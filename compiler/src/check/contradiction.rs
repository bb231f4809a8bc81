//! Finds conditions that no post can meet: tests of one field that exclude each other, or a part and its own opposite,
//! joined by `and`. It finds the obvious ones; it never calls a condition impossible that some post meets. What is true of
//! its parts when they are all denied is how `tautology` finds conditions that every post meets.

use mon_post::{FieldId, FieldType};
use rustc_hash::FxHashMap;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{CompareOp, Cond, CondKind, FieldOp, FieldTest, Place, SpanExpr, Value};

use super::walk;

/// The finding for the first impossible `and` inside a condition, if there is one.
pub(super) fn find(cond: &Cond) -> Option<Diagnostic> {
    if possible(cond, false) { None } else { innermost(cond) }
}

/// Whether nothing is to be found. An `and` inside an `and` is looked at with the outer one, so that each part is looked
/// at once however deep it stands.
fn possible(cond: &Cond, inside: bool) -> bool {
    walk::step();
    match &cond.kind {
        CondKind::And(members) => {
            members.iter().all(|member| possible(member, true)) && (inside || conjunction(members).is_none())
        }
        CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            members.iter().all(|member| possible(member, false))
        }
        CondKind::Not(inner) => possible(inner, false),
        CondKind::Named { .. }
        | CondKind::Const(_)
        | CondKind::Text { .. }
        | CondKind::Count { .. }
        | CondKind::Field(_) => true,
    }
}

fn innermost(cond: &Cond) -> Option<Diagnostic> {
    match &cond.kind {
        CondKind::And(members) => members.iter().find_map(innermost).or_else(|| conjunction(members)),
        CondKind::Or(members) | CondKind::AtLeast { members, .. } => members.iter().find_map(innermost),
        CondKind::Not(inner) => innermost(inner),
        // A named query was looked at where it stands.
        CondKind::Named { .. }
        | CondKind::Const(_)
        | CondKind::Text { .. }
        | CondKind::Count { .. }
        | CondKind::Field(_) => None,
    }
}

/// What earlier members of an `and` leave of one field.
#[derive(Default)]
struct Left<'a> {
    /// None: any word.
    words: Option<Vec<&'a str>>,
    without: Vec<&'a str>,
    low: Option<f64>,
    high: Option<f64>,
    flag: Option<bool>,
    place: Place,
}

fn conjunction(members: &[Cond]) -> Option<Diagnostic> {
    let mut flat: Vec<(&Cond, bool)> = Vec::new();
    for member in members {
        flatten(member, &mut flat);
    }
    clash(&flat).map(|clash| clash.told())
}

/// Two parts of which no post meets both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clash {
    /// The field that both test; None where they ask for the same words.
    pub field: Option<&'static str>,
    pub first: Place,
    pub second: Place,
}

/// Two of the parts, each to be met or (`false`) not to be met, of which no post that tells the field meets both.
pub(super) fn clash(parts: &[(&Cond, bool)]) -> Option<Clash> {
    let mut fields: FxHashMap<FieldId, Left<'_>> = FxHashMap::default();
    for (part, positive) in parts {
        if let CondKind::Field(test) = &part.kind
            && let Some(clash) = narrow(&mut fields, test, *positive, part.place)
        {
            return Some(clash);
        }
    }
    opposite(parts)
}

fn flatten<'a>(cond: &'a Cond, flat: &mut Vec<(&'a Cond, bool)>) {
    walk::step();
    match &cond.kind {
        CondKind::And(members) => members.iter().for_each(|member| flatten(member, flat)),
        CondKind::Named { cond: inner, .. } if matches!(inner.kind, CondKind::And(_) | CondKind::Field(_)) => {
            flatten(inner, flat);
        }
        CondKind::Not(inner) => flat.push((inner, false)),
        _ => flat.push((cond, true)),
    }
}

fn narrow<'a>(
    fields: &mut FxHashMap<FieldId, Left<'a>>,
    test: &'a FieldTest,
    positive: bool,
    place: Place,
) -> Option<Clash> {
    let field = test.field.get()?;
    if field.ty == FieldType::TextList {
        return None;
    }
    let seen = fields.contains_key(&test.field);
    let left = fields.entry(test.field).or_insert_with(|| Left { place, ..Left::default() });
    let clash = Clash { field: Some(field.name), first: left.place, second: place };
    match (&test.op, positive) {
        (FieldOp::Compare(CompareOp::Eq, Value::Text(word)), true) => keep(left, &[word.as_str()]),
        (FieldOp::Compare(CompareOp::Eq, Value::Text(word)), false)
        | (FieldOp::Compare(CompareOp::Ne, Value::Text(word)), true) => left.without.push(word),
        (FieldOp::In(values), _) => {
            let words: Vec<&str> = values.iter().filter_map(text).collect();
            if words.len() == values.len() {
                if positive { keep(left, &words) } else { left.without.extend(words) }
            }
        }
        (FieldOp::Compare(op, Value::Flag(flag)), _) => {
            let wanted = (*flag == (*op == CompareOp::Eq)) == positive;
            if left.flag.is_some_and(|before| before != wanted) {
                return Some(clash);
            }
            left.flag = Some(wanted);
        }
        (FieldOp::Compare(op, value), _) => {
            let number = number(value)?;
            bound(left, if positive { *op } else { op.negated() }, number, matches!(value, Value::Decimal(_)));
        }
        (FieldOp::Exists | FieldOp::WithinLast { .. } | FieldOp::Inside(_) | FieldOp::Clock(_), _) => {}
    }
    let no_word = left.words.as_ref().is_some_and(|words| words.iter().all(|word| left.without.contains(word)));
    let no_number = left.low.zip(left.high).is_some_and(|(low, high)| low > high);
    (seen && (no_word || no_number)).then_some(clash)
}

fn keep<'a>(left: &mut Left<'a>, words: &[&'a str]) {
    left.words = Some(match left.words.take() {
        None => words.to_vec(),
        Some(before) => before.into_iter().filter(|word| words.contains(word)).collect(),
    });
}

/// Narrows to the closed range that the comparison leaves; of open ends only whole numbers are sure.
fn bound(left: &mut Left<'_>, op: CompareOp, number: f64, decimal: bool) {
    let step = if decimal { number.abs().max(1e-300) * f64::EPSILON } else { 1.0 };
    let (low, high) = match op {
        CompareOp::Eq => (Some(number), Some(number)),
        CompareOp::Ge => (Some(number), None),
        CompareOp::Gt => (Some(number + step), None),
        CompareOp::Le => (None, Some(number)),
        CompareOp::Lt => (None, Some(number - step)),
        CompareOp::Ne => (None, None),
    };
    if let Some(low) = low {
        left.low = Some(left.low.map_or(low, |before| before.max(low)));
    }
    if let Some(high) = high {
        left.high = Some(left.high.map_or(high, |before| before.min(high)));
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "two limits so close together are not called impossible")]
        Value::Integer(number) | Value::Time(number) => Some(*number as f64),
        Value::Decimal(number) => Some(*number),
        Value::Text(_) | Value::Like(_) | Value::Flag(_) => None,
    }
}

impl Clash {
    fn told(self) -> Diagnostic {
        let Self { field, first, second } = self;
        let Some(field) = field else {
            return Diagnostic::new(&codes::NEVER_MATCHES, second, "a post cannot have this word and lack it")
                .label(second, "excluded here")
                .label(first, "wanted here")
                .help("remove one of the two");
        };
        let told = Diagnostic::new(&codes::NEVER_MATCHES, second, format!("no post meets both tests of `{field}`"));
        let told = told.label(second, "excluded by the other test");
        if first == second { told } else { told.label(first, format!("`{field}` is tested here first")) }
            .help("join the two with `or`, use `in [..]`, or remove one")
    }
}

/// `acme and not acme`.
fn opposite(flat: &[(&Cond, bool)]) -> Option<Clash> {
    let mut wanted: FxHashMap<(u32, &[mon_post::Zone]), Place> = FxHashMap::default();
    for (part, positive) in flat {
        if let (Some(key), true) = (single(part), *positive) {
            wanted.insert(key, part.place);
        }
    }
    flat.iter().filter(|(_, positive)| !positive).find_map(|(part, _)| {
        let first = wanted.get(&single(part)?)?;
        Some(Clash { field: None, first: *first, second: part.place })
    })
}

fn single(cond: &Cond) -> Option<(u32, &[mon_post::Zone])> {
    match &cond.kind {
        CondKind::Text { zones, spans: SpanExpr::Term(id) } => Some((id.0, zones)),
        _ => None,
    }
}
