//! From measured windows to people: condition machine, incidents, routing. Pure: no I/O, no clock.

mod model;

pub use model::{Evaluation, Evidence, IncidentId, Message, NotificationId, Transition, TransitionKind};
