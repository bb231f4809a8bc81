//! What an alert tells of people, and to whom: a value of a labelled field may leave by a route only where the playbook says
//! `share … with team … for …`. Group keys, measures of a field's values and the field that posts are shown by carry values;
//! a count does not. A post that is shown is what its author published, and carries no label.

use mon_grammar::ast::{self, ClauseKind, PlaybookClauseKind};
use mon_post::{FieldId, Privacy};

use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::plan::{
    AggregateArg, FlowPlan, MeasureKind, MonitorId, MonitorPlan, NotifyPlan, Place, PlaybookPlan, RouteFacts, RoutePlan,
};

use super::coverage::raised;
use super::extend::TAKEN_OVER;
use super::state::Checker;

const LABELS: [Privacy; 2] = [Privacy::Personal, Privacy::Sensitive];

/// Aggregates that tell how many there are, and no value.
const COUNTS: [&str; 7] = ["count", "approx_distinct", "reach", "top_count", "top_share", "coordinated", "new_values"];

/// A labelled value that every alert of a monitor tells.
struct Carried {
    field: FieldId,
    place: Place,
}

/// `share …` of a playbook.
struct Share {
    place: Place,
    label: Option<Privacy>,
    teams: Vec<(String, Place)>,
    /// All of the playbook's where it names none.
    methods: Vec<(String, Place)>,
    purposes: Vec<String>,
    used: bool,
}

/// A row that an alert may take, and the methods by which its team is then told.
struct Way<'p> {
    row: &'p RoutePlan,
    methods: Vec<(&'p str, Place)>,
}

impl Carried {
    fn name(&self) -> &'static str {
        self.field.get().map_or("", |field| field.name)
    }

    fn label(&self) -> Privacy {
        self.field.get().map_or(Privacy::Open, |field| field.privacy)
    }
}

impl Checker<'_> {
    /// Compares what alerts carry with what their playbooks share.
    pub fn privacy(&mut self) {
        let mut shares: Vec<Vec<Share>> = Vec::with_capacity(self.names.playbooks.len());
        for at in 0..self.names.playbooks.len() {
            shares.push(self.shares(at));
        }
        let mut told = Vec::new();
        let monitors = std::mem::take(&mut self.plan.monitors);
        let playbooks = std::mem::take(&mut self.plan.playbooks);
        for monitor in &monitors {
            let Some(at) = monitor.playbook.and_then(|at| usize::try_from(at).ok()) else { continue };
            let (Some(playbook), Some(shares)) = (playbooks.get(at), shares.get_mut(at)) else { continue };
            let carried = self.carried(monitor);
            if !carried.is_empty() {
                let mut own = Vec::new();
                self.cleared(monitor, playbook, &carried, shares, &mut own);
                for one in own {
                    // Monitors that take one clause over find the same; the first one tells it.
                    let same = |other: &Diagnostic| other.place == one.place && other.message == one.message;
                    if !told.iter().any(same) {
                        let taken = self.taken_over(&monitor.name, one.place);
                        told.push(taken.into_iter().fold(one, |one, extend| one.label(extend, TAKEN_OVER)));
                    }
                }
            }
        }
        // A monitor with an error may need what seems to be of no use.
        let whole = monitors.len() == self.names.monitors.len();
        for (playbook, shares) in playbooks.iter().zip(&shares).filter(|_| whole) {
            told.extend(shares.iter().filter_map(|share| useless(share, playbook)));
        }
        (self.plan.monitors, self.plan.playbooks) = (monitors, playbooks);
        told.into_iter().for_each(|one| self.tell(one));
    }

    fn shares(&mut self, at: usize) -> Vec<Share> {
        let Some(found) = self.names.playbooks.get(at).copied() else { return Vec::new() };
        self.file = found.file;
        let mut shares = Vec::new();
        for clause in &found.item.clauses {
            let PlaybookClauseKind::Share { labels, teams, methods, purposes } = &clause.kind else { continue };
            let placed = |names: &[ast::Name]| -> Vec<(String, Place)> {
                names.iter().map(|name| (name.text.clone(), self.at(name.span))).collect()
            };
            let (place, teams, methods) = (self.at(clause.span), placed(teams), placed(methods));
            let purposes = purposes.iter().map(|name| name.text.clone()).collect();
            let mut label = None;
            for name in labels {
                match LABELS.iter().find(|known| known.name() == name.text) {
                    // Who may see where somebody is may also see who it is.
                    Some(one) if label != Some(Privacy::Sensitive) => label = Some(*one),
                    Some(_) => {}
                    None => self.unknown_label(name),
                }
            }
            shares.push(Share { place, label, teams, methods, purposes, used: false });
        }
        shares
    }

    fn unknown_label(&mut self, name: &ast::Name) {
        let message = format!("`{}` is no label of fields", name.text);
        let mut told = Diagnostic::new(&codes::UNKNOWN_VALUE, self.at(name.span), message)
            .suggest(&name.text, LABELS.map(Privacy::name));
        told.help
            .get_or_insert("fields are labelled `personal` or `sensitive`; all others need no clearance".to_owned());
        self.tell(told);
    }

    /// The labelled values that alerts of a monitor tell, each field once.
    fn carried(&mut self, monitor: &MonitorPlan) -> Vec<Carried> {
        let labelled = |field: FieldId| field.get().is_some_and(|known| known.privacy != Privacy::Open);
        let mut carried: Vec<Carried> = Vec::new();
        let mut add = |field: FieldId, place: Place| {
            if labelled(field) && carried.iter().all(|known| known.field != field) {
                carried.push(Carried { field, place });
            }
        };
        let place_of = |field: FieldId| {
            let mut paths = self.clauses_of(&monitor.name).iter().flat_map(|own| {
                let paths = match &own.clause.kind {
                    ClauseKind::Window(window) => window.by.iter().collect(),
                    ClauseKind::Group(paths) => paths.iter().collect(),
                    ClauseKind::Show { posts: Some(posts), .. } => posts.by.iter().collect(),
                    _ => Vec::new(),
                };
                paths.into_iter().map(|path| (own.file, path))
            });
            let path = paths.find(|(_, path)| mon_post::find(&path.dotted()) == Some(field));
            path.map_or(monitor.place, |(file, path)| Place { file, span: path.span })
        };
        monitor.by.iter().chain(&monitor.show.by).for_each(|field| add(*field, place_of(*field)));
        for measure in &monitor.measures {
            let MeasureKind::Aggregate(aggregate) = &measure.kind else { continue };
            if aggregate.distinct || COUNTS.contains(&aggregate.function.as_str()) {
                continue;
            }
            for arg in &aggregate.args {
                if let AggregateArg::Field(field) = arg {
                    add(*field, measure.place);
                }
            }
        }
        carried
    }

    /// What a monitor says it is for.
    fn purpose(&self, monitor: &MonitorPlan) -> Option<String> {
        self.clauses_of(&monitor.name).iter().find_map(|own| match &own.clause.kind {
            ClauseKind::Meta { key, value, .. } if key.text == "for" => Some(value.clone()),
            _ => None,
        })
    }

    fn cleared(
        &mut self,
        monitor: &MonitorPlan,
        playbook: &PlaybookPlan,
        carried: &[Carried],
        shares: &mut [Share],
        told: &mut Vec<Diagnostic>,
    ) {
        let Some(purpose) = self.purpose(monitor) else {
            told.extend(carried.first().map(|one| no_purpose(monitor, one)));
            shares.iter_mut().for_each(|share| share.used = true);
            return;
        };
        let Some(id) = self.monitor_ids.get(monitor.name.as_str()).copied() else { return };
        for one in carried {
            let mut refused: Vec<&str> = Vec::new();
            for way in ways(monitor, playbook) {
                let team = way.row.team.as_str();
                let missing = way.methods.iter().find(|(method, _)| !covered(shares, one, team, method, &purpose));
                match missing {
                    Some((method, row)) if !refused.contains(&team) => {
                        refused.push(team);
                        let near = nearest(shares, one, team);
                        told.push(not_cleared(playbook, one, &way, (method, *row), near.as_deref(), &purpose));
                        near.into_iter().for_each(|share| share.used = true);
                    }
                    Some(_) => {}
                    None => self.plan.flows.push(flow(id, one, &way, &purpose)),
                }
            }
        }
    }
}

fn flow(monitor: MonitorId, one: &Carried, way: &Way<'_>, purpose: &str) -> FlowPlan {
    FlowPlan {
        place: one.place,
        monitor,
        field: one.field,
        team: way.row.team.clone(),
        methods: way.methods.iter().map(|(method, _)| (*method).to_owned()).collect(),
        purpose: purpose.to_owned(),
    }
}

/// Whether a playbook shares a label with a team by a method for a purpose; what does so is in use.
fn covered(shares: &mut [Share], one: &Carried, team: &str, method: &str, purpose: &str) -> bool {
    let mut any = false;
    for share in shares {
        let named = |names: &[(String, Place)], name: &str| names.iter().any(|(known, _)| known == name);
        let holds = enough(share, one)
            && named(&share.teams, team)
            && (share.methods.is_empty() || named(&share.methods, method))
            && share.purposes.iter().any(|known| known == purpose);
        share.used |= holds;
        any |= holds;
    }
    any
}

/// The clearance that comes nearest, which says what it lacks.
fn nearest<'s>(shares: &'s mut [Share], one: &Carried, team: &str) -> Option<&'s mut Share> {
    shares.iter_mut().find(|share| enough(share, one) && share.teams.iter().any(|(known, _)| known == team))
}

fn enough(share: &Share, one: &Carried) -> bool {
    share.label == Some(Privacy::Sensitive) || share.label == Some(one.label())
}

/// The rows that an alert of a monitor may take. What a group key decides may go either way.
fn ways<'p>(monitor: &MonitorPlan, playbook: &'p PlaybookPlan) -> Vec<Way<'p>> {
    let mut ways: Vec<Way<'p>> = Vec::new();
    for level in raised(&monitor.severity) {
        let facts = RouteFacts { level, monitor: Some(&monitor.name), key: &|_, _| None };
        let holds = |row: &RoutePlan| row.when.as_ref().map_or(Some(true), |cond| cond.truth(facts));
        let last = playbook.first.iter().position(|row| holds(row) == Some(true));
        let first = playbook.first.iter().take(last.map_or(usize::MAX, |at| at + 1));
        let methods: Vec<(&str, Place)> =
            playbook.notify.iter().filter(|row| row.level == level).flat_map(by).collect();
        for row in first.chain(&playbook.also).filter(|row| holds(row) != Some(false)) {
            match ways.iter_mut().find(|way| way.row.place == row.place) {
                Some(way) => way.methods.extend(methods.iter().copied()),
                None => ways.push(Way { row, methods: methods.clone() }),
            }
        }
    }
    for way in &mut ways {
        let mut seen: Vec<&str> = Vec::new();
        way.methods.retain(|(method, _)| {
            let new = !seen.contains(method);
            seen.push(method);
            new
        });
    }
    ways
}

fn by(row: &NotifyPlan) -> impl Iterator<Item = (&str, Place)> {
    row.methods.iter().map(|method| (method.as_str(), row.place))
}

fn not_cleared(
    playbook: &PlaybookPlan,
    one: &Carried,
    way: &Way<'_>,
    (method, notify): (&str, Place),
    near: Option<&Share>,
    purpose: &str,
) -> Diagnostic {
    let (team, label) = (way.row.team.as_str(), one.label().name());
    let message = format!("`{}` is {label}, and team `{team}` is not cleared for it", one.name());
    let told = Diagnostic::new(&codes::NOT_CLEARED, one.place, message)
        .label(one.place, "every alert tells this value")
        .label(way.row.place, format!("alerts go to `{team}` here"));
    let told = match near {
        Some(share) if share.purposes.iter().any(|known| known == purpose) => told
            .label(share.place, format!("this clears it, but not by `{method}`"))
            .label(notify, "it is told so here"),
        Some(share) => told.label(share.place, format!("this clears it, but not for `{purpose}`")),
        None => told,
    };
    let word = if purpose.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        purpose.to_owned()
    } else {
        format!("\"{purpose}\"")
    };
    told.help(format!(
        "leave the value out of the alert, or let the playbook `{}` say who may see it: `share {label} with team {team} for {word}`",
        playbook.name
    ))
}

fn no_purpose(monitor: &MonitorPlan, one: &Carried) -> Diagnostic {
    let label = one.label().name();
    let message = format!("`{}` is {label}, and `{}` does not say what it is for", one.name(), monitor.name);
    Diagnostic::new(&codes::NO_PURPOSE, one.place, message)
        .label(one.place, "every alert tells this value")
        .label(monitor.place, "this monitor has no purpose")
        .help("add a line such as `for crisis_response`, or leave the value out of the alert")
}

/// A clearance that no alert needs.
fn useless(share: &Share, playbook: &PlaybookPlan) -> Option<Diagnostic> {
    let label = share.label.filter(|_| !share.used)?;
    let routed: Vec<&str> = playbook.first.iter().chain(&playbook.also).map(|row| row.team.as_str()).collect();
    let told = |message, place| Diagnostic::new(&codes::UNUSED_CLEARANCE, place, message);
    if let Some((team, place)) = share.teams.iter().find(|(team, _)| !routed.contains(&team.as_str())) {
        let near = did_you_mean(team, routed.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "remove it, or route alerts to it".to_owned());
        return Some(told(format!("no alert goes to team `{team}`"), *place).help(help));
    }
    let used: Vec<&str> = playbook.notify.iter().flat_map(by).map(|(method, _)| method).collect();
    if let Some((method, place)) = share.methods.iter().find(|(method, _)| !used.contains(&method.as_str())) {
        let near = did_you_mean(method, used.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "remove it, or notify by it".to_owned());
        return Some(told(format!("nobody is told by `{method}`"), *place).help(help));
    }
    let purposes: Vec<String> = share.purposes.iter().map(|purpose| format!("`{purpose}`")).collect();
    let message = format!("no alert tells {} values for {}", label.name(), purposes.join(" or "));
    Some(told(message, share.place).help("remove it: what nobody needs to see is shared with nobody"))
}
