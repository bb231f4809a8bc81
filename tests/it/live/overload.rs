//! More comes than the run can look at: it hears fewer people where its rules allow that, counts what it leaves out, stays as large as it is, and hears
//! all again when less comes. `MON_OVERLOAD_SECONDS=300` is for a long look.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use mon_fakes::{FakeJetstream, JetstreamOptions};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::books::Posts;
use super::day::counted;
use super::process::{Deployment, Process, patiently};
use super::recorded::replays_as_it_ran;

const SECONDS: u64 = 30;
const VARIABLE: &str = "MON_OVERLOAD_SECONDS";
/// Times what the run can look at.
const OVER: f64 = 5.0;
/// Looks, ten a second, after which another rate is tried.
const PATIENCE_LOOKS: u32 = 200;
/// Posts by which is measured what that is.
const TRIAL: u64 = 4_000;
/// By how much a run may grow once it hears fewer: by what an epoch of 4,096 posts holds, which sixty monitors each take, a few times over, and no
/// more. Posts that waited in memory would pass it in some minutes.
const GROWTH_KB: u64 = 1_024 * 1_024;

/// Much work for each post, and one monitor that must not miss any.
fn rules(ladder: &str) -> String {
    let mut rules =
        String::from("monitor vital {\n  match \"acme\"\n  window tumble 10s\n  measure volume = count()\n}\n");
    for number in 0..60 {
        let _ = write!(
            rules,
            "\nmonitor chatter_{number} {{\n  match lang in [en, de, es, ja] or \"zwq{number}\"\n  window slide 1m every 10s by lang\n  \
             measure volume = count()\n  measure voices = distinct(author.uid)\n  {ladder}\n}}\n"
        );
    }
    rules
}

fn deployment(jetstream: &FakeJetstream, ladder: &str) -> Deployment {
    let source = format!(
        "[source.bluesky]\nkind = \"jetstream\"\nhosts = [\"{}\"]\nwire = \"v2\"\nstart = \"earliest\"\n",
        jetstream.url()
    );
    let mut deployment = Deployment::of_rules(
        &rules(ladder),
        &format!("{source}\n[load]\nbehind = \"3s\"\n\n[record]\nsegment = \"200kB\"\n"),
    );
    deployment.add(&["--out", "out", "--record", "tape"]);
    deployment
}

/// Events a second that the run can look at with these rules.
async fn capacity() -> f64 {
    let options =
        JetstreamOptions { rate: 0.0, total: Some(TRIAL), wait_for_client: true, ..JetstreamOptions::default() };
    let jetstream = FakeJetstream::start(options).await.unwrap();
    let deployment = deployment(&jetstream, "");
    let running = deployment.start();
    let read = || deployment.look().map(|store| counted(&store));
    let (first, began) =
        patiently("the run commits", || read().filter(|read| *read > 0).map(|read| (read, Instant::now()))).await;
    let (last, ended) = patiently("all is read", || {
        let all = Posts::of(&jetstream.ledger(), &deployment.look()?).all;
        read().filter(|read| *read >= all).map(|read| (read, Instant::now()))
    })
    .await;
    running.kill();
    (last - first) as f64 / ended.duration_since(began).as_secs_f64()
}

/// What of the process lies in memory, in kB.
fn resident(running: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn mentions_of(out: &str, monitor: &str) -> u64 {
    let of = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["monitor"] == monitor;
    out.lines().filter(of).count() as u64
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn five_times_too_much_is_left_out_out_loud_and_ends() {
    let seconds: u64 = std::env::var(VARIABLE).map_or(SECONDS, |told| told.parse().unwrap());
    let capacity = capacity().await;
    let options = JetstreamOptions { rate: capacity * OVER, wait_for_client: true, ..JetstreamOptions::default() };
    let jetstream = FakeJetstream::start(options).await.unwrap();
    let deployment = deployment(&jetstream, "under load sample 1 in 8 authors, then 1 in 64");
    let running = deployment.start();
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut sizes = Vec::new();
    // Other tests share the machine: what was measured beside them may be less than it can do now, or more.
    let (mut looks, mut rate) = (0, capacity * OVER);
    patiently("monitors hear a part of the authors", || {
        looks += 1;
        if looks % PATIENCE_LOOKS == 0 {
            rate *= 2.0;
            jetstream.set_rate(rate);
        }
        running.said().contains("hear a part of the authors").then_some(())
    })
    .await;
    let end = end.max(Instant::now() + Duration::from_secs(5));
    while Instant::now() < end {
        sizes.push(resident(&running));
        sleep(Duration::from_millis(500)).await;
    }
    let (mut looks, mut rate) = (0, capacity / 4.0);
    jetstream.set_rate(rate);
    patiently("all are heard again", || {
        looks += 1;
        if looks % PATIENCE_LOOKS == 0 {
            rate /= 2.0;
            jetstream.set_rate(rate);
        }
        running.said().contains("all monitors hear everybody again").then_some(())
    })
    .await;
    sleep(Duration::from_secs(2)).await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);

    let account = deployment.account();
    let count = |name: &str| account[name].as_u64().unwrap_or(0);
    let posts = Posts::of(&jetstream.ledger(), &deployment.look().unwrap());
    assert_eq!(posts.lost, 0, "nothing is lost that is not counted");
    assert_eq!(count("matched") + count("unmatched") + count("shed"), posts.reached, "each post once");
    let unheard: BTreeSet<u64> =
        account["unheard"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).collect();
    assert_eq!(unheard.len(), 1, "monitors with one ladder leave the same posts out");
    let unheard = *unheard.first().unwrap();
    assert!(account["unheard"].get("vital").is_none(), "{account}");
    let out = fs::read_to_string(deployment.path("out/mentions.jsonl")).unwrap();
    let heard = mentions_of(&out, "chatter_0");
    assert!(heard > 0 && unheard > 0 && heard + unheard <= posts.reached, "{heard} {unheard} {posts:?}");
    // A segment that is begun under load begins at its step.
    replays_as_it_ran(&deployment.path(""), &["rules.mon"], "tape", "out");
    let grown = sizes.iter().max().unwrap().saturating_sub(sizes[0]);
    let shown: Vec<u64> = sizes.iter().step_by(sizes.len().div_ceil(20)).map(|size| size / 1_024).collect();
    println!(
        "{capacity:.0} events/s are looked at, {:.0} came for {seconds} s: {} posts, {unheard} of them not heard by those with a ladder, {shown:?} MB in memory; \
         {}",
        capacity * OVER,
        posts.reached,
        ran.err.lines().filter(|line| line.contains("seconds old")).collect::<Vec<_>>().join(" | "),
    );
    assert!(grown < GROWTH_KB, "the run grew by {grown} kB: {sizes:?}");
}
