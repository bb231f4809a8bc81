use proptest::prelude::*;

use super::{
    change, count_lower, count_upper, dispersed_lower, dispersed_upper, dispersion, negative_binomial_lower,
    negative_binomial_upper, poisson_lower, poisson_upper, predictive_lower, predictive_upper, robust_z, z,
};
use crate::Reference;

fn of(values: &[f64]) -> Reference {
    Reference::of(values).unwrap()
}

fn near(a: Option<f64>, b: f64) {
    assert!((a.unwrap() - b).abs() <= 1e-13 * b.abs(), "{a:?} {b}");
}

#[test]
fn distances_worked_by_hand() {
    let r = of(&[2.0, 4.0, 4.0, 6.0]);
    near(z(8.0, &r), 4.0 / (8.0_f64 / 3.0).sqrt());
    near(robust_z(8.0, &r), 4.0 / 1.4826);
    assert_eq!((change(6.0, 4.0), change(-1.0, -2.0), change(3.0, 0.0)), (Some(0.5), Some(0.5), None));
    assert_eq!((z(f64::NAN, &r), robust_z(f64::INFINITY, &r), change(f64::NAN, 1.0)), (None, None, None));
}

#[test]
fn a_reference_without_spread_knows_its_own_value_alone() {
    let (same, one) = (of(&[3.0, 3.0, 3.0]), of(&[3.0]));
    assert_eq!((z(3.0, &same), z(4.0, &same)), (Some(0.0), None));
    assert_eq!((robust_z(3.0, &same), robust_z(4.0, &same)), (Some(0.0), None));
    assert_eq!((z(3.0, &one), robust_z(3.0, &one)), (None, Some(0.0)));
    // Three of four are equal: the mean absolute deviation is 9/4.
    near(robust_z(13.0, &of(&[4.0, 4.0, 4.0, 13.0])), 9.0 / (1.2533 * 2.25));
}

#[test]
fn poisson_tails_worked_by_hand() {
    let e = (-2.0_f64).exp();
    near(poisson_upper(1.0, 2.0), 1.0 - e);
    near(poisson_upper(2.0, 2.0), 1.0 - 3.0 * e);
    near(poisson_lower(1.0, 2.0), 3.0 * e);
    near(poisson_lower(1.9, 2.0), 3.0 * e);
    near(poisson_upper(1.1, 2.0), 1.0 - 3.0 * e);
    assert_eq!((poisson_upper(0.0, 2.0), poisson_lower(-1.0, 2.0)), (Some(1.0), Some(0.0)));
    assert_eq!((poisson_upper(1.0, 0.0), poisson_lower(0.0, 0.0)), (Some(0.0), Some(1.0)));
    assert_eq!(
        (poisson_upper(1.0, -1.0), poisson_upper(f64::NAN, 1.0), poisson_upper(1.0, f64::NAN)),
        (None, None, None)
    );
}

#[test]
fn negative_binomial_tails_worked_by_hand() {
    // Mean 3 and variance 12 are size 1, success 1/4: P(X >= k) = (3/4)^k.
    near(negative_binomial_upper(5.0, 3.0, 12.0), 0.75_f64.powi(5));
    near(negative_binomial_lower(4.0, 3.0, 12.0), 1.0 - 0.75_f64.powi(5));
    assert_eq!(negative_binomial_upper(5.0, 3.0, 2.0), poisson_upper(5.0, 3.0), "less varied than chance");
    assert_eq!(negative_binomial_upper(1.0, 0.0, 3.0), Some(0.0));
    assert_eq!(negative_binomial_upper(1.0, 2.0, f64::INFINITY), None);
}

#[test]
fn after_a_short_silence_a_post_is_no_sensation() {
    // Size 1/2, success n/(n+1): P(X >= 1) = 1 - (n/(n+1))^(1/2).
    near(predictive_upper(1.0, &of(&[0.0])), 1.0 - 0.5_f64.sqrt());
    near(predictive_upper(1.0, &of(&[0.0; 99])), 1.0 - 0.99_f64.sqrt());
    assert_eq!(predictive_upper(1.0, &of(&[-4.0, 1.0])), None);
    let even = of(&[4.0, 5.0, 4.0, 5.0]);
    assert_eq!(count_upper(9.0, &even), predictive_upper(9.0, &even));
    assert!(count_upper(9.0, &of(&[0.0, 9.0, 1.0, 8.0])) > count_upper(9.0, &even));
}

#[test]
fn dispersion_is_what_cells_vary_by_beyond_chance() {
    // Mean 4, variance 12: (12 - 4) / (16 - 12/3).
    let cell = of(&[0.0, 6.0, 6.0]);
    near(dispersion([&cell, &cell]), 8.0 / 12.0);
    assert_eq!(dispersion([&of(&[4.0, 4.0, 5.0])]), Some(0.0));
    assert_eq!(dispersion([&of(&[4.0]), &of(&[0.0, 0.0])]), None);
    assert_eq!(dispersion([&of(&[-9.0, -1.0, -5.0])]), None, "those are no counts");
    assert_eq!(dispersed_upper(9.0, &cell, 0.0), predictive_upper(9.0, &cell));
    // m = 12.5/3, and the variance that is asked for.
    let m = 12.5 / 3.0;
    near(dispersed_upper(9.0, &cell, 0.5), negative_binomial_upper(9.0, m, (m + 0.5 * m * m) * 4.0 / 3.0).unwrap());
    assert_eq!(dispersed_upper(9.0, &cell, -0.1), None);
}

/// Any number, and counts of any size.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), 0.0_f64..50.0, (0.0_f64..12.0).prop_map(|x| 10.0_f64.powf(x))]
}

proptest! {
    #[test]
    fn every_score_is_finite_and_every_tail_a_probability(
        x in number(), mean in number(), variance in number(), values in prop::collection::vec(number(), 1..6),
    ) {
        let tails = |r: &Reference| [
            predictive_upper(x, r), predictive_lower(x, r), count_upper(x, r), count_lower(x, r),
            dispersed_upper(x, r, variance), dispersed_lower(x, r, variance),
        ];
        let known = [
            poisson_upper(x, mean), poisson_lower(x, mean), negative_binomial_upper(x, mean, variance),
            negative_binomial_lower(x, mean, variance),
        ];
        let reference = Reference::of(&values);
        for tail in reference.iter().flat_map(tails).chain(known).flatten() {
            prop_assert!((0.0..=1.0).contains(&tail), "{}", tail);
        }
        if let Some(r) = &reference {
            let scores = [z(x, r), robust_z(x, r), change(x, r.mean), dispersion([r])];
            prop_assert!(scores.into_iter().flatten().all(f64::is_finite), "{:?}", scores);
        }
    }

    #[test]
    fn tails_fall_as_counts_grow_and_meet_in_the_middle(
        x in 0_u32..2000, mean in 0.01_f64..1000.0, excess in 0.0_f64..50.0,
    ) {
        let x = f64::from(x);
        let variance = mean * (1.0 + excess);
        let upper = |x| negative_binomial_upper(x, mean, variance).unwrap();
        prop_assert!(upper(x + 1.0) <= upper(x) * (1.0 + 1e-12));
        let both = upper(x + 1.0) + negative_binomial_lower(x, mean, variance).unwrap();
        prop_assert!((both - 1.0).abs() < 1e-12, "{}", both);
        prop_assert!((poisson_upper(x + 1.0, mean).unwrap() + poisson_lower(x, mean).unwrap() - 1.0).abs() < 1e-12);
    }
}
