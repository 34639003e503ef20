//! Logging in and out: passwords, cookies, and what they give away.

use super::*;
use crate::password::work;

on_both! {
    the_right_password_gives_a_session_and_the_way_back,
    a_wrong_password_and_an_unknown_address_look_the_same,
    an_unknown_address_costs_the_same_work_as_a_known_one,
    logging_out_ends_the_session,
    logins_from_another_site_are_refused,
    over_https_the_cookie_is_for_this_host_alone,
}

impl World {
    async fn log_in(&self, email: &str, password: &str, cookie: &str) -> Answer {
        let form = [("email", email), ("password", password), ("return_to", "/oauth/authorize?x=1")];
        self.post("/login", &[("cookie", cookie)], &form).await
    }
}

async fn the_right_password_gives_a_session_and_the_way_back(world: World) {
    world.create_user().await;
    let answer = world.log_in(" ADA@Example.com ", PASSWORD, "").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/oauth/authorize?x=1"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax;") && !cookie.contains("Secure"), "{cookie}");

    let cookie = cookie.split(';').next().unwrap();
    let account = world.get("/login", cookie).await;
    assert!(account.body.contains("acme") && account.body.contains(EMAIL), "{}", account.body);
    let (token, now) = (cookie.strip_prefix("alc_session=").unwrap().to_owned(), world.app.now());
    let kept = world.app.store.read(async move |tx| tx.session(&token, now).await).await.unwrap();
    assert!(kept.is_none(), "the store keeps the token itself");

    // A login starts a new session and ends the one before.
    let again = world.log_in(EMAIL, PASSWORD, cookie).await;
    assert!(!again.header("set-cookie").starts_with(cookie));
    assert!(world.get("/login", cookie).await.body.contains("Log in"));
    assert_eq!(world.audited("login.succeeded").await, 2);
}

async fn a_wrong_password_and_an_unknown_address_look_the_same(world: World) {
    world.create_user().await;
    let wrong = world.log_in(EMAIL, "wrong horse battery", "").await;
    let unknown = world.log_in("eve@example.com", PASSWORD, "").await;
    for answer in [&wrong, &unknown] {
        answer.is_page(403);
        assert_eq!(answer.header("set-cookie"), "");
        assert!(answer.body.contains("do not belong together"));
    }
    assert_eq!(wrong.body.replace(EMAIL, ""), unknown.body.replace("eve@example.com", ""));
    assert_eq!(world.audited("login.failed").await, 2);
    let audit = world.app.store.read(async |tx| tx.audited().await).await.unwrap();
    assert!(!format!("{audit:?}").contains('@'), "an address stands in the audit log");
}

async fn an_unknown_address_costs_the_same_work_as_a_known_one(world: World) {
    world.create_user().await;
    let (known, unknown) = (world.app.door.token(), world.app.door.token());
    world.log_in(EMAIL, &known, "").await.is_page(403);
    world.log_in("eve@example.com", &unknown, "").await.is_page(403);
    assert_eq!(work::done(&known), ["argon2id m=19456,t=2,p=1"]);
    assert_eq!(work::done(&unknown), work::done(&known));

    // Neither costs anything once it is locked.
    for _ in 0..9 {
        world.log_in(EMAIL, &known, "").await.is_page(403);
        world.log_in("eve@example.com", &unknown, "").await.is_page(403);
    }
    world.log_in(EMAIL, &known, "").await.is_page(429);
    world.log_in("eve@example.com", &unknown, "").await.is_page(429);
    assert_eq!((work::done(&known).len(), work::done(&unknown).len()), (10, 10));
    assert_eq!(world.audited("login.failed").await, 20, "what is refused unseen is no failed login");
}

async fn logging_out_ends_the_session(world: World) {
    let answer = world.post("/logout", &[("cookie", &world.cookie)], &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert!(world.authorize(&[]).await.header("location").starts_with("/login?"));
}

async fn logins_from_another_site_are_refused(world: World) {
    let foreign = [("sec-fetch-site", "cross-site"), ("cookie", world.cookie.as_str())];
    let form = [("email", EMAIL), ("password", PASSWORD)];
    world.post("/login", &foreign, &form).await.is_page(403);
    world.post("/logout", &foreign, &[]).await.is_page(403);
    assert_eq!(world.authorize(&[]).await.status, StatusCode::OK, "a foreign form logged somebody out");
}

async fn over_https_the_cookie_is_for_this_host_alone(world: World) {
    let world = world.reached_at("https://alc.example.com");
    world.create_user().await;
    let cookie = world.log_in(EMAIL, PASSWORD, "").await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-alc_session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(world.authorize(&[]).await.header("location").starts_with("/login?"), "a cookie of another name was taken");
}
