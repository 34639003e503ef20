//! Webhooks against those who mean ill: URLs that lead where strangers have no business, and ids that belong to others.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{Answer, Inhabited as _, LogSearch, Partner, Receiver, World, http, unique};

const CREATED: &[&str] = &["lead.created"];

/// Every way we know to write an address that leads inward, and what else a URL must not be.
const INWARD: &[&str] = &[
    "https://127.0.0.1/alc",
    "https://127.1/alc",
    "https://127.0.0.1./alc",
    "https://2130706433/alc",
    "https://0x7f000001/alc",
    "https://0x7f.0.0.1/alc",
    "https://0177.0.0.1/alc",
    "https://017700000001/alc",
    "https://0/alc",
    "https://0.0.0.0/alc",
    "https://%31%32%37.0.0.1/alc",
    "https://①②⑦.⓪.⓪.①/alc",
    "https://127。0。0。1/alc",
    "https://[::1]/alc",
    "https://[::]/alc",
    "https://[::127.0.0.1]/alc",
    "https://[::ffff:127.0.0.1]/alc",
    "https://[::ffff:7f00:1]/alc",
    "https://[::ffff:10.0.0.1]/alc",
    "https://[::ffff:0:127.0.0.1]/alc",
    "https://[64:ff9b::127.0.0.1]/alc",
    "https://[64:ff9b::a9fe:a9fe]/alc",
    "https://[64:ff9b:1::a00:1]/alc",
    "https://[2002:7f00:1::]/alc",
    "https://[2001:0:7f00:1::]/alc",
    "https://[fe80::1]/alc",
    "https://[fd00:ec2::254]/alc",
    "https://[fec0::1]/alc",
    "https://[ff02::1]/alc",
    "https://10.0.0.1/alc",
    "https://172.16.0.1/alc",
    "https://192.168.1.1/alc",
    "https://100.64.0.1/alc",
    "https://100.100.100.200/alc",
    "https://169.254.169.254/latest/meta-data",
    "https://2852039166/latest/meta-data",
    "https://192.0.0.192/alc",
    "https://168.63.129.16/alc",
    "https://198.18.0.1/alc",
    "https://224.0.0.1/alc",
    "https://255.255.255.255/alc",
    "https://localhost/alc",
    "https://localhost./alc",
    "https://LOCALHOST/alc",
    "https://api.localhost/alc",
    "https://metadata/alc",
    "https://metadata.google.internal/alc",
    "https://metadata.google.internal./alc",
    "https://printer.local/alc",
    "https://hooks.example.com@127.0.0.1/alc",
    "https://ada:secret@hooks.example.com/alc",
    "http://hooks.example.com/alc",
    "http://hooks.example.com:443/alc",
    "gopher://hooks.example.com/alc",
    "https://hooks.example.com:22/alc",
    "https://hooks.example.com:25/alc",
    "https://hooks.example.com:80/alc",
    "https://hooks.example.com:636/alc",
    "https://hooks.example.com:0/alc",
];

stories! {
    async fn a_url_that_leads_inward_is_refused_however_it_is_written(world: World, ALC_WEBHOOKS__ALLOW_LOOPBACK = "false") {
        let partner = Partner::operator(&world, "acme").await;
        let draft = |url: &str| json!({ "name": "story", "url": url, "event": "lead.created" });
        for url in INWARD {
            assert_eq!(partner.post("/api/v1/webhooks", &draft(url)).await.problem(), (422, "url_not_allowed"), "{url}");
        }
        assert_eq!(partner.webhooks().await, [""; 0]);

        // Nor does one that was fine become so.
        let webhook = partner.post("/api/v1/webhooks", &draft("https://hooks.example.com:8443/alc")).await.expect(201);
        let path = format!("/api/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
        for url in INWARD {
            assert_eq!(partner.patch(&path, &json!({ "url": url })).await.problem(), (422, "url_not_allowed"), "{url}");
        }
        assert_eq!(partner.get(&path).await.expect(200)["url"], webhook["url"]);
    }

    /// It was a stranger's own while we looked, and becomes one of ours when we call.
    async fn a_name_that_changes_between_check_and_connect_leads_nowhere_inside(
        world: World,
        ALC_WEBHOOKS__ALLOW_LOOPBACK = "false"
    ) {
        let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = inside.local_addr().unwrap().port();
        let partner = Partner::operator(&world, "acme").await;
        let name = "hooks.example.com";
        world.names.lead(name, &["93.184.216.34"]);
        let draft = json!({ "name": "story", "url": format!("https://{name}:{port}/alc"), "event": "lead.created" });
        let webhook = partner.post("/api/v1/webhooks", &draft).await.expect(201);
        let path = format!("/api/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());

        let inward = [
            &["127.0.0.1"][..],
            &["::1", "127.0.0.1"],
            &["::ffff:127.0.0.1"],
            &["169.254.169.254"],
            &["10.0.0.1", "192.168.0.1", "172.16.0.1"],
            &["100.64.0.1"],
            &["64:ff9b::7f00:1"],
            &["fd00:ec2::254"],
            &[],
        ];
        world.names.lead(name, inward[0]);
        partner.sends(&world.somebody()).await;
        world.settle().await;
        for leads_to in &inward[1..] {
            world.names.lead(name, leads_to);
            world.later(Duration::from_secs(10)).await;
        }
        assert_eq!(world.names.asked(name), inward.len(), "asked anew at each try");
        let log = partner.get(&format!("{path}/deliveries")).await.expect(200);
        assert_eq!(log["data"][0]["attempts"], inward.len());
        let delivery = format!("{path}/deliveries/{}", log["data"][0]["delivery_id"].as_str().unwrap());
        let tries = partner.get(&delivery).await.expect(200);
        let errors: Vec<_> = tries["attempt_log"].as_array().unwrap().iter().map(|one| one["error"].as_str().unwrap()).collect();
        assert!(errors.iter().all(|error| error.contains("no public address")), "{errors:?}");
        let nobody = tokio::time::timeout(Duration::ZERO, inside.accept()).await;
        assert!(nobody.is_err(), "somebody was called: {nobody:?}");
    }

    async fn a_redirect_is_not_followed(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let (sly, inside) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let webhook = partner.subscribes(&sly, CREATED).await;
        for (status, location) in [(301, inside.url()), (307, inside.url()), (308, "http://169.254.169.254/".to_owned())] {
            sly.redirects(status, &location);
        }
        partner.sends(&world.somebody()).await;
        world.settle().await;
        for _ in 0..4 {
            world.later(Duration::from_secs(10)).await;
        }

        let answered: Vec<_> = sly.received().iter().filter_map(|told| told.answered).collect();
        assert_eq!(answered, [301, 307, 308, 200], "a redirect is a failure, and is told again");
        assert!(inside.received().is_empty());
        let log = partner.get(&format!("/api/v1/webhooks/{webhook}/deliveries")).await.expect(200);
        assert_eq!(log["data"][0]["attempts"], 4);
    }

    /// Two grants of one account, and two workspaces.
    async fn what_belongs_to_another_does_not_exist_on_any_route(world: World) {
        let member = world.member("acme").await;
        let owner = Partner::connected(&world, &member).await;
        let strangers = [
            Partner::connected(&world, &member).await,
            Partner::operator(&world, "acme").await,
            Partner::operator(&world, "another workspace").await,
        ];
        let receiver = Receiver::start(&world.clock).await;
        let webhook = owner.subscribes(&receiver, CREATED).await;
        owner.sends(&world.somebody()).await;
        world.settle().await;
        let path = format!("/api/v1/webhooks/{webhook}");
        let log = owner.get(&format!("{path}/deliveries")).await.expect(200);
        let delivery = log["data"][0]["delivery_id"].as_str().unwrap();
        let before = owner.get(&path).await.expect(200);
        let secret = owner.get(&format!("{path}/secret")).await.expect(200);

        for stranger in &strangers {
            // The stranger's own webhook does not open the door to another's delivery.
            let own = format!("/api/v1/webhooks/{}", stranger.subscribes(&Receiver::start(&world.clock).await, CREATED).await);
            let nothing = json!({});
            let since = json!({ "since": "2020-01-01T00:00:00Z" });
            let mut answers: Vec<(&str, Answer)> = Vec::new();
            for (route, body) in [("", &json!({ "name": "mine" })), ("", &json!({ "enabled": false }))] {
                answers.push(("patch", stranger.patch(&format!("{path}{route}"), body).await));
            }
            for route in ["", "/secret", "/deliveries", &format!("/deliveries/{delivery}")] {
                answers.push(("get", stranger.get(&format!("{path}{route}")).await));
            }
            for (route, body) in [
                ("/rotate-secret", &nothing),
                ("/test", &nothing),
                ("/replay", &since),
                (&format!("/deliveries/{delivery}/replay"), &nothing),
            ] {
                answers.push(("post", stranger.post(&format!("{path}{route}"), body).await));
            }
            answers.push(("get", stranger.get(&format!("{own}/deliveries/{delivery}")).await));
            answers.push(("post", stranger.press(&format!("{own}/deliveries/{delivery}/replay")).await));
            answers.push(("delete", stranger.delete(&path).await));
            for (how, answer) in answers {
                assert_eq!(answer.problem(), (404, "not_found"), "{how}: {answer:?}");
            }
        }
        world.settle().await;
        assert_eq!(owner.get(&path).await.expect(200), before);
        assert_eq!(owner.get(&format!("{path}/secret")).await.expect(200), secret);
        assert_eq!(receiver.received().len(), 1);
        assert!(receiver.notices().is_empty());
    }

    async fn what_a_webhook_holds_is_in_no_log_and_sealed_at_rest(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let (value, answer) = (unique(), unique());
        let logs = LogSearch::start([value.clone(), answer.clone(), "whsec_".to_owned()]);
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let path = format!("/api/v1/webhooks/{webhook}");
        let landmark = LogSearch::start([webhook]);
        partner.patch(&path, &json!({ "headers": { "Authorization": value } })).await.expect(200);
        let secret = partner.press(&format!("{path}/rotate-secret")).await.expect(200);
        receiver.trusts(secret["secret"].as_str().unwrap());
        partner.get(&format!("{path}/secret")).await.expect(200);
        receiver.says(500, &answer);
        partner.sends(&world.somebody()).await;
        world.settle().await;

        let told = receiver.received().pop().unwrap();
        assert_eq!(told.letter.header("authorization"), value);
        assert!(!landmark.found().is_empty(), "the search must find what may be logged");
        assert_eq!(logs.found(), [""; 0]);
        let database = String::from_utf8_lossy(&world.database.contents().await).into_owned();
        assert!(database.contains("lead.created"), "the search must find what is not sealed");
        for text in [value.as_str(), answer.as_str(), "whsec_"] {
            assert!(!database.contains(text), "the database has {text} in clear text");
        }
        assert!(database.contains("webhook.secret_read") && database.contains("webhook.secret_rotated"), "audited");
    }

    async fn the_catalogue_describes_what_is_sent(world: World) {
        let catalogue = Answer::read(http().get(format!("{}/api/v1/event-types", world.url())).send().await.unwrap()).await;
        let catalogue = catalogue.expect(200);
        let types = catalogue["data"].as_array().unwrap();
        let can_be_subscribed = |one: &&Value| one["can_be_subscribed"] == true;
        let events: Vec<_> = types.iter().filter(can_be_subscribed).map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(events, [
            "lead.created", "lead.contacted", "lead.replied", "lead.processed", "lead.failed", "webhook.disabled",
        ]);

        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let (receiver, gone) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let webhook = partner.subscribes(&receiver, &events).await;
        partner.subscribes(&gone, CREATED).await;
        gone.answers([410]);
        partner.sends(&people[0]).await;
        world.settle().await;
        for reply in ["hm", "yes"] {
            world.sms.reply(&people[0].phone, reply).await.unwrap();
            world.settle().await;
        }
        let cancelled = partner.sends(&people[1]).await;
        world.settle().await;
        partner.press(&format!("/api/v1/leads/{cancelled}/cancel")).await.expect(200);
        partner.press(&format!("/api/v1/webhooks/{webhook}/test")).await.expect(202);
        world.settle().await;

        let bodies = receiver.received().into_iter().map(|told| told.letter.json());
        let bodies: Vec<Value> = bodies.chain(receiver.notices().into_iter().map(|told| told.body)).collect();
        for one in types {
            let of_this: Vec<_> = bodies.iter().filter(|body| body["type"] == one["name"]).collect();
            assert!(!of_this.is_empty(), "no {} was sent", one["name"]);
            for body in of_this {
                fits(&one["schema"], body, "$");
            }
        }
    }
}

/// As much of JSON Schema as the catalogue uses; what it does not know fails the story. Fields that the schema does not name are
/// not there either.
fn fits(schema: &Value, value: &Value, place: &str) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" => true,
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                "number" => value.is_number(),
                "null" => value.is_null(),
                other => panic!("{place}: no such type: {other}"),
            },
            "format" => rule == "date-time" && value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(),
            "pattern" => {
                let (prefix, _) = rule.as_str().unwrap().trim_start_matches('^').split_once('[').unwrap();
                let rest = value.as_str().unwrap().strip_prefix(prefix).unwrap_or_default();
                rest.len() == 32 && rest.bytes().all(|digit| digit.is_ascii_hexdigit())
            }
            "minimum" => value.as_f64() >= rule.as_f64(),
            "maximum" => value.as_f64() <= rule.as_f64(),
            "required" => rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "properties" => {
                for (key, inner) in value.as_object().unwrap() {
                    let known = rule.get(key).unwrap_or_else(|| panic!("{place}.{key} is not in the schema"));
                    fits(known, inner, &format!("{place}.{key}"));
                }
                true
            }
            other => panic!("{place}: no such keyword: {other}"),
        };
        assert!(holds, "{place}: {keyword} {rule} does not hold for {value}");
    }
}
