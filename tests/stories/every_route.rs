//! Every route there is, against those to whom it does not belong: another workspace, and another grant of the same one.
//!
//! The list of routes is the service's own description of itself. A route that has no line here fails the story: whoever adds one says
//! what a stranger finds there.

use std::collections::BTreeSet;

use alc_server::http::caller::SCOPES;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Inhabited as _, Partner, Receiver, World, http};

/// Routes that name something of a tenant: a stranger finds nothing there, whatever it would do.
const NAMED: &[(&str, &str, &str)] = &[
    ("GET", "/api/v1/leads/{id}", ""),
    ("POST", "/api/v1/leads/{id}/cancel", ""),
    ("GET", "/api/v1/webhooks/{webhook_id}", ""),
    ("PATCH", "/api/v1/webhooks/{webhook_id}", r#"{"name": "mine", "url": "https://evil.example/"}"#),
    ("DELETE", "/api/v1/webhooks/{webhook_id}", ""),
    ("GET", "/api/v1/webhooks/{webhook_id}/secret", ""),
    ("POST", "/api/v1/webhooks/{webhook_id}/rotate-secret", "{}"),
    ("POST", "/api/v1/webhooks/{webhook_id}/test", ""),
    ("POST", "/api/v1/webhooks/{webhook_id}/replay", r#"{"since": "2020-01-01T00:00:00Z"}"#),
    ("GET", "/api/v1/webhooks/{webhook_id}/deliveries", ""),
    ("GET", "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", ""),
    ("POST", "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", ""),
];

/// Of these the operator of the same workspace sees what is there, and may end it.
const THE_OPERATORS_TOO: &[&str] = &["/api/v1/leads/{id}", "/api/v1/leads/{id}/cancel"];

/// Routes that list what the caller has: nothing of anybody else's is in the answer.
const LISTED: &[(&str, &str)] = &[("GET", "/api/v1/leads"), ("GET", "/api/v1/webhooks"), ("GET", "/api/v1/campaigns")];

/// Routes that name something of a whole workspace: all its grants see it, and another workspace has its own under the same name.
const OF_THE_WORKSPACE: &[(&str, &str, &str)] = &[
    ("GET", "/api/v1/campaigns/{name}", ""),
    ("DELETE", "/api/v1/campaigns/{name}", ""),
    ("PUT", "/api/v1/campaigns/{name}", r#"{"company": "Mine", "offer": "Hello."}"#),
];

/// Routes where there is nothing of a tenant to find by its id, and why.
const BESIDE: &[(&str, &str, &str)] = &[
    ("POST", "/api/v1/leads", "makes what is the caller's own"),
    ("POST", "/api/v1/leads/batch", "makes what is the caller's own"),
    ("POST", "/api/v1/leads/check", "stores and reads nothing"),
    ("GET", "/api/v1/workspace", "the token's own; see consent"),
    ("PUT", "/api/v1/workspace/consent", "the token's own; see consent"),
    ("POST", "/api/v1/webhooks", "makes what is the caller's own"),
    ("GET", "/api/v1/event-types", "the same for everybody"),
    ("GET", "/.well-known/oauth-authorization-server", "the same for everybody"),
    ("GET", "/openapi.json", "the same for everybody"),
    ("GET", "/docs", "the same for everybody"),
    ("GET", "/problems", "the same for everybody"),
    ("GET", "/problems/{code}", "the same for everybody"),
    ("GET", "/pages.css", "the same for everybody"),
    ("GET", "/health", "the same for everybody"),
    ("GET", "/health/live", "the same for everybody"),
    ("GET", "/health/ready", "the same for everybody"),
    ("GET", "/metrics", "the same for everybody"),
    ("GET", "/login", "only the session's own; see oauth_attacks"),
    ("POST", "/login", "makes a session; see oauth_login"),
    ("POST", "/logout", "only the session's own"),
    ("GET", "/oauth/authorize", "only the session's own; see oauth_attacks"),
    ("POST", "/oauth/authorize", "only the session's own; see oauth_attacks"),
    ("POST", "/oauth/token", "codes and tokens of other clients: see oauth_attacks"),
    ("POST", "/oauth/revoke", "tokens of other clients: see tokens_of_another_client_are_not_told_about"),
    ("POST", "/oauth/introspect", "tokens of other clients: see tokens_of_another_client_are_not_told_about"),
    ("POST", "/sms/twilio", "signed by the gateway: see gateway"),
    ("POST", "/sms/twilio/status/{message}", "signed by the gateway: see gateway"),
    ("POST", "/callbacks/lead-processed/{connection}", "signed for that connection: see callbacks_in"),
    ("GET", "/sandbox/phones", "by session: see sandbox"),
    ("POST", "/sandbox/phones/{lead}/reply", "by session: see sandbox"),
];

stories! {
    async fn every_route_has_a_line(world: World) {
        let described = described(&world).await;
        let lines: BTreeSet<(String, String)> = NAMED
            .iter()
            .chain(OF_THE_WORKSPACE)
            .map(|(method, path, _)| (*method, *path))
            .chain(LISTED.iter().copied())
            .chain(BESIDE.iter().map(|(method, path, _)| (*method, *path)))
            .map(|(method, path)| (method.to_owned(), path.to_owned()))
            .collect();
        let missing: Vec<_> = described.difference(&lines).collect();
        assert!(missing.is_empty(), "say in this file what a stranger finds at {missing:?}");
        // What is told of in another file may not be described, but what a stranger is tried at is.
        let named: BTreeSet<_> = NAMED.iter().chain(OF_THE_WORKSPACE).map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
        let gone: Vec<_> = named.difference(&described).collect();
        assert!(gone.is_empty(), "there is no such route any more: {gone:?}");
        let unnamed: Vec<_> = described
            .iter()
            .filter(|(_, path)| path.starts_with("/api/") && path.contains('{'))
            .filter(|route| !named.contains(*route))
            .collect();
        assert!(unnamed.is_empty(), "these name something, so a stranger must be tried at them: {unnamed:?}");
    }

    async fn what_belongs_to_another_is_not_there_on_any_route(world: World) {
        let member = world.member("acme").await;
        let owner = Partner::connected(&world, &member).await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = owner.subscribes(&receiver, &["lead.created"]).await;
        let lead = owner.sends(&world.somebody()).await;
        world.settle().await;
        let log = owner.get(&format!("/api/v1/webhooks/{webhook}/deliveries")).await.expect(200);
        let delivery = log["data"][0]["delivery_id"].as_str().unwrap().to_owned();
        let ids = [("{id}", lead.as_str()), ("{webhook_id}", &webhook), ("{delivery_id}", &delivery)];
        let before = everything_of(&owner, &ids).await;

        let strangers = [
            ("another grant of the same member", Partner::connected(&world, &member).await, false),
            ("the operator of the same workspace", Partner::operator(&world, "acme").await, true),
            ("the operator of another", Partner::operator(&world, "elsewhere").await, false),
            ("a grant of another", Partner::connected(&world, &world.member("elsewhere").await).await, false),
        ];
        for (who, stranger, is_our_operator) in &strangers {
            // With webhook and lead of its own beside.
            let own = stranger.subscribes(&Receiver::start(&world.clock).await, &["lead.created"]).await;
            for (method, path, body) in NAMED {
                if *is_our_operator && THE_OPERATORS_TOO.contains(path) {
                    continue;
                }
                let tried = tried(stranger, method, &filled(path, &ids), body).await;
                assert_eq!(tried.problem(), (404, "not_found"), "{who}: {method} {path}");
                // Nor does what is the stranger's own open the way to what hangs on another's.
                if path.contains("{delivery_id}") {
                    let crossed = filled(path, &[("{webhook_id}", &own), ids[2]]);
                    assert_eq!(self::tried(stranger, method, &crossed, body).await.problem(), (404, "not_found"), "{who}");
                }
            }
            for (method, path) in LISTED {
                for query in [String::new(), format!("?record_id={}", world.somebody().record)] {
                    let listed = tried(stranger, method, &format!("{path}{query}"), "").await;
                    let listed = listed.body.to_string();
                    let is_theirs = *is_our_operator && *path == "/api/v1/leads";
                    let found: Vec<_> = ids.iter().filter(|(_, id)| listed.contains(id) && !is_theirs).collect();
                    assert!(found.is_empty(), "{who}: {path}{query} lists {found:?}");
                }
            }
        }
        world.settle().await;
        assert_eq!(everything_of(&owner, &ids).await, before, "and nothing was done");
        assert_eq!((receiver.received().len(), receiver.notices().len()), (1, 0));

        // The same by its owner: it was the ids that were wrong for the others, and nothing else.
        for (method, path, body) in NAMED.iter().filter(|(_, path, _)| !path.ends_with("{webhook_id}")) {
            let answer = tried(&owner, method, &filled(path, &ids), body).await;
            assert!(answer.status < 300, "{method} {path}: {answer:?}");
        }
    }

    async fn what_belongs_to_a_workspace_is_another_in_another(world: World) {
        let owner = Partner::operator(&world, "acme").await;
        let name = [("{name}", "spring")];
        let theirs = r#"{"company": "Acme", "offer": "Hello."}"#;
        tried(&owner, "PUT", "/api/v1/campaigns/spring", theirs).await.expect(201);
        let before = owner.get("/api/v1/campaigns/spring").await.expect(200);

        for stranger in [
            Partner::operator(&world, "elsewhere").await,
            Partner::connected(&world, &world.member("elsewhere").await).await,
        ] {
            for (method, path, body) in OF_THE_WORKSPACE {
                let tried = tried(&stranger, method, &filled(path, &name), body).await;
                match *method {
                    "PUT" => assert_eq!(tried.expect(201)["company"], "Mine", "it is new there"),
                    _ => assert_eq!(tried.problem(), (404, "not_found"), "{method} {path}"),
                }
            }
            tried(&stranger, "DELETE", "/api/v1/campaigns/spring", "").await;
        }
        assert_eq!(owner.get("/api/v1/campaigns/spring").await.expect(200), before, "and nothing was done");

        let nobody = Partner::with_token(&world, "alc_at_nobody");
        for (method, path, body) in OF_THE_WORKSPACE {
            let answer = tried(&nobody, method, &filled(path, &name), body).await;
            assert_eq!(answer.problem(), (401, "token_invalid"), "{method} {path}");
        }
    }

    /// Nobody without a token gets as far as an id.
    async fn who_shows_no_token_learns_nothing_of_an_id(world: World) {
        let owner = Partner::operator(&world, "acme").await;
        let webhook = owner.subscribes(&Receiver::start(&world.clock).await, &["lead.created"]).await;
        let lead = owner.sends(&world.somebody()).await;
        let ids = [("{id}", lead.as_str()), ("{webhook_id}", &webhook), ("{delivery_id}", "dlv_0")];
        let nobody = Partner::with_token(&world, "alc_at_nobody");
        for (method, path, body) in NAMED {
            for ids in [&ids, &[("{id}", "lead_0"), ("{webhook_id}", "wh_0"), ("{delivery_id}", "dlv_0")]] {
                let answer = tried(&nobody, method, &filled(path, ids), body).await;
                assert_eq!(answer.problem(), (401, "token_invalid"), "{method} {path}");
            }
        }
        // A token that is good for nothing here gets no further: whether there is such an id is not said before the scope is.
        for scope in SCOPES {
            let others: Vec<&str> = SCOPES.iter().copied().filter(|other| other != scope).collect();
            let narrow = Partner::with_token(&world, &world.operator_token("elsewhere", &others).await);
            for (method, path, body) in NAMED {
                let (there, nowhere) = (
                    tried(&narrow, method, &filled(path, &ids), body).await,
                    tried(&narrow, method, &filled(path, &[("{id}", "lead_0"), ("{webhook_id}", "wh_0"), ids[2]]), body).await,
                );
                assert_eq!(there.problem(), nowhere.problem(), "{method} {path} without {scope}");
            }
        }
    }

    /// Least privilege: what the description says that a token must be good for is just what it must be good for.
    async fn each_route_asks_for_the_scopes_that_its_description_names(world: World) {
        let answer = http().get(format!("{}/openapi.json", world.url())).send().await.expect("the service answers");
        let description = Answer::read(answer).await.expect(200);
        let nowhere = [("{id}", "lead_0"), ("{webhook_id}", "wh_0"), ("{delivery_id}", "dlv_0")];
        let mut asking = 0;
        for (method, path) in described(&world).await {
            let asked = &description["paths"][&path][method.to_lowercase()]["security"];
            let asked = asked.as_array().into_iter().flatten().flat_map(|one| one.as_object().into_iter().flatten());
            let asked: BTreeSet<&str> = asked.flat_map(|(_, scopes)| scopes.as_array().into_iter().flatten())
                .filter_map(Value::as_str).collect();
            if asked.is_empty() {
                continue;
            }
            asking += 1;
            let place = filled(&path, &nowhere);
            for missing in &asked {
                let others: Vec<&str> = SCOPES.iter().copied().filter(|scope| scope != missing).collect();
                let narrow = Partner::with_token(&world, &world.operator_token("acme", &others).await);
                let answer = tried(&narrow, &method, &place, "").await;
                assert_eq!(answer.problem(), (403, "insufficient_scope"), "{method} {path} without {missing}");
            }
            let least: Vec<&str> = asked.into_iter().collect();
            let least = Partner::with_token(&world, &world.operator_token("acme", &least).await);
            assert_ne!(tried(&least, &method, &place, "").await.status, 403, "{method} {path} asks for more than it says");
        }
        assert!(asking > 10, "only {asking} routes ask for a scope");
    }
}

/// Every route the service describes.
async fn described(world: &World) -> BTreeSet<(String, String)> {
    let answer = http().get(format!("{}/openapi.json", world.url())).send().await.expect("the service answers");
    let description = Answer::read(answer).await.expect(200);
    let paths = description["paths"].as_object().expect("a description has paths");
    let methods = ["get", "put", "post", "delete", "patch"];
    let of_path = |(path, item): (&String, &Value)| {
        let path = path.clone();
        let methods = methods.into_iter().filter(|method| item.get(method).is_some());
        methods.map(move |method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

fn filled(path: &str, ids: &[(&str, &str)]) -> String {
    ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
}

async fn tried(partner: &Partner, method: &str, path: &str, body: &str) -> Answer {
    let mut request = partner.request(Method::from_bytes(method.as_bytes()).expect("a method"), path);
    if !body.is_empty() {
        request = request.header("content-type", "application/json").body(body.to_owned());
    }
    Answer::read(request.send().await.expect("the service answers")).await
}

/// What the owner sees of what it has.
async fn everything_of(owner: &Partner, ids: &[(&str, &str)]) -> Value {
    let mut seen = json!({});
    for (method, path, _) in NAMED.iter().filter(|(method, ..)| *method == "GET") {
        seen[*path] = tried(owner, method, &filled(path, ids), "").await.expect(200);
    }
    seen
}
