//! What the pieces of a foreign query are in Mon, before it is written down. What Mon cannot say is a hole; holes are closed
//! here, so that the query takes more posts rather than fewer wherever something is left that it looks for.

/// An expression of Mon.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mon {
    Const(bool),
    /// A piece that Mon cannot say; `note` is told what became of it.
    Hole {
        note: usize,
        /// Under an odd number of `not`.
        negative: bool,
    },
    /// `"acme"`, `exact "BT"`, `#acme`, as it is written.
    Term(String),
    /// Words one after another: `then/0`.
    Row(Vec<Mon>),
    Near {
        gap: u32,
        ordered: bool,
        left: Box<Mon>,
        right: Box<Mon>,
    },
    /// `lang in [en, de]`; `told` asks for `exists lang` too, so that its `not` takes posts that do not tell theirs.
    Is {
        field: &'static str,
        values: Vec<String>,
        told: bool,
    },
    /// Any other test, as it is written. `told` is the field that must exist.
    Test {
        text: String,
        told: Option<&'static str>,
    },
    Zone {
        zone: &'static str,
        inner: Box<Mon>,
        told: Option<&'static str>,
    },
    Not(Box<Mon>),
    All(Vec<Mon>),
    Any(Vec<Mon>),
    /// A part with a name of its own, because comments stand before it.
    Part {
        comments: Vec<String>,
        inner: Box<Mon>,
    },
}

/// What became of a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Wider,
    Narrower,
}

/// Closes all holes. None: nothing is left that posts could be searched for.
pub(super) fn close(mon: &Mon, closed: &mut Vec<(usize, Closed)>) -> Option<Mon> {
    for alternatives_are_lost in [false, true] {
        let mut settler = Settler { alternatives_are_lost, closed: Vec::new() };
        let settled = settler.settle(mon.clone(), false);
        if anchored(&settled) || (alternatives_are_lost && !matches!(settled, Mon::Const(_))) {
            closed.append(&mut settler.closed);
            return Some(settled);
        }
    }
    None
}

/// Whether each post that it takes must hold words, or have a value of a field.
fn anchored(mon: &Mon) -> bool {
    match mon {
        Mon::Term(_) | Mon::Row(_) | Mon::Near { .. } | Mon::Zone { .. } => true,
        Mon::All(members) => members.iter().any(anchored),
        Mon::Any(members) => members.iter().all(anchored),
        Mon::Part { inner, .. } => anchored(inner),
        Mon::Is { .. } | Mon::Test { .. } | Mon::Not(_) | Mon::Const(_) | Mon::Hole { .. } => false,
    }
}

/// Puts constants in the place of holes and takes all constants out.
struct Settler {
    /// A hole among alternatives takes every post. Where nothing to look for is left then, it is left out instead.
    alternatives_are_lost: bool,
    closed: Vec<(usize, Closed)>,
}

impl Settler {
    fn settle(&mut self, mon: Mon, negative: bool) -> Mon {
        match mon {
            Mon::Hole { note, negative } => {
                self.closed.push((note, Closed::Wider));
                Mon::Const(!negative)
            }
            Mon::Not(inner) => match self.settle(*inner, !negative) {
                Mon::Const(value) => Mon::Const(!value),
                Mon::Not(inner) => *inner,
                inner => Mon::Not(Box::new(inner)),
            },
            Mon::All(members) => self.all(members, negative),
            Mon::Any(members) => self.any(members, negative),
            Mon::Near { gap, ordered, left, right } => {
                near(gap, ordered, self.settle(*left, negative), self.settle(*right, negative))
            }
            Mon::Row(members) => few(members, true, Mon::Row),
            Mon::Zone { zone, inner, told } => match self.settle(*inner, negative) {
                Mon::Const(value) => Mon::Const(value),
                inner => Mon::Zone { zone, inner: Box::new(inner), told },
            },
            Mon::Part { comments, inner } => match self.settle(*inner, negative) {
                Mon::Const(value) => Mon::Const(value),
                Mon::Part { comments: more, inner } => {
                    Mon::Part { comments: comments.into_iter().chain(more).collect(), inner }
                }
                inner => Mon::Part { comments, inner: Box::new(inner) },
            },
            other => other,
        }
    }

    fn all(&mut self, members: Vec<Mon>, negative: bool) -> Mon {
        let (mut out, mut never) = (Vec::new(), false);
        for member in members {
            match self.settle(member, negative) {
                Mon::Const(value) => never |= !value,
                Mon::All(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        if never { Mon::Const(false) } else { few(out, true, Mon::All) }
    }

    fn any(&mut self, members: Vec<Mon>, negative: bool) -> Mon {
        let (mut out, mut always, mut lost) = (Vec::new(), false, false);
        let first = self.closed.len();
        for member in members {
            let before = self.closed.len();
            let settled = self.settle(member, negative);
            let holed = self.closed.len() > before;
            if self.alternatives_are_lost && !negative && holed && !anchored(&settled) {
                self.closed.iter_mut().skip(before).for_each(|(_, closed)| *closed = Closed::Narrower);
                lost = true;
                continue;
            }
            match settled {
                Mon::Const(value) => always |= value,
                Mon::Any(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        if lost && out.is_empty() {
            self.closed.iter_mut().skip(first).for_each(|(_, closed)| *closed = Closed::Wider);
            always = true;
        }
        if always { Mon::Const(true) } else { few(merged(out), false, Mon::Any) }
    }
}

fn few(mut members: Vec<Mon>, empty: bool, many: impl Fn(Vec<Mon>) -> Mon) -> Mon {
    match members.len() {
        0 => Mon::Const(empty),
        1 => members.swap_remove(0),
        _ => many(members),
    }
}

/// A distance of which a side may be gone.
fn near(gap: u32, ordered: bool, left: Mon, right: Mon) -> Mon {
    match (left, right) {
        (Mon::Const(true), other) | (other, Mon::Const(true)) => other,
        (Mon::Const(false), _) | (_, Mon::Const(false)) => Mon::Const(false),
        (left, right) => Mon::Near { gap, ordered, left: Box::new(left), right: Box::new(right) },
    }
}

/// Alternatives of one field are one test: `lang in [en, de]`.
fn merged(members: Vec<Mon>) -> Vec<Mon> {
    let mut out: Vec<Mon> = Vec::new();
    for member in members {
        if let Mon::Is { field, values, told } = &member {
            let same = out.iter_mut().find_map(|other| match other {
                Mon::Is { field: known, values, told: asked } if known == field && asked == told => Some(values),
                _ => None,
            });
            if let Some(known) = same {
                let new: Vec<String> = values.iter().filter(|value| !known.contains(value)).cloned().collect();
                known.extend(new);
                continue;
            }
        }
        out.push(member);
    }
    out
}

/// Whether it is words alone, which may stand in a distance.
pub(super) fn is_words(mon: &Mon) -> bool {
    match mon {
        Mon::Term(_) => true,
        Mon::Row(members) | Mon::All(members) | Mon::Any(members) => members.iter().all(is_words),
        Mon::Near { left, right, .. } => is_words(left) && is_words(right),
        Mon::Part { inner, .. } => is_words(inner),
        _ => false,
    }
}

/// What stands in a zone. A field inside names its own place, so that only the words beside it belong to the zone. `told` is
/// the field of the zone that must exist where a negation stands around.
pub(super) fn in_zone(zone: &'static str, told: Option<&'static str>, inner: Mon, negative: bool) -> Mon {
    if !asks_field(&inner) {
        return Mon::Zone { zone, inner: Box::new(inner), told: told.filter(|_| negative) };
    }
    let each = |members: Vec<Mon>| members.into_iter().map(|one| in_zone(zone, told, one, negative)).collect();
    match inner {
        Mon::All(members) => Mon::All(each(members)),
        Mon::Any(members) => Mon::Any(each(members)),
        Mon::Not(inner) => Mon::Not(Box::new(in_zone(zone, told, *inner, !negative))),
        Mon::Part { comments, inner } => Mon::Part { comments, inner: Box::new(in_zone(zone, told, *inner, negative)) },
        field => field,
    }
}

/// Whether a field is asked for somewhere inside.
fn asks_field(mon: &Mon) -> bool {
    match mon {
        Mon::Is { .. } | Mon::Test { .. } | Mon::Zone { .. } => true,
        Mon::All(members) | Mon::Any(members) | Mon::Row(members) => members.iter().any(asks_field),
        Mon::Near { left, right, .. } => asks_field(left) || asks_field(right),
        Mon::Not(inner) | Mon::Part { inner, .. } => asks_field(inner),
        Mon::Const(_) | Mon::Hole { .. } | Mon::Term(_) => false,
    }
}
