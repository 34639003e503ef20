//! Clients as the operator keeps them: where they are answered, and how their secret changes without locking anybody out.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::process::Command;

use crate::oauth::{Client, Shown, opened, session_of};
use crate::world::{Inhabited as _, World, http};

const DAY_MS: i64 = 86_400_000;

stories! {
    /// RFC 8252 §7.3: an app on a person's machine learns its port when it starts.
    async fn an_app_on_this_machine_is_answered_at_any_port(world: World) {
        let (member, url) = (world.member("acme").await, url::Url::parse(world.url()).unwrap());
        let registered = "http://127.0.0.1/health/live".to_owned();
        let made = world.operator().create_client("Desktop", vec![registered], true).await.unwrap();
        let at = |port: u16| format!("http://127.0.0.1:{port}/health/live");
        let client = Client::of(&world, made, at(url.port().unwrap()));

        let code = client.code(&member, &[]).await;
        // The code is bound to the very port it was sent to.
        let elsewhere = client.redeem(&code, &[("redirect_uri", &at(1))]).await.expect(400);
        assert_eq!(elsewhere["error"], "invalid_grant");
        let tokens = client.redeem(&code, &[]).await.expect(200);
        assert_eq!(client.status_with(&tokens).await, 200);
    }

    async fn nothing_but_the_port_of_this_machine_may_differ(world: World) {
        let session = session_of(&world, &world.member("acme").await).await;
        let registered = ["http://127.0.0.1/cb", "https://app.example.com/cb"].map(str::to_owned).to_vec();
        let made = world.operator().create_client("Desktop", registered, false).await.unwrap();
        let client = Client::of(&world, made, "http://127.0.0.1/cb".to_owned());
        for trick in [
            "http://127.0.0.1:51004/cb/",
            "http://127.0.0.1:51004/cb?x=1",
            "http://127.0.0.1:51004/cb#x",
            "http://127.0.0.1:51004/Cb",
            "https://127.0.0.1:51004/cb",
            "http://localhost:51004/cb",
            "http://[::1]:51004/cb",
            "http://127.1:51004/cb",
            "http://2130706433:51004/cb",
            "http://127.0.0.1:51004@evil.example/cb",
            "http://127.0.0.1:x@evil.example/cb",
            "http://127.0.0.1.evil.example:51004/cb",
            "https://app.example.com:51004/cb",
        ] {
            let shown = opened(&client.asking(&[("redirect_uri", trick)]), &session).await;
            assert_eq!((shown.status, shown.location.as_str()), (400, ""), "{trick}");
        }
    }

    async fn a_client_is_answered_at_each_of_its_redirect_uris_and_no_other(world: World) {
        let session = session_of(&world, &world.member("acme").await).await;
        let registered = ["https://one.example/cb", "https://two.example/cb"].map(str::to_owned).to_vec();
        let made = world.operator().create_client("Two places", registered.clone(), false).await.unwrap();
        let client = Client::of(&world, made, String::new());
        for uri in &registered {
            let asked = [("redirect_uri", uri.as_str()), ("response_type", "none such")];
            let shown = opened(&client.asking(&asked), &session).await;
            assert!(shown.location.starts_with(&format!("{uri}?error=")), "{shown:?}");
        }
        for other in ["https://three.example/cb", "https://one.example/cb https://two.example/cb", ""] {
            assert_eq!(opened(&client.asking(&[("redirect_uri", other)]), &session).await.status, 400, "{other}");
        }
    }

    async fn a_new_secret_is_put_in_place_while_the_old_one_still_opens(world: World) {
        let (member, operator) = (world.member("acme").await, world.operator());
        let mut client = Client::confidential(&world).await;
        let tokens = client.tokens(&member).await;
        let old = client.secret.clone();

        let rotated = operator.rotate_client_secret(&client.id, DAY_MS).await.unwrap();
        let tokens = client.refresh(&tokens).await.expect(200);
        client.secret = Some(rotated.secret.clone());
        let tokens = client.refresh(&tokens).await.expect(200);

        world.later(Duration::from_hours(24)).await;
        let tokens = client.refresh(&tokens).await.expect(200);
        client.secret = old;
        assert_eq!(client.refresh(&tokens).await.expect(401)["error"], "invalid_client");
        client.secret = Some(rotated.secret);
        client.refresh(&tokens).await.expect(200);
    }

    async fn at_most_two_secrets_open_and_none_of_a_deleted_client(world: World) {
        let (member, operator) = (world.member("acme").await, world.operator());
        let mut client = Client::confidential(&world).await;
        let tokens = client.tokens(&member).await;
        let first = client.secret.clone();
        let second = operator.rotate_client_secret(&client.id, DAY_MS).await.unwrap().secret;
        let third = operator.rotate_client_secret(&client.id, DAY_MS).await.unwrap().secret;

        assert_eq!(client.refresh(&tokens).await.expect(401)["error"], "invalid_client", "{first:?}");
        client.secret = Some(second.clone());
        let tokens = client.refresh(&tokens).await.expect(200);
        client.secret = Some(third.clone());
        let tokens = client.refresh(&tokens).await.expect(200);

        // Somebody has it: it must not be good for another day.
        let fourth = operator.rotate_client_secret(&client.id, 0).await.unwrap().secret;
        assert_eq!(client.refresh(&tokens).await.expect(401)["error"], "invalid_client");
        operator.delete_client(&client.id).await.unwrap();
        for secret in [second, third, fourth] {
            client.secret = Some(secret);
            assert_eq!(client.refresh(&tokens).await.expect(401)["error"], "invalid_client");
        }
        assert!(operator.rotate_client_secret(&client.id, 0).await.is_err());
    }

    async fn the_command_line_makes_lists_and_rotates(world: World) {
        let alc = Alc::of(&world);
        let uris = ["https://one.example/cb", "http://127.0.0.1/cb"];
        let made = alc.json(&["client", "create", "--name", "Two places", "--redirect-uri", uris[0], "--redirect-uri", uris[1]]).await;
        let id = made["client_id"].as_str().unwrap();
        let listed = alc.json(&["client", "list"]).await;
        assert_eq!(listed[0]["redirect_uris"], serde_json::json!(uris));
        assert_eq!(listed[0]["old_secret_retires_at"], Value::Null);

        let rotated = alc.json(&["client", "rotate-secret", id]).await;
        assert_ne!(rotated["client_secret"], made["client_secret"]);
        let listed = alc.json(&["client", "list"]).await;
        assert_eq!(listed[0]["old_secret_retires_at"], rotated["old_secret_retires_at"]);
        let table = alc.says(&["client", "list"]).await;
        assert!(table.starts_with("client_id") && table.contains("Two places") && table.contains(uris[1]), "{table}");

        let refused = alc.refuses(&["client", "rotate-secret", id, "--retire-after", "soon"]).await;
        assert!(refused.contains("like 24h or 30m"), "{refused}");
        let public = alc.json(&["client", "create", "--name", "Phone", "--redirect-uri", uris[0], "--public"]).await;
        let refused = alc.refuses(&["client", "rotate-secret", public["client_id"].as_str().unwrap()]).await;
        assert!(refused.contains("it has no secret"), "{refused}");
        let refused = alc.refuses(&["client", "rotate-secret", "client_0"]).await;
        assert!(refused.contains("`alc client list`"), "{refused}");

        let asked = Shown::by(http().get(format!("{}/oauth/authorize?client_id={id}", world.url()))).await;
        assert_eq!(asked.status, 400, "the service knows the client, and misses its redirect_uri: {asked:?}");
        assert!(asked.body.contains("not registered for it"), "{}", asked.body);
    }
}

/// The command line, on the database of the story.
pub struct Alc {
    database: String,
}

impl Alc {
    pub fn of(world: &World) -> Self {
        Self { database: world.database.url().to_owned() }
    }

    pub async fn json(&self, arguments: &[&str]) -> Value {
        let said = self.says(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    pub async fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("it says text")
    }

    pub async fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).expect("it says text")
    }

    async fn run(&self, arguments: &[&str]) -> std::process::Output {
        // Beside the folder in which the stories were built.
        let stories = std::env::current_exe().expect("a running program has a path");
        let built =
            stories.parent().and_then(|deps| deps.parent()).expect("tests are built into a folder of their own");
        let output = Command::new(built.join("alc"))
            .args(arguments)
            .args(["--database", &self.database])
            .env("ALC_SECRETS__KEY", STANDARD.encode([7; 32]))
            .output()
            .await;
        output.expect("`alc` is built; run `cargo build --workspace --all-targets`")
    }
}
