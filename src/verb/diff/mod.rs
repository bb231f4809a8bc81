//! `mon diff`: what a change of rules gains and loses, name by name: on given posts, and by proof for all posts.

mod alerts;
mod markdown;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::slice::from_ref;

use mon_compiler::analysis::{Comparison, Example, Relation, compare};
use mon_compiler::matching::{Backend, Matcher, Scratch};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::{PostBatch, Zone};

use super::match_posts::{all_queries, matcher};
use crate::cli::{Diff, DiffFormat};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::say;
use crate::progress::{self, Unit};
use crate::recording::{self, Problems};
use alerts::{Alerts, Kept};

/// Posts that are kept to be shown beyond those that will be: one may turn out to be taken by both.
const SPARE: usize = 64;

/// One of the two versions.
struct Side {
    matcher: Matcher,
    scratch: Scratch,
    /// By query: its place in the joint list of names.
    names: Vec<usize>,
}

/// A post that is gained or lost.
struct Shown {
    key: u64,
    post: String,
    text: String,
    /// What the query found in it.
    words: Vec<String>,
}

/// What becomes of one name.
#[derive(Default)]
struct Change {
    name: String,
    /// What it is in the old and in the new rules.
    kinds: [Option<&'static str>; 2],
    queries: [Option<QueryId>; 2],
    /// What holds for all posts, where both have the name.
    proof: Option<Comparison>,
    /// Posts that are taken, by key: a post and its edits are one. The first bit is the old side, the second the new.
    taken: BTreeMap<u64, u8>,
    /// The first posts that only the old, and only the new, took when they were read.
    shown: [Vec<Shown>; 2],
    /// What becomes of its alerts, where one of the two has some to raise and posts were given.
    alerts: Option<Alerts>,
}

/// What was read.
#[derive(Default)]
struct Read {
    posts: u64,
    edits: u64,
}

pub fn run(arguments: &Diff, quiet: bool) -> Result<Outcome, Failure> {
    let (old, _) = compiled::plan_of(from_ref(&arguments.old), "the old rules")?;
    let (new, _) = compiled::plan_of(from_ref(&arguments.new), "the new rules")?;
    let mut changes: Vec<Change> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut sides = [Side::new(&old, 0, &mut changes, &mut places)?, Side::new(&new, 1, &mut changes, &mut places)?];
    for change in &mut changes {
        if let [Some(before), Some(after)] = change.queries {
            change.proof = Some(compare((&old, before), (&new, after)));
        }
    }
    let (read, outcome) = match arguments.posts.posts {
        Some(_) => {
            let mut kept = Kept::of([&old, &new]);
            let (read, outcome) = read_posts(arguments, &mut sides, &mut changes, &mut kept, quiet)?;
            kept.compare([&old, &new], &mut changes)?;
            (Some(read), outcome)
        }
        None => (None, Ok(Outcome::Clean)),
    };
    say(&match arguments.format {
        DiffFormat::Text => report::text(&changes, read.as_ref(), arguments.show),
        DiffFormat::Json => format!("{}\n", report::json(&changes, read.as_ref(), arguments.show)),
        DiffFormat::Markdown => markdown::page(&changes, read.as_ref(), arguments.show),
    })?;
    let read = outcome?;
    Ok(if changes.iter().any(Change::differs) { Outcome::Findings } else { read })
}

/// The posts, and how reading them ended: what was read stands, whatever followed.
fn read_posts(
    arguments: &Diff,
    sides: &mut [Side; 2],
    changes: &mut [Change],
    kept: &mut Kept,
    quiet: bool,
) -> Result<(Read, Result<Outcome, Failure>), Failure> {
    let reader = recording::open(&arguments.posts, false)?;
    let line = progress::line("comparing", reader.bytes_total().map_or(Unit::Open, Unit::Bytes), quiet);
    let mut problems = Problems::of(arguments.posts.posts.as_deref());
    let (mut counted, mut broken) = (Read::default(), None);
    for read in reader {
        match read {
            Ok(read) => {
                take(&read.batch, sides, changes, arguments.show, &mut counted);
                problems.take(&read);
                kept.take(read.batch);
                line.set_position(read.bytes_read);
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    line.finish_and_clear();
    Ok((counted, problems.end(broken, arguments.posts.strict, quiet)))
}

impl Side {
    fn new(
        plan: &Plan,
        side: usize,
        changes: &mut Vec<Change>,
        places: &mut BTreeMap<String, usize>,
    ) -> Result<Self, Failure> {
        let matcher = matcher(plan, &all_queries(plan), Backend::Automatic)?;
        let mut names = Vec::with_capacity(plan.queries.len());
        for (query, id) in plan.queries.iter().zip((0..).map(QueryId)) {
            let at = *places.entry(query.name.clone()).or_insert_with(|| {
                changes.push(Change { name: query.name.clone(), ..Change::default() });
                changes.len() - 1
            });
            if let Some(change) = changes.get_mut(at)
                && let (Some(kind), Some(own)) = (change.kinds.get_mut(side), change.queries.get_mut(side))
            {
                *kind = Some(if query.named { "query" } else { "monitor" });
                *own = Some(id);
            }
            names.push(at);
        }
        Ok(Self { scratch: matcher.scratch(), matcher, names })
    }

    /// The rows that each name takes, with the query that does.
    fn taken(&mut self, batch: &PostBatch) -> BTreeMap<(usize, u32), QueryId> {
        let mut found = Vec::new();
        self.matcher.match_batch(batch, &mut self.scratch, &mut found);
        let placed = found.into_iter().filter_map(|found| {
            let name = self.names.get(found.query.0 as usize)?;
            Some(((*name, found.row), found.query))
        });
        placed.collect()
    }

    fn shown(&self, batch: &PostBatch, row: u32, query: QueryId, key: u64) -> Shown {
        let at = row as usize;
        let spans = self.matcher.spans(batch, row, query);
        let words: BTreeSet<String> = spans
            .iter()
            .filter_map(|span| {
                let text = batch.zone(span.zone).texts(at).nth(span.text as usize)?;
                text.get(span.start as usize..span.end as usize).map(str::to_owned)
            })
            .collect();
        // The text that holds the first words found, else the first that is not empty.
        let holds = spans.first().and_then(|span| batch.zone(span.zone).texts(at).nth(span.text as usize));
        let mut texts = Zone::DEFAULT.iter().flat_map(|zone| batch.zone(*zone).texts(at));
        let text = holds.or_else(|| texts.find(|text| !text.trim().is_empty())).unwrap_or_default();
        Shown { key, post: batch.post_uid(at).to_owned(), text: text.to_owned(), words: words.into_iter().collect() }
    }
}

/// Which post a row is of: a post and its edits are one, and a post without an identifier is one of its own.
fn key(batch: &PostBatch, row: usize, number: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    match batch.post_uid(row) {
        "" => number.hash(&mut hasher),
        uid => uid.hash(&mut hasher),
    }
    hasher.finish()
}

fn take(batch: &PostBatch, sides: &mut [Side; 2], changes: &mut [Change], show: usize, counted: &mut Read) {
    let keys: Vec<u64> =
        (0..batch.len()).zip(counted.posts + counted.edits..).map(|(row, number)| key(batch, row, number)).collect();
    for row in 0..batch.len() {
        match batch.op(row) {
            "updated" => counted.edits += 1,
            _ => counted.posts += 1,
        }
    }
    let [old, new] = sides;
    let taken = [old.taken(batch), new.taken(batch)];
    let [before, after] = &taken;
    for (at, side, own, other) in [(0, old, before, after), (1, new, after, before)] {
        for (place, query) in own {
            let Some(change) = changes.get_mut(place.0) else { continue };
            let Some(key) = keys.get(place.1 as usize).copied() else { continue };
            let bits = change.taken.entry(key).or_default();
            *bits |= 1 << at;
            let alone = *bits == 1 << at && !other.contains_key(place);
            if let Some(shown) = change.shown.get_mut(at)
                && alone
                && shown.len() < show.saturating_add(SPARE)
                && shown.last().is_none_or(|last| last.key != key)
            {
                shown.push(side.shown(batch, place.1, *query, key));
            }
        }
    }
}

impl Change {
    /// Posts that the old, and that the new takes.
    fn taken(&self) -> [u64; 2] {
        [1, 2].map(|bit| self.taken.values().map(|bits| u64::from(bits & bit != 0)).sum())
    }

    /// Posts that only the old, and only the new takes: lost and gained.
    fn alone(&self) -> [u64; 2] {
        [1, 2].map(|only| self.taken.values().map(|bits| u64::from(*bits == only)).sum())
    }

    /// The first posts that are lost, or that are gained.
    fn shown(&self, side: usize, show: usize) -> impl Iterator<Item = &Shown> {
        let alone = move |shown: &&Shown| self.taken.get(&shown.key) == Some(&(1 << side));
        self.shown.get(side).into_iter().flatten().filter(alone).take(show)
    }

    /// What is proved, and what the given posts show besides.
    fn relation(&self) -> Option<Relation> {
        let [lost, gained] = self.alone().map(|count| count > 0);
        self.proof.as_ref().map(|proof| proof.relation_given(lost, gained))
    }

    /// A made-up post that is lost (0) or gained (1).
    fn example(&self, side: usize) -> Option<&Example> {
        let proof = self.proof.as_ref()?;
        if side == 0 { proof.kept.example() } else { proof.known.example() }
    }

    fn differs(&self) -> bool {
        let [old, new] = self.kinds;
        let same = matches!(self.relation(), Some(Relation::Equal | Relation::Undecided));
        let shown = self.alone().iter().any(|count| *count > 0) || (0..2).any(|side| self.example(side).is_some());
        let alerts = self.alerts.as_ref().is_some_and(Alerts::differ);
        old != new || !same || shown || alerts
    }
}
