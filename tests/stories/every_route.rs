//! Every route there is, against those to whom it does not belong: another workspace, and another grant of the same one.

use alc_server::http::caller::SCOPES;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Inhabited as _, Partner, Receiver, World};

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
const LISTED: &[(&str, &str)] = &[("GET", "/api/v1/leads"), ("GET", "/api/v1/webhooks")];

stories! {
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
