//! `mon diff`: what a change of rules gains and loses on given posts, name by name.

use std::collections::{BTreeMap, BTreeSet};

use mon_alerts::clean;
use mon_compiler::matching::{Backend, Matcher, Scratch};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::{PostBatch, Zone};
use serde_json::{Value, json};

use super::match_posts::{all_queries, matcher};
use crate::cli::{Diff, Format};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::say;
use crate::progress::{self, Unit};
use crate::recording::{self, Problems};
use crate::report::grouped;

/// How much of a post's text is shown, in graphemes.
const TEXT_SHOWN_MAX: usize = 100;

/// One of the two versions.
struct Side {
    matcher: Matcher,
    scratch: Scratch,
    /// By query: its place in the joint list of names.
    names: Vec<usize>,
}

/// A post that is gained or lost.
struct Shown {
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
    /// Posts that each takes.
    taken: [u64; 2],
    /// Posts that only the old, and only the new, takes: lost and gained.
    alone: [Alone; 2],
}

#[derive(Default)]
struct Alone {
    count: u64,
    /// The first of them.
    shown: Vec<Shown>,
}

pub fn run(arguments: &Diff, quiet: bool) -> Result<Outcome, Failure> {
    let (old, _) = compiled::plan(std::slice::from_ref(&arguments.old))?;
    let (new, _) = compiled::plan(std::slice::from_ref(&arguments.new))?;
    let mut changes: Vec<Change> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut old = Side::new(&old, 0, &mut changes, &mut places)?;
    let mut new = Side::new(&new, 1, &mut changes, &mut places)?;
    let reader = recording::open(&arguments.posts, false)?;
    let line = progress::line("comparing", reader.bytes_total().map_or(Unit::Open, Unit::Bytes), quiet);
    let mut problems = Problems::of(arguments.posts.posts.as_deref());
    let (mut posts, mut broken) = (0_u64, None);
    for read in reader {
        match read {
            Ok(read) => {
                posts += read.batch.len() as u64;
                compare(&read.batch, &mut old, &mut new, &mut changes, arguments.show);
                problems.take(&read);
                line.set_position(read.bytes_read);
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    line.finish_and_clear();
    say(&match arguments.format {
        Format::Text => text(&changes, posts),
        Format::Json => format!("{}\n", json_of(&changes, posts)),
    })?;
    let read = problems.end(broken, arguments.posts.strict, quiet)?;
    Ok(if changes.iter().any(Change::differs) { Outcome::Findings } else { read })
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
        for query in &plan.queries {
            let at = *places.entry(query.name.clone()).or_insert_with(|| {
                changes.push(Change { name: query.name.clone(), ..Change::default() });
                changes.len() - 1
            });
            if let Some(kind) = changes.get_mut(at).and_then(|change| change.kinds.get_mut(side)) {
                *kind = Some(if query.named { "query" } else { "monitor" });
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

    fn shown(&self, batch: &PostBatch, row: u32, query: QueryId) -> Shown {
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
        Shown { post: batch.post_uid(at).to_owned(), text: text.to_owned(), words: words.into_iter().collect() }
    }
}

fn compare(batch: &PostBatch, old: &mut Side, new: &mut Side, changes: &mut [Change], show: usize) {
    let taken = [old.taken(batch), new.taken(batch)];
    let [before, after] = &taken;
    for (at, side, own, other) in [(0, old, before, after), (1, new, after, before)] {
        for (place, query) in own {
            let Some(change) = changes.get_mut(place.0) else { continue };
            let (Some(taken), Some(alone)) = (change.taken.get_mut(at), change.alone.get_mut(at)) else { continue };
            *taken += 1;
            if !other.contains_key(place) {
                alone.count += 1;
                if alone.shown.len() < show {
                    alone.shown.push(side.shown(batch, place.1, *query));
                }
            }
        }
    }
}

fn posts_of(count: u64) -> String {
    if count == 1 { "1 post".to_owned() } else { format!("{} posts", grouped(count)) }
}

impl Change {
    fn differs(&self) -> bool {
        let [old, new] = self.kinds;
        old != new || self.alone.iter().any(|alone| alone.count > 0)
    }

    fn summary(&self) -> String {
        let ([before, after], [lost, gained]) = (self.taken, &self.alone);
        let posts = match lost.count + gained.count {
            0 => format!("the same {}", posts_of(before)),
            _ => format!(
                "{} before, {} after: {} gained, {} lost",
                posts_of(before),
                grouped(after),
                grouped(gained.count),
                grouped(lost.count)
            ),
        };
        match self.kinds {
            [None, _] => format!("new, takes {}", posts_of(after)),
            [_, None] => format!("gone, took {}", posts_of(before)),
            [Some(old), Some(new)] if old != new => format!("was a {old}, is a {new}; {posts}"),
            _ => posts,
        }
    }
}

fn text(changes: &[Change], posts: u64) -> String {
    let mut out = String::new();
    for change in changes {
        out.push_str(&format!("{}: {}\n", change.name, change.summary()));
        if let [Some(_), None] = change.kinds {
            continue;
        }
        let [lost, gained] = &change.alone;
        for (sign, alone) in [('+', gained), ('-', lost)] {
            for Shown { post, text, words } in &alone.shown {
                let words = clean(&words.join(", "), TEXT_SHOWN_MAX);
                let words = if words.is_empty() { words } else { format!("  [{words}]") };
                out.push_str(&format!(
                    "  {sign} {}  {}{words}\n",
                    clean(post, TEXT_SHOWN_MAX),
                    clean(text, TEXT_SHOWN_MAX)
                ));
            }
            let more = alone.count.saturating_sub(alone.shown.len() as u64);
            if more > 0 {
                out.push_str(&format!("  {sign} and {}\n", posts_of(more).replacen(' ', " more ", 1)));
            }
        }
    }
    let differ = changes.iter().filter(|change| change.differs()).count();
    out.push_str(&format!("compared on {}: {differ} of {} differ\n", posts_of(posts), changes.len()));
    out
}

fn json_of(changes: &[Change], posts: u64) -> Value {
    let shown = |alone: &Alone| -> Vec<Value> {
        alone.shown.iter().map(|one| json!({"post": one.post, "text": one.text, "words": one.words})).collect()
    };
    let one = |change: &Change| {
        let ([old, new], [before, after], [lost, gained]) = (change.kinds, change.taken, &change.alone);
        json!({
            "name": change.name,
            "was": old,
            "is": new,
            "before": old.map(|_| before),
            "after": new.map(|_| after),
            "gained": gained.count,
            "lost": lost.count,
            "gained_posts": shown(gained),
            "lost_posts": shown(lost),
        })
    };
    json!({"posts": posts, "queries": changes.iter().map(one).collect::<Vec<Value>>()})
}
