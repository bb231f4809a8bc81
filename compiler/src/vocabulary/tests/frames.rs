//! Whole rule files around a small piece of Mon, so that it can be compiled: one frame for each place.

use std::mem::discriminant;

use mon_grammar::ast::{ClauseKind, ItemKind, PlaybookClauseKind};

use crate::check::{CheckOptions, Checked, ListFile, Package, check};
use crate::vocabulary::Context;

/// What a frame stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Items of a file.
    File,
    /// Clauses of a monitor.
    Monitor,
    /// Clauses of a playbook.
    Playbook,
    /// Steps of a test.
    Test,
    /// A condition on one post.
    Query,
    /// A measure.
    Measure,
    /// A condition on a window.
    Alert,
}

/// A place, and what stands around the piece there: `{}` is the piece.
pub(super) struct Frame {
    place: Place,
    around: &'static str,
}

impl Frame {
    pub(super) const fn whole(place: Place) -> Self {
        Self { place, around: "{}" }
    }
}

const BASE: &str = r#"
use brand.terms
terms acme    = "acme", @acme
terms zeta    = "zeta"
terms failure = "broken", "crash*", "refund"
dates feasts  = 2026-12-24 to 2026-12-26

monitor acme_outage {
  for     support
  match   acme or zeta or failure
  window  tumble 15m by country
  measure volume = count()
  alert when volume >= 20
  severity { critical when volume >= 500  high when volume >= 100  medium when volume >= 50  low otherwise }
  follow  playbook crisis
}

playbook crisis {
  route first { otherwise to team care }
  notify { critical by slack at once  high by slack at once  medium by slack after 2m  low by email after 15m }
  share sensitive with team care for support
}
"#;

const MONITOR: &[&str] = &[
    "for support",
    "match acme or zeta or failure",
    "window tumble 15m by country",
    "alert when volume >= 20",
    "follow playbook crisis",
];
const MEASURES: &str =
    "measure volume = count() measure voices = distinct(author.uid) measure bad = count(\"broken\" or \"refund\")";
const PLAYBOOK: &[&str] = &[
    "route first { otherwise to team care }",
    "notify { critical by slack at once  high by slack at once  medium by slack after 2m  low by email after 15m }",
    "share sensitive with team care, care_dach, legal for support",
];

/// A clause as the frame compares it: `for` and `owner` are different clauses.
fn kind_of(clause: &ClauseKind) -> String {
    match clause {
        ClauseKind::Meta { key, .. } => key.text.clone(),
        other => format!("{:?}", discriminant(other)),
    }
}

fn clauses_of(text: &str) -> Vec<String> {
    let tree = mon_grammar::parse(&format!("monitor here {{ {text} }}"));
    tree.items
        .iter()
        .filter_map(|item| if let ItemKind::Monitor(monitor) = &item.kind { Some(&monitor.clauses) } else { None })
        .flatten()
        .map(|clause| kind_of(&clause.kind))
        .collect()
}

fn responses_of(text: &str) -> Vec<String> {
    let tree = mon_grammar::parse(&format!("playbook here {{ {text} }}"));
    let clauses = tree
        .items
        .iter()
        .filter_map(|item| if let ItemKind::Playbook(playbook) = &item.kind { Some(&playbook.clauses) } else { None });
    clauses
        .flatten()
        .map(|clause| match &clause.kind {
            PlaybookClauseKind::Route { first, .. } => format!("route {first}"),
            // A playbook may have several.
            PlaybookClauseKind::Share { .. } => String::new(),
            other => format!("{:?}", discriminant(other)),
        })
        .collect()
}

/// The clauses of a frame without those that the piece brings itself.
fn beside<'c>(clauses: &[&'c str], text: &str, kinds: fn(&str) -> Vec<String>) -> Vec<&'c str> {
    let brought = kinds(text);
    let own = |clause: &&&str| kinds(clause).iter().all(|kind| kind.is_empty() || !brought.contains(kind));
    clauses.iter().filter(own).copied().collect()
}

fn monitor(text: &str) -> String {
    let rest = beside(MONITOR, text, clauses_of).join("\n  ");
    format!("monitor here {{\n  {MEASURES}\n  {text}\n  {rest}\n}}\n")
}

/// A playbook, and a monitor that follows it and raises a level that the piece has a row for.
fn playbook(text: &str) -> String {
    let rest = beside(PLAYBOOK, text, responses_of).join("\n  ");
    let notified = text.split_once("notify").map_or("", |(_, rows)| rows);
    let level = ["critical", "high", "low"].into_iter().find(|level| notified.contains(level)).unwrap_or("medium");
    format!(
        "playbook here {{\n  {text}\n  {rest}\n}}\nmonitor follower {{\n  for support\n  match acme\n  window tumble 15m by country\n  \
         measure south = min(geo.lat)\n  alert when count() >= 20\n  severity {{ {level} otherwise }}\n  follow playbook here\n}}\n"
    )
}

fn rules(frame: &Frame, piece: &str) -> String {
    let text = frame.around.replacen("{}", piece, 1);
    let own = match frame.place {
        Place::File => text,
        Place::Monitor => monitor(&text),
        Place::Playbook => playbook(&text),
        Place::Test => {
            let replay = if text.contains("replay") { "" } else { "replay \"posts.jsonl\"" };
            format!("test acme_outage \"it\" {{\n  {replay}\n  {text}\n  expect 1 incident\n}}\n")
        }
        Place::Query => format!("query asked = {text}\n"),
        Place::Measure => monitor(&format!("measure it = {text}")),
        Place::Alert => {
            let load = if text.contains("heard_one_in") { "under load sample 1 in 4 authors " } else { "" };
            monitor(&format!("{load}alert when {text}"))
        }
    };
    // A file says once what it uses.
    let base = if own.contains("use brand.terms") { BASE.replace("use brand.terms", "") } else { BASE.to_owned() };
    format!("{base}\n{own}")
}

fn run(frame: &Frame, piece: &str) -> (String, Checked) {
    let text = rules(frame, piece);
    let list = |name: &str, text: &str| ListFile { name: name.to_owned(), text: Ok(text.into()) };
    let options = CheckOptions {
        lists: vec![list("brands.txt", "acme\nzeta\n"), list("brands.csv", "brand,country\nacme,DE\n")],
        packages: vec![Package { name: "brand.terms".to_owned(), files: Ok(vec!["brand/terms.mon".to_owned()]) }],
        ..CheckOptions::default()
    };
    let package = ("brand/terms.mon".to_owned(), "terms zeta = \"zeta\"\n".to_owned());
    (text.clone(), check(vec![("rules.mon".to_owned(), text), package], &options))
}

fn errors(checked: &Checked) -> Vec<String> {
    let errors = checked.diagnostics.iter().filter(|told| told.is_error());
    errors.map(|told| format!("    {} {} ({:?})", told.code.id, told.message, told.help)).collect()
}

/// Whether a piece compiles in a frame, or why not.
pub(super) fn compiles(frame: &Frame, piece: &str) -> Result<(), String> {
    let (_, checked) = run(frame, piece);
    if checked.plan.is_some() { Ok(()) } else { Err(errors(&checked).join("\n")) }
}

/// Whether the only thing that is wrong with a piece is that no release executes it.
pub(super) fn refused(frame: &Frame, piece: &str) -> Result<(), String> {
    let (_, checked) = run(frame, piece);
    let wrong: Vec<_> = checked.diagnostics.iter().filter(|told| told.is_error()).collect();
    let only = wrong.iter().all(|told| told.message.starts_with("this release does not execute"));
    if only && !wrong.is_empty() { Ok(()) } else { Err(errors(&checked).join("\n")) }
}

/// What the example of a word is a piece of, by its first context.
pub(super) fn example_frame(context: Context) -> Place {
    use Context as C;
    match context {
        C::TopLevel | C::Member | C::MemberJoin | C::ParamKind | C::DatesJoin => Place::File,
        C::Monitor
        | C::WindowKind
        | C::CalendarUnit
        | C::WindowJoin
        | C::StepJoin
        | C::AlertJoin
        | C::SeverityRow
        | C::SeverityJoin
        | C::Show
        | C::ShowJoin
        | C::Status
        | C::Locked
        | C::ExtendJoin
        | C::AllowJoin
        | C::Answer => Place::Monitor,
        C::Playbook
        | C::RouteMode
        | C::RouteRow
        | C::Route
        | C::RouteJoin
        | C::NotifyRow
        | C::NotifyJoin
        | C::Timing
        | C::Label
        | C::ShareJoin => Place::Playbook,
        C::Test | C::Expect | C::ExpectJoin => Place::Test,
        C::Posts
        | C::PostsJoin
        | C::FieldJoin
        | C::Within
        | C::Weekday
        | C::Flag
        | C::Duration
        | C::Number
        | C::Distance => Place::Query,
        C::Measure | C::Argument | C::ArgumentJoin | C::Reference | C::ReferenceJoin => Place::Measure,
        C::Figures | C::FiguresJoin => Place::Alert,
    }
}

/// Around what is inserted in a place; where there are several, one of them must do.
fn around(context: Context) -> &'static [&'static str] {
    use Context as C;
    match context {
        C::TopLevel | C::Monitor | C::Playbook | C::Test | C::Posts => &["{}"],
        C::Member => &["terms it = {}"],
        C::MemberJoin => &["terms it = from \"brands.csv\" {}", "terms it = \"acme\" {}"],
        C::ParamKind => &[
            "query it(given: {}) = \"a\" near/3 given",
            "query it(given: {}) = \"a\" near/given \"b\"",
            "query it(given: {}) = created within given",
            "query it(given: {}) = app is given",
            "query it(given: {}) = given >= 10",
        ],
        C::DatesJoin => &["dates it = 2026-12-24 {}"],
        C::PostsJoin => &["\"acme\" {}", "sentiment <= -0.3 {}", "\"acme phone\" {}", "\"broken\"{}"],
        C::FieldJoin => &["lang {}", "created {}", "author.followers {}", "text {}"],
        C::Within => &["created within {}", "geo within {}"],
        C::Weekday => &["created within days({})"],
        C::Flag => &["author.verified is {}"],
        C::Figures => &["{}", "{} >= 0.123"],
        C::FiguresJoin => &["volume {}", "volume >= 30 {}", "volume {} >= 30"],
        C::Measure => &["{}"],
        C::Argument => &["engagement({})", "top_count({})", "distinct({})"],
        C::ArgumentJoin => &[
            "share(bad {})",
            "new_values(tag {})",
            "new_values(tag over 30d, {})",
            "coordinated(tag {})",
            "coordinated(tag within 60s, {})",
        ],
        C::Reference => &["baseline(volume, {})"],
        C::ReferenceJoin => &["baseline(volume, hour_of_week {})", "baseline(volume, hour_of_week over 28d {})"],
        C::WindowKind => &["window {}"],
        C::CalendarUnit => &["window calendar {}"],
        C::WindowJoin => &["window tumble 15m {}"],
        C::StepJoin => &["window pattern \"broken\" {}", "window pattern \"broken\" then \"refund\" {}"],
        C::AlertJoin => &["alert when volume >= 30 {}"],
        C::SeverityRow => &["severity { {} medium otherwise }"],
        C::SeverityJoin => &["severity { high {} medium otherwise }", "severity { high {} }"],
        C::Show => &["measure fresh = new_values(tag over 30d) show {}"],
        C::ShowJoin => &["show 5 posts {}"],
        C::Status => &["status {}"],
        C::Locked => &["locked {}"],
        C::ExtendJoin => &["extend acme_outage {}"],
        C::AllowJoin => &["allow MON0403 {}"],
        C::Answer => &["example {} \"acme\"", "example {} \"good morning\""],
        C::RouteMode => &["route {}"],
        C::RouteRow => &["route also { {} }"],
        C::Route => &["route also { when {} to team legal }"],
        C::RouteJoin => &["route also { when severity is high {} }"],
        C::NotifyRow => &["notify { {} }"],
        C::NotifyJoin => &["notify { medium {} }"],
        C::Timing => &["notify { medium by slack {} }"],
        C::Label => &["share {} with team care for support"],
        C::ShareJoin => &["share personal {}"],
        C::Expect => &["expect {}"],
        C::ExpectJoin => &[
            "expect 1 incident {}",
            "expect opened at 10:03 {}",
            "expect severity high {}",
            "expect no posts matched {}",
            "expect 2 messages {}",
        ],
        C::Duration => &["created within 2{}"],
        C::Number => &["author.followers >= 2{}", "sentiment <= -0.3 @ 70{}"],
        C::Distance => &["geo within circle(52.52, 13.40, 25{})"],
    }
}

/// The frames of a place for what an editor inserts there.
pub(super) fn insert_frames(context: Context) -> Vec<Frame> {
    let place = match context {
        Context::TopLevel | Context::Member | Context::MemberJoin | Context::ParamKind | Context::DatesJoin => {
            Place::File
        }
        other => example_frame(other),
    };
    around(context).iter().map(|around| Frame { place, around }).collect()
}
