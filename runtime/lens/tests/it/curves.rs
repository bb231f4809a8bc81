//! What other numbers would raise is what rules with that number raise, and each number is found where it is written.

use std::sync::Arc;

use mon_lens::{Alert, Lens};
use mon_simulate::Scenario;

use crate::world::{self, capture, day, examples, fresh, monitor, one, rules, said, zoo};

/// Every point of every curve, with its number written into the rules. A `clear when` that goes with it is left out of both.
#[test]
fn each_point_is_what_the_rules_with_that_number_raise() {
    let capture = capture(&day(Scenario::LaunchDay, 11, 700));
    let mut files = zoo();
    files[0].1 = files[0].1.replace(" clear when volume < 4 for 15m", "");
    let mut lens = Lens::new(Arc::clone(&capture));
    let look = world::look(&mut lens, &files);
    let (mut tried, mut different, mut of_rows) = (0, 0, 0);
    for found in &look.monitors {
        for curve in &found.curves {
            let Some(place) = curve.place else { continue };
            let span = place.span.start as usize..place.span.end as usize;
            let written = files[0].1[span.clone()].to_owned();
            let percent = written.ends_with('%');
            for point in curve.points.iter().step_by(9) {
                let mut edited = files.clone();
                let value = if percent { format!("{}%", point.value * 100.0) } else { point.value.to_string() };
                edited[0].1.replace_range(span.clone(), &value);
                let again = world::look(&mut lens, &edited);
                let count = |alerts: &[Alert]| {
                    alerts.iter().filter(|alert| curve.level.is_none_or(|level| alert.severity == level)).count()
                };
                let alerts = count(&monitor(&again, &found.name).alerts);
                assert_eq!(point.alerts, alerts, "{}: `{}` instead of `{written}`", found.name, value);
                tried += 1;
                different += usize::from(alerts != count(&found.alerts));
                of_rows += usize::from(curve.level.is_some() && alerts != count(&found.alerts));
            }
        }
    }
    assert!(tried >= 20 && different >= 5 && of_rows >= 2, "{tried} tried, {different} different, {of_rows} of rows");
}

#[test]
fn a_number_is_found_where_it_is_written() {
    let text = "monitor m {
  match \"acme\"
  window tumble 10m
  measure volume = count()
  measure mood = avg(sentiment)
  alert when (volume >= 20 or not (3 > volume)) and all [mood <= -0.3, count(\"x\") / volume >= 0.2, volume < 1k]
  min 20 posts
  severity {
    high when volume >= 90 and mood < -0.5
    low otherwise
  }
}
";
    let files = one(text);
    let look = fresh(&said(&["acme", "acme"]), &files);
    let told: Vec<_> = look.monitors[0]
        .curves
        .iter()
        .map(|curve| {
            let written = curve.place.map(|place| &text[place.span.start as usize..place.span.end as usize]);
            (written, curve.measure.as_str(), curve.op.sign(), curve.written)
        })
        .collect();
    let expected = [
        (Some("20"), "volume", ">=", 20.0),
        (Some("3"), "volume", "<", 3.0),
        (Some("-0.3"), "mood", "<=", -0.3),
        (Some("1k"), "volume", "<", 1_000.0),
        (None, "volume", ">=", 20.0),
        (Some("90"), "volume", ">=", 90.0),
        (Some("-0.5"), "mood", "<", -0.5),
    ];
    assert_eq!(told, expected);
}

#[test]
fn numbers_of_the_examples_have_places_and_curves_that_fall() {
    let files = examples();
    let look = fresh(&capture(&day(Scenario::LaunchDay, 11, 8_000)), &files);
    assert_eq!(look.monitors.len(), rules(&files).plan().monitors.len());
    let curves: Vec<_> = look.monitors.iter().flat_map(|found| &found.curves).collect();
    assert!(curves.len() >= 8 && curves.iter().all(|curve| curve.place.is_some()), "{curves:?}");
    for curve in &curves {
        assert!(curve.points.iter().any(|point| point.value == curve.written));
        assert!(curve.points.windows(2).all(|two| two[0].value < two[1].value));
    }
    let outage = &monitor(&look, "acme_outage").curves[0];
    assert!(outage.points.first().unwrap().alerts > 0 && outage.points.last().unwrap().alerts == 0, "{outage:?}");
}

#[test]
fn an_extension_finds_the_number_in_the_file_of_its_base() {
    let base = "monitor base {\n  match \"acme\"\n  window tumble 10m by country\n  alert when count() >= 2\n}\n";
    let more = "monitor more {\n  extend base for region de, at\n}\n";
    let files = vec![("a.mon".to_owned(), more.to_owned()), ("b.mon".to_owned(), base.to_owned())];
    let look = fresh(&said(&["acme"]), &files);
    for found in &look.monitors {
        let place = found.curves[0].place.unwrap();
        assert_eq!((place.file, &base[place.span.start as usize..place.span.end as usize]), (1, "2"), "{}", found.name);
    }
    assert_eq!(look.monitors.len(), 2);
}
