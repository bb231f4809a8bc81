//! A page of figures in the text format 0.0.4 of Prometheus: for each family its help, its type and its samples.

use std::fmt::Write as _;

use crate::figures::Histogram;

/// The header that goes with the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What kind of number a family holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process starts anew.
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Samples of one name.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Letters, digits and `_`; the unit stands last, `_total` behind it for sums.
    pub name: &'static str,
    pub kind: Kind,
    /// Names of the labels, in the order in which samples give their values.
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

/// A sample's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Whole(u64),
    Real(f64),
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Number {
    fn from(value: bool) -> Self {
        Self::Whole(u64::from(value))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(value) => write!(f, "{value}"),
            Self::Real(value) if value.is_nan() => f.write_str("NaN"),
            Self::Real(value) if value.is_infinite() => f.write_str(if *value > 0.0 { "+Inf" } else { "-Inf" }),
            Self::Real(value) => write!(f, "{value}"),
        }
    }
}

/// The page while it is written.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// Begins a family; each may be begun once.
    pub fn family<'p>(&'p mut self, family: &'p Family) -> Rows<'p> {
        let Family { name, kind, help, .. } = family;
        let _ = writeln!(self.0, "# HELP {name} {}", escaped(help, false));
        let _ = writeln!(self.0, "# TYPE {name} {}", kind.word());
        Rows { page: &mut self.0, family }
    }

    #[must_use]
    pub fn text(self) -> String {
        self.0
    }
}

/// The samples of one family.
pub struct Rows<'p> {
    page: &'p mut String,
    family: &'p Family,
}

impl Rows<'_> {
    /// Adds a sample, with one value for each of the family's labels.
    pub fn sample(&mut self, values: &[&str], number: impl Into<Number>) {
        self.line("", values, None, number.into());
    }

    /// Adds the samples of a histogram, in seconds.
    pub fn histogram(&mut self, values: &[&str], histogram: &Histogram) {
        let counts = histogram.cumulated();
        for (bound, count) in &counts {
            let bound = bound.map_or(f64::INFINITY, seconds);
            self.line("_bucket", values, Some(bound), Number::Whole(*count));
        }
        self.line("_sum", values, None, Number::Real(seconds(histogram.sum())));
        // Of the same reading as the buckets, so that it is never less than the largest of them.
        self.line("_count", values, None, Number::Whole(counts.last().map_or(0, |(_, count)| *count)));
    }

    fn line(&mut self, ending: &str, values: &[&str], bound: Option<f64>, number: Number) {
        self.page.push_str(self.family.name);
        self.page.push_str(ending);
        let mut labels: Vec<String> = self
            .family
            .labels
            .iter()
            .zip(values)
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value, true)))
            .collect();
        labels.extend(bound.map(|bound| format!("le=\"{}\"", Number::Real(bound))));
        if !labels.is_empty() {
            let _ = write!(self.page, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(self.page, " {number}");
    }
}

/// Seconds of microseconds, as near as a number of 64 bits is.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 µs, which are 285 years, nothing is lost")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// `\` and line feed as the format has them; in the value of a label `"` too.
fn escaped(text: &str, quoted: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quoted => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static POSTS: Family = Family {
        name: "mon_posts_total",
        kind: Kind::Counter,
        labels: &["source"],
        help: "Posts \"read\",\nby \\ source.",
    };
    static LAG: Family = Family { name: "mon_lag_seconds", kind: Kind::Gauge, labels: &[], help: "Lag." };
    static DELAY: Family =
        Family { name: "mon_delay_seconds", kind: Kind::Histogram, labels: &["source"], help: "Delay." };
    static BOUNDS: [u64; 2] = [5_000, 2_500_000];

    #[test]
    fn a_page_is_what_the_format_asks_for() {
        let mut page = Page::default();
        let mut rows = page.family(&POSTS);
        rows.sample(&["a\"b\\c\nd"], 7);
        rows.sample(&["ü"], u64::MAX);
        let mut rows = page.family(&LAG);
        rows.sample(&[], 0.25);
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            rows.sample(&[], odd);
        }
        rows.sample(&[], true);
        let histogram = Histogram::new(&BOUNDS);
        for micros in [1_000, 5_000, 6_000, 3_000_000] {
            histogram.observe(micros);
        }
        page.family(&DELAY).histogram(&["x"], &histogram);
        let expected = r#"# HELP mon_posts_total Posts "read",\nby \\ source.
# TYPE mon_posts_total counter
mon_posts_total{source="a\"b\\c\nd"} 7
mon_posts_total{source="ü"} 18446744073709551615
# HELP mon_lag_seconds Lag.
# TYPE mon_lag_seconds gauge
mon_lag_seconds 0.25
mon_lag_seconds NaN
mon_lag_seconds +Inf
mon_lag_seconds -Inf
mon_lag_seconds 1
# HELP mon_delay_seconds Delay.
# TYPE mon_delay_seconds histogram
mon_delay_seconds_bucket{source="x",le="0.005"} 2
mon_delay_seconds_bucket{source="x",le="2.5"} 3
mon_delay_seconds_bucket{source="x",le="+Inf"} 4
mon_delay_seconds_sum{source="x"} 3.012
mon_delay_seconds_count{source="x"} 4
"#;
        assert_eq!(page.text(), expected);
    }

    /// Reads the one label of a line as Prometheus does: `\\`, `\"` and `\n` are the only escapes.
    fn read(line: &str) -> Option<String> {
        let mut rest = line.strip_prefix("mon_posts_total{source=\"")?.chars();
        let mut value = String::new();
        loop {
            match rest.next()? {
                '"' => return (rest.as_str() == "} 1").then_some(value),
                '\\' => value.push(match rest.next()? {
                    'n' => '\n',
                    sign @ ('\\' | '"') => sign,
                    _ => return None,
                }),
                letter => value.push(letter),
            }
        }
    }

    proptest! {
        #[test]
        fn any_label_is_read_back_as_it_was(value in "(\\PC|[\\\\\"\n\r\t{},=])*") {
            let mut page = Page::default();
            page.family(&POSTS).sample(&[&value], 1);
            let text = page.text();
            let samples: Vec<&str> = text.split('\n').filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
            prop_assert_eq!(samples.len(), 1, "{}", text);
            prop_assert_eq!(read(samples[0]), Some(value));
        }
    }
}
