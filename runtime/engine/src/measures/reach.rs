//! `reach()`: the followers of all who spoke, each author once with the most that was told of them.

use arrow::array::{ArrayRef, Int64Array, StringArray};
use datafusion_common::Result;

use super::argument;
use super::keyed::{Keyed, Rule, larger};

/// By author the followers.
pub(super) const RULE: Rule<1> = Rule { read, join: larger, value };

/// Arguments: the author, then the followers. An author who is not told cannot be told from others, and is left out.
fn read(keyed: &mut Keyed<1>, values: &[ArrayRef]) -> Result<()> {
    let (authors, followers): (&StringArray, &Int64Array) = (argument(values, 0)?, argument(values, 1)?);
    for (author, followers) in authors.iter().zip(followers) {
        if let (Some(author), Some(followers)) = (author, followers) {
            keyed.tell(author, [followers]);
        }
    }
    Ok(())
}

fn value(keyed: &Keyed<1>) -> Option<f64> {
    keyed.total().map(|total| total as f64)
}
