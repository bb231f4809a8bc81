//! Measures of the language's own against a naive computation over the posts of each window, and against themselves: other
//! batches, other orders, barriers and restarts give the same bytes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mon_alerts::{ShownValue, ShownValues, Transition, TransitionKind};
use mon_compiler::check::{CheckOptions, check};
use mon_compiler::plan::{Plan, ValuesOrder};
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
  measure tagged     = top_count(tag)
  measure page       = top_share(link.url)
  measure together   = coordinated(link.domain within 15s)
  measure copied     = coordinated(story within 50s, accounts >= 4)
}

playbook desk {
  route first { otherwise to team care }
  notify { medium by email at once }
}

monitor minutes {
  match "acme"
  window tumble 1m
  alert when count() >= 9
  show 2 posts, top 3 tag, top 2 link.domain, top 9 lang
  follow playbook desk
  measure part_taken = engagement()
  measure weight     = engagement(weighted by sentiment)
  measure heard      = reach()
  measure voice      = share_of_voice(zeta of [acme, zeta, omni])
  measure most       = top_count(link.domain)
  measure part       = top_share(link.domain)
  measure busiest    = top_count(author.uid)
  measure stories    = distinct(story)
  measure tagged     = top_count(tag)
  measure page       = top_share(link.url)
  measure together   = coordinated(link.domain within 15s)
  measure copied     = coordinated(story within 50s, accounts >= 4)
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
fn stories<'e>(events: &[&'e Event]) -> Vec<Vec<&'e Event>> {
    let signed = |event: &&'e Event| Some((*event, Reader::default().signature([event.text.as_str()])?));
    let mut left: Vec<(&Event, [u8; BYTES])> = events.iter().filter_map(signed).collect();
    let mut found = Vec::new();
    while let Some(first) = left.pop() {
        let mut story = Vec::new();
        let mut pending = vec![first];
        while let Some((event, one)) = pending.pop() {
            story.push(event);
            let near = |other: &[u8; BYTES]| {
                one.chunks(BAND_BYTES).zip(other.chunks(BAND_BYTES)).any(|(band, other)| band == other)
            };
            pending.extend(left.extract_if(.., |other| near(&other.1)));
        }
        found.push(story);
    }
    found
}

/// Authors in groups of so many who shared two values within a time, by comparing all of them with each other. `shared` holds
/// the posts of each value.
fn coordinated(shared: &[Vec<&Event>], within: i64, accounts_min: usize) -> usize {
    let authors: BTreeSet<&str> = shared.iter().flatten().filter_map(|event| event.author.as_deref()).collect();
    let times = |who: &str, posts: &[&Event]| -> Vec<i64> {
        posts.iter().filter(|event| event.author.as_deref() == Some(who)).map(|event| event.at).collect()
    };
    let together = |a: &str, b: &str, posts: &[&Event]| {
        times(a, posts).iter().any(|at| times(b, posts).iter().any(|other| (at - other).abs() <= within))
    };
    let pair = |a: &str, b: &str| a != b && shared.iter().filter(|posts| together(a, b, posts)).count() >= 2;
    let mut left: Vec<&str> = authors.into_iter().collect();
    let mut counted = 0;
    while let Some(first) = left.pop() {
        let mut pending = vec![first];
        let mut group = 0;
        while let Some(one) = pending.pop() {
            group += 1;
            pending.extend(left.extract_if(.., |other| pair(one, other)));
        }
        counted += if group >= accounts_min { group } else { 0 };
    }
    counted
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
    let stories = stories(events);
    assert_eq!(row.values[7], Some(stories.len() as f64), "{row:?}");
    let (tagged, _) = top(events, |event| event.text.split(' ').filter(|word| word.starts_with('#')).collect());
    // Each host has one page.
    assert_eq!((row.values[8], row.values[9]), (Some(tagged), part), "{row:?}");
    let linking = |domain| events.iter().copied().filter(|event| event.domains.contains(&domain)).collect();
    let links = ["a.com", "b.com", "c.com", "d.com"].map(linking);
    assert_eq!(row.values[10], Some(coordinated(&links, 15 * SECOND, 3) as f64), "{row:?}");
    assert_eq!(row.values[11], Some(coordinated(&stories, 50 * SECOND, 4) as f64), "{row:?}");
}

/// The values that an incident shows, by counting them.
fn check_shown(step: &Transition, events: &[&Event]) {
    let count = |of: &str, most: usize, values: &dyn Fn(&Event) -> BTreeSet<String>| {
        let mut posts: BTreeMap<String, u64> = BTreeMap::new();
        events.iter().flat_map(|event| values(event)).for_each(|value| *posts.entry(value).or_default() += 1);
        let mut values: Vec<ShownValue> = posts.into_iter().map(|(value, posts)| ShownValue { value, posts }).collect();
        values.sort_by_key(|one| Reverse(one.posts));
        values.truncate(most);
        ShownValues { order: ValuesOrder::Top, of: of.to_owned(), values }
    };
    let tags = |event: &Event| event.text.split(' ').filter(|word| word.starts_with('#')).map(str::to_owned).collect();
    let domains = |event: &Event| event.domains.iter().map(|domain| (*domain).to_owned()).collect();
    let langs = |event: &Event| event.lang.iter().map(|lang| (*lang).to_owned()).collect();
    let wanted = [count("tag", 3, &tags), count("link.domain", 2, &domains), count("lang", 9, &langs)];
    // A window without posts has none.
    if events.is_empty() { assert!(step.shown.is_empty()) } else { assert_eq!(step.shown, wanted, "{step:?}") }
}

#[test]
fn measures_equal_a_naive_computation() {
    let mut rng = rng(seed());
    let plan = rules();
    let (mut opened, mut groups) = (0, BTreeSet::new());
    for _ in 0..3 {
        let events = events(&mut rng, 400);
        let (mut rows, mut steps): (Vec<WindowRow>, Vec<Transition>) = (Vec::new(), Vec::new());
        let mut feeds = cut(&mut rng, &events, 90);
        feeds.push(Feed::End);
        run(&plan, options(), None, feeds, |epoch| {
            rows.extend(epoch.windows);
            steps.extend(epoch.transitions);
        });
        let mut checked = [0, 0];
        let sizes = rows.iter().flat_map(|row| [row.values[10], row.values[11]]).flatten().map(|count| count as i64);
        groups.extend(sizes);
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
        for step in &steps {
            let inside = |event: &&Event| (step.at - MINUTE..step.at).contains(&event.at) && brands(event)[0];
            check_shown(step, &events.iter().filter(inside).collect::<Vec<_>>());
        }
        opened += steps.iter().filter(|step| step.kind == TransitionKind::Opened).count();
    }
    assert!(opened > 2 && groups.len() > 2, "{opened} incidents, groups of {groups:?}");
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
        let told = tell(&plan, options(), feeds);
        assert_eq!(
            (told.windows, told.incidents),
            (whole.windows.clone(), whole.incidents.clone()),
            "batches up to {largest}"
        );
    }
    // Posts of a few seconds change places, so that none is late.
    let mut mixed = events.clone();
    for _ in 0..3 {
        for few in mixed.chunk_by_mut(|a, b| a.at / (20 * SECOND) == b.at / (20 * SECOND)) {
            few.shuffle(&mut rng);
        }
        let mut feeds = cut(&mut rng, &mixed, 50);
        feeds.push(Feed::End);
        let told = tell(&plan, options(), feeds);
        assert_eq!((told.windows, told.incidents), (whole.windows.clone(), whole.incidents.clone()), "another order");
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
        assert_eq!((told.windows, told.incidents), (whole.windows.clone(), whole.incidents.clone()));
        assert!(epoch > 3);
    }
    assert!(events.last().unwrap().at - START > 5 * MINUTE);
}

/// Sharings of one half of an hour: authors who post what they like, a link that everybody shares at once, and five authors who
/// share three more, seconds apart.
fn with_a_group(rng: &mut SmallRng) -> Vec<Event> {
    let mut events = Vec::new();
    let mut post = |at: i64, author: String, text: String| {
        let number = events.len();
        events.push(Event {
            post: format!("p{number}"),
            revision: "1".to_owned(),
            at,
            lang: None,
            author: Some(author),
            followers: None,
            parts: [None; 4],
            mood: None,
            sure: None,
            domains: vec![],
            text,
        });
    };
    let half = 30 * MINUTE;
    for number in 0..600 {
        let at = START + rng.random_range(0..half);
        post(at, format!("a{}", rng.random_range(0..80)), format!("#t{number} acme"));
    }
    for author in 0..80 {
        post(START + 10 * MINUTE + rng.random_range(0..30 * SECOND), format!("a{author}"), "#recall acme".to_owned());
    }
    for push in 1..=3 {
        for author in 0..5 {
            let at = START + push * 7 * MINUTE + rng.random_range(0..40 * SECOND);
            post(at, format!("a{}", author * 16), format!("#push{push} acme"));
        }
    }
    events.sort_by_key(|event| event.at);
    events
}

#[test]
fn a_group_among_many_is_counted_and_a_link_that_everybody_shares_is_none() {
    let mut rng = rng(seed());
    let rules = "monitor m {\n  match \"acme\"\n  window tumble 30m\n  measure group = coordinated(tag within 60s)\n  \
                 measure larger = coordinated(tag within 60s, shared >= 3, accounts >= 6)\n  measure often = coordinated(tag within 60s, shared >= 5)\n}\n";
    let checked = check(vec![("rules.mon".to_owned(), rules.to_owned())], &CheckOptions::default());
    let plan = Arc::new(checked.plan.unwrap());
    let events = with_a_group(&mut rng);
    let mut rows = Vec::new();
    let mut feeds = cut(&mut rng, &events, 200);
    feeds.push(Feed::End);
    run(&plan, options(), None, feeds, |epoch| rows.extend(epoch.windows));
    let values: Vec<&[Option<f64>]> = rows.iter().map(|row| row.values.as_slice()).collect();
    assert_eq!(values, [[Some(5.0), Some(0.0), Some(0.0)]]);
}
