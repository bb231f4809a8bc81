//! `dates feasts = 2026-12-24 to 2026-12-26, 2027-01-01`: days whose windows are not taken as usual.

use std::ops::Range;

use chrono::NaiveDate;
use chrono_tz::Tz;
use mon_grammar::ast::{self, Days, Expr, ExprKind};

use crate::calendar::begin;
use crate::diagnostic::{Diagnostic, codes};
use crate::history::LeftOut;

use super::names::Found;
use super::state::Checker;

/// Days from one to the other.
const DAYS_MAX: i64 = 366;

impl<'a> Checker<'a> {
    /// One `dates` item, whether a monitor names it or not.
    pub fn dates_item(&mut self, found: Found<'a, ast::Dates>) {
        self.file = found.file;
        for days in &found.item.days {
            let Some(fault) = fault(days) else { continue };
            let (span, message, help) = fault;
            self.tell(Diagnostic::new(&codes::BAD_TIME, self.at(span), message).help(help));
        }
    }

    /// The days that a measure names behind `without`, by the clocks of a zone.
    pub fn left_out(&mut self, named: &Expr, zone: Tz) -> Option<LeftOut> {
        let name = match &named.kind {
            ExprKind::Path(path) => path.dotted(),
            _ => String::new(),
        };
        let Some(found) = self.names.dates(&name) else {
            let known: Vec<&str> = self.names.dates.iter().map(|found| found.item.name.text.as_str()).collect();
            let message = format!("there are no dates `{}`", self.spaced(named));
            let mut told = Diagnostic::new(&codes::UNKNOWN_NAME, self.at(named.span), message)
                .suggest(&name, known.iter().copied());
            told.help.get_or_insert_with(|| format!("add them: `dates {name} = 2026-12-24 to 2026-12-26, 2027-01-01`"));
            self.tell(told);
            return None;
        };
        // What is wrong with a day is told where it stands.
        let stretch = |days: &Days| -> Option<Range<i64>> {
            let (first, last) = ends(days)?;
            Some(begin(first, zone)?..begin(last.succ_opt()?, zone)?)
        };
        Some(LeftOut::new(name, found.item.days.iter().filter_map(stretch)))
    }
}

fn ends(days: &Days) -> Option<(NaiveDate, NaiveDate)> {
    let first = date(&days.first.text)?;
    let last = days.last.as_ref().map_or(Some(first), |last| date(&last.text))?;
    Some((first, last))
}

/// `2026-12-24`, of the years that rules may name.
fn date(text: &str) -> Option<NaiveDate> {
    let named = text.parse::<NaiveDate>().ok().filter(|_| text.len() == "2026-12-24".len());
    named.filter(|date| super::times::instant(&date.to_string()).is_some())
}

/// What is wrong with these days: where, what, and what to write.
fn fault(days: &Days) -> Option<(mon_grammar::Span, String, String)> {
    for named in std::iter::once(&days.first).chain(&days.last) {
        if date(&named.text).is_none() {
            let message = format!("`{}` is not a date of the calendar", named.text);
            return Some((named.span, message, "write a date as `2026-12-24`".to_owned()));
        }
    }
    let (first, last) = ends(days)?;
    let length = last.signed_duration_since(first).num_days().saturating_add(1);
    if length < 1 {
        let message = format!("`{last}` is before `{first}`");
        return Some((days.span, message, format!("write `{last} to {first}`")));
    }
    if length > DAYS_MAX {
        let message = "this is longer than a year".to_owned();
        return Some((
            days.span,
            message,
            "name the days that are unlike others; what is usual must be left".to_owned(),
        ));
    }
    None
}
