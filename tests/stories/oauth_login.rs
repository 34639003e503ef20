//! Passwords are guessed: an account, or all of them from one place, is left alone for a while, and nobody learns who has one.

use std::time::Duration;

use alc_server::door::Door;
use alc_server::serve;
use tokio::task::JoinSet;

use crate::oauth::{Shown, log_in, log_in_with};
use crate::world::{Inhabited as _, Member, World};

const WINDOW: Duration = Duration::from_mins(15);

stories! {
    async fn a_hundred_bad_logins_get_ten_guesses(world: World) {
        let (ada, grace) = (world.member("acme").await, world.member("acme").await);
        for attempt in 0..100 {
            let shown = log_in(world.url(), &ada.email, &format!("wrong horse {attempt}")).await;
            assert_eq!(shown.status, if attempt < 10 { 403 } else { 429 }, "attempt {attempt}");
        }

        is_locked(&right(&world, &ada).await, WINDOW);
        assert_eq!(right(&world, &grace).await.status, 303, "another account went with it");

        world.later(WINDOW / 3).await;
        let shown = right(&world, &ada).await;
        is_locked(&shown, WINDOW / 3 * 2);
        assert!(shown.body.contains("Wait 10 minutes"), "{}", shown.body);
        world.later(WINDOW / 3 * 2).await;
        assert_eq!(right(&world, &ada).await.status, 303);
    }

    async fn a_hundred_at_once_get_no_more(world: World) {
        let ada = world.member("acme").await;
        let mut attempts = JoinSet::new();
        for _ in 0..100 {
            let (service, email) = (world.url().to_owned(), ada.email.clone());
            attempts.spawn(async move { log_in(&service, &email, "wrong horse").await.status });
        }
        let guesses = attempts.join_all().await.into_iter().filter(|status| *status == 403).count();

        assert_eq!(guesses, 10);
        is_locked(&right(&world, &ada).await, WINDOW);
    }

    async fn an_address_without_an_account_is_locked_like_any(world: World) {
        let ada = world.member("acme").await;
        let nobody = "nobody.at.all.in.here@example.com";
        for attempt in 0..12 {
            let known = log_in(world.url(), &ada.email, "wrong horse").await;
            let unknown = log_in(world.url(), nobody, "wrong horse").await;
            assert_eq!(known.status, unknown.status, "attempt {attempt}");
            assert_eq!(known.retry_after, unknown.retry_after, "attempt {attempt}");
            assert_eq!(known.body.replace(&ada.email, ""), unknown.body.replace(nobody, ""), "attempt {attempt}");
        }
        // Written otherwise it is the same account.
        is_locked(&log_in(world.url(), &ada.email.to_uppercase(), &ada.password).await, WINDOW);
    }

    async fn the_right_password_clears_the_account(world: World) {
        let ada = world.member("acme").await;
        for _ in 0..3 {
            for _ in 0..9 {
                assert_eq!(log_in(world.url(), &ada.email, "wrong horse").await.status, 403);
            }
            assert_eq!(right(&world, &ada).await.status, 303);
        }
    }

    async fn guessing_at_many_accounts_from_one_address_is_stopped(
        world: World,
        ALC_SERVER__TRUSTED_PROXIES = "1",
        ALC_OAUTH__LOGIN_FAILURES_PER_ADDRESS = "20"
    ) {
        let ada = world.member("acme").await;
        for account in 0..20 {
            let shown = from("198.51.100.7", &world, &format!("somebody.{account}@example.com"), "wrong horse").await;
            assert_eq!(shown.status, 403, "attempt {account}");
        }

        is_locked(&from("198.51.100.7", &world, &ada.email, &ada.password).await, WINDOW);
        is_locked(&from("203.0.113.1, 198.51.100.7", &world, &ada.email, &ada.password).await, WINDOW);
        assert_eq!(from("198.51.100.8", &world, &ada.email, &ada.password).await.status, 303);
        world.later(WINDOW).await;
        assert_eq!(from("198.51.100.7", &world, &ada.email, &ada.password).await.status, 303);
    }

    /// No proxy stands in front: the address is that of the connection, whatever the request says of itself.
    async fn guessing_without_a_proxy_is_stopped_as_well(
        world: World,
        ALC_OAUTH__LOGIN_FAILURES_PER_ADDRESS = "20"
    ) {
        let ada = world.member("acme").await;
        for account in 0..20 {
            let made_up = format!("198.51.100.{account}");
            let shown = from(&made_up, &world, &format!("somebody.{account}@example.com"), "wrong horse").await;
            assert_eq!(shown.status, 403, "attempt {account}");
        }
        is_locked(&right(&world, &ada).await, WINDOW);
    }

    /// Who has an account must not get more guesses at those of others by logging in in between.
    async fn logging_in_does_not_clear_the_address(
        world: World,
        ALC_SERVER__TRUSTED_PROXIES = "1",
        ALC_OAUTH__LOGIN_FAILURES_PER_ADDRESS = "4"
    ) {
        let thief = world.member("acme").await;
        for account in 0..4 {
            let victim = format!("somebody.{account}@example.com");
            assert_eq!(from("198.51.100.7", &world, &thief.email, &thief.password).await.status, 303);
            assert_eq!(from("198.51.100.7", &world, &victim, "wrong horse").await.status, 403);
        }
        is_locked(&from("198.51.100.7", &world, &thief.email, &thief.password).await, WINDOW);
    }

    async fn replicas_count_together(world: World) {
        let settings = world.service.app.settings.clone();
        let replica = serve::start(settings, world.store.clone(), Door::new(world.clock.clone())).await.unwrap();
        let ada = world.member("acme").await;
        for attempt in 0..10 {
            let service = if attempt % 2 == 0 { world.url() } else { &replica.app.public_url };
            assert_eq!(log_in(service, &ada.email, "wrong horse").await.status, 403);
        }

        for service in [world.url(), &replica.app.public_url] {
            is_locked(&log_in(service, &ada.email, &ada.password).await, WINDOW);
        }
        replica.stop().await.unwrap();
    }

    async fn what_is_missing_is_said_at_its_field(world: World) {
        let without_email = log_in(world.url(), "", "correct horse battery").await;
        assert_eq!(without_email.status, 400);
        assert!(without_email.body.contains("Enter your email address."), "{}", without_email.body);
        assert!(marked(&without_email, "email") && !marked(&without_email, "password"), "{}", without_email.body);

        let without_password = log_in(world.url(), "ada@example.com", "").await;
        assert_eq!(without_password.status, 400);
        assert!(marked(&without_password, "password") && !marked(&without_password, "email"));
        assert!(without_password.body.contains(r#"value="ada@example.com""#), "{}", without_password.body);
    }
}

async fn right(world: &World, member: &Member) -> Shown {
    log_in(world.url(), &member.email, &member.password).await
}

/// As our proxy passes it on.
async fn from(addresses: &str, world: &World, email: &str, password: &str) -> Shown {
    let form = [("email", email), ("password", password)];
    log_in_with(world.url(), &form, &[("x-forwarded-for", addresses)]).await
}

/// Whether the field is marked as the one to mend, and leads to the words that say how.
fn marked(shown: &Shown, field: &str) -> bool {
    let input = shown.body.split("<input").find(|input| input.contains(&format!("id=\"{field}\""))).unwrap();
    input.contains(r#"aria-invalid="true""#) && input.contains(r#"aria-describedby="problem""#)
}

/// Refused without a session, with a word on how long it lasts.
#[track_caller]
fn is_locked(shown: &Shown, for_at_most: Duration) {
    assert_eq!((shown.status, &shown.cookie), (429, &None), "{shown:?}");
    let seconds = u64::try_from(shown.retry_after.expect("it says when to try again")).unwrap();
    assert!(seconds > 0 && seconds <= for_at_most.as_secs(), "{seconds} s");
    assert!(shown.body.contains("Too many logins failed. Wait "), "{}", shown.body);
}
