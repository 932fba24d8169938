//! The world's clock: tokio's clock, counted from a chosen moment.
//!
//! With tokio's time paused this is virtual time, which jumps to the next
//! timer as soon as nobody has anything to do. Unpaused it is real time.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time in the world. Copies tell the same time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: Timestamp,
    origin: Instant,
}

impl Clock {
    /// A clock that shows `epoch` now. Needs a tokio runtime.
    pub fn starting_at(epoch: Timestamp) -> Clock {
        Clock {
            epoch,
            origin: Instant::now(),
        }
    }

    /// The present moment in the world.
    pub fn now(&self) -> Timestamp {
        let elapsed =
            SignedDuration::try_from(self.origin.elapsed()).unwrap_or(SignedDuration::MAX);
        self.epoch.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// Waits until the clock shows `moment`; returns at once if it has passed.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let wait = moment.duration_since(self.now());
        tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
    }
}
