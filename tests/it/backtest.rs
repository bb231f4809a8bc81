//! `mon backtest`: figures computed by hand, figures of replays with the number written into the rules, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::tool::{Ran, mon, seed};

const RULES: &str = "monitor burst {
  match  \"acme\"
  window tumble 1m
  measure volume = count()
  measure voices = distinct(author.uid)
  alert when volume >= 4
        clear when volume < 2
  severity { high when volume >= 5  medium otherwise }
  follow playbook desk
}

monitor quiet {
  match \"globex\"
}

playbook desk {
  route first { otherwise to team care }
  notify { high by slack, email at once  medium by slack at once }
}
";

/// Posts in the minutes from 10:00 on.
const MINUTES: [u64; 10] = [2, 4, 5, 3, 1, 0, 4, 0, 0, 1];

/// 2026-11-02 10:00:00.
const START: u64 = 1_793_613_600;

fn folder(rules: &str, posts: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    fs::write(folder.path().join("posts.jsonl"), posts).unwrap();
    folder
}

fn posts() -> String {
    let of_minute = |(minute, count): (u64, &u64)| {
        let line = move |n| {
            let at = START + 60 * minute + 5 * n;
            format!("{{\"id\":\"{minute}-{n}\",\"created_at\":{at},\"text\":\"acme\"}}\n")
        };
        (0..*count).map(line).collect::<String>()
    };
    (0..).zip(&MINUTES).map(of_minute).collect()
}

fn backtest(folder: &Path, more: &[&str]) -> Ran {
    mon(folder, &[&["backtest", "rules.mon", "--posts", "posts.jsonl"], more].concat())
}

fn object(folder: &Path, more: &[&str]) -> Value {
    let ran = backtest(folder, &[more, &["--format", "json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn each_threshold_has_the_figures_that_were_computed_by_hand() {
    // Windows by their ends, with their posts: 10:01 2, 10:02 4, 10:03 5, 10:04 3, 10:05 1, 10:06 0, 10:07 4, 10:08 0,
    // 10:10 1. The time is from 10:00 to 10:10, since the youngest post is of 10:09.
    // 2, clear below 1: open from 10:01 to 10:06 and from 10:07 to 10:08, 6 of 10 minutes.
    // 3, clear below 1.5, and 4, clear below 2: open from 10:02 to 10:05 and from 10:07 to 10:08, 4 of 10 minutes.
    // 5, clear below 2.5: open from 10:03 to 10:05. 6: never.
    // Messages of 4: opened medium, by slack (1 medium); high, by slack and email (2 high); medium again, by slack (1 medium);
    // cleared, by both ways in which the team was told (2 medium); the second incident opened and cleared, by slack (2 medium).
    // Of 2 and 3: the same at other times. Of 5: opened high by both, medium by slack, cleared by both.
    let folder = folder(RULES, &posts());
    let told = object(folder.path(), &["--sweep", "2..6:1"]);
    assert_eq!(told["read"], 20);
    let monitor = &told["monitors"][0];
    assert_eq!(told["monitors"].as_array().unwrap().len(), 1, "`quiet` has no alert");
    let expected = [
        json!([2, "volume < 1", 2, "2026-11-02T10:01:00Z", 300.0, 0.6, 2, 6]),
        json!([3, "volume < 1.5", 2, "2026-11-02T10:02:00Z", 180.0, 0.4, 2, 6]),
        json!([4, "volume < 2", 2, "2026-11-02T10:02:00Z", 180.0, 0.4, 2, 6]),
        json!([5, "volume < 2.5", 1, "2026-11-02T10:03:00Z", 120.0, 0.2, 2, 3]),
        json!([6, "volume < 3", 0, null, null, 0.0, 0, 0]),
    ];
    for (row, expected) in monitor["thresholds"].as_array().unwrap().iter().zip(&expected) {
        let messages = &row["messages"];
        let figures = ["threshold", "clear", "incidents", "first_opened", "longest_seconds", "open_share"];
        let mut found: Vec<Value> = figures.iter().map(|key| row[key].clone()).collect();
        found.extend([messages["high"].clone(), messages["medium"].clone()]);
        assert_eq!(&Value::from(found), expected);
        assert_eq!(row["written"], row["threshold"] == 4);
    }
    let about = ["monitor", "alert", "swept", "measure", "written", "windows", "lowest", "highest", "from", "until"];
    let about: Vec<&Value> = about.iter().map(|key| &monitor[key]).collect();
    let span = ["2026-11-02T10:00:00Z", "2026-11-02T10:10:00Z"];
    let wanted = json!(["burst", "volume >= 4", "volume >=", "volume", 4, 7, 1, 5, span[0], span[1]]);
    assert_eq!(json!(about), wanted);
    assert_eq!(monitor["place"], json!({"file": "rules.mon", "line": 6, "column": 3}));
}

#[test]
fn the_page_shows_a_row_and_a_bar_for_values_that_were_seen() {
    let folder = folder(RULES, &posts());
    let ran = backtest(folder.path(), &[]);
    let page = "20 posts of posts.jsonl; nothing was sent

burst (rules.mon:6:3): the number of `volume >= 4` is swept
  `alert when volume >= 4`; what `clear when volume < 2` says of `volume` keeps its ratio
  in 7 windows with posts it was 1 to 5

  threshold  incidents     open  first opened      longest  messages
          1          3   60.0 %  2026-11-02 10:01       5m  2 high, 7 medium
          2          2   60.0 %  2026-11-02 10:01       5m  2 high, 6 medium
          3          2   40.0 %  2026-11-02 10:02       3m  2 high, 6 medium
>         4          2   40.0 %  2026-11-02 10:02       3m  2 high, 6 medium
          5          1   20.0 %  2026-11-02 10:03       2m  2 high, 3 medium
  > as it is written

  incidents by threshold
  1 |############################## 3
  2 |#################### 2
  3 |#################### 2
> 4 |#################### 2
  5 |########## 1
";
    // With 1, the last window opens an incident that is still open when the recording ends: one more message, no more time.
    assert_eq!(ran.out, page);
    assert_eq!(ran.code, 0, "{ran:?}");
    let many = backtest(folder.path(), &["--sweep", "1..200:1"]);
    let plot = many.out.split("incidents by threshold").nth(1).unwrap();
    assert!(plot.lines().all(|line| line.len() <= 80) && plot.lines().count() == 201, "{plot}");
    let last = &object(folder.path(), &[])["monitors"][0]["thresholds"][0];
    assert_eq!((&last["open_at_end"], &last["open_share"]), (&json!(1), &json!(0.6)));
}

#[test]
fn what_cannot_be_swept_is_told_with_its_place() {
    let two = "monitor rising {\n  match \"acme\"\n  window tumble 1m\n  measure a = count()\n  measure b = distinct(author.uid)\n  \
        alert when a > 2 * b\n  severity { low otherwise }\n}\n";
    let folder = folder(&format!("{RULES}\n{two}"), &posts());
    let refused = |more: &[&str], code: i32, message: &str, help: &str| {
        let ran = backtest(folder.path(), more);
        assert!(ran.code == code && ran.out.is_empty(), "{ran:?}");
        assert!(ran.err.contains(message) && ran.err.contains(help), "{message}: {}", ran.err);
    };
    let quiet = "rules.mon:12:9: `quiet` has no alert, so there is no threshold to try";
    refused(&["--monitor", "quiet"], 2, quiet, "add `alert when …`");
    refused(&["--monitor", "loud"], 3, "there is no monitor `loud`", "these are there: burst, quiet, rising");
    let none = "rules.mon:26:3: the alert of `rising` compares no measure with a number";
    refused(&["--monitor", "rising"], 2, none, "it says `a > (2 * b)`");
    refused(
        &["--of", "volum"],
        2,
        "`burst` has no measure `volum`",
        "did you mean `volume`? it compares `volume`: name one of these",
    );
    refused(&["--of", "loudness"], 2, "`burst` has no measure `loudness`", "help: it compares `volume`");
    refused(&["--of", "voices"], 2, "does not compare `voices` with a number", "name one of these with `--of`");
    refused(&["--sweep", "9..3"], 3, "`--sweep 9..3` begins above its end", "--sweep 3..9");
    refused(&["--sweep", "1..1e9:1"], 3, "the limit `sweep_thresholds_max` is 200", "a longer step");
    refused(&["--sweep", "many"], 3, "`--sweep many` is not understood", "--sweep 10..50:5");
    let ran = backtest(folder.path(), &["--sweep", "4..4"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("left out: rules.mon:26:3") && !ran.out.contains("rising ("), "{ran:?}");
    let ran = mon(folder.path(), &["backtest", "rules.mon"]);
    assert!(ran.code == 3 && ran.err.contains("no posts were named"), "{ran:?}");
}

#[test]
fn lines_that_cannot_be_read_are_told_and_the_others_count() {
    let folder = folder(RULES, &format!("{}{{broken\n", posts()));
    let ran = backtest(folder.path(), &[]);
    assert!(ran.code == 1 && ran.err.contains("line 21: ") && ran.out.starts_with("20 posts of "), "{ran:?}");
    let ran = backtest(folder.path(), &["--strict"]);
    assert!(ran.code == 2 && ran.err.contains("line 21"), "{ran:?}");
}

#[test]
fn rules_without_an_alert_and_recordings_without_posts_are_told() {
    let bare = folder("monitor quiet {\n  match \"globex\"\n}\n", &posts());
    let ran = backtest(bare.path(), &[]);
    assert!(ran.code == 2 && ran.err.contains("no monitor of these rules has an alert"), "{ran:?}");
    let empty = folder(RULES, "");
    let row = &object(empty.path(), &["--svg", "empty.svg"])["monitors"][0]["thresholds"][0];
    assert_eq!((&row["threshold"], &row["incidents"], &row["open_share"]), (&json!(4), &json!(0), &Value::Null));
    well_formed(&fs::read_to_string(empty.path().join("empty.svg")).unwrap());
    let ran = mon(empty.path(), &["backtest", "rules.mon", "--posts", "-"]);
    assert!(ran.code == 0 && ran.out.starts_with("0 posts of standard input; nothing was sent\n"), "{ran:?}");
}

/// Walks through XML: elements close in their order, attributes are quoted, and nothing stands bare that needs an escape.
fn well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        let escapes = ["&amp;", "&lt;", "&gt;", "&quot;"].iter().map(|escape| before.matches(escape).count());
        assert_eq!(before.matches('&').count(), escapes.sum::<usize>(), "{before}");
        assert!(before.trim().is_empty() || !open.is_empty(), "text outside of the root: {before}");
        let (tag, behind) = from[1..].split_once('>').unwrap();
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (body, alone) = tag.strip_suffix('/').map_or((tag, false), |body| (body, true));
        let (name, attributes) = body.split_once(' ').unwrap_or((body, ""));
        assert!(attributes.matches('"').count() % 2 == 0 && !attributes.contains('<'), "{tag}");
        assert_eq!(attributes.matches('=').count(), attributes.matches('"').count() / 2, "{tag}");
        if !alone {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

#[test]
fn the_picture_is_well_formed_escaped_and_without_scripts() {
    let rules = RULES.replace("measure volume = count()\n", "").replace("volume", "count(sentiment <= 0.5)");
    let folder = folder(&rules, "");
    // A name that needs escapes; Windows knows no such names.
    let name = if cfg!(windows) { "a&b.jsonl" } else { "a<&>b.jsonl" };
    fs::write(folder.path().join(name), posts()).unwrap();
    let ran = mon(folder.path(), &["backtest", "rules.mon", "--posts", name, "--svg", "out/picture.svg"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let picture = fs::read_to_string(folder.path().join("out/picture.svg")).unwrap();
    well_formed(&picture);
    let shown = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    assert!(picture.contains(&format!("raised over {shown}</title>")), "{picture}");
    assert!(picture.contains("count(sentiment &lt;= 0.5) &gt;= 4"), "{picture}");
    assert!(picture.contains("<desc id=\"desc\">Monitor burst raises 0 incidents") && picture.contains("role=\"img\""));
    assert!(picture.contains("prefers-color-scheme: dark") && !picture.contains("<script"));
}

#[test]
fn the_picture_has_a_bar_for_each_time_at_which_an_incident_was_open() {
    let folder = folder(RULES, &posts());
    let ran = backtest(folder.path(), &["--svg", "picture.svg"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let picture = fs::read_to_string(folder.path().join("picture.svg")).unwrap();
    well_formed(&picture);
    assert_eq!(picture.matches("<rect class=\"bar\"").count(), 2, "{picture}");
    assert!(picture.contains("<title>open from 2026-11-02 10:02:00 to 2026-11-02 10:05:00</title>"), "{picture}");
    assert_eq!(
        (picture.matches("<circle class=\"dot\"").count(), picture.matches("<circle class=\"own\"").count()),
        (4, 1)
    );
}

/// A small generator: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Posts of half an hour in three languages, out of order and some of them late or told twice; busy in parts of it.
    fn posts(&mut self) -> String {
        let mut lines = Vec::new();
        let (busy, calm) = (self.below(20), 2 + self.below(6));
        for second in (0..1_800).step_by(5) {
            let minute = second / 60;
            if self.below(if (busy..busy + 8).contains(&minute) { 2 } else { calm * 3 }) > 0 {
                continue;
            }
            let late_max = if self.below(10) == 0 { 400 } else { 20 };
            let at = START + second - self.below(late_max).min(second);
            let lang = ["en", "de", "fr"][self.below(3) as usize];
            let author = self.below(12);
            lines.push(format!(
                "{{\"id\":\"{second}\",\"created_at\":{at},\"text\":\"acme\",\"lang\":\"{lang}\",\"author\":{{\"uid\":\"u{author}\"}}}}\n"
            ));
            if self.below(20) == 0 {
                lines.extend(lines.last().cloned());
            }
        }
        lines.concat()
    }
}

/// Rules with this threshold, and half of it to clear.
fn grouped_rules(threshold: u64) -> String {
    let clear = threshold as f64 / 2.0;
    format!(
        "monitor voices {{\n  match \"acme\"\n  window slide 3m every 1m by lang, late 30s\n  measure volume = count()\n  \
         measure voices = distinct(author.uid)\n  alert when volume >= 2 and voices >= {threshold} for 1m\n        \
         clear when voices < {clear} for 2m\n  severity {{ high when volume >= 6  medium otherwise }}\n  follow playbook desk\n}}\n\
         playbook desk {{\n  route first {{ when lang is de to team dach  otherwise to team care }}\n  \
         route also {{ when severity >= high to team legal }}\n  \
         notify {{ high by slack, email at once  medium by slack after 2m }}\n}}\n"
    )
}

fn micros(time: &Value) -> i64 {
    DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap().timestamp_micros()
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The figures of a threshold as a replay of rules in which it is written has them.
fn replayed(folder: &Path, threshold: u64, monitor: &Value) -> Value {
    fs::write(folder.join("written.mon"), grouped_rules(threshold)).unwrap();
    let ran = mon(folder, &["replay", "written.mon", "--posts", "posts.jsonl", "--out", "out"]);
    assert!(ran.code <= 1, "{ran:?}");
    let (from, until) = (micros(&monitor["from"]), micros(&monitor["until"]));
    let mut incidents: BTreeMap<String, (i64, Option<i64>)> = BTreeMap::new();
    for step in lines(&folder.join("out/incidents.jsonl")) {
        let incident = incidents.entry(step["incident"].to_string()).or_insert((micros(&step["opened_at"]), None));
        if step["kind"] == "cleared" {
            incident.1 = Some(micros(&step["at"]));
        }
    }
    let mut messages = json!({"low": 0, "medium": 0, "high": 0, "critical": 0});
    for message in lines(&folder.join("out/messages.jsonl")) {
        let level = message["severity"].as_str().unwrap();
        messages[level] = (messages[level].as_u64().unwrap() + 1).into();
    }
    // Second by second: slow, and another way than the command's.
    let open = |at: i64| incidents.values().any(|(start, end)| *start <= at && at < end.unwrap_or(until));
    let seconds = (from..until).step_by(1_000_000).filter(|at| open(*at)).count();
    let first = incidents.values().map(|(start, _)| *start).min();
    let longest = incidents.values().map(|(start, end)| (end.unwrap_or(until) - start) as f64 / 1e6).reduce(f64::max);
    json!([
        incidents.len(),
        incidents.values().filter(|(_, end)| end.is_none()).count(),
        first,
        longest,
        seconds,
        messages
    ])
}

#[test]
fn a_swept_threshold_is_what_a_replay_of_rules_with_this_number_finds() {
    let mut random = Random(seed(20_261_126));
    let (mut incidents, mut open_at_end) = (0, 0);
    for _ in 0..6 {
        let folder = folder(&grouped_rules(4), &random.posts());
        let told = object(folder.path(), &["--of", "voices", "--sweep", "1..6:1"]);
        let monitor = &told["monitors"][0];
        let span = (micros(&monitor["until"]) - micros(&monitor["from"])) as f64 / 1e6;
        for row in monitor["thresholds"].as_array().unwrap() {
            let first = row["first_opened"].as_str().map(|_| micros(&row["first_opened"]));
            let seconds = (row["open_share"].as_f64().unwrap() * span).round() as usize;
            let found =
                json!([row["incidents"], row["open_at_end"], first, row["longest_seconds"], seconds, row["messages"]]);
            let threshold = row["threshold"].as_u64().unwrap();
            assert_eq!(found, replayed(folder.path(), threshold, monitor), "threshold {threshold}");
            incidents += row["incidents"].as_u64().unwrap();
            open_at_end += row["open_at_end"].as_u64().unwrap();
        }
    }
    assert!(
        incidents > 20 && open_at_end > 0,
        "too little happened: {incidents} incidents, {open_at_end} open at the end"
    );
}

/// Two monitors whose false alarms are told together; the second one has a probability of its own in each window.
fn rules_together(threshold: f64) -> String {
    format!(
        "monitor groups {{\n  match  \"acme\"\n  window tumble 5m by lang\n  measure volume = count()\n  \
         measure rate = q_value(poisson(volume, any_hour over 40m))\n  alert when rate <= {threshold}\n  min 4 posts\n  \
         follow playbook desk\n}}\n\
         monitor whole {{\n  match  \"acme\"\n  window tumble 5m\n  measure volume = count()\n  \
         measure rate = q_value(flatline(volume, any_hour over 40m))\n}}\n\
         playbook desk {{\n  route first {{ otherwise to team care }}\n  notify {{ medium by slack at once }}\n}}\n"
    )
}

#[test]
fn what_is_told_together_is_judged_together_again() {
    let mut random = Random(seed(20_261_127));
    let mut posts = String::new();
    for window in 0..14 {
        for (lang, usual) in [("de", 2), ("en", 3), ("es", 1)] {
            let busy = if window > 8 && random.below(3) == 0 { random.below(12) } else { 0 };
            for n in 0..usual + random.below(2) + busy {
                let at = START + 300 * window + 10 * n;
                posts += &format!(
                    "{{\"id\":\"{window}{lang}{n}\",\"created_at\":{at},\"text\":\"acme\",\"lang\":\"{lang}\"}}\n"
                );
            }
        }
    }
    let folder = folder(&rules_together(0.05), &posts);
    let swept = object(folder.path(), &["--sweep", "0.01..0.2:0.01"]);
    assert_eq!(swept["monitors"].as_array().unwrap().len(), 1, "`whole` raises nothing");
    let rows = swept["monitors"][0]["thresholds"].as_array().unwrap();
    for row in rows.iter().step_by(4) {
        let threshold = row["threshold"].as_f64().unwrap();
        fs::write(folder.path().join("rules.mon"), rules_together(threshold)).unwrap();
        let ran = mon(folder.path(), &["replay", "rules.mon", "--posts", "posts.jsonl", "--out", "out"]);
        assert!(ran.code <= 1, "{ran:?}");
        let told = lines(&folder.path().join("out/incidents.jsonl"));
        let opened: Vec<&Value> = told.iter().filter(|line| line["kind"] == "opened").collect();
        assert_eq!(row["incidents"], opened.len(), "at {threshold}: {opened:?}");
        assert!(opened.iter().all(|line| line["monitor"] == "groups"));
    }
}
