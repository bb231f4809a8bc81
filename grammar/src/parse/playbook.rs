//! Playbooks: from a clause's pairs to its typed form.

use super::build::{Build, nothing};
use super::{Found, Rule, Written as _};
use crate::ast::{
    Duration, EscalationStep, Name, NotifyRow, PlaybookClause, PlaybookClauseKind, RouteRow, TicketRow, Timing,
};

impl Build {
    pub fn playbook_clause(&self, found: Found<'_>) -> Option<PlaybookClause> {
        let span = self.span(&found);
        let kind = match found.as_rule() {
            Rule::route => {
                let mode = found.clone().into_inner().find(|k| k.as_rule() == Rule::route_mode);
                let rows = found.into_inner().filter(|k| k.as_rule() == Rule::route_row);
                let first = mode.is_some_and(|m| m.written() == "first");
                PlaybookClauseKind::Route { first, rows: rows.map(|r| self.route_row(r)).collect() }
            }
            Rule::notify => {
                let rows = found.into_inner().filter(|k| k.as_rule() == Rule::notify_row);
                PlaybookClauseKind::Notify(rows.map(|r| self.notify_row(r)).collect())
            }
            Rule::share => self.share(found),
            Rule::escalate => self.escalate(found),
            Rule::ack_lasts => PlaybookClauseKind::AckLasts(self.first_duration(found)),
            Rule::quiet => self.quiet(found),
            Rule::budget => self.budget(found),
            Rule::ticket => self.ticket(found),
            Rule::allow => PlaybookClauseKind::Allow(self.allow(found)),
            Rule::playbook_other => PlaybookClauseKind::Other { keyword: self.keyword(&found) },
            _ => return None,
        };
        Some(PlaybookClause { span, kind })
    }

    fn route_row(&self, found: Found<'_>) -> RouteRow {
        let span = self.span(&found);
        let when = found.clone().into_inner().find(|k| k.as_rule() == Rule::expr).map(|e| self.expr(e));
        RouteRow { span, when, team: self.fresh(found) }
    }

    fn notify_row(&self, found: Found<'_>) -> NotifyRow {
        let span = self.span(&found);
        let level = self.fresh(found.clone());
        let (mut methods, mut timing) = (Vec::new(), Timing::AtOnce);
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::methods => methods = self.names(kid),
                Rule::timing => timing = self.timing(kid),
                _ => {}
            }
        }
        NotifyRow { span, level, methods, timing }
    }

    pub fn names(&self, found: Found<'_>) -> Vec<Name> {
        let name = |kid: Found<'_>| match kid.as_rule() {
            Rule::fresh => Some(self.name(&kid)),
            Rule::string => Some(Name { text: self.text(&kid), span: self.span(&kid) }),
            _ => None,
        };
        found.into_inner().filter_map(name).collect()
    }

    fn share(&self, found: Found<'_>) -> PlaybookClauseKind {
        let (mut labels, mut teams, mut methods, mut purposes) = Default::default();
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::labels => labels = self.names(kid),
                Rule::teams => teams = self.names(kid),
                Rule::methods => methods = self.names(kid),
                Rule::purposes => purposes = self.names(kid),
                _ => {}
            }
        }
        PlaybookClauseKind::Share { labels, teams, methods, purposes }
    }

    fn timing(&self, found: Found<'_>) -> Timing {
        let duration = found.clone().into_inner().find(|k| k.as_rule() == Rule::duration).map(|d| self.duration(&d));
        let has = |rule| found.clone().into_inner().any(|k| k.as_rule() == rule);
        match duration {
            Some(length) if has(Rule::kw_every) => Timing::DigestEvery(length),
            Some(length) => Timing::After(length),
            None if has(Rule::kw_digest) => {
                let times = found.clone().into_inner().filter(|k| k.as_rule() == Rule::time);
                Timing::Digest(times.map(|t| self.name(&t)).collect())
            }
            None => Timing::AtOnce,
        }
    }

    fn escalate(&self, found: Found<'_>) -> PlaybookClauseKind {
        let (mut steps, mut repeat) = (Vec::new(), None);
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::step => steps.push(self.step(kid)),
                Rule::repeat => {
                    let times = kid.clone().into_inner().find(|k| k.as_rule() == Rule::integer);
                    let times = times.map_or(0, |t| self.integer(&t));
                    repeat = Some((self.first_duration(kid), times));
                }
                _ => {}
            }
        }
        PlaybookClauseKind::Escalate { steps, repeat }
    }

    fn step(&self, found: Found<'_>) -> EscalationStep {
        let span = self.span(&found);
        let mut step = EscalationStep {
            span,
            after: Duration { micros: 0, span },
            role: None,
            team: nothing(span),
            methods: Vec::new(),
        };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::duration => step.after = self.duration(&kid),
                Rule::role => step.role = Some(self.name(&kid)),
                Rule::fresh => step.team = self.name(&kid),
                Rule::methods => step.methods = self.names(kid),
                _ => {}
            }
        }
        step
    }

    fn quiet(&self, found: Found<'_>) -> PlaybookClauseKind {
        let span = self.span(&found);
        let times = found.clone().into_inner().filter(|k| k.as_rule() == Rule::time);
        let mut times = times.map(|t| self.name(&t));
        let from = times.next().unwrap_or_else(|| nothing(span));
        let to = times.next().unwrap_or_else(|| nothing(span));
        let zone = found.clone().into_inner().find(|k| k.as_rule() == Rule::zone_name);
        let (except, then) = self.held_where(found);
        PlaybookClauseKind::Quiet { from, to, zone: zone.map(|z| z.written().to_owned()), except, then }
    }

    fn held_where(&self, found: Found<'_>) -> (Vec<Name>, Option<Timing>) {
        let (mut except, mut then) = (Vec::new(), None);
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::except => except = self.names(kid),
                Rule::held_then => {
                    then = kid.into_inner().find(|k| k.as_rule() == Rule::timing).map(|t| self.timing(t));
                }
                _ => {}
            }
        }
        (except, then)
    }

    fn budget(&self, found: Found<'_>) -> PlaybookClauseKind {
        let span = self.span(&found);
        let count = found.clone().into_inner().find(|k| k.as_rule() == Rule::integer);
        let count = count.map_or(0, |c| self.integer(&c));
        let mut names = self.names(found.clone()).into_iter();
        let period = names.next().unwrap_or_else(|| nothing(span));
        let per = names.next().unwrap_or_else(|| nothing(span));
        let (except, then) = self.held_where(found);
        PlaybookClauseKind::Budget { count, period, per, except, then }
    }

    fn ticket(&self, found: Found<'_>) -> PlaybookClauseKind {
        let span = self.span(&found);
        let mut names = self.names(found.clone()).into_iter();
        let system = names.next().unwrap_or_else(|| nothing(span));
        let desk = names.next().unwrap_or_else(|| nothing(span));
        let rows = found.into_inner().filter(|k| k.as_rule() == Rule::ticket_row).map(|row| self.ticket_row(row));
        PlaybookClauseKind::Ticket { system, desk, rows: rows.collect() }
    }

    fn ticket_row(&self, found: Found<'_>) -> TicketRow {
        let mut row = TicketRow { span: self.span(&found), key: self.keyword(&found), when: None, text: None };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::expr => row.when = Some(self.expr(kid)),
                Rule::string => row.text = Some(self.text(&kid)),
                Rule::path if row.text.is_none() => row.text = Some(kid.written().to_owned()),
                _ => {}
            }
        }
        row
    }
}
