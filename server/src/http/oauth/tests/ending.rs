//! How access ends: given back, taken away with its client, or asked about afterwards.

use super::*;

on_both! {
    a_revoked_refresh_token_takes_its_grant_with_it,
    a_revoked_access_token_goes_alone,
    nobody_revokes_or_reads_the_tokens_of_others,
    a_client_learns_what_its_tokens_are_worth,
    a_public_client_gives_back_but_is_told_nothing,
    tokens_and_codes_of_a_deleted_client_are_worth_nothing,
    an_operators_token_lasts_until_it_is_revoked,
    the_operator_is_told_what_is_wrong_with_what_was_typed,
}

async fn a_revoked_refresh_token_takes_its_grant_with_it(world: World) {
    let tokens = world.tokens().await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        let answer = world.as_client("/oauth/revoke", vec![("token", refresh_token)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    }
    assert!(!world.opens(&tokens["access_token"]).await);
    world.refresh(refresh_token, &[]).await.is_refused(400, "invalid_grant");
    assert_eq!(world.grants().await, [Some("token_revoked".to_owned())]);
    assert_eq!(world.audited("grant.revoked").await, 1);
}

async fn a_revoked_access_token_goes_alone(world: World) {
    let tokens = world.tokens().await;
    let access_token = tokens["access_token"].as_str().unwrap();
    let answer = world.as_client("/oauth/revoke", vec![("token", access_token)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!world.opens(&tokens["access_token"]).await);
    assert_eq!(world.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.status, StatusCode::OK);
}

async fn nobody_revokes_or_reads_the_tokens_of_others(world: World) {
    let tokens = world.tokens().await;
    let other = world.operator.create_client("Other", vec![CALLBACK.to_owned()], false).await.unwrap();
    for token in [&tokens["access_token"], &tokens["refresh_token"]] {
        let form = [
            ("token", token.as_str().unwrap()),
            ("client_id", other.id.as_str()),
            ("client_secret", other.secret.as_deref().unwrap()),
        ];
        world.post("/oauth/revoke", &[], &form).await.is_refused(400, "unauthorized_client");
        assert_eq!(world.post("/oauth/introspect", &[], &form).await.body, r#"{"active":false}"#);
        world.post("/oauth/revoke", &[], &form[..1]).await.is_refused(401, "invalid_client");
        world.post("/oauth/introspect", &[], &form[..1]).await.is_refused(401, "invalid_client");
    }
    assert!(world.opens(&tokens["access_token"]).await);
}

async fn a_client_learns_what_its_tokens_are_worth(world: World) {
    let tokens = world.tokens().await;
    let introspect = async |token: &str| world.as_client("/oauth/introspect", vec![("token", token)]).await.json();
    let access_token = tokens["access_token"].as_str().unwrap();
    let known = introspect(access_token).await;
    assert_eq!(known["active"], true);
    assert_eq!(known["scope"], tokens["scope"]);
    assert_eq!(known["client_id"], world.client.id.as_str());
    assert_eq!(known["iss"], "http://alc.test");
    assert_eq!(known["exp"].as_i64().unwrap() - known["iat"].as_i64().unwrap(), 3600);

    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(introspect(refresh_token).await["active"], true);
    world.refresh(refresh_token, &[]).await;
    assert_eq!(introspect(refresh_token).await["active"], false, "it was used");
    assert_eq!(introspect("unknown").await["active"], false);
    world.pass_seconds(3600);
    assert_eq!(introspect(access_token).await["active"], false, "it has expired");
}

async fn a_public_client_gives_back_but_is_told_nothing(world: World) {
    let public = world.operator.create_client("Phone", vec![CALLBACK.to_owned()], true).await.unwrap();
    let id = [("client_id", public.id.as_str()), ("client_secret", "")];
    let tokens = world.redeem(&world.code(&id[..1]).await, &id).await.json();
    let form = [("client_id", public.id.as_str()), ("token", tokens["refresh_token"].as_str().unwrap())];
    world.post("/oauth/introspect", &[], &form).await.is_refused(401, "invalid_client");
    assert_eq!(world.post("/oauth/revoke", &[], &form).await.status, StatusCode::OK);
    assert!(!world.opens(&tokens["access_token"]).await);
}

async fn tokens_and_codes_of_a_deleted_client_are_worth_nothing(world: World) {
    let (tokens, code) = (world.tokens().await, world.code(&[]).await);
    assert_eq!(world.operator.delete_client(world.client.id.as_str()).await.unwrap(), 2);

    assert!(!world.opens(&tokens["access_token"]).await);
    world.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.is_refused(401, "invalid_client");
    world.redeem(&code, &[]).await.is_refused(401, "invalid_client");
    assert_eq!(world.grants().await, vec![Some("client_deleted".to_owned()); 2]);
    assert!(world.operator.delete_client(world.client.id.as_str()).await.is_err(), "it is gone");
}

async fn an_operators_token_lasts_until_it_is_revoked(world: World) {
    let place = Place { workspace: "acme".to_owned(), default_region: Some("gb".to_owned()) };
    let made = world.operator.create_token(place, &["leads:read".to_owned()]).await.unwrap();
    let token = Value::from(made.token);
    world.pass_seconds(10 * 365 * 86_400);
    assert!(world.opens(&token).await);
    let form = vec![("token", token.as_str().unwrap())];
    world.as_client("/oauth/revoke", form).await.is_refused(400, "unauthorized_client");
    assert_eq!(world.operator.grants(None).await.unwrap().len(), 1);

    assert!(world.operator.revoke_grant(made.grant.as_str()).await.unwrap());
    assert!(!world.opens(&token).await);
    assert!(!world.operator.revoke_grant(made.grant.as_str()).await.unwrap());
    assert!(world.operator.revoke_grant("grant_0").await.is_err());
    assert!(world.operator.grants(None).await.unwrap().is_empty());
}

async fn the_operator_is_told_what_is_wrong_with_what_was_typed(world: World) {
    let message = |error: anyhow::Error| format!("{error:#}");
    let bad_uri = world.operator.create_client("X", vec!["http://evil.example/".to_owned()], false).await;
    assert!(message(bad_uri.err().unwrap()).contains("use https"));
    let no_name = world.operator.create_client(" ", vec![CALLBACK.to_owned()], false).await;
    assert!(message(no_name.err().unwrap()).contains("--name"));

    let place =
        |region: Option<&str>| Place { workspace: "acme".to_owned(), default_region: region.map(str::to_owned) };
    let bad_scope = world.operator.create_token(place(None), &["everything".to_owned()]).await;
    assert!(message(bad_scope.err().unwrap()).contains("leads:read"));
    let bad_region = world.operator.create_token(place(Some("ZZ")), &["leads:read".to_owned()]).await;
    assert!(message(bad_region.err().unwrap()).contains("--default-region"));

    world.create_user().await;
    let again = UserDraft { email: " ADA@example.com".to_owned(), password: PASSWORD.to_owned(), role: Role::Admin };
    let taken =
        world.operator.create_user(&again, Place { workspace: "elsewhere".to_owned(), default_region: None }).await;
    assert!(message(taken.err().unwrap()).contains("has that email"));
    let half = world.app.store.read(async |tx| tx.workspace_named("elsewhere").await);
    assert_eq!(half.await.unwrap(), None, "half of it was kept");
}
