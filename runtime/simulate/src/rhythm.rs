//! When people write: the hours of the day in each language's own time.

use crate::words::{Stock, stocks};

/// How much is written in each local hour, the evening's peak being 100.
const HOURS: [u64; 24] =
    [30, 20, 14, 10, 9, 12, 25, 45, 60, 65, 68, 70, 78, 72, 68, 66, 68, 75, 85, 95, 100, 92, 70, 48];

fn local(stock: &Stock, minute: usize) -> u64 {
    let shift = usize::try_from((stock.hours_east + 24).rem_euclid(24)).unwrap_or_default();
    let local = minute + shift * 60;
    let hour = |at: usize| HOURS.get(at % 24).copied().unwrap_or_default();
    let past = (local % 60) as u64;
    hour(local / 60) * (60 - past) + hour(local / 60 + 1) * past
}

/// What each language writes in a minute of the UTC day, as running sums, and all of them together.
pub(crate) fn activity(minute: usize) -> (Vec<u64>, u64) {
    let mut sum = 0;
    let sums: Vec<u64> = stocks()
        .iter()
        .map(|stock| {
            sum += stock.share * local(stock, minute);
            sum
        })
        .collect();
    (sums, sum)
}
