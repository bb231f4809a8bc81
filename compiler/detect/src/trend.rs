//! Whether a term is more frequent in one set of posts than in another, from four counts.

use serde::{Deserialize, Serialize};

use crate::special::{chi_square_one_tail, deviance_at};

/// How often a term was found: in `hits` of `total` posts. More hits than posts count as all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Posts with the term.
    pub hits: u64,
    /// Posts.
    pub total: u64,
}

/// Signed log-likelihood ratio G² of a term's share in the foreground against that in the background: above 0 where the
/// foreground has the larger share, below 0 where the smaller, 0 where they are equal. Chi-square distributed with one degree
/// of freedom where the shares are the same; [`p_value`] gives the tail. Good for rare terms, where chi-square is not.
/// Dunning, "Accurate methods for the statistics of surprise and coincidence", Computational Linguistics 19 (1993): twice the
/// sum over the four cells of `O ln(O/E)`. `None` where either set is empty.
pub fn log_likelihood(foreground: Share, background: Share) -> Option<f64> {
    let table = Table::of(foreground, background)?;
    // O ln(O/E) + E - O: the added parts cancel over the table, and each term is above 0, so that no digits are lost.
    let cells = table.cells.iter().zip([1.0, -1.0, -1.0, 1.0]).map(|((observed, expected), side)| {
        if *observed > 0.0 && *expected > 0.0 {
            deviance_at(*observed, *expected, side * table.sign * table.distance)
        } else {
            *expected
        }
    });
    Some(table.sign * 2.0 * crate::sum(cells))
}

/// Signed chi-square statistic with Yates' continuity correction (JRSS Supplement 1, 1934): over the four cells, the sum of
/// `(max(0, |O - E| - 1/2))² / E`, with the sign of [`log_likelihood`]. Expected counts below 5 make it unreliable. `None`
/// where either set is empty; 0 where no post or every post has the term.
pub fn chi_square_yates(foreground: Share, background: Share) -> Option<f64> {
    let table = Table::of(foreground, background)?;
    let cells = table.cells.iter().filter(|(_, expected)| *expected > 0.0).map(|(_, expected)| {
        let distance = (table.distance - 0.5).max(0.0);
        distance * (distance / expected)
    });
    Some(table.sign * crate::sum(cells))
}

/// Probability that either statistic is at least as far from 0 by chance. `None` where it is absent.
pub fn p_value(statistic: f64) -> Option<f64> {
    crate::finite(statistic).map(|statistic| chi_square_one_tail(statistic.abs()))
}

struct Table {
    /// Observed and expected, of the four cells.
    cells: [(f64, f64); 4],
    /// `|O - E|`, the same in each cell.
    distance: f64,
    sign: f64,
}

impl Table {
    fn of(foreground: Share, background: Share) -> Option<Table> {
        let (n1, n2) = (foreground.total as f64, background.total as f64);
        if foreground.total == 0 || background.total == 0 {
            return None;
        }
        let (h1, h2) = (foreground.hits.min(foreground.total), background.hits.min(background.total));
        let (m1, m2) = (foreground.total - h1, background.total - h2);
        let all = n1 + n2;
        let (hits, misses) = (h1 as f64 + h2 as f64, m1 as f64 + m2 as f64);
        // h1 m2 - h2 m1 is exact: two products of 64 bits are compared before anything is rounded.
        let (more, less) = (u128::from(h1) * u128::from(m2), u128::from(h2) * u128::from(m1));
        let sign = match more.cmp(&less) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Less => -1.0,
            std::cmp::Ordering::Equal => 0.0,
        };
        let cells = [
            (h1 as f64, hits / all * n1),
            (m1 as f64, misses / all * n1),
            (h2 as f64, hits / all * n2),
            (m2 as f64, misses / all * n2),
        ];
        Some(Table { cells, distance: more.abs_diff(less) as f64 / all, sign })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Share, chi_square_yates, log_likelihood, p_value};

    fn share(hits: u64, total: u64) -> Share {
        Share { hits, total }
    }

    #[test]
    fn a_worked_table() {
        // 20 of 100 against 10 of 100: expected 15 and 85 each.
        let (a, b) = (share(20, 100), share(10, 100));
        let g2 = 2.0 * (20.0 * (20.0_f64 / 15.0).ln() + 80.0 * (80.0_f64 / 85.0).ln())
            + 2.0 * (10.0 * (10.0_f64 / 15.0).ln() + 90.0 * (90.0_f64 / 85.0).ln());
        assert!((log_likelihood(a, b).unwrap() - g2).abs() < 1e-12);
        assert!((chi_square_yates(a, b).unwrap() - 4.5 * 4.5 * (2.0 / 15.0 + 2.0 / 85.0)).abs() < 1e-12);
        assert_eq!(log_likelihood(b, a), log_likelihood(a, b).map(|g2| -g2));
    }

    #[test]
    fn a_term_never_seen_before_has_a_finite_score() {
        let g2 = log_likelihood(share(5, 100), share(0, 10_000)).unwrap();
        assert!(g2 > 40.0 && p_value(g2).unwrap() < 1e-9, "{g2}");
        assert_eq!(log_likelihood(share(0, 5), share(0, 7)), Some(0.0));
        assert_eq!(chi_square_yates(share(5, 5), share(7, 7)), Some(0.0));
        assert_eq!(log_likelihood(share(0, 0), share(1, 7)), None);
        assert_eq!(chi_square_yates(share(1, 7), share(0, 0)), None);
        assert_eq!(p_value(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn any_counts_give_a_finite_score_with_the_sign_of_the_difference(
            h1 in any::<u64>(), n1 in any::<u64>(), h2 in any::<u64>(), n2 in any::<u64>(),
        ) {
            for shift in [0, 40, 58] {
                let (a, b) = (share(h1 >> shift, n1 >> shift), share(h2 >> shift, n2 >> shift));
                let (g2, chi) = (log_likelihood(a, b), chi_square_yates(a, b));
                prop_assert!(g2.is_none_or(f64::is_finite) && chi.is_none_or(f64::is_finite));
                prop_assert!(g2.unwrap_or(0.0) * chi.unwrap_or(0.0) >= 0.0);
            }
        }
    }
}
