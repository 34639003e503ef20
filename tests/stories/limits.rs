//! How often a grant may ask, and what ties an answer to its request.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;

use crate::world::{Answer, Inhabited as _, Partner, World, http};

const LEADS: &str = "/api/v1/leads";

stories! {
    async fn who_asks_too_often_is_told_when_to_come_back(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "6") {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        for remaining in (0..6).rev() {
            let answer = partner.get(LEADS).await;
            assert_eq!(standing(&answer.headers), limit(remaining, 10 * (6 - remaining)));
            answer.expect(200);
        }
        let refused = partner.post(LEADS, &serde_json::json!({ "recordId": ada.record, "phoneNumber": ada.phone })).await;
        assert_eq!(refused.problem(), (429, "rate_limited"));
        assert_eq!((refused.headers["retry-after"].to_str().unwrap(), standing(&refused.headers)), ("10", limit(0, 60)));

        world.clock.advance(Duration::from_secs(9));
        assert_eq!(partner.get(LEADS).await.headers["retry-after"], "1");
        world.clock.advance(Duration::from_secs(1));
        let mut leads = partner.get(LEADS).await.expect(200);
        assert_eq!(leads["data"].take(), serde_json::json!([]), "nothing was done for the one refused");
        assert_eq!(partner.get(LEADS).await.problem(), (429, "rate_limited"));
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(standing(&partner.get(LEADS).await.headers), limit(5, 10));
    }

    async fn each_grant_has_a_limit_of_its_own_over_all_routes(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "2") {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        one.get(LEADS).await.expect(200);
        // A refusal costs as much as an answer.
        assert_eq!(one.get("/api/v1/webhooks/wh_nobody").await.problem(), (404, "not_found"));
        assert_eq!(one.get("/api/v1/webhooks").await.problem(), (429, "rate_limited"));
        assert_eq!(standing(&two.get(LEADS).await.headers), ("\"default\";q=2;w=60".into(), "\"default\";r=1;t=30".into()));

        // Who shows no token, or one that is none, has no bucket to empty.
        for token in ["", "alc_at_nobody"] {
            let answer = Partner::with_token(&world, token).get(LEADS).await;
            assert_eq!((answer.status, answer.headers.get("ratelimit")), (401, None));
        }
        let health = Answer::read(http().get(format!("{}/health", world.url())).send().await.unwrap()).await;
        assert_eq!((health.status, health.headers.get("ratelimit-policy")), (200, None));
    }

    async fn without_a_limit_nothing_is_counted(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "0") {
        let partner = Partner::operator(&world, "acme").await;
        for _ in 0..20 {
            let answer = partner.get(LEADS).await;
            assert_eq!((answer.status, answer.headers.get("ratelimit")), (200, None));
        }
    }

    async fn every_answer_names_its_request(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let mut made = std::collections::HashSet::new();
        for path in [LEADS, "/api/v1/leads/lead_nobody", "/nowhere", "/health", "/login"] {
            let plain = Answer::read(partner.request(Method::GET, path).send().await.unwrap()).await;
            assert!(made.insert(request_id(&plain).to_owned()), "{path}");
            let largest = "x".repeat(64);
            for sane in ["8e03978e-40d5-43dd-bc93-6894a57f9324", "req_01J.5", "Root=1-67891233-abc", &largest] {
                let named = partner.request(Method::GET, path).header("X-Request-Id", sane);
                assert_eq!(request_id(&Answer::read(named.send().await.unwrap()).await), sane, "{path}");
            }
            let long = "x".repeat(65);
            for odd in ["", "two words", "a;b", "<script>", "\"quoted\"", &long] {
                let named = partner.request(Method::GET, path).header("X-Request-Id", odd);
                let answer = Answer::read(named.send().await.unwrap()).await;
                assert!(made.insert(request_id(&answer).to_owned()), "{path} {odd}");
            }
        }
        assert!(made.iter().all(|id| id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit())), "{made:?}");
    }
}

/// `RateLimit-Policy` and `RateLimit`.
#[track_caller]
fn standing(headers: &HeaderMap) -> (String, String) {
    let text = |name: &str| headers[name].to_str().expect("a header is text").to_owned();
    (text("ratelimit-policy"), text("ratelimit"))
}

/// Six a minute.
fn limit(remaining: u32, full_in_s: u32) -> (String, String) {
    ("\"default\";q=6;w=60".to_owned(), format!("\"default\";r={remaining};t={full_in_s}"))
}

#[track_caller]
fn request_id(answer: &Answer) -> &str {
    answer.headers["x-request-id"].to_str().expect("a header is text")
}
