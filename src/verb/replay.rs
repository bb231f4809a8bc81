//! `mon replay`: the whole way over a recording under a virtual clock. It writes what would have been sent, and sends
//! nothing: this verb never names the senders.

mod recorded;

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use mon_alerts::{Transition, TransitionKind, route, to_line};
use mon_compiler::matching::Backend;
use mon_compiler::plan::Plan;
use mon_engine::json::{mention_line, transition_line, window_line};
use mon_engine::{Counts, EngineError, EngineOptions, Epoch};
use mon_post::{LineProblem, PostBatch, PostError, ReadError};

use crate::cli::{Posts, Replay};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::{Sink, say};
use crate::progress::{self, Unit};
use crate::recording::{self, Problems};
use crate::report;
use crate::verb::match_posts::backend;
use crate::verb::simulate;

/// What a replay found.
#[derive(Default)]
pub struct Account {
    pub counts: Counts,
    pub transitions: Vec<Transition>,
    pub messages: Vec<mon_alerts::Message>,
}

pub fn run(arguments: &Replay, quiet: bool) -> Result<Outcome, Failure> {
    let speed = speed(&arguments.speed)?;
    let (plan, _) = compiled::plan(&arguments.rules)?;
    let mut files = arguments.out.as_deref().map(Files::create).transpose()?;
    let options = EngineOptions { backend: backend(arguments.evaluator), ..EngineOptions::default() };
    let started = Instant::now();
    let scenario = arguments.scenario.as_deref().map(|name| (name, arguments.seed));
    let mut account = Account::default();
    let mut on_epoch = |epoch| take(epoch, &plan, &mut account, files.as_mut());
    let read = match &arguments.recording {
        Some(folder) => recorded::play(&plan, folder, options, quiet, on_epoch),
        None => play(&plan, &arguments.posts, scenario, options, speed, quiet, &mut on_epoch)?.read,
    };
    if let Some(files) = files {
        files.finish()?;
    }
    let read = read?;
    let seconds = started.elapsed().as_secs_f64();
    say(&report::replayed(&plan, &account, (!quiet).then_some(seconds)))?;
    let findings = read == Outcome::Findings || !account.transitions.is_empty();
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

/// How posts were read that were replayed.
pub struct Played {
    pub read: Result<Outcome, Failure>,
    /// Event time of the first post.
    pub first: Option<i64>,
}

/// Replays recorded posts, or a simulated scenario with its seed, behind a progress line.
pub fn play(
    plan: &Arc<Plan>,
    posts: &Posts,
    scenario: Option<(&str, u64)>,
    options: EngineOptions,
    speed: Option<f64>,
    quiet: bool,
    on_epoch: impl FnMut(Epoch) -> Result<(), Failure>,
) -> Result<Played, Failure> {
    let (recording, unit, problems) = open(posts, scenario)?;
    let line = progress::line("replaying", unit, quiet);
    let (shown, first) = (line.clone(), Arc::new(OnceLock::new()));
    let seen = Arc::clone(&first);
    let progress = recording.inspect(move |read| {
        if let Ok((batch, position)) = read {
            shown.set_position(*position);
            if !batch.is_empty() {
                seen.get_or_init(|| batch.event_at(0));
            }
        }
    });
    let batches = progress.map(|read| read.map(|(batch, _)| batch));
    let ran = mon_engine::replay(Arc::clone(plan), batches, options, speed, on_epoch);
    line.finish_and_clear();
    let read = problems.close(posts, quiet);
    ran.map_err(failure)?;
    Ok(Played { read, first: first.get().copied() })
}

/// Writes an epoch's rows and keeps what the summary needs.
fn take(epoch: Epoch, plan: &Plan, account: &mut Account, files: Option<&mut Files>) -> Result<(), Failure> {
    account.counts += &epoch.counts;
    let messages: Vec<_> = epoch.transitions.iter().flat_map(|transition| route(plan, transition).messages).collect();
    if let Some(files) = files {
        for mention in &epoch.mentions {
            files.mentions.line(&mention_line(mention, plan))?;
        }
        for window in &epoch.windows {
            files.windows.line(&window_line(window, plan))?;
        }
        for transition in &epoch.transitions {
            files.incidents.line(&transition_line(transition))?;
        }
        for message in &messages {
            files.messages.line(&to_line(message))?;
        }
    }
    account.transitions.extend(epoch.transitions);
    account.messages.extend(messages);
    Ok(())
}

/// Replays posts for a rule's test: nothing is written. What each epoch brings is shown to `look` first.
pub fn account_of(
    plan: &Arc<Plan>,
    batches: Vec<PostBatch>,
    backend: Backend,
    mut look: impl FnMut(&Epoch),
) -> Result<Account, Failure> {
    let mut account = Account::default();
    let read = batches.into_iter().map(Ok::<PostBatch, ReadError>);
    let options = EngineOptions { backend, ..EngineOptions::default() };
    mon_engine::replay(Arc::clone(plan), read, options, None, |epoch| {
        look(&epoch);
        take(epoch, plan, &mut account, None)
    })
    .map_err(failure)?;
    Ok(account)
}

impl Account {
    /// Incidents that were opened.
    pub fn opened(&self) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(|transition| transition.kind == TransitionKind::Opened)
    }
}

type Batches = Box<dyn Iterator<Item = Result<(PostBatch, u64), ReadError>> + Send>;

/// Bad lines that the reading thread met, and what kept it from reading on.
enum Skipped {
    None,
    Told { problems: mpsc::Receiver<Vec<LineProblem>>, unknown: Arc<AtomicU64>, broken: mpsc::Receiver<ReadError> },
}

fn open(posts: &Posts, scenario: Option<(&str, u64)>) -> Result<(Batches, Unit, Skipped), Failure> {
    if let Some((scenario, seed)) = scenario {
        let (simulation, total) = simulate::start(scenario, seed, None)?;
        let rows = posts.batch as usize;
        let mut done = 0;
        let batches = simulation.flat_map(move |batch| pieces(batch, rows)).map(move |batch| {
            let batch = batch?;
            done += batch.len() as u64;
            Ok((batch, done))
        });
        return Ok((Box::new(batches), Unit::Posts(total), Skipped::None));
    }
    let reader = recording::open(posts, true)?;
    let unit = reader.bytes_total().map_or(Unit::Open, Unit::Bytes);
    let (tell, problems) = mpsc::channel();
    let (tell_broken, broken) = mpsc::channel();
    let unknown = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&unknown);
    // Where it can't be read on, the recording ends: what was read before counts and is written.
    let batches = reader.map_while(move |read| match read {
        Ok(read) => {
            count.fetch_add(read.unknown.values().sum(), Ordering::Relaxed);
            if !read.problems.is_empty() {
                // Nobody listens any more only after the replay failed, which is told instead.
                let _ = tell.send(read.problems);
            }
            Some(Ok((read.batch, read.bytes_read)))
        }
        Err(error) => {
            let _ = tell_broken.send(error);
            None
        }
    });
    Ok((Box::new(batches), unit, Skipped::Told { problems, unknown, broken }))
}

impl Skipped {
    /// Tells of all bad lines, and how well the recording was read.
    fn close(self, posts: &Posts, quiet: bool) -> Result<Outcome, Failure> {
        let Self::Told { problems, unknown, broken } = self else { return Ok(Outcome::Clean) };
        let mut all = Problems::of(posts.posts.as_deref());
        for some in problems.try_iter() {
            all.tell(&some);
        }
        let unknown = unknown.load(Ordering::Relaxed);
        if unknown > 0 && !quiet {
            crate::output::note(format_args!(
                "{unknown} values of keys that the schema does not know were kept as extras"
            ));
        }
        all.end(broken.try_iter().next(), posts.strict, quiet)
    }
}

/// A batch cut into batches of at most so many rows.
fn pieces(batch: Result<PostBatch, PostError>, rows: usize) -> Vec<Result<PostBatch, ReadError>> {
    match batch {
        Ok(batch) => (0..batch.len())
            .step_by(rows.max(1))
            .map(|from| Ok(batch.slice(from, rows.min(batch.len() - from))))
            .collect(),
        Err(error) => vec![Err(error.into())],
    }
}

/// `max`, or how many times faster than it happened.
fn speed(text: &str) -> Result<Option<f64>, Failure> {
    if text == "max" {
        return Ok(None);
    }
    let factor = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0);
    factor.map(Some).ok_or_else(|| {
        Failure::usage(format!("`--speed {text}` is not understood"), "write `max`, or a multiple such as `60x`")
    })
}

/// An engine's error as a failure of the verb.
pub fn failure(error: EngineError) -> Failure {
    if let EngineError::Consumer(inner) | EngineError::Reader(inner) = &error {
        if let Some(failure) = inner.downcast_ref::<Failure>() {
            return failure.clone();
        }
        if let Some(read) = inner.downcast_ref::<ReadError>() {
            let help = miette::Diagnostic::help(read).map_or_else(String::new, |help| help.to_string());
            return Failure::input(read, help);
        }
    }
    let help = miette::Diagnostic::help(&error)
        .map_or_else(|| "report the rules and posts that you ran this on".to_owned(), |help| help.to_string());
    Failure::input(&error, help)
}

/// The four files of a replay.
struct Files {
    mentions: LineFile,
    windows: LineFile,
    incidents: LineFile,
    messages: LineFile,
}

struct LineFile(Sink);

impl Files {
    fn create(folder: &Path) -> Result<Self, Failure> {
        let create = |name: &str| Sink::create(&folder.join(name)).map(LineFile);
        Ok(Self {
            mentions: create("mentions.jsonl")?,
            windows: create("windows.jsonl")?,
            incidents: create("incidents.jsonl")?,
            messages: create("messages.jsonl")?,
        })
    }

    fn finish(self) -> Result<(), Failure> {
        self.mentions.0.finish()?;
        self.windows.0.finish()?;
        self.incidents.0.finish()?;
        self.messages.0.finish()
    }
}

impl LineFile {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        let line = line.trim_end_matches('\n');
        self.0.write_all(line.as_bytes()).and_then(|()| self.0.write_all(b"\n")).map_err(|error| self.0.failed(&error))
    }
}
