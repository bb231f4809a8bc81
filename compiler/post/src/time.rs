//! Moments as files write them: RFC 3339 and numbers since 1970, to and from microseconds UTC.
//! The common form is parsed by hand, because every post has at least one; rarer forms go through `chrono`.

/// Microseconds a second.
pub const SECOND: i64 = 1_000_000;

/// Years that a post can have: from 0001 to 9999, as in RFC 3339.
const MIN: i64 = -62_135_596_800 * SECOND;
const MAX: i64 = 253_402_300_799 * SECOND + 999_999;

/// Times that a recorded post can have, from 1990 to before 2200: what lies outside was misread or mistyped.
pub const PLAUSIBLE: std::ops::Range<i64> = 631_152_000 * SECOND..7_258_118_400 * SECOND;

fn in_range(micros: i64) -> Option<i64> {
    (MIN..=MAX).contains(&micros).then_some(micros)
}

/// Reads a number since 1970: below 10^11 it counts seconds, below 10^14 milliseconds, below 10^17 microseconds,
/// from there nanoseconds.
#[must_use]
pub fn from_number(value: i64) -> Option<i64> {
    let micros = match value.unsigned_abs() {
        0..100_000_000_000 => value.checked_mul(SECOND)?,
        100_000_000_000..100_000_000_000_000 => value.checked_mul(1_000)?,
        100_000_000_000_000..100_000_000_000_000_000 => value,
        _ => value.div_euclid(1_000),
    };
    in_range(micros)
}

/// Reads seconds since 1970 with decimals.
#[must_use]
pub fn from_seconds(seconds: f64) -> Option<i64> {
    if !seconds.is_finite() {
        return None;
    }
    if seconds.abs() >= 1.0e11 {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and the range is checked after")]
        return from_number(seconds as i64);
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 10^17")]
    in_range((seconds * 1.0e6).round() as i64)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

/// Days from 1970-01-01 to a day of the civil calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Reads RFC 3339 (a time without a zone is UTC, a date alone its midnight), RFC 2822, and `Mon Nov 02 10:00:00
/// +0000 2026`.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    rfc3339(text.as_bytes()).or_else(|| rare(text)).and_then(in_range)
}

fn rare(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc2822(text)
        .or_else(|_| chrono::DateTime::parse_from_str(text, "%a %b %d %H:%M:%S %z %Y"))
        .ok()
        .map(|moment| moment.timestamp_micros())
}

fn rfc3339(text: &[u8]) -> Option<i64> {
    let (year, month, day) = match text {
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => {
            (digits(y)?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
        }
        [a, b, c, d, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', ..] => {
            (digits(&[*a, *b, *c, *d])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
        }
        _ => return None,
    };
    if !(1..=12).contains(&month) || day < 1 || day > month_days(year, month) {
        return None;
    }
    let midnight = days(year, month, day) * 86_400 * SECOND;
    match text.get(11..) {
        None | Some([]) if text.len() == 10 => Some(midnight),
        Some(clock) => Some(midnight + of_day(clock)?),
        None => None,
    }
}

/// `HH:MM[:SS[.fraction]][zone]` in microseconds after midnight UTC; may be outside the day.
fn of_day(clock: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, rest @ ..] = clock else { return None };
    let (hour, minute) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (digits(&[*s1, *s2])?, rest),
        rest => (0, rest),
    };
    // A leap second is the last second of its minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, rest) = match rest {
        [b'.' | b',', rest @ ..] => {
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (told, rest) = rest.split_at_checked(count)?;
            let kept = told.get(..told.len().min(6))?;
            let scale = 10_i64.pow(u32::try_from(6 - kept.len()).ok()?);
            if told.is_empty() {
                return None;
            }
            (digits(kept)? * scale, rest)
        }
        rest => (0, rest),
    };
    let offset = match rest {
        [] | [b'Z' | b'z'] | b" UTC" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let value = (hours * 60 + minutes) * 60;
            if *sign == b'-' { -value } else { value }
        }
        [sign @ (b'+' | b'-'), h1, h2] => digits(&[*h1, *h2])? * 3_600 * if *sign == b'-' { -1 } else { 1 },
        _ => return None,
    };
    Some(((hour * 60 + minute) * 60 + second.min(59) - offset) * SECOND + fraction)
}

/// Writes RFC 3339 in UTC with as few decimals (0, 3 or 6) as tell the moment exactly.
pub fn write(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros.div_euclid(SECOND);
    let fraction = micros.rem_euclid(SECOND);
    let (day, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let month_day = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let mut number = |value: i64, width: u32, after: Option<u8>| {
        for place in (0..width).rev() {
            let digit = value.rem_euclid(10_i64.pow(place + 1)) / 10_i64.pow(place);
            out.push(b'0' + u8::try_from(digit).unwrap_or_default());
        }
        out.extend(after);
    };
    number(year, 4, Some(b'-'));
    number(month, 2, Some(b'-'));
    number(month_day, 2, Some(b'T'));
    number(clock / 3_600, 2, Some(b':'));
    number(clock / 60 % 60, 2, Some(b':'));
    number(clock % 60, 2, (fraction != 0).then_some(b'.'));
    if fraction % 1_000 != 0 {
        number(fraction, 6, None);
    } else if fraction != 0 {
        number(fraction / 1_000, 3, None);
    }
    out.push(b'Z');
}

/// As [`write`], as a text.
#[must_use]
pub fn format(micros: i64) -> String {
    let mut out = Vec::with_capacity(27);
    write(micros, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_and_rare_forms_mean_the_same_moment() {
        let moment = 1_793_613_600 * SECOND;
        for text in [
            "2026-11-02T10:00:00Z",
            "2026-11-02 10:00:00",
            "2026-11-02T10:00Z",
            "2026-11-02T11:00:00+01:00",
            "2026-11-02T09:30:00.000-0030",
            "Mon, 02 Nov 2026 10:00:00 GMT",
            "Mon Nov 02 10:00:00 +0000 2026",
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
        }
        assert_eq!(parse("2026-11-02"), Some(moment - 36_000 * SECOND));
        assert_eq!(parse("2026-11-02T10:00:00.123456789Z"), Some(moment + 123_456));
        for bad in ["", "soon", "2026-13-02", "2026-02-30", "2026-11-02T25:00:00Z", "2026-11-02T10:00:00.Z", "2026-1-2"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_are_told_apart_by_size() {
        let moment = 1_793_613_600 * SECOND;
        for number in [1_793_613_600, 1_793_613_600_000, 1_793_613_600_000_000, 1_793_613_600_000_000_000] {
            assert_eq!(from_number(number), Some(moment));
        }
        assert_eq!(from_seconds(1_793_613_600.5), Some(moment + 500_000));
        assert_eq!(from_seconds(f64::NAN), None);
    }

    #[test]
    fn what_is_written_reads_back() {
        for seconds in (-62_135_596_800_i64..253_402_300_799).step_by(1_000_003_337) {
            for fraction in [0, 1, 999_999, 250_000] {
                let micros = seconds * SECOND + fraction;
                assert_eq!(parse(&format(micros)), Some(micros), "{}", format(micros));
            }
        }
        assert_eq!(format(0), "1970-01-01T00:00:00Z");
        assert_eq!(format(1_500), "1970-01-01T00:00:00.001500Z");
    }
}
