//! Measures of the language's own against a naive computation over the posts of each window, and against themselves: other
//! batches, other orders, barriers and restarts give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::plan::Plan;
use mon_compiler::story::{BAND_BYTES, BYTES, Reader};
use mon_engine::{Feed, Snapshot, WindowRow};
use mon_post::{Author, Engagement, Enrichment, Link, PostBatch, PostBatchBuilder, PostRow};
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, SliceRandom};

use crate::world::{MINUTE, SECOND, START, Told, options, rng, run, seed, tell};

const RULES: &str = r#"
query acme = "acme"
query zeta = "zeta" or #zeta
query omni = "omni" and lang is en

monitor slide {
  match platform is other
  window slide 3m every 1m by lang
  measure part_taken = engagement()
  measure weight     = engagement(weighted by sentiment)
  measure heard      = reach()
  measure voice      = share_of_voice(zeta of [acme, zeta, omni])
  measure most       = top_count(link.domain)
  measure part       = top_share(link.domain)
  measure busiest    = top_count(author.uid)
  measure stories    = distinct(story)
}

monitor minutes {
  match "acme"
  window tumble 1m
  measure part_taken = engagement()
  measure weight     = engagement(weighted by sentiment)
  measure heard      = reach()
  measure voice      = share_of_voice(zeta of [acme, zeta, omni])
  measure most       = top_count(link.domain)
  measure part       = top_share(link.domain)
  measure busiest    = top_count(author.uid)
  measure stories    = distinct(story)
}
"#;

/// One event as the tests know it.
#[derive(Clone, Debug)]
struct Event {
    post: String,
    revision: String,
    at: i64,
    lang: Option<&'static str>,
    author: Option<String>,
    followers: Option<i64>,
    /// Likes, replies, reposts, quotes.
    parts: [Option<i64>; 4],
    mood: Option<f64>,
    sure: Option<f64>,
    domains: Vec<&'static str>,
    text: String,
}

fn rules() -> Arc<Plan> {
    let checked = check(vec![("rules.mon".to_owned(), RULES.to_owned())], &CheckOptions::default());
    assert!(checked.plan.is_some(), "{:?}", checked.diagnostics);
    Arc::new(checked.plan.unwrap())
}

/// Events in the order of their time: posts, then now and then another telling of one of them, some at the same moment.
fn events(rng: &mut SmallRng, count: usize) -> Vec<Event> {
    const WORDS: [&str; 12] =
        ["acme", "zeta", "#zeta", "omni", "phone", "fire", "shop", "opens", "again", "in", "lyon", "京都"];
    let mut now = START;
    let mut events: Vec<Event> = Vec::new();
    for number in 0..count {
        now += [0, SECOND, 2 * SECOND, 5 * SECOND][rng.random_range(0..4)];
        let some = |rng: &mut SmallRng, most: i64| rng.random_bool(0.6).then(|| rng.random_range(0..most));
        let mut event = Event {
            post: format!("p{number}"),
            revision: number.to_string(),
            at: now,
            lang: [Some("de"), Some("en"), None][rng.random_range(0..3)],
            author: rng.random_bool(0.9).then(|| format!("a{}", rng.random_range(0..15))),
            followers: some(rng, 5_000_000_000),
            parts: [some(rng, 10), some(rng, 1000), some(rng, 3), some(rng, i64::MAX / 1024)],
            mood: rng.random_bool(0.7).then(|| rng.random_range(-1000..=1000) as f64 / 1000.0),
            sure: rng.random_bool(0.7).then(|| rng.random_range(0..=100) as f64 / 100.0),
            domains: (0..rng.random_range(0..4))
                .map(|_| *["a.com", "b.com", "c.com", "d.com"].choose(rng).unwrap())
                .collect(),
            text: (0..rng.random_range(0..9)).map(|_| *WORDS.choose(rng).unwrap()).collect::<Vec<_>>().join(" "),
        };
        if rng.random_bool(0.2) {
            event.parts = [None; 4];
        }
        if let (true, Some(earlier)) = (rng.random_bool(0.3), events.choose(rng)) {
            (event.post, event.lang) = (earlier.post.clone(), earlier.lang);
            if rng.random_bool(0.5) {
                event.text = format!("{} again", earlier.text);
            }
        }
        events.push(event);
    }
    events
}

fn batch(events: &[Event]) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    for event in events {
        let [likes, replies, reposts, quotes] = event.parts;
        let uid = event.author.as_deref().map(Into::into);
        let link = |host: &&str| Link { url: Some(format!("https://{host}/x").into()), ..Link::default() };
        let row = PostRow {
            post_uid: Some(event.post.as_str().into()),
            revision: Some(event.revision.as_str().into()),
            event_at: Some(event.at),
            lang: event.lang.map(Into::into),
            text: Some(event.text.as_str().into()),
            author: Some(Author { uid, followers: event.followers, ..Author::default() }),
            engagement: Some(Engagement { likes, replies, reposts, quotes, views: Some(7), ..Engagement::default() }),
            enrichment: Some(Enrichment { sentiment: event.mood, sentiment_confidence: event.sure }),
            links: Some(event.domains.iter().map(link).collect()),
            ..PostRow::default()
        };
        builder.append(&row).unwrap();
    }
    builder.finish().unwrap()
}

fn feed(events: &[Event]) -> Feed {
    Feed::Posts { source: 0, batch: batch(events) }
}

fn cut(rng: &mut SmallRng, events: &[Event], largest: usize) -> Vec<Feed> {
    let mut feeds = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rng.random_range(1..=largest.min(rest.len())));
        feeds.push(feed(now));
        rest = later;
    }
    feeds
}

// ------------------------------------------------------------------------------------------------ naive

/// The last telling of each post that tells its interactions, and a mood where one is wanted: interactions and weight.
fn last(events: &[&Event], with_mood: bool) -> Vec<(i64, f64)> {
    let mut by_post: BTreeMap<&str, (i64, i64, f64)> = BTreeMap::new();
    for event in events {
        let Some(taken) = event.parts.iter().flatten().copied().reduce(|a, b| a + b) else { continue };
        if with_mood && event.mood.is_none() {
            continue;
        }
        let weight = event.mood.unwrap_or(0.0) * event.sure.unwrap_or(1.0) * (taken as f64).ln_1p();
        let told = (event.at, taken, weight);
        by_post
            .entry(&event.post)
            .and_modify(|known| *known = if told > *known { told } else { *known })
            .or_insert(told);
    }
    by_post.into_values().map(|(_, taken, weight)| (taken, weight)).collect()
}

/// The brands that a post names.
fn brands(event: &Event) -> [bool; 3] {
    let has = |word: &str| event.text.split(' ').any(|one| one.trim_start_matches('#') == word);
    [has("acme"), has("zeta"), has("omni") && event.lang == Some("en")]
}

fn voice(events: &[&Event]) -> Option<f64> {
    let (mut own, mut all) = (0.0, 0.0);
    for event in events {
        let named = brands(event).iter().filter(|named| **named).count();
        all += f64::from(u8::from(named > 0));
        own += if brands(event)[1] { 1.0 / named as f64 } else { 0.0 };
    }
    (all > 0.0).then(|| own / all)
}

fn top<'e>(events: &[&'e Event], values: impl Fn(&'e Event) -> BTreeSet<&'e str>) -> (f64, Option<f64>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let told = events.iter().map(|event| values(event)).filter(|values| !values.is_empty());
    let told: Vec<BTreeSet<&str>> = told.collect();
    told.iter().flatten().for_each(|value| *counts.entry(value).or_default() += 1);
    let most = counts.into_values().max().unwrap_or(0) as f64;
    (most, (!told.is_empty()).then(|| most / told.len() as f64))
}

/// Groups of posts that share a band, found by walking from post to post.
fn stories(events: &[&Event]) -> usize {
    let mut left: Vec<[u8; BYTES]> =
        events.iter().filter_map(|event| Reader::default().signature([event.text.as_str()])).collect();
    let mut found = 0;
    while let Some(first) = left.pop() {
        found += 1;
        let mut pending = vec![first];
        while let Some(one) = pending.pop() {
            let near = |other: &[u8; BYTES]| {
                one.chunks(BAND_BYTES).zip(other.chunks(BAND_BYTES)).any(|(band, other)| band == other)
            };
            pending.extend(left.extract_if(.., |other| near(other)));
        }
    }
    found
}

fn close(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => (left - right).abs() <= 1e-9 * right.abs().max(1.0),
        (left, right) => left == right,
    }
}

fn check_row(row: &WindowRow, events: &[&Event]) {
    let plain = last(events, false);
    let taken = (!plain.is_empty()).then(|| plain.iter().map(|(taken, _)| i128::from(*taken)).sum::<i128>() as f64);
    assert_eq!(row.values[0], taken, "{row:?}");
    let weighted = last(events, true);
    let weight = (!weighted.is_empty()).then(|| weighted.iter().map(|(_, weight)| weight).sum::<f64>());
    assert!(close(row.values[1], weight), "{row:?} {weight:?}");
    let mut followers: BTreeMap<&str, i64> = BTreeMap::new();
    for (author, count) in events.iter().filter_map(|event| event.author.as_deref().zip(event.followers)) {
        let known = followers.entry(author).or_default();
        *known = (*known).max(count);
    }
    let heard = (!followers.is_empty()).then(|| followers.values().sum::<i64>() as f64);
    assert_eq!(row.values[2], heard, "{row:?}");
    assert!(close(row.values[3], voice(events)), "{row:?} {:?}", voice(events));
    let (most, part) = top(events, |event| event.domains.iter().copied().collect());
    assert_eq!((row.values[4], row.values[5]), (Some(most), part), "{row:?}");
    let (busiest, _) = top(events, |event| event.author.as_deref().into_iter().collect());
    assert_eq!(row.values[6], Some(busiest), "{row:?}");
    assert_eq!(row.values[7], Some(stories(events) as f64), "{row:?}");
}

#[test]
fn measures_equal_a_naive_computation() {
    let mut rng = rng(seed());
    let plan = rules();
    for _ in 0..3 {
        let events = events(&mut rng, 400);
        let mut rows: Vec<WindowRow> = Vec::new();
        let mut feeds = cut(&mut rng, &events, 90);
        feeds.push(Feed::End);
        run(&plan, options(), None, feeds, |epoch| rows.extend(epoch.windows));
        let mut checked = [0, 0];
        for row in &rows {
            let inside = |event: &&Event| {
                (row.start..row.end).contains(&event.at)
                    && (row.monitor == 1 || row.key == [event.lang.map(str::to_owned)])
                    && (row.monitor == 0 || brands(event)[0])
            };
            check_row(row, &events.iter().filter(inside).collect::<Vec<_>>());
            checked[row.monitor as usize] += 1;
        }
        assert!(checked.iter().all(|count| *count > 5), "{checked:?} windows");
    }
}

#[test]
fn measures_are_the_same_for_any_batches_and_any_order() {
    let mut rng = rng(seed());
    let plan = rules();
    let events = events(&mut rng, 600);
    let whole = tell(&plan, options(), vec![feed(&events), Feed::End]);
    assert!(whole.windows.lines().count() > 20, "{}", whole.windows);
    for largest in [1, 7, 100] {
        let mut feeds = cut(&mut rng, &events, largest);
        feeds.push(Feed::End);
        assert_eq!(tell(&plan, options(), feeds).windows, whole.windows, "batches up to {largest}");
    }
    // Posts of a few seconds change places, so that none is late.
    let mut mixed = events.clone();
    for _ in 0..3 {
        for few in mixed.chunk_by_mut(|a, b| a.at / (20 * SECOND) == b.at / (20 * SECOND)) {
            few.shuffle(&mut rng);
        }
        let mut feeds = cut(&mut rng, &mixed, 50);
        feeds.push(Feed::End);
        assert_eq!(tell(&plan, options(), feeds).windows, whole.windows, "another order");
    }
}

#[test]
fn measures_go_on_after_a_restart() {
    let mut rng = rng(seed());
    let plan = rules();
    let events = events(&mut rng, 500);
    let whole = tell(&plan, options(), vec![feed(&events), Feed::End]);
    for _ in 0..3 {
        let mut told = Told::default();
        let mut state: Option<Snapshot> = None;
        let mut rest = events.as_slice();
        let mut epoch = 0;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rng.random_range(1..=rest.len().min(120)));
            let mut feeds = cut(&mut rng, now, 40);
            epoch += 1;
            feeds.push(Feed::Barrier { epoch });
            if later.is_empty() {
                feeds.push(Feed::End);
            }
            let from = state.take();
            run(&plan, options(), from, feeds, |epoch| {
                told.add(&epoch, &plan);
                state = epoch.snapshot;
            });
            rest = later;
        }
        assert_eq!(told.windows, whole.windows);
        assert!(epoch > 3);
    }
    assert!(events.last().unwrap().at - START > 5 * MINUTE);
}
