//! The joint between sources and the store of credentials.
//! A source leases a secret for a scope, reports how it fared, and never reads a secret from anywhere else.

use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::error::SourceError;

/// A secret for a while. Printing it prints nothing of the secret.
#[derive(Clone, Debug)]
pub struct Lease {
    pub secret: SecretString,
    /// Rises with each rotation; a report names the version that it is about.
    pub version: u64,
    pub expires: Option<SystemTime>,
}

/// How a leased secret fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    /// The platform said that it is wrong or no longer valid.
    Refused,
    /// It is right, but has used up its share until then.
    Exhausted {
        until: Option<SystemTime>,
    },
}

#[async_trait]
pub trait Credentials: Send + Sync {
    async fn lease(&self, scope: &str) -> Result<Lease, SourceError>;
    async fn report(&self, scope: &str, version: u64, outcome: Outcome);
}
