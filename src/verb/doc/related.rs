//! Monitors that look at what another one looks at: those that share its rarest words, and how the posts that both take lie
//! to each other, where it is proved.

use mon_compiler::analysis::{Comparison, Relation, compare};

use super::facts::{Facts, Site};
use super::html::Html;
use super::names::Kind;
use super::parts::{link, links};

/// So many are named; words that everybody uses relate everything.
const SHOWN_MAX: usize = 5;

pub fn section(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>, monitors: &[Facts<'_>]) {
    let related = related(site, facts, monitors);
    if related.is_empty() {
        return;
    }
    super::parts::section(html, "related", "Related monitors", |html| {
        html.inside("ul", &[], |html| {
            for (other, shared) in related {
                html.inside("li", &[], |html| {
                    link(html, other.named);
                    html.text(" shares ");
                    links(html, shared.iter().filter_map(|at| site.names.all.get(*at)));
                    let lies = lies(&compare((site.plan, facts.plan.query), (site.plan, other.plan.query)));
                    html.text(&lies.map_or(".".to_owned(), |lies| format!(". {lies}")));
                });
            }
        });
    });
}

/// Other monitors and the lists and queries that they share with it, those with the rarest ones first.
fn related<'m, 's>(site: &Site<'_>, facts: &Facts<'_>, monitors: &'m [Facts<'s>]) -> Vec<(&'m Facts<'s>, Vec<usize>)> {
    let users = |at: &usize| monitors.iter().filter(|other| other.all_words.contains(at)).count();
    let is_word = |at: &usize| site.names.all.get(*at).is_some_and(|named| named.kind != Kind::Dates);
    let words: Vec<(usize, usize)> =
        facts.all_words.iter().filter(|at| is_word(at)).map(|at| (*at, users(at))).collect();
    let mut related = Vec::new();
    for other in monitors.iter().filter(|other| other.plan.name != facts.plan.name) {
        let mut shared: Vec<(usize, usize)> =
            words.iter().copied().filter(|(at, _)| other.all_words.contains(at)).collect();
        shared.sort_by_key(|(at, users)| (*users, *at));
        let Some((_, rarest)) = shared.first().copied() else { continue };
        related.push((rarest, other, shared.into_iter().map(|(at, _)| at).collect::<Vec<usize>>()));
    }
    related.sort_by_key(|(rarest, other, shared)| (*rarest, usize::MAX - shared.len(), other.plan.name.clone()));
    related.truncate(SHOWN_MAX);
    related.into_iter().map(|(_, other, shared)| (other, shared)).collect()
}

/// What is proved of the posts of the other one, as a sentence.
fn lies(comparison: &Comparison) -> Option<&'static str> {
    match comparison.relation() {
        Relation::Equal => Some("Both take the same posts."),
        Relation::Wider => Some("It takes all posts of this one, and more."),
        Relation::WiderOrEqual => Some("It takes all posts of this one."),
        Relation::Narrower => Some("It takes posts of this one alone, and not all of them."),
        Relation::NarrowerOrEqual => Some("It takes posts of this one alone."),
        Relation::Disjoint => Some("No post is taken by both."),
        Relation::Changed | Relation::Differs | Relation::Undecided => {
            comparison.apart.example().map(|_| "A post can be taken by both.")
        }
    }
}
