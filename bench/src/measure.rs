//! Runs a workload through the evaluators, checks that they agree, and reports posts a second and where time goes.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mon_compiler::matching::{Backend, Match, MatchOptions, Matcher};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::{PostBatch, Zone};
use mon_text::Tokens;

use crate::workload::World;
use crate::{Options, log, monitors, vocabulary};

/// The interpreter asks every post every query, so it sees at most this many pairs.
const INTERPRETED_PAIRS: usize = 1_000_000;
const SAMPLE_POSTS: usize = 20_000;

/// CPU time of this thread; wall time where the system does not tell.
pub fn cpu() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

/// The shortest of several runs, and what the last one gave.
fn best<T>(repeat: usize, mut run: impl FnMut() -> T) -> (Duration, Option<T>) {
    let (mut shortest, mut result) = (Duration::MAX, None);
    for _ in 0..repeat.max(1) {
        let start = cpu();
        result = Some(black_box(run()));
        shortest = shortest.min(cpu().saturating_sub(start));
    }
    (shortest, result)
}

/// The pairs found, as a number that the order does not change, and how many.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Digest {
    sum: u64,
    count: u64,
}

impl Digest {
    fn add(&mut self, post: usize, query: QueryId) {
        let mut mixed = (post as u64) << 32 ^ u64::from(query.0) ^ 0x9E37_79B9_7F4A_7C15;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.sum = self.sum.wrapping_add(mixed ^ mixed >> 31);
        self.count += 1;
    }
}

fn run(matcher: &Matcher, batches: &[PostBatch]) -> Digest {
    let (mut scratch, mut found, mut digest) = (matcher.scratch(), Vec::<Match>::new(), Digest::default());
    let mut first = 0;
    for batch in batches {
        found.clear();
        matcher.match_batch(batch, &mut scratch, &mut found);
        for one in &found {
            digest.add(first + one.row as usize, one.query);
        }
        first += batch.len();
    }
    digest
}

fn ascii_posts(batches: &[PostBatch]) -> usize {
    let ascii = |batch: &PostBatch| {
        let texts = batch.zone(Zone::Text);
        (0..batch.len()).filter(|row| texts.texts(*row).all(str::is_ascii)).count()
    };
    batches.iter().map(ascii).sum()
}

fn tokenize(batches: &[PostBatch]) -> (usize, usize) {
    let (mut tokens, mut count, mut bytes) = (Tokens::default(), 0, 0);
    for batch in batches {
        let texts = batch.zone(Zone::Text);
        for row in 0..batch.len() {
            for text in texts.texts(row) {
                tokens.tokenize(text, 0);
                count += tokens.len();
                bytes += text.len();
            }
        }
    }
    (count, bytes)
}

/// The first posts, in batches.
fn head(batches: &[PostBatch], posts: usize) -> Vec<PostBatch> {
    let mut left = posts;
    let mut out = Vec::new();
    for batch in batches {
        if left == 0 {
            break;
        }
        out.push(batch.slice(0, left));
        left -= left.min(batch.len());
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub fn per(total: Duration, posts: usize) -> f64 {
    total.as_secs_f64() * 1e9 / posts.max(1) as f64
}

/// One line of the report and one entry of the log.
#[derive(Default)]
pub struct Figures(Vec<(String, f64)>);

impl Figures {
    pub fn all(&self) -> &[(String, f64)] {
        &self.0
    }

    pub fn add(&mut self, name: &str, value: f64) {
        println!("{name:<32} {value:>14.1}");
        self.0.push((name.replace(' ', "_"), value));
    }

    fn backend(&mut self, name: &str, total: Duration, posts: usize) {
        let nanos = per(total, posts);
        self.add(&format!("{name} ns a post"), nanos);
        self.add(&format!("{name} posts/s"), 1e9 / nanos.max(1e-9));
    }
}

struct Built {
    plan: Plan,
    ids: Vec<QueryId>,
    options: MatchOptions,
}

impl Built {
    fn matcher(&self, backend: Backend, name: &str, figures: &mut Figures) -> Result<Matcher, Box<dyn Error>> {
        let start = cpu();
        let matcher = Matcher::build(&self.plan, &self.ids, backend, &self.options)?;
        let spent = cpu().saturating_sub(start);
        figures.add(&format!("{name} build us a monitor"), per(spent, self.ids.len()) / 1e3);
        Ok(matcher)
    }
}

/// Workload W1.
pub fn w1(options: &Options) -> Result<(), Box<dyn Error>> {
    let words = match &options.vocabulary {
        Some(file) => vocabulary::read(&std::fs::read_to_string(file)?),
        None => vocabulary::make(options.seed),
    };
    let world = World::new(words, options.seed)?;
    let batches = world.posts(options.posts, options.seed + 1)?;
    let sample_from = world.posts(SAMPLE_POSTS.min(options.posts), options.seed + 2)?;
    let plan = monitors::monitors(&world, options.monitors, options.seed + 3);
    let ids: Vec<QueryId> = (0..).zip(&plan.queries).map(|(at, _)| QueryId(at)).collect();
    let sample = PostBatch::concat(&sample_from)?;
    let built = Built { plan, ids, options: MatchOptions { sample: Some(sample) } };
    let mut figures = Figures::default();
    let (spent, counted) = best(options.repeat, || tokenize(&batches));
    let (tokens, bytes) = counted.unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    {
        figures.add("posts", options.posts as f64);
        figures.add("monitors", options.monitors as f64);
        figures.add("bytes a post", bytes as f64 / options.posts.max(1) as f64);
        figures.add("tokens a post", tokens as f64 / options.posts.max(1) as f64);
        figures.add("posts of ASCII alone %", 100.0 * ascii_posts(&batches) as f64 / options.posts.max(1) as f64);
    }
    figures.add("tokenise ns a post", per(spent, options.posts));
    compare(options, &built, &batches, &mut figures)?;
    if let Some(file) = &options.log {
        log::append(file, "w1", options, &figures.0)?;
    }
    Ok(())
}

fn compare(
    options: &Options,
    built: &Built,
    batches: &[PostBatch],
    figures: &mut Figures,
) -> Result<(), Box<dyn Error>> {
    let posts = options.posts;
    let bytecode = built.matcher(Backend::Bytecode, "bytecode", figures)?;
    println!("{}", bytecode.describe_index());
    let mut scratch = bytecode.scratch();
    let (looked_up, _) =
        best(options.repeat, || batches.iter().map(|batch| bytecode.look_up_batch(batch, &mut scratch)).sum::<usize>());
    figures.add("tokenise + look-up ns a post", per(looked_up, posts));
    let (gathered, candidates) = best(options.repeat, || {
        batches.iter().map(|batch| bytecode.candidates_batch(batch, &mut scratch)).sum::<usize>()
    });
    figures.add("… + gather ns a post", per(gathered, posts));
    let (spent, digest) = best(options.repeat, || run(&bytecode, batches));
    let digest = digest.unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    {
        figures.add("candidates a post", candidates.unwrap_or_default() as f64 / posts.max(1) as f64);
        figures.add("matches a post", digest.count as f64 / posts.max(1) as f64);
    }
    figures.backend("bytecode", spent, posts);
    if options.native {
        let native = built.matcher(Backend::MachineCode, "machine code", figures)?;
        let (spent, found) = best(options.repeat, || run(&native, batches));
        figures.backend("machine code", spent, posts);
        agree("machine code", found.unwrap_or_default(), digest)?;
    }
    let sampled = (INTERPRETED_PAIRS / options.monitors.max(1)).clamp(1, posts);
    let few = head(batches, sampled);
    let interpreter = Matcher::build(&built.plan, &built.ids, Backend::Interpreter, &MatchOptions::default())?;
    let (spent, found) = best(1, || run(&interpreter, &few));
    figures.backend("interpreter", spent, sampled);
    agree("the interpreter", found.unwrap_or_default(), run(&bytecode, &few))?;
    println!("digest {:016x} of {} matches; all agree, the interpreter on {sampled} posts", digest.sum, digest.count);
    Ok(())
}

fn agree(name: &str, found: Digest, expected: Digest) -> Result<(), Box<dyn Error>> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{name} found {} matches and bytecode {}: they must be the same", found.count, expected.count).into())
}
