//! Folders of many monitors that differ as those of many brands do, for measurements of the compiler and of the editor.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

const PRODUCTS: &[&str] = &["phone", "tablet", "router", "watch", "speaker", "charger", "camera", "laptop"];
const FAULTS: &[&str] =
    &["broken", "crash*", "overheat*", "on fire", "won't turn on", "stopped working", "smoke", "dead"];
const TOPICS: &[&str] = &["refund", "lawsuit", "recall", "boycott", "leak", "strike", "outage", "delay"];
const LANGUAGES: &[&str] = &["en, es, de", "fr, it", "ja, ko", "pt, es", "en"];

/// The folder as a hundred files.
pub fn write(target: &Path, monitors: usize) -> std::io::Result<()> {
    let share = monitors.div_ceil(100).max(1);
    std::fs::create_dir_all(target)?;
    (0..monitors).step_by(share).try_for_each(|from| {
        let file = target.join(format!("brands{:03}.mon", from / share));
        std::fs::write(file, folder(from..(from + share).min(monitors)))
    })
}

const PLAYBOOK: &str = "playbook shared {
  route first {
    when country in [DE, AT]  to team care_dach
    otherwise  to team care
  }
  notify {
    critical by sms, email at once
    high by email at once
    medium by email after 2m
    low by email after 5m
  }
}

";

/// About a kilobyte of Mon for each of these brands, and before the first one the playbook that all follow.
pub fn folder(brands: Range<usize>) -> String {
    let pick = |from: &[&'static str], at: usize| from.get(at % from.len()).copied().unwrap_or_default();
    let mut out = String::from(if brands.start == 0 { PLAYBOOK } else { "" });
    for i in brands {
        let (product, fault, second) = (pick(PRODUCTS, i), pick(FAULTS, i / 3), pick(FAULTS, i / 7 + 1));
        let (topic, languages, near) = (pick(TOPICS, i / 5), pick(LANGUAGES, i), 3 + i % 9);
        let written = write!(
            out,
            r##"/// What people say of brand {i}.
terms brand{i} = "brand{i}", "brand{i} {product}", #brand{i}, #brand{i}{product}, @brand{i}, ${ticker}
terms fault{i} = "{fault}", "{second}", "{topic}", "return*", "does not work"

monitor watch{i} {{
  match brand{i} near/{near} fault{i}
    and not ("giveaway" or "promo code" or "win a {product}")
    and lang in [{languages}] and author.followers >= {followers}
  window slide 15m every 1m by country, late 2m

  measure volume = count()
  measure voices = distinct(author.uid)
  measure mood   = avg(sentiment)

  alert when volume >= {volume} and voices >= {voices} for 2m
        clear when volume < {quiet} for 10m

  // who is called
  severity {{
    critical when voices >= {critical}
    high     when voices >= {high} and mood < -0.{tenth}
    medium   otherwise
  }}
  group by country
  show 5 posts by author.followers
  follow playbook shared
  example yes "my brand{i} {product} is {topic} again"
  example no  "win a {product}: a giveaway of brand{i}"
}}

"##,
            ticker = ticker(i),
            followers = 10 + i % 90,
            volume = 40 + i % 60,
            voices = 15 + i % 20,
            quiet = 10 + i % 10,
            critical = 200 + i % 50,
            high = 60 + i % 30,
            tenth = 1 + i % 8,
        );
        debug_assert!(written.is_ok(), "a string takes what is written");
    }
    out
}

/// Four letters: one name of a share for each of 26⁴ brands.
fn ticker(at: usize) -> String {
    (0..4_u32)
        .filter_map(|place| char::from_digit(10 + u32::try_from(at / 26_usize.pow(place) % 26).ok()?, 36))
        .collect::<String>()
        .to_uppercase()
}
