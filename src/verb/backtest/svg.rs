//! The picture of a backtest: for each monitor its measure over time with the written threshold and the incidents below,
//! and incidents by threshold. It is plain SVG without scripts, and its colours follow the reader's light or dark.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mon_compiler::diagnostic::machine::xml;
use mon_lens::figures::{Row, Span};

use super::output::{figure, range};
use super::{Told, Tried, judged};
use crate::report::clock;

const WIDTH: f64 = 800.0;
/// Where the plots begin and end from left to right.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 780.0;
const HEAD: f64 = 56.0;
/// Height of one monitor.
const BLOCK: f64 = 470.0;
/// From the top of a monitor: the plot over time, the strip of incidents, the plot by threshold.
const OVER_TIME: (f64, f64) = (36.0, 206.0);
const STRIP: (f64, f64) = (212.0, 224.0);
const BY_THRESHOLD: (f64, f64) = (286.0, 416.0);
/// Points that a line over time has at most; of more windows each point shows the one that is nearest to an alert.
const POINTS_MAX: i64 = 700;

const STYLE: &str = "
  svg { color-scheme: light dark } .ground { fill: #ffffff }
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .head { font-size: 16px; font-weight: 600 } .name { font-size: 14px; font-weight: 600 } .end { text-anchor: end }
  .middle { text-anchor: middle } .axis { stroke: #8c959f; fill: none } .line { stroke: #0969da; stroke-width: 1.5; fill: none; stroke-linecap: round }
  .written { stroke: #bc4c00; stroke-width: 1.5; stroke-dasharray: 6 4 } .bar { fill: #cf222e } .dot { fill: #0969da } .own { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .axis { stroke: #6e7681 } .line { stroke: #58a6ff }
    .written { stroke: #ffa657 } .bar { fill: #ff7b72 } .dot { fill: #58a6ff } .own { fill: #ffa657 }
  }
";

/// Places numbers of one range in another.
#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn new((low, high): (f64, f64), from: f64, to: f64) -> Self {
        // One number alone stands in the middle.
        if low < high { Self { low, high, from, to } } else { Self { low: low - 1.0, high: low + 1.0, from, to } }
    }

    fn at(self, number: f64) -> f64 {
        self.from + (number - self.low) / (self.high - self.low) * (self.to - self.from)
    }
}

/// The whole picture.
pub fn picture(told: &Told<'_>) -> String {
    let height = HEAD + BLOCK * told.tried.len() as f64;
    let posts = told.posts.file_name().unwrap_or(told.posts.as_os_str()).to_string_lossy();
    let title = xml(&format!("What other thresholds would have raised over {posts}"));
    let about: Vec<String> = told.tried.iter().map(sentence).collect();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"head\" x=\"20\" y=\"32\">{title}</text>\n",
        xml(&about.join(" "))
    );
    for (at, tried) in told.tried.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "<g transform=\"translate(0 {})\">", HEAD + BLOCK * at as f64);
        over_time(tried, &mut out);
        by_threshold(tried, &mut out);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

fn written(tried: &Tried) -> Option<&Row> {
    tried.rows.iter().find(|row| row.written)
}

fn sentence(tried: &Tried) -> String {
    let count = written(tried).map_or(0, |row| row.incidents);
    let noun = if count == 1 { "incident" } else { "incidents" };
    let target = &tried.subject.target;
    let name = tried.subject.name();
    format!("Monitor {name} raises {count} {noun} with {} {} as it is written.", target.compares(), target.written)
}

fn text(out: &mut String, class: &str, (x, y): (f64, f64), words: &str) {
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", xml(words));
}

fn line(out: &mut String, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(out, "<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>");
}

fn frame(out: &mut String, (top, bottom): (f64, f64)) {
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{LEFT} {top}L{LEFT} {bottom}L{RIGHT} {bottom}\"/>");
}

/// The measure, the line of the written threshold, and bars where an incident was open.
fn over_time(tried: &Tried, out: &mut String) {
    let target = &tried.subject.target;
    let (top, bottom) = OVER_TIME;
    text(out, "name", (20.0, 14.0), &format!("{}: {} over time", tried.subject.name(), target.name));
    frame(out, OVER_TIME);
    let Some(span) = tried.time.map(|time| time.span) else {
        return text(out, "middle", (f64::midpoint(LEFT, RIGHT), f64::midpoint(top, bottom)), "no posts");
    };
    let step = (span.length() / POINTS_MAX).max(every(tried, span.from));
    let points = points(tried, span, step);
    let values: Vec<f64> = points.values().copied().chain([0.0, target.written]).collect();
    let (low, high) = range(&values);
    let low_high = (low.unwrap_or(0.0), high.unwrap_or(1.0));
    let across = Scale::new((span.from as f64, span.until as f64), LEFT, RIGHT);
    let up = Scale::new(low_high, bottom, top);
    let mut path = String::new();
    let mut before = None;
    for (bucket, value) in &points {
        let (x, y) = (across.at((span.from + bucket * step) as f64), up.at(*value));
        // A window without posts is no point: the line breaks there, and a point alone is a dot.
        let next = before.is_some_and(|before| before + 1 == *bucket);
        let _ = if next { write!(path, "L{x:.1} {y:.1}") } else { write!(path, "M{x:.1} {y:.1}h0") };
        before = Some(*bucket);
    }
    let _ = writeln!(out, "<path class=\"line\" d=\"{path}\"/>");
    let y = up.at(target.written);
    line(out, "written", (LEFT, y), (RIGHT, y));
    text(out, "end", (RIGHT, y - 4.0), &format!("{} {}", target.compares(), target.written));
    for number in [low_high.0, low_high.1] {
        text(out, "end", (LEFT - 6.0, up.at(number) + 4.0), &figure(round(number)));
    }
    incidents(tried, across, out);
    let times = [(span.from, "", LEFT), (span.until, "end", RIGHT)];
    for (time, class, x) in times {
        text(out, class, (x, STRIP.1 + 16.0), &clock(time));
    }
}

fn incidents(tried: &Tried, across: Scale, out: &mut String) {
    let (top, bottom) = STRIP;
    text(out, "end", (LEFT - 6.0, bottom - 1.0), "incidents");
    for open in written(tried).into_iter().flat_map(|row| &row.open) {
        let (from, until) = (across.at(open.from as f64), across.at(open.until as f64));
        let _ = writeln!(
            out,
            "<rect class=\"bar\" x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{}\"><title>open from {} to {}</title></rect>",
            (until - from).max(1.0),
            bottom - top,
            clock(open.from),
            clock(open.until)
        );
    }
}

fn by_threshold(tried: &Tried, out: &mut String) {
    let (top, bottom) = BY_THRESHOLD;
    let target = &tried.subject.target;
    text(out, "name", (20.0, top - 22.0), &format!("Incidents by the number of {}", target.compares()));
    frame(out, BY_THRESHOLD);
    let thresholds: Vec<f64> = tried.rows.iter().map(|row| row.threshold).collect();
    let (low, high) = range(&thresholds);
    let most = tried.rows.iter().map(|row| row.incidents).max().unwrap_or(0).max(1);
    let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(0.0));
    let across = Scale::new((low, high), LEFT + 10.0, RIGHT - 10.0);
    let up = Scale::new((0.0, most as f64), bottom, top);
    let place = |row: &Row| (across.at(row.threshold), up.at(row.incidents as f64));
    let corners: Vec<String> = tried.rows.iter().map(place).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    let _ = writeln!(out, "<path class=\"line\" d=\"M{}\"/>", corners.join("L"));
    for row in &tried.rows {
        let (x, y) = place(row);
        let class = if row.written { "own" } else { "dot" };
        let noun = if row.incidents == 1 { "incident" } else { "incidents" };
        let _ = writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{} {}: {} {noun}</title></circle>",
            xml(&target.compares()),
            figure(row.threshold),
            row.incidents
        );
    }
    let x = across.at(target.written);
    line(out, "written", (x, top), (x, bottom));
    text(out, "end", (LEFT - 6.0, bottom + 4.0), "0");
    text(out, "end", (LEFT - 6.0, top + 4.0), &most.to_string());
    let ends: &[f64] = if low < high { &[low, high] } else { &[low] };
    for number in ends {
        text(out, "middle", (across.at(*number), bottom + 16.0), &figure(*number));
    }
    text(out, "middle", (x, top - 4.0), &format!("written: {}", figure(target.written)));
}

/// How long a step of the window is; a calendar's are drawn as if all were as long as the first.
fn every(tried: &Tried, from: i64) -> i64 {
    let window = tried.subject.plan.monitors.first().and_then(|monitor| monitor.window);
    let pane = window.map_or(0..1, |window| window.borders.pane(from));
    pane.end.saturating_sub(pane.start).max(1)
}

/// By piece of time the value that is nearest to an alert, of all groups.
fn points(tried: &Tried, span: Span, step: i64) -> BTreeMap<i64, f64> {
    let target = &tried.subject.target;
    let mut points: BTreeMap<i64, f64> = BTreeMap::new();
    for window in judged(&tried.windows) {
        let Some(value) = window.values.get(target.measure as usize).copied().flatten() else { continue };
        let point = points.entry((window.end - span.from) / step).or_insert(value);
        *point = if target.is_upward() { point.max(value) } else { point.min(value) };
    }
    points
}

/// Three digits are enough for an axis.
fn round(number: f64) -> f64 {
    if number.fract() == 0.0 { number } else { format!("{number:.2e}").parse().unwrap_or(number) }
}
