//! Whom the alerts of a monitor may reach: for each severity the teams, each with its condition, and the methods with their
//! timing. It is worked out from the plan as routing does it, for incidents that are not there yet.

use mon_alerts::{DEFAULT_METHOD, DEFAULT_TEAM, length};
use mon_compiler::describe;
use mon_compiler::plan::{MonitorPlan, Plan, PlaybookPlan, RouteCond, RouteFacts, RoutePlan, Severity};
use mon_post::FieldId;

/// A severity and all that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub level: Severity,
    /// When an incident has it, a row of the rule each; empty where a playbook is told alone.
    pub when: Vec<String>,
    pub stops: Vec<Stop>,
    pub ways: Vec<Way>,
}

/// A team that may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub team: String,
    /// `when …`, `otherwise`, `also when …`.
    pub when: String,
    /// Whether every incident of the severity reaches it.
    pub certain: bool,
}

/// Methods that are used at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub methods: Vec<String>,
    pub timing: String,
}

/// What is known of an incident beforehand.
#[derive(Clone, Copy)]
struct Known<'a> {
    level: Severity,
    /// None: of some monitor.
    monitor: Option<&'a MonitorPlan>,
}

/// The lanes of a monitor, the worst severity first; none where it raises no alert.
pub fn of_monitor(plan: &Plan, monitor: &MonitorPlan) -> Vec<Lane> {
    if monitor.alert.is_none() {
        return Vec::new();
    }
    let playbook = monitor.playbook.and_then(|at| plan.playbooks.get(at as usize));
    let rows = monitor.severity.iter().position(|row| row.when.is_none()).map_or(monitor.severity.len(), |at| at + 1);
    let mut lanes: Vec<Lane> = Vec::new();
    for row in monitor.severity.iter().take(rows) {
        let when = match &row.when {
            Some(when) => format!("when {}", describe::value(monitor, when)),
            None if rows == 1 => "every incident".to_owned(),
            None => "otherwise".to_owned(),
        };
        match lanes.iter_mut().find(|lane| lane.level == row.level) {
            Some(lane) => lane.when.push(when),
            None => lanes.push(lane(playbook, Known { level: row.level, monitor: Some(monitor) }, vec![when])),
        }
    }
    lanes.sort_by_key(|lane| std::cmp::Reverse(lane.level));
    lanes
}

/// The lanes of a playbook for whichever monitor follows it.
pub fn of_playbook(playbook: &PlaybookPlan) -> Vec<Lane> {
    let told = |level: &Severity| playbook.notify.is_empty() || playbook.notify.iter().any(|row| row.level == *level);
    let levels = Severity::ALL.into_iter().rev().filter(told);
    levels.map(|level| lane(Some(playbook), Known { level, monitor: None }, Vec::new())).collect()
}

/// The teams of some lanes, each once.
pub fn teams(lanes: &[Lane]) -> Vec<&str> {
    let mut teams: Vec<&str> = Vec::new();
    for stop in lanes.iter().flat_map(|lane| &lane.stops) {
        if !teams.contains(&stop.team.as_str()) {
            teams.push(&stop.team);
        }
    }
    teams
}

fn lane(playbook: Option<&PlaybookPlan>, known: Known<'_>, when: Vec<String>) -> Lane {
    let (stops, ways) = match playbook {
        Some(playbook) => (stops(playbook, known), ways(playbook, known.level)),
        None => {
            let stop =
                Stop { team: DEFAULT_TEAM.to_owned(), when: "no playbook is followed".to_owned(), certain: true };
            (vec![stop], vec![by_default()])
        }
    };
    Lane { level: known.level, when, stops, ways }
}

fn by_default() -> Way {
    Way { methods: vec![DEFAULT_METHOD.to_owned()], timing: "at once".to_owned() }
}

fn stops(playbook: &PlaybookPlan, known: Known<'_>) -> Vec<Stop> {
    let mut stops = Vec::new();
    let mut settled = true;
    for row in &playbook.first {
        if !row.when.as_ref().is_none_or(|cond| possible(cond, known, true)) {
            continue;
        }
        let certain = row.when.as_ref().is_none_or(|cond| certain(cond, known));
        stops.push(stop(row, "", certain && settled));
        if certain {
            break;
        }
        settled = false;
    }
    for row in &playbook.also {
        if row.when.as_ref().is_none_or(|cond| possible(cond, known, true)) {
            let certain = row.when.as_ref().is_none_or(|cond| certain(cond, known));
            stops.push(stop(row, "also ", certain));
        }
    }
    stops
}

fn stop(row: &RoutePlan, also: &str, certain: bool) -> Stop {
    let when = match &row.when {
        Some(cond) => format!("{also}when {}", describe::route_condition(cond).replace('`', "")),
        None if also.is_empty() => "otherwise".to_owned(),
        None => "always".to_owned(),
    };
    Stop { team: row.team.clone(), when, certain }
}

fn ways(playbook: &PlaybookPlan, level: Severity) -> Vec<Way> {
    if playbook.notify.is_empty() {
        return vec![by_default()];
    }
    let rows = playbook.notify.iter().filter(|row| row.level == level);
    let way = |row: &mon_compiler::plan::NotifyPlan| Way {
        methods: row.methods.clone(),
        timing: if row.after_micros > 0 { format!("after {}", length(row.after_micros)) } else { "at once".to_owned() },
    };
    rows.map(way).collect()
}

/// Whether the condition holds of every such incident.
fn certain(cond: &RouteCond, known: Known<'_>) -> bool {
    let name = known.monitor.map(|monitor| monitor.name.as_str());
    cond.truth(RouteFacts { level: known.level, monitor: name, key: &|_, _| None }) == Some(true)
}

/// Whether some such incident may make the condition true, or false. One that has no such key never does.
fn possible(cond: &RouteCond, known: Known<'_>, wanted: bool) -> bool {
    let has_key = |field: &FieldId| known.monitor.is_none_or(|monitor| monitor.by.contains(field));
    let any = |members: &[RouteCond]| members.iter().any(|member| possible(member, known, wanted));
    let all = |members: &[RouteCond]| members.iter().all(|member| possible(member, known, wanted));
    match cond {
        RouteCond::Severity(op, limit) => op.holds(known.level.cmp(limit)) == wanted,
        RouteCond::Key { field, .. } => has_key(field),
        RouteCond::Monitor { any_of } => known.monitor.is_none_or(|monitor| any_of.contains(&monitor.name) == wanted),
        RouteCond::Not(inner) => possible(inner, known, !wanted),
        RouteCond::And(members) => {
            if wanted {
                all(members)
            } else {
                any(members)
            }
        }
        RouteCond::Or(members) => {
            if wanted {
                any(members)
            } else {
                all(members)
            }
        }
    }
}
