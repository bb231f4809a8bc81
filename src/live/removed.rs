//! Incidents whose monitor is gone: nobody judges them any more, so they are closed when a run starts with rules that lack
//! the monitor. Its team is not told, because the playbook that says how went with it; the terminal and the audit log are.

use mon_alerts::{Transition, TransitionKind};
use mon_compiler::plan::Plan;
use mon_store::{AuditEntry, EpochCommit, IncidentRow, Store, StoreError, TransitionRow};

use super::account::Account;
use super::committer::now;

const REASON: &str = "monitor removed";

/// Closes the open incidents of monitors that these rules do not have, or that have no alert any more.
pub fn close(store: &Store, plan: &Plan) -> Result<(), StoreError> {
    let Some(checkpoint) = store.load_checkpoint()? else { return Ok(()) };
    let judged =
        |row: &IncidentRow| plan.monitors.iter().any(|monitor| monitor.name == row.monitor && monitor.alert.is_some());
    let orphans: Vec<IncidentRow> = store.incidents(true, u32::MAX)?.into_iter().filter(|row| !judged(row)).collect();
    if orphans.is_empty() {
        return Ok(());
    }
    let mut account = Account::from_counts(&checkpoint.counts);
    let mut commit = EpochCommit { epoch: checkpoint.epoch + 1, at: now(), ..EpochCommit::default() };
    for row in &orphans {
        commit.transitions.push(cleared(store, row)?);
        commit.audit.push(AuditEntry {
            kind: "incident.orphaned".to_owned(),
            subject: row.id.clone(),
            detail: serde_json::json!({"monitor": row.monitor, "reason": REASON}).to_string(),
        });
        account.incidents_cleared += 1;
        crate::output::note(format_args!("incident {} of `{}` closed: {REASON}", row.id, row.monitor));
    }
    commit.counts = account.to_counts();
    store.commit(&commit)?;
    Ok(())
}

/// The step that closes an incident, made from its last step and with the reason beside what steps have else.
fn cleared(store: &Store, row: &IncidentRow) -> Result<TransitionRow, StoreError> {
    let torn = |detail: String| StoreError::Shape { what: "a transition", detail };
    let steps = store.transitions(&row.id)?;
    let last = steps.last().ok_or_else(|| torn(format!("incident {} has no steps", row.id)))?;
    let last: Transition = serde_json::from_str(last).map_err(|error| torn(error.to_string()))?;
    let step = Transition {
        number: last.number + 1,
        kind: TransitionKind::Cleared,
        measures: Vec::new(),
        evidence: Vec::new(),
        shown: Vec::new(),
        ..last
    };
    let mut json = serde_json::to_value(&step).map_err(|error| torn(error.to_string()))?;
    if let Some(fields) = json.as_object_mut() {
        fields.insert("reason".to_owned(), REASON.into());
    }
    TransitionRow::of(&json)
}

#[cfg(test)]
mod tests {
    use mon_alerts::IncidentId;
    use mon_compiler::plan::{AlertPlan, MonitorPlan, Place, QueryId, Severity, ShowPlan, ValueExpr};
    use mon_store::SnapshotPart;

    use super::*;

    fn opened(monitor: &str) -> TransitionRow {
        let step = Transition {
            incident: IncidentId(format!("of-{monitor}")),
            number: 0,
            kind: TransitionKind::Opened,
            monitor: monitor.to_owned(),
            key: vec![("country".to_owned(), None)],
            at: 60,
            opened_at: 60,
            severity: Severity::High,
            levels: vec![Severity::High],
            measures: vec![("volume".to_owned(), Some(9.0))],
            evidence: Vec::new(),
            shown: Vec::new(),
        };
        TransitionRow::of(&step).unwrap()
    }

    fn plan(monitor: &str) -> Plan {
        let alert = AlertPlan {
            place: Place::default(),
            when: ValueExpr::Number(1.0),
            hold_micros: 0,
            clear: None,
            clear_hold_micros: 0,
            warmup_micros: 0,
            cooldown_micros: 0,
        };
        let monitor = MonitorPlan {
            name: monitor.into(),
            doc: None,
            owner: None,
            place: Place::default(),
            query: QueryId(0),
            window: None,
            steps: Vec::new(),
            by: Vec::new(),
            measures: Vec::new(),
            alert: Some(alert),
            severity: Vec::new(),
            show: ShowPlan { count: 0, by: None },
            under_load: Vec::new(),
            show_values: vec![],
            playbook: None,
            examples: Vec::new(),
        };
        Plan { monitors: vec![monitor], ..Plan::default() }
    }

    #[test]
    fn an_incident_is_closed_with_its_monitor_and_others_stay_open() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        close(&store, &plan("kept")).unwrap();
        let commit = EpochCommit {
            epoch: 7,
            transitions: vec![opened("kept"), opened("gone")],
            snapshot: Some(vec![SnapshotPart { name: "p".to_owned(), bytes: Some(vec![1]) }]),
            counts: vec![("incidents_opened".to_owned(), 2)],
            ..EpochCommit::default()
        };
        store.commit(&commit).unwrap();
        close(&store, &plan("kept")).unwrap();
        let open = store.incidents(true, 9).unwrap();
        assert_eq!(open.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["of-kept"]);
        let steps = store.transitions("of-gone").unwrap();
        let last: serde_json::Value = serde_json::from_str(&steps[1]).unwrap();
        assert_eq!((&last["kind"], &last["reason"], &last["number"]), (&"cleared".into(), &REASON.into(), &1.into()));
        let checkpoint = store.load_checkpoint().unwrap().unwrap();
        assert_eq!((checkpoint.epoch, checkpoint.snapshot.len()), (8, 1), "the state stays");
        assert!(checkpoint.counts.contains(&("incidents_cleared".to_owned(), 1)));
        let audit = store.audit_rows(0, 99).unwrap();
        assert!(audit.iter().any(|row| row.entry.subject == "of-gone" && row.entry.detail.contains(REASON)));
        close(&store, &plan("kept")).unwrap();
        assert_eq!(store.load_checkpoint().unwrap().unwrap().epoch, 8, "once is enough");
    }
}
