//! Every offer of many places is taken there, and the rules are checked: what is offered is right.

use expect_test::expect_file;
use mon_compiler::diagnostic::Diagnostic;

use super::*;
use crate::feature::fixture::{rules, snapshot};

const RULES: &str = r#"terms acme = "acme", @acme
terms zeta    = "zeta"
terms failure = "broken", "refund", "crash*"

monitor acme_outage {
  for support
  match acme or zeta or failure
  window tumble 15m by country
  alert when count() >= 20
  severity { critical when count() >= 500  high when count() >= 100  medium when count() >= 50  low otherwise }
  follow playbook desk
}

playbook desk {
  route first { otherwise to team care }
  notify { critical by slack at once  high by slack at once  medium by email after 2m  low by email after 15m }
  share sensitive with team care for support
}

"#;

/// A monitor with a window, around some of its clauses.
fn alerted(own: &str) -> String {
    let follow = if own.contains("follow") { "" } else { "\n  follow playbook desk" };
    let fresh = if own.contains("show") { "\n  measure fresh = new_values(tag over 30d)" } else { "" };
    format!(
        "monitor here {{\n  for support\n  match acme or zeta or failure\n  window tumble 15m LOAD\n  measure volume = count()\n  \
         measure voices = distinct(author.uid)\n  measure bad = count(failure){fresh}\n  {own}{follow}\n}}\n"
    )
}

/// A monitor that lacks its window.
fn windowed(own: &str) -> String {
    format!(
        "monitor here {{\n  for support\n  match acme or zeta or failure\n  {own}\n  measure volume = count()\n  alert when volume >= 20\n  \
         follow playbook desk\n}}\n"
    )
}

/// A playbook without its route, and a monitor that follows it. Its groups are those that the route asks for.
fn routed(own: &str) -> String {
    // What is told beside a row that takes all is no route by itself.
    let first = if own.contains("also {") { format!("{OTHERWISE}\n  ") } else { String::new() };
    followed(&format!(
        "{first}{own}\n  notify {{ critical by slack at once  high by slack at once  medium by email after 2m  low by email after 15m }}\n  \
         share sensitive with team care, legal for support"
    ))
}

/// A playbook, and a monitor that follows it.
fn followed(own: &str) -> String {
    format!(
        "playbook here {{\n  {own}\n}}\nmonitor follower {{\n  for support\n  match acme\n  window tumble 15m by GROUP\n  \
         alert when count() >= 20\n  severity {{ high when count() >= 90  medium otherwise }}\n  follow playbook here\n}}\n"
    )
}

fn notified(own: &str) -> String {
    followed(&format!("{OTHERWISE}\n  {own}\n  share sensitive with team care, legal for support"))
}

fn shared(own: &str) -> String {
    followed(&format!("{OTHERWISE}\n  notify {{ high by slack, email at once  medium by email after 2m }}\n  {own}"))
}

fn refused(own: &str) -> String {
    routed(&format!("{OTHERWISE}\n  {own}"))
}

fn matched(own: &str) -> String {
    let rest = "window tumble 15m\n  alert when count() >= 20\n  follow playbook desk";
    format!("monitor here {{\n  for support\n  {own}\n  {rest}\n}}\n")
}

fn extended(own: &str) -> String {
    format!("monitor here {{\n  {own}\n}}\n")
}

fn tested(own: &str) -> String {
    format!("test acme_outage \"it\" {{\n  replay \"day.jsonl\"\n  {own}\n}}\n")
}

const OTHERWISE: &str = "route first { otherwise to team care }";

/// A frame, and the places that it stands around.
type Frames = (fn(&str) -> String, &'static [&'static str]);

const ALL: &[Frames] = &[
    (routed, ROUTES),
    (notified, NOTIFIED),
    (shared, SHARED),
    (refused, REFUSED),
    (windowed, WINDOWS),
    (alerted, ALERTS),
    (matched, MATCHED),
    (extended, EXTENDED),
    (tested, TESTS),
];

/// Rows of a playbook that is otherwise whole.
const ROUTES: &[&str] = &[
    "route ‸",
    "route also { ‸ }",
    "route also { when ‸ to team legal }",
    "route also { when lang is ja and ‸ to team legal }",
    "route also { when (‸) to team legal }",
    "route also { when any [severity is high, ‸] to team legal }",
    "route also { when severity ‸ high to team legal }",
    "route also { when severity >= ‸ to team legal }",
    "route also { when severity is ‸ to team legal }",
    "route also { when severity in [high, ‸] to team legal }",
    "route also { when monitor ‸ acme_outage to team legal }",
    "route also { when monitor is ‸ to team legal }",
    "route also { when monitor in [‸] to team legal }",
    "route also { when lang ‸ ja to team legal }",
    "route also { when platform is ‸ to team legal }",
    "route also { when severity is high ‸ }",
    "route also { when (severity is high ‸ severity is low) to team legal }",
    "route also { when lang is ja to ‸ }",
    "route also { when lang is ja to team ‸ }",
    "route also { when lang is ja to team legal ‸ }",
    "route first { when lang is ja to team legal ‸ }",
    "route first { otherwise ‸ }",
    "route first { otherwise to team care ‸ }",
];

/// Rows of `notify`.
const NOTIFIED: &[&str] = &[
    "notify { ‸ }",
    "notify { high ‸ }",
    "notify { high by ‸ at once }",
    "notify { high by slack, ‸ at once }",
    "notify { high by email ‸ }",
    "notify { high by email after ‸ }",
    "notify { high by email at ‸ }",
    "notify { high by email after 2m ‸ }",
    "notify { high by email at once ‸ }",
];

/// Words of `share`.
const SHARED: &[&str] = &[
    "share ‸ with team care for support",
    "share personal, ‸ with team care for support",
    "share personal ‸",
    "share personal with ‸",
    "share personal with team ‸ for support",
    "share personal with team care ‸",
    "share personal with team care by ‸ for support",
    "share personal with team care by slack ‸",
    "share personal with team care for ‸",
];

/// Clauses that no release executes yet.
const REFUSED: &[&str] = &[
    "ticket jira support { open when severity >= ‸ }",
    "ticket jira support { open when monitor is ‸ }",
    "escalate unless acknowledged { after 10m to team ‸ by slack }",
    "escalate unless acknowledged { after 10m to lead of team care by ‸ }",
    "quiet 22:00 to 07:00 ‸",
    "quiet 22:00 to 07:00 except ‸",
    "budget 20 a day for team except ‸",
];

/// Conditions on posts.
const MATCHED: &[&str] = &[
    "match acme and exists ‸",
    "match acme and exists lang ‸",
    "match acme and lang ‸",
    "match acme and author.verified ‸",
    "match acme and text ‸",
    "match acme and geo ‸",
    "match acme and geo within ‸",
    "match acme and created within ‸",
];

/// What another monitor says.
const EXTENDED: &[&str] =
    &["extend ‸", "extend acme_outage ‸", "extend acme_outage for ‸", "extend acme_outage for region de, ‸"];

const WINDOWS: &[&str] = &[
    "window ‸",
    "window tumble ‸",
    "window tumble 15m ‸",
    "window tumble 15m by ‸",
    "window tumble 15m by country ‸",
    "window tumble 15m, ‸",
    "window tumble 15m late ‸",
    "window tumble 15m late 30s ‸",
    "window slide 15m ‸",
    "window slide 15m every ‸",
    "window slide 15m every 1m ‸",
    "window session ‸",
    "window session gap 30m ‸",
    "window calendar ‸",
    "window calendar day ‸",
    "window calendar day in ‸",
    "window calendar day in Europe/‸",
    "window calendar day in Europe/Berlin ‸",
    "window count 1000 ‸",
    "window pattern ‸ then \"refund\" within 1h",
    "window pattern \"broken\" ‸",
    "window pattern \"broken\" then ‸ within 1h",
    "window pattern \"broken\" then not ‸ for 1h",
    "window pattern \"broken\" then not \"fixed\" ‸",
    "window pattern \"broken\" then \"refund\" within 1h ‸",
    "window tumble 15m\n  group by ‸",
];

const ALERTS: &[&str] = &[
    "alert ‸",
    "alert when ‸",
    "alert when volume ‸",
    "alert when volume > 3 ‸",
    "alert when (volume > 3 ‸)",
    "alert when (volume > 3) ‸",
    "alert when count(author.followers >= 10k) ‸",
    "alert when volume > 3 and voices ‸",
    "alert when no posts ‸",
    "alert when volume > 3 for ‸",
    "alert when volume > 3 for 2m ‸",
    "alert when volume > 3 clear ‸",
    "alert when volume > 3 clear when volume < 2 ‸",
    "alert when volume > 3 clear when volume < 2 for ‸",
    "alert when volume > 3 clear when volume < 2 for 2m ‸",
    "alert when volume > 3\n  severity { ‸ medium otherwise }",
    "alert when volume > 3\n  severity { medium ‸ }",
    "alert when volume > 3\n  severity { medium when ‸ }",
    "alert when volume > 3\n  severity { medium when volume ‸ }",
    "alert when volume > 3\n  severity { high when volume > 9 ‸ medium otherwise }",
    "alert when volume > 3\n  severity { medium otherwise ‸ }",
    "alert when volume > 3\n  measure more = volume ‸",
    "alert when volume > 3\n  show ‸",
    "alert when volume > 3\n  show 5 ‸",
    "alert when volume > 3\n  show 5 posts ‸",
    "alert when volume > 3\n  show 5 posts by ‸",
    "alert when volume > 3\n  show 5 posts by author.followers ‸",
    "alert when volume > 3\n  show 5 posts, ‸",
    "alert when volume > 3\n  show top 3 ‸",
    "alert when volume > 3\n  locked ‸",
    "alert when volume > 3\n  locked match ‸",
    "alert when volume > 3\n  locked match, ‸",
    "alert when volume > 3\n  follow ‸",
    "alert when volume > 3\n  status ‸",
    "alert when volume > 3\n  since ‸",
    "alert when volume > 3\n  owner ‸",
    "alert when volume > 3\n  min ‸",
    "alert when volume > 3\n  min 20 ‸",
    "alert when volume > 3\n  cooldown ‸",
    "alert when volume > 3\n  under load ‸",
    "alert when volume > 3\n  dedupe by ‸",
    "alert when volume > 3\n  allow MON0403 ‸",
    "alert when volume > 3\n  allow MON0403 until 2099-12-31 ‸",
];

const TESTS: &[&str] = &[
    "expect ‸",
    "expect 1 ‸",
    "expect no ‸",
    "expect >= 3 ‸",
    "expect 1 incident ‸",
    "expect 1 incident of ‸",
    "expect severity ‸",
    "expect severity high ‸",
    "expect opened ‸",
    "expect opened at 10:00 ‸",
    "expect cleared ‸",
    "expect 2 posts ‸",
    "expect 2 posts matched ‸",
    "expect 2 messages ‸",
    "expect 2 messages to ‸",
    "expect 2 messages to team ‸",
];

/// What the place can hold once an offer is taken: it alone, or with what makes a condition of it.
fn wholes(offer: &Offer, place: &str) -> Vec<String> {
    let own = plain(&offer.insert);
    match offer.source {
        Source::Field if place.starts_with("route") => vec![vocabulary::field(&offer.label).unwrap().example],
        // The value that an operator proposes is none of every field.
        Source::Word if place.starts_with("match") => {
            let operator = own.split(' ').next().unwrap_or_default();
            vec![
                own.clone(),
                format!("{operator} en"),
                format!("{operator} true"),
                format!("{operator} [true]"),
                format!("{operator} \"a\""),
            ]
        }
        _ if place.starts_with("alert") => vec![format!("{own} >= 0.123"), own],
        _ => vec![own],
    }
}

fn errors(text: &str) -> Vec<String> {
    let found = snapshot(&[("m.mon", text)]);
    let analysis = found.analysis.unwrap();
    let errors = analysis.diagnostics.iter().filter(|told| told.is_error());
    // Clauses of later releases have places, too, and a playbook may still lack rows.
    let is_later = |told: &&Diagnostic| told.message.starts_with("this release does not execute");
    let lacks_rows = |told: &&Diagnostic| matches!(told.code.id, "MON0601" | "MON0604");
    let own = errors.filter(|told| !is_later(told) && !lacks_rows(told));
    own.map(|told| format!("{} {}", told.code.id, told.message)).collect()
}

#[test]
fn what_is_offered_is_right_there() {
    let (mut wrong, mut shown) = (Vec::new(), String::new());
    let places = ALL.iter().flat_map(|(frame, places)| places.iter().map(move |own| (*own, frame(own))));
    for (place, text) in places {
        let text = format!("{RULES}{text}");
        let found = rules(&[("m.mon", &text)]);
        let offers = completion(&found.snapshot, found.file, found.at).unwrap();
        let written = text.replacen('‸', "", 1);
        let (start, end) = (offers.replaces.start as usize, offers.replaces.end as usize);
        for offer in &offers.offers {
            let key = if offer.source == Source::Field { offer.label.as_str() } else { "country, lang, platform" };
            let load = if offer.label == "heard_one_in" { "under load sample 1 in 4 authors" } else { "" };
            let told = wholes(offer, place).into_iter().map(|whole| {
                let after = format!("{}{whole}{}", &written[..start], &written[end..]);
                errors(&after.replace("GROUP", key).replace("LOAD", load))
            });
            let told: Vec<_> = told.collect();
            if told.iter().all(|told| !told.is_empty()) {
                wrong.push(format!("`{}` at `{place}`: {told:?}", offer.label));
            }
        }
        let labels: Vec<&str> = offers.offers.iter().map(|offer| offer.label.as_str()).collect();
        let more = if labels.len() > 10 { format!(" … {}", labels.len()) } else { String::new() };
        let labels = labels.iter().take(10).copied().collect::<Vec<_>>().join(" | ");
        shown += &format!("{}\n    {labels}{more}\n", place.replace("\n  ", " ").replace("alert when volume > 3 ", ""));
    }
    assert!(wrong.is_empty(), "{} offers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    expect_file!["offers.txt"].assert_eq(&shown);
}
