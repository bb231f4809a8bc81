//! Who is told of a transition, and how: a pure function of the plan and the transition. Rows are read as the author
//! wrote them; a row that is unknown, because the incident has no such key, is not true.

use mon_compiler::plan::{MonitorPlan, Place, Plan, PlaybookPlan, RouteFacts, RoutePlan, Severity};
use mon_post::{FieldId, FieldType};

use crate::{IncidentId, Message, NotificationId, Transition, TransitionKind, message};

/// The team of an incident whose monitor follows no playbook.
pub const DEFAULT_TEAM: &str = "default";
/// The method of an incident whose monitor follows no playbook, or one without a `notify` block.
pub const DEFAULT_METHOD: &str = "default";

/// Where a transition goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// In the order in which the rows are written, each team once.
    pub teams: Vec<RoutedTeam>,
    /// Teams in that order, for each its methods in the order of `notify`.
    pub messages: Vec<Message>,
}

/// A team, and the row that chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutedTeam {
    pub team: String,
    /// None where no playbook is followed and the team is [`DEFAULT_TEAM`].
    pub place: Option<Place>,
}

/// Routes one transition. An opening goes by its severity; a change or an end goes also to the teams that the earlier
/// severities chose, so that nobody who was told is left without the rest. A monitor without a playbook tells
/// [`DEFAULT_TEAM`] by [`DEFAULT_METHOD`].
#[must_use]
pub fn route(plan: &Plan, transition: &Transition) -> Routed {
    let monitor = plan.monitors.iter().find(|monitor| monitor.name == transition.monitor);
    let playbook = monitor.and_then(|m| m.playbook).and_then(|at| plan.playbooks.get(at as usize));
    let levels = levels(transition);
    let Some(playbook) = playbook else {
        let teams = vec![RoutedTeam { team: DEFAULT_TEAM.to_owned(), place: None }];
        let messages = messages(monitor, transition, &teams, &[(DEFAULT_METHOD.to_owned(), 0)]);
        return Routed { teams, messages };
    };
    let mut teams: Vec<RoutedTeam> = Vec::new();
    for &level in &levels {
        for row in chosen_rows(playbook, transition, level) {
            if teams.iter().all(|known| known.team != row.team) {
                teams.push(RoutedTeam { team: row.team.clone(), place: Some(row.place) });
            }
        }
    }
    let methods = methods(playbook, transition, &levels);
    let messages = messages(monitor, transition, &teams, &methods);
    Routed { teams, messages }
}

/// The severities to route by, the present one first.
fn levels(transition: &Transition) -> Vec<Severity> {
    let mut levels = vec![transition.severity];
    let from = match transition.kind {
        TransitionKind::Opened => return levels,
        TransitionKind::SeverityChanged { from } => Some(from),
        TransitionKind::Cleared => None,
    };
    for level in from.into_iter().chain(transition.levels.iter().copied()) {
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    levels
}

fn chosen_rows<'p>(playbook: &'p PlaybookPlan, transition: &Transition, level: Severity) -> Vec<&'p RoutePlan> {
    let key = |field: FieldId, any_of: &[String]| {
        let field = field.get()?;
        let value = transition.key.iter().find(|(name, _)| name == field.name)?.1.as_deref()?;
        let folded = matches!(field.ty, FieldType::Enum(_) | FieldType::Language | FieldType::Country);
        Some(any_of.iter().any(|wanted| wanted == value || (folded && wanted.eq_ignore_ascii_case(value))))
    };
    let facts = RouteFacts { level, monitor: Some(&transition.monitor), key: &key };
    let holds = |row: &&RoutePlan| row.when.as_ref().is_none_or(|cond| cond.truth(facts) == Some(true));
    playbook.first.iter().find(holds).into_iter().chain(playbook.also.iter().filter(holds)).collect()
}

/// Method and delay, in the order of `notify`, each method once with its shortest delay. An end is told by every
/// method that an earlier severity may have used.
fn methods(playbook: &PlaybookPlan, transition: &Transition, levels: &[Severity]) -> Vec<(String, i64)> {
    if playbook.notify.is_empty() {
        return vec![(DEFAULT_METHOD.to_owned(), 0)];
    }
    let asked = match transition.kind {
        TransitionKind::Cleared => levels,
        TransitionKind::Opened | TransitionKind::SeverityChanged { .. } => std::slice::from_ref(&transition.severity),
    };
    let mut methods: Vec<(String, i64)> = Vec::new();
    for row in playbook.notify.iter().filter(|row| asked.contains(&row.level)) {
        for method in &row.methods {
            match methods.iter_mut().find(|(known, _)| known == method) {
                Some((_, after)) => *after = row.after_micros.min(*after),
                None => methods.push((method.clone(), row.after_micros)),
            }
        }
    }
    methods
}

fn messages(
    monitor: Option<&MonitorPlan>,
    transition: &Transition,
    teams: &[RoutedTeam],
    methods: &[(String, i64)],
) -> Vec<Message> {
    let (title, body) = message::render(monitor, transition);
    let event = match transition.kind {
        TransitionKind::Opened => "incident.opened",
        TransitionKind::SeverityChanged { .. } => "incident.changed",
        TransitionKind::Cleared => "incident.cleared",
    };
    let one = |team: &RoutedTeam, (method, after): &(String, i64)| Message {
        id: notification_id(&transition.incident, transition.number, &team.team, method),
        incident: transition.incident.clone(),
        transition: transition.number,
        event: event.to_owned(),
        monitor: transition.monitor.clone(),
        severity: transition.severity,
        team: team.team.clone(),
        method: method.clone(),
        at: transition.at,
        due: transition.at.saturating_add((*after).max(0)),
        title: title.clone(),
        body: body.clone(),
    };
    teams.iter().flat_map(|team| methods.iter().map(move |method| one(team, method))).collect()
}

/// blake3-128 over the parts, each behind its length, so that no two different rows run together.
#[must_use]
pub fn notification_id(incident: &IncidentId, transition: u32, team: &str, method: &str) -> NotificationId {
    let mut hasher = blake3::Hasher::new();
    for part in [incident.0.as_str(), &transition.to_string(), team, method] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    NotificationId(hasher.finalize().to_hex().chars().take(32).collect())
}

#[cfg(test)]
mod tests;
