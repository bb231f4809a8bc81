//! From measured windows to people: condition machine, incidents, routing. Pure: no I/O, no clock.

mod condition;
mod message;
mod model;
mod route;

pub use condition::{Judge, Open, Question, Step, Track, incident_id, step};
pub use message::{clean, grouped, length, many, render, to_line};
pub use model::{
    Evaluation, Evidence, IncidentId, Message, NotificationId, ShownValue, ShownValues, Transition, TransitionKind,
};
pub use route::{DEFAULT_METHOD, DEFAULT_TEAM, Routed, RoutedTeam, notification_id, route};
