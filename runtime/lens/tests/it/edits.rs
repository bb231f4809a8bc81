//! What is kept is right: after any edits, and after looks that were stopped, a look says what one that knows nothing says.

use std::cell::Cell;
use std::sync::Arc;

use mon_lens::{Fresh, Lens, Look, Seen};
use mon_simulate::Scenario;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::world::{self, Files, capture, cut, day, examples, fresh, look, rules};

fn same(one: &Look, other: &Look, told: &str) {
    assert_eq!(one.monitors.len(), other.monitors.len());
    for (one, other) in one.monitors.iter().zip(&other.monitors) {
        assert_eq!((&one.name, one.place, one.posts), (&other.name, other.place, other.posts), "{told}");
        assert_eq!(one.alerts, other.alerts, "{told}: {}", one.name);
        assert_eq!(one.curves, other.curves, "{told}: {}", one.name);
        assert_eq!(one.words, other.words, "{told}: {}", one.name);
        assert_eq!(one.parts, other.parts, "{told}: {}", one.name);
    }
}

fn edited(files: &Files, old: &str, new: &str) -> Files {
    let edited: Files = files.iter().map(|(name, text)| (name.clone(), text.replacen(old, new, 1))).collect();
    assert_ne!(&edited, files, "`{old}` stands nowhere");
    edited
}

#[test]
fn only_what_changed_is_looked_at_again() {
    let capture = capture(&day(Scenario::LaunchDay, 11, 3_000));
    let mut lens = Lens::new(Arc::clone(&capture));
    let files = examples();
    let first = look(&mut lens, &files);
    assert_eq!(first.fresh.posts, first.monitors.len());
    let steps: [(&str, &str, &str, Fresh); 6] = [
        ("nothing", "monitor acme_outage", "monitor acme_outage", Fresh::default()),
        ("text that moved", "terms acme    =", "// a comment\n\nterms acme    =", Fresh::default()),
        ("another threshold", "volume >= 30 and", "volume >= 3 and", Fresh { alerts: 1, ..Fresh::default() }),
        ("a playbook", "route first", "route  first", Fresh::default()),
        (
            "a measure",
            "measure mood   = avg(sentiment)",
            "measure mood   = max(sentiment)",
            Fresh { posts: 0, windows: 1, alerts: 1 },
        ),
        ("a word", "\"dead on arrival\"", "\"dead\"", Fresh { posts: 1, windows: 1, alerts: 1 }),
    ];
    for (told, old, new, expected) in steps {
        let files = if old == new { files.clone() } else { edited(&files, old, new) };
        let again = look(&mut lens, &files);
        assert_eq!(again.fresh, expected, "{told}");
        same(&again, &fresh(&capture, &files), told);
    }
    assert_eq!(look(&mut lens, &files).fresh, Fresh::default(), "back to where it began");
}

#[test]
fn another_name_of_a_measure_is_told_though_nothing_is_looked_at_again() {
    let text =
        "monitor m {\n  match \"acme\"\n  window tumble 10m\n  measure volume = count()\n  alert when volume >= 1\n}\n";
    let mut lens = Lens::new(world::said(&["acme"]));
    assert_eq!(look(&mut lens, &world::one(text)).monitors[0].curves[0].measure, "volume");
    let again = look(&mut lens, &world::one(&text.replace("volume", "posts_seen").replace("monitor m", "monitor n")));
    assert_eq!((again.fresh, again.monitors[0].name.as_str()), (Fresh::default(), "n"));
    assert_eq!((again.monitors[0].curves[0].measure.as_str(), again.monitors[0].alerts.len()), ("posts_seen", 1));
}

#[test]
fn after_any_edits_a_look_says_what_a_first_look_says() {
    let capture = capture(&cut(&day(Scenario::Crisis, 7, 900), 100));
    let mut lens = Lens::new(Arc::clone(&capture));
    let edits = [
        ("\"broken\"", "\"broken\", \"acme\""),
        ("\"broken\"", "\"brok*\""),
        (">= 8", ">= 6"),
        (">= 3\n", ">= 2\n"),
        ("not \"giveaway\"", "not \"win\""),
        ("by lang", "by platform"),
        ("monitor z_slide", "\n\n// moved\nmonitor z_slide"),
        ("query talk", "query chat = \"acme\"\nquery talk"),
        ("slide 30m", "slide 20m"),
        ("session gap 20m", "session gap 5m"),
        ("<= 20%", "<= 90%"),
        ("high when volume >= 20", "high when volume >= 9"),
        ("within 2h", "within 10m"),
        ("\"acme\" or bad", "bad or \"acme\""),
    ];
    let mut random = SmallRng::seed_from_u64(20);
    for step in 0..16 {
        let mut files = world::zoo();
        for _ in 0..random.random_range(0..4) {
            let (old, new) = edits[random.random_range(0..edits.len())];
            files[0].1 = files[0].1.replacen(old, new, random.random_range(1..3));
        }
        same(&look(&mut lens, &files), &fresh(&capture, &files), &format!("step {step}"));
    }
}

#[test]
fn a_stopped_look_leaves_what_is_kept_right() {
    let capture = capture(&cut(&day(Scenario::Crisis, 9, 600), 60));
    let files = world::zoo();
    let whole = fresh(&capture, &files);
    let mut lens = Lens::new(Arc::clone(&capture));
    let (mut stopped, mut allowed) = (0, 0);
    loop {
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > allowed
        };
        match lens.look(&rules(&files), &stop).unwrap() {
            Seen::Cancelled => stopped += 1,
            Seen::All(look) => {
                same(&look, &whole, "after being stopped");
                break;
            }
        }
        // What was found before the stop is kept, so that a look that is stopped again and again ends all the same.
        let other = world::examples();
        if allowed % 16 == 0 {
            same(&look(&mut lens, &other), &fresh(&capture, &other), "other rules between");
        }
        allowed += 7;
    }
    assert!(stopped >= 5, "stopped {stopped} times");
}
