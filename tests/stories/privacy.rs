//! Secrets and personal data are in no log, and in the database only sealed. Canaries go through the whole loop, then everything
//! is searched for them.

use std::time::Duration;

use alc_tests::attio::LocalAttio;
use alc_tests::faults::Fault;
use serde_json::{Value, json};

use crate::world::{App, Inbound, Inhabited as _, LogSearch, Partner, Receiver, Somebody, World, http, unique};

/// What every secret of ours begins with.
const PREFIXES: [(&str, &str); 6] = [
    ("an access token", "alc_at_"),
    ("a refresh token", "alc_rt_"),
    ("an authorization code", "alc_ac_"),
    ("a session", "alc_st_"),
    ("a client's secret", "alc_cs_"),
    ("a signing secret", "whsec_"),
];

stories! {
    async fn what_is_secret_or_personal_stays_out_of_logs_and_is_sealed_at_rest(world: World) {
        let member = world.member("acme").await;
        let canary = somebody_new(&world.attio).await;
        let (words, last_words) = (unique(), unique());
        let canaries = [
            ("a password", member.password.clone()),
            ("an email address", member.email.clone()),
            ("a name", canary.name.clone()),
            ("a first name", canary.name.split(' ').next().unwrap_or_default().to_owned()),
            ("a phone", canary.phone.trim_start_matches('+').to_owned()),
            ("the words of a lead", words.clone()),
            ("the words of a stranger", last_words.clone()),
            ("the gateway's token", world.sms.auth_token().to_owned()),
        ];
        let prefixes = PREFIXES.map(|(what, prefix)| (what, prefix.to_owned()));
        let hidden: Vec<(&str, String)> = canaries.into_iter().chain(prefixes).collect();
        let logs = LogSearch::start(hidden.iter().map(|(_, text)| text.clone()));

        let app = App::connected_by(&world, &world.attio, &member).await;
        let operator = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = operator.subscribes(&receiver, &["lead.processed"]).await;
        let landmark = LogSearch::start([webhook]);
        goes_through_the_loop_stumbling(&world, &app, &operator, &receiver, &canary, [&words, &last_words]).await;

        assert!(!landmark.found().is_empty(), "the search must find what may be logged");
        assert_eq!(logs.found(), [""; 0]);
        let database = String::from_utf8_lossy(&world.database.contents().await).into_owned();
        assert!(database.contains(&canary.record), "the search must find what is not sealed");
        let said = app.said();
        for (what, text) in hidden {
            assert!(!said.contains(&text), "the app logged {what}:\n{said}");
            assert!(!database.contains(&text), "the database has {what} in clear text");
        }
    }
}

/// Errors are where secrets slip out, so everybody has some.
async fn goes_through_the_loop_stumbling(
    world: &World,
    app: &App,
    operator: &Partner,
    receiver: &Receiver,
    canary: &Somebody,
    [words, last_words]: [&str; 2],
) {
    let garbled = json!({ "recordId": canary.record, "name": canary.name, "phoneNumber": [canary.phone] });
    operator.post("/api/v1/leads", &garbled).await.expect(422);
    world.sms.fail(Fault::status(503).on("POST", "/Messages.json"));
    world.attio.fail(Fault::drop_before_commit().on("PATCH", &canary.record));
    receiver.answers([500]);

    app.press_send_to_alc(&canary.record).await;
    world.settle().await;
    world.later(Duration::from_secs(5)).await;
    world.sms.reply(&canary.phone, &format!("yes, ask for {words}")).await.unwrap();
    world.settle().await;
    world.later(Duration::from_secs(5)).await;
    let late = Inbound { sid: "SM0000000000000000000000000000f0e9", from: &canary.phone, body: last_words };
    world.gateway_brings(&late).await.expect(200);
    assert_eq!(world.stranger_brings(&late, Some("bm90IHNpZ25lZA==")).await.status, 401);

    // All of it arrived where it belongs.
    let summary = world.attio.record(&canary.record).value("alc_summary");
    assert!(summary.is_some_and(|summary| summary.contains(words)));
    assert_eq!(receiver.received().len(), 2);
    app.disconnect().await;
    world.settle().await;
}

/// Somebody whom no other story knows: new in Attio, with a name and a phone of their own.
async fn somebody_new(attio: &LocalAttio) -> Somebody {
    let letters: String = unique().bytes().map(|byte| char::from(b'a' + byte % 26)).collect();
    let name = format!("Can{letters} Ary");
    let digits: String =
        unique().bytes().filter(u8::is_ascii_digit).map(char::from).chain("00000".chars()).take(5).collect();
    let phone = format!("+4474001{digits}");
    let values = json!({ "name": name, "phone_numbers": [{ "original_phone_number": phone }] });
    let request = http().post(format!("{}/v2/objects/people/records", attio.url())).bearer_auth("local-attio-token");
    let made = request.json(&json!({ "data": { "values": values } })).send().await.expect("Attio answers");
    let made: Value = made.json().await.expect("Attio answers in JSON");
    Somebody { record: text(&made["data"]["id"]["record_id"]).to_owned(), name, phone }
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
