//! How often a grant may ask: so many requests a minute, told in the headers of every answer
//! (draft-ietf-httpapi-ratelimit-headers), 429 beyond.
//!
//! Counted in this process. What other replicas count could come in behind [`Buckets::take`]; nothing else knows how it is counted.

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

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const WINDOW_US: i64 = 60_000_000;

/// From this many grants on, those whose bucket is full are forgotten now and then.
const MANY: usize = 1024;

/// Every grant's bucket.
#[derive(Clone)]
pub struct Buckets(Arc<Mutex<Levels>>);

struct Levels {
    /// Requests a minute; 0: no limit.
    quota: u32,
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
    pub fn new(quota: u32) -> Self {
        Self(Arc::new(Mutex::new(Levels { quota, full_at: HashMap::new(), forget_from: MANY })))
    }

    /// Takes one request out of the grant's bucket; None when there is no limit.
    fn take(&self, grant: &GrantId, now: Timestamp) -> Option<Standing> {
        let mut levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = levels.quota;
        let cost = WINDOW_US / i64::from(std::num::NonZeroU32::new(quota)?.get());
        let now_us = now.as_millis().saturating_mul(1000);
        // Never further ahead than an empty bucket, even when the clock was set back.
        let full_at = levels.full_at.get(grant).map_or(now_us, |at| (*at).clamp(now_us, now_us + WINDOW_US));
        let after = full_at + cost;
        let is_taken = after <= now_us + WINDOW_US;
        let full_at = if is_taken { after } else { full_at };
        levels.full_at.insert(grant.clone(), full_at);
        if levels.full_at.len() >= levels.forget_from {
            levels.full_at.retain(|_, at| *at > now_us);
            levels.forget_from = MANY.max(2 * levels.full_at.len());
        }
        Some(Standing {
            quota,
            remaining: (now_us + WINDOW_US - full_at) / cost.max(1),
            full_in_s: seconds(full_at - now_us),
            retry_in_s: (!is_taken).then(|| seconds(after - WINDOW_US - now_us).max(1)),
        })
    }
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
pub fn count(request: &Parts, grant: &GrantId, now: Timestamp) -> Result<(), ApiError> {
    let Some(meter) = request.extensions.get::<Meter>() else { return Ok(()) };
    let Some(standing) = meter.buckets.take(grant, now) else { return Ok(()) };
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

    #[test]
    fn a_bucket_empties_by_asking_and_fills_with_time() {
        let (buckets, grant) = (Buckets::new(6), GrantId::from("grant_1"));
        let take = |millis| {
            let standing = buckets.take(&grant, at(millis)).unwrap();
            (standing.remaining, standing.full_in_s, standing.retry_in_s)
        };
        assert_eq!(take(0), (5, 10, None));
        let rest: Vec<_> = (0..5).map(|_| take(0).0).collect();
        assert_eq!(rest, [4, 3, 2, 1, 0]);
        assert_eq!(take(0), (0, 60, Some(10)));
        assert_eq!(take(9_500), (0, 51, Some(1)), "what was refused cost nothing");
        assert_eq!(take(10_000), (0, 60, None));
        assert_eq!(take(1_000_000), (5, 10, None));
        assert_eq!(buckets.take(&GrantId::from("grant_2"), at(0)).unwrap().remaining, 5);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_a_minute() {
        let (buckets, grant) = (Buckets::new(60), GrantId::from("grant_1"));
        buckets.take(&grant, at(3_600_000)).unwrap();
        assert_eq!(buckets.take(&grant, at(0)).unwrap().retry_in_s, Some(1));
        assert_eq!(buckets.take(&grant, at(1000)).unwrap().retry_in_s, None);
    }

    #[test]
    fn every_quota_is_kept() {
        for quota in [1_u32, 7, 59, 61, 600, 601, 10_000] {
            let (buckets, grant) = (Buckets::new(quota), GrantId::from("grant_1"));
            let is_taken = |_: &u32| buckets.take(&grant, at(0)).unwrap().retry_in_s.is_none();
            assert_eq!((0..2 * quota).filter(is_taken).count(), quota as usize);
        }
        assert_eq!(Buckets::new(0).take(&GrantId::from("grant_1"), at(0)), None);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let buckets = Buckets::new(600);
        for number in 0..10_000 {
            buckets.take(&GrantId::from(format!("grant_{number}")), at(number * 1000));
        }
        assert!(buckets.0.lock().unwrap().full_at.len() <= MANY);
    }
}
