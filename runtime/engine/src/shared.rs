//! What the operators of one run share besides their batches: the epoch that is being filled, and the snapshot's
//! parts. The plan runs as one chain that pulls, so what is written here has the same order in every run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::output::{Counts, Epoch};
use crate::sample::Loaded;
use crate::snapshot::{Part, Snapshot};

/// The state that an operator starts from. It is taken once, so that nobody holds it while the run goes on.
#[derive(Debug, Default)]
pub(crate) struct Restored(Mutex<Option<Snapshot>>);

impl Restored {
    pub(crate) fn new(snapshot: Option<Snapshot>) -> Self {
        Self(Mutex::new(snapshot))
    }

    pub(crate) fn take(&self) -> Option<Snapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The epoch being filled.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    monitors: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
pub(crate) struct Open {
    pub(crate) epoch: Epoch,
    pub(crate) parts: Vec<Part>,
    /// When fewer than all authors were heard.
    pub(crate) loaded: Vec<Loaded>,
}

impl Shared {
    pub(crate) fn new(monitors: usize) -> Self {
        let shared = Self { monitors, open: Arc::default() };
        shared.lock().epoch.counts = Counts::sized(monitors);
        shared
    }

    /// A panic while it was held cannot leave it torn for others: the run ends with it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was filled and starts anew; the snapshot is taken along where operators kept their state.
    pub(crate) fn take(&self, state: bool) -> Epoch {
        let mut open = self.lock();
        let Epoch { watermark, began, memory, .. } = open.epoch;
        let fresh = Epoch { watermark, began, memory, counts: Counts::sized(self.monitors), ..Epoch::default() };
        let mut epoch = std::mem::replace(&mut open.epoch, fresh);
        let parts = std::mem::take(&mut open.parts);
        epoch.snapshot = state.then_some(Snapshot { parts });
        epoch
    }
}
