//! `alc webhooks …` and `alc dead-letters …`: what the operator sees and mends at the command line, over all workspaces.

use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, World};

const CREATED: &[&str] = &["lead.created"];

stories! {
    async fn the_operator_sees_every_webhook_and_what_became_of_it(world: World) {
        let (acme, other) = (Partner::operator(&world, "acme").await, Partner::operator(&world, "another workspace").await);
        let receiver = Receiver::start(&world.clock).await;
        let (one, two) = (acme.subscribes(&receiver, CREATED).await, other.subscribes(&receiver, CREATED).await);
        receiver.answers([410]);
        acme.sends(&world.somebody()).await;
        world.settle().await;

        let all = world.alc_json(&["webhooks", "list"]).await;
        let seen: Vec<_> = rows(&all).iter().map(|row| (text(&row["webhook_id"]), text(&row["workspace"]), text(&row["state"]))).collect();
        assert_eq!(seen, [(one.as_str(), "acme", "disabled"), (two.as_str(), "another workspace", "enabled")]);
        assert_eq!(rows(&all)[0]["reason"], "gone");
        let of_acme = world.alc(&["webhooks", "list", "--workspace", "acme"]).await;
        let table = of_acme.table();
        assert_eq!((table.len(), &table[0][..3], table[1][0]), (2, &["webhook_id", "workspace", "name"][..], one.as_str()));
        // Aligned: each cell begins under its column's name.
        let column = of_acme.out.lines().map(|line| line.find(if line.starts_with("webhook_id") { "state" } else { "disabled" }));
        assert_eq!(column.collect::<std::collections::BTreeSet<_>>().len(), 1, "{}", of_acme.out);

        let shown = world.alc_json(&["webhooks", "show", &one]).await;
        assert_eq!((&shown["url"], &shown["events"], shown.get("secret")), (&json!(receiver.url()), &json!(CREATED), None));
        let nowhere = world.alc(&["webhooks", "list", "--workspace", "nowhere"]).await;
        assert!(nowhere.complaint().contains("no workspace \"nowhere\""), "{nowhere:?}");
        let nobody = world.alc(&["webhooks", "show", "wh_nobody"]).await;
        assert!(nobody.complaint().contains("`alc webhooks list`"), "{nobody:?}");
    }

    async fn the_operator_mends_what_an_endpoint_missed(world: World, ALC_WEBHOOKS__ATTEMPTS = "1") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        receiver.answers([500, 500]);
        for somebody in &people[..2] {
            partner.sends(somebody).await;
            world.settle().await;
        }

        let failed = world.alc_json(&["webhooks", "deliveries", &webhook, "--state", "failed"]).await;
        assert_eq!(rows(&failed).len(), 2);
        let delivery = text(&rows(&failed)[0]["delivery_id"]).to_owned();
        let shown = world.alc_json(&["webhooks", "deliveries", &webhook, &delivery]).await;
        assert_eq!((&shown["state"], &shown["attempt_log"][0]["status"]), (&json!("failed"), &json!(500)));
        let table = world.alc(&["webhooks", "deliveries", &webhook]).await;
        assert_eq!(table.table().len(), 3, "{table:?}");

        world.alc_json(&["webhooks", "replay", &webhook, "--delivery", &delivery]).await;
        world.settle().await;
        let rest = world.alc_json(&["webhooks", "replay", &webhook, "--since", "1h", "--failed"]).await;
        assert_eq!(rest["replayed"], 1);
        world.settle().await;
        assert_eq!(receiver.received().len(), 4, "each once in vain, and once more");
        let failed = world.alc_json(&["webhooks", "deliveries", &webhook, "--state", "failed"]).await;
        assert!(rows(&failed).is_empty());
        let when = world.alc(&["webhooks", "replay", &webhook, "--since", "yesterday"]).await;
        assert!(when.complaint().contains("24h"), "{when:?}");
    }

    async fn the_operator_disables_tests_enables_and_deletes_a_webhook(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let (receiver, watcher) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let other = partner.subscribes(&watcher, &["webhook.disabled"]).await;
        let disable = ["webhooks", "disable", webhook.as_str()];
        assert_eq!(world.alc_json(&disable).await["changed"], true);
        assert_eq!(world.alc_json(&disable).await["changed"], false);
        partner.sends(&people[0]).await;
        world.settle().await;
        assert_eq!(receiver.received().len(), 0);
        let [notice] = watcher.notices().try_into().unwrap();
        assert_eq!((&notice.body["webhook_id"], &notice.body["reason"]), (&json!(webhook), &json!("by_operator")));
        let replay = world.alc(&["webhooks", "replay", &webhook, "--since", "1h"]).await;
        assert!(replay.complaint().contains(&format!("alc webhooks enable {webhook}")), "{replay:?}");

        // A test finds out whether to enable it again.
        world.alc_json(&["webhooks", "test", &webhook]).await;
        world.settle().await;
        assert_eq!(receiver.notices()[0].body["type"], "webhook.test");
        assert_eq!(world.alc_json(&["webhooks", "enable", &webhook]).await["changed"], true);
        world.alc_json(&["webhooks", "replay", &webhook, "--since", "1h"]).await;
        world.settle().await;
        assert_eq!(receiver.received().len(), 1);

        for gone in [&webhook, &other] {
            world.alc_json(&["webhooks", "delete", gone]).await;
        }
        world.settle().await;
        assert_eq!(partner.webhooks().await, [Value::Null; 0]);
        assert_eq!(partner.leads().await[0]["status"], "cancelled", "nobody is left to hear of it");
        assert!(world.alc(&["webhooks", "delete", &webhook]).await.complaint().contains("there is no webhook"));
    }

    async fn what_gave_up_is_seen_replayed_and_dropped(world: World, ALC_WEBHOOKS__ATTEMPTS = "2") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        receiver.answers([500; 6]);
        for somebody in &people[..3] {
            partner.sends(somebody).await;
            world.settle().await;
            world.later(std::time::Duration::from_secs(10)).await;
        }

        let letters = world.alc_json(&["dead-letters", "list"]).await;
        let [one, two, three] = rows(&letters) else { panic!("three gave up: {letters}") };
        for letter in [one, two, three] {
            let told = (&letter["workspace"], &letter["kind"], &letter["tries"], &letter["why"]);
            assert_eq!(told, (&json!("acme"), &json!("deliver_webhook"), &json!(2), &json!("answered 500")));
            assert!(text(&letter["gave_up_at"]) > text(&letter["created_at"]), "{letter}");
        }
        let id = text(&one["job_id"]);
        assert_eq!(world.alc(&["dead-letters", "list", "--workspace", "acme"]).await.table().len(), 4);
        assert_eq!(&world.alc_json(&["dead-letters", "show", id]).await, one);
        assert!(rows(&world.alc_json(&["dead-letters", "list", "--kind", "write_record"]).await).is_empty());
        let kind = world.alc(&["dead-letters", "list", "--kind", "nothing"]).await;
        assert!(kind.complaint().contains("deliver_webhook"), "{kind:?}");

        // With its tries before it: failing once more is no end.
        receiver.answers([500]);
        world.alc_json(&["dead-letters", "replay", id]).await;
        world.settle().await;
        assert_eq!(world.dead_letters().await.len(), 2);
        world.later(std::time::Duration::from_secs(10)).await;
        assert_eq!(receiver.received().iter().filter(|told| told.answered == Some(200)).count(), 1);

        // Nobody would be told: it stays, and the cure is named.
        world.alc_json(&["webhooks", "disable", &webhook]).await;
        let deaf = world.alc(&["dead-letters", "replay", text(&two["job_id"])]).await;
        assert!(deaf.complaint().contains(&format!("alc webhooks enable {webhook}")), "{deaf:?}");
        assert_eq!(world.alc_json(&["dead-letters", "replay", "--all"]).await, json!({ "replayed": 0, "left": 2 }));
        world.alc_json(&["webhooks", "enable", &webhook]).await;

        world.alc_json(&["dead-letters", "drop", text(&two["job_id"])]).await;
        assert!(world.alc(&["dead-letters", "drop", text(&two["job_id"])]).await.complaint().contains("there is no dead letter"));
        let rest = world.alc_json(&["dead-letters", "replay", "--all", "--kind", "deliver_webhook"]).await;
        assert_eq!(rest, json!({ "replayed": 1, "left": 0 }));
        world.settle().await;
        assert_eq!(receiver.received().iter().filter(|told| told.answered == Some(200)).count(), 2);
        assert_eq!(world.dead_letters().await, [""; 0]);
        let audit = world.alc_json(&["audit", "list", "--action", "dead_letter"]).await;
        let deeds: Vec<_> = rows(&audit).iter().map(|row| (text(&row["action"]), text(&row["actor"]))).collect();
        let replayed = ("dead_letter.replayed", "operator");
        assert_eq!(deeds, [replayed, ("dead_letter.dropped", "operator"), replayed]);
    }
}

#[track_caller]
fn rows(table: &Value) -> &[Value] {
    table.as_array().unwrap_or_else(|| panic!("this is no table: {table}"))
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("this is no text: {value}"))
}
