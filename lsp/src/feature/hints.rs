//! What stands between the lines of a rule, in a few words: how many terms a list holds, what a monitor takes over, whom a
//! severity reaches, what a figure in a call is for.

use std::path::Path;

use mon_compiler::folder::{each, exprs};
use mon_compiler::plan::{MonitorPlan, Plan, PlaybookPlan, RouteCond, RouteFacts, RoutePlan, Severity};
use mon_grammar::Span;
use mon_grammar::ast::{
    Clause, ClauseKind, Expr, ExprKind, Item, ItemKind, Monitor, SeverityRow, Terms, TermsSource, Window, WindowKind,
};
use mon_post::FieldId;
use mon_rules::plain;

use super::exprs::touch;
use crate::snapshot::{FileState, Snapshot};
use crate::symbols::Kind;

/// How deep lists name lists before they are no longer counted.
const LISTS_MAX: u32 = 32;
/// How many monitors extend each other, one through the other.
const EXTENDS_MAX: usize = 32;

/// What a `measure` begins with.
const MEASURE: &str = "measure ";

/// What a hint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HintKind {
    /// The name of what stands behind it.
    Parameter,
    /// More about what stands before it.
    Note,
}

/// Words that an editor shows in the text and that are no part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The byte before which they stand.
    pub at: u32,
    pub kind: HintKind,
    pub text: String,
    pub tooltip: String,
}

impl Hint {
    fn note(at: u32, text: impl Into<String>, tooltip: impl Into<String>) -> Self {
        Self { at, kind: HintKind::Note, text: text.into(), tooltip: tooltip.into() }
    }
}

/// Names of what calls of the language take, by place; nothing where it needs no name.
const TAKEN: [(&str, &[(&str, &str)]); 7] = [
    ("percentile", &[("", ""), ("percent", "so many of a hundred values are not above the figure")]),
    ("approx_percentile_cont", &[("", ""), ("percent", "so many of a hundred values are not above the figure")]),
    ("ewma_chart", &[("", ""), ("", ""), ("weight", "the weight of the newest window; without it 0.2")]),
    ("cusum", &[("", ""), ("", ""), ("slack", "what `robust_z` may lie above without being added; without it 0.5")]),
    ("burst", &[("", ""), ("", ""), ("times", "how much higher each level is than the one below; without it 2")]),
    ("circle", &[("lat", "degrees north"), ("lon", "degrees east"), ("radius", "how far around")]),
    (
        "box",
        &[("south", "degrees north"), ("west", "degrees east"), ("north", "degrees north"), ("east", "degrees east")],
    ),
];

/// The hints of a range, in the order of the text.
#[must_use]
pub fn hints(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Hint> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let site = Site { snapshot, file, state };
    let mut found = Vec::new();
    for item in state.tree.items.iter().filter(|item| touch(item.span, range)) {
        site.item(item, &mut found);
    }
    found.retain(|hint| range.start <= hint.at && hint.at <= range.end);
    found.sort_by_key(|hint| hint.at);
    found
}

#[derive(Clone, Copy)]
struct Site<'a> {
    snapshot: &'a Snapshot,
    file: usize,
    state: &'a FileState,
}

impl<'a> Site<'a> {
    fn item(self, item: &Item, found: &mut Vec<Hint>) {
        for (_, expr) in exprs(&item.kind) {
            each(expr, &mut |expr| self.call(expr, found));
        }
        match &item.kind {
            ItemKind::Terms(terms) => found.extend(self.size(terms)),
            ItemKind::Monitor(monitor) => self.monitor(monitor, found),
            _ => {}
        }
    }

    /// How many terms a list stands for, where it cannot be seen.
    fn size(self, terms: &Terms) -> Option<Hint> {
        let names = |member: &Expr| matches!(member.kind, ExprKind::Path(_));
        if terms.sources.is_empty() && !terms.members.iter().any(names) {
            return None;
        }
        let size = self.count(terms, 0)?;
        let noun = if size == 1 { "term" } else { "terms" };
        let tooltip = "with those of the lists and files that it names";
        Some(Hint::note(terms.name.span.end, format!("({size} {noun})"), tooltip))
    }

    /// None where a member is no term, or a list is not known.
    fn count(self, terms: &Terms, depth: u32) -> Option<usize> {
        let mut size = 0;
        for member in &terms.members {
            size += match &member.kind {
                ExprKind::Term(_) => 1,
                ExprKind::Path(path) if depth < LISTS_MAX => {
                    let name = self.state.names().iter().find(|name| name.span == path.span)?;
                    let (file, item) = self.snapshot.item_of(&self.snapshot.resolve(self.file, name))?;
                    let ItemKind::Terms(inner) = &item.kind else { return None };
                    let there = Site { file, state: self.snapshot.file(file)?, ..self };
                    there.count(inner, depth + 1)?
                }
                _ => return None,
            };
        }
        for source in &terms.sources {
            size += self.lines(source)?;
        }
        Some(size)
    }

    /// The terms of a plain list; of a table the checker alone knows them.
    fn lines(self, source: &TermsSource) -> Option<usize> {
        if source.column.is_some() {
            return None;
        }
        let path = plain(&self.state.path.parent()?.join(&source.path));
        let lists = &self.snapshot.analysis.as_ref()?.options.lists;
        let list = lists.iter().find(|list| path.ends_with(plain(Path::new(&list.name))))?;
        let text = list.text.as_ref().ok()?;
        let lines = text.lines().map(str::trim);
        Some(lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count())
    }

    /// What the figures of a call are for.
    fn call(self, expr: &Expr, found: &mut Vec<Hint>) {
        let ExprKind::Call { name, args } = &expr.kind else { return };
        if args.len() < 2 {
            return;
        }
        let mut say = |at: u32, text: &str, tooltip: String| {
            found.push(Hint { at, kind: HintKind::Parameter, text: format!("{text}:"), tooltip });
        };
        if let Some((_, taken)) = TAKEN.iter().find(|(known, _)| *known == name.text) {
            let named = args.iter().zip(*taken).filter(|(_, (word, _))| !word.is_empty());
            named.for_each(|(arg, (word, told))| say(arg.span.start, word, (*told).to_owned()));
            return;
        }
        let params = || {
            let used = self.state.names().iter().find(|used| used.span == name.span)?;
            let symbol = self.snapshot.resolve(self.file, used);
            let (_, item) = (symbol.kind == Kind::Query).then(|| self.snapshot.item_of(&symbol)).flatten()?;
            if let ItemKind::Query(query) = &item.kind { Some(&query.params) } else { None }
        };
        for (arg, param) in args.iter().zip(params().into_iter().flatten()) {
            let same = matches!(&arg.kind, ExprKind::Path(path) if path.dotted() == param.name.text);
            if !same {
                let tooltip = format!("`{}` takes a {} here", name.text, param.kind.name());
                say(arg.span.start, &param.name.text, tooltip);
            }
        }
    }

    fn monitor(self, monitor: &Monitor, found: &mut Vec<Hint>) {
        for clause in &monitor.clauses {
            match &clause.kind {
                ClauseKind::Extend { .. } => found.extend(self.taken_over(monitor, clause)),
                ClauseKind::Window(window) => found.extend(late(clause, window)),
                ClauseKind::Severity(rows) => {
                    found.extend(rows.iter().filter_map(|row| self.told(&monitor.name.text, row)));
                }
                _ => {}
            }
        }
    }

    /// What a monitor takes over from those that it extends.
    fn taken_over(self, monitor: &Monitor, extend: &Clause) -> Option<Hint> {
        let mut known: Vec<String> = monitor.clauses.iter().filter_map(part).collect();
        let (mut words, mut from) = (Vec::new(), Vec::new());
        let mut next = base(monitor);
        for _ in 0..EXTENDS_MAX {
            let Some(above) = next.and_then(|name| self.monitor_named(name)) else { break };
            let new = above.clauses.iter().filter_map(part).filter(|part| !known.contains(part));
            let new: Vec<String> = new.collect();
            if !new.is_empty() {
                from.push(format!("from `{}`: {}", above.name.text, new.join(", ")));
            }
            known.extend(new.iter().cloned());
            words.extend(new);
            next = base(above);
        }
        if words.is_empty() {
            return None;
        }
        let (measures, mut said): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| is_measure(word));
        let names: Vec<&str> = measures.iter().filter_map(|word| word.strip_prefix(MEASURE)).collect();
        if !names.is_empty() {
            said.push(format!("{MEASURE}{}", names.join(", ")));
        }
        Some(Hint::note(extend.span.end, format!("takes over {}", said.join(", ")), from.join("\n")))
    }

    fn monitor_named(self, name: &str) -> Option<&'a Monitor> {
        self.snapshot.items().find_map(|(_, _, item)| match &item.kind {
            ItemKind::Monitor(monitor) if monitor.name.text == name => Some(monitor),
            _ => None,
        })
    }

    /// Whom a row of `severity` reaches, and how, as the last check knew it.
    fn told(self, monitor: &str, row: &SeverityRow) -> Option<Hint> {
        let plan: &Plan = self.snapshot.analysis.as_ref()?.plan.as_ref()?;
        let known = plan.monitors.iter().find(|known| known.name == monitor)?;
        let playbook = plan.playbooks.get(known.playbook? as usize)?;
        let level = Severity::find(&row.level.text)?;
        let teams = teams(playbook, level, known);
        let methods = methods(playbook, level);
        if teams.is_empty() || methods.is_empty() {
            return None;
        }
        let text = format!("→ team {teams} by {}", methods.join(", "));
        let tooltip = format!("as the playbook `{}` says for {}", playbook.name, level.name());
        Some(Hint::note(row.span.end, text, tooltip))
    }
}

fn is_measure(part: &str) -> bool {
    part.starts_with(MEASURE)
}

/// The monitor that one extends.
fn base(monitor: &Monitor) -> Option<&str> {
    monitor.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Extend { base, .. } => Some(base.text.as_str()),
        _ => None,
    })
}

/// What a clause is to an extension: one that writes the same takes its place. None where it is never taken over.
fn part(clause: &Clause) -> Option<String> {
    let word = match &clause.kind {
        ClauseKind::Match(_) => "match",
        ClauseKind::Window(_) => "window",
        ClauseKind::Measure { name, .. } => return Some(format!("{MEASURE}{}", name.text)),
        ClauseKind::Alert(_) => "alert",
        ClauseKind::Severity(_) => "severity",
        ClauseKind::Group(_) => "group",
        ClauseKind::Show { .. } => "show",
        ClauseKind::Follow(_) => "follow",
        ClauseKind::UnderLoad(_) => "under load",
        ClauseKind::Guard { key, .. } => &key.text,
        ClauseKind::Meta { key, .. } if matches!(key.text.as_str(), "owner" | "for") => &key.text,
        _ => return None,
    };
    Some(word.to_owned())
}

/// How long a window waits that does not say it.
fn late(clause: &Clause, window: &Window) -> Option<Hint> {
    // A pattern's clause ends with its last step, and sessions wait for their pause anyway.
    let cuts = matches!(window.kind, WindowKind::Tumble(_) | WindowKind::Slide { .. } | WindowKind::Calendar { .. });
    let tooltip = "posts that come after the end of their window are not looked at; `late 30s` waits for them";
    (cuts && window.late.is_none()).then(|| Hint::note(clause.span.end, "late 0s", tooltip))
}

/// The teams of a severity: `care_dach or care, legal`. Which of several it is, or whether, the group of an incident decides.
fn teams(playbook: &PlaybookPlan, level: Severity, monitor: &MonitorPlan) -> String {
    let key = |_, _: &[String]| None;
    let facts = RouteFacts { level, monitor: Some(&monitor.name), key: &key };
    // A row that asks for what the monitor does not group by is never true.
    let truth = |row: &RoutePlan| match &row.when {
        None => Some(true),
        Some(when) => when.truth(facts).or_else(|| if asks(when, &monitor.by) { None } else { Some(false) }),
    };
    let mut first: Vec<&str> = Vec::new();
    for row in &playbook.first {
        let truth = truth(row);
        if truth != Some(false) && !first.contains(&row.team.as_str()) {
            first.push(&row.team);
        }
        if truth == Some(true) {
            break;
        }
    }
    let mut said: Vec<String> = Vec::new();
    if !first.is_empty() {
        said.push(first.join(" or "));
    }
    for row in playbook.also.iter().filter(|row| first != [row.team.as_str()]) {
        match truth(row) {
            Some(true) => said.push(row.team.clone()),
            Some(false) => {}
            None => said.push(format!("perhaps {}", row.team)),
        }
    }
    said.join(", ")
}

/// Whether a condition on incidents asks for one of these keys.
fn asks(when: &RouteCond, by: &[FieldId]) -> bool {
    match when {
        RouteCond::Key { field, .. } => by.contains(field),
        RouteCond::Not(inner) => asks(inner, by),
        RouteCond::And(members) | RouteCond::Or(members) => members.iter().any(|member| asks(member, by)),
        RouteCond::Severity(..) | RouteCond::Monitor { .. } => false,
    }
}

/// How a severity is told: `slack`, `email after 15m`.
fn methods(playbook: &PlaybookPlan, level: Severity) -> Vec<String> {
    let rows = playbook.notify.iter().filter(|row| row.level == level);
    let said = rows.flat_map(|row| row.methods.iter().map(|method| (method, row.after_micros)));
    said.map(|(method, after)| if after == 0 { method.clone() } else { format!("{method} after {}", length(after)) })
        .collect()
}

/// A length of time in the largest unit that it is a whole number of.
fn length(micros: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms")];
    let unit = UNITS.iter().find(|(unit, _)| micros % unit == 0);
    unit.map_or_else(|| format!("{micros} µs"), |(unit, sign)| format!("{}{sign}", micros / unit))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::{Expect, expect};
    use mon_compiler::check::{CheckOptions, ListFile};

    use super::super::fixture::{snapshot, with};
    use super::*;

    /// The text with its hints in it.
    fn drawn(snapshot: &Snapshot, range: Span) -> String {
        let mut text = snapshot.files[0].text.to_string();
        for hint in hints(snapshot, 0, range).into_iter().rev() {
            text.insert_str(hint.at as usize, &format!("‹{}›", hint.text));
        }
        text
    }

    fn says(text: &str, expected: &Expect) {
        expected.assert_eq(&drawn(&snapshot(&[("a.mon", text)]), Span::new(0, u32::MAX)));
    }

    const DESK: &str = "playbook desk {
  route first { when country in [DE] to team care_dach  otherwise to team care }
  route also { when severity >= high to team legal }
  notify { high by slack, email at once  medium by slack after 2m }
}
";

    #[test]
    fn a_monitor_says_what_it_takes_over_and_whom_it_reaches() {
        let text = r#"monitor brand {
  owner   "press desk"
  match   "acme"
  window  tumble 5m by country
  measure volume = count()
  measure voices = distinct(author.uid)
  alert when voices >= 50
  severity { high when voices >= 200  medium otherwise }
  follow  playbook desk
}

monitor brand_de {
  extend  brand for region de
  alert when voices >= 10
}

monitor brand_late {
  extend  brand_de
  window  slide 15m every 5m by country, late 30s
  measure voices = count()
}

"#;
        says(
            &format!("{text}{DESK}"),
            &expect![[r#"
                monitor brand {
                  owner   "press desk"
                  match   "acme"
                  window  tumble 5m by country‹late 0s›
                  measure volume = count()
                  measure voices = distinct(author.uid)
                  alert when voices >= 50
                  severity { high when voices >= 200‹→ team care_dach or care, legal by slack, email›  medium otherwise‹→ team care_dach or care by slack after 2m› }
                  follow  playbook desk
                }

                monitor brand_de {
                  extend  brand for region de‹takes over owner, match, window, severity, follow, measure volume, voices›
                  alert when voices >= 10
                }

                monitor brand_late {
                  extend  brand_de‹takes over alert, owner, match, severity, follow, measure volume›
                  window  slide 15m every 5m by country, late 30s
                  measure voices = count()
                }

                playbook desk {
                  route first { when country in [DE] to team care_dach  otherwise to team care }
                  route also { when severity >= high to team legal }
                  notify { high by slack, email at once  medium by slack after 2m }
                }
            "#]],
        );
        let lost = "monitor m {\n  extend missing\n  match \"a\"\n}\n";
        assert_eq!(drawn(&snapshot(&[("a.mon", lost)]), Span::new(0, 99)), lost);
    }

    #[test]
    fn what_a_hint_means_stands_behind_it() {
        let text = format!(
            "monitor m {{\n  match \"a\"\n  window tumble 5m\n  alert when count() >= 3\n  severity {{ medium otherwise }}\n  \
             follow playbook desk\n}}\n{DESK}"
        );
        let found = hints(&snapshot(&[("a.mon", &text)]), 0, Span::new(0, u32::MAX));
        let told: String =
            found.iter().map(|hint| format!("{:?} {}: {}\n", hint.kind, hint.text, hint.tooltip)).collect();
        expect![[r#"
            Note late 0s: posts that come after the end of their window are not looked at; `late 30s` waits for them
            Note → team care by slack after 2m: as the playbook `desk` says for medium
        "#]]
        .assert_eq(&told);
    }

    #[test]
    fn figures_in_calls_say_what_they_are_for() {
        let text = r#"query bad(brand: terms, gap: number) = brand near/gap "broken"
terms acme = "acme"
terms brand = "acme"
query near_us = geo within circle(52.52, 13.40, 25km)
monitor m {
  match bad(acme, 8) or bad(brand, 3)
  window tumble 5m, late 30s
  measure volume = count()
  measure top = percentile(author.followers, 95)
  measure slow = cusum(volume, any_hour over 7d, 1)
  measure usual = baseline(volume, any_hour over 7d)
}
"#;
        says(
            text,
            &expect![[r#"
            query bad(brand: terms, gap: number) = brand near/gap "broken"
            terms acme = "acme"
            terms brand = "acme"
            query near_us = geo within circle(‹lat:›52.52, ‹lon:›13.40, ‹radius:›25km)
            monitor m {
              match bad(‹brand:›acme, ‹gap:›8) or bad(brand, ‹gap:›3)
              window tumble 5m, late 30s
              measure volume = count()
              measure top = percentile(author.followers, ‹percent:›95)
              measure slow = cusum(volume, any_hour over 7d, ‹slack:›1)
              measure usual = baseline(volume, any_hour over 7d)
            }
        "#]],
        );
    }

    #[test]
    fn a_list_says_how_many_terms_it_stands_for() {
        let text = "terms a = \"x\", \"y\"\nterms b = a, \"z\", from \"lists/b.txt\"\nterms c = b\nterms d = from \"d.csv\" column name\n\
            terms e = f\nterms f = e\nmonitor m { match c or d or e }\n";
        let list = |name: &str, text: &str| ListFile { name: name.to_owned(), text: Ok(Arc::from(text)) };
        let lists = vec![list("lists/b.txt", "one\n\n// none\n two\n"), list("d.csv", "name\none\n")];
        let snapshot = with(&[("a.mon", text)], CheckOptions { lists, ..CheckOptions::default() });
        expect![[r#"
            terms a = "x", "y"
            terms b‹(5 terms)› = a, "z", from "lists/b.txt"
            terms c‹(5 terms)› = b
            terms d = from "d.csv" column name
            terms e = f
            terms f = e
            monitor m { match c or d or e }
        "#]]
        .assert_eq(&drawn(&snapshot, Span::new(0, u32::MAX)));
        let second = u32::try_from(text.find("terms c").unwrap()).unwrap();
        let some = hints(&snapshot, 0, Span::new(second, second + 8));
        assert_eq!(some.len(), 1, "{some:?}");
    }

    #[test]
    fn lengths_are_said_in_the_largest_unit() {
        assert_eq!([120_000_000, 5_400_000_000, 1_500, 7].map(length), ["2m", "90m", "1500 µs", "7 µs"]);
    }
}
