//! From the outbox to people: channels that send, a dispatcher that retries, and the deployment's file that binds the
//! words of the rules to both. A message keeps one id through every attempt, so that a receiver can tell a repeat.
//!
//! ```text
//! store.outbox ──claim──► Dispatcher ──Delivery──► Channel (terminal, jsonl, webhook, slack, email)
//!      ▲                     │  lanes: one per (team, method); a slow one holds up no other
//!      └──────settle─────────┘◄──Outcome: Sent, Later, Refused, Unknown
//! ```

mod bindings;
mod channel;
mod clock;
mod config;
mod dispatch;
mod email;
mod http;
mod jsonl;
mod retry;
mod secret;
mod slack;
mod terminal;
mod webhook;

pub use bindings::{BindingProblem, Bindings, Channels, OpenError, ProblemKind, try_methods};
pub use channel::{Channel, Delivery, Limits, Outcome};
pub use clock::{Clock, SystemClock};
pub use config::{ConfigError, DeliveryConfig, MethodConfig, SlackConfig, SmtpConfig, TeamConfig, Tls, WebhookConfig};
pub use dispatch::{Dispatcher, Observer, Options, Tally, Waker};
pub use email::{Email, Server};
pub use jsonl::JsonLines;
pub use retry::Policy;
pub use secret::{SecretError, SecretRef};
pub use slack::{Slack, SlackWay};
pub use terminal::Terminal;
pub use webhook::{Webhook, WebhookError};
