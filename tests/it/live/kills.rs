//! The run is killed again and again at random moments while posts come, and must find what an undisturbed one finds, to
//! the byte, and tell everybody once. `MON_KILLS=1000` is for a long evening; CI takes what fits into a minute.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use mon_fakes::jetstream::FakeJetstream;
use mon_fakes::{Faults, Script};
use mon_store::Store;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::books::Posts;
use super::day::{Day, counted};
use super::process::{Deployment, patiently};
use super::recorded::{FILES, replays_as_it_ran};
use crate::tool::root;

/// Kills of both tests together, where [`VARIABLE`] does not tell.
const KILLS: u64 = 50;
const VARIABLE: &str = "MON_KILLS";
/// Posts that come for each kill.
const POSTS: u64 = 200;

const RULES: &str = r#"
/// Something changes every few minutes: much to lose.
monitor pulse {
  match  lang in [en, de, pt, es, ja]
  window tumble 2m by lang

  measure volume = count()

  alert when volume >= 14
        clear when volume < 14
  severity {
    high when volume >= 20
    medium otherwise
  }
  follow playbook pulse_desk
}

playbook pulse_desk {
  route first { otherwise to team care }
  notify {
    high   by slack at once
    medium by email at once
  }
}
"#;

fn number(variable: &str, otherwise: u64) -> u64 {
    let told = std::env::var(variable).ok();
    told.map_or(otherwise, |told| told.parse().unwrap_or_else(|_| panic!("{variable}={told} is no number")))
}

/// Runs until everything is read and told; what was found, and how long the start took.
async fn found(deployment: &Deployment, jetstream: &FakeJetstream) -> (Vec<String>, Duration) {
    let began = Instant::now();
    let running = deployment.start();
    patiently("a run commits", || deployment.look()).await;
    let start = began.elapsed();
    // Where an earlier run has read all, nothing else says that this one is there.
    patiently("the run has its data open", || Store::in_use(deployment.data()).unwrap().then_some(())).await;
    patiently("everything is read and told", || {
        let store = deployment.look().filter(|_| jetstream.is_done())?;
        let told = store.outbox_counts().unwrap().open() == 0;
        (told && counted(&store) >= Posts::of(&jetstream.ledger(), &store).all).then_some(())
    })
    .await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let out = deployment.path("out");
    (FILES.iter().map(|file| fs::read_to_string(out.join(file)).unwrap()).collect(), start)
}

/// The rules run beside those of the examples.
fn watch(day: &mut Day, arguments: &[&str]) {
    fs::write(day.deployment.path("rules.mon"), RULES).unwrap();
    day.deployment.add(&["rules.mon", "--out", "out"]);
    day.deployment.add(arguments);
}

/// The identifiers of a file of messages.
fn ids(messages: &str) -> BTreeSet<String> {
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    messages.lines().map(id).collect()
}

async fn killed_at_random(arguments: &[&str], lane: u64) -> Day {
    let (kills, seed) = (number(VARIABLE, KILLS).div_ceil(2), number("MON_SEED", 1));
    println!("{VARIABLE}={} MON_SEED={seed}", number(VARIABLE, KILLS));
    let mut random = SmallRng::seed_from_u64(seed.wrapping_add(lane));
    let posts = kills * POSTS;
    let mut calm = Day::of(posts, posts * 10, "v2", Faults::none(), Script::ok()).await;
    watch(&mut calm, &[]);
    let (expected, mut start) = found(&calm.deployment, &calm.jetstream).await;
    assert!(expected.iter().all(|file| !file.is_empty()), "an undisturbed run finds nothing");

    // Posts come for as long as there are kills, however fast the machine is.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds")]
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let rate = (POSTS as f64 / (start.as_secs_f64() + 0.5)).max(1.0) as u64;
    let mut day = Day::of(posts, rate, "v2", Faults::none(), Script::ok()).await;
    watch(&mut day, arguments);
    // A kill comes before the first commit of a run, in the middle of it, or later.
    let mut busy = 0;
    for _ in 0..kills {
        let epoch = || day.deployment.look().map_or(0, |store| store.load_checkpoint().unwrap().unwrap().epoch);
        let (before, began) = (epoch(), Instant::now());
        let running = day.deployment.start();
        if random.random_range(0..4) > 0 {
            patiently("a run commits", || (epoch() > before + 2 || day.jetstream.is_done()).then_some(())).await;
            start = began.elapsed();
            sleep(Duration::from_micros(random.random_range(0..250_000))).await;
        } else {
            sleep(start.mul_f64(random.random_range(0.0..1.0))).await;
        }
        busy += u64::from(!day.jetstream.is_done());
        running.kill();
    }
    // The server publishes by the clock and comes to its end, but the kills may have gone faster than was reckoned.
    while !day.jetstream.is_done() {
        sleep(Duration::from_millis(100)).await;
    }
    let (got, _) = found(&day.deployment, &day.jetstream).await;
    for ((file, expected), got) in FILES.iter().zip(&expected).zip(&got) {
        let first = expected.lines().zip(got.lines()).find(|(expected, got)| expected != got);
        assert!(expected == got, "{file}: {} and {} bytes, first {first:?}", expected.len(), got.len());
    }
    let told = day.webhook.ledger().ids();
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), ids(&got[3]), "who was told of what");
    let repeats: u64 = told.values().map(|count| count.attempts - 1).sum();
    let lines = |at: usize| got[at].lines().count();
    println!(
        "{kills} kills, {busy} while posts came: {posts} posts, {} mentions, {} windows, {} steps of incidents, {} messages, \
         {repeats} attempts more than messages: as undisturbed",
        lines(0),
        lines(1),
        lines(2),
        lines(3)
    );
    day
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_again_and_again_finds_what_an_undisturbed_one_finds() {
    killed_at_random(&[], 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_run_that_is_killed_again_and_again_does_too_and_so_does_its_replay() {
    let day = killed_at_random(&["--record", "tape"], 2).await;
    let segments = fs::read_dir(day.deployment.path("tape")).unwrap().count() as u64;
    println!("{segments} files of the recording");
    let rules = root().join("examples/rules");
    let folder: &Path = &day.deployment.path("");
    replays_as_it_ran(folder, &[rules.to_str().unwrap(), "rules.mon"], "tape", "out");
}
