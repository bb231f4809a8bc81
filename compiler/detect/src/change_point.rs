//! Where the level of a series changed, over the whole of it: for a look back at what began when.

/// The positions at which a new level begins, in ascending order: the segmentation with the least sum over its segments of
/// the squared distances from the segment's mean (squared unit of the values), plus `penalty` for each further segment, no
/// segment shorter than `min_size` (0 counts as 1). A usual penalty is `2 ln(n)` times the variance of the noise.
///
/// PELT (Killick, Fearnhead, Eckley, "Optimal detection of changepoints with a linear computational cost", JASA 2012): exact,
/// in time that grows with n where changes keep coming, with n² at worst. Of segmentations of equal cost it
/// is always the same one. Absent values are left out and positions count them. Nothing is found where the penalty is absent
/// or negative, or with fewer than two times `min_size` values.
pub fn pelt(values: &[f64], penalty: f64, min_size: usize) -> Vec<usize> {
    let present: Vec<(usize, f64)> = values.iter().copied().enumerate().filter(|(_, x)| x.is_finite()).collect();
    let min_size = min_size.max(1);
    let n = present.len();
    if !(penalty >= 0.0 && penalty.is_finite()) || n / 2 < min_size {
        return Vec::new();
    }
    let Some((costs, scale)) = Costs::of(&present) else { return Vec::new() };
    let starts = least_cost(&costs, n, penalty / scale / scale, min_size);
    let mut changes = Vec::new();
    let mut end = n;
    while let Some(start) = starts.get(end).copied().filter(|start| *start > 0) {
        changes.extend(present.get(start).map(|(at, _)| *at));
        end = start;
    }
    changes.reverse();
    changes
}

/// For each end, where the last segment of the cheapest segmentation up to it starts.
fn least_cost(costs: &Costs, n: usize, penalty: f64, min_size: usize) -> Vec<usize> {
    /// A start that may still be the best for a later end.
    struct Candidate {
        start: usize,
        /// The cheapest segmentation up to the start.
        before: f64,
        /// From this end on another start is better for certain.
        beaten_from: usize,
    }
    let mut best = vec![f64::INFINITY; n + 1];
    let mut starts = vec![0; n + 1];
    let mut candidates = vec![Candidate { start: 0, before: 0.0, beaten_from: usize::MAX }];
    for end in min_size..=n {
        // A start becomes possible once a segment of the least length fits behind it.
        let start = end - min_size;
        if let Some(before) = best.get(start).copied().filter(|before| start > 0 && before.is_finite()) {
            candidates.push(Candidate { start, before: before + penalty, beaten_from: usize::MAX });
        }
        candidates.retain(|candidate| candidate.beaten_from > end);
        let mut least = (f64::INFINITY, 0);
        for candidate in &candidates {
            let total = candidate.before + costs.segment(candidate.start, end);
            if total < least.0 {
                least = (total, candidate.start);
            }
        }
        for candidate in &mut candidates {
            // A change at `end` costs `penalty` more than none, and is worth it for every end that leaves it room.
            if candidate.before + costs.segment(candidate.start, end) >= least.0 + penalty {
                candidate.beaten_from = candidate.beaten_from.min(end + min_size);
            }
        }
        if let (Some(best), Some(start)) = (best.get_mut(end), starts.get_mut(end)) {
            (*best, *start) = least;
        }
    }
    starts
}

/// Running sums, from which the cost of any segment is a difference.
struct Costs {
    sums: Vec<(f64, f64)>,
}

impl Costs {
    /// The values are centred and scaled first: squares then neither overflow nor lose their digits in a large common part.
    fn of(present: &[(usize, f64)]) -> Option<(Costs, f64)> {
        let n = present.len() as f64;
        let mean = crate::sum(present.iter().map(|(_, x)| x / n));
        let scale = present.iter().map(|(_, x)| (x - mean).abs()).fold(0.0, f64::max);
        if !(scale > 0.0 && scale.is_finite()) {
            return None;
        }
        let (mut total, mut squares) = (0.0, 0.0);
        let mut sums = vec![(0.0, 0.0)];
        for (_, x) in present {
            let x = (x - mean) / scale;
            total += x;
            squares += x * x;
            sums.push((total, squares));
        }
        Some((Costs { sums }, scale))
    }

    /// Sum of squared distances from the mean over `start..end`.
    fn segment(&self, start: usize, end: usize) -> f64 {
        let (Some(a), Some(b)) = (self.sums.get(start), self.sums.get(end)) else { return f64::INFINITY };
        let total = b.0 - a.0;
        ((b.1 - a.1) - total * total / (end - start) as f64).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::pelt;

    #[test]
    fn two_steps_are_found_where_they_are() {
        let mut values = vec![1.0, 1.2, 0.9, 1.1, 5.0, 5.1, 4.9, f64::NAN, 5.0, 2.0, 2.1, 1.9];
        assert_eq!(pelt(&values, 1.0, 1), [4, 9]);
        values.iter_mut().for_each(|x| *x *= 1e200);
        assert_eq!(pelt(&values, 1e300, 1).len(), 10, "beside squares of 1e400 no penalty counts");
        assert_eq!(pelt(&values, f64::MAX, 1).len(), 10);
    }

    #[test]
    fn nothing_is_found_where_there_is_nothing() {
        assert!(pelt(&[], 1.0, 1).is_empty());
        assert!(pelt(&[4.0; 30], 0.0, 2).is_empty());
        assert!(pelt(&[1.0, 9.0, 1.0], 0.1, 2).is_empty(), "no room for two segments of two");
        assert!(pelt(&[1.0, 9.0, 1.0], f64::NAN, 1).is_empty());
        assert!(pelt(&[1.0, 9.0, 1.0], -1.0, 1).is_empty());
    }

    #[test]
    fn a_start_is_not_dropped_before_the_better_one_has_room() {
        let values = [-1.0, -4.0, 0.0, 6.0, -3.0, 0.0, 0.0, 5.0, 7.0, -5.0];
        assert_eq!(pelt(&values, 5.5, 3), [3]);
    }

    /// Cost of a segmentation by the definition.
    fn cost(values: &[f64], changes: &[usize], penalty: f64) -> f64 {
        let edges: Vec<usize> = [&[0], changes, &[values.len()]].concat();
        let segments = edges.windows(2).map(|edge| {
            let part = &values[edge[0]..edge[1]];
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
        });
        segments.sum::<f64>() + penalty * changes.len() as f64
    }

    proptest! {
        #[test]
        fn no_segmentation_is_cheaper(
            values in prop::collection::vec(-9_i32..9, 2..12), penalty in 0.1_f64..60.0, min_size in 1_usize..4,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            prop_assume!(values.len() >= 2 * min_size);
            let told = pelt(&values, penalty, min_size);
            let mut least = f64::INFINITY;
            for bits in 0..1_u32 << (values.len() - 1) {
                let changes: Vec<usize> = (1..values.len()).filter(|at| bits >> (at - 1) & 1 == 1).collect();
                let edges: Vec<usize> = [&[0], changes.as_slice(), &[values.len()]].concat();
                if edges.windows(2).all(|edge| edge[1] - edge[0] >= min_size) {
                    least = least.min(cost(&values, &changes, penalty));
                }
            }
            prop_assert!(cost(&values, &told, penalty) <= least + 1e-9 * (1.0 + least));
        }

        #[test]
        fn any_input_gives_ascending_positions(
            values in prop::collection::vec(any::<f64>(), 0..40), penalty in any::<f64>(), min_size in 0_usize..5,
        ) {
            let told = pelt(&values, penalty, min_size);
            prop_assert!(told.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(told.iter().all(|at| values[*at].is_finite()));
        }
    }
}
