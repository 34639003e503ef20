//! Attacks on the provider, through its doors: what was stolen is worth nothing, and what it had opened is closed.
//!
//! Those that need to look inside (what was audited, how often a password was hashed) are told beside the provider itself, in
//! `server/src/http/oauth/tests`.

use alc_tests::browser::Browser;

use crate::oauth::{Client, Shown, VERIFIER, log_in_with, opened, session_of};
use crate::world::{Inhabited as _, Partner, Receiver, World, http};

stories! {
    /// Two hold the code, and nobody can say who is who: both lose what it gave, and leads are no longer texted for it.
    async fn a_replayed_code_ends_all_that_hangs_on_it(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let code = client.code(&member, &[]).await;
        let pair = client.redeem(&code, &[]).await.expect(200);
        let (receiver, lead) = in_conversation(&world, &pair).await;

        assert_eq!(client.redeem(&code, &[]).await.expect(400)["error"], "invalid_grant");
        has_ended(&world, &client, &pair, &receiver, &lead).await;
    }

    async fn a_reused_refresh_token_ends_all_that_hangs_on_it(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let stolen = client.tokens(&member).await;
        let pair = client.refresh(&stolen).await.expect(200);
        let (receiver, lead) = in_conversation(&world, &pair).await;

        assert_eq!(client.refresh(&stolen).await.expect(400)["error"], "invalid_grant");
        has_ended(&world, &client, &pair, &receiver, &lead).await;
    }

    async fn a_stolen_code_is_worth_nothing_to_another_client(world: World) {
        let (client, thief) = (Client::confidential(&world).await, Client::confidential(&world).await);
        let code = client.code(&world.member("acme").await, &[]).await;
        let thief_without_secret = Client::public(&world).await;
        for other in [&thief, &thief_without_secret] {
            assert_eq!(other.redeem(&code, &[]).await.expect(400)["error"], "invalid_grant");
        }
        client.redeem(&code, &[]).await.expect(200);
    }

    /// Nor can it end them.
    async fn tokens_of_another_client_are_not_told_about(world: World) {
        let (client, thief) = (Client::confidential(&world).await, Client::confidential(&world).await);
        let pair = client.tokens(&world.member("acme").await).await;
        for name in ["access_token", "refresh_token"] {
            let stolen = pair[name].as_str().unwrap();
            assert_eq!(client.introspect(stolen).await.expect(200)["active"], true);
            assert_eq!(thief.introspect(stolen).await.expect(200), serde_json::json!({ "active": false }));
            thief.revoke(stolen).await;
            assert_eq!(client.introspect(stolen).await.expect(200)["active"], true);
        }
        assert_eq!(client.status_with(&pair).await, 200);
        assert_eq!(thief.refresh(&pair).await.expect(400)["error"], "invalid_grant");
        client.refresh(&pair).await.expect(200);
    }

    async fn a_stolen_code_is_worth_nothing_without_its_verifier(world: World) {
        let client = Client::public(&world).await;
        let code = client.code(&world.member("acme").await, &[]).await;
        for guess in [VERIFIER.replace('d', "e").as_str(), crate::oauth::CHALLENGE, ""] {
            let refused = client.redeem(&code, &[("code_verifier", guess)]).await.expect(400);
            assert_eq!(refused["error"], "invalid_grant", "{guess}");
        }
        client.redeem(&code, &[]).await.expect(200);
    }

    /// A challenge that a thief left out of the request makes the client's verifier one too many.
    async fn pkce_cannot_be_talked_away(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let bare = client.code(&member, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
        assert_eq!(client.redeem(&bare, &[]).await.expect(400)["error"], "invalid_grant");

        let session = session_of(&world, &member).await;
        for plain in [[("code_challenge_method", "plain")], [("code_challenge_method", "")]] {
            let shown = opened(&client.asking(&plain), &session).await;
            assert_eq!(shown.answered("error").as_deref(), Some("invalid_request"), "{shown:?}");
        }
        let public = Client::public(&world).await;
        let without = public.asking(&[("code_challenge", ""), ("code_challenge_method", "")]);
        assert_eq!(opened(&without, &session).await.answered("error").as_deref(), Some("invalid_request"));
    }

    /// Whoever gets the code sent elsewhere has it.
    async fn a_redirect_that_only_looks_registered_is_not_followed(world: World) {
        let session = session_of(&world, &world.member("acme").await).await;
        let uri = "https://app.example.com/oauth/callback";
        let made = world.operator().create_client("Partner", vec![uri.to_owned()], false).await.unwrap();
        let client = Client::of(&world, made, uri.to_owned());
        for trick in [
            // What comes before or after it.
            "https://app.example.com/oauth/callback/",
            "https://app.example.com/oauth/callback/../../evil",
            "https://app.example.com/oauth/callback2",
            "https://app.example.com/oauth",
            "https://app.example.com/oauth/callback?next=https://evil.example",
            "https://app.example.com/oauth/callback#",
            "https://app.example.com/oauth/callback#https://evil.example",
            // Whose it is.
            "https://app.example.com.evil.example/oauth/callback",
            "https://evil.example/app.example.com/oauth/callback",
            "https://app.example.com@evil.example/oauth/callback",
            "https://app.example.com:x@evil.example/oauth/callback",
            "https://evil.example#@app.example.com/oauth/callback",
            "https://evil.example\\@app.example.com/oauth/callback",
            "https://ada@app.example.com/oauth/callback",
            "https://app.example.com:443/oauth/callback",
            "https://app.example.com:8443/oauth/callback",
            "https://app.example.com./oauth/callback",
            "//app.example.com/oauth/callback",
            "/oauth/callback",
            // How it is written.
            "http://app.example.com/oauth/callback",
            "HTTPS://app.example.com/oauth/callback",
            "https://APP.example.com/oauth/callback",
            "https://app.example.com/OAuth/callback",
            "https://app.example.com/oauth%2Fcallback",
            "https://app.example.com/oauth/c%61llback",
            "https://app.example.com/oauth/callback%00",
            "https://app.example.com/oauth/callback ",
            " https://app.example.com/oauth/callback",
            "https://app.example.com/oauth/\tcallback",
            "javascript:alert(1)",
            "data:text/html,evil",
        ] {
            let shown = opened(&client.asking(&[("redirect_uri", trick)]), &session).await;
            assert_eq!((shown.status, shown.location.as_str()), (400, ""), "{trick}");
            // Nor does a form that somebody rewrote get further.
            let asked = url::Url::parse(&client.asking(&[("redirect_uri", trick)])).unwrap();
            let mut form: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
            form.push(("decision".to_owned(), "allow".to_owned()));
            let posted = http().post(format!("{}/oauth/authorize", world.url())).header("cookie", &session).form(&form);
            let shown = Shown::by(posted).await;
            assert_eq!((shown.status, shown.location.as_str()), (400, ""), "{trick}");
        }
        // Two of them are none.
        let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", client.asking(&[]));
        assert_eq!(opened(&twice, &session).await.status, 400);
        let code = client.asking(&[]);
        assert_eq!(opened(&code, &session).await.status, 200, "the registered one is asked for consent");
    }

    async fn another_sites_forms_do_nothing_in_a_persons_name(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let session = session_of(&world, &member).await;
        let asked = url::Url::parse(&client.asking(&[])).unwrap();
        let mut consent: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
        consent.push(("decision".to_owned(), "allow".to_owned()));
        let login = [("email", member.email.as_str()), ("password", member.password.as_str())];
        for foreign in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")] {
            let posted = http().post(format!("{}/oauth/authorize", world.url())).form(&consent);
            let shown = Shown::by(posted.header("cookie", &session).header(foreign.0, foreign.1)).await;
            assert_eq!((shown.status, shown.location.as_str()), (403, ""), "{foreign:?}: {shown:?}");
            // Logged in as somebody else, a person would connect the wrong account.
            let shown = log_in_with(world.url(), &login, &[foreign]).await;
            assert_eq!((shown.status, &shown.cookie), (403, &None), "{foreign:?}: {shown:?}");
        }
    }

    async fn no_page_can_be_framed_scripted_or_kept(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let (session, service) = (session_of(&world, &member).await, world.url());
        let pages = [
            opened(&format!("{service}/login"), "").await,
            opened(&format!("{service}/login"), &session).await,
            opened(&client.asking(&[]), &session).await,
            opened(&client.asking(&[("client_id", "client_0")]), &session).await,
            log_in_with(service, &[("email", "<script>alert(1)</script>"), ("password", "wrong horse")], &[]).await,
        ];
        for page in pages {
            assert_eq!(page.header("x-frame-options"), "DENY", "{page:?}");
            assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{page:?}");
            let policy = page.header("content-security-policy");
            for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
                assert!(policy.contains(rule), "{policy}");
            }
            assert!(!page.body.contains("<script") && !page.body.contains(" on"), "{}", page.body);
            assert!(!page.body.contains("style=") && !policy.contains("unsafe"), "{policy}");
        }
    }

    /// Addresses are written into logs and histories.
    async fn a_secret_in_an_address_is_not_read(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let pair = client.tokens(&member).await;
        let (service, text) = (world.url(), |name: &str| pair[name].as_str().unwrap().to_owned());
        let shown = opened(&format!("{service}/api/v1/leads?access_token={}", text("access_token")), "").await;
        assert_eq!(shown.status, 401, "{shown:?}");

        let secret = client.secret.clone().unwrap();
        for path in ["token", "revoke", "introspect"] {
            let query = [
                ("grant_type", "refresh_token"),
                ("refresh_token", &text("refresh_token")),
                ("token", &text("refresh_token")),
                ("client_id", &client.id),
                ("client_secret", &secret),
            ];
            let url = url::Url::parse_with_params(&format!("{service}/oauth/{path}"), query).unwrap();
            let nothing: [(&str, &str); 0] = [];
            let shown = Shown::by(http().post(url).form(&nothing)).await;
            assert_eq!(shown.status, 401, "{path}: {shown:?}");
        }
        client.refresh(&pair).await.expect(200);
        let login = format!("{service}/login?email={}&password={}", member.email, member.password.replace(' ', "+"));
        assert_eq!(opened(&login, "").await.cookie, None);
    }

    async fn nobody_gets_more_than_was_granted(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let code = client.code(&member, &[("scope", "leads:read")]).await;
        let pair = client.redeem(&code, &[("scope", "leads:read leads:write")]).await.expect(200);
        assert_eq!(pair["scope"], "leads:read");

        for more in ["leads:read leads:write", "leads:write", "admin", "*"] {
            let refused = client.refresh_for(&pair, more).await.expect(400);
            assert_eq!(refused["error"], "invalid_scope", "{more}");
        }
        let pair = client.refresh(&pair).await.expect(200);
        let partner = Partner::with_token(&world, pair["access_token"].as_str().unwrap());
        let draft = serde_json::json!({ "recordId": "x", "name": "Ada", "phoneNumber": "+442079460000" });
        assert_eq!(partner.post("/api/v1/leads", &draft).await.problem(), (403, "insufficient_scope"));
    }

    async fn a_login_leads_to_no_other_site(world: World) {
        let member = world.member("acme").await;
        for trick in ["//evil.example", "/\\evil.example", "https://evil.example/", "/\t/evil.example", "javascript:x"] {
            let form = [("email", member.email.as_str()), ("password", &member.password), ("return_to", trick)];
            let shown = log_in_with(world.url(), &form, &[]).await;
            assert_eq!((shown.status, shown.location.as_str()), (303, "/login"), "{trick}");
        }
    }

    /// Planted by somebody who waits for the person to log in with it.
    async fn a_planted_session_is_worth_nothing_after_the_login(world: World) {
        let (thief, member) = (world.member("acme").await, world.member("another workspace").await);
        let planted = session_of(&world, &thief).await;
        let form = [("email", member.email.as_str()), ("password", &member.password)];
        let shown = log_in_with(world.url(), &form, &[("cookie", &planted)]).await;
        assert_ne!(shown.cookie.as_ref(), Some(&planted));

        let page = opened(&format!("{}/login", world.url()), &planted).await;
        assert!(page.body.contains("Log in</h1>") && !page.body.contains(&member.email), "{}", page.body);
    }

    async fn what_a_deleted_client_had_is_worth_nothing(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let (pair, code) = (client.tokens(&member).await, client.code(&member, &[]).await);
        let (receiver, lead) = in_conversation(&world, &pair).await;
        let page = Browser::new().open(&client.asking(&[])).await.unwrap();
        assert!(page.form_with("password").is_some());

        world.operator().delete_client(&client.id).await.unwrap();
        assert_eq!(client.redeem(&code, &[]).await.expect(401)["error"], "invalid_client");
        assert_eq!(client.refresh(&pair).await.expect(401)["error"], "invalid_client");
        assert_eq!(Browser::new().open(&client.asking(&[])).await.unwrap().status, 400);
        hears_the_end(&world, &client, &pair, &receiver, &lead).await;
    }
}

/// A lead that was sent with this access and is being texted, and who hears of it.
async fn in_conversation(world: &World, pair: &serde_json::Value) -> (Receiver, String) {
    let partner = Partner::with_token(world, pair["access_token"].as_str().unwrap());
    let receiver = Receiver::start(&world.clock).await;
    partner.subscribes(&receiver, &["lead.processed", "lead.failed"]).await;
    let lead = partner.sends(&world.somebody()).await;
    world.settle().await;
    (receiver, lead)
}

/// Nothing of the grant opens any more, and who waited for its lead hears that it is over.
async fn has_ended(world: &World, client: &Client, pair: &serde_json::Value, receiver: &Receiver, lead: &str) {
    assert_eq!(client.refresh(pair).await.expect(400)["error"], "invalid_grant");
    hears_the_end(world, client, pair, receiver, lead).await;
}

async fn hears_the_end(world: &World, client: &Client, pair: &serde_json::Value, receiver: &Receiver, lead: &str) {
    assert_eq!(client.status_with(pair).await, 401);
    world.settle().await;
    let [told] = receiver.received().try_into().unwrap();
    assert_eq!((told.callback.lead_id.as_str(), told.callback.status.as_str()), (lead, "Cancelled"));
    let ada = world.somebody();
    world.sms.reply(&ada.phone, "hm").await.unwrap();
    world.settle().await;
    assert_eq!(world.texts_asked_for(&ada.phone), 1, "the lead is texted on");
}
