//! Erasing: whoever asks to be forgotten is, and what ended long ago is as well, where a workspace wishes so.

use std::collections::BTreeMap;
use std::time::Duration;

use alc_server::store::workspaces::Mode;
use serde_json::json;

use crate::world::{Inbound, Inhabited as _, LogSearch, Partner, Receiver, Somebody, World, unique};

const DAY: Duration = Duration::from_hours(24);

/// Every column that is sealed, of the tables where people leave traces.
const SEALED: [(&str, &str, &str); 9] = [
    ("conversations", "id", "progress"),
    ("leads", "id", "name"),
    ("leads", "id", "phone"),
    ("leads", "id", "facts"),
    ("messages", "id", "body"),
    ("stray_messages", "id", "phone"),
    ("stray_messages", "id", "body"),
    ("events", "id", "body"),
    ("idempotency_keys", "id", "answer"),
];

stories! {
    async fn a_phone_is_erased_with_every_trace_of_it(world: World) {
        let member = world.member("acme").await;
        let (operator, partner) = (Partner::operator(&world, "acme").await, Partner::connected(&world, &member).await);
        let other = Partner::operator(&world, "another workspace").await;
        let receiver = Receiver::start(&world.clock).await;
        operator.subscribes(&receiver, &["lead.processed", "lead.failed"]).await;
        let (ada, words) = (canary(), unique());
        let bystander = world.somebody();
        operator.sends(&bystander).await;

        // One that has ended, one that is live, one that waits in line, one in a sandbox, and words beside them all.
        let draft = json!({ "recordId": ada.record, "name": ada.name, "phoneNumber": ada.phone });
        let keyed = partner.request(reqwest::Method::POST, "/api/v1/leads").header("Idempotency-Key", "once").json(&draft);
        assert_eq!(keyed.send().await.unwrap().status(), 201);
        world.settle().await;
        world.sms.reply(&ada.phone, &format!("yes, ask for {words}")).await.unwrap();
        world.settle().await;
        let live = operator.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, &format!("hm {words}")).await.unwrap();
        let queued = other.sends(&ada).await;
        world.settle().await;
        assert_eq!((&operator.lead(&live).await["status"], &other.lead(&queued).await["status"]), (&json!("in_conversation"), &json!("pending")));
        world.operator().set_workspace_mode("another workspace", Mode::Test).await.unwrap();
        other.sends(&Somebody { record: "rec_sandbox".to_owned(), ..ada.clone() }).await;
        let stray = Inbound { sid: "SM000000000000000000000000000e4a5e", from: &ada.phone, body: &words };
        assert!(opened(&world).await.values().any(|text| text.contains(&ada.phone)), "the search must find what is there");
        world.settle().await;

        let logs = LogSearch::start([ada.phone.trim_start_matches('+').to_owned(), ada.name.clone(), words.clone()]);
        let told = receiver.received().len();
        let erased = world.alc_json(&["erase", "--phone", &ada.phone]).await;
        assert_eq!((&erased["cancelled"], &erased["leads"], &erased["left"], &erased["stays_opted_out"]), (&json!(3), &json!(4), &json!(0), &json!(false)));
        world.settle().await;
        let heard: Vec<_> = receiver.received().split_off(told).into_iter().map(|one| (one.callback.lead_id, one.callback.status)).collect();
        assert_eq!(heard.len(), 1, "the record of the live lead hears that it ended: {heard:?}");
        assert_eq!(heard[0].0, live);

        // One that comes from the gateway late is kept, and goes as well.
        world.gateway_brings(&stray).await.expect(200);
        world.settle().await;
        let again = world.alc_json(&["erase", "--phone", &ada.phone]).await;
        assert_eq!((&again["leads"], &again["stray_messages"]), (&json!(0), &json!(1)));

        nothing_is_left(&world, &[ada.phone.trim_start_matches('+'), &ada.name, &words]).await;
        assert_eq!(logs.found(), [""; 0]);
        operator.get(&format!("/api/v1/leads/{live}")).await.expect(404);
        assert_eq!(operator.leads().await.len(), 1, "somebody else's stays");
        world.later(8 * DAY).await;
        assert_eq!(world.dead_letters().await, [""; 0]);
    }

    async fn an_opt_out_is_all_that_stays(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, canary());
        partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "STOP").await.unwrap();
        world.settle().await;
        let erased = world.alc_json(&["erase", "--phone", &ada.phone]).await;
        assert_eq!((&erased["leads"], &erased["stays_opted_out"]), (&json!(1), &json!(true)));
        nothing_is_left(&world, &[ada.phone.trim_start_matches('+'), &ada.name]).await;

        let texts = world.texts_asked_for(&ada.phone);
        let lead = partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), texts);
    }

    /// Whoever has not heard an end hears it, without the words of the person.
    async fn what_is_still_to_be_told_loses_the_words(
        world: World, ALC_WEBHOOKS__FIRST_RETRY_MS = "3600000", ALC_WEBHOOKS__LONGEST_RETRY_MS = "3600000"
    ) {
        let (partner, ada, words) = (Partner::operator(&world, "acme").await, canary(), unique());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.processed"]).await;
        receiver.answers([500]);
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, &format!("yes, ask for {words}")).await.unwrap();
        world.settle().await;
        assert!(receiver.received()[0].callback.outcome.as_ref().unwrap().summary.contains(&words));

        world.alc_json(&["erase", "--phone", &ada.phone]).await;
        nothing_is_left(&world, &[ada.phone.trim_start_matches('+'), &ada.name, &words]).await;
        world.later(Duration::from_hours(1)).await;
        let told = receiver.received().pop().unwrap().callback;
        let outcome = told.outcome.unwrap();
        assert_eq!((told.lead_id.as_str(), outcome.interest.as_str(), outcome.summary.as_str()), (lead.as_str(), "Hot", "Erased."));
    }

    async fn a_phone_is_named_as_a_phone(world: World) {
        let said = world.alc(&["erase", "--phone", "ada"]).await;
        assert!(said.complaint().contains("+447400123456"), "{said:?}");
        let erased = world.alc_json(&["erase", "--phone", "+447400123457"]).await;
        assert_eq!(erased["leads"], 0);
    }

    async fn a_workspace_forgets_what_ended_long_ago(world: World, ALC_RETENTION__SLICE_ROWS = "1") {
        let (acme, other) = (Partner::operator(&world, "acme").await, Partner::operator(&world, "another workspace").await);
        let people = world.people();
        world.alc_json(&["workspace", "retention", "--workspace", "acme", "--days", "5"]).await;
        for (partner, somebody) in [(&acme, &people[0]), (&acme, &people[1]), (&other, &people[2])] {
            partner.sends(somebody).await;
            world.settle().await;
            world.sms.reply(&somebody.phone, "yes, call me tomorrow").await.unwrap();
            world.settle().await;
        }
        let live = acme.sends(&people[3]).await;
        world.later(4 * DAY).await;
        assert_eq!(acme.leads().await.len(), 3);
        world.later(2 * DAY).await;

        let left = acme.leads().await;
        assert_eq!((left.len(), left[0]["id"].as_str()), (1, Some(live.as_str())), "it ended three days ago, by silence");
        assert_eq!(other.leads().await.len(), 1);
        let texts = opened(&world).await;
        assert!(!texts.values().any(|text| text.contains(&people[0].phone) || text.contains(&people[1].name)), "{texts:?}");
        world.alc_json(&["workspace", "retention", "--workspace", "acme"]).await;
        world.later(100 * DAY).await;
        assert_eq!(acme.leads().await.len(), 1, "from now on, everything is kept");
    }
}

/// Somebody whom nobody else resembles.
fn canary() -> Somebody {
    let letters: String = unique().bytes().map(|byte| char::from(b'a' + byte % 26)).collect();
    let digits: String =
        unique().bytes().filter(u8::is_ascii_digit).map(char::from).chain("00000".chars()).take(5).collect();
    Somebody { record: format!("rec_{letters}"), name: format!("Can{letters} Ary"), phone: format!("+4474002{digits}") }
}

/// Neither in the database as it lies there, nor in anything that is sealed in it.
async fn nothing_is_left(world: &World, traces: &[&str]) {
    let bytes = String::from_utf8_lossy(&world.database.contents().await).into_owned();
    let texts = opened(world).await;
    for trace in traces {
        assert!(!bytes.contains(trace), "{trace} lies in the open");
        let holding: Vec<_> = texts.iter().filter(|(_, text)| text.contains(trace)).map(|(place, _)| place).collect();
        assert_eq!(holding, [""; 0], "{trace} is sealed there");
    }
}

/// Everything that is sealed, opened, by its place.
async fn opened(world: &World) -> BTreeMap<String, String> {
    let read = world.store.read(async |tx| {
        let mut texts = BTreeMap::new();
        for (table, id, column) in SEALED {
            let place = format!("{table}.{column}");
            let sql = format!("SELECT {id}, {column} FROM {table}");
            let rows = tx.all(&sql, &[], |row| {
                let id = row.text(0)?;
                Ok((format!("{place} of {id}"), row.sealed(1, &place, &id)?))
            });
            texts.extend(rows.await?);
        }
        Ok(texts)
    });
    read.await.expect("the store answers")
}
