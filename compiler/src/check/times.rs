//! Dates and times as rules write them, to microseconds since 1970 UTC. Years are 1970 to 9999.

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `2026-11-01`, `2026-11-01T10:00:00Z`, `2026-11-01T10:00:00.5+02:00`; a time without a zone is UTC.
#[must_use]
pub fn instant(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let day = date_days(date)?;
    let Some(time) = time else { return Some(day * DAY) };
    let (clock_text, offset) = split_offset(time)?;
    Some(day * DAY + clock(clock_text)? - offset)
}

/// An instant as it would be written: `2026-11-01`, or `2026-11-01T10:00:00Z` where it is not midnight.
#[must_use]
pub fn written(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    // The inverse of `date_days`: eras of 400 years, counted from March.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let (month, day) = ((from_march + 2) % 12 + 1, day - (153 * from_march + 2) / 5 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest == 0 {
        return date;
    }
    format!("{date}T{:02}:{:02}:{:02}Z", rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / SECOND)
}

/// `10:03`, `10:03:05`, `10:03:05.25`: microseconds since midnight.
#[must_use]
pub fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = number(parts.next()?, 2, 23)?;
    let minute = number(parts.next()?, 2, 59)?;
    let mut micros = hour * HOUR + minute * MINUTE;
    if let Some(second) = parts.next() {
        let (whole, fraction) = second.split_once('.').unwrap_or((second, ""));
        micros += number(whole, 2, 59)? * SECOND;
        if !fraction.is_empty() {
            let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
            micros += fraction.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok())??;
        }
    }
    parts.next().is_none().then_some(micros)
}

fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (clock_text, offset) = time.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    Some((clock_text, sign * clock(offset.get(1..)?)?))
}

fn number(text: &str, digits: usize, max: i64) -> Option<i64> {
    let fits = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten().filter(|n| *n <= max)
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn date_days(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4, 9999)?;
    let month = number(parts.next()?, 2, 12)?;
    let day = number(parts.next()?, 2, 31)?;
    if parts.next().is_some() || year < 1970 || month < 1 || day < 1 {
        return None;
    }
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > length {
        return None;
    }
    // Counting from March puts the leap day at the end of the year.
    let (shifted, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    Some(365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_become_microseconds() {
        assert_eq!(instant("1970-01-01"), Some(0));
        assert_eq!(instant("2026-11-01T10:00:00Z"), Some(1_793_527_200 * SECOND));
        assert_eq!(instant("2026-11-01T12:00:00+02:00"), instant("2026-11-01T10:00:00Z"));
        assert_eq!(instant("2024-02-29"), Some(1_709_164_800 * SECOND));
        assert_eq!(clock("10:03:05.25"), Some(10 * HOUR + 3 * MINUTE + 5 * SECOND + 250_000));
    }

    #[test]
    fn instants_are_written_as_they_are_read() {
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "2100-03-01", "2026-11-01T10:03:05Z"] {
            assert_eq!(instant(text).map(written).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_the_calendar_lacks_is_refused() {
        for text in
            ["2026-13-01", "2026-02-29", "2026-11-31", "26-11-01", "2026-11-01T25:00", "today", "", "2026-11-01Tx"]
        {
            assert_eq!(instant(text), None, "{text}");
        }
        for text in ["24:00", "9:00", "10", "10:00:00:00", "aa:bb"] {
            assert_eq!(clock(text), None, "{text}");
        }
    }
}
