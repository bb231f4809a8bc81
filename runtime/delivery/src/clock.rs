//! Time as the dispatcher sees it, so that tests can let hours pass at once.

use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;

#[async_trait]
pub trait Clock: Send + Sync {
    /// Microseconds since 1970 UTC.
    fn now(&self) -> i64;

    async fn sleep(&self, time: Duration);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> i64 {
        Utc::now().timestamp_micros()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
