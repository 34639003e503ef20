//! Redeeming codes and refresh tokens: once each, by the client they were made for, and never for more.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

on_both! {
    a_code_becomes_tokens_that_work_until_they_expire,
    a_replayed_code_revokes_what_the_first_use_gave,
    two_who_redeem_at_once_do_not_both_get_tokens,
    a_code_is_bound_to_its_challenge,
    a_code_is_bound_to_its_client_and_redirect_uri,
    a_code_does_not_last,
    a_refresh_token_is_exchanged_for_the_next,
    a_refresh_token_used_twice_revokes_the_grant,
    a_refresh_token_is_bound_to_its_client_and_its_time,
    refreshing_may_ask_for_less_and_never_for_more,
    a_client_proves_who_it_is_in_one_way,
    what_is_no_token_request_is_refused_as_the_rfc_says,
}

async fn a_code_becomes_tokens_that_work_until_they_expire(world: World) {
    let tokens = world.tokens().await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert!(world.opens(&tokens["access_token"]).await);
    assert!(!world.opens(&tokens["refresh_token"]).await, "a refresh token is no access token");
    world.pass_seconds(3600);
    assert!(!world.opens(&tokens["access_token"]).await);

    let access = tokens["access_token"].as_str().unwrap();
    world.refresh(access, &[]).await.is_refused(400, "invalid_grant");
}

async fn a_replayed_code_revokes_what_the_first_use_gave(world: World) {
    let code = world.code(&[]).await;
    let tokens = world.redeem(&code, &[]).await.json();
    let other = world.tokens().await;
    // Without the verifier, too: whoever brings it may have stolen it.
    world.redeem(&code, &[("code_verifier", "")]).await.is_refused(400, "invalid_grant");

    assert!(!world.opens(&tokens["access_token"]).await);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    world.refresh(refresh_token, &[]).await.is_refused(400, "invalid_grant");
    assert!(world.opens(&other["access_token"]).await, "another grant of the same user went with it");
    assert_eq!(world.grants().await, [Some("code_replayed".to_owned()), None]);
    assert_eq!(world.audited("grant.revoked").await, 1);
}

async fn two_who_redeem_at_once_do_not_both_get_tokens(world: World) {
    let code = world.code(&[]).await;
    let (one, other) = tokio::join!(world.redeem(&code, &[]), world.redeem(&code, &[]));
    let (won, lost) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
    assert_eq!(won.status, StatusCode::OK);
    lost.is_refused(400, "invalid_grant");
    assert!(!world.opens(&won.json()["access_token"]).await);
}

async fn a_code_is_bound_to_its_challenge(world: World) {
    let code = world.code(&[]).await;
    let wrong = VERIFIER.replace('d', "e");
    for verifier in [wrong.as_str(), CHALLENGE, "", "short"] {
        world.redeem(&code, &[("code_verifier", verifier)]).await.is_refused(400, "invalid_grant");
    }
    assert_eq!(world.redeem(&code, &[]).await.status, StatusCode::OK, "guessing wrong does not burn the code");

    let bare = world.code(&[("code_challenge", ""), ("code_challenge_method", "")]).await;
    world.redeem(&bare, &[]).await.is_refused(400, "invalid_grant");
    assert_eq!(world.redeem(&bare, &[("code_verifier", "")]).await.status, StatusCode::OK);
}

async fn a_code_is_bound_to_its_client_and_redirect_uri(world: World) {
    let other = world.operator.create_client("Other", vec![CALLBACK.to_owned()], false).await.unwrap();
    let code = world.code(&[]).await;
    let theirs = [("client_id", other.id.as_str()), ("client_secret", other.secret.as_deref().unwrap())];
    world.redeem(&code, &theirs).await.is_refused(400, "invalid_grant");
    for wrong in ["", "https://app.example.com/callback/", "https://evil.example/"] {
        world.redeem(&code, &[("redirect_uri", wrong)]).await.is_refused(400, "invalid_grant");
    }
    assert_eq!(world.redeem(&code, &[]).await.status, StatusCode::OK);
}

async fn a_code_does_not_last(world: World) {
    let code = world.code(&[]).await;
    world.pass_seconds(59);
    let fresh = world.code(&[]).await;
    world.pass_seconds(1);
    world.redeem(&code, &[]).await.is_refused(400, "invalid_grant");
    assert_eq!(world.redeem(&fresh, &[]).await.status, StatusCode::OK);
    for unknown in ["alc_ac_x", "\0", &"x".repeat(10_000)] {
        let answer = world.redeem(unknown, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
}

async fn a_refresh_token_is_exchanged_for_the_next(world: World) {
    let first = world.tokens().await;
    let second = world.refresh(first["refresh_token"].as_str().unwrap(), &[]).await.json();
    assert!(world.opens(&second["access_token"]).await);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(world.grants().await, [None], "rotation keeps the grant");
    let third = world.refresh(second["refresh_token"].as_str().unwrap(), &[]).await;
    assert_eq!(third.status, StatusCode::OK);
}

async fn a_refresh_token_used_twice_revokes_the_grant(world: World) {
    let first = world.tokens().await;
    let stolen = first["refresh_token"].as_str().unwrap();
    let second = world.refresh(stolen, &[]).await.json();
    world.refresh(stolen, &[]).await.is_refused(400, "invalid_grant");

    for tokens in [&first, &second] {
        assert!(!world.opens(&tokens["access_token"]).await);
    }
    world.refresh(second["refresh_token"].as_str().unwrap(), &[]).await.is_refused(400, "invalid_grant");
    assert_eq!(world.grants().await, [Some("refresh_token_reused".to_owned())]);
}

async fn a_refresh_token_is_bound_to_its_client_and_its_time(world: World) {
    let tokens = world.tokens().await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let other = world.operator.create_client("Other", vec![CALLBACK.to_owned()], false).await.unwrap();
    let theirs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
        ("client_id", other.id.as_str()),
        ("client_secret", other.secret.as_deref().unwrap()),
    ];
    world.post("/oauth/token", &[], &theirs).await.is_refused(400, "invalid_grant");
    world.pass_seconds(7_776_000);
    world.refresh(refresh_token, &[]).await.is_refused(400, "invalid_grant");
}

async fn refreshing_may_ask_for_less_and_never_for_more(world: World) {
    let code = world.code(&[("scope", "leads:read leads:write")]).await;
    let tokens = world.redeem(&code, &[("scope", "webhooks:write")]).await.json();
    assert_eq!(tokens["scope"], "leads:read leads:write", "the code says what was granted, not who redeems it");

    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    for more in ["leads:read webhooks:write", "admin"] {
        world.refresh(refresh_token, &[("scope", more)]).await.is_refused(400, "invalid_scope");
    }
    let less = world.refresh(refresh_token, &[("scope", "leads:read")]).await.json();
    assert_eq!(less["scope"], "leads:read");
    let again = world.refresh(less["refresh_token"].as_str().unwrap(), &[]).await.json();
    assert_eq!(again["scope"], "leads:read leads:write", "what was granted stays granted");
}

async fn a_client_proves_who_it_is_in_one_way(world: World) {
    let (id, secret) = (world.client.id.as_str(), world.client.secret.as_deref().unwrap());
    let code = world.code(&[]).await;
    for (id, secret) in [(id, ""), (id, "alc_cs_wrong"), ("client_0", secret), ("", secret)] {
        let answer = world.redeem(&code, &[("client_id", id), ("client_secret", secret)]).await;
        answer.is_refused(401, "invalid_client");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"alc\"");
    }
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let both = [&form[..], &[("client_id", id), ("client_secret", secret)]].concat();
    world
        .post("/oauth/token", &[("authorization", &basic(id, secret))], &both)
        .await
        .is_refused(400, "invalid_request");
    for wrong in [basic(id, "wrong"), basic("client_0", secret), "Bearer x".to_owned(), "Basic ?".to_owned()] {
        world.post("/oauth/token", &[("authorization", &wrong)], &form).await.is_refused(401, "invalid_client");
    }
    let answer = world.post("/oauth/token", &[("authorization", &basic(id, secret))], &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
}

async fn what_is_no_token_request_is_refused_as_the_rfc_says(world: World) {
    let as_client = |form: Vec<(&'static str, &'static str)>| world.as_client("/oauth/token", form);
    as_client(vec![]).await.is_refused(400, "invalid_request");
    as_client(vec![("grant_type", "password")]).await.is_refused(400, "unsupported_grant_type");
    as_client(vec![("grant_type", "client_credentials")]).await.is_refused(400, "unsupported_grant_type");
    as_client(vec![("grant_type", "authorization_code")]).await.is_refused(400, "invalid_request");
    as_client(vec![("grant_type", "refresh_token")]).await.is_refused(400, "invalid_request");
    as_client(vec![("grant_type", "refresh_token"), ("grant_type", "refresh_token")])
        .await
        .is_refused(400, "invalid_request");

    let json = Request::post("/oauth/token").header("content-type", "application/json").body("{}".into()).unwrap();
    world.send(json).await.is_refused(400, "invalid_request");

    // Parameters in a URL end up in logs; they are not read there.
    let code = world.code(&[]).await;
    let query = encoded(&[("grant_type", "authorization_code"), ("code", &code)]);
    let answer = world.as_client(&format!("/oauth/token?{query}"), vec![]).await;
    answer.is_refused(400, "invalid_request");
}
