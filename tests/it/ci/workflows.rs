//! Every step of the ready workflows that calls `mon` is run as it is written: over the examples, and over rules with faults.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use serde_yaml_ng::Value;

use super::repository::Repository;
use crate::tool::{Ran, mon, root};

/// A step of a workflow: its name, and the lines that the shell is given.
struct Step {
    name: String,
    script: String,
}

/// A workflow as far as it calls `mon`, with the variables that it sets for all steps.
struct Workflow {
    variables: BTreeMap<String, String>,
    steps: Vec<Step>,
}

fn read(name: &str) -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string(root().join("examples/ci").join(name)).unwrap()).unwrap()
}

fn variables(map: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    map.as_mapping().unwrap().iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// Whether a script calls `mon`, beside asking where it is.
fn calls_mon(script: &str) -> bool {
    script.lines().any(|line| line.trim_start().starts_with("mon "))
}

fn github() -> Workflow {
    let page = read("github.yml");
    let steps = page["jobs"]["rules"]["steps"].as_sequence().unwrap().iter().filter_map(|step| {
        let (name, script) = (step["name"].as_str()?.to_owned(), step["run"].as_str()?.to_owned());
        Some(Step { name, script })
    });
    assert_eq!(page["jobs"]["rules"]["defaults"]["run"]["shell"], "bash");
    Workflow { variables: variables(&page["env"]), steps: steps.filter(|step| calls_mon(&step.script)).collect() }
}

fn gitlab() -> Workflow {
    let page = read("gitlab.yml");
    let steps = page.as_mapping().unwrap().iter().filter_map(|(name, job)| {
        let lines: Vec<&str> = job.get("script")?.as_sequence()?.iter().map(|line| line.as_str().unwrap()).collect();
        Some(Step { name: name.as_str()?.to_owned(), script: lines.join("\n") })
    });
    Workflow { variables: variables(&page["variables"]), steps: steps.filter(|step| calls_mon(&step.script)).collect() }
}

impl Workflow {
    /// The scripts as the runners of both hosts start them: a fault anywhere ends them.
    fn run(&self, repository: &Repository, base: &str, more: &[(&str, &str)]) -> Vec<(&str, Ran)> {
        let summary = repository.path().join("summary.md").display().to_string();
        let given = [("BASE", base), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base), ("GITHUB_STEP_SUMMARY", &summary)];
        let own = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let environment: Vec<(&str, &str)> = own.chain(given).chain(more.iter().copied()).collect();
        let run = |step: &Step| {
            let shell = ["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.script];
            repository.run("bash", &shell, &environment)
        };
        self.steps.iter().map(|step| (step.name.as_str(), run(step))).collect()
    }

    /// The words after `mon` of every call.
    fn verbs(&self) -> Vec<&str> {
        let lines = self.steps.iter().flat_map(|step| step.script.lines());
        lines.filter_map(|line| line.trim_start().strip_prefix("mon ")?.split(' ').next()).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn every_step_is_green_over_the_examples() {
    let repository = Repository::new();
    copy(&root().join("examples/rules"), &repository.path().join("rules"));
    let wrote = repository.run("mon", &["lint", "rules", "--write-baseline", "mon-baseline.jsonl"], &[]);
    assert_eq!(wrote.code, 0, "{wrote:?}");
    let base = repository.commit("Rules of now");
    let page = repository.path().join("rules/acme_outage.mon");
    let changed = fs::read_to_string(&page).unwrap().replacen(
        "  and not giveaway\n",
        "  and not giveaway\n  and not \"leased\"\n",
        1,
    );
    fs::write(&page, changed).unwrap();
    repository.commit("A change");

    for (workflow, steps) in [
        (github(), vec!["Format", "Check", "Lint", "Test", "What the change does", "Lint as SARIF"]),
        (gitlab(), vec!["format", "check", "lint", "test", "diff"]),
    ] {
        let verbs = workflow.verbs();
        for verb in ["fmt", "check", "lint", "test", "diff"] {
            assert!(verbs.contains(&verb), "{verbs:?} lacks {verb}");
        }
        let ran = workflow.run(&repository, &base, &[]);
        assert_eq!(ran.iter().map(|(name, _)| *name).collect::<Vec<_>>(), steps);
        for (name, ran) in ran {
            assert_eq!(ran.code, 0, "{name}: {ran:?}");
        }
    }
    let text = |name: &str| fs::read_to_string(repository.path().join(name)).unwrap();
    for page in [text("summary.md"), text("mon-diff.md")] {
        let page = page.replace("&#95;", "_");
        assert!(page.contains("acme_outage") && !page.contains("nothing to compare"), "{page}");
    }
    assert!(text("mon-test.xml").contains("<testsuites name=\"mon test\""), "{}", text("mon-test.xml"));
    let sarif: Json = serde_json::from_str(&text("mon.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(serde_json::from_str::<Json>(&text("gl-code-quality-report.json")).unwrap(), serde_json::json!([]));
}

const RULES: &str = "/// People talk.\nmonitor talk {\n  match  \"acme\"\n  window tumble 5m\n\n  measure voices = distinct(author.uid)\n\n  \
    alert when voices >= 2\n        clear when voices < 1  for 10m\n\n  \
    severity {\n    medium otherwise\n  }\n  follow playbook desk\n  owner  \"desk\"\n\n  example yes \"acme\"\n  example no  \"zeta\"\n}\n\n\
    playbook desk {\n  route first { otherwise  to team care }\n  notify {\n    medium by slack at once\n  }\n}\n\n\
    test talk \"two posts\" {\n  replay \"posts.jsonl\"\n  expect 1 incident\n}\n";
const POSTS: &str = "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme\",\"author\":{\"uid\":\"a\"}}\n\
    {\"id\":\"2\",\"created_at\":\"2026-11-02T10:00:01Z\",\"text\":\"acme\",\"author\":{\"uid\":\"b\"}}\n";

/// The names of the steps that are red where `before` becomes `after`; the baseline is that of `before`, if it has one.
fn red(workflow: &Workflow, before: &str, after: &str) -> (Repository, Vec<String>) {
    let repository = Repository::new();
    repository.write("rules/posts.jsonl", POSTS);
    repository.write("rules/talk.mon", before);
    if mon(repository.path(), &["lint", "rules", "--write-baseline", "mon-baseline.jsonl"]).code != 0 {
        repository.write("mon-baseline.jsonl", "{\"version\":1}\n");
    }
    let base = repository.commit("Before");
    repository.write("rules/talk.mon", after);
    repository.commit("After");
    let ran = workflow.run(&repository, &base, &[("CAPTURE", "rules/posts.jsonl")]);
    let red = ran.into_iter().filter(|(_, ran)| ran.code != 0);
    let red = red.map(|(name, ran)| {
        assert!(ran.code <= 2, "{name}: {ran:?}");
        name.to_lowercase()
    });
    let red = red.collect();
    (repository, red)
}

#[test]
fn what_is_wrong_turns_its_own_steps_red() {
    let cases = [
        ("nothing", RULES.to_owned(), vec![]),
        ("spaces", RULES.replace("match  ", "match     "), vec!["format"]),
        ("advice", RULES.replace("match  \"acme\"", "match  (\"acme\")"), vec!["lint"]),
        ("a warning", RULES.replace("match  \"acme\"", "match  not not \"acme\""), vec!["check", "lint"]),
        ("a failed test", RULES.replace("expect 1", "expect 7"), vec!["test"]),
        ("a failed example", RULES.replace("yes \"acme\"", "yes \"apex\""), vec!["check", "lint", "test"]),
        ("an error", RULES.replace("match  \"acme\"", "match  acme"), vec!["check", "lint", "test"]),
    ];
    for workflow in [github(), gitlab()] {
        for (what, after, expected) in &cases {
            assert_eq!((*what == "nothing"), (after == RULES), "the case is another text");
            let (_, red) = red(&workflow, RULES, after);
            assert_eq!(&red, expected, "{what}");
        }
    }
}

#[test]
fn findings_of_before_keep_no_pull_request_red() {
    let old = RULES.replace("match  \"acme\"", "match  (\"acme\")");
    for workflow in [github(), gitlab()] {
        let (_, red) = red(&workflow, &old, &old.replace("People talk", "Many people talk"));
        assert_eq!(red, Vec::<String>::new());
    }
}

#[test]
fn rules_that_did_not_run_before_can_be_mended() {
    let broken = RULES.replace("match  \"acme\"", "match  acme");
    for (workflow, page) in [(github(), "summary.md"), (gitlab(), "mon-diff.md")] {
        let (repository, red) = red(&workflow, &broken, RULES);
        assert_eq!(red, Vec::<String>::new());
        let page = fs::read_to_string(repository.path().join(page)).unwrap();
        assert!(page.contains("there is nothing to compare"), "{page}");
    }
}

/// GitLab and GitHub upload reports that a step wrote, so each report is written by one.
#[test]
fn every_report_that_is_uploaded_is_written_by_a_step() {
    for (page, workflow, reports) in [
        ("github.yml", github(), vec!["mon.sarif", "mon-test.xml"]),
        ("gitlab.yml", gitlab(), vec!["gl-code-quality-report.json", "mon-test.xml", "mon-diff.md"]),
    ] {
        let text = fs::read_to_string(root().join("examples/ci").join(page)).unwrap();
        for report in reports {
            assert!(workflow.steps.iter().any(|step| step.script.contains(&format!("> {report}"))), "{page}: {report}");
            let uploads = text.lines().filter(|line| {
                let line = line.trim();
                [": ", ": ["].iter().any(|before| line.trim_end_matches(']').ends_with(&format!("{before}{report}")))
            });
            assert!(uploads.count() >= 1, "{page} does not upload {report}");
        }
    }
}
