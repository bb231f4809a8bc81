//! What an edit gains and loses.

use mon_lens::{Difference, difference};

use crate::world::{fresh, one, said};

fn rules(word: &str, limit: u32) -> String {
    format!(
        "monitor m {{\n  match \"acme\" and {word}\n  window tumble 10m\n  measure volume = count()\n  alert when volume >= {limit}\n  \
         severity {{ high when volume >= 3  low otherwise }}\n}}\n"
    )
}

fn between(before: &str, after: &str) -> Difference {
    let pause = ["hello"; 20];
    let burst = ["acme smoke", "acme smoke", "acme fire", "acme fire fire", "acme smoke fire"];
    let capture = said(&[&burst[..], &pause, &["acme fire", "acme", "acme fire fire"]].concat());
    let [before, after] = [before, after].map(|text| fresh(&capture, &one(text)));
    difference(&capture, &before.monitors[0], &after.monitors[0], 2)
}

#[test]
fn posts_are_counted_and_the_first_are_shown() {
    let told = between(&rules("\"smoke\"", 9), &rules("\"fire\"", 9));
    let texts = |posts: &[mon_lens::Post]| posts.iter().map(|post| post.text.clone()).collect::<Vec<_>>();
    assert_eq!((told.gained, told.lost), (4, 2));
    assert_eq!(texts(&told.gained_posts), ["acme fire", "acme fire fire"]);
    assert_eq!(texts(&told.lost_posts), ["acme smoke", "acme smoke"]);
    assert!(told.alerts.is_none() && !told.is_none());
}

#[test]
fn alerts_differ_by_moment_group_and_severity() {
    let told = between(&rules("any [\"smoke\", \"fire\"]", 4), &rules("\"fire\"", 2));
    assert_eq!((told.alerts.gained.len(), told.alerts.lost.len(), told.alerts.regraded.len()), (1, 0, 0), "{told:?}");
    let told = between(&rules("\"fire\"", 2), &rules("\"smoke\"", 4));
    assert_eq!((told.alerts.gained.len(), told.alerts.lost.len(), told.alerts.regraded.len()), (0, 2, 0), "{told:?}");
    let told = between(&rules("\"fire\"", 2), &rules("\"fire fire\"", 1));
    assert_eq!((told.alerts.gained.len(), told.alerts.lost.len(), told.alerts.regraded.len()), (0, 0, 1), "{told:?}");
}

#[test]
fn an_edit_that_means_the_same_differs_in_nothing() {
    let told = between(&rules("\"smoke\"", 2), &rules("any [\"smoke\", \"smoke\"]", 2));
    assert_eq!(told, Difference::default());
    assert!(told.is_none());
}
