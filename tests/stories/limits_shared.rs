//! Several replicas and one Redis: a grant's limit holds over all of them, and nobody is worse off when it does not answer.

use std::time::Duration;

use alc_server::settings::Settings;

use crate::world::{Answer, Partner, RedisLine, World};

const LEADS: &str = "/api/v1/leads";

stories! {
    /// Time is the real one: six requests in a minute, however the two share them.
    async fn two_processes_share_a_limit(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "6") {
        let Some(redis) = RedisLine::start("limits_shared::two_processes_share_a_limit").await else { return };
        let url = redis.url();
        let shared = ["--redis", url.as_str()];
        let (one, two) = (world.alc_serves(&shared).await, world.alc_serves(&shared).await);
        let partner = Partner::operator(&world, "acme").await;
        let (here, there) = (partner.at(&one.1), partner.at(&two.1));
        for remaining in (0..6).rev() {
            let asked = if remaining % 2 == 0 { &here } else { &there };
            let answer = asked.get(LEADS).await;
            assert_eq!((answer.status, remaining_of(&answer)), (200, remaining));
        }
        for asked in [&here, &there] {
            let refused = asked.get(LEADS).await;
            assert_eq!(refused.problem(), (429, "rate_limited"));
            let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=10).contains(&wait), "{wait} s");
        }
    }

    async fn the_headers_of_replicas_are_exact(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "6") {
        let Some(redis) = RedisLine::start("limits_shared::the_headers_of_replicas_are_exact").await else { return };
        let (one, two) = (world.replica(sharing(&redis)).await, world.replica(sharing(&redis)).await);
        let partner = Partner::operator(&world, "acme").await;
        let (here, there) = (partner.at(&one.app.public_url), partner.at(&two.app.public_url));
        for (asked, standing) in [(&here, (5, 10)), (&there, (4, 20)), (&there, (3, 30)), (&here, (2, 40))] {
            assert_eq!(standing_of(&asked.get(LEADS).await), standing);
        }
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(standing_of(&there.get(LEADS).await), (2, 40), "ten seconds bring one back");
        for _ in 0..2 {
            here.get(LEADS).await.expect(200);
        }
        let refused = there.get(LEADS).await;
        assert_eq!((standing_of(&refused), &refused.headers["retry-after"]), ((0, 60), &"10".parse().unwrap()));
        // Another grant has a bucket of its own.
        let other = Partner::operator(&world, "acme").await.at(&one.app.public_url);
        assert_eq!(standing_of(&other.get(LEADS).await), (5, 10));
    }

    async fn a_redis_that_goes_away_in_the_middle_is_not_missed(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "6") {
        let Some(redis) = RedisLine::start("limits_shared::a_redis_that_goes_away_in_the_middle_is_not_missed").await else { return };
        let (one, two) = (world.replica(sharing(&redis)).await, world.replica(sharing(&redis)).await);
        let partner = Partner::operator(&world, "acme").await;
        let (here, there) = (partner.at(&one.app.public_url), partner.at(&two.app.public_url));
        assert_eq!(standing_of(&here.get(LEADS).await), (5, 10));
        assert_eq!(standing_of(&there.get(LEADS).await), (4, 20));

        redis.is_cut();
        // Each goes on from where it knows the bucket, and counts for itself.
        assert_eq!(standing_of(&here.get(LEADS).await), (4, 20));
        assert_eq!(standing_of(&there.get(LEADS).await), (3, 30));
        for remaining in (0..4).rev() {
            assert_eq!(remaining_of(&here.get(LEADS).await), remaining);
        }
        assert_eq!(here.get(LEADS).await.problem(), (429, "rate_limited"));

        redis.is_mended();
        world.clock.advance(Duration::from_secs(1));
        // Redis knows of the two before.
        assert_eq!(remaining_of(&here.get(LEADS).await), 3);
    }

    async fn a_redis_that_hangs_is_asked_once_a_second(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "600") {
        let Some(redis) = RedisLine::start("limits_shared::a_redis_that_hangs_is_asked_once_a_second").await else { return };
        let replica = world.replica(sharing(&redis)).await;
        let partner = Partner::operator(&world, "acme").await.at(&replica.app.public_url);
        assert_eq!(remaining_of(&partner.get(LEADS).await), 599);

        redis.is_held();
        partner.get(LEADS).await.expect(200);
        let asked = redis.asked();
        for _ in 0..20 {
            partner.get(LEADS).await.expect(200);
        }
        assert_eq!(redis.asked(), asked, "it is left alone");
        world.clock.advance(Duration::from_secs(1));
        for _ in 0..20 {
            partner.get(LEADS).await.expect(200);
        }
        let again = redis.asked() - asked;
        assert!((1..=4).contains(&again), "asked {again} times: a look, and perhaps a new connection for it");
    }

    /// Nothing was ever there to answer.
    async fn a_service_starts_without_its_redis(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "6", ALC_REDIS__URL = "redis://127.0.0.1:9/") {
        let partner = Partner::operator(&world, "acme").await;
        assert_eq!(standing_of(&partner.get(LEADS).await), (5, 10));
        assert_eq!(standing_of(&partner.get(LEADS).await), (4, 20));
        let odd = world.alc(&["serve", "--redis", "https://example.com/"]).await;
        assert!(odd.complaint().contains("redis.url") && odd.err.contains("ALC_REDIS__URL"), "{odd:?}");
    }
}

/// Longer than the setting's own time: a machine busy with stories is no slow Redis.
fn sharing(redis: &RedisLine) -> impl FnOnce(&mut Settings) {
    let url = redis.url();
    move |settings| (settings.redis.url, settings.redis.timeout_ms) = (url, 2_000)
}

#[track_caller]
fn remaining_of(answer: &Answer) -> i64 {
    standing_of(answer).0
}

/// What is left, and in how many seconds it is full.
#[track_caller]
fn standing_of(answer: &Answer) -> (i64, i64) {
    let text = answer.headers["ratelimit"].to_str().expect("a header is text");
    let number = |name: &str| {
        let number = text.split(';').find_map(|part| part.strip_prefix(name)).expect("the header has its parts");
        number.parse().expect("its parts are numbers")
    };
    (number("r="), number("t="))
}
