//! Days, weeks, months, quarters and years as the clocks of a zone show them: where each begins, however many hours it has.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// Moments of the years 1 to 9999, microseconds since 1970 UTC: all before is one stretch, and all behind.
const KEPT: Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// No clock of a zone is further from UTC.
const OFFSET_MICROS_MAX: i64 = 26 * 3_600_000_000;

/// What a calendar window is as long as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Day,
    /// From Monday (ISO 8601).
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// As a rule writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The unit of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// Its least length, but for what clocks take from it.
    #[must_use]
    pub const fn shortest_micros(self) -> i64 {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 28,
            Self::Quarter => 90,
            Self::Year => 365,
        };
        days * 24 * 3_600_000_000
    }

    fn first_day(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(date),
            Self::Week => date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))),
            Self::Month => date.with_day(1),
            Self::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1),
            Self::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
        }
    }

    /// The first day of the next one, or of the one before.
    fn beside(self, first: NaiveDate, next: bool) -> Option<NaiveDate> {
        let days = |days| if next { first.checked_add_days(days) } else { first.checked_sub_days(days) };
        let months = |months| if next { first.checked_add_months(months) } else { first.checked_sub_months(months) };
        match self {
            Self::Day => days(Days::new(1)),
            Self::Week => days(Days::new(7)),
            Self::Month => months(Months::new(1)),
            Self::Quarter => months(Months::new(3)),
            Self::Year => months(Months::new(12)),
        }
    }
}

/// A unit in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    pub unit: Unit,
    pub zone: Tz,
}

impl Calendar {
    /// The day, week … that holds a moment (microseconds since 1970 UTC), half open. Clocks that are put back over midnight do not
    /// bring the day before back.
    #[must_use]
    pub fn stretch(self, at: i64) -> Range<i64> {
        if at < KEPT.start {
            return i64::MIN..KEPT.start;
        }
        if at >= KEPT.end {
            return KEPT.end..i64::MAX;
        }
        let found = self.around(at).unwrap_or(KEPT);
        found.start.max(KEPT.start)..found.end.min(KEPT.end)
    }

    /// How long it is from one border to a later one, each day taken as 24 hours, whatever the clocks did.
    #[must_use]
    pub fn lasted(self, since: i64, now: i64) -> i64 {
        const DAY: i64 = 24 * 3_600_000_000;
        let date = |at| DateTime::from_timestamp_micros(at).map(|time| time.with_timezone(&self.zone).date_naive());
        let kept = KEPT.contains(&since) && KEPT.contains(&now);
        match date(since).zip(date(now)).filter(|_| kept) {
            Some((since, now)) => now.signed_duration_since(since).num_days().saturating_mul(DAY),
            None => now.saturating_sub(since),
        }
    }

    fn around(self, at: i64) -> Option<Range<i64>> {
        let date = DateTime::from_timestamp_micros(at)?.with_timezone(&self.zone).date_naive();
        let first = self.unit.first_day(date)?;
        let (start, end) = (begin(first, self.zone)?, begin(self.unit.beside(first, true)?, self.zone)?);
        // Clocks that are put back over midnight show a date that was over.
        if at < start {
            return Some(begin(self.unit.beside(first, false)?, self.zone)?..start);
        }
        if at >= end {
            let second = self.unit.beside(self.unit.beside(first, true)?, true)?;
            return Some(end..begin(second, self.zone)?);
        }
        Some(start..end)
    }
}

/// The first moment of a date by the clocks of a zone.
pub(crate) fn begin(date: NaiveDate, zone: Tz) -> Option<i64> {
    let midnight = date.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight) {
        MappedLocalTime::Single(time) => Some(time.timestamp_micros()),
        MappedLocalTime::Ambiguous(one, other) => Some(one.timestamp_micros().min(other.timestamp_micros())),
        // Clocks are put forward over midnight: the date begins when they are.
        MappedLocalTime::None => {
            let near = midnight.and_utc().timestamp_micros();
            let (mut before, mut since) = (near - OFFSET_MICROS_MAX, near + OFFSET_MICROS_MAX);
            while since - before > 1 {
                let middle = before + (since - before) / 2;
                let shown = DateTime::from_timestamp_micros(middle)?.with_timezone(&zone).date_naive();
                *(if shown < date { &mut before } else { &mut since }) = middle;
            }
            Some(since)
        }
    }
}

impl std::fmt::Display for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.unit.name(), self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::{Calendar, KEPT, Unit};
    use chrono::{DateTime, Datelike};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000_000;

    fn micros(text: &str) -> i64 {
        mon_post::time::parse(text).unwrap()
    }

    #[test]
    fn days_have_23_24_and_25_hours() {
        let days = Calendar { unit: Unit::Day, zone: Tz::Europe__Berlin };
        let cases = [
            ("2026-03-28T12:00:00Z", "2026-03-27T23:00:00Z", 24),
            ("2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23),
            ("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", 25),
            ("2026-10-25T23:00:00Z", "2026-10-25T23:00:00Z", 24),
        ];
        for (at, start, hours) in cases {
            let start = micros(start);
            assert_eq!(days.stretch(micros(at)), start..start + hours * HOUR, "{at}");
        }
    }

    #[test]
    fn a_day_without_a_midnight_begins_when_clocks_are_put_forward() {
        // Beirut, 2024: 00:00 becomes 01:00 on 31 March.
        let days = Calendar { unit: Unit::Day, zone: Tz::Asia__Beirut };
        let start = micros("2024-03-30T22:00:00Z");
        assert_eq!(days.stretch(start), start..start + 23 * HOUR);
        assert_eq!(days.stretch(start - 1), start - 24 * HOUR..start);
    }

    #[test]
    fn weeks_begin_on_monday_and_longer_ones_on_the_first() {
        let at = micros("2026-11-26T12:00:00Z");
        let cases = [
            (Unit::Week, "2026-11-23", "2026-11-30"),
            (Unit::Month, "2026-11-01", "2026-12-01"),
            (Unit::Quarter, "2026-10-01", "2027-01-01"),
            (Unit::Year, "2026-01-01", "2027-01-01"),
        ];
        for (unit, start, end) in cases {
            let found = Calendar { unit, zone: Tz::UTC }.stretch(at);
            assert_eq!(found, micros(start)..micros(end), "{}", unit.name());
        }
    }

    #[test]
    fn what_is_beyond_the_calendar_is_one_stretch_on_either_side() {
        for zone in [Tz::Asia__Tokyo, Tz::UTC, Tz::America__New_York] {
            for unit in Unit::ALL {
                let calendar = Calendar { unit, zone };
                assert_eq!(calendar.stretch(i64::MIN), i64::MIN..KEPT.start);
                assert_eq!(calendar.stretch(i64::MAX), KEPT.end..i64::MAX);
                let (first, last) = (calendar.stretch(KEPT.start), calendar.stretch(KEPT.end - 1));
                assert_eq!((first.start, last.end), (KEPT.start, KEPT.end));
                assert_eq!(calendar.stretch(first.end - 1), first);
                assert_eq!(calendar.stretch(last.start), last);
            }
        }
    }

    #[test]
    fn a_day_lasts_24_hours_whatever_the_clocks_do() {
        let days = Calendar { unit: Unit::Day, zone: Tz::Europe__Berlin };
        let (march, october) = (micros("2026-03-27T23:00:00Z"), micros("2026-10-23T22:00:00Z"));
        assert_eq!(days.lasted(march, micros("2026-03-29T22:00:00Z")), 48 * HOUR);
        assert_eq!(days.lasted(october, micros("2026-10-25T23:00:00Z")), 48 * HOUR);
    }

    #[test]
    fn clocks_that_are_put_back_over_midnight_bring_no_day_back() {
        // St. John's, 2010: 00:01 on 7 November becomes 23:01 on the 6th.
        let days = Calendar { unit: Unit::Day, zone: Tz::America__St_Johns };
        let start = micros("2010-11-07T02:30:00Z");
        assert_eq!(days.stretch(start + HOUR / 2), start..start + 25 * HOUR);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn stretches_lie_side_by_side_and_show_one_date(
            at in prop_oneof![-2_000_000_000_000_000i64..4_000_000_000_000_000, KEPT],
            unit in prop::sample::select(Unit::ALL.to_vec()),
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            share in 0.0f64..1.0,
        ) {
            let calendar = Calendar { unit, zone };
            let found = calendar.stretch(at);
            prop_assert!(found.contains(&at), "{at} {found:?}");
            prop_assume!(found.start > KEPT.start && found.end < KEPT.end);
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any moment inside will do")]
            let inside = found.start + ((found.end - found.start - 1) as f64 * share) as i64;
            prop_assert_eq!(calendar.stretch(inside), found.clone());
            prop_assert_eq!(calendar.stretch(found.end).start, found.end);
            prop_assert_eq!(calendar.stretch(found.start - 1).end, found.start);
            let shown = DateTime::from_timestamp_micros(found.start).unwrap().with_timezone(&zone);
            prop_assert!(unit == Unit::Day || unit == Unit::Week || shown.day() == 1, "{shown}");
        }
    }
}
