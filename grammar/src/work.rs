//! Counts pieces of work, so that tests can show how work grows with a text; outside of tests nothing is counted.

/// Tells that a token, a pair or so many bytes are looked at.
#[inline]
pub(crate) fn step(amount: usize) {
    #[cfg(test)]
    STEPS.set(STEPS.get() + amount);
    #[cfg(not(test))]
    let _ = amount;
}

#[cfg(test)]
thread_local! {
    pub(crate) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
