//! The log of measurements: one JSON line a run, with the day, the commit and the machine, so that lines can be compared.

use std::error::Error;
use std::io::Write;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::Options;

/// Appends a run of `workload` to the file.
pub fn append(file: &str, workload: &str, options: &Options, figures: &[(String, f64)]) -> Result<(), Box<dyn Error>> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut line: Map<String, Value> = Map::new();
    for (name, value) in [
        ("date", json!(chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string())),
        ("commit", json!(commit())),
        ("cpu", json!(cpu())),
        ("cores", json!(cores)),
        ("optimised", json!(!cfg!(debug_assertions))),
        ("workload", json!(workload)),
        ("seed", json!(options.seed)),
        ("vocabulary", json!(if options.vocabulary.is_some() { "real" } else { "made up" })),
    ] {
        line.insert(name.to_owned(), value);
    }
    line.extend(figures.iter().map(|(name, value)| (name.clone(), Value::from(*value))));
    let mut out = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(out, "{}", Value::Object(line))?;
    Ok(())
}

/// The commit that was measured, with `+` where files differ from it; nothing outside a repository.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let said = Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR")]).args(arguments).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|said| !said.is_empty());
    Some(if changed { commit + "+" } else { commit })
}

/// The processor's name, as Linux tells it.
fn cpu() -> Option<String> {
    let told = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let name = told.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(name.trim_start_matches([':', '\t', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_logged_with_its_day_commit_and_machine() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.jsonl").display().to_string();
        let options = Options {
            monitors: 1,
            posts: 1,
            keys: 1,
            seed: 7,
            repeat: 1,
            vocabulary: None,
            native: true,
            log: Some(file),
        };
        let file = options.log.clone().unwrap();
        for value in [1.5, 2.5] {
            append(&file, "w1", &options, &[("bytecode_ns_a_post".to_owned(), value)]).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "each run appends a line");
        let last = &lines[1];
        assert_eq!(
            (&last["workload"], &last["seed"], &last["bytecode_ns_a_post"]),
            (&json!("w1"), &json!(7), &json!(2.5))
        );
        assert!(last["date"].as_str().unwrap().starts_with("20"), "{last}");
        assert!(last["cores"].as_u64().unwrap() > 0, "{last}");
        for key in ["commit", "cpu", "optimised", "vocabulary"] {
            assert!(last.get(key).is_some(), "{key}: {last}");
        }
    }
}
