//! A live run: sources feed the engine, each epoch is committed as one transaction, and the dispatcher tells people out of
//! the outbox.
//!
//! ```text
//! supervisors ──► pump ──Feed──► engine (own thread) ──Epoch──► committer ──► store
//!                   │  remembers the cursors of each barrier        │            │
//!                   └───────────────◄── cursors ────────────────────┘       dispatcher ──► people
//! ```

mod account;
mod committer;
mod load;
mod operators;
mod out;
mod pace;
mod pump;
pub mod record;
mod removed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use mon_compiler::plan::Plan;
use mon_delivery::{Bindings, Dispatcher, Options as DispatchOptions, Tally};
use mon_engine::{Engine, EngineOptions, Part, Snapshot};
use mon_sources::{Cursor, Resume, SourceConfig, build, supervise};
use mon_store::{Checkpoint, Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

use crate::config::Config;
use crate::failure::Failure;
use crate::verb::replay;

pub use account::Account;
use account::{Board, OutboxAccount};
use committer::Committer;
pub use committer::now;
use load::Load;
pub use operators::Stalled;
use operators::{Opened, SourceWatch, Watch};
use out::Out;
use pump::{Pump, Reading};
use record::{Resumed, Tape};

/// Batches that wait for the engine; when they are full, sources are not read further.
const FEED_AHEAD: usize = 16;
/// How long messages that are due may still be sent when the run stops.
const LAST_SENDS: Duration = Duration::from_secs(5);

/// How long calls to the machine that can't be called off may still take then.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// What a live run is given.
pub struct Live {
    pub plan: Arc<Plan>,
    pub config: Config,
    pub data: PathBuf,
    /// Folder of the recording, where the command names one.
    pub record: Option<PathBuf>,
    /// Folder for what is found.
    pub out: Option<PathBuf>,
    pub stop_after: Option<Duration>,
    pub quiet: bool,
}

impl Live {
    fn disorder_micros(&self) -> i64 {
        i64::try_from(self.config.disorder().as_micros()).unwrap_or(i64::MAX)
    }
}

/// Runs until stopped by a signal, by `stop_after`, or because every source has ended.
pub fn run(live: Live) -> Result<Account, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::input(format!("the machine gives no threads: {error}"), "free some memory"))?;
    let account = runtime.block_on(go(live));
    // What can't be called off, such as the look-up of a name, must not keep a stopped run from ending.
    runtime.shutdown_timeout(LAST_CALLS);
    account
}

async fn go(live: Live) -> Result<Account, Failure> {
    let asked = asked_to_stop();
    let watch = Watch::new(live.config.server.recover_within);
    // First of all, so that whoever asks while the data folder is being opened hears of that.
    let _server = operators::serve(&live.config.server, &watch).await?;
    work(live, watch, asked).await
}

async fn work(live: Live, watch: Watch, asked: JoinHandle<()>) -> Result<Account, Failure> {
    let bindings = bindings(&live)?;
    let store = Store::open(&live.data).map_err(told)?;
    let channels = bindings.open(&live.data).map_err(told)?;
    removed::close(&store, &live.plan).map_err(told)?;
    let mut checkpoint = store.load_checkpoint().map_err(told)?;
    let out = live.out.as_deref().map(|folder| Out::open(folder, &store, &mut checkpoint)).transpose()?;
    let barriers = Arc::new(Mutex::new(BTreeMap::new()));
    let (recording, mut resumed) = record::open(&live, &store, &mut checkpoint, &barriers)?;
    let (feed, received) = mpsc::channel(FEED_AHEAD);
    let tape = Tape::new(received, &mut resumed, recording.clone(), Arc::clone(&barriers));
    let readings = open_sources(&live.config, checkpoint.as_ref(), &resumed)?;

    let mut dispatcher = Dispatcher::new(store.clone(), channels, DispatchOptions::default());
    dispatcher = dispatcher.observed(Arc::new(watch.clone()));
    let committer = Committer::new(
        Arc::clone(&live.plan),
        store.clone(),
        checkpoint.as_ref(),
        Arc::clone(&barriers),
        readings.iter().map(|reading| (reading.name.clone(), reading.handle.clone())).collect(),
        dispatcher.waker(),
        (recording, out),
    )
    .watched(watch.clone());
    let engine = engine(&live, checkpoint.as_mut(), &resumed)?;
    let board = committer.board();
    watch.opened(watched(&live, &readings, &board));
    let (engine_done, mut engine_result) = run_engine(engine, tape, committer, watch.clone())?;

    let (stop, stopped) = watch::channel(false);
    let epoch = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.epoch) + resumed.barriers;
    let pump = Pump::new(readings, feed, barriers, epoch, board.clone(), live.quiet)
        .resume(resumed.open)
        .under_load(ladder(&live));
    let pump = tokio::spawn(pump.run(stopped));
    let (end_sends, sends_end) = oneshot::channel::<()>();
    let mut sending = tokio::spawn(async move {
        let sent = dispatcher.run(sends_end.map(|_| ())).await;
        (dispatcher, sent)
    });

    let mut silenced = None;
    let early = tokio::select! {
        result = &mut engine_result => Some(result),
        () = until_stopped(live.stop_after, asked) => None,
        // It ends before it is told only by a defect; nobody would be told anything any more.
        ended = &mut sending => { silenced = Some(ended); None }
    };
    watch.stopping();
    stop.send_replace(true);
    let ended = match early {
        Some(result) => result,
        None => engine_result.await,
    };
    let _ = pump.await;
    let _ = engine_done.join();
    let _ = end_sends.send(());
    let sender_stopped = silenced.is_some();
    let sent = match silenced {
        Some(ended) => ended,
        None => sending.await,
    };
    let tally = last_sends(sent).await;
    if sender_stopped {
        return Err(Failure::input("the sender of messages stopped without a word", "report what you ran"));
    }
    let outcome =
        ended.unwrap_or_else(|_| Err(Failure::input("the engine stopped without a word", "report what you ran")));
    outcome?;
    let outbox = OutboxAccount::of(&store.outbox_counts().map_err(told)?, &tally);
    Ok(Account { outbox, ..board.account() })
}

/// Who is told, and by what.
fn bindings(live: &Live) -> Result<Bindings, Failure> {
    let bindings = live.config.bindings(&live.plan)?;
    Ok(if crate::log::is_json() { bindings.cards_to_stdout() } else { bindings })
}

/// The ladders of the rules, and when they lead down.
fn ladder(live: &Live) -> Load {
    let ladders = live.plan.monitors.iter().map(|monitor| monitor.under_load.as_slice());
    Load::new(ladders, live.config.load.behind, Instant::now())
}

/// Sends what is still due. What is not sent now is not lost: the outbox keeps it.
async fn last_sends(sent: Result<(Dispatcher, Result<Tally, StoreError>), JoinError>) -> Tally {
    let (mut dispatcher, sent) = match sent {
        Ok(sent) => sent,
        Err(error) => {
            tracing::error!(%error, "the sender of messages stopped");
            return Tally::default();
        }
    };
    let flushed = match sent {
        Ok(_) => tokio::time::timeout(LAST_SENDS, dispatcher.flush()).await.unwrap_or_else(|_| Ok(dispatcher.tally())),
        Err(error) => Err(error),
    };
    if let Err(error) = flushed {
        tracing::error!(%error, "the outbox can't be used: what is not sent stays there");
    }
    dispatcher.tally()
}

/// Opens the engine where the last commit left it. The state goes over to it: nobody else needs more than the names of its parts.
fn engine(live: &Live, checkpoint: Option<&mut Checkpoint>, resumed: &Resumed) -> Result<Engine, Failure> {
    let options = EngineOptions { live: true, disorder_micros: live.disorder_micros(), ..EngineOptions::default() };
    let mut engine = Engine::new(Arc::clone(&live.plan), options).map_err(replay::failure)?;
    // The same order as in `open_sources`, which numbers them.
    engine.name_sources(resumed.names.iter().cloned());
    engine.spill_into(live.data.clone());
    let state = checkpoint.map(|checkpoint| std::mem::take(&mut checkpoint.snapshot)).unwrap_or_default();
    if !state.is_empty() {
        let parts = state.into_iter().map(|(name, bytes)| Part::stored(name, bytes)).collect();
        engine.restore(Snapshot { parts }).map_err(replay::failure)?;
    }
    Ok(engine)
}

fn open_sources(config: &Config, checkpoint: Option<&Checkpoint>, resumed: &Resumed) -> Result<Vec<Reading>, Failure> {
    let mut readings = Vec::new();
    for (name, source) in &config.sources {
        let built = build(name, source).map_err(|error| Failure::input(&error, "change it in mon.toml"))?;
        let saved = checkpoint.and_then(|checkpoint| checkpoint.cursors.iter().find(|cursor| &cursor.source == name));
        let cursor = saved.and_then(|saved| serde_json::from_str::<Cursor>(&saved.cursor).ok());
        let cursor = resumed.cursors.get(name).cloned().or(cursor);
        let from = cursor.map_or_else(|| source.start(), Resume::After);
        let live = !built.spec().caps.bounded;
        let supervised = supervise(name, built, from, source.supervisor_options());
        let mut reading = Reading::new(name.clone(), supervised);
        reading.live = live;
        readings.push(reading);
    }
    Ok(readings)
}

/// What operators are told of, once all of it is there.
fn watched(live: &Live, readings: &[Reading], board: &Board) -> Opened {
    let reader = Store::open_read_only(&live.data);
    if let Err(error) = &reader {
        tracing::warn!(%error, "the data folder can't be looked into: the figures of its outbox and incidents are left out");
    }
    let sources = readings.iter().map(|reading| {
        let after = live.config.sources.get(&reading.name).map(SourceConfig::stalled_after).unwrap_or_default();
        SourceWatch::new(reading.name.clone(), reading.handle.clone(), after)
    });
    Opened::new(Arc::clone(&live.plan), reader.ok(), board.ledger(), sources.collect())
}

type Ended = oneshot::Receiver<Result<(), Failure>>;

/// Runs the engine on a thread of its own: it computes, and its commits wait for the disk.
fn run_engine(
    mut engine: Engine,
    mut tape: Tape,
    mut committer: Committer,
    watch: Watch,
) -> Result<(thread::JoinHandle<()>, Ended), Failure> {
    let (done, ended) = oneshot::channel();
    let work = move || {
        let failed = tape.failed();
        let feed = futures::stream::poll_fn(move |context| {
            let fed = tape.poll(context);
            watch.engine_waits(fed.is_pending(), Instant::now());
            fed
        });
        let ran = futures::executor::block_on(engine.run(feed, |epoch| committer.take(epoch).map_err(told)));
        let closed = committer.close().map_err(told);
        // Nobody listens any more only when the whole run is being given up.
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err);
        let _ = done.send(failed.and(ran.map_err(replay::failure)).and(closed));
    };
    let thread = thread::Builder::new()
        .name("mon-engine".to_owned())
        .spawn(work)
        .map_err(|error| Failure::input(format!("the machine gives no thread: {error}"), "free some memory"))?;
    Ok((thread, ended))
}

async fn until_stopped(after: Option<Duration>, asked: JoinHandle<()>) {
    let timer = async {
        match after {
            Some(after) => tokio::time::sleep(after).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = timer => {}
        _ = asked => {}
    }
}

/// Ends when somebody asks the process to stop. Whoever asks from the call on is heard, however late it is waited for.
#[cfg(unix)]
fn asked_to_stop() -> JoinHandle<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let waits = signals.map(|signal| {
        Box::pin(async move {
            match signal {
                Ok(mut signal) => signal.recv().await,
                Err(_) => std::future::pending().await,
            }
        })
    });
    tokio::spawn(async move {
        futures::future::select_all(waits).await;
    })
}

#[cfg(not(unix))]
fn asked_to_stop() -> JoinHandle<()> {
    tokio::spawn(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// An error of a room as a failure of the run.
pub fn told(error: impl miette::Diagnostic) -> Failure {
    let help = error.help().map_or_else(|| "check mon.toml and the data folder".to_owned(), |help| help.to_string());
    Failure::input(&error, help)
}
