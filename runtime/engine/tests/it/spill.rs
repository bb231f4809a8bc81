//! Windows that do not fit into memory: what is put aside on disk changes no result.

use std::sync::Arc;

use mon_compiler::plan::Plan;
use mon_engine::{Engine, EngineError, EngineOptions, Epoch, Feed, Limits, Snapshot};
use rand::Rng;

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, cut, distinct, everything, feed, monitor, options, plan, posts, rng,
    seed, simple, stored, tell, window,
};

fn with_memory(state_bytes_max: usize) -> EngineOptions {
    EngineOptions { limits: Limits { state_bytes_max, ..Limits::default() }, ..options() }
}

fn run(
    plan: &Arc<Plan>,
    options: EngineOptions,
    from: Option<Snapshot>,
    feeds: Vec<Feed>,
    mut on_epoch: impl FnMut(Epoch),
) -> Result<(), EngineError> {
    let mut engine = Engine::new(Arc::clone(plan), options)?;
    if let Some(snapshot) = from {
        engine.restore(snapshot)?;
    }
    futures::executor::block_on(engine.run(futures::stream::iter(feeds), |epoch| {
        on_epoch(epoch);
        Ok::<_, std::io::Error>(())
    }))
}

/// Runs the pieces with a barrier behind each, and again from the state of the last barrier where `restarts` says so. Gives what was
/// told and the most that was put aside.
fn told(
    plan: &Arc<Plan>,
    options: EngineOptions,
    pieces: &[Vec<Feed>],
    restarts: &[bool],
) -> Result<(Told, u64), EngineError> {
    let (mut told, mut most) = (Told::default(), 0);
    let mut state: Option<Snapshot> = None;
    let mut feeds: Vec<Feed> = Vec::new();
    for (epoch, (piece, restart)) in (0..).zip(pieces.iter().zip(restarts)) {
        feeds.extend(piece.iter().cloned());
        feeds.push(Feed::Barrier { epoch });
        if *restart || epoch as usize + 1 == pieces.len() {
            if epoch as usize + 1 == pieces.len() {
                feeds.push(Feed::End);
            }
            let from = state.take();
            run(plan, options, from, std::mem::take(&mut feeds), |epoch| {
                told.add(&epoch, plan);
                most = most.max(epoch.memory.put_aside);
                state = epoch.snapshot.as_ref().map(stored);
            })?;
        }
    }
    Ok((told, most))
}

/// The least memory, in steps, with which a run gets through, and what that run told.
fn squeezed(plan: &Arc<Plan>, pieces: &[Vec<Feed>], restarts: &[bool]) -> (Told, u64) {
    for step in 0..40 {
        let bytes = (8 << 10) * 3_usize.pow(step) / 2_usize.pow(step);
        match told(plan, with_memory(bytes), pieces, restarts) {
            Ok(done) => return done,
            Err(EngineError::StateLimit { used, limit }) => assert!(used > limit && limit == bytes),
            Err(other) => panic!("{other}"),
        }
    }
    panic!("no run got through");
}

#[test]
fn as_little_memory_as_there_may_be_gives_the_same_bytes() {
    let mut rng = rng(seed());
    let plan = everything();
    let posts = posts(&mut rng, 1500);
    let whole = tell(&plan, options(), vec![feed(&posts), Feed::End]);
    for largest in [5, 60, 400] {
        let pieces: Vec<Vec<Feed>> = posts.chunks(150).map(|piece| cut(&mut rng, piece, largest)).collect();
        let restarts: Vec<bool> = pieces.iter().map(|_| rng.random_bool(0.3)).collect();
        let (told, most) = squeezed(&plan, &pieces, &restarts);
        assert!(most > 0, "nothing was put aside");
        assert_eq!(told, whole, "batches up to {largest}, restarts {restarts:?}");
    }
}

#[test]
fn a_window_is_told_whose_results_alone_are_more_than_memory_holds() {
    let voices =
        vec![distinct(aggregate("voices", "count", &["author.uid"])), aggregate("typical", "median", &["sentiment"])];
    let plan = plan(vec![monitor("all", 0, window(60 * MINUTE, 20 * MINUTE, 0), &["lang"], voices)]);
    let mut rng = rng(seed());
    let langs = [Some("de"), Some("en"), Some("es"), Some("fr"), Some("it"), None];
    let posts: Vec<Post> = (0..6_000)
        .map(|number| Post {
            author: format!("author {number}"),
            lang: langs[rng.random_range(0..langs.len())],
            mood: Some(rng.random_range(-1000..=1000)),
            ..simple(number, START + number * SECOND / 2)
        })
        .collect();
    let whole = tell(&plan, options(), vec![feed(&posts), Feed::End]);
    let pieces: Vec<Vec<Feed>> = posts.chunks(500).map(|piece| cut(&mut rng, piece, 100)).collect();
    let (told, most) = told(&plan, with_memory(64 << 10), &pieces, &vec![false; pieces.len()]).unwrap();
    assert!(most > 128 << 10, "only {most} bytes were put aside");
    assert_eq!(told, whole);
}

#[test]
fn what_stops_a_run_whose_windows_do_not_fit_is_told() {
    let mut rng = rng(seed());
    let posts = posts(&mut rng, 1500);
    let pieces = [cut(&mut rng, &posts, 100)];
    let small = |limits: Limits| EngineOptions { limits, ..options() };
    let fails = |options| told(&everything(), options, &pieces, &[false]).unwrap_err();
    let limits = Limits { state_bytes_max: 1_000, ..Limits::default() };
    assert!(matches!(fails(small(limits)), EngineError::StateLimit { limit: 1_000, .. }));
    let limits = Limits { state_bytes_max: 100_000, spill_bytes_max: 1_000, ..Limits::default() };
    assert!(matches!(fails(small(limits)), EngineError::SpillLimit { limit: 1_000, .. }));
    let folder = std::env::temp_dir().join("no such folder of bellwether");
    let limits = Limits { state_bytes_max: 100_000, ..Limits::default() };
    let mut engine = Engine::new(everything(), small(limits)).unwrap();
    engine.spill_into(folder.clone());
    let ran = engine.run(futures::stream::iter(pieces[0].clone()), |_| Ok::<_, std::io::Error>(()));
    let failed = futures::executor::block_on(ran).unwrap_err();
    assert!(matches!(&failed, EngineError::Spill { folder: told, .. } if *told == folder), "{failed}");
}
