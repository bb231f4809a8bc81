//! Runs the command `mon` as a user would, and finds fenced blocks in Markdown.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a run of `mon` printed and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

pub fn mon(folder: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_mon"))
        .current_dir(folder)
        .args(arguments)
        .args(["--no-color", "--quiet"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let ran = Ran::from(output);
    assert!(!ran.err.contains("panicked"), "a panic reached the user: {}", ran.err);
    ran
}

/// A fenced block: the word after the fence, its text, and where the text stands in the page.
pub struct Block {
    pub kind: String,
    pub text: String,
    pub start: usize,
    pub end: usize,
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(String, usize)> = None;
    let mut at = 0;
    for line in page.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("```") {
            match open.take() {
                None => open = Some((rest.trim().to_owned(), at + line.len())),
                Some((kind, start)) => {
                    found.push(Block { kind, text: page[start..at].to_owned(), start, end: at });
                }
            }
        }
        at += line.len();
    }
    assert!(open.is_none(), "a block is never closed");
    found
}

/// Files of a folder with an ending, in the order of their names.
pub fn listed(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    found.sort();
    found
}

/// Whether expectations are to be rewritten instead of compared.
pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// The seed of a random test: `MON_SEED`, or what the test is run with otherwise. Printed, and shown where it fails.
pub fn seed(otherwise: u64) -> u64 {
    let told = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok());
    let seed = told.unwrap_or(otherwise);
    println!("MON_SEED={seed}");
    seed
}
