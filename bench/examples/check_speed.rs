//! Measures how long a large folder takes to parse and to check: 10,000 monitors that differ as those of many brands do.
//! Run it with `cargo run --release -p mon-bench --example check_speed [monitors [rounds]]`; with `--write FOLDER` it only
//! writes the folder, a hundred files, for `mon check FOLDER`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mon_compiler::check::{CheckOptions, Limits, check_trees};
use mon_compiler::plan::SourceFile;

mod brands;

use brands::{folder, write};

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let monitors = arguments.first().copied().unwrap_or(10_000);
    let rounds = arguments.get(1).copied().unwrap_or(3);
    let mut words = std::env::args().skip_while(|word| word != "--write").skip(1);
    if let Some(target) = words.next() {
        if let Err(error) = write(Path::new(&target), monitors) {
            eprintln!("cannot write `{target}`: {error}");
        }
        return;
    }
    let text = folder(0..monitors);
    let options = CheckOptions {
        limits: Limits { monitors_max: monitors.max(Limits::default().monitors_max), ..Limits::default() },
        ..CheckOptions::default()
    };
    println!("{monitors} monitors, {} bytes", text.len());
    for _ in 0..rounds {
        let (wall, cpu) = (Instant::now(), process_cpu());
        let tree = mon_grammar::parse(&text);
        let (parsed, parsed_cpu) = (wall.elapsed(), process_cpu() - cpu);
        let file = SourceFile { name: "all.mon".to_owned(), text: Arc::from(text.as_str()) };
        let trees = [tree];
        let (wall, cpu) = (Instant::now(), process_cpu());
        let checked = check_trees(vec![file], &trees, &options);
        let (took, took_cpu) = (wall.elapsed(), process_cpu() - cpu);
        let [tree] = &trees;
        println!(
            "{} items, {} findings, plan {}: parse {parsed:.2?} (cpu {parsed_cpu:.2?}), check {took:.2?} (cpu {took_cpu:.2?}), \
             together {:.2?} (cpu {:.2?})",
            tree.items.len(),
            checked.diagnostics.len(),
            if checked.plan.is_some() { "made" } else { "refused" },
            parsed + took,
            parsed_cpu + took_cpu,
        );
        for told in checked.diagnostics.iter().filter(|told| told.is_error()).take(3) {
            println!("  {}: {} at {:?}", told.code.id, told.message, told.place.span);
        }
        black_box(checked);
    }
}

/// What all threads of this process have used of the processors, from `/proc`; nothing where there is none.
fn process_cpu() -> Duration {
    let own = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 = own
        .rsplit_once(')')
        .map_or("", |(_, rest)| rest)
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
