//! What a run has recorded gives, replayed, the same bytes as the run, whatever happened to it.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mon_fakes::Script;
use mon_store::{LogReader, Store};
use tokio::time::sleep;

use super::day::{Day, faults};
use super::process::patiently;
use super::{BAD_RECEIVER, kill_in_the_middle, to_the_end};
use crate::tool::{Ran, mon, root};

/// What a run and a replay write.
pub const FILES: [&str; 4] = ["mentions.jsonl", "windows.jsonl", "incidents.jsonl", "messages.jsonl"];

/// Replays the recording and compares all that it gives with what the run has written.
pub fn replays_as_it_ran(folder: &Path, rules: &[&str], recording: &str, out: &str) -> Ran {
    let again = format!("{out}-again");
    let ran = mon(folder, &[&["replay"], rules, &["--recording", recording, "--out", &again]].concat());
    assert!(ran.code < 2, "{}{}", ran.out, ran.err);
    for file in FILES {
        let read = |folder_: &str| fs::read_to_string(folder.join(folder_).join(file)).unwrap();
        let (live, replayed) = (read(out), read(&again));
        let first = live.lines().zip(replayed.lines()).find(|(live, replayed)| live != replayed);
        assert!(live == replayed, "{file}: {} and {} bytes, first {first:?}", live.len(), replayed.len());
    }
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_of_a_bad_day_with_kills_replays_as_it_ran() {
    let mut day = Day::begin("v2", faults(), Script::parse(BAD_RECEIVER).unwrap()).await;
    fs::write(
        day.deployment.path("mon.toml"),
        fs::read_to_string(day.deployment.path("mon.toml")).unwrap()
            + "\n[record]\nfolder = \"tape\"\nsegment = \"60kB\"\n",
    )
    .unwrap();
    day.deployment.add(&["--out", "out"]);
    let running = day.deployment.start();
    day.read(5).await;
    day.forget().await;
    // A stop in good order before the kills, too.
    day.read(20).await;
    assert_eq!(running.stop("TERM").await.code, 0);
    let running = kill_in_the_middle(&day, day.deployment.start()).await;
    day.read(65).await;
    running.kill();
    let books = to_the_end(&day, day.deployment.start()).await;
    assert!(books.posts.lost > 0, "the server forgot nothing");

    let out = day.deployment.path("out");
    let lines = |file: &str| fs::read_to_string(out.join(file)).unwrap().lines().count() as u64;
    assert_eq!((lines("mentions.jsonl"), lines("messages.jsonl")), (books.account.mentions, books.account.messages));
    assert!(lines("windows.jsonl") > 0 && lines("incidents.jsonl") > 0);
    let files = fs::read_dir(day.deployment.path("tape")).unwrap();
    let sizes: Vec<u64> = files.map(|file| file.unwrap().metadata().unwrap().len()).collect();
    println!("{} posts in {} files of {} bytes", books.account.read, sizes.len(), sizes.iter().sum::<u64>());
    assert!(sizes.len() > 5);
    let rules = root().join("examples/rules");
    let folder = day.deployment.path("");
    let ran = replays_as_it_ran(&folder, &[rules.to_str().unwrap()], "tape", "out");
    assert!(!ran.err.contains("left out") && !ran.err.contains("other rules"), "{}", ran.err);
    replays_the_end_without_its_beginning(&folder, rules.to_str().unwrap());
}

/// Old segments go: from the state at the head of the first one that is left the rest is found as before.
fn replays_the_end_without_its_beginning(folder: &Path, rules: &str) {
    let reader = LogReader::open(folder.join("tape"), 0).unwrap();
    let segments = reader.segments();
    let begins = segments.iter().enumerate().filter(|(at, segment)| *at > 0 && segment.can_begin).map(|(at, _)| at);
    let mut first = 0;
    // Until something lies before it and something behind: where segments turn depends on the machine.
    for at in begins {
        for segment in &segments[first..at] {
            fs::remove_file(&segment.path).unwrap();
        }
        first = at;
        let ran = mon(folder, &["replay", rules, "--recording", "tape", "--out", "rest"]);
        assert!(ran.code < 2, "{}{}", ran.out, ran.err);
        let read = |out: &str, file: &str| fs::read_to_string(folder.join(out).join(file)).unwrap();
        for file in FILES {
            assert!(read("out", file).ends_with(&read("rest", file)), "{file} ends otherwise");
        }
        let (all, rest) = (read("out", "mentions.jsonl").len(), read("rest", "mentions.jsonl").len());
        if rest < all {
            assert!(rest > 0, "no mention lies behind segment {at} of {}", segments.len());
            break;
        }
    }
    assert!(first > 0, "no segment holds a state");
    if let Some(next) = segments.iter().skip(first + 1).find(|segment| !segment.can_begin) {
        for segment in segments[first..].iter().take_while(|segment| segment.number < next.number) {
            fs::remove_file(&segment.path).unwrap();
        }
        let ran = mon(folder, &["replay", rules, "--recording", "tape"]);
        assert!(ran.code == 2 && ran.err.contains("goes on from one that is not there"), "{}{}", ran.out, ran.err);
    }
}

const RULES: &str = "monitor burst {
  match  \"acme\"
  window tumble 1m
  measure volume = count()
  alert when volume >= 5
}
";

fn posts(from: u32, to: u32) -> String {
    let line = |n: u32| {
        let at = 1_793_613_600 + 6 * n;
        format!("{{\"id\":\"p{n}\",\"created_at\":{at},\"text\":\"acme {n}\"}}\n")
    };
    (from..to).map(line).collect()
}

/// Nothing can be asked of a pipe twice: what was read of it and not committed is in the recording, which is on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn posts_of_a_pipe_that_were_recorded_survive_kills_and_count_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), RULES).unwrap();
    fs::write(folder.path().join("mon.toml"), "[source.pipe]\nkind = \"stdin\"\n").unwrap();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_mon"))
            .current_dir(folder.path())
            .args(["run", "rules.mon", "--config", "mon.toml", "--data", "data", "--out", "out"])
            .args(["--account", "account.json", "--no-color", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let data = folder.path().join("data");
    let recording = data.join("recording");
    let recorded = || {
        let Ok(files) = fs::read_dir(&recording) else { return 0 };
        files.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum::<u64>()
    };
    for round in 0..4 {
        let before = recorded();
        let mut running = start();
        let mut pipe = running.stdin.take().unwrap();
        pipe.write_all(posts(round * 100, round * 100 + 50).as_bytes()).unwrap();
        patiently("posts are recorded", || (recorded() > before + 1_000).then_some(())).await;
        pipe.write_all(posts(round * 100 + 50, round * 100 + 100).as_bytes()).unwrap();
        sleep(Duration::from_millis(u64::from(round) * 40)).await;
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let mut running = start();
    running.stdin.take().unwrap().write_all(posts(400, 500).as_bytes()).unwrap();
    let ended = running.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));

    let mentions = fs::read_to_string(folder.path().join("out/mentions.jsonl")).unwrap();
    let mut lines: Vec<&str> = mentions.lines().collect();
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), all, "a post counts twice");
    // Of each round that was killed at least one batch was recorded; how much of a round is one is up to the pipe.
    let round =
        |round: u32| (round * 100..round * 100 + 100).filter(|n| mentions.contains(&format!("\"p{n}\""))).count();
    assert!(
        (0..4).all(|killed| round(killed) > 0) && round(4) == 100,
        "{all} posts: some that were recorded are missing"
    );
    let store = Store::open_read_only(&data).unwrap();
    assert_eq!(store.mentions_files(i64::MIN, i64::MAX).unwrap().iter().map(|file| file.rows).sum::<u64>(), all as u64);
    let replayed = replays_as_it_ran(folder.path(), &["rules.mon"], "data/recording", "out");
    assert!(replayed.out.contains(&format!("{all} ")), "{}", replayed.out);
}

#[test]
fn a_folder_without_a_recording_and_one_that_lacks_its_start_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), RULES).unwrap();
    let refused = |arguments: &[&str], said: &str| {
        let all = [&["replay", "rules.mon"], arguments].concat();
        let ran = mon(folder.path(), &all);
        assert!(ran.code >= 2 && ran.err.contains(said), "{}", ran.err);
    };
    refused(&["--recording", "nowhere"], "there is no recording in `nowhere`");
    refused(&["--recording", "nowhere", "--posts", "p.jsonl"], "cannot be used with");
    fs::create_dir(folder.path().join("other")).unwrap();
    fs::write(folder.path().join("other/feed-000000000001.log"), "something else").unwrap();
    refused(&["--recording", "other"], "it is no recording that this `mon` can read");
}
