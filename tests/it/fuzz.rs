//! The bodies of the fuzz targets over mutated seeds: a bounded number of inputs, the same for the same `MON_SEED`.
//! `MON_FUZZ=100000` tries more, `MON_FUZZ_BYTES=65536` larger ones; the slowest one is printed with its time, and
//! written into the folder `MON_FUZZ_KEEP`.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::tool::{blocks, listed, root, seed};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

const INPUTS: usize = 150;
const INPUT_BYTES_MAX: usize = 1_500;

/// Pieces that change what is read around them.
const PIECES: [&str; 28] = [
    "\"",
    "\\",
    "{",
    "}",
    "(",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "null",
    "-1",
    "1e999",
    "9999999999999999",
    "near/5",
    " and ",
    " not ",
    "//",
    "/*",
    "#",
    "@",
    "😡\u{200d}",
    "e\u{301}",
    "\u{202e}",
    "“",
];

/// A small generator: the same seed gives the same inputs everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) as usize % sides.max(1)
    }

    /// A piece of a seed with up to eight changes.
    fn input(&mut self, seeds: &[Vec<u8>], most: usize) -> Vec<u8> {
        let source = &seeds[self.roll(seeds.len())];
        let from = if source.len() > most { self.roll(source.len() - most) } else { 0 };
        let mut bytes = source[from..source.len().min(from + most)].to_vec();
        while bytes.len() * 2 <= most && most > INPUT_BYTES_MAX {
            bytes.extend_from_slice(&bytes.clone());
        }
        for _ in 0..self.roll(9) {
            let at = self.roll(bytes.len() + 1);
            let end = (at + self.roll(20)).min(bytes.len());
            match self.roll(6) {
                0 => drop(bytes.drain(at..end)),
                1 => drop(bytes.splice(at..at, PIECES[self.roll(PIECES.len())].bytes())),
                2 => bytes.truncate(at.max(1)),
                3 => {
                    let again = bytes[at..end].to_vec();
                    drop(bytes.splice(end..end, again));
                }
                4 => {
                    let other = &seeds[self.roll(seeds.len())];
                    let start = self.roll(other.len());
                    let piece = other[start..other.len().min(start + 40)].to_vec();
                    drop(bytes.splice(at..end, piece));
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.roll(8);
                    }
                }
            }
        }
        bytes
    }
}

/// The seeds of a target: its folder in `fuzz/seeds`, or the rules of the examples.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = root().join("fuzz/seeds").join(target);
    let paths: Vec<PathBuf> = if folder.is_dir() {
        ["json", "jsonl", "csv", "txt"].into_iter().flat_map(|ending| listed(&folder, ending)).collect()
    } else {
        listed(&root().join("examples/rules"), "mon")
    };
    assert!(!paths.is_empty(), "{target} has no seeds");
    let mut seeds: Vec<Vec<u8>> = paths.into_iter().map(|path| fs::read(path).unwrap()).collect();
    if !folder.is_dir() {
        // The suites write every construct of the language.
        for page in listed(&root().join("tests/suites"), "md") {
            let page = fs::read_to_string(page).unwrap();
            seeds.extend(
                blocks(&page).into_iter().filter(|block| block.kind == "mon").map(|block| block.text.into_bytes()),
            );
        }
    }
    seeds
}

fn from_environment(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn tries(name: &str) {
    let (_, body) = targets::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let (seed, seeds) = (seed(5), seeds(name));
    let (inputs, most) = (from_environment("MON_FUZZ", INPUTS), from_environment("MON_FUZZ_BYTES", INPUT_BYTES_MAX));
    let mut dice = Dice(seed);
    let (mut slowest, mut slowest_at) = (Duration::ZERO, 0);
    let kept = std::env::var("MON_FUZZ_KEEP").ok();
    for at in 0..inputs {
        let input = dice.input(&seeds, most);
        let begun = Instant::now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| body(&input))) {
            println!("{name}, MON_SEED={seed}, input {at}:\n{}\n{input:?}", String::from_utf8_lossy(&input));
            std::panic::resume_unwind(panic);
        }
        if begun.elapsed() > slowest {
            (slowest, slowest_at) = (begun.elapsed(), at);
            if let Some(folder) = &kept {
                fs::write(format!("{folder}/{name}.slowest"), &input).unwrap();
            }
        }
    }
    println!("{name}: {inputs} inputs, MON_SEED={seed}; the slowest is input {slowest_at}, {slowest:?}");
}

#[test]
fn parsing_survives_mutated_rules() {
    tries("parse");
}

#[test]
fn formatting_settles_and_keeps_the_meaning_of_mutated_rules() {
    tries("format");
}

#[test]
fn checking_survives_mutated_rules() {
    tries("check");
}

#[test]
fn mutated_json_lines_are_posts_or_problems() {
    tries("jsonl");
}

#[test]
fn mutated_csv_is_posts_or_problems() {
    tries("csv");
}

#[test]
fn mutated_frames_of_the_first_wire_are_posts_or_errors() {
    tries("jetstream_v1");
}

#[test]
fn mutated_frames_of_the_second_wire_are_posts_or_errors() {
    tries("jetstream_v2");
}

#[test]
fn mutated_texts_have_tokens_in_their_places() {
    tries("tokens");
}

#[test]
fn every_target_has_a_binary_that_calls_it() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml does not name {name}");
        let binary = fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(binary.contains(&format!("mon_fuzz::{name}(data)")), "fuzz_targets/{name}.rs");
    }
}
