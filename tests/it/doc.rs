//! `mon doc` writes a site about a folder of rules: whole, escaped, with links that lead somewhere, the same bytes for the
//! same rules, and never over the files of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::tool::{Ran, listed, mon, root};

/// Elements that HTML never closes.
const VOID: [&str; 2] = ["meta", "input"];

fn read(folder: &Path) -> BTreeMap<String, String> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    listed(folder, "html").iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn doc(rules: &Path, out: &Path) -> Ran {
    mon(root(), &["doc", rules.to_str().unwrap(), "--out", out.to_str().unwrap()])
}

/// The site of some rule files.
fn site(files: &[(&str, &str)]) -> (tempfile::TempDir, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    for (name, text) in files {
        let path = rules.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let ran = doc(&rules, &folder.path().join("site"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let pages = read(&folder.path().join("site"));
    (folder, pages)
}

fn examples() -> BTreeMap<String, String> {
    let out = tempfile::tempdir().unwrap();
    let ran = doc(&root().join("examples/rules"), out.path());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    read(out.path())
}

/// A tag as it stands in a page.
struct Tag<'p> {
    name: &'p str,
    attributes: Vec<(&'p str, &'p str)>,
}

/// The elements of a page, after a look whether each that is opened is closed and every attribute is quoted.
fn elements<'p>(name: &str, page: &'p str) -> Vec<Tag<'p>> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    let (mut open, mut found): (Vec<&str>, Vec<Tag<'p>>) = (Vec::new(), Vec::new());
    while let Some((text, behind)) = rest.split_once('<') {
        assert!(!text.contains('>') || open.last().is_some_and(|tag| *tag == "style"), "{name}: a loose > in {text}");
        let (tag, behind) = behind.split_once('>').unwrap();
        rest = behind;
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}: closes {closed} before {text}");
            continue;
        }
        let (word, mut written) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while !written.is_empty() {
            let (key, value) = written.split_once("=\"").unwrap_or_else(|| panic!("{name}: {tag}"));
            let (value, behind) = value.split_once('"').unwrap_or_else(|| panic!("{name}: {tag}"));
            attributes.push((key, value));
            written = behind.trim_start();
        }
        found.push(Tag { name: word, attributes });
        if word == "script" {
            rest = rest.split_once("</script>").unwrap().1;
        } else if !VOID.contains(&word) {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "{name} leaves open: {open:?}");
    found
}

/// Values of an attribute, of all elements.
fn values<'p>(tags: &[Tag<'p>], key: &str) -> Vec<&'p str> {
    tags.iter().flat_map(|tag| &tag.attributes).filter(|(own, _)| *own == key).map(|(_, value)| *value).collect()
}

/// Every page is well formed, loads nothing, and each of its links leads to a page and a place that are there.
fn assert_whole(pages: &BTreeMap<String, String>) {
    let tags: BTreeMap<&str, Vec<Tag<'_>>> =
        pages.iter().map(|(name, page)| (name.as_str(), elements(name, page))).collect();
    let mut links = 0;
    for (name, tags_of) in &tags {
        let ids = values(tags_of, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name} uses an id twice: {ids:?}");
        for loading in ["src", "srcset", "action", "style"] {
            assert!(values(tags_of, loading).is_empty(), "{name} has {loading}");
        }
        assert!(tags_of.iter().all(|tag| !["link", "img", "iframe", "object"].contains(&tag.name)), "{name}");
        assert!(!pages[*name].contains("url(http") && !pages[*name].contains("@import"), "{name}");
        for href in values(tags_of, "href") {
            let (page, anchor) = href.split_once('#').map_or((href, None), |(page, anchor)| (page, Some(anchor)));
            let target = tags.get(page).unwrap_or_else(|| panic!("{name} leads to {href}, which is not there"));
            let there = anchor.is_none_or(|anchor| values(target, "id").contains(&anchor));
            assert!(there, "{name} leads to {href}, which is not there");
            links += 1;
        }
    }
    assert!(links > pages.len(), "only {links} links");
}

#[test]
fn the_examples_have_a_page_for_each_monitor_and_playbook_and_every_link_leads_somewhere() {
    let pages = examples();
    let mut named = 0;
    for path in listed(&root().join("examples/rules"), "mon") {
        for line in fs::read_to_string(path).unwrap().lines() {
            for kind in ["monitor", "playbook"] {
                let Some(name) = line.strip_prefix(&format!("{kind} ")).and_then(|rest| rest.strip_suffix(" {")) else {
                    continue;
                };
                let page = &pages[&format!("{kind}-{name}.html")];
                assert!(page.contains(&format!("<title>{name}</title>")), "{name}");
                assert!(pages["index.html"].contains(&format!(">{name}</a>")), "{name}");
                named += 1;
            }
        }
    }
    assert!(named >= 15, "only {named} items were looked for");
    assert_eq!(pages.len(), named + 3);
    assert_whole(&pages);
}

#[test]
fn a_page_says_in_words_what_the_monitor_does_and_whom_it_tells() {
    let pages = examples();
    let page = &pages["monitor-acme_outage.html"];
    for wanted in [
        "Many people at once say that their Acme phone fails.",
        "</code> is the number of different <code>author.uid</code>.",
        "<a href=\"terms.html#query-acme_failure\">acme_failure</a>",
        "<a href=\"playbook-launch.html\">launch</a>",
        "team war_room (when severity is critical), team legal (also when severity &gt;= high); by slack and email at once",
        "grows from care to the war room, and a short pause is no end",
        "<code>expect severity critical by 12:46</code>",
        "5 posts with the largest <code>author.followers</code>",
        "<strong>Cheap.</strong>",
        "press desk",
        "acme_outage.mon, line 14",
        "<svg role=\"img\" aria-labelledby=\"routes-title\"",
        "<title id=\"routes-title\">Whom acme_outage tells: its severities, their teams and methods</title>",
        "<a href=\"terms.html#query-acme_failure\">acme_failure</a> holds where (&quot;acme&quot;",
    ] {
        assert!(page.contains(wanted), "{wanted} is not in\n{page}");
    }
    // The one is refuted by a post, the other proved from the words.
    assert!(pages["monitor-unanswered.html"].contains("its words fit; what the post tells beside them decides"));
    assert!(!page.contains(env!("CARGO_MANIFEST_DIR")), "a path of this machine stands in the page");
}

#[test]
fn a_route_by_a_key_that_the_monitor_has_not_is_never_drawn() {
    let rules = "monitor by_country {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 5\n  follow playbook p\n}\n\
                 monitor by_none {\n  match \"acme\" and \"x\"\n  window tumble 5m\n  alert when count() >= 5\n  follow playbook p\n}\n\
                 playbook p {\n  route first {\n    when country in [DE] to team dach\n    otherwise to team rest\n  }\n  notify { medium by slack at once }\n}\n";
    let (_folder, pages) = site(&[("a.mon", rules)]);
    assert!(pages["monitor-by_country.html"].contains("team dach (when country is DE), team rest (otherwise)"));
    let other = &pages["monitor-by_none.html"];
    assert!(other.contains(": team rest (otherwise); by slack at once"), "{other}");
    assert!(!other.contains("team dach (when"), "{other}");
}

#[test]
fn whatever_rules_say_is_text_and_never_part_of_a_page() {
    let evil = "<script>alert(1)</script>";
    let rules = format!(
        "/// {evil} & <img src=x onerror=alert(1)>\n\
         terms bad = \"{evil}\", \"it's \\\"><b>\", /<i>+/\n\
         /// {evil}\n\
         query worse = bad and author.handle is \"{evil}\"\n\
         /// {evil}\n\
         monitor m {{\n  match worse or \"fine\"\n  window tumble 5m by author.name\n  for fraud\n  measure n = count(bad)\n  alert when n >= 5\n  \
         follow playbook p\n  owner \"{evil}\"\n  example yes \"fine {evil}\"\n  example no \"' onmouseover='alert(1)\"\n}}\n\
         /// {evil}\n\
         playbook p {{\n  route first {{\n    when severity >= high to team legal\n    otherwise to team rest\n  }}\n  notify {{ medium by slack at once }}\n  \
         share personal with team rest by slack for fraud\n}}\n\
         test m \"{evil}\" {{\n  replay \"x{evil}.jsonl\"\n  expect no posts matched where text has \"{evil}\"\n}}\n"
    );
    let (_folder, pages) = site(&[("a<b>.mon", &rules)]);
    assert_whole(&pages);
    for (name, page) in &pages {
        assert!(!page.contains("<script>alert") && !page.contains("<img") && !page.contains("<b>"), "{name}:\n{page}");
        let own = elements(name, page);
        assert!(own.iter().flat_map(|tag| &tag.attributes).all(|(key, _)| !key.starts_with("on")), "{name}");
        assert_eq!(own.iter().filter(|tag| tag.name == "script").count(), usize::from(name == "index.html"));
    }
    let page = &pages["monitor-m.html"];
    assert!(page.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count() >= 5, "{page}");
    assert!(page.contains("<td data-column=\"Team\">rest</td>"), "{page}");
}

#[test]
fn the_same_rules_give_the_same_bytes_wherever_they_lie_and_however_often() {
    let out = tempfile::tempdir().unwrap();
    let rules = root().join("examples/rules");
    assert_eq!(doc(&rules, &out.path().join("one")).code, 0);
    let there = out.path().join("two");
    assert_eq!(mon(&rules, &["doc", ".", "--out", there.to_str().unwrap()]).code, 0);
    let first = read(&out.path().join("one"));
    assert_eq!(first, read(&there));
    assert_eq!(doc(&rules, &there).code, 0);
    assert_eq!(first, read(&there));
}

#[test]
fn names_that_file_systems_confuse_have_pages_of_their_own() {
    let rules = "monitor Acme {\n  match \"a1\"\n}\nmonitor acme {\n  match \"a2\"\n}\nmonitor größe {\n  match \"a3\"\n}\nmonitor grüße {\n  match \"a4\"\n}\n";
    let (_folder, pages) = site(&[("a.mon", rules)]);
    let names: BTreeSet<String> = pages.keys().map(|name| name.to_ascii_lowercase()).collect();
    assert_eq!(names.len(), 4 + 3, "{names:?}");
    assert!(names.iter().all(|name| name.is_ascii()), "{names:?}");
    assert_whole(&pages);
}

#[test]
fn packages_extensions_and_given_queries_are_linked() {
    let rules = "use brand.words\nquery near_bad(which: terms, gap: number) = which near/gap brand.words.bad\n\
                 monitor base {\n  owner \"desk\"\n  match near_bad(brand.words.acme, 8)\n  window tumble 5m\n  measure acme = count()\n  alert when acme >= 5\n  follow playbook p\n}\n\
                 monitor base_de {\n  extend base for region de\n  alert when acme >= 2\n}\n\
                 playbook p {\n  route first {\n    when monitor is base_de to team de\n    otherwise to team rest\n  }\n  notify { medium by slack at once }\n}\n";
    let words = "/// The brand.\nterms acme = \"acme\"\nterms bad = \"broken\"\n";
    let (_folder, pages) = site(&[("de/a.mon", rules), ("brand/words.mon", words), ("mon.toml", "[packages]\n")]);
    assert_whole(&pages);
    let page = &pages["monitor-base_de.html"];
    for wanted in [
        "<a href=\"monitor-base.html\">base</a>",
        "<a href=\"terms.html#terms-brand-words-acme\">brand.words.acme</a>",
        "<a href=\"terms.html#query-near_bad\">near_bad</a>",
        "team de (when the monitor is base_de)",
        "desk",
    ] {
        assert!(page.contains(wanted), "{wanted} is not in\n{page}");
    }
    assert!(pages["monitor-base.html"].contains(": team rest (otherwise)"));
    assert!(pages["terms.html"].contains("<div class=\"word\" id=\"terms-brand-words-bad\">"));
}

#[test]
fn findings_stand_on_the_page_of_what_they_are_about() {
    let (_folder, pages) = site(&[("a.mon", "terms idle = \"x\"\nmonitor m {\n  match \"acme\" and \"acme\"\n}\n")]);
    assert!(pages["terms.html"].contains("nothing uses the list <code>idle</code>"), "{}", pages["terms.html"]);
    assert!(pages["monitor-m.html"].contains("MON0"), "{}", pages["monitor-m.html"]);
    assert!(pages["index.html"].contains("The worst finding: warning."), "{}", pages["index.html"]);
    assert_whole(&pages);
}

#[test]
fn rules_with_errors_give_their_findings_and_no_site() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.mon");
    fs::write(&rules, "monitor m {\n  match nothing_there\n}\n").unwrap();
    let out = folder.path().join("site");
    let ran = doc(&rules, &out);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("nothing_there") && ran.err.contains("checked 1 file: 1 error"), "{}", ran.err);
    assert!(!out.exists());
    fs::write(&rules, "monitor m {\n  match \"acme\"\n  example yes \"nothing of it\"\n}\n").unwrap();
    assert_eq!(doc(&rules, &out).code, 2);
    assert!(!out.exists());
}

#[test]
fn files_of_others_are_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.mon");
    fs::write(&rules, "monitor m {\n  match \"acme\"\n}\n").unwrap();
    let out = folder.path().join("site");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("index.html"), "mine").unwrap();
    let ran = doc(&rules, &out);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("is not empty, and was not written by `mon doc`"), "{}", ran.err);
    assert!(ran.err.contains("help: name a folder that is empty"), "{}", ran.err);
    assert_eq!(fs::read_to_string(out.join("index.html")).unwrap(), "mine");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);

    let ran = doc(&rules, &rules);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("is no folder"), "{}", ran.err);

    // A page that somebody put there since the last run is theirs.
    fs::remove_file(out.join("index.html")).unwrap();
    assert_eq!(doc(&rules, &out).code, 0);
    fs::write(&rules, "monitor m {\n  match \"acme\"\n}\nmonitor n {\n  match \"acme\" and \"x\"\n}\n").unwrap();
    fs::write(out.join("monitor-n.html"), "mine").unwrap();
    let ran = doc(&rules, &out);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("monitor-n.html` was not written by `mon doc`"), "{}", ran.err);
    assert_eq!(fs::read_to_string(out.join("monitor-n.html")).unwrap(), "mine");
}

#[test]
fn pages_of_monitors_that_are_gone_go_and_other_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.mon");
    let out = folder.path().join("site");
    fs::write(&rules, "monitor old {\n  match \"acme\"\n}\n").unwrap();
    assert_eq!(doc(&rules, &out).code, 0);
    assert!(out.join("monitor-old.html").exists());
    fs::write(out.join("notes.txt"), "mine").unwrap();
    fs::write(&rules, "monitor new {\n  match \"acme\"\n}\n").unwrap();
    let ran = doc(&rules, &out);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!out.join("monitor-old.html").exists() && out.join("monitor-new.html").exists());
    assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "mine");
}
