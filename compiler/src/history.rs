//! What a window is compared with: the earlier windows of the same key, as measures that remember. The engine keeps the
//! windows, `mon-detect` has the formulas; here is which of them a rule asks for.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;

pub const HOUR_MICROS: i64 = 3_600_000_000;
pub const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// Windows that a comparison needs; fewer say nothing. Where an hour has fewer, its neighbours are taken too.
pub const SAMPLES_MIN: i64 = 5;

/// The highest level of a burst.
pub const BURST_LEVELS_MAX: u8 = 8;

/// How far apart the windows end that are remembered, for windows of this length: they do not overlap, and are at most twelve an
/// hour.
#[must_use]
pub fn sample_step(window_micros: i64) -> i64 {
    const LEAST: i64 = HOUR_MICROS / 12;
    let window = window_micros.max(1);
    window.saturating_mul((LEAST + window - 1).checked_div(window).unwrap_or(1).max(1))
}

/// A measure computed from an earlier measure of the same window and its values in windows before.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPlan {
    /// Index of the measure that is remembered, into [`crate::plan::MonitorPlan::measures`].
    pub of: u32,
    pub against: Against,
    pub score: Score,
    /// Windows that are not compared with.
    pub without: Option<LeftOut>,
}

/// Days that are unlike others: windows that end in them are not taken as usual.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The name of the `dates`.
    pub name: String,
    /// `(start, end]`, in order and apart.
    stretches: Arc<[Range<i64>]>,
}

impl LeftOut {
    /// Stretches in any order, which may overlap.
    #[must_use]
    pub fn new(name: String, stretches: impl IntoIterator<Item = Range<i64>>) -> Self {
        let mut given: Vec<Range<i64>> = stretches.into_iter().filter(|stretch| !stretch.is_empty()).collect();
        given.sort_by_key(|stretch| (stretch.start, stretch.end));
        let mut apart: Vec<Range<i64>> = Vec::new();
        for stretch in given {
            match apart.last_mut() {
                Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
                _ => apart.push(stretch),
            }
        }
        Self { name, stretches: apart.into() }
    }

    /// Whether a window that ends then is left out.
    #[must_use]
    pub fn holds(&self, end: i64) -> bool {
        let at = self.stretches.partition_point(|stretch| stretch.end < end);
        self.stretches.get(at).is_some_and(|stretch| stretch.start < end)
    }
}

/// The windows that a window is compared with. None of them overlaps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Against {
    /// The one that ended where this one begins.
    Previous,
    /// Those that ended in the same hour of the same day of the week, by the clocks of a zone.
    HourOfWeek { over_micros: i64, zone: Tz },
    /// Those that ended in the same hour of any day.
    HourOfDay { over_micros: i64, zone: Tz },
    /// All of the last so long.
    AnyHour { over_micros: i64 },
    /// A mean in which a window counts half as much as one that is younger by this.
    Ewma { half_life_micros: i64 },
}

impl Against {
    /// How far back it looks, in microseconds; a mean that fades has no end.
    #[must_use]
    pub const fn memory_micros(self) -> i64 {
        match self {
            Self::Previous | Self::Ewma { .. } => 0,
            Self::HourOfWeek { over_micros, .. }
            | Self::HourOfDay { over_micros, .. }
            | Self::AnyHour { over_micros } => over_micros,
        }
    }

    /// Whether it gives a set of windows, with a spread.
    #[must_use]
    pub const fn has_spread(self) -> bool {
        matches!(self, Self::HourOfWeek { .. } | Self::HourOfDay { .. } | Self::AnyHour { .. })
    }

    /// Whether it compares hours of the day or the week, each of which has windows of its own.
    #[must_use]
    pub const fn has_cells(self) -> bool {
        matches!(self, Self::HourOfWeek { .. } | Self::HourOfDay { .. })
    }

    /// How many days or weeks it goes back, hours of the day or the week; 0 without cells.
    #[must_use]
    pub const fn periods(self) -> i64 {
        match self {
            Self::HourOfWeek { over_micros, .. } => over_micros / (7 * DAY_MICROS),
            Self::HourOfDay { over_micros, .. } => over_micros / DAY_MICROS,
            Self::Previous | Self::AnyHour { .. } | Self::Ewma { .. } => 0,
        }
    }

    /// As a rule writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::HourOfWeek { .. } => "hour_of_week",
            Self::HourOfDay { .. } => "hour_of_day",
            Self::AnyHour { .. } => "any_hour",
            Self::Ewma { .. } => "ewma",
        }
    }

    /// The stretches of time, `(start, end]`, in which the windows end that `[start, end)` is compared with, youngest first.
    /// For hours of the day or the week they are those of whole hours, so they are the same for all windows that end in one
    /// hour; `around` hours on either side are taken too.
    #[must_use]
    pub fn stretches(self, window: &Range<i64>, around: u32) -> Vec<Range<i64>> {
        let (over, zone, days) = match self {
            Self::HourOfWeek { over_micros, zone } => (over_micros, zone, 7),
            Self::HourOfDay { over_micros, zone } => (over_micros, zone, 1),
            Self::AnyHour { over_micros } => {
                return std::iter::once(window.end.saturating_sub(over_micros)..window.start).collect();
            }
            Self::Previous | Self::Ewma { .. } => return Vec::new(),
        };
        let Some(local) = local(window.end, zone) else { return Vec::new() };
        let wide = i64::from(around) * HOUR_MICROS;
        let weeks_or_days = u64::try_from(over / DAY_MICROS).unwrap_or(0) / days;
        let hour =
            |back: u64| hour_of(local.date_naive().checked_sub_days(Days::new(back * days))?, local.hour(), zone);
        let hours = (1..=weeks_or_days).filter_map(hour);
        hours.map(|hour| hour.start.saturating_sub(wide)..hour.end.saturating_add(wide)).collect()
    }

    /// The hour in which a window ends, as a number: of the week 0 to 167 from Monday on, of the day 0 to 23. None without cells.
    #[must_use]
    pub fn cell(self, end: i64) -> Option<u32> {
        match self {
            Self::HourOfWeek { zone, .. } => {
                local(end, zone).map(|local| local.weekday().num_days_from_monday() * 24 + local.hour())
            }
            Self::HourOfDay { zone, .. } => local(end, zone).map(|local| local.hour()),
            Self::Previous | Self::AnyHour { .. } | Self::Ewma { .. } => None,
        }
    }

    /// The stretch of time, `(start, end]`, in which the windows of all cells end that `[start, end)` is compared with. It is the same for
    /// all windows of this length that end in one hour, and none of its windows overlaps any of them. None without cells.
    #[must_use]
    pub fn all_cells(self, window: &Range<i64>) -> Option<Range<i64>> {
        let (Self::HourOfWeek { over_micros, zone } | Self::HourOfDay { over_micros, zone }) = self else {
            return None;
        };
        let now = local(window.end, zone)?;
        let hour = hour_of(now.date_naive(), now.hour(), zone)?;
        let length = window.end.saturating_sub(window.start);
        Some(hour.start.saturating_sub(over_micros)..hour.start.saturating_sub(length))
    }
}

/// The last moment of a window that ends then, by a zone's clocks.
fn local(end: i64, zone: Tz) -> Option<DateTime<Tz>> {
    DateTime::from_timestamp_micros(end.saturating_sub(1)).map(|last| last.with_timezone(&zone))
}

/// The hour of a date by a zone's clocks: 60 minutes, 120 where the clocks show it twice, none where they leave it out.
fn hour_of(date: NaiveDate, hour: u32, zone: Tz) -> Option<Range<i64>> {
    let begin = date.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?);
    let end = date.and_time(NaiveTime::from_hms_opt(hour, 59, 59)?);
    let (first, _) = moments(zone.from_local_datetime(&begin))?;
    let (_, last) = moments(zone.from_local_datetime(&end))?;
    Some(first..last.saturating_add(1_000_000))
}

fn moments(found: MappedLocalTime<DateTime<Tz>>) -> Option<(i64, i64)> {
    match found {
        MappedLocalTime::Single(time) => Some((time.timestamp_micros(), time.timestamp_micros())),
        MappedLocalTime::Ambiguous(one, other) => {
            let (one, other) = (one.timestamp_micros(), other.timestamp_micros());
            Some((one.min(other), one.max(other)))
        }
        MappedLocalTime::None => None,
    }
}

/// What is told of a window against others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// What is usual: the median of the windows, the value of the previous one, or the mean that fades.
    Baseline,
    /// How much more than usual, as a part of it: 0.5 is half as much again.
    Change,
    /// Distance from the mean in standard deviations.
    Z,
    /// Distance from the median in scaled median absolute deviations.
    RobustZ,
    /// How probable so many or more are, if posts come at random at the usual rate.
    Poisson,
    /// The same where they vary as much as they did.
    NegativeBinomial,
    /// How probable so few or fewer are.
    Flatline,
    /// An exponentially weighted mean of `RobustZ`, in its own standard deviations.
    EwmaChart { weight: f64 },
    /// What `RobustZ` summed up to above the slack since it was last at or below nothing.
    Cusum { slack: f64 },
    /// How many levels above the usual the automaton stands that has gone through the windows, each `scale` times the one
    /// below it. `among`: the measure of which this one is a part.
    Burst { among: Option<u32>, scale: f64 },
    /// How far out it lies when what is usual in each hour is taken out, as a part of how far out it may lie.
    SeasonalEsd,
}

impl Score {
    /// As a rule writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Change => "change",
            Self::Z => "zscore",
            Self::RobustZ => "robust_z",
            Self::Poisson => "poisson",
            Self::NegativeBinomial => "negative_binomial",
            Self::Flatline => "flatline",
            Self::EwmaChart { .. } => "ewma_chart",
            Self::Cusum { .. } => "cusum",
            Self::Burst { .. } => "burst",
            Self::SeasonalEsd => "seasonal_esd",
        }
    }

    /// Whether it is a probability.
    #[must_use]
    pub const fn is_probability(self) -> bool {
        matches!(self, Self::Poisson | Self::NegativeBinomial | Self::Flatline)
    }

    /// Whether it needs windows with a spread.
    #[must_use]
    pub const fn needs_spread(self) -> bool {
        !matches!(self, Self::Baseline | Self::Change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        mon_post::time::parse(text).unwrap()
    }

    fn window(end: &str) -> Range<i64> {
        micros(end) - HOUR_MICROS..micros(end)
    }

    #[test]
    fn the_same_hour_of_the_week_is_found_across_a_change_of_clocks() {
        let against = Against::HourOfWeek { over_micros: 15 * DAY_MICROS, zone: Tz::Europe__Berlin };
        // Monday 09:00 to 10:00 in Berlin: UTC+1 now, UTC+2 before 25 October.
        let found = against.stretches(&window("2026-10-26T09:00:00Z"), 0);
        let hour = |text| micros(text)..micros(text) + HOUR_MICROS;
        assert_eq!(found, [hour("2026-10-19T07:00:00Z"), hour("2026-10-12T07:00:00Z")]);
    }

    #[test]
    fn an_hour_that_clocks_show_twice_is_two_hours_long_and_one_that_they_leave_out_is_none() {
        let against = Against::HourOfDay { over_micros: 2 * DAY_MICROS, zone: Tz::Europe__Berlin };
        // 02:00 to 03:00 in Berlin, which on 25 October came twice.
        let found = against.stretches(&window("2026-10-26T02:00:00Z"), 0);
        let (twice, before) = (micros("2026-10-25T00:00:00Z"), micros("2026-10-24T00:00:00Z"));
        assert_eq!(found, [twice..twice + 2 * HOUR_MICROS, before..before + HOUR_MICROS]);
        // On 29 March it did not come.
        let found = against.stretches(&window("2026-03-30T01:00:00Z"), 0);
        let before = micros("2026-03-28T01:00:00Z");
        assert_eq!(found.as_slice(), std::slice::from_ref(&(before..before + HOUR_MICROS)));
    }

    #[test]
    fn cells_keep_their_hour_across_a_change_of_clocks_and_reach_up_to_the_window() {
        let week = Against::HourOfWeek { over_micros: 14 * DAY_MICROS, zone: Tz::Europe__Berlin };
        // Monday 09:00 to 10:00 in Berlin.
        assert_eq!(week.cell(micros("2026-10-26T09:00:00Z")), Some(9));
        assert_eq!(week.cell(micros("2026-10-19T08:00:00Z")), Some(9));
        assert_eq!(week.cell(micros("2026-10-25T23:00:00Z")), Some(6 * 24 + 23));
        let day = Against::HourOfDay { over_micros: DAY_MICROS, zone: Tz::Asia__Kolkata };
        assert_eq!(day.cell(micros("2026-10-26T04:00:00Z")), Some(9), "09:00 to 09:30 there");
        let quarter = |end: &str| micros(end) - HOUR_MICROS / 4..micros(end);
        let expected = Some(micros("2026-10-12T08:00:00Z")..micros("2026-10-26T07:45:00Z"));
        for end in ["2026-10-26T08:01:00Z", "2026-10-26T08:15:00Z", "2026-10-26T09:00:00Z"] {
            assert_eq!(week.all_cells(&quarter(end)), expected, "{end}");
        }
        let any = Against::AnyHour { over_micros: DAY_MICROS };
        assert_eq!((any.cell(0), any.all_cells(&(0..1))), (None, None));
    }

    #[test]
    fn what_is_left_out_is_told_by_the_end_of_a_window() {
        let days = LeftOut::new("feasts".to_owned(), [20..30, 0..10, 10..12, 25..40, 50..50]);
        let held: Vec<i64> = (-1..=51).filter(|end| days.holds(*end)).collect();
        assert_eq!(held, (1..=12).chain(21..=40).collect::<Vec<i64>>());
    }

    #[test]
    fn windows_that_overlap_are_not_compared_with() {
        let against = Against::AnyHour { over_micros: DAY_MICROS };
        let now = window("2026-10-26T09:00:00Z");
        assert_eq!(against.stretches(&now, 0).as_slice(), std::slice::from_ref(&(now.end - DAY_MICROS..now.start)));
    }
}
