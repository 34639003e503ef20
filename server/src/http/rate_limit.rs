//! How often a grant may ask: so many requests a minute, told in the headers of every answer
//! (draft-ietf-httpapi-ratelimit-headers), 429 beyond.
//!
//! Counted in this process or, where replicas share a Redis (`redis.url`), there; when that does not answer in time, each replica
//! counts for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ::http::request::Parts;
use ::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use alc_core::id::GrantId;
use alc_core::time::Timestamp;

use super::problem::ApiError;
use crate::connectors::redis::{Redis, Taken};
use crate::store::hash_token;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const WINDOW_US: i64 = 60_000_000;

/// From this many grants on, those whose bucket is full are forgotten now and then.
const MANY: usize = 1024;

/// Every grant's bucket: in this process and, where replicas share a Redis, over all of them.
#[derive(Clone)]
pub struct Buckets {
    /// Requests a minute; 0: no limit.
    quota: u32,
    local: Arc<Mutex<Levels>>,
    shared: Option<Redis>,
}

struct Levels {
    /// When each bucket is full again, in microseconds: all there is to know of it. One that is not here is full.
    full_at: HashMap<GrantId, i64>,
    forget_from: usize,
}

/// Where a grant stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    quota: u32,
    remaining: i64,
    /// Seconds until the bucket is full.
    full_in_s: i64,
    /// Seconds until the next request is taken, when this one is not.
    retry_in_s: Option<i64>,
}

impl Buckets {
    pub fn new(quota: u32, shared: Option<Redis>) -> Self {
        Self { quota, local: Arc::new(Mutex::new(Levels { full_at: HashMap::new(), forget_from: MANY })), shared }
    }

    /// Takes one request out of the grant's bucket; None when there is no limit.
    async fn take(&self, grant: &GrantId, now: Timestamp) -> Option<Standing> {
        let cost = WINDOW_US / i64::from(std::num::NonZeroU32::new(self.quota)?.get());
        let taken = match &self.shared {
            Some(redis) => redis.take(&name_of(grant), cost, WINDOW_US, now).await,
            None => None,
        };
        let mut levels = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = match taken {
            // Remembered, so that this replica goes on from there when nobody else can say.
            Some(taken) => {
                levels.full_at.insert(grant.clone(), taken.full_at_us);
                taken
            }
            None => levels.take(grant, cost, now),
        };
        levels.forget_full(now);
        Some(self.standing(taken, cost, now))
    }

    fn standing(&self, Taken { is_taken, full_at_us }: Taken, cost: i64, now: Timestamp) -> Standing {
        let now_us = micros(now);
        Standing {
            quota: self.quota,
            remaining: (now_us + WINDOW_US - full_at_us) / cost.max(1),
            full_in_s: seconds(full_at_us - now_us),
            retry_in_s: (!is_taken).then(|| seconds(full_at_us + cost - WINDOW_US - now_us).max(1)),
        }
    }
}

impl Levels {
    fn take(&mut self, grant: &GrantId, cost: i64, now: Timestamp) -> Taken {
        let now_us = micros(now);
        // Never further ahead than an empty bucket, even when the clock was set back.
        let full_at = self.full_at.get(grant).map_or(now_us, |at| (*at).clamp(now_us, now_us + WINDOW_US));
        let is_taken = full_at + cost <= now_us + WINDOW_US;
        let full_at_us = if is_taken { full_at + cost } else { full_at };
        self.full_at.insert(grant.clone(), full_at_us);
        Taken { is_taken, full_at_us }
    }

    fn forget_full(&mut self, now: Timestamp) {
        if self.full_at.len() >= self.forget_from {
            self.full_at.retain(|_, at| *at > micros(now));
            self.forget_from = MANY.max(2 * self.full_at.len());
        }
    }
}

/// What others may see of it is no name of a grant.
fn name_of(grant: &GrantId) -> String {
    format!("alc/requests/{}", hash_token(grant.as_str()))
}

const fn micros(at: Timestamp) -> i64 {
    at.as_millis().saturating_mul(1000)
}

/// Rounded up: who waits that long has waited long enough.
const fn seconds(micros: i64) -> i64 {
    (micros + 999_999).div_euclid(1_000_000)
}

/// Counts one request; carried by it until its grant is known.
#[derive(Clone)]
struct Meter {
    buckets: Buckets,
    standing: Arc<OnceLock<Standing>>,
}

/// Middleware: lets the request be counted once its grant is known, and tells the caller where it stands.
pub async fn meter(State(buckets): State<Buckets>, mut request: Request, next: Next) -> Response {
    let standing = Arc::<OnceLock<Standing>>::default();
    request.extensions_mut().insert(Meter { buckets, standing: Arc::clone(&standing) });
    let mut response = next.run(request).await;
    if let Some(Standing { quota, remaining, full_in_s, .. }) = standing.get() {
        let texts = [
            (POLICY, format!("\"default\";q={quota};w={}", WINDOW_US / 1_000_000)),
            (LIMIT, format!("\"default\";r={remaining};t={full_in_s}")),
        ];
        for (name, text) in texts {
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    response
}

/// Counts the request for its grant. Called where the grant becomes known, before anything is done for it.
pub async fn count(request: &Parts, grant: &GrantId, now: Timestamp) -> Result<(), ApiError> {
    let Some(meter) = request.extensions.get::<Meter>() else { return Ok(()) };
    let Some(standing) = meter.buckets.take(grant, now).await else { return Ok(()) };
    // A request has one caller, so it is counted once.
    let _ = meter.standing.set(standing);
    match standing.retry_in_s {
        None => Ok(()),
        Some(seconds) => {
            let quota = standing.quota;
            let detail = format!(
                "More than {quota} requests a minute (limits.requests_per_minute). Wait as long as Retry-After says, then go on."
            );
            let refused = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
            Err(refused.with_header(header::RETRY_AFTER, &seconds.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    #[tokio::test]
    async fn a_bucket_empties_by_asking_and_fills_with_time() {
        let (buckets, grant) = (Buckets::new(6, None), GrantId::from("grant_1"));
        let take = async |millis| {
            let standing = buckets.take(&grant, at(millis)).await.unwrap();
            (standing.remaining, standing.full_in_s, standing.retry_in_s)
        };
        assert_eq!(take(0).await, (5, 10, None));
        for remaining in [4, 3, 2, 1, 0] {
            assert_eq!(take(0).await.0, remaining);
        }
        assert_eq!(take(0).await, (0, 60, Some(10)));
        assert_eq!(take(9_500).await, (0, 51, Some(1)), "what was refused cost nothing");
        assert_eq!(take(10_000).await, (0, 60, None));
        assert_eq!(take(1_000_000).await, (5, 10, None));
        assert_eq!(buckets.take(&GrantId::from("grant_2"), at(0)).await.unwrap().remaining, 5);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_a_minute() {
        let (buckets, grant) = (Buckets::new(60, None), GrantId::from("grant_1"));
        buckets.take(&grant, at(3_600_000)).await.unwrap();
        assert_eq!(buckets.take(&grant, at(0)).await.unwrap().retry_in_s, Some(1));
        assert_eq!(buckets.take(&grant, at(1000)).await.unwrap().retry_in_s, None);
    }

    #[tokio::test]
    async fn every_quota_is_kept() {
        for quota in [1_u32, 7, 59, 61, 600, 601, 10_000] {
            let (buckets, grant) = (Buckets::new(quota, None), GrantId::from("grant_1"));
            let mut taken = 0;
            for _ in 0..2 * quota {
                taken += u32::from(buckets.take(&grant, at(0)).await.unwrap().retry_in_s.is_none());
            }
            assert_eq!(taken, quota);
        }
        assert_eq!(Buckets::new(0, None).take(&GrantId::from("grant_1"), at(0)).await, None);
    }

    #[tokio::test]
    async fn full_buckets_are_forgotten() {
        let buckets = Buckets::new(600, None);
        for number in 0..10_000 {
            buckets.take(&GrantId::from(format!("grant_{number}")), at(number * 1000)).await;
        }
        assert!(buckets.local.lock().unwrap().full_at.len() <= MANY);
    }
}
