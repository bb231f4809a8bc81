//! The mutation score: each mutant of the rules meets the checker, then the examples, then the tests that ask about what
//! is made of it. The first that notices ends its trial.

use std::collections::HashMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use mon_compiler::coverage::Share;
use mon_compiler::folder::{Folder, Part};
use mon_compiler::matching::{Backend, Match};
use mon_compiler::mutate::{Mutant, Touches, mutants, same_filters, same_matches};
use mon_compiler::plan::Plan;

use super::trial::{Recordings, Replayed, Replays, taken};
use super::{Measured, Open, Words, expect, replayed_path};
use crate::compiled::Compiled;
use crate::failure::Failure;

const WORDS: Words = Words { title: "mutation", all: "mutants", reached: "killed", open: "survivors" };

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Killed,
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
        let base = bench.base(&monitor.name)?;
        bench.bases.extend(base);
    }
    let mutants = mutants(folder, plan);
    let verdicts = bench.try_all(&mutants)?;
    let tried: Vec<(&Mutant, Verdict)> =
        mutants.iter().zip(verdicts).filter(|(_, verdict)| *verdict != Verdict::Same).collect();
    let share = |part: Option<&Part>| {
        let counted = tried.iter().filter(|(mutant, _)| part.is_none_or(|part| part.contains(&mutant.item)));
        counted.fold(Share::default(), |share, (_, verdict)| Share {
            reached: share.reached + usize::from(*verdict == Verdict::Killed),
            all: share.all + 1,
        })
    };
    let of = |name: &str| share(Some(&folder.reach(name)));
    let survivors = tried.iter().filter(|(_, verdict)| *verdict == Verdict::Survived);
    Ok(Measured {
        words: &WORDS,
        monitors: plan.monitors.iter().map(|monitor| (monitor.name.clone(), of(&monitor.name))).collect(),
        total: share(None),
        open: survivors.map(|(mutant, _)| Open { place: mutant.place, said: said(mutant) }).collect(),
        min: None,
    })
}

fn said(mutant: &Mutant) -> String {
    format!("{} and nothing noticed", mutant.said)
}

impl Bench<'_> {
    fn base(&self, monitor: &str) -> Result<Option<Base>, Failure> {
        let part = self.folder.part(monitor);
        let checked = self.folder.check(&part, false, |_, _| {}, Vec::new());
        let Some(plan) = checked.plan.map(Arc::new) else { return Ok(None) };
        let (mut made, mut replays) = (Replays::default(), HashMap::new());
        for test in &plan.tests {
            let Some(path) = replayed_path(test, self.compiled) else { continue };
            let Some(recording) = self.recordings.get(&path) else { continue };
            let replayed = made.get(&plan, recording, Backend::Bytecode)?;
            replays.insert(path, (replayed, taken(&plan, recording)?));
        }
        Ok(Some(Base { part, plan, replays }))
    }

    /// Tries the mutants side by side, as many at a time as the machine has processors; verdicts in their order.
    fn try_all(&self, mutants: &[Mutant]) -> Result<Vec<Verdict>, Failure> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let some = |first: usize| {
            mutants.iter().skip(first).step_by(threads).map(|mutant| self.verdict(mutant)).collect::<Result<Vec<_>, _>>()
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
                Verdict::Killed => return Ok(Verdict::Killed),
                Verdict::Survived => verdict = Verdict::Survived,
                Verdict::Same => {}
            }
        }
        Ok(verdict)
    }

    fn one_verdict(&self, mutant: &Mutant, base: &Base) -> Result<Verdict, Failure> {
        let checked = mutant.check(self.folder, &base.part);
        let Some(plan) = checked.plan.map(Arc::new) else { return Ok(Verdict::Killed) };
        let posts = mutant.touches == Touches::Posts;
        let filters = posts && same_filters(&base.plan, &plan);
        if filters && same_matches(&base.plan, &plan) {
            return Ok(Verdict::Same);
        }
        let mut replays = Replays::default();
        for test in &plan.tests {
            let Some(path) = replayed_path(test, self.compiled) else { continue };
            let Some(recording) = self.recordings.get(&path) else { continue };
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
                return Ok(Verdict::Killed);
            }
        }
        Ok(Verdict::Survived)
    }
}
