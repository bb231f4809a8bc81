//! Accounts that again and again share the same things at nearly the same time. It tells evidence and not what an account is:
//! people who follow the same news do so too, which is why a pair needs several different objects and a group several accounts.
//!
//! Source of the method: Giglietto, Righetti, Rossi, Marino, "It takes a village to manipulate the media: coordinated link
//! sharing behavior", Information, Communication & Society 2020 (CooRnet).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An account shared an object: a link, a text, a post that it passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge<A, O> {
    /// Who.
    pub account: A,
    /// What.
    pub object: O,
    /// When, in any unit.
    pub time: i64,
}

/// What counts as acting together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coordination {
    /// Two accounts share an object together if they share it at most this far apart, in the unit of the times; usual 60
    /// seconds. A negative one finds nothing.
    pub within: i64,
    /// A pair of accounts counts from this many different objects on, at least 1; usual 2 or more.
    pub objects_min: usize,
    /// A group is told from this many accounts on, at least 2; usual 3 or more.
    pub accounts_min: usize,
    /// An object whose sharings make more pairs in time than this is left out, and named in the answer: what half the world
    /// shares at once says nothing about two accounts, and each pair costs memory.
    pub pairs_max: usize,
}

/// Two accounts, the smaller first, and what they shared together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair<A, O> {
    /// The smaller account.
    pub first: A,
    /// The larger account.
    pub second: A,
    /// The objects in ascending order, each with the least distance in time between their sharings of it.
    pub objects: Vec<(O, i64)>,
}

/// Accounts that hang together through pairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group<A, O> {
    /// In ascending order.
    pub accounts: Vec<A>,
    /// The pairs among them, by their accounts in ascending order.
    pub pairs: Vec<Pair<A, O>>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found<A, O> {
    /// The groups by their smallest account.
    pub groups: Vec<Group<A, O>>,
    /// Objects beyond `pairs_max`, in ascending order.
    pub left_out: Vec<O>,
}

/// The groups of accounts that act together. The order of the edges does not matter, and an edge that is there twice counts
/// once. An account is never paired with itself.
pub fn coordinated<A: Ord + Clone, O: Ord + Clone>(edges: &[Edge<A, O>], rule: &Coordination) -> Found<A, O> {
    let mut by_object: BTreeMap<&O, Vec<(i64, &A)>> = BTreeMap::new();
    for edge in edges {
        by_object.entry(&edge.object).or_default().push((edge.time, &edge.account));
    }
    let mut pairs: Vec<Shared<'_, A, O>> = Vec::new();
    let mut left_out = Vec::new();
    for (object, mut sharings) in by_object {
        sharings.sort_unstable();
        sharings.dedup();
        match together(&sharings, rule) {
            Some(found) => pairs.extend(found.into_iter().map(|((a, b), distance)| ((a, b), object, distance))),
            None => left_out.push(object.clone()),
        }
    }
    pairs.sort_unstable();
    let pairs = pairs.chunk_by(|a, b| a.0 == b.0).filter(|pair| pair.len() >= rule.objects_min);
    Found { groups: groups(&pairs.collect::<Vec<_>>(), rule.accounts_min.max(2)), left_out }
}

/// Two accounts, the smaller first.
type Accounts<'a, A> = (&'a A, &'a A);

/// What two accounts shared, with the least distance.
type Shared<'a, A, O> = (Accounts<'a, A>, &'a O, i64);

/// The pairs of accounts that share one object in time, each once, with the least distance; the sharings are in order of time.
/// `None` beyond `pairs_max`.
fn together<'a, A: Ord>(sharings: &[(i64, &'a A)], rule: &Coordination) -> Option<Vec<(Accounts<'a, A>, i64)>> {
    let mut found: Vec<(Accounts<'a, A>, i64)> = Vec::new();
    let mut looked_at = 0_usize;
    for (place, (time, account)) in sharings.iter().enumerate() {
        for (later, other) in sharings.iter().skip(place + 1) {
            // A distance that no i64 holds is beyond any bound.
            let Some(distance) = later.checked_sub(*time).filter(|distance| *distance <= rule.within) else { break };
            looked_at += 1;
            if looked_at > rule.pairs_max {
                return None;
            }
            if account != other {
                let pair = if account < other { (*account, *other) } else { (*other, *account) };
                found.push((pair, distance));
            }
        }
    }
    found.sort_unstable();
    found.dedup_by(|a, b| a.0 == b.0);
    Some(found)
}

/// Connected components. Each account leads to a smaller one of its group, or to itself.
fn groups<A: Ord + Clone, O: Clone>(pairs: &[&[Shared<'_, A, O>]], accounts_min: usize) -> Vec<Group<A, O>> {
    let mut towards: BTreeMap<&A, &A> = BTreeMap::new();
    let pairs = pairs.iter().filter_map(|objects| objects.first().map(|(accounts, ..)| (*accounts, *objects)));
    for ((first, second), _) in pairs.clone() {
        let (a, b) = (root(&mut towards, first), root(&mut towards, second));
        towards.insert(a.max(b), a.min(b));
    }
    let accounts: Vec<&A> = towards.keys().copied().collect();
    let mut groups: BTreeMap<&A, Group<A, O>> = BTreeMap::new();
    for account in accounts {
        let group = groups
            .entry(root(&mut towards, account))
            .or_insert_with(|| Group { accounts: Vec::new(), pairs: Vec::new() });
        group.accounts.push(account.clone());
    }
    for ((first, second), objects) in pairs {
        if let Some(group) = groups.get_mut(root(&mut towards, first)) {
            let objects = objects.iter().map(|(_, object, distance)| ((*object).clone(), *distance)).collect();
            group.pairs.push(Pair { first: first.clone(), second: second.clone(), objects });
        }
    }
    groups.into_values().filter(|group| group.accounts.len() >= accounts_min).collect()
}

fn root<'a, A: Ord>(towards: &mut BTreeMap<&'a A, &'a A>, account: &'a A) -> &'a A {
    let mut root = account;
    while let Some(next) = towards.get(root).copied().filter(|next| *next != root) {
        root = next;
    }
    // The way is short the next time.
    let mut at = account;
    while let Some(next) = towards.insert(at, root).filter(|_| at != root) {
        at = next;
    }
    root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Coordination, Edge, Found, Group, Pair, coordinated};

    const RULE: Coordination = Coordination { within: 60, objects_min: 2, accounts_min: 3, pairs_max: 1000 };

    fn edges(rows: &[(&'static str, &'static str, i64)]) -> Vec<Edge<&'static str, &'static str>> {
        rows.iter().map(|(account, object, time)| Edge { account: *account, object: *object, time: *time }).collect()
    }

    #[test]
    fn three_that_share_two_links_within_a_minute_are_told_with_the_evidence() {
        let mut rows = vec![("c", "x", 100), ("a", "x", 130), ("b", "x", 145), ("d", "x", 900)];
        rows.extend([("a", "y", 5000), ("b", "y", 5060), ("c", "y", 5061), ("d", "y", 5062), ("b", "z", 9)]);
        let pair = |first, second, x, y| Pair { first, second, objects: vec![("x", x), ("y", y)] };
        // a and c are 61 apart at y, but hang together through b.
        let group = Group { accounts: vec!["a", "b", "c"], pairs: vec![pair("a", "b", 15, 60), pair("b", "c", 45, 1)] };
        assert_eq!(coordinated(&edges(&rows), &RULE), Found { groups: vec![group], left_out: vec![] });
        let larger = Coordination { accounts_min: 4, ..RULE };
        assert!(coordinated(&edges(&rows), &larger).groups.is_empty());
    }

    #[test]
    fn one_account_alone_and_one_object_often_are_no_coordination() {
        let rows =
            [("a", "x", 1), ("a", "x", 2), ("b", "x", 3), ("b", "x", 50), ("c", "x", 4), ("a", "y", 8), ("a", "y", 9)];
        assert!(coordinated(&edges(&rows), &RULE).groups.is_empty());
    }

    #[test]
    fn an_object_that_everybody_shares_is_left_out_by_name() {
        let rows: Vec<Edge<usize, &str>> = (0..60).map(|account| Edge { account, object: "news", time: 0 }).collect();
        let found = coordinated(&rows, &RULE);
        assert_eq!((found.groups.len(), found.left_out), (0, vec!["news"]));
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_each_told_pair_has_its_evidence(
            mut rows in prop::collection::vec((0_u8..8, 0_u8..5, -200_i64..200), 0..80), seed in any::<usize>(),
        ) {
            let edges = |rows: &[(u8, u8, i64)]| -> Vec<Edge<u8, u8>> {
                rows.iter().map(|(account, object, time)| Edge { account: *account, object: *object, time: *time }).collect()
            };
            let found = coordinated(&edges(&rows), &RULE);
            for pair in found.groups.iter().flat_map(|group| &group.pairs) {
                prop_assert!(pair.objects.len() >= 2);
                for (object, distance) in &pair.objects {
                    let times = |who: u8| rows.iter().filter(move |r| r.0 == who && r.1 == *object).map(|r| r.2);
                    let least = times(pair.first).flat_map(|a| times(pair.second).map(move |b| (a - b).abs())).min();
                    prop_assert!(least == Some(*distance) && *distance <= 60);
                }
            }
            rows.reverse();
            let shift = if rows.is_empty() { 0 } else { seed % rows.len() };
            rows.rotate_left(shift);
            prop_assert_eq!(found, coordinated(&edges(&rows), &RULE));
        }

        #[test]
        fn any_times_and_bounds_are_taken(times in prop::collection::vec(any::<i64>(), 0..9), within in any::<i64>()) {
            let edges: Vec<Edge<usize, u8>> =
                times.iter().enumerate().map(|(account, time)| Edge { account, object: 0, time: *time }).collect();
            let rule = Coordination { within, objects_min: 0, accounts_min: 0, pairs_max: 9 };
            prop_assert!(coordinated(&edges, &rule).groups.iter().all(|group| group.accounts.len() >= 2));
        }
    }
}
