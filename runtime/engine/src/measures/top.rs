//! `top_count(f)` and `top_share(f)`: how many posts tell the value of a field that most posts tell, and which part that is of
//! all that tell one. A post with several values counts for each of them, once.

use arrow::array::{Array, ArrayRef};
use datafusion_common::Result;

use super::keyed::{Keyed, Rule};
use super::{torn, values_of_row};

/// By value its posts.
pub(super) const COUNT: Rule<1> = Rule { read, join: added, value: count };
pub(super) const SHARE: Rule<1> = Rule { read, join: added, value: share };

fn added(known: &[i64; 1], told: &[i64; 1]) -> [i64; 1] {
    let ([known], [told]) = (known, told);
    [known.saturating_add(*told)]
}

fn read(keyed: &mut Keyed<1>, values: &[ArrayRef]) -> Result<()> {
    let values = values.first().ok_or_else(torn)?;
    for row in 0..values.len() {
        let mut any = false;
        values_of_row(values, row, &mut |text| {
            any = true;
            keyed.tell(text, [1]);
        })?;
        keyed.posts += u64::from(any);
    }
    Ok(())
}

fn count(keyed: &Keyed<1>) -> Option<f64> {
    Some(keyed.largest().unwrap_or(0) as f64)
}

fn share(keyed: &Keyed<1>) -> Option<f64> {
    keyed.largest().map(|largest| largest as f64 / keyed.posts as f64)
}
