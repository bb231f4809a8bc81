//! Many detectors look at once, and some p-values are small by chance: which of them may be told so that, of all that is
//! told, at most a given share is false on average.

/// The smallest rate `q` (0..1) at which each hypothesis would be rejected: `min over j >= i of p_(j) m / j`, at most 1. Benjamini and
/// Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995).
///
/// A p-value that is NaN or outside 0..1 is absent: its answer is `None`, and it is not counted in m. Equal p-values get equal answers, so the order of the input does not matter.
pub fn adjusted(p_values: &[f64]) -> Vec<Option<f64>> {
    let mut ranked: Vec<(usize, f64)> =
        p_values.iter().copied().enumerate().filter(|(_, p)| (0.0..=1.0).contains(p)).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let m = ranked.len() as f64;
    let mut answers = vec![None; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, (at, p)) in ranked.iter().enumerate().rev() {
        // In this order of operations no answer falls below its p-value by rounding.
        least = least.min(p * (m / (rank + 1) as f64));
        if let Some(answer) = answers.get_mut(*at) {
            *answer = Some(least);
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::adjusted;

    /// The fifteen p-values of the paper's own example (section 4.1), of which four are rejected at 0.05.
    const PAPER: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ];

    #[test]
    fn the_example_of_the_paper_rejects_four() {
        let told: Vec<bool> = adjusted(&PAPER).into_iter().map(|q| q.unwrap() <= 0.05).collect();
        assert_eq!(told.iter().filter(|t| **t).count(), 4);
        assert!(told[..4].iter().all(|t| *t));
    }

    #[test]
    fn absent_p_values_are_not_counted() {
        assert_eq!(adjusted(&[0.01, f64::NAN, 0.04, -0.1, 1.1]), [Some(0.02), None, Some(0.04), None, None]);
        assert!(adjusted(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn smaller_p_values_are_never_held_back_and_no_answer_is_below_its_p(
            p in prop::collection::vec(0.0_f64..1.0, 0..60),
        ) {
            let answers = adjusted(&p);
            for i in 0..p.len() {
                prop_assert!(answers[i].unwrap() >= p[i] && answers[i].unwrap() <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || answers[i] <= answers[j]);
                }
            }
        }
    }
}
