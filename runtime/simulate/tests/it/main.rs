//! Simulated days: the same for a seed, different for another, with what was planted where the truth says it is.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should panic")]

use std::collections::{BTreeMap, BTreeSet};

use mon_post::writer::write_jsonl;
use mon_post::{PostBatch, time};
use mon_simulate::{DEFAULT_START, Scenario, Spec, Truth, simulate};

const MINUTE: i64 = 60_000_000;

fn run(scenario: Scenario, seed: u64, posts: u64) -> (PostBatch, Truth) {
    let mut simulation = simulate(&Spec { posts: Some(posts), ..Spec::new(scenario, seed) });
    let batches: Vec<PostBatch> = simulation.by_ref().map(Result::unwrap).collect();
    (PostBatch::concat(&batches).unwrap(), simulation.truth().clone())
}

fn bytes(batch: &PostBatch) -> Vec<u8> {
    let mut out = Vec::new();
    write_jsonl(batch, &mut out).unwrap();
    out
}

fn texts(batch: &PostBatch) -> BTreeMap<String, String> {
    (0..batch.len())
        .map(|row| (batch.post_uid(row).to_owned(), batch.row(row).text.unwrap_or_default().into_owned()))
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_every_machine() {
    let mut hashes = String::new();
    for scenario in Scenario::ALL {
        let (posts, truth) = run(*scenario, 11, 3_000);
        assert_eq!(bytes(&posts), bytes(&run(*scenario, 11, 3_000).0), "{}", scenario.name());
        let truth = serde_json::to_string(&truth).unwrap();
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex()[..16].to_owned();
        hashes += &format!("{} {} {}\n", scenario.name(), hash(&bytes(&posts)), hash(truth.as_bytes()));
    }
    expect_test::expect![[r#"
        launch-day 6d790c43f989dda3 6c057dcd6174eee7
        viral 9bdce5f71ba816dc cd63859de5bc55e0
        slow-burn 621241f1742dd56f 9aa0eec044054884
        silent-source 89925ec9128dbfdf ff4afe76fd81b1ca
        crisis 1bba8c244444e244 89e808edcb5873c4
        quiet-day 6934f22ca7c4bb29 321749f852c071d2
    "#]]
    .assert_eq(&hashes);
}

#[test]
fn another_seed_gives_another_day() {
    let (one, _) = run(Scenario::QuietDay, 1, 2_000);
    let (two, _) = run(Scenario::QuietDay, 2, 2_000);
    let one: BTreeSet<String> = texts(&one).into_values().collect();
    let shared = texts(&two).into_values().filter(|text| one.contains(text)).count();
    assert!(shared < 700, "{shared}");
}

#[test]
fn posts_arrive_in_order_with_few_late_and_few_twice() {
    let (posts, truth) = run(Scenario::QuietDay, 3, 40_000);
    assert_eq!(truth.deliveries, posts.len() as u64);
    let mut seen = BTreeSet::new();
    let (mut last, mut late, mut twice, mut disorder, mut newest) = (0, 0, 0, 0, 0);
    for row in 0..posts.len() {
        let post = posts.row(row);
        let (event, received) = (post.event_at.unwrap(), post.received_at.unwrap());
        assert!(received >= last && received > event, "row {row}");
        last = received;
        late += usize::from(received - event > MINUTE);
        disorder += usize::from(event < newest);
        newest = newest.max(event);
        twice += usize::from(!seen.insert(posts.event_id(row)));
    }
    assert_eq!(seen.len(), 40_000);
    assert!((40..160).contains(&late), "{late} late");
    assert!((60..200).contains(&twice), "{twice} twice");
    assert!(disorder > 5_000, "{disorder} out of order");
}

#[test]
fn the_day_has_its_rhythm_and_its_languages() {
    let (posts, _) = run(Scenario::QuietDay, 5, 40_000);
    let mut hours = [0_u32; 24];
    let mut japanese = [0_u32; 24];
    let mut languages: BTreeMap<String, usize> = BTreeMap::new();
    let (mut countries, mut moods) = (0, 0);
    for row in 0..posts.len() {
        let post = posts.row(row);
        let hour = usize::try_from((posts.event_at(row) - DEFAULT_START) / (60 * MINUTE)).unwrap();
        hours[hour] += 1;
        let lang = post.lang.map_or_else(|| "none".to_owned(), |lang| lang.into_owned());
        japanese[hour] += u32::from(lang == "ja");
        *languages.entry(lang).or_default() += 1;
        countries += usize::from(post.geo.is_some());
        moods += usize::from(post.enrichment.is_some());
    }
    assert!(hours.iter().max().unwrap() > &(hours.iter().min().unwrap() * 2), "{hours:?}");
    // Eleven in the morning UTC is evening in Japan; nineteen is the middle of its night.
    assert!(japanese[11] > 4 * japanese[19], "{japanese:?}");
    assert_eq!(languages.len(), 9, "{languages:?}");
    assert!((12_000..20_000).contains(&countries), "{countries}");
    assert!((9_000..14_000).contains(&moods), "{moods}");
}

#[test]
fn a_failed_launch_is_where_the_truth_says() {
    for (scenario, posts, least) in [(Scenario::LaunchDay, 40_000, 900), (Scenario::Crisis, 20_000, 1_400)] {
        let (posts, truth) = run(scenario, 11, posts);
        let [failure, decoy] = truth.events.as_slice() else { panic!("{:?}", truth.events) };
        assert_eq!((failure.kind, failure.start.as_str()), ("failure", "2026-11-02T10:00:00Z"));
        assert!(failure.posts.len() >= least, "{}", failure.posts.len());
        let texts = texts(&posts);
        let planted: BTreeSet<&String> = failure.posts.iter().chain(&decoy.posts).collect();
        for uid in &planted {
            assert!(texts[*uid].to_lowercase().contains("acme"), "{}", texts[*uid]);
        }
        let (start, end) = (time::parse(&failure.start).unwrap(), time::parse(&failure.end).unwrap());
        let mut voices = BTreeSet::new();
        for row in 0..posts.len() {
            let uid = posts.post_uid(row);
            if failure.posts.iter().any(|planted| planted == uid) {
                assert!((start..end).contains(&posts.event_at(row)));
                let post = posts.row(row);
                if posts.event_at(row) < start + 20 * MINUTE {
                    voices.insert(post.author.unwrap().uid.unwrap().into_owned());
                }
                assert!(post.enrichment.is_none_or(|mood| mood.sentiment.unwrap() <= -0.4));
            }
        }
        assert!(voices.len() > 200, "{}", voices.len());
    }
}

#[test]
fn a_quiet_day_has_no_complaint() {
    let (posts, truth) = run(Scenario::QuietDay, 7, 40_000);
    assert_eq!(truth.events, []);
    let texts = texts(&posts);
    let mentions = texts.values().filter(|text| text.contains("Acme")).count();
    assert!((100..800).contains(&mentions), "{mentions}");
    for word in ["broken", "won't turn on", "stopped working", "crash", "overheat", "on fire", "charged"] {
        assert_eq!(texts.values().find(|text| text.contains(word) && text.contains("Acme")), None);
    }
}

#[test]
fn a_silent_platform_says_nothing_while_it_is_silent() {
    let (posts, truth) = run(Scenario::SilentSource, 7, 40_000);
    let [silence] = truth.events.as_slice() else { panic!("{:?}", truth.events) };
    let (start, end) = (time::parse(&silence.start).unwrap(), time::parse(&silence.end).unwrap());
    let count = |from: i64, to: i64| {
        let inside = |row: &usize| (from..to).contains(&posts.event_at(*row));
        let silent = |row: &usize| posts.row(*row).platform.as_deref() == Some("bluesky");
        (0..posts.len()).filter(inside).filter(silent).count()
    };
    assert_eq!(count(start, end), 0);
    assert!(count(start - (end - start), start) > 100);
}

#[test]
fn a_viral_post_is_shared_by_thousands_and_a_slow_burn_creeps() {
    let (posts, truth) = run(Scenario::Viral, 7, 40_000);
    let [viral] = truth.events.as_slice() else { panic!("{:?}", truth.events) };
    assert!(viral.posts.len() > 2_000, "{}", viral.posts.len());
    let shares = (0..posts.len()).filter(|row| {
        posts.row(*row).refs.iter().flatten().any(|r| r.post_uid.as_deref() == viral.posts.first().map(String::as_str))
    });
    assert!(shares.count() >= viral.posts.len() - 1);

    let (posts, truth) = run(Scenario::SlowBurn, 7, 40_000);
    let [burn] = truth.events.as_slice() else { panic!("{:?}", truth.events) };
    let middle = (time::parse(&burn.start).unwrap() + time::parse(&burn.end).unwrap()) / 2;
    let planted: BTreeSet<&str> = burn.posts.iter().map(String::as_str).collect();
    let times: BTreeMap<&str, i64> = (0..posts.len()).map(|row| (posts.post_uid(row), posts.event_at(row))).collect();
    let early = planted.iter().filter(|uid| times[*uid] < middle).count();
    assert!(planted.len() > 250 && early * 2 < planted.len(), "{early} of {}", planted.len());
}
