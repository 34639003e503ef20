//! Asking for authorization: who is sent where, and who is not.

use super::*;

on_both! {
    consent_leads_back_with_a_code_the_state_and_the_issuer,
    saying_no_leads_back_without_a_grant,
    each_consent_makes_a_grant_of_its_own,
    a_redirect_uri_that_only_looks_like_the_registered_one_is_refused_here,
    an_unknown_or_deleted_client_is_refused_here,
    what_else_is_wrong_goes_back_to_the_client,
    a_public_client_must_use_pkce,
    who_is_not_logged_in_logs_in_first_and_comes_back,
    a_form_from_another_site_decides_nothing,
    pages_cannot_be_framed_and_show_what_they_are_given_as_text,
    the_metadata_names_what_there_is,
}

async fn consent_leads_back_with_a_code_the_state_and_the_issuer(world: World) {
    let page = world.authorize(&[("scope", "leads:write")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Attio") && page.body.contains("Send leads to be checked"), "{}", page.body);
    assert!(!page.body.contains("Choose where results"), "a scope that was not asked for is shown");

    let back = world.allow(&[("scope", "leads:write")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(back.answer("state").as_deref(), Some("a state"));
    assert_eq!(back.answer("iss").as_deref(), Some("http://alc.test"));
    let tokens = world.redeem(&back.answer("code").unwrap(), &[]).await.json();
    assert_eq!(tokens["scope"], "leads:write");
}

async fn saying_no_leads_back_without_a_grant(world: World) {
    let mut form = world.asking(&[]);
    form.push(("decision", "deny"));
    let back = world.post("/oauth/authorize", &[("cookie", &world.cookie)], &form).await;
    assert_eq!(back.answer("error").as_deref(), Some("access_denied"));
    assert_eq!(back.answer("iss").as_deref(), Some("http://alc.test"));
    assert_eq!(world.grants().await, []);
}

async fn each_consent_makes_a_grant_of_its_own(world: World) {
    world.code(&[]).await;
    world.code(&[]).await;
    assert_eq!(world.grants().await, [None, None]);
    assert_eq!(world.audited("consent.given").await, 2);
}

async fn a_redirect_uri_that_only_looks_like_the_registered_one_is_refused_here(world: World) {
    for trick in [
        "https://app.example.com/callback/",
        "https://app.example.com/callback/../evil",
        "https://app.example.com/callbackx",
        "https://app.example.com/",
        "https://app.example.com/callback?x=1",
        "https://app.example.com/callback#x",
        "https://app.example.com/callback%00",
        "https://app.example.com/callback%20",
        "https://app.example.com/%63allback",
        "https://APP.example.com/callback",
        "https://app.example.com/Callback",
        "https://app.example.com:443/callback",
        "https://app.example.com.evil.example/callback",
        "https://app.example.com@evil.example/callback",
        "https://user@app.example.com/callback",
        "https://evil.example/https://app.example.com/callback",
        "https://app.example.com\\@evil.example/callback",
        "http://app.example.com/callback",
        "//app.example.com/callback",
        "javascript:alert(1)//https://app.example.com/callback",
        " https://app.example.com/callback",
        "https://app.example.com/callback\n",
        "",
    ] {
        world.authorize(&[("redirect_uri", trick)]).await.is_page(400);
        world.allow(&[("redirect_uri", trick)]).await.is_page(400);
    }
    // Neither does saying it twice, in either order.
    let twice = format!("/oauth/authorize?{}&redirect_uri=https%3A%2F%2Fevil.example%2F", encoded(&world.asking(&[])));
    world.get(&twice, &world.cookie).await.is_page(400);
    assert_eq!(world.grants().await, []);
}

async fn an_unknown_or_deleted_client_is_refused_here(world: World) {
    for unknown in ["client_0", "", "client_\0", "' OR 1=1 --"] {
        world.authorize(&[("client_id", unknown)]).await.is_page(400);
    }
    world.operator.delete_client(world.client.id.as_str()).await.unwrap();
    world.authorize(&[]).await.is_page(400);
    world.allow(&[]).await.is_page(400);
}

async fn what_else_is_wrong_goes_back_to_the_client(world: World) {
    for (changes, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("scope", "admin")], "invalid_scope"),
        (&[("scope", "leads:read leads:delete")], "invalid_scope"),
    ] {
        for answer in [world.authorize(changes).await, world.allow(changes).await] {
            assert_eq!(answer.answer("error").as_deref(), Some(error), "{changes:?}");
            assert_eq!(answer.answer("state").as_deref(), Some("a state"));
            assert_eq!(answer.answer("code"), None);
        }
    }
    let twice = format!("/oauth/authorize?{}&scope=leads:read&scope=leads:write", encoded(&world.asking(&[])));
    assert_eq!(world.get(&twice, &world.cookie).await.answer("error").as_deref(), Some("invalid_request"));
}

async fn a_public_client_must_use_pkce(world: World) {
    let public = world.operator.create_client("Phone", vec![CALLBACK.to_owned()], true).await.unwrap();
    let id = public.id.as_str();
    let without = world.allow(&[("client_id", id), ("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert_eq!(without.answer("error").as_deref(), Some("invalid_request"));

    let code = world.code(&[("client_id", id)]).await;
    let answer = world.redeem(&code, &[("client_id", id), ("client_secret", "")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn who_is_not_logged_in_logs_in_first_and_comes_back(world: World) {
    let path = format!("/oauth/authorize?{}", encoded(&world.asking(&[])));
    for cookie in ["", "alc_session=", "alc_session=stolen", "x=y; alc_session=%00"] {
        let answer = world.get(&path, cookie).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let login = answer.header("location").to_owned();
        assert!(login.starts_with("/login?return_to=%2Foauth%2Fauthorize%3F"), "{login}");
        let page = world.get(&login, cookie).await;
        assert!(page.body.contains("name=\"return_to\" value=\"/oauth/authorize?"), "{}", page.body);
    }
    world.pass_seconds(86_400);
    let late = world.get(&path, &world.cookie).await;
    assert!(late.header("location").starts_with("/login?"), "a session outlived its end");
    let late = world.allow(&[]).await;
    assert!(late.header("location").starts_with("/login?"), "a session outlived its end");
}

async fn a_form_from_another_site_decides_nothing(world: World) {
    let mut form = world.asking(&[]);
    form.push(("decision", "allow"));
    for foreign in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "alc.test")],
        &[("origin", "null"), ("host", "alc.test")],
    ] {
        let headers: Vec<_> = [("cookie", world.cookie.as_str())].into_iter().chain(foreign.iter().copied()).collect();
        world.post("/oauth/authorize", &headers, &form).await.is_page(403);
    }
    assert_eq!(world.grants().await, []);
    let own = [("cookie", world.cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(world.post("/oauth/authorize", &own, &form).await.status, StatusCode::SEE_OTHER);
}

async fn pages_cannot_be_framed_and_show_what_they_are_given_as_text(world: World) {
    let name = "<script>alert(1)</script>";
    let client = world.operator.create_client(name, vec![CALLBACK.to_owned()], false).await.unwrap();
    let state = "\"><script>alert(2)</script>";
    let page = world.authorize(&[("client_id", client.id.as_str()), ("state", state)]).await;
    page.is_page(200);
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none';") && policy.ends_with("form-action 'self' https://app.example.com")
    );
    assert_eq!(world.get("/pages.css", "").await.header("content-type"), "text/css; charset=utf-8");
}

async fn the_metadata_names_what_there_is(world: World) {
    let metadata = world.get("/.well-known/oauth-authorization-server", "").await.json();
    assert_eq!(metadata["issuer"], "http://alc.test");
    for endpoint in ["token_endpoint", "revocation_endpoint", "introspection_endpoint"] {
        let url = metadata[endpoint].as_str().unwrap();
        let answer = world.post(url.strip_prefix("http://alc.test").unwrap(), &[], &[]).await;
        answer.is_refused(401, "invalid_client");
    }
    assert_eq!(metadata["authorization_endpoint"], "http://alc.test/oauth/authorize");
}
