//! Measures how long it takes until it is known what rules would have done: a simulated day is read, the rules of the examples are
//! looked at, then again after one edit each. Processor time of the one thread that works, and wall time behind it.
//! Run it with `cargo run --release -p mon-bench --example lens [posts [rounds]]`.

use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mon_compiler::check::CheckOptions;
use mon_compiler::plan::SourceFile;
use mon_lens::{Capture, Lens, Look, Rules, Seen};
use mon_post::writer::write_jsonl;
use mon_simulate::{Scenario, Spec, simulate};

type Files = Vec<(String, String)>;

/// A monitor that takes very many posts.
const BROAD: &str = "terms chat = \"the\", \"is\", \"my\", \"today\", \"que\", \"und\"
monitor broad {
  match (lang in [en, de, es] or chat) and not \"giveaway\"
  window slide 15m every 1m by lang, late 30s
  measure volume = count()
  measure voices = distinct(author.uid)
  alert when volume >= 400 and voices >= 200 for 2m
}
";

/// What is done, and the edit: in which file which text becomes which.
const EDITS: &[(&str, &str, &str)] = &[
    ("nothing", "", ""),
    ("a line before everything", "use \"brand.mon\"", "// moved\nuse \"brand.mon\""),
    ("one term of `acme_outage`", "\"dead on arrival\"", "\"dead on arrival\", \"dead\""),
    ("one term of the brand", "\"acme phone\"", "\"acme phones\""),
    ("one threshold of `acme_outage`", "volume >= 30 and", "volume >= 20 and"),
    ("one term of a monitor that takes half of all posts", "\"today\"", "\"tomorrow\""),
    ("one threshold of it", "volume >= 400", "volume >= 300"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let posts = arguments.first().copied().unwrap_or(100_000);
    let rounds = arguments.get(1).copied().unwrap_or(3);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("posts.jsonl");
    let mut out = BufWriter::new(File::create(&path)?);
    for batch in simulate(&Spec { posts: Some(posts), ..Spec::new(Scenario::LaunchDay, 11) }) {
        write_jsonl(&batch?, &mut out)?;
    }
    drop(out);
    let mut examples = examples()?;
    for round in 0..rounds {
        println!("round {}", round + 1);
        let read = timed("the capture is read", || Capture::open(&path, None, usize::MAX, &|| false))?;
        let Some(capture) = read.map(Arc::new) else { return Ok(()) };
        let mut lens = Lens::new(Arc::clone(&capture));
        examples.retain(|(name, _)| name != "broad.mon");
        step(&mut lens, "first look at the examples", &examples)?;
        examples.push(("broad.mon".to_owned(), BROAD.to_owned()));
        step(&mut lens, "first look at a monitor that takes half of all posts", &examples)?;
        for (said, old, new) in EDITS {
            let edited: Files =
                examples.iter().map(|(name, text)| (name.clone(), text.replacen(old, new, 1))).collect();
            step(&mut lens, &format!("after an edit of {said}"), &edited)?;
        }
    }
    Ok(())
}

fn examples() -> Result<Files, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rules");
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "mon") {
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

fn step(lens: &mut Lens, said: &str, files: &Files) -> Result<(), Box<dyn Error>> {
    let sources = files.iter().map(|(name, text)| SourceFile { name: name.clone(), text: Arc::from(text.as_str()) });
    let sources: Vec<SourceFile> = sources.collect();
    let rules = timed(&format!("{said}: the check"), || {
        let trees: Vec<_> = sources.iter().map(|file| mon_grammar::parse(&file.text)).collect();
        Rules::check(sources, &trees, &CheckOptions::default()).ok_or("the rules have an error")
    })?;
    let seen = timed(said, || lens.look(&rules, &|| false))?;
    if let Seen::All(Look { fresh, monitors }) = seen {
        let (posts, alerts): (u64, usize) =
            monitors.iter().fold((0, 0), |(posts, alerts), one| (posts + one.posts, alerts + one.alerts.len()));
        println!("    {posts} posts, {alerts} alerts; {fresh:?}");
    }
    Ok(())
}

fn timed<T, E>(said: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let (start, before) = (Instant::now(), cpu());
    let done = work();
    println!("  {said}: {:.1?} (wall {:.1?})", cpu().saturating_sub(before), start.elapsed());
    done
}

/// Processor time of this thread; nothing where the machine does not tell.
fn cpu() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}
