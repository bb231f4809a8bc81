//! Workload W2: posts through the whole engine, from source to rules, with sliding windows and a barrier a second of
//! event time; then the state of very many groups, saved and read back.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::plan::Plan;
use mon_engine::{Engine, EngineOptions, Epoch, Feed, Limits, Memory, Snapshot};
use mon_post::{Author, Engagement, Enrichment, PostBatch, PostBatchBuilder, PostRow};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::measure::{Figures, cpu, per};
use crate::{Options, log};

/// Posts of one second of event time.
const SECOND_POSTS: usize = 20_000;
const SECOND: i64 = 1_000_000;
const START: i64 = 1_800_000_000 * SECOND;
/// Words of a post, about 130 bytes.
const WORDS: [&str; 18] = [
    "broken", "phone", "again", "this", "morning", "and", "nobody", "answers", "the", "hotline", "so", "what", "now",
    "acme", "your", "service", "is", "great",
];

/// Each window kind with the five aggregates of the measurement.
const MEASURES: &str = "measure volume = count()\n  measure voices = approx_distinct(author.uid)\n  measure mood = avg(sentiment)\n  \
                        measure largest = max(author.followers)\n  measure liked = sum(engagement.likes)\n";

/// Workload W2.
pub fn w2(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut figures = Figures::default();
    let seconds = (options.posts / SECOND_POSTS).max(1);
    let posts = seconds * SECOND_POSTS;
    let batches = make(seconds, options.seed)?;
    figures.add("posts", posts as f64);
    let plans = [
        ("match and count a minute", rules("window tumble 1m", "measure volume = count()\n", "platform is bluesky")?),
        ("five aggregates a minute", rules("window tumble 1m", MEASURES, "platform is bluesky")?),
        ("five aggregates, 5 min / 10 s", rules("window slide 5m every 10s", MEASURES, "platform is bluesky")?),
        ("the same, words looked for", rules("window slide 5m every 10s", MEASURES, "\"broken\" or \"acme\"")?),
    ];
    for (name, plan) in &plans {
        for barrier in [false, true] {
            let mut shortest = f64::MAX;
            for _ in 0..options.repeat.max(1) {
                shortest = shortest.min(run(plan, &batches, barrier)?);
            }
            let how = if barrier { ", barriers" } else { "" };
            figures.add(&format!("{name}{how} ns a post"), shortest);
            figures.add(&format!("{name}{how} posts/s"), 1e9 / shortest.max(1e-9));
        }
    }
    keys(options, &mut figures)?;
    if let Some(file) = &options.log {
        log::append(file, "w2", options, figures.all())?;
    }
    Ok(())
}

fn rules(window: &str, measures: &str, matching: &str) -> Result<Arc<Plan>, Box<dyn Error>> {
    let text = format!("monitor bench {{\n  match {matching}\n  {window}\n  {measures}}}\n");
    let checked = check(vec![("bench.mon".to_owned(), text)], &CheckOptions::default());
    let first = checked.diagnostics.first().map(|told| told.message.clone());
    checked.plan.map(Arc::new).ok_or_else(|| first.unwrap_or_default().into())
}

/// A batch a second: up to two seconds of disorder, one post in 256 ten minutes late.
fn make(seconds: usize, seed: u64) -> Result<Vec<PostBatch>, Box<dyn Error>> {
    let mut rng = SmallRng::seed_from_u64(seed);
    (0..seconds).map(|second| batch(&mut rng, second, 100_000)).collect()
}

fn batch(rng: &mut SmallRng, second: usize, authors: usize) -> Result<PostBatch, Box<dyn Error>> {
    let now = START + i64::try_from(second)? * SECOND;
    let mut builder = PostBatchBuilder::new();
    for number in 0..SECOND_POSTS {
        let late = if rng.random_bool(1.0 / 256.0) { 600 * SECOND } else { rng.random_range(0..2 * SECOND) };
        let text: Vec<&str> = (0..18).filter_map(|_| WORDS.get(rng.random_range(0..WORDS.len())).copied()).collect();
        let author = format!("a{}", rng.random_range(0..authors));
        let row = PostRow {
            post_uid: Some(format!("p{}", second * SECOND_POSTS + number).into()),
            platform: Some("bluesky".into()),
            event_at: Some(now - late),
            text: Some(text.join(" ").into()),
            author: Some(Author {
                uid: Some(author.into()),
                followers: Some(rng.random_range(0..100_000)),
                ..Author::default()
            }),
            engagement: Some(Engagement { likes: Some(rng.random_range(0..1_000)), ..Engagement::default() }),
            enrichment: Some(Enrichment { sentiment: Some(rng.random_range(-1.0..1.0)), ..Enrichment::default() }),
            ..PostRow::default()
        };
        builder.append(&row)?;
    }
    Ok(builder.finish()?)
}

/// Nanoseconds of the engine's thread a post.
fn run(plan: &Arc<Plan>, batches: &[PostBatch], barriers: bool) -> Result<f64, Box<dyn Error>> {
    let mut feeds = Vec::with_capacity(2 * batches.len() + 1);
    for (epoch, batch) in (1..).zip(batches) {
        feeds.push(Feed::Posts { source: 0, batch: batch.clone() });
        if barriers {
            feeds.push(Feed::Barrier { epoch });
        }
    }
    feeds.push(Feed::End);
    let disorder_micros = 2 * SECOND;
    let mut engine = Engine::new(
        Arc::clone(plan),
        EngineOptions { disorder_micros, flush_rows: 100_000, ..EngineOptions::default() },
    )?;
    let start = cpu();
    let mut windows = 0;
    futures::executor::block_on(engine.run(futures::stream::iter(feeds), |epoch: Epoch| {
        windows += epoch.windows.len();
        Ok::<_, std::io::Error>(())
    }))?;
    let spent = cpu().saturating_sub(start);
    if windows == 0 {
        return Err("no window closed".into());
    }
    Ok(per(spent, batches.len() * SECOND_POSTS))
}

/// A million groups in one window, saved and read back; and ten times as many offered to a window that keeps as many as the bound
/// says, with what of the memory is the windows' and what that of seen posts. Mentions are given out on the way, as in any run.
fn keys(options: &Options, figures: &mut Figures) -> Result<(), Box<dyn Error>> {
    let by_author = "window tumble 1h by author.uid";
    let plan = rules(by_author, "measure volume = count()\n", "platform is bluesky")?;
    let seconds = options.keys.div_ceil(SECOND_POSTS);
    let bounded = |groups_max| EngineOptions {
        disorder_micros: 2 * SECOND,
        flush_rows: 100_000,
        limits: Limits { groups_max, ..Limits::default() },
        ..EngineOptions::default()
    };
    let (snapshot, ..) = offer(&plan, bounded(u32::MAX), seconds, 1)?;
    let start = Instant::now();
    let mut engine = Engine::new(Arc::clone(&plan), bounded(u32::MAX))?;
    engine.restore(snapshot)?;
    figures.add("groups saved", (seconds * SECOND_POSTS) as f64);
    figures.add("restore ms", start.elapsed().as_secs_f64() * 1e3);
    drop(engine);
    let before = resident();
    let (_, overflow, memory) = offer(&plan, bounded(Limits::default().groups_max), seconds, 10)?;
    figures.add("groups offered", (10 * seconds * SECOND_POSTS) as f64);
    figures.add("posts in (other)", overflow as f64);
    figures.add("memory of windows MB", memory.windows as f64 / 1e6);
    figures.add("memory of seen posts MB", memory.dedupe as f64 / 1e6);
    figures.add("memory grown MB", resident().saturating_sub(before) as f64 / 1e6);
    Ok(())
}

/// Every post of another author; the last state, the posts beyond the bound, and the bytes that are held at the end.
fn offer(
    plan: &Arc<Plan>,
    options: EngineOptions,
    seconds: usize,
    times: usize,
) -> Result<(Snapshot, u64, Memory), Box<dyn Error>> {
    let mut engine = Engine::new(Arc::clone(plan), options)?;
    let mut author = 0_usize;
    // Made while they are read: the posts of ten million authors would not be the state's memory.
    let feed = (0..seconds * times).map(move |_| {
        let mut builder = PostBatchBuilder::new();
        for _ in 0..SECOND_POSTS {
            let row = PostRow {
                post_uid: Some(format!("p{author}").into()),
                platform: Some("bluesky".into()),
                event_at: Some(START),
                text: Some("x".into()),
                author: Some(Author { uid: Some(format!("a{author}").into()), ..Author::default() }),
                ..PostRow::default()
            };
            author += 1;
            // A row that does not fit would be missed below, where the posts are counted.
            let _ = builder.append(&row);
        }
        builder.finish().map(|batch| Feed::Posts { source: 0, batch })
    });
    let feed = feed.filter_map(Result::ok).chain(std::iter::once(Feed::Barrier { epoch: 1 }));
    let (mut state, mut memory, mut overflow, mut read) = (Snapshot::default(), Memory::default(), 0, 0);
    futures::executor::block_on(engine.run(futures::stream::iter(feed), |epoch: Epoch| {
        (state, memory) = (epoch.snapshot.unwrap_or_default(), epoch.memory);
        overflow += epoch.counts.overflow.iter().sum::<u64>();
        read += epoch.counts.read;
        Ok::<_, std::io::Error>(())
    }))?;
    if read != u64::try_from(seconds * times * SECOND_POSTS)? {
        return Err("not every post was read".into());
    }
    Ok((state, overflow, memory))
}

/// Bytes that the process holds, where Linux tells it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
