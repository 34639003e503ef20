//! `alc user|client|token …`: people and programs in the operator's hands.

use serde_json::{Value, json};

use alc_tests::browser::Browser;

use crate::world::{Inhabited as _, Member, Partner, World};

stories! {
    async fn a_user_is_seen_given_another_password_and_deleted(world: World) {
        let (ada, grace) = (world.member("acme").await, world.member("acme").await);
        let partner = Partner::connected(&world, &ada).await;
        let lead = partner.sends(&world.somebody()).await;
        world.settle().await;

        let users = world.alc_json(&["user", "list", "--workspace", "acme"]).await;
        let seen: Vec<_> = users.as_array().unwrap().iter().map(|user| (user["email"].clone(), user["live_grants"].clone())).collect();
        assert_eq!(seen, [(json!(ada.email), json!(1)), (json!(grace.email), json!(0))]);
        assert_eq!(world.alc(&["user", "list"]).await.table().len(), 3);

        let changed = world.alc_with(&["user", "password", "--email", &ada.email], "another correct horse\n").await;
        assert_eq!(changed.code, Some(0), "{changed:?}");
        assert!(!logs_in(&world, &ada).await);
        assert!(logs_in(&world, &Member { email: ada.email.clone(), password: "another correct horse".into() }).await);
        partner.get("/api/v1/leads").await.expect(200);
        let short = world.alc_with(&["user", "password", "--email", &ada.email], "short\n").await;
        assert!(short.complaint().contains("password"), "{short:?}");

        let deleted = world.alc_json(&["user", "delete", "--email", &ada.email]).await;
        assert_eq!(deleted["revoked_grants"], 1);
        assert_eq!(partner.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
        world.settle().await;
        let operator = Partner::operator(&world, "acme").await;
        assert_eq!(operator.lead(&lead).await["status"], "cancelled");
        let again = world.alc(&["user", "delete", "--email", &ada.email]).await;
        assert!(again.complaint().contains("`alc user list`"), "{again:?}");

        let last = world.alc(&["user", "delete", "--email", &grace.email]).await;
        assert!(last.complaint().contains("--yes"), "{last:?}");
        assert!(logs_in(&world, &grace).await);
        let yes = world.alc(&["user", "delete", "--email", &grace.email, "--yes"]).await;
        assert_eq!(yes.code, Some(0), "{yes:?}");
        assert!(!logs_in(&world, &grace).await);
        assert_eq!(world.alc_json(&["user", "list"]).await, json!([]));
    }

    async fn a_client_is_made_listed_given_another_secret_and_deleted(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let made = world.alc_json(&["client", "create", "--name", "Another", "--redirect-uri", "https://app.example.com/callback"]).await;
        let id = made["client_id"].as_str().unwrap();
        assert!(made["client_secret"].as_str().is_some_and(|secret| secret.starts_with("alc_cs_")), "{made}");
        let clients = world.alc_json(&["client", "list"]).await;
        assert_eq!(clients.as_array().unwrap().len(), 2);
        assert_eq!(world.alc(&["client", "list"]).await.table().len(), 3);

        let rotated = world.alc_json(&["client", "rotate-secret", id, "--retire-after", "1h"]).await;
        assert_ne!(rotated["client_secret"], made["client_secret"]);
        assert!(world.alc(&["client", "rotate-secret", id, "--retire-after", "soon"]).await.complaint().contains("24h"));
        let grants = world.alc_json(&["token", "list", "--all"]).await;
        assert_eq!(grants[0]["client_id"], partner.client_id());
        assert_eq!(world.alc_json(&["client", "delete", partner.client_id()]).await["revoked_grants"], 1);
        assert_eq!(partner.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
        assert!(world.alc(&["client", "delete", partner.client_id()]).await.complaint().contains("`alc client list`"));
    }

    async fn a_token_is_made_listed_and_revoked(world: World) {
        let made = world.alc_json(&["token", "create", "--workspace", "acme", "--scope", "leads:read"]).await;
        let partner = Partner::with_token(&world, made["access_token"].as_str().unwrap());
        partner.get("/api/v1/leads").await.expect(200);
        let listed = world.alc_json(&["token", "list"]).await;
        assert_eq!((&listed[0]["grant_id"], &listed[0]["workspace"], &listed[0]["scope"]), (&made["grant_id"], &json!("acme"), &json!("leads:read")));
        assert!(!listed.to_string().contains(made["access_token"].as_str().unwrap()), "it is shown once");

        let revoke = ["token", "revoke", made["grant_id"].as_str().unwrap()];
        assert_eq!(world.alc_json(&revoke).await["revoked"], true);
        assert_eq!(world.alc_json(&revoke).await["revoked"], false);
        assert_eq!(partner.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
        assert_eq!(world.alc_json(&["token", "list", "--all"]).await, Value::Array(vec![]));
        assert!(world.alc(&["token", "revoke", "grant_nobody"]).await.complaint().contains("`alc token list`"));
    }
}

async fn logs_in(world: &World, member: &Member) -> bool {
    let login = format!("{}/login", world.url());
    Browser::new().log_in_and_allow(&login, &member.email, &member.password).await.is_ok()
}
