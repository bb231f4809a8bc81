//! Rules and days of posts that the tests share.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::matching::{Backend, MatchOptions, Matcher};
use mon_compiler::plan::{Plan, SourceFile};
use mon_lens::{Capture, Lens, Look, MonitorLook, Rules, Seen};
use mon_post::PostBatch;
use mon_simulate::{Scenario, Spec, simulate};

/// Names and texts of rule files.
pub type Files = Vec<(String, String)>;

/// Every kind of window, and alerts that look back, wait, clear by themselves, or speak of silence.
pub const ZOO: &str = r#"
terms bad = "broken", "refund", "charged twice", "won't turn on", "stopped working"

query talk = lang in [en, de, es] and not kind is repost

monitor z_slide {
  match talk and not "giveaway"
  window slide 30m every 5m by lang, late 1m
  measure volume = count()
  measure voices = distinct(author.uid)
  alert when volume >= 8 and voices >= 5 for 10m clear when volume < 4 for 15m
  severity { high when volume >= 20  medium otherwise }
}
monitor z_tumble {
  match "acme" or bad
  window tumble 20m by platform
  alert when count() >= 3
}
monitor z_calendar {
  match bad
  window calendar day in Europe/Berlin by lang
  alert when count() >= 2 or distinct(author.uid) >= 2
}
monitor z_session {
  match bad
  window session gap 20m by lang
  measure volume = count()
  alert when volume >= 2
}
monitor z_count {
  match talk
  window count 25
  measure share_bad = share(count(bad) of count())
  alert when share_bad >= 5% and count(bad) >= 2
}
monitor z_pattern {
  match "acme" or bad
  window pattern bad then "acme" within 2h by lang
  alert when count() >= 1
}
monitor z_absent {
  match "acme" or bad
  window pattern bad then not "thanks" for 1h by lang
  alert when count() >= 1
}
monitor z_silence {
  match bad
  window tumble 15m
  alert when no posts for 45m
}
monitor z_silence_by {
  match "acme"
  window slide 30m every 10m by lang
  measure volume = count()
  alert when volume < 1 for 20m
}
monitor z_usual {
  match talk
  window tumble 5m by lang
  measure volume = count()
  alert when robust_z(volume, any_hour over 7d) > 2 and volume >= 3
  min 3 posts
}
monitor z_change {
  match talk
  window tumble 10m
  measure volume = count()
  alert when change(volume, previous) > 0.5
}
monitor z_new {
  match talk
  window tumble 30m by lang
  measure fresh = new_values(tag over 1d, posts >= 1, authors >= 1)
  alert when fresh >= 1
}
monitor z_rate_one {
  match "acme"
  window tumble 10m by lang
  measure volume = count()
  measure chance = poisson(volume, any_hour over 7d)
  alert when q_value(chance) <= 20%
}
monitor z_rate_two {
  match bad
  window tumble 10m
  measure volume = count()
  measure chance = poisson(volume, any_hour over 7d)
  alert when q_value(chance) <= 20%
}
monitor z_collect {
  match "acme" and bad
}
"#;

pub fn zoo() -> Files {
    vec![("zoo.mon".to_owned(), ZOO.to_owned())]
}

/// The rules of the examples.
pub fn examples() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/rules");
    let mut files: Files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "mon"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 10);
    files
}

pub fn one(text: &str) -> Files {
    vec![("rules.mon".to_owned(), text.to_owned())]
}

pub fn rules(files: &Files) -> Rules {
    let trees: Vec<_> = files.iter().map(|(_, text)| mon_grammar::parse(text)).collect();
    let sources = files.iter().map(|(name, text)| SourceFile { name: name.clone(), text: Arc::from(text.as_str()) });
    Rules::check(sources.collect(), &trees, &CheckOptions::default()).unwrap_or_else(|| panic!("{:?}", faults(files)))
}

fn faults(files: &Files) -> Vec<String> {
    let checked = check(files.clone(), &CheckOptions { examples: false, ..CheckOptions::default() });
    checked.diagnostics.iter().filter(|told| told.is_error()).map(|told| told.message.clone()).collect()
}

/// The plan as everything else than the lens has it.
pub fn plan(files: &Files) -> Arc<Plan> {
    let checked = check(files.clone(), &CheckOptions { examples: false, ..CheckOptions::default() });
    Arc::new(checked.plan.unwrap_or_else(|| panic!("{:?}", faults(files))))
}

pub fn day(scenario: Scenario, seed: u64, posts: u64) -> Vec<PostBatch> {
    simulate(&Spec { posts: Some(posts), ..Spec::new(scenario, seed) }).map(Result::unwrap).collect()
}

/// Cut into small batches, so that what is done between batches happens often.
pub fn cut(batches: &[PostBatch], rows: usize) -> Vec<PostBatch> {
    let pieces = |batch: &PostBatch| -> Vec<PostBatch> {
        (0..batch.len()).step_by(rows).map(|from| batch.slice(from, rows.min(batch.len() - from))).collect()
    };
    batches.iter().flat_map(pieces).collect()
}

pub fn capture(batches: &[PostBatch]) -> Arc<Capture> {
    Arc::new(Capture::of(batches.to_vec(), &never).unwrap().unwrap())
}

/// A line of text a post, a minute apart.
pub fn said(texts: &[&str]) -> Arc<Capture> {
    let line = |(at, text): (usize, &&str)| {
        let post = format!("\"id\":\"{at}\",\"created_at\":{},\"text\":\"{text}\"", 1_793_613_600 + 60 * at);
        format!("{{{post}}}\n")
    };
    let lines: String = texts.iter().enumerate().map(line).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posts.jsonl");
    fs::write(&path, lines).unwrap();
    Arc::new(Capture::open(&path, None, 1_000, &never).unwrap().unwrap())
}

pub fn never() -> bool {
    false
}

pub fn look(lens: &mut Lens, files: &Files) -> Look {
    match lens.look(&rules(files), &never).unwrap() {
        Seen::All(look) => look,
        Seen::Cancelled => panic!("nobody stopped it"),
    }
}

/// What a lens says that knows nothing yet.
pub fn fresh(capture: &Arc<Capture>, files: &Files) -> Look {
    look(&mut Lens::new(Arc::clone(capture)), files)
}

pub fn monitor<'l>(look: &'l Look, name: &str) -> &'l MonitorLook {
    look.monitors.iter().find(|monitor| monitor.name == name).unwrap()
}

/// For each monitor the identifiers of the posts that it matches, by the ordinary matcher.
pub fn matched(plan: &Plan, batches: &[PostBatch]) -> Vec<Vec<(usize, u32)>> {
    let ids: Vec<_> = plan.monitors.iter().map(|monitor| monitor.query).collect();
    let matcher = Matcher::build(plan, &ids, Backend::Automatic, &MatchOptions::default()).unwrap();
    let (mut scratch, mut rows) = (matcher.scratch(), vec![Vec::new(); ids.len()]);
    for (at, batch) in batches.iter().enumerate() {
        let mut found = Vec::new();
        matcher.match_batch(batch, &mut scratch, &mut found);
        for found in found {
            rows[ids.iter().position(|id| *id == found.query).unwrap()].push((at, found.row));
        }
    }
    rows
}
