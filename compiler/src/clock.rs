//! Times of day and days of the week in a time zone: what `created within hours(…)` and `days(…)` ask of a time.

use chrono::{DateTime, Datelike, Timelike, Weekday};
use chrono_tz::Tz;

/// A part of the day or the week, as the clocks of a zone show it, summer time included.
#[derive(Clone, Debug, PartialEq)]
pub enum Clock {
    /// From one minute of the day up to another, which no longer belongs to it; `from` may lie behind `to`: over midnight.
    Hours { from: u32, to: u32, zone: Tz },
    /// One bit a day, Monday the lowest.
    Days { days: u8, zone: Tz },
}

impl Clock {
    /// Whether a time (microseconds since 1970 UTC) lies in this part; never for one beyond the calendar.
    #[must_use]
    pub fn holds(&self, micros: i64) -> bool {
        let Some(time) = DateTime::from_timestamp_micros(micros) else { return false };
        match self {
            Self::Hours { from, to, zone } => {
                let time = time.with_timezone(zone);
                let minute = time.hour() * 60 + time.minute();
                if from <= to { (*from..*to).contains(&minute) } else { minute >= *from || minute < *to }
            }
            Self::Days { days, zone } => days >> time.with_timezone(zone).weekday().num_days_from_monday() & 1 == 1,
        }
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hours { from, to, zone } => {
                let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
                write!(f, "hours({}, {}, \"{zone}\")", clock(*from), clock(*to))
            }
            Self::Days { days, zone } => {
                let words = DAYS.iter().filter(|(_, day)| days >> day.num_days_from_monday() & 1 == 1);
                let words: Vec<&str> = words.map(|(word, _)| *word).collect();
                write!(f, "days({}, \"{zone}\")", words.join(", "))
            }
        }
    }
}

/// The day that a word of three letters names: `mon`, `sat`.
#[must_use]
pub fn day(word: &str) -> Option<Weekday> {
    DAYS.into_iter().find(|(known, _)| *known == word).map(|(_, day)| day)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::Clock;

    const BERLIN: Tz = Tz::Europe__Berlin;

    fn micros(text: &str) -> i64 {
        mon_post::time::parse(text).unwrap()
    }

    #[test]
    fn hours_are_those_of_the_zone_in_summer_and_winter() {
        let night = Clock::Hours { from: 22 * 60, to: 7 * 60, zone: BERLIN };
        assert!(night.holds(micros("2026-01-15T21:00:00Z")), "22:00 in winter");
        assert!(!night.holds(micros("2026-01-15T20:59:59Z")));
        assert!(night.holds(micros("2026-07-15T20:00:00Z")), "22:00 in summer");
        assert!(night.holds(micros("2026-07-15T04:59:59Z")), "06:59:59 in summer");
        assert!(!night.holds(micros("2026-07-15T05:00:00Z")), "07:00 no longer belongs to it");
    }

    #[test]
    fn days_begin_at_the_midnight_of_the_zone() {
        let weekend = Clock::Days { days: 0b110_0000, zone: BERLIN };
        assert!(weekend.holds(micros("2026-11-27T23:30:00Z")), "Saturday in Berlin");
        assert!(!weekend.holds(micros("2026-11-27T22:30:00Z")), "Friday still");
        assert!(!weekend.holds(micros("2026-11-29T23:00:00Z")), "Monday already");
    }
}
