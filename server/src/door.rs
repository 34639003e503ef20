//! The door: where time, randomness and the meaning of names come in. Nothing else in the service reads a clock, rolls a die or asks
//! where a name leads, so a story can move time by hours and never sleep, and names from one address to another.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alc_core::time::Timestamp;

/// What tells the time and wakes us up.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// Ends once `now()` is `at` or later.
    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let wait = u64::try_from(at.since(self.now())).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(wait)))
    }
}

/// Who knows where a host's name leads.
pub trait Names: Send + Sync + 'static {
    fn look_up(&self, name: String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, name: String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|found| found.ip()).collect())
        })
    }
}

/// Time, randomness and names for the rest of the service.
#[derive(Clone)]
pub struct Door {
    clock: Arc<dyn Clock>,
    names: Arc<dyn Names>,
    /// Milliseconds and a 12-bit count of the last id.
    last_id: Arc<AtomicU64>,
}

impl Door {
    pub fn new(clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), names: Arc::new(SystemNames), last_id: Arc::default() }
    }

    #[must_use]
    pub fn with_names(self, names: impl Names) -> Self {
        Self { names: Arc::new(names), ..self }
    }

    pub fn names(&self) -> Arc<dyn Names> {
        Arc::clone(&self.names)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn sleep_until(&self, at: Timestamp) {
        self.clock.sleep_until(at).await;
    }

    /// The part of an id behind its prefix: a UUIDv7 (RFC 9562 §6.2, method 1), so that ids sort by time of birth.
    ///
    /// Ids of one process rise strictly, even within a millisecond or when the clock steps back: jobs of a lane run in
    /// the order of their ids.
    pub fn unique(&self) -> String {
        let millis = u64::try_from(self.now().as_millis()).unwrap_or(0);
        let next = |last: u64| (last + 1).max(millis << 12);
        let last = self.last_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let tick = next(last.unwrap_or_default());
        let mut random: [u8; 10] = self.random_bytes();
        random[..2].copy_from_slice(&u16::try_from(tick & 0xfff).unwrap_or_default().to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(tick >> 12, &random).into_uuid().simple().to_string()
    }

    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// A secret text of 256 random bits: tokens, codes.
    pub fn token(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.random_bytes::<32>())
    }

    /// A random number in `0.0..1.0`, to spread retries.
    pub fn jitter(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.random_bytes())) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_strictly() {
        let door = Door::new(SystemClock);
        let ids: Vec<String> = (0..10_000).map(|_| door.unique()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "ids made later must sort later");
    }
}
