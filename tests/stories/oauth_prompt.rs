//! What a person is asked, and what not: `prompt`, and the consent that is remembered.

use std::time::Duration;

use alc_tests::browser::Browser;

use crate::oauth::{Client, Shown, answered, changed, opened, session_of};
use crate::world::{Inhabited as _, Member, World, http};

stories! {
    async fn with_prompt_none_nobody_is_asked_anything(world: World, ALC_OAUTH__REMEMBER_CONSENT = "true") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let asking = client.asking(&[("prompt", "none")]);
        let error = async |cookie: &str| opened(&asking, cookie).await.answered("error");
        assert_eq!(error("").await.as_deref(), Some("login_required"));
        let session = session_of(&world, &member).await;
        assert_eq!(error(&session).await.as_deref(), Some("consent_required"));

        let tokens = client.tokens(&member).await;
        let shown = opened(&asking, &session).await;
        assert_eq!(shown.answered("state").as_deref(), Some("a state"));
        assert_eq!(shown.answered("iss").as_deref(), Some(world.url()));
        let again = client.redeem(&shown.answered("code").unwrap(), &[]).await.expect(200);
        assert_eq!(client.status_with(&again).await, 200);

        // The grants are two: the end of one is not the end of the other.
        ends(&client, &tokens).await;
        assert_eq!((client.status_with(&tokens).await, client.status_with(&again).await), (401, 200));
        ends(&client, &again).await;
        assert_eq!(error(&session).await.as_deref(), Some("consent_required"), "what ended is remembered");
    }

    async fn a_public_client_is_never_answered_unseen(world: World, ALC_OAUTH__REMEMBER_CONSENT = "true") {
        let (client, member) = (Client::public(&world).await, world.member("acme").await);
        client.tokens(&member).await;
        let session = session_of(&world, &member).await;

        let shown = opened(&client.asking(&[("prompt", "none")]), &session).await;
        assert_eq!(shown.answered("error").as_deref(), Some("interaction_required"));
        asks_for_consent(&opened(&client.asking(&[]), &session).await);
    }

    async fn who_agreed_before_is_not_asked_again(world: World, ALC_OAUTH__REMEMBER_CONSENT = "true") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let some = [("scope", "leads:read leads:write")];
        client.redeem(&client.code(&member, &some).await, &[]).await.expect(200);
        let session = session_of(&world, &member).await;

        let less = opened(&client.asking(&[("scope", "leads:read")]), &session).await;
        let tokens = client.redeem(&less.answered("code").expect("nothing is asked"), &[]).await.expect(200);
        assert_eq!(tokens["scope"], "leads:read", "what was asked for, not what was given before");

        asks_for_consent(&opened(&client.asking(&[("scope", "leads:read webhooks:read")]), &session).await);
        asks_for_consent(&opened(&client.asking(&[]), &session).await);
        asks_for_consent(&opened(&client.asking(&[some[0], ("prompt", "consent")]), &session).await);
    }

    async fn consent_is_remembered_of_one_person_to_one_client(world: World, ALC_OAUTH__REMEMBER_CONSENT = "true") {
        let (client, other) = (Client::confidential(&world).await, Client::confidential(&world).await);
        let (ada, grace) = (world.member("acme").await, world.member("acme").await);
        client.tokens(&ada).await;

        asks_for_consent(&opened(&other.asking(&[]), &session_of(&world, &ada).await).await);
        asks_for_consent(&opened(&client.asking(&[]), &session_of(&world, &grace).await).await);
    }

    async fn consent_to_what_ran_out_is_forgotten(
        world: World,
        ALC_OAUTH__REMEMBER_CONSENT = "true",
        ALC_OAUTH__REFRESH_TOKEN_LIFETIME_S = "7200"
    ) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        client.tokens(&member).await;
        world.settle().await;
        let session = session_of(&world, &member).await;
        assert!(opened(&client.asking(&[]), &session).await.answered("code").is_some());

        world.later(Duration::from_hours(4)).await;
        asks_for_consent(&opened(&client.asking(&[]), &session).await);
    }

    async fn unless_told_to_remember_every_connection_is_asked_for(
        world: World,
        ALC_OAUTH__REMEMBER_CONSENT = "false"
    ) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        client.tokens(&member).await;
        asks_for_consent(&opened(&client.asking(&[]), &session_of(&world, &member).await).await);
    }

    async fn with_prompt_login_a_login_of_before_does_not_count(
        world: World,
        ALC_OAUTH__REMEMBER_CONSENT = "false"
    ) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let (asking, mut browser) = (client.asking(&[("prompt", "login")]), Browser::new());
        // Logged in, and made to log in again.
        log_in(&mut browser, world.url(), &member).await;
        for _ in 0..2 {
            let page = browser.open(&asking).await.unwrap();
            let login = page.form_with("password").expect("the password is asked for");
            assert!(page.body.contains("<h1>Log in again</h1>"), "{}", page.body);
            assert!(page.body.contains(&member.email), "who is logged in need not type the address: {}", page.body);
            let page = browser.submit(login.fill("email", &member.email).fill("password", &member.password)).await;
            let consent = page.unwrap().form_at("/oauth/authorize").expect("consent is asked for");
            let page = browser.submit(consent.fill("decision", "allow")).await.unwrap();
            assert!(answered(&page.url, "code").is_some(), "{page:?}");
            // It counted once.
            let again = browser.open(&asking).await.unwrap();
            assert!(again.form_with("password").is_some(), "{again:?}");
            // Of another request, though of the same client, it does not count.
            let other = browser.open(&client.asking(&[("prompt", "login"), ("state", "another")])).await.unwrap();
            assert!(other.form_with("password").is_some(), "{other:?}");
            log_in(&mut browser, world.url(), &member).await;
        }
    }

    async fn who_says_no_logs_in_again_before_the_next_question(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let (asking, mut browser) = (client.asking(&[("prompt", "login")]), Browser::new());
        let login = browser.open(&asking).await.unwrap().form_with("password").expect("the password is asked for");
        let page = browser.submit(login.fill("email", &member.email).fill("password", &member.password)).await;
        let consent = page.unwrap().form_at("/oauth/authorize").expect("consent is asked for");
        let page = browser.submit(consent.fill("decision", "deny")).await.unwrap();
        assert_eq!(answered(&page.url, "error").as_deref(), Some("access_denied"), "{page:?}");
        assert!(browser.open(&asking).await.unwrap().form_with("password").is_some());
    }

    async fn a_form_that_leaves_the_login_out_decides_nothing(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let session = session_of(&world, &member).await;
        let asked = url::Url::parse(&client.asking(&[("prompt", "login")])).unwrap();
        let form: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let form = changed(&form, &[("decision", "allow")]);
        let posted = http().post(format!("{}/oauth/authorize", world.url())).header("cookie", session).form(&form);
        let shown = Shown::by(posted).await;
        assert!(shown.location.starts_with("/login?"), "{shown:?}");
    }

    async fn what_prompt_cannot_mean_goes_back_to_the_client(world: World) {
        let client = Client::confidential(&world).await;
        for prompt in ["none login", "select_account", "NONE"] {
            let shown = opened(&client.asking(&[("prompt", prompt)]), "").await;
            assert_eq!(shown.answered("error").as_deref(), Some("invalid_request"), "{prompt}");
        }
    }
}

/// The consent page, and nobody was sent anywhere.
#[track_caller]
fn asks_for_consent(shown: &Shown) {
    assert_eq!((shown.status, shown.location.as_str()), (200, ""), "{shown:?}");
    assert!(shown.body.contains(r#"value="allow""#), "{}", shown.body);
}

/// The client gives the whole grant back.
async fn ends(client: &Client, pair: &serde_json::Value) {
    client.revoke(pair["refresh_token"].as_str().unwrap()).await.expect(200);
}

async fn log_in(browser: &mut Browser, service: &str, member: &Member) {
    let page = browser.open(&format!("{service}/login?again=true")).await.unwrap();
    let login = page.form_with("password").expect("the login page has a form");
    let page = browser.submit(login.fill("email", &member.email).fill("password", &member.password)).await.unwrap();
    assert!(page.body.contains("You are logged in"), "{page:?}");
}
