//! Who did what: every deed that changes something leaves one line, with who, what, to which, when, by which request, from where;
//! and nothing that is secret or personal.

use alc_tests::browser::Browser;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Inhabited as _, Partner, Receiver, World, http, place};

stories! {
    async fn every_deed_leaves_one_line(world: World, ALC_WEBHOOKS__ATTEMPTS = "1", ALC_OAUTH__LOGIN_FAILURES_PER_ACCOUNT = "3") {
        // The operator's.
        let member = world.member("acme").await;
        let made = world.alc_json(&["client", "create", "--name", "Canary Client", "--redirect-uri", "https://app.example.com/callback"]).await;
        let client = made["client_id"].as_str().unwrap();
        world.alc_json(&["client", "rotate-secret", client]).await;
        world.alc_json(&["client", "delete", client]).await;
        let token = world.alc_json(&["token", "create", "--workspace", "acme", "--scope", "leads:read"]).await;
        world.alc_json(&["token", "revoke", token["grant_id"].as_str().unwrap()]).await;
        let connection = world.operator().connect_attio(place("acme"), "canary-attio-token").await.unwrap();
        world.alc_json(&["connection", "remove", connection.id.as_str()]).await;
        the_log_ends_with(&world, &[
            ("operator", "user.created"), ("operator", "client.created"), ("operator", "client.secret_rotated"), ("operator", "client.deleted"),
            ("operator", "token.created"), ("operator", "grant.revoked"), ("operator", "connection.created"), ("operator", "connection.removed"),
        ]).await;

        // A person's and a client's.
        let mut partner = Partner::connected(&world, &member).await;
        the_log_ends_with(&world, &[("operator", "client.created"), ("user", "login.succeeded"), ("user", "consent.given"), ("client", "token.issued")]).await;
        partner.refreshes_its_access().await;
        the_log_ends_with(&world, &[("client", "token.issued")]).await;

        // A partner's.
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, &["lead.created"]).await;
        let path = format!("/api/v1/webhooks/{webhook}");
        partner.patch(&path, &json!({ "name": "Canary Name" })).await.expect(200);
        let rotated = partner.press(&format!("{path}/rotate-secret")).await.expect(200);
        receiver.trusts(rotated["secret"].as_str().unwrap());
        partner.get(&format!("{path}/secret")).await.expect(200);
        partner.press(&format!("{path}/test")).await.expect(202);
        world.settle().await;
        the_log_ends_with(&world, &[
            ("grant", "webhook.created"), ("grant", "webhook.changed"), ("grant", "webhook.secret_rotated"), ("grant", "webhook.secret_read"),
            ("grant", "webhook.tested"),
        ]).await;
        let ada = world.somebody();
        receiver.answers([500]);
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let drafts: Vec<Value> = world.people()[1..4].iter().map(|somebody| json!({ "recordId": somebody.record, "phoneNumber": somebody.phone })).collect();
        partner.post("/api/v1/leads/batch", &json!({ "leads": drafts })).await.expect(200);
        let cancel = partner.request(Method::POST, &format!("/api/v1/leads/{lead}/cancel")).header("X-Request-Id", "canary-request-1");
        Answer::read(cancel.send().await.unwrap()).await.expect(200);
        // Nothing changes with these.
        let known = &world.people()[1];
        let again = json!({ "recordId": known.record, "phoneNumber": known.phone });
        partner.post("/api/v1/leads", &again).await.expect(200);
        partner.get("/api/v1/leads").await.expect(200);
        assert_eq!(partner.delete("/api/v1/webhooks/wh_nobody").await.status, 404);
        world.settle().await;
        let lines = the_log_ends_with(&world, &[("grant", "lead.created"), ("grant", "lead.created"), ("grant", "lead.cancelled")]).await;
        assert_eq!((&lines[0]["object"], &lines[0]["count"], &lines[1]["count"]), (&json!(lead), &Value::Null, &json!(3)));
        let cancelled = &lines[2];
        assert_eq!((&cancelled["workspace"], &cancelled["request_id"], &cancelled["address"]), (&json!("acme"), &json!("canary-request-1"), &json!("127.0.0.1")));
        partner.post(&format!("{path}/replay"), &json!({ "since": "2020-01-01T00:00:00Z", "state": "failed" })).await.expect(202);
        world.settle().await;
        partner.patch(&path, &json!({ "enabled": false })).await.expect(200);
        partner.patch(&path, &json!({ "enabled": true })).await.expect(200);

        // The operator's again, with partners' things.
        for deed in ["disable", "enable", "test"] {
            world.alc_json(&["webhooks", deed, &webhook]).await;
        }
        world.settle().await;
        world.alc_json(&["webhooks", "replay", &webhook, "--since", "1h"]).await;
        receiver.answers([500]);
        partner.sends(&world.people()[5]).await;
        world.settle().await;
        world.alc_json(&["dead-letters", "replay", "--all"]).await;
        world.settle().await;
        world.alc_json(&["webhooks", "delete", &webhook]).await;
        the_log_ends_with(&world, &[
            ("grant", "webhook.replayed"), ("grant", "webhook.changed"), ("grant", "webhook.changed"),
            ("operator", "webhook.disabled"), ("operator", "webhook.enabled"), ("operator", "webhook.tested"), ("operator", "webhook.replayed"),
            ("grant", "lead.created"), ("operator", "dead_letter.replayed"), ("operator", "webhook.deleted"),
        ]).await;

        // How things end.
        let other = partner.subscribes(&receiver, &["lead.created"]).await;
        partner.delete(&format!("/api/v1/webhooks/{other}")).await.expect(204);
        partner.gives_its_access_back().await;
        let lines = the_log_ends_with(&world, &[("grant", "webhook.created"), ("grant", "webhook.deleted"), ("client", "grant.revoked")]).await;
        assert_eq!(lines[2]["reason"], "token_revoked");
        for _ in 0..5 {
            let wrong = Browser::new().log_in_and_allow(&format!("{}/login", world.url()), &member.email, "canary password").await;
            assert!(wrong.is_err());
        }
        let lines = the_log_ends_with(&world, &[("user", "login.failed"), ("user", "login.failed"), ("user", "login.failed"), ("user", "login.locked")]).await;
        assert_eq!((&lines[3]["reason"], &lines[3]["address"]), (&json!("account"), &json!("127.0.0.1")));
        world.alc_with(&["user", "password", "--email", &member.email], "another correct horse\n").await;
        world.alc_json(&["user", "delete", "--email", &member.email, "--yes"]).await;
        the_log_ends_with(&world, &[("operator", "user.password_changed"), ("operator", "user.deleted")]).await;

        // Filters, and what is nowhere in it.
        let all = world.alc_json(&["audit", "list", "--limit", "1000"]).await;
        let webhooks = world.alc_json(&["audit", "list", "--workspace", "acme", "--action", "webhook", "--since", "1h"]).await;
        let of_all = lines_of(&all).iter().filter(|line| line["action"].as_str().unwrap().starts_with("webhook."));
        assert_eq!(lines_of(&webhooks).iter().collect::<Vec<_>>(), of_all.collect::<Vec<_>>());
        assert_eq!(lines_of(&world.alc_json(&["audit", "list", "--action", "user.deleted", "--actor", "operator"]).await).len(), 1);
        assert!(lines_of(&world.alc_json(&["audit", "list", "--since", "2099-01-01T00:00:00Z"]).await).is_empty());
        let text = all.to_string();
        for (what, canary) in [
            ("a phone", ada.phone.trim_start_matches('+')), ("a name", ada.name.as_str()), ("an address", member.email.as_str()),
            ("a token", partner.token.as_str()), ("a token of Attio", "canary-attio"), ("a password", "canary password"),
            ("a webhook's name", "Canary Name"), ("a client's name", "Canary Client"),
        ] {
            assert!(!text.contains(canary), "the log has {what}: {text}");
        }
        every_line_says_when_and_which_request(&all);
    }

    async fn a_client_that_gives_back_an_access_token_is_logged(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        partner.gives_its_access_token_back().await;
        the_log_ends_with(&world, &[("client", "token.issued"), ("client", "token.revoked")]).await;
        let health = http().get(format!("{}/health", world.url())).send().await.unwrap();
        assert_eq!(health.status(), 200);
    }
}

fn every_line_says_when_and_which_request(log: &Value) {
    for line in lines_of(log) {
        assert!(line["at"].is_string() && line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    }
}

/// The newest lines are these: the kind of who did it, and what. Returns them.
async fn the_log_ends_with(world: &World, deeds: &[(&str, &str)]) -> Vec<Value> {
    let all = world.alc_json(&["audit", "list", "--limit", "1000"]).await;
    let lines = lines_of(&all);
    let newest = &lines[lines.len().saturating_sub(deeds.len())..];
    let seen: Vec<(&str, &str)> = newest
        .iter()
        .map(|line| {
            let actor = line["actor"].as_str().expect("somebody did it");
            (actor.split('_').next().unwrap_or_default(), line["action"].as_str().expect("something was done"))
        })
        .collect();
    assert_eq!(seen, deeds);
    newest.to_vec()
}

fn lines_of(all: &Value) -> &[Value] {
    all.as_array().expect("a table is a list")
}
