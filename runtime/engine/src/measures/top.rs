//! `top_count(f)` and `top_share(f)`: how many posts tell the value of a field that most posts tell, and which part that is of
//! all that tell one. A post with several values counts for each of them, once.

use arrow::array::{Array, ArrayRef, ListArray, StringArray};
use datafusion_common::{Result, exec_datafusion_err};

use super::argument;
use super::keyed::{Keyed, Rule};

/// By value its posts.
pub(super) const COUNT: Rule<1> = Rule { read, join: added, value: count };
pub(super) const SHARE: Rule<1> = Rule { read, join: added, value: share };

fn added(known: &[i64; 1], told: &[i64; 1]) -> [i64; 1] {
    let ([known], [told]) = (known, told);
    [known.saturating_add(*told)]
}

fn read(keyed: &mut Keyed<1>, values: &[ArrayRef]) -> Result<()> {
    if let Ok(texts) = argument::<StringArray>(values, 0) {
        for text in texts.iter().flatten() {
            keyed.posts += 1;
            keyed.tell(text, [1]);
        }
        return Ok(());
    }
    for members in argument::<ListArray>(values, 0)?.iter().flatten() {
        let texts = members.as_any().downcast_ref::<StringArray>();
        let texts = texts.ok_or_else(|| exec_datafusion_err!("a list of a measure holds no texts"))?;
        let mut different: Vec<&str> = texts.iter().flatten().collect();
        different.sort_unstable();
        different.dedup();
        keyed.posts += u64::from(!different.is_empty());
        different.into_iter().for_each(|text| keyed.tell(text, [1]));
    }
    Ok(())
}

fn count(keyed: &Keyed<1>) -> Option<f64> {
    Some(keyed.largest().unwrap_or(0) as f64)
}

fn share(keyed: &Keyed<1>) -> Option<f64> {
    keyed.largest().map(|largest| largest as f64 / keyed.posts as f64)
}
