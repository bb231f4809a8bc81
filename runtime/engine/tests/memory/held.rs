//! What operators say that they hold against what the allocator gave, and that it does not grow with what is offered.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::plan::Plan;
use mon_engine::{Engine, EngineOptions, Feed, Limits};
use mon_post::{Author, Enrichment, PostBatch, PostBatchBuilder, PostRow};

/// The system's allocator, with the bytes that it gave and did not get back.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "the contract of allocators; both calls are handed on as they are")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tests of one process share the allocator: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

const SECOND: i64 = 1_000_000;
const START: i64 = 1_800_000_000 * SECOND;
const BATCH: usize = 1_000;

fn rules(body: &str) -> Arc<Plan> {
    let text = format!(
        "monitor m {{\n  match platform is bluesky\n  {body}\n}}\n\
         playbook p {{ route first {{ otherwise to team x }} notify {{ medium by email at once }} }}\n"
    );
    let checked = check(vec![("m.mon".to_owned(), text)], &CheckOptions::default());
    let told: Vec<_> = checked.diagnostics.iter().map(|told| told.message.clone()).collect();
    Arc::new(checked.plan.unwrap_or_else(|| panic!("{told:?}")))
}

/// Every post of another author, a thousand a second.
fn batch(first: usize) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    for number in first..first + BATCH {
        let mood = (number % 2001) as f64 / 1000.0 - 1.0;
        let row = PostRow {
            post_uid: Some(format!("p{number}").into()),
            platform: Some("bluesky".into()),
            event_at: Some(START + (first / BATCH) as i64 * SECOND),
            url: Some(format!("https://example.com/{number}").into()),
            lang: Some(["de", "en", "es"][number % 3].into()),
            text: Some(format!("post {number}, with a few words more than nothing").into()),
            author: Some(Author {
                uid: Some(format!("author {number}").into()),
                followers: Some(number as i64 % 1000),
                ..Author::default()
            }),
            enrichment: Some(Enrichment { sentiment: Some(mood), ..Enrichment::default() }),
            ..PostRow::default()
        };
        builder.append(&row).unwrap();
    }
    builder.finish().unwrap()
}

/// What is held at the end, and at most when results are given out: as told (windows, then seen posts) and truly.
struct Held {
    windows: usize,
    dedupe: usize,
    end: usize,
    most: usize,
}

fn offer(plan: &Arc<Plan>, limits: Limits, posts: usize) -> Held {
    let options = EngineOptions { flush_rows: 5 * BATCH, limits, ..EngineOptions::default() };
    let mut engine = Engine::new(Arc::clone(plan), options).unwrap();
    let before = HELD.load(Ordering::Relaxed);
    let batches = (0..posts / BATCH).map(|number| Feed::Posts { source: 0, batch: batch(number * BATCH) });
    let feed = batches.chain([Feed::Barrier { epoch: 1 }, Feed::Barrier { epoch: 2 }]);
    let mut held = Held { windows: 0, dedupe: 0, end: 0, most: 0 };
    let ran = engine.run(futures::stream::iter(feed), |epoch| {
        (held.windows, held.dedupe) = (epoch.memory.windows, epoch.memory.dedupe);
        drop(epoch);
        held.end = HELD.load(Ordering::Relaxed).saturating_sub(before);
        held.most = held.most.max(held.end);
        Ok::<_, std::io::Error>(())
    });
    futures::executor::block_on(ran).unwrap();
    held
}

#[test]
fn what_is_told_is_what_is_held() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let many = Limits { groups_max: u32::MAX, ..Limits::default() };
    for body in [
        "window tumble 1h by author.uid\n  measure volume = count()",
        "window slide 1h every 10s by lang\n  measure voices = distinct(author.uid)\n  measure typical = median(sentiment)",
        "window tumble 1h by author.uid\n  measure mood = avg(sentiment)\n  measure most = max(author.followers)\n  \
         measure spread = stddev(sentiment)",
        "window tumble 1h by url\n  measure volume = count()\n  alert when volume > 5\n  show 2 posts\n  follow playbook p",
        "window tumble 1h by lang\n  measure reached = reach()\n  measure told = distinct(story)\n  measure top = top_count(author.uid)",
        "window session gap 10s by author.uid\n  measure volume = count()\n  measure mood = avg(sentiment)",
        "window count 50 by author.uid\n  measure volume = count()\n  measure voices = distinct(author.uid)",
    ] {
        let held = offer(&rules(body), many, 40 * BATCH);
        let factor = (held.windows + held.dedupe) as f64 / held.end as f64;
        eprintln!("{factor:.2}: windows {}, seen posts {}, in all {}: {body}", held.windows, held.dedupe, held.end);
        assert!((0.67..1.5).contains(&factor), "{factor}: {body}");
    }
}

#[test]
fn what_is_held_does_not_grow_with_the_keys_that_are_offered() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let plan = rules("window tumble 1h by author.uid\n  measure volume = count()\n  measure mood = avg(sentiment)");
    let few = Limits { groups_max: 500, dedupe_keys_max: 1, ..Limits::default() };
    let (some, many) = (offer(&plan, few, 20 * BATCH), offer(&plan, few, 200 * BATCH));
    eprintln!("{} bytes of 20,000 keys, {} of 200,000; windows {}", some.most, many.most, many.windows);
    assert!(many.most < some.most + (1 << 18), "{} bytes, then {}", some.most, many.most);
    assert!(many.windows < 500 * 1_000, "{}", many.windows);
}
