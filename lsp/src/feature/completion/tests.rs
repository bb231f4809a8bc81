//! What is offered at a place, and that it is right there.

use expect_test::expect;

use super::*;
use crate::feature::fixture::rules;

const BEFORE: &str = "terms acme = \"acme\"\nquery about(brand: terms) = brand\nplaybook desk {\n  route first { otherwise to team care }\n  notify { high by email at once }\n}\n";

const PLACES: [&str; 28] = [
    "‸",
    "mon‸",
    "query q = ‸",
    "query q = acme ‸",
    "query q = acme and lang ‸",
    "query q = acme and platform is ‸",
    "query q = acme and lang in [en, ‸",
    "query q = acme and created within ‸",
    "query q = \"in a ‸phrase\"",
    "terms t = acme, ‸",
    "monitor m {\n  ‸\n}",
    "monitor m {\n  match acme\n  win‸\n}",
    "monitor m {\n  match acme\n  window ‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m by ‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m by country, ‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = ‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m\n  measure mood = avg(‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m\n  measure some = count(‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = count()\n  measure usual = baseline(volume, ‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = count()\n  alert when ‸\n}",
    "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = count()\n  alert when volume > 3 ‸\n}",
    "monitor m {\n  match acme\n  follow playbook ‸\n}",
    "monitor m {\n  match acme\n  severity {\n    ‸\n  }\n}",
    "playbook p {\n  ‸\n}",
    "playbook p {\n  route first {\n    otherwise to team ‸\n",
    "playbook p {\n  notify {\n    high by ‸\n",
    "test ‸",
    "monitor m { match acme }\ntest m \"t\" {\n  expect ‸\n}",
];

/// The first offers at the mark.
fn offered(text: &str) -> String {
    let text = format!("{BEFORE}{text}");
    let found = rules(&[("m.mon", &text)]);
    let Some(offers) = completion(&found.snapshot, found.file, found.at) else { return "nothing".to_owned() };
    let labels: Vec<&str> = offers.offers.iter().map(|offer| offer.label.as_str()).collect();
    if labels.is_empty() {
        return "no offer".to_owned();
    }
    let more = if labels.len() > 9 { format!(" … {}", labels.len()) } else { String::new() };
    format!("{}{more}", labels.iter().take(9).copied().collect::<Vec<_>>().join(" | "))
}

#[test]
fn each_place_has_its_own_offers() {
    let all: Vec<String> =
        PLACES.iter().map(|place| format!("{}\n    {}\n", place.replace('\n', " "), offered(place))).collect();
    expect![[r#"
        ‸
            dates | monitor | playbook | query | terms | test | use
        mon‸
            dates | monitor | playbook | query | terms | test | use
        query q = ‸
            acme | about | all | alt | any | at least N of | bio | count | distinct … 74
        query q = acme ‸
            allow | and | inside | near/N | or | outside | then/N | @ | ~
        query q = acme and lang ‸
            in | is | != | ==
        query q = acme and platform is ‸
            bluesky | facebook | feed | hackernews | instagram | mastodon | other | partner | reddit … 14
        query q = acme and lang in [en, ‸
            aa | ab | ace | ae | af | ak | am | an | ar … 242
        query q = acme and created within ‸
            days | hours
        query q = "in a ‸phrase"
            nothing
        terms t = acme, ‸
            acme | any | ends with | exact | first N words | from | loose | part | same line … 15
        monitor m {   ‸ }
            alert when | allow | cooldown | example | extend | follow playbook | for | group by | locked … 20
        monitor m {   match acme   win‸ }
            alert when | allow | and | cooldown | example | extend | follow playbook | for | group by … 28
        monitor m {   match acme   window ‸ }
            calendar | count | pattern | session gap | slide | tumble
        monitor m {   match acme   window tumble 5m by ‸ }
            app | author.handle | author.is_bot | author.lang | author.location | author.name | author.uid | author.verified | community … 22
        monitor m {   match acme   window tumble 5m by country, ‸ }
            late | app | author.handle | author.is_bot | author.lang | author.location | author.name | author.uid | author.verified … 23
        monitor m {   match acme   window tumble 5m   measure volume = ‸ }
            approx_distinct | approx_median | approx_percentile_cont | avg | baseline | bit_and | bit_or | bit_xor | burst … 43
        monitor m {   match acme   window tumble 5m   measure mood = avg(‸ }
            app | author.created_at | author.followers | author.following | author.handle | author.is_bot | author.lang | author.location | author.name … 41
        monitor m {   match acme   window tumble 5m   measure some = count(‸ }
            acme | about | all | alt | any | at least N of | bio | count | distinct … 77
        monitor m {   match acme   window tumble 5m   measure volume = count()   measure usual = baseline(volume, ‸ }
            any_hour | ewma | hour_of_day | hour_of_week | previous
        monitor m {   match acme   window tumble 5m   measure volume = count()   alert when ‸ }
            volume | all | any | approx_distinct | approx_median | approx_percentile_cont | avg | baseline | bit_and … 50
        monitor m {   match acme   window tumble 5m   measure volume = count()   alert when volume > 3 ‸ }
            and | clear when | for | or | * | + | - | /
        monitor m {   match acme   follow playbook ‸ }
            desk
        monitor m {   match acme   severity {     ‸   } }
            critical | high | low | medium
        playbook p {   ‸ }
            allow | notify | route | share
        playbook p {   route first {     otherwise to team ‸ 
            care
        playbook p {   notify {     high by ‸ 
            email
        test ‸
            no offer
        monitor m { match acme } test m "t" {   expect ‸ }
            cleared by | incidents | messages | no incidents | no posts matched | opened at | posts matched | severity
    "#]].assert_eq(&all.concat());
}

/// Names that rules give, as they are offered at the mark.
fn names_offered(text: &str) -> String {
    let found = rules(&[("m.mon", text)]);
    let offers = completion(&found.snapshot, found.file, found.at).unwrap().offers;
    let names = offers.iter().filter(|offer| matches!(offer.source, Source::Name(_)));
    names.map(|offer| offer.label.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_is_offered_that_would_be_made_of_itself() {
    assert_eq!(names_offered("terms t = \"t\"\nquery a = b\nquery c = a\nquery b = ‸\n"), "t");
    assert_eq!(names_offered("terms s = \"s\"\nterms t = u, \"t\"\nterms v = t\nterms u = \"u\", ‸\n"), "s");
    let monitors = "monitor base { match \"a\" }\nmonitor other { match \"b\" }\nmonitor more {\n  extend base\n}\nmonitor most {\n  extend more\n}\n";
    assert_eq!(names_offered(&format!("{monitors}monitor last {{\n  extend ‸\n}}\n")), "base more most other");
    let turned = monitors.replace("{ match \"a\" }", "{\n  extend ‸\n}");
    assert_eq!(names_offered(&turned), "other");
    let measures = |line: &str| {
        format!(
            "monitor m {{\n  match \"a\"\n  window tumble 5m\n  measure all = count()\n  measure v = {line}\n  measure w = v + 1\n  measure x = w / all\n  alert when {}\n}}\n",
            if line.contains('‸') { "v > 1" } else { "‸" }
        )
    };
    assert_eq!(names_offered(&measures("‸")), "all");
    assert_eq!(names_offered(&measures("all + ‸")), "all");
    assert_eq!(names_offered(&measures("count()")), "all v w x");
}

#[test]
fn a_measure_is_not_offered_to_the_one_that_overrides_it() {
    let text = "monitor base {\n  match \"a\"\n  window tumble 5m\n  measure all = count()\n  measure v = count()\n}\nmonitor more {\n  extend base\n  measure v = ‸\n}\n";
    assert_eq!(names_offered(text), "all");
}

/// The text once the offer of this label is taken at the mark.
fn taken(text: &str, label: &str) -> String {
    let found = rules(&[("m.mon", text)]);
    let offers = completion(&found.snapshot, found.file, found.at).unwrap();
    let offer = offers.offers.iter().find(|offer| offer.label == label).unwrap();
    let plain = text.replacen('‸', "", 1);
    let (start, end) = (offers.replaces.start as usize, offers.replaces.end as usize);
    assert!(!plain[start..end].contains('\n') && start <= found.at as usize && found.at as usize <= end);
    format!("{}{}{}", &plain[..start], offer.insert, &plain[end..])
}

#[test]
fn what_is_taken_in_the_middle_of_a_name_stands_for_all_of_it() {
    let acme = |query: &str| taken(&format!("terms acme = \"acme\"\nquery q = {query}\n"), "acme");
    assert_eq!(acme("ac‸me"), "terms acme = \"acme\"\nquery q = acme\n");
    assert_eq!(acme("ac‸xy_9 and \"b\""), "terms acme = \"acme\"\nquery q = acme and \"b\"\n");
    assert_eq!(acme("‸xy"), "terms acme = \"acme\"\nquery q = acmexy\n");
    let followers = |query: &str| taken(&format!("query q = {query} >= 3\n"), "author.followers");
    for written in ["author.fol‸lowers", "aut‸hor.followers", "author‸.followers", "author.‸followers"] {
        assert_eq!(followers(written), "query q = author.followers >= 3\n", "{written}");
    }
    assert_eq!(
        taken("query q = \"a\" ne‸ar/5 \"b\"\n", "near/N"),
        "query q = \"a\" near/${1:5} ${2:\"recall\"} \"b\"\n"
    );
}

#[test]
fn a_call_keeps_the_brackets_that_it_has() {
    let text = "terms acme = \"acme\"\nquery about(brand: terms) = brand\nquery q = ab‸out(acme)\n";
    assert_eq!(taken(text, "about"), text.replace('‸', ""));
    let text = "monitor m {\n  match \"a\"\n  window tumble 5m\n  measure s = av‸(sentiment)\n}\n";
    assert_eq!(taken(text, "avg"), text.replace("av‸", "avg"));
}

#[test]
fn nothing_is_offered_in_a_description() {
    for text in [
        "/// Phones ‸\nmonitor m {\n  match \"a\"\n}\n",
        "/// A‸\n/// b\nterms t = \"x\"\n",
        "terms t = \"x\"\n\n/// ‸",
    ] {
        let found = rules(&[("m.mon", text)]);
        assert_eq!(completion(&found.snapshot, found.file, found.at), None, "{text}");
    }
    assert!(offered("/// Phones\n‸monitor m {\n").starts_with("dates"));
}

#[test]
fn a_snippet_without_its_stops_is_what_it_proposes() {
    let shown = [
        "near/${1:3} $0",
        "at least ${1:2} of [${2:a, ${3:b}}]",
        "{\n  ${1}\n}",
        "${1|tumble,slide|} ${2:5m}",
        "a\\$b\\}\\\\",
    ]
    .map(plain);
    assert_eq!(shown, ["near/3 ", "at least 2 of [a, b]", "{\n  \n}", "tumble 5m", "a$b}\\"]);
}

#[test]
fn every_word_is_written_without_signs_of_a_snippet() {
    for word in vocabulary::all().filter(|word| word.executed) {
        let text = plain(word.insert);
        assert!(!text.contains('$'), "{}: {text}", word.name);
        let stands_for_number = text.split(|c: char| !c.is_alphanumeric()).any(|part| part == "N");
        assert!(!stands_for_number, "{}: {text}", word.name);
        let braces = |sign: char| text.matches(sign).count();
        assert_eq!(braces('{'), braces('}'), "{}: {text}", word.name);
    }
}
