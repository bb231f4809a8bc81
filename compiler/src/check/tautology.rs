//! Finds conditions that ask nothing of a post: tests of one field that leave no value out, or a word and its own opposite, joined by
//! `or`. They are found as the `and` of all opposites, which no post meets then. Only the obvious ones are found. A post that does not
//! tell the field, or has nothing where the word is looked for, meets none of the two; the finding speaks of the others.

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Cond, CondKind};

use super::contradiction::{Clash, clash};
use super::walk;

/// Findings for each `or` inside a condition that leaves nothing out.
pub(super) fn find(cond: &Cond) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut pending = vec![cond];
    while let Some(next) = pending.pop() {
        walk::step();
        match &next.kind {
            CondKind::Or(members) => {
                let mut parts = Vec::new();
                for member in members {
                    denied(member, &mut parts, &mut pending);
                }
                found.extend(clash(&parts).map(told));
            }
            CondKind::And(members) | CondKind::AtLeast { members, .. } => pending.extend(members),
            CondKind::Not(inner) => pending.push(inner),
            // A named query was looked at where it stands.
            CondKind::Named { .. }
            | CondKind::Const(_)
            | CondKind::Text { .. }
            | CondKind::Count { .. }
            | CondKind::Field(_) => {}
        }
    }
    found
}

/// The parts of a member of an `or` and whether their opposite is `false`; what is no such part is looked at by itself. A test with a
/// floor says nothing of posts below it, so it leaves those out.
fn denied<'a>(cond: &'a Cond, parts: &mut Vec<(&'a Cond, bool)>, apart: &mut Vec<&'a Cond>) {
    walk::step();
    let sure = |cond: &Cond| match &cond.kind {
        CondKind::Field(test) => test.floor.is_none(),
        CondKind::Text { .. } => true,
        _ => false,
    };
    match &cond.kind {
        CondKind::Or(members) => members.iter().for_each(|member| denied(member, parts, apart)),
        CondKind::Not(inner) if sure(inner) => parts.push((inner, true)),
        _ if sure(cond) => parts.push((cond, false)),
        _ => apart.push(cond),
    }
}

fn told(clash: Clash) -> Diagnostic {
    let Clash { field, mut first, mut second } = clash;
    if (second.file, second.span.start) < (first.file, first.span.start) {
        std::mem::swap(&mut first, &mut second);
    }
    let message = match field {
        Some(field) => format!("every post that tells `{field}` meets one of these"),
        None => "every post that is searched for this word has it or lacks it".to_owned(),
    };
    let told =
        Diagnostic::new(&codes::ALWAYS_MATCHES, second, message).label(second, "takes all that the other leaves");
    let told = if first == second { told } else { told.label(first, "or this") };
    match field {
        Some(field) => told.help(format!("`exists {field}` says so; otherwise join the two with `and`, or remove one")),
        None => told.help("remove one of the two"),
    }
}
