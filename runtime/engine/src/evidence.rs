//! The posts that a message shows: the best few of each group and pane, kept in an order that depends on the posts
//! alone, so that it does not matter how they were split or merged.

use std::cmp::Ordering;

use arrow::array::{Array, AsArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion_common::Result;
use mon_alerts::Evidence;
use mon_compiler::plan::ShowPlan;
use mon_post::PostBatch;
use serde::{Deserialize, Serialize};

/// A post with what it is ordered by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ranked {
    order: i64,
    evidence: Evidence,
}

/// The best posts of one group, best first, each post once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best(Vec<Ranked>);

/// Larger first; ties by post id, then by what tells two revisions apart.
fn by_rank(a: &Ranked, b: &Ranked) -> Ordering {
    let (x, y) = (&a.evidence, &b.evidence);
    b.order
        .cmp(&a.order)
        .then_with(|| x.post.cmp(&y.post))
        .then_with(|| y.at.cmp(&x.at))
        .then_with(|| x.text.cmp(&y.text))
        .then_with(|| x.url.cmp(&y.url))
}

impl Best {
    pub(crate) fn add(&mut self, post: Ranked, count: usize) {
        if let Some(same) = self.0.iter().position(|other| other.evidence.post == post.evidence.post) {
            if self.0.get(same).is_some_and(|other| by_rank(other, &post) != Ordering::Greater) {
                return;
            }
            self.0.remove(same);
        }
        let at = self.0.partition_point(|other| by_rank(other, &post) == Ordering::Less);
        if at < count {
            self.0.insert(at, post);
            self.0.truncate(count);
        }
    }

    /// Whether a post of this order could still get in.
    fn admits(&self, order: i64, count: usize) -> bool {
        self.0.len() < count || self.0.last().is_some_and(|last| order >= last.order)
    }

    pub(crate) fn merge(&mut self, other: &Self, count: usize) {
        for post in &other.0 {
            self.add(post.clone(), count);
        }
    }

    pub(crate) fn into_evidence(self) -> Vec<Evidence> {
        self.0.into_iter().map(|ranked| ranked.evidence).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes behind it.
    pub(crate) fn size(&self) -> usize {
        let texts = |ranked: &Ranked| {
            let evidence = &ranked.evidence;
            evidence.post.capacity() + evidence.text.capacity() + evidence.url.as_ref().map_or(0, String::capacity)
        };
        self.0.capacity() * size_of::<Ranked>() + self.0.iter().map(texts).sum::<usize>()
    }
}

/// What evidence is made of, for one batch.
pub(crate) struct Shelf<'a> {
    posts: &'a PostBatch,
    show: ShowPlan,
    ranks: Option<Int64Array>,
    texts: Option<StringArray>,
    titles: Option<StringArray>,
    urls: Option<StringArray>,
}

impl<'a> Shelf<'a> {
    pub(crate) fn new(posts: &'a PostBatch, show: ShowPlan) -> Result<Self> {
        let texts = |name| mon_post::find(name).and_then(|id| posts.column(id).as_string_opt::<i32>().cloned());
        let ranks = match show.by {
            Some(field) => Some(cast(posts.column(field), &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            None => None,
        };
        Ok(Self { posts, show, ranks, texts: texts("text"), titles: texts("title"), urls: texts("url") })
    }

    pub(crate) fn offer(&self, row: usize, best: &mut Best) {
        let count = self.show.count as usize;
        if best.admits(self.order(row).0, count) {
            best.add(self.ranked(row), count);
        }
    }

    /// What a post is ordered by, and the value of the field that asks for it.
    fn order(&self, row: usize) -> (i64, Option<i64>) {
        match &self.ranks {
            None => (self.posts.event_at(row), None),
            Some(ranks) => {
                let rank = ranks.is_valid(row).then(|| ranks.value(row));
                (rank.unwrap_or(i64::MIN), rank)
            }
        }
    }

    /// A post as evidence.
    pub(crate) fn ranked(&self, row: usize) -> Ranked {
        let told = |column: &Option<StringArray>| {
            column.as_ref().filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned())
        };
        let (order, rank) = self.order(row);
        let text = told(&self.texts).or_else(|| told(&self.titles)).unwrap_or_default();
        let (post, at) = (self.posts.post_uid(row).to_owned(), self.posts.event_at(row));
        Ranked { order, evidence: Evidence { post, url: told(&self.urls), text, at, rank } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(order: i64, post: &str) -> Ranked {
        let evidence = Evidence { post: post.into(), url: None, text: String::new(), at: 0, rank: Some(order) };
        Ranked { order, evidence }
    }

    #[test]
    fn keeps_the_best_in_one_order_however_they_come() {
        let mut posts =
            vec![ranked(5, "b"), ranked(5, "a"), ranked(9, "c"), ranked(1, "d"), ranked(7, "c"), ranked(6, "e")];
        for _ in 0..posts.len() {
            let mut best = Best::default();
            for post in &posts {
                best.add(post.clone(), 3);
            }
            let shown: Vec<_> = best.into_evidence().into_iter().map(|evidence| evidence.post).collect();
            assert_eq!(shown, ["c", "e", "a"]);
            posts.rotate_left(1);
        }
    }
}
