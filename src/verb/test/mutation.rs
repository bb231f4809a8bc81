//! The mutation score: each mutant of the rules meets the checker, then the examples, then the tests that ask about what
//! is made of it. The first that notices ends its trial.

use std::collections::HashMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use mon_compiler::coverage::Share;
use mon_compiler::diagnostic::codes;
use mon_compiler::folder::{Folder, Part};
use mon_compiler::matching::{Backend, Match};
use mon_compiler::mutate::{Mutant, Touches, mutants, same_filters, same_matches};
use mon_compiler::plan::{Plan, TestPlan};

use super::trial::{Recording, Recordings, Replayed, Replays, taken};
use super::{Measured, Open, Words, expect, replayed_path};
use crate::compiled::Compiled;
use crate::failure::Failure;

const WORDS: Words = Words { title: "mutation", all: "mutants", reached: "killed", open: "survivors" };

/// Who noticed a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Checker,
    Examples,
    Tests,
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Killed(By),
    Survived,
    /// It means the same as the rules, so there is nothing to notice.
    Same,
}

/// One monitor with its tests, as the rules have it.
struct Base {
    part: Part,
    plan: Arc<Plan>,
    /// What each recording brings, and which posts of it are taken.
    replays: HashMap<PathBuf, (Arc<Replayed>, Vec<Vec<Match>>)>,
}

/// What all trials share.
struct Bench<'a> {
    folder: &'a Folder,
    compiled: &'a Compiled,
    recordings: &'a Recordings,
    bases: Vec<Base>,
}

/// How many of the mutants are noticed. All examples and tests pass on the rules as they are.
pub fn measure(
    folder: &Folder,
    plan: &Plan,
    compiled: &Compiled,
    recordings: &Recordings,
) -> Result<Measured, Failure> {
    let mut bench = Bench { folder, compiled, recordings, bases: Vec::new() };
    for monitor in &plan.monitors {
        let base = bench.base(plan, &monitor.name)?;
        bench.bases.push(base);
    }
    let mutants = mutants(folder, plan);
    let verdicts = bench.try_all(&mutants)?;
    let tried: Vec<(&Mutant, Verdict)> =
        mutants.iter().zip(verdicts).filter(|(_, verdict)| *verdict != Verdict::Same).collect();
    let share = |part: Option<(&str, &Part)>| {
        let counted = tried.iter().filter(|(mutant, _)| {
            part.is_none_or(|(monitor, part)| {
                part.contains(&mutant.item) && folder.concerns(monitor, mutant.item, mutant.place)
            })
        });
        counted.fold(Share::default(), |share, (_, verdict)| Share {
            reached: share.reached + usize::from(matches!(verdict, Verdict::Killed(_))),
            all: share.all + 1,
        })
    };
    let of = |name: &str| share(Some((name, &folder.reach(name))));
    let by = |who: By| tried.iter().filter(|(_, verdict)| *verdict == Verdict::Killed(who)).count();
    let survivors = tried.iter().filter(|(_, verdict)| *verdict == Verdict::Survived);
    Ok(Measured {
        words: &WORDS,
        monitors: plan.monitors.iter().map(|monitor| (monitor.name.clone(), of(&monitor.name))).collect(),
        total: share(None),
        by: vec![("checker", by(By::Checker)), ("examples", by(By::Examples)), ("tests", by(By::Tests))],
        open: survivors.map(|(mutant, _)| open(mutant)).collect(),
        min: None,
    })
}

fn open(mutant: &Mutant) -> Open {
    Open { place: mutant.place, said: format!("{} and nothing noticed", mutant.said) }
}

impl Bench<'_> {
    fn base(&self, whole: &Plan, monitor: &str) -> Result<Base, Failure> {
        let part = self.folder.compiling(self.folder.part(monitor));
        let checked = self.folder.check(&part, false, |_, _| {}, Vec::new());
        let plan = Arc::new(checked.plan.unwrap_or_else(|| whole.clone()));
        let (mut made, mut replays) = (Replays::default(), HashMap::new());
        for test in &plan.tests {
            let Some(path) = replayed_path(test, self.compiled) else { continue };
            let Some(recording) = self.recordings.get(&path) else { continue };
            let replayed = made.get(&plan, recording, Backend::Bytecode)?;
            replays.insert(path, (replayed, taken(&plan, recording)?));
        }
        Ok(Base { part, plan, replays })
    }

    /// Tries the mutants side by side, as many at a time as the machine has processors; verdicts in their order.
    fn try_all(&self, mutants: &[Mutant]) -> Result<Vec<Verdict>, Failure> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let some = |first: usize| {
            mutants
                .iter()
                .skip(first)
                .step_by(threads)
                .map(|mutant| self.verdict(mutant))
                .collect::<Result<Vec<_>, _>>()
        };
        let parts: Vec<Result<Vec<Verdict>, Failure>> = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|first| (first, scope.spawn(move || some(first)))).collect();
            // What panicked is asked again here, so that the panic is told as any other.
            workers.into_iter().map(|(first, worker)| worker.join().unwrap_or_else(|_| some(first))).collect()
        });
        let parts: Vec<Vec<Verdict>> = parts.into_iter().collect::<Result<_, _>>()?;
        let one = |at: usize| parts.get(at % threads).and_then(|part| part.get(at / threads)).copied();
        Ok((0..mutants.len()).filter_map(one).collect())
    }

    /// A mutant of an item that several monitors share is tried with each of them.
    fn verdict(&self, mutant: &Mutant) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::Same;
        for base in self.bases.iter().filter(|base| base.part.contains(&mutant.item)) {
            match self.one_verdict(mutant, base)? {
                killed @ Verdict::Killed(_) => return Ok(killed),
                Verdict::Survived => verdict = Verdict::Survived,
                Verdict::Same => {}
            }
        }
        Ok(verdict)
    }

    fn one_verdict(&self, mutant: &Mutant, base: &Base) -> Result<Verdict, Failure> {
        let checked = mutant.check(self.folder, &base.part);
        let mut errors = checked.diagnostics.iter().filter(|told| told.is_error()).peekable();
        if errors.peek().is_some() {
            let examples = errors.all(|told| told.code.id == codes::EXAMPLE_FAILS.id);
            return Ok(Verdict::Killed(if examples { By::Examples } else { By::Checker }));
        }
        let Some(plan) = checked.plan.map(Arc::new) else { return Ok(Verdict::Killed(By::Checker)) };
        let posts = mutant.touches == Touches::Posts;
        let filters = posts && same_filters(&base.plan, &plan);
        if filters && same_matches(&base.plan, &plan) {
            return Ok(Verdict::Same);
        }
        let tests: Vec<(&TestPlan, PathBuf, &Arc<Recording>)> = plan
            .tests
            .iter()
            .filter_map(|test| {
                let path = replayed_path(test, self.compiled)?;
                let recording = self.recordings.get(&path)?;
                Some((test, path, recording))
            })
            .collect();
        if posts && tests.iter().any(|(test, _, recording)| expect::fails_on_posts(&plan, test, recording)) {
            return Ok(Verdict::Killed(By::Tests));
        }
        let mut replays = Replays::default();
        for (test, path, recording) in tests {
            // What the edit has no influence on is known already.
            if let Some((replayed, rows)) = base.replays.get(&path).filter(|_| replays.known(&path).is_none()) {
                if mutant.touches == Touches::Messages {
                    replays.add(&path, Arc::new(replayed.told_by(&plan)));
                } else if filters && taken(&plan, recording)? == *rows {
                    replays.add(&path, Arc::clone(replayed));
                }
            }
            let replayed = replays.get(&plan, recording, Backend::Bytecode)?;
            if !expect::failures(&plan, test, recording, &replayed).is_empty() {
                return Ok(Verdict::Killed(By::Tests));
            }
        }
        Ok(Verdict::Survived)
    }
}
