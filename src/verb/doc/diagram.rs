//! The picture of whom alerts reach, as SVG: from left to right the monitor, its severities, the teams of each, and the
//! methods. Each severity is a row of its own, so no two lines cross; the same is said as a list below it.

use super::html::Html;
use super::lanes::{Lane, Stop};

const LINE: usize = 18;
const PAD: usize = 10;
/// Between boxes one below the other, and between severities.
const GAP: usize = 10;
const LANE_GAP: usize = 22;
/// Width of a letter of the picture's type, in tenths, at most for nearly all texts; and of a strong one.
const LETTER: usize = 72;
const STRONG_LETTER: usize = 82;

/// Left edge and width of each column: who, severity, teams, methods.
const WHO: (usize, usize) = (1, 168);
const SEVERITY: (usize, usize) = (215, 190);
const TEAM: (usize, usize) = (451, 230);
const WAY: (usize, usize) = (727, 172);
const WIDTH: usize = 900;

/// What is drawn.
pub struct Picture<'a> {
    pub title: String,
    /// What the lanes begin with: `monitor` or `playbook`, and its name.
    pub kind: &'a str,
    pub name: &'a str,
    pub lanes: &'a [Lane],
}

/// A box with lines of text, the first of them strong.
struct Card {
    x: usize,
    width: usize,
    lines: Vec<String>,
    strong: usize,
}

impl Card {
    fn new((x, width): (usize, usize), head: &str, rest: &[String]) -> Self {
        let mut lines = if head.is_empty() { Vec::new() } else { wrapped(head, width, STRONG_LETTER) };
        let strong = lines.len();
        lines.extend(rest.iter().flat_map(|text| wrapped(text, width, LETTER)));
        Self { x, width, lines, strong }
    }

    fn height(&self) -> usize {
        self.lines.len() * LINE + PAD
    }

    fn draw(&self, html: &mut Html, y: usize, class: &str) {
        let (x, top) = (self.x.to_string(), y.to_string());
        let (width, height) = (self.width.to_string(), self.height().to_string());
        html.inside("g", &[("class", class)], |html| {
            let place = [("x", x.as_str()), ("y", &top), ("width", &width), ("height", &height), ("rx", "6")];
            html.element("rect", &place, "");
            for (at, line) in self.lines.iter().enumerate() {
                let x = (self.x + PAD).to_string();
                let y = (y + (at + 1) * LINE).to_string();
                let class = if at < self.strong { "strong" } else { "" };
                html.element("text", &[("x", &x), ("y", &y), ("class", class)], line);
            }
        });
    }
}

/// The boxes of a lane and how tall it is.
struct Row<'a> {
    lane: &'a Lane,
    severity: Card,
    teams: Vec<Card>,
    ways: Card,
    height: usize,
}

impl<'a> Row<'a> {
    fn new(lane: &'a Lane) -> Self {
        let severity = Card::new(SEVERITY, lane.level.name(), &lane.when);
        let team = |stop: &Stop| Card::new(TEAM, &format!("team {}", stop.team), std::slice::from_ref(&stop.when));
        let teams: Vec<Card> = lane.stops.iter().map(team).collect();
        let mut said: Vec<String> =
            lane.ways.iter().map(|way| format!("by {} {}", way.methods.join(", "), way.timing)).collect();
        if said.is_empty() {
            said.push("nobody is told".to_owned());
        }
        let ways = Card::new(WAY, "", &said);
        let stacked = teams.iter().map(Card::height).sum::<usize>() + teams.len().saturating_sub(1) * GAP;
        let height = severity.height().max(stacked).max(ways.height());
        Self { lane, severity, teams, ways, height }
    }

    /// Draws the lane with its upper edge at `top`, and a line to it from the point at `from`.
    fn draw(&self, html: &mut Html, top: usize, from: usize) {
        let middle = top + self.height / 2;
        let level = self.lane.level.name();
        line(html, (right(WHO), from), (SEVERITY.0, middle), true);
        let stacked = self.teams.iter().map(Card::height).sum::<usize>() + self.teams.len().saturating_sub(1) * GAP;
        let mut y = top + (self.height - stacked) / 2;
        for (team, stop) in self.teams.iter().zip(&self.lane.stops) {
            let at = y + team.height() / 2;
            line(html, (right(SEVERITY), middle), (TEAM.0, at), stop.certain);
            line(html, (right(TEAM), at), (WAY.0, middle), stop.certain);
            team.draw(html, y, if stop.certain { "box" } else { "box maybe" });
            y += team.height() + GAP;
        }
        self.severity.draw(html, middle - self.severity.height() / 2, &format!("box level {level}"));
        self.ways.draw(html, middle - self.ways.height() / 2, "box");
    }
}

const fn right(column: (usize, usize)) -> usize {
    column.0 + column.1
}

/// A line with a tip; broken where only some incidents go along it.
fn line(html: &mut Html, (x1, y1): (usize, usize), (x2, y2): (usize, usize), certain: bool) {
    let bend = usize::midpoint(x1, x2);
    let end = x2.saturating_sub(2);
    let path = format!("M{x1} {y1}C{bend} {y1} {bend} {y2} {end} {y2}");
    let class = if certain { "way" } else { "way maybe" };
    html.element("path", &[("class", class), ("d", &path), ("marker-end", "url(#tip)")], "");
}

/// Writes the picture and the list that says the same.
pub fn draw(html: &mut Html, picture: &Picture<'_>) {
    let rows: Vec<Row<'_>> = picture.lanes.iter().map(Row::new).collect();
    let who = Card::new(WHO, picture.name, &[picture.kind.to_owned()]);
    let lanes = rows.iter().map(|row| row.height).sum::<usize>() + rows.len().saturating_sub(1) * LANE_GAP;
    let height = lanes.max(who.height()) + 2;
    let view = format!("0 0 {WIDTH} {height}");
    html.inside("figure", &[("class", "routes")], |html| {
        html.inside("div", &[("class", "scroll")], |html| {
            let head = [("role", "img"), ("aria-labelledby", "routes-title"), ("viewBox", view.as_str())];
            html.inside("svg", &head, |html| {
                html.element("title", &[("id", "routes-title")], &picture.title);
                html.own(
                    "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
                     orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"></path></marker></defs>\n",
                );
                let mut top = 1 + (height - 2 - lanes) / 2;
                let middle = height / 2;
                for row in &rows {
                    row.draw(html, top, middle);
                    top += row.height + LANE_GAP;
                }
                who.draw(html, middle - who.height() / 2, "box who");
            });
        });
        if picture.lanes.iter().flat_map(|lane| &lane.stops).any(|stop| !stop.certain) {
            html.element("figcaption", &[], "A broken line: only incidents for which the condition holds.");
        }
    });
    list(html, picture.lanes);
}

fn list(html: &mut Html, lanes: &[Lane]) {
    html.inside("ul", &[("class", "lanes")], |html| {
        for lane in lanes {
            html.inside("li", &[], |html| {
                level(html, lane);
                let teams: Vec<String> =
                    lane.stops.iter().map(|stop| format!("team {} ({})", stop.team, stop.when)).collect();
                let ways: Vec<String> =
                    lane.ways.iter().map(|way| format!("by {} {}", way.methods.join(" and "), way.timing)).collect();
                html.text(&if teams.is_empty() || ways.is_empty() {
                    ": nobody is told".to_owned()
                } else {
                    format!(": {}; {}", teams.join(", "), ways.join(", "))
                });
            });
        }
    });
}

fn level(html: &mut Html, lane: &Lane) {
    html.element("span", &[("class", &format!("chip {}", lane.level.name()))], lane.level.name());
    if !lane.when.is_empty() {
        html.text(&format!(" {}", lane.when.join(", or ")));
    }
}

/// A text in lines that fit into a box of this width; a word that is too long is cut.
fn wrapped(text: &str, width: usize, letter: usize) -> Vec<String> {
    let limit = width.saturating_sub(2 * PAD) * 10 / letter;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let long = letters(word);
        if used > 0 && used + 1 + long > limit {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for sign in word.chars() {
            let wide = wide(sign);
            if used + wide > limit {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(sign);
            used += wide;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

fn letters(word: &str) -> usize {
    word.chars().map(wide).sum()
}

/// Signs of scripts such as Chinese, and emoji, are as wide as two letters.
const fn wide(sign: char) -> usize {
    if sign as u32 >= 0x1100 { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use mon_compiler::plan::Severity;

    use super::super::html::Html;
    use super::super::lanes::{Lane, Stop, Way};
    use super::{LETTER, Picture, draw, wrapped};

    #[test]
    fn texts_are_wrapped_between_words_and_long_words_are_cut() {
        let limit = 20;
        let width = limit * LETTER / 10 + 21;
        assert_eq!(
            wrapped("when voices >= 250 or volume >= 1000", width, LETTER),
            ["when voices >= 250", "or volume >= 1000"]
        );
        assert_eq!(wrapped(&"a".repeat(45), width, LETTER).iter().map(String::len).collect::<Vec<_>>(), [20, 20, 5]);
        assert_eq!(wrapped(&"京".repeat(15), width, LETTER).len(), 2);
        assert_eq!(wrapped("", width, LETTER), [""]);
    }

    /// Upper and lower edge of every box by its column.
    fn boxes(svg: &str) -> Vec<(usize, usize, usize)> {
        let number = |text: &str, name: &str| -> usize {
            text.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        let rects = svg.split("<rect").skip(1).map(|rest| rest.split('>').next().unwrap());
        rects.map(|rect| (number(rect, "x"), number(rect, "y"), number(rect, "y") + number(rect, "height"))).collect()
    }

    #[test]
    fn no_box_of_a_column_lies_over_another_and_all_lie_in_the_picture() {
        let stop = |at: usize| Stop {
            team: format!("team_{at}_{}", "x".repeat(at * 9)),
            when: "when it is so ".repeat(at),
            certain: at == 1,
        };
        let lane = |level, stops: usize| Lane {
            level,
            when: vec!["when voices >= 250 or volume >= 1000 or reach >= 10000000".to_owned()],
            stops: (1..=stops).map(stop).collect(),
            ways: vec![Way { methods: vec!["slack".to_owned(), "email".to_owned()], timing: "at once".to_owned() }],
        };
        let lanes = [lane(Severity::Critical, 7), lane(Severity::High, 1), lane(Severity::Low, 3)];
        let mut html = Html::default();
        draw(&mut html, &Picture { title: "all".to_owned(), kind: "monitor", name: "acme", lanes: &lanes });
        let svg = html.finish();
        let height: usize = svg.split("viewBox=\"0 0 900 ").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        let mut found = boxes(&svg);
        assert_eq!(found.len(), 1 + 3 * 2 + 11);
        found.sort_unstable();
        for pair in found.windows(2) {
            assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{pair:?}");
        }
        assert!(found.iter().all(|(_, _, bottom)| *bottom <= height), "{found:?} in {height}");
    }
}
