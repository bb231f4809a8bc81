//! Which cursors were handed on and which of them are durable.
//! A cursor counts as a checkpoint only when everything before it was handed on and the caller has committed it.

use std::collections::VecDeque;

use miette::Diagnostic;
use thiserror::Error;

use crate::contract::Cursor;

/// Cursors that wait for a commit; older ones are forgotten first, which is right because a later commit covers them.
pub(crate) const HANDED_MAX: usize = 65_536;

#[derive(Clone, Debug, Diagnostic, Error, PartialEq, Eq)]
pub enum CommitError {
    #[error("the cursor `{token}` was not handed on, or lies before what was committed")]
    #[diagnostic(help("only a cursor that came with a batch or a gap can be committed, and in order"))]
    NotHandedOn { token: String },
}

#[derive(Debug, Default)]
pub(crate) struct Checkpoint {
    handed: VecDeque<Cursor>,
    durable: Option<Cursor>,
}

impl Checkpoint {
    pub(crate) fn hand_on(&mut self, cursor: &Cursor) {
        if self.handed.len() == HANDED_MAX {
            self.handed.pop_front();
        }
        self.handed.push_back(cursor.clone());
    }

    /// Takes `cursor` and all before it as durable.
    pub(crate) fn commit(&mut self, cursor: &Cursor) -> Result<(), CommitError> {
        // Several batches may end at one cursor: each commit covers the first of them that waits.
        let at = self.handed.iter().position(|handed| handed == cursor);
        let Some(at) = at else {
            let again = self.durable.as_ref() == Some(cursor);
            return if again { Ok(()) } else { Err(CommitError::NotHandedOn { token: cursor.token.clone() }) };
        };
        self.handed.drain(..=at);
        self.durable = Some(cursor.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(order: u64) -> Cursor {
        Cursor { order, token: order.to_string(), epoch: "host".to_owned() }
    }

    #[test]
    fn a_commit_covers_what_was_handed_on_before_it() {
        let mut checkpoint = Checkpoint::default();
        for order in 1..=3 {
            checkpoint.hand_on(&cursor(order));
        }
        assert_eq!(checkpoint.commit(&cursor(2)), Ok(()));
        assert!(checkpoint.commit(&cursor(1)).is_err(), "it is covered already");
        assert!(checkpoint.commit(&cursor(9)).is_err(), "it was never handed on");
        assert_eq!(checkpoint.commit(&cursor(3)), Ok(()));
    }

    #[test]
    fn batches_that_end_at_one_cursor_are_committed_one_by_one() {
        let mut checkpoint = Checkpoint::default();
        for order in [5, 5, 6] {
            checkpoint.hand_on(&cursor(order));
        }
        for order in [5, 5, 6, 6] {
            assert_eq!(checkpoint.commit(&cursor(order)), Ok(()));
        }
    }

    #[test]
    fn who_never_commits_costs_bounded_memory() {
        let mut checkpoint = Checkpoint::default();
        for order in 0..HANDED_MAX as u64 + 10 {
            checkpoint.hand_on(&cursor(order));
        }
        assert_eq!(checkpoint.handed.len(), HANDED_MAX);
    }
}
