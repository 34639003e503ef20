//! Redis (or Valkey), where several replicas of the service share one: it counts how often each grant asks.
//!
//! It is never the truth. Down or slow, it is left alone for a moment, and whoever asked decides without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use alc_core::time::Timestamp;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use thiserror::Error;

use crate::settings;

/// How long it is left alone after it did not answer.
const REST_MS: i64 = 1_000;

/// A bucket that fills with time: all there is to know of it is when it is full again, in microseconds. It takes one request out if
/// there is one, and says whether and when it is full. Keys go when their buckets are full.
const TAKE: &str = "
local now, cost, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1])) or now
if full < now then full = now end
if full > now + window then full = now + window end
local taken = 0
if full + cost <= now + window then
  taken = 1
  full = full + cost
end
if full > now then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
return {taken, full}
";

/// A server, and whether it can be asked at the moment. Cheap to clone.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    connection: ConnectionManager,
    take: Script,
    deadline: Duration,
    /// Until when it is left alone, in milliseconds; 0 while it answers.
    resting_until: AtomicI64,
}

/// What a bucket said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Or there was nothing left in it.
    pub is_taken: bool,
    pub full_at_us: i64,
}

#[derive(Debug, Error)]
enum Silence {
    #[error("{0}")]
    Error(#[from] RedisError),
    #[error("it took too long")]
    TooLong,
}

impl Redis {
    /// None without a server. Nothing is connected before it is asked, so a server that is down keeps nobody from starting.
    pub fn new(settings: &settings::Redis) -> Result<Option<Self>, RedisError> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let deadline = Duration::from_millis(settings.timeout_ms);
        // It is asked again when its rest is over, not over and over.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(deadline))
            .set_response_timeout(Some(deadline))
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(Client::open(settings.url.as_str())?, config)?;
        let inner = Inner { connection, take: Script::new(TAKE), deadline, resting_until: AtomicI64::new(0) };
        Ok(Some(Self(Arc::new(inner))))
    }

    /// Takes one request out of the bucket of that name; none when nobody answers in time.
    pub async fn take(&self, bucket: &str, cost_us: i64, window_us: i64, now: Timestamp) -> Option<Taken> {
        let was_resting = self.may_be_asked(now)?;
        let asked = tokio::time::timeout(self.0.deadline, self.ask(bucket, cost_us, window_us, now)).await;
        match asked.map_err(|_| Silence::TooLong).and_then(|answer| answer.map_err(Silence::from)) {
            Ok((taken, full_at_us)) => {
                if was_resting {
                    self.0.resting_until.store(0, Ordering::Relaxed);
                    tracing::info!("redis answers again");
                }
                Some(Taken { is_taken: taken == 1, full_at_us })
            }
            Err(silence) => {
                let before = self.0.resting_until.swap(rest(now), Ordering::Relaxed);
                // Once, however many asked at the same time.
                if before == 0 {
                    tracing::warn!(error = %silence, "redis does not answer (redis.url); until it does, each replica limits for itself");
                }
                None
            }
        }
    }

    async fn ask(&self, bucket: &str, cost_us: i64, window_us: i64, now: Timestamp) -> Result<(i64, i64), RedisError> {
        let now_us = now.as_millis().saturating_mul(1000);
        let mut connection = self.0.connection.clone();
        let mut take = self.0.take.key(bucket);
        take.arg(now_us).arg(cost_us).arg(window_us);
        match take.invoke_async(&mut connection).await {
            // A connection that broke is found out by asking; the next question makes a new one. What was not answered took nothing
            // or one too many, which is no harm.
            Err(error) if error.is_unrecoverable_error() => take.invoke_async(&mut connection).await,
            answer => answer,
        }
    }

    /// Whether it had been left alone, if it may be asked now: when its rest is over, one who asks finds out for all.
    fn may_be_asked(&self, now: Timestamp) -> Option<bool> {
        let until = self.0.resting_until.load(Ordering::Relaxed);
        if until == 0 {
            return Some(false);
        }
        let is_mine = now.as_millis() >= until
            && self.0.resting_until.compare_exchange(until, rest(now), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        is_mine.then_some(true)
    }
}

const fn rest(now: Timestamp) -> i64 {
    now.as_millis() + REST_MS
}
