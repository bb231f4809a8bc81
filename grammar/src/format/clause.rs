//! Clauses and rows: which cells they have, so that neighbours can stand under each other.

use std::ops::Range;

use super::flat::{Style, width};
use super::page::{Line, Page};
use super::{Printer, WIDTH};
use crate::ast::{Alert, Clause, ClauseKind, PlaybookClause, PlaybookClauseKind, TestStep, TestStepKind};
use crate::span::Span;
use crate::tree::SyntaxKind as K;

/// The indent of a clause inside an item.
const CLAUSE: usize = 2;

impl Printer<'_, '_> {
    pub(crate) fn monitor_clause(&self, clause: &Clause, range: Range<usize>, page: &mut Page) {
        if let ClauseKind::Severity(rows) = &clause.kind {
            let rows: Vec<Span> = rows.iter().map(|r| r.span).collect();
            return self.rows(range, &rows, page, "severity");
        }
        if matches!(clause.kind, ClauseKind::Other { .. }) {
            return self.kept_lines(range, CLAUSE, page, Style::Kept);
        }
        if self.commented(&range) {
            return self.as_written(range, CLAUSE, page);
        }
        match &clause.kind {
            ClauseKind::Measure { .. } => {
                let equals = range.start + 2;
                let tail = self.flat(equals..range.end, Style::Normal);
                let head = self.flat(range.start..equals, Style::Normal);
                if CLAUSE + width(&head) + 1 + width(&tail) <= WIDTH {
                    return page.line(Line::cells(CLAUSE, "measure", vec![head, tail]));
                }
                page.line(Line::plain(CLAUSE, format!("{head} =")));
                self.expression(equals + 1..range.end, CLAUSE + 2, page, "");
            }
            ClauseKind::Alert(alert) => self.alert(alert, range, page),
            ClauseKind::Example { .. } => {
                let answer = self.flat(range.start..range.start + 2, Style::Normal);
                let text = self.flat(range.start + 2..range.end, Style::Normal);
                page.line(Line::cells(CLAUSE, "example", vec![answer, text]));
            }
            ClauseKind::Window(window) => {
                let style = if window.kind.steps().is_empty() { Style::Zone } else { Style::Normal };
                self.unbroken(range, page, style);
            }
            ClauseKind::Allow { .. } => page.line(Line::plain(CLAUSE, self.flat(range, Style::Normal))),
            _ => self.keyword(range, page),
        }
    }

    /// The keyword, then the rest, which has no operators to break the line at.
    fn unbroken(&self, range: Range<usize>, page: &mut Page, style: Style) {
        let word = self.flat(range.start..range.start + 1, style);
        let rest = self.flat(range.start + 1..range.end, style);
        page.line(Line::cells(CLAUSE, "keyword", vec![word, rest]));
    }

    /// `match`, `group` …: the keyword, then the rest.
    fn keyword(&self, range: Range<usize>, page: &mut Page) {
        let word = self.flat(range.start..range.start + 1, Style::Normal);
        let rest = self.flat(range.start + 1..range.end, Style::Normal);
        if CLAUSE + width(&word) + 1 + width(&rest) <= WIDTH {
            return page.line(Line::cells(CLAUSE, "keyword", vec![word, rest]));
        }
        self.expression(range.start + 1..range.end, CLAUSE, page, &format!("{word} "));
    }

    fn alert(&self, alert: &Alert, range: Range<usize>, page: &mut Page) {
        let end = alert.clear.as_ref().map_or(range.end, |clear| self.solid(clear.span).start - 2);
        let parts = [
            (range.start..end, "alert when ", CLAUSE, alert.hold.is_some()),
            (end..range.end, "clear when ", CLAUSE + "alert ".len(), alert.clear_hold.is_some()),
        ];
        for (part, lead, indent, held) in parts {
            if part.is_empty() {
                continue;
            }
            let split = if held { part.end - 2 } else { part.end };
            let hold = self.flat(split..part.end, Style::Normal);
            let line = format!("{lead}{}", self.flat(part.start + 2..split, Style::Normal));
            if indent + width(&line) + 2 + width(&hold) <= WIDTH {
                // Both parts have one indent, so that their times can stand under each other.
                let line = format!("{:pad$}{line}", "", pad = indent - CLAUSE);
                let hold = if hold.is_empty() { hold } else { format!(" {hold}") };
                page.line(Line::cells(CLAUSE, "alert", vec![line, hold]));
                continue;
            }
            self.expression(part.start + 2..split, indent, page, lead);
            if !hold.is_empty() {
                page.line(Line::plain(indent + 2, hold));
            }
        }
    }

    pub(crate) fn playbook_clause(&self, clause: &PlaybookClause, range: Range<usize>, page: &mut Page) {
        let rows: (Vec<Span>, &'static str) = match &clause.kind {
            PlaybookClauseKind::Route { rows, .. } => (rows.iter().map(|r| r.span).collect(), "route"),
            PlaybookClauseKind::Notify(rows) => (rows.iter().map(|r| r.span).collect(), "notify"),
            PlaybookClauseKind::Escalate { .. } => (self.steps(&range), "escalate"),
            PlaybookClauseKind::Ticket { rows, .. } if self.kind(range.end - 1) == Some(K::BraceClose) => {
                (rows.iter().map(|r| r.span).collect(), "ticket")
            }
            PlaybookClauseKind::Other { .. } => return self.kept_lines(range, CLAUSE, page, Style::Kept),
            _ if self.commented(&range) => return self.as_written(range, CLAUSE, page),
            PlaybookClauseKind::Quiet { .. } => {
                return page.line(Line::plain(CLAUSE, self.flat(range, Style::Zone)));
            }
            _ => return page.line(Line::plain(CLAUSE, self.flat(range, Style::Normal))),
        };
        self.rows(range, &rows.0, page, rows.1);
    }

    pub(crate) fn test_step(&self, step: &TestStep, range: Range<usize>, page: &mut Page) {
        if matches!(step.kind, TestStepKind::Other { .. }) {
            self.kept_lines(range, CLAUSE, page, Style::Kept);
        } else if self.commented(&range) {
            self.as_written(range, CLAUSE, page);
        } else {
            let line = self.flat(range.clone(), Style::Normal);
            let filter = range.clone().find(|&at| self.text.word(at) == Some("where"));
            match filter {
                Some(filter) if CLAUSE + width(&line) > WIDTH => {
                    page.line(Line::plain(CLAUSE, self.flat(range.start..filter, Style::Normal)));
                    self.expression(filter + 1..range.end, CLAUSE + 2, page, "where ");
                }
                _ => page.line(Line::plain(CLAUSE, line)),
            }
        }
    }

    /// The rows of `escalate`: each starts with `after` or `repeat`.
    fn steps(&self, range: &Range<usize>) -> Vec<Span> {
        let open = range.clone().find(|&at| self.kind(at) == Some(K::BraceOpen)).unwrap_or(range.start);
        let inside = open + 1..range.end.saturating_sub(1);
        let starts = |at: usize| match self.text.word(at) {
            Some("after") => self.kind(at + 1) == Some(K::Number) && self.kind(at - 1) != Some(K::Comma),
            Some("repeat") => self.text.word(at + 1) == Some("every"),
            _ => false,
        };
        let places: Vec<usize> = inside.clone().filter(|&at| starts(at)).chain([inside.end]).collect();
        let pairs = places.iter().zip(places.iter().skip(1));
        pairs.filter_map(|(&from, &to)| Some(self.token(from)?.span.to(self.token(to.checked_sub(1)?)?.span))).collect()
    }

    /// A clause with rows in braces; on one line where the author wrote it on one.
    fn rows(&self, range: Range<usize>, rows: &[Span], page: &mut Page, kind: &'static str) {
        let open = range.clone().find(|&at| self.kind(at) == Some(K::BraceOpen)).unwrap_or(range.start);
        let inline = !self.commented(&range) && !(open + 1..range.end).any(|at| self.breaks_before(at));
        if inline && !rows.is_empty() {
            let head = self.flat(range.start..open + 1, Style::Normal);
            let row = |span: &Span| self.cells(self.solid(*span), kind).join(" ");
            let line = format!("{head} {} }}", rows.iter().map(row).collect::<Vec<_>>().join("  "));
            if CLAUSE + width(&line) <= WIDTH {
                return page.line(Line::plain(CLAUSE, line));
            }
        }
        self.block(range, CLAUSE, rows, page, &|_, row, page| {
            if self.commented(&row) {
                return self.as_written(row, CLAUSE + 2, page);
            }
            let cells = self.cells(row.clone(), kind);
            let one_line = cells.iter().map(|c| width(c) + 1).sum::<usize>() + CLAUSE < WIDTH;
            if one_line {
                return page.line(Line::cells(CLAUSE + 2, kind, cells));
            }
            self.expression(row, CLAUSE + 2, page, "");
        });
    }

    /// A row's cells; one that starts with a space stands a column further away.
    fn cells(&self, row: Range<usize>, kind: &str) -> Vec<String> {
        let cuts = match kind {
            "route" => vec![row.end.saturating_sub(3)],
            "notify" => {
                let mut timing = row.start + 3;
                while self.kind(timing) == Some(K::Comma) && timing < row.end {
                    timing += 2;
                }
                vec![row.start + 1, timing.min(row.end)]
            }
            "escalate" => {
                let by = (row.start + 4..row.end).find(|&at| self.text.word(at) == Some("by"));
                match (self.text.word(row.start), by) {
                    (Some("after"), Some(by)) => vec![row.start + 2, by],
                    _ => Vec::new(),
                }
            }
            _ => vec![row.start + 1],
        };
        let mut cells = Vec::new();
        let mut from = row.start;
        for to in cuts.into_iter().chain([row.end]) {
            cells.push(self.flat(from..to.max(from), Style::Normal));
            from = to.max(from);
        }
        if kind == "route"
            && let [condition, team] = cells.as_mut_slice()
            && !condition.is_empty()
        {
            team.insert(0, ' ');
        }
        cells
    }
}
