//! `mon diff`: what a change of rules gains and loses on given posts, name by name.

use std::collections::{BTreeMap, BTreeSet};

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

/// How much of a post's text is shown, in characters.
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
    lost: u64,
    gained: u64,
    lost_shown: Vec<Shown>,
    gained_shown: Vec<Shown>,
}

pub fn run(arguments: &Diff, quiet: bool) -> Result<Outcome, Failure> {
    let plans = [&arguments.old, &arguments.new].map(|rules| compiled::plan(std::slice::from_ref(rules)));
    let [old, new] = plans;
    let (old, new) = (old?.0, new?.0);
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

/// The beginning of a text on one line, with nothing that steers a terminal or turns the direction of what follows.
fn cut(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut rest = text.chars().map(|c| if steers(c) { ' ' } else { c });
    let line: String = rest.by_ref().take(TEXT_SHOWN_MAX).collect();
    if rest.next().is_some() { format!("{}…", line.trim_end()) } else { line }
}

fn compare(batch: &PostBatch, old: &mut Side, new: &mut Side, changes: &mut [Change], show: usize) {
    let (before, after) = (old.taken(batch), new.taken(batch));
    for ((name, row), query) in &before {
        let Some(change) = changes.get_mut(*name) else { continue };
        let [taken, _] = &mut change.taken;
        *taken += 1;
        if !after.contains_key(&(*name, *row)) {
            change.lost += 1;
            if change.lost_shown.len() < show {
                change.lost_shown.push(old.shown(batch, *row, *query));
            }
        }
    }
    for ((name, row), query) in &after {
        let Some(change) = changes.get_mut(*name) else { continue };
        let [_, taken] = &mut change.taken;
        *taken += 1;
        if !before.contains_key(&(*name, *row)) {
            change.gained += 1;
            if change.gained_shown.len() < show {
                change.gained_shown.push(new.shown(batch, *row, *query));
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
        old != new || self.gained > 0 || self.lost > 0
    }

    fn summary(&self) -> String {
        let (before, after) = (posts_of(self.taken[0]), grouped(self.taken[1]));
        let posts = match self.gained + self.lost {
            0 => format!("the same {before}"),
            _ => {
                format!("{before} before, {after} after: {} gained, {} lost", grouped(self.gained), grouped(self.lost))
            }
        };
        match self.kinds {
            [None, _] => format!("new, takes {}", posts_of(self.taken[1])),
            [_, None] => format!("gone, took {before}"),
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
        let groups = [('+', &change.gained_shown, change.gained), ('-', &change.lost_shown, change.lost)];
        for (sign, shown, count) in groups {
            for one in shown {
                let words = if one.words.is_empty() { String::new() } else { cut(&one.words.join(", ")) };
                let words = if words.is_empty() { words } else { format!("  [{words}]") };
                out.push_str(&format!("  {sign} {}  {}{words}\n", cut(&one.post), cut(&one.text)));
            }
            let more = count.saturating_sub(shown.len() as u64);
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
    let shown = |list: &[Shown]| -> Vec<Value> {
        list.iter().map(|one| json!({"post": one.post, "text": one.text, "words": one.words})).collect()
    };
    let one = |change: &Change| {
        let ([old, new], [before, after]) = (change.kinds, change.taken);
        json!({
            "name": change.name,
            "was": old,
            "is": new,
            "before": old.map(|_| before),
            "after": new.map(|_| after),
            "gained": change.gained,
            "lost": change.lost,
            "gained_posts": shown(&change.gained_shown),
            "lost_posts": shown(&change.lost_shown),
        })
    };
    json!({"posts": posts, "queries": changes.iter().map(one).collect::<Vec<Value>>()})
}
