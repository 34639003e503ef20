//! The gateway over HTTP, with a service at the other end that keeps what it is told.

use std::sync::{Arc, Mutex};

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{LocalSms, MessageStatus, PhoneDirection, SmsOptions, sign};
use crate::{clock::Clock, faults::Fault, serve::Listening};

const OURS: &str = "+15005550006";
const PHONE: &str = "+447400123401";

type Told = Vec<(Vec<(String, String)>, String)>;

/// Takes callbacks and replies in, with their signatures.
struct Service {
    told: Arc<Mutex<Told>>,
    listening: Listening,
}

impl Service {
    async fn start() -> Self {
        let told: Arc<Mutex<Told>> = Arc::default();
        let router = Router::new().route("/{kind}", post(take_in)).with_state(Arc::clone(&told));
        let listening =
            Listening::start("127.0.0.1:0".parse().expect("an address"), router).await.expect("a free port");
        Self { told, listening }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.listening.url())
    }

    fn told(&self) -> Told {
        self.told.lock().expect("nobody panicked").clone()
    }
}

async fn take_in(
    State(told): State<Arc<Mutex<Told>>>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> StatusCode {
    let signature = headers["x-twilio-signature"].to_str().expect("ASCII").to_owned();
    told.lock().expect("nobody panicked").push((form, signature));
    StatusCode::NO_CONTENT
}

struct Client {
    sms: LocalSms,
    http: reqwest::Client,
}

impl Client {
    async fn start() -> Self {
        let (clock, _) = Clock::standing_at("2026-11-21T10:00:00Z".parse().expect("a time"));
        Self::with(SmsOptions { clock, ..SmsOptions::default() }).await
    }

    #[expect(clippy::disallowed_methods, reason = "a client of the gateway, not of the service")]
    async fn with(options: SmsOptions) -> Self {
        let sms = LocalSms::start(options).await.expect("a free port");
        Self { sms, http: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    fn messages(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}/Messages.json", self.sms.url(), self.sms.account_sid())
    }

    async fn send(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(self.messages()).basic_auth(self.sms.account_sid(), Some(self.sms.auth_token()));
        let answer = request.form(form).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn text(&self, body: &str) -> (u16, Value) {
        self.send(&[("From", OURS), ("To", PHONE), ("Body", body)]).await
    }

    async fn list(&self, query: &str) -> Value {
        let request = self.http.get(format!("{}?{query}", self.messages()));
        let request = request.basic_auth(self.sms.account_sid(), Some(self.sms.auth_token()));
        request.send().await.expect("an answer").json().await.expect("JSON")
    }
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_message_is_queued_then_told_sent_and_delivered() {
    let client = Client::start().await;
    let service = Service::start().await;
    let callback = service.url("/status?lead=1");

    let (status, message) =
        client.send(&[("From", OURS), ("To", PHONE), ("Body", "hello"), ("StatusCallback", &callback)]).await;
    assert_eq!((status, &message["status"], &message["date_sent"]), (201, &json!("queued"), &Value::Null));
    client.sms.idle().await;

    let told = service.told();
    let statuses: Vec<_> = told.iter().map(|(form, _)| field(form, "MessageStatus")).collect();
    assert_eq!(statuses, [Some("sent"), Some("delivered")]);
    for (form, signature) in &told {
        assert_eq!(field(form, "MessageSid"), message["sid"].as_str());
        assert_eq!(*signature, sign(client.sms.auth_token(), &callback, form));
    }
    let [shown] = client.sms.thread(PHONE).try_into().expect("one message");
    assert_eq!((shown.direction, shown.body.as_str()), (PhoneDirection::ToLead, "hello"));
    assert_eq!(shown.status, MessageStatus::Delivered);
}

#[tokio::test]
async fn a_phone_out_of_reach_ends_undelivered() {
    let client = Client::start().await;
    let service = Service::start().await;
    client.sms.make_unreachable(PHONE);

    client.send(&[("From", OURS), ("To", PHONE), ("Body", "x"), ("StatusCallback", &service.url("/status"))]).await;
    client.sms.idle().await;

    let (last, _) = service.told().pop().expect("a callback");
    assert_eq!(field(&last, "MessageStatus"), Some("undelivered"));
    assert_eq!(field(&last, "ErrorCode"), Some("30003"));
    assert_eq!(client.list("").await["messages"][0]["error_code"], 30003);
}

#[tokio::test]
async fn a_reply_reaches_the_service_signed() {
    let client = Client::start().await;
    let service = Service::start().await;
    assert!(client.sms.reply(PHONE, "who?").await.is_err(), "nobody has texted this phone");
    client.text("hello").await;
    assert!(client.sms.reply(PHONE, "yes").await.is_err(), "nobody takes replies in");

    client.sms.set_inbound(&service.url("/inbound"));
    assert_eq!(client.sms.reply(PHONE, "yes & no").await.expect("a reply"), 204);

    let (form, signature) = service.told().pop().expect("a reply");
    assert_eq!(field(&form, "From"), Some(PHONE));
    assert_eq!(field(&form, "To"), Some(OURS));
    assert_eq!(field(&form, "Body"), Some("yes & no"));
    assert_eq!(field(&form, "NumMedia"), Some("0"));
    assert_eq!(signature, sign(client.sms.auth_token(), &service.url("/inbound"), &form));
}

#[tokio::test]
async fn who_said_stop_is_refused_until_start() {
    let client = Client::start().await;
    let service = Service::start().await;
    client.sms.set_inbound(&service.url("/inbound"));
    client.text("hello").await;

    client.sms.reply(PHONE, " stop ").await.expect("a reply");
    let (status, refusal) = client.text("still there?").await;
    assert_eq!((status, &refusal["code"]), (400, &json!(21610)));
    assert_eq!(refusal["status"], 400);
    assert!(refusal["more_info"].as_str().is_some_and(|url| url.ends_with("/21610")));
    let (other_number, _) = client.send(&[("From", "+15005550007"), ("To", PHONE), ("Body", "hi")]).await;
    assert_eq!(other_number, 201, "opting out is between two numbers");

    client
        .http
        .post(format!("{}/phones/{PHONE}/reply", client.sms.url()))
        .json(&json!({ "body": "START", "to": OURS }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(client.text("welcome back").await.0, 201);
}

#[tokio::test]
async fn refusals_carry_the_codes_of_the_gateway() {
    let client = Client::with(SmsOptions { numbers: vec![OURS.to_owned()], ..SmsOptions::default() }).await;
    let long = "x".repeat(1601);
    for (form, code) in [
        (vec![("From", OURS), ("Body", "x")], 21604),
        (vec![("To", PHONE), ("Body", "x")], 21603),
        (vec![("To", PHONE), ("From", OURS)], 21602),
        (vec![("To", "07400 123401"), ("From", OURS), ("Body", "x")], 21211),
        (vec![("To", "+44123"), ("From", OURS), ("Body", "x")], 21211),
        (vec![("To", PHONE), ("From", "nobody"), ("Body", "x")], 21212),
        (vec![("To", PHONE), ("From", "+15005550009"), ("Body", "x")], 21606),
        (vec![("To", OURS), ("From", OURS), ("Body", "x")], 21266),
        (vec![("To", PHONE), ("From", OURS), ("Body", &long)], 21617),
        (vec![("To", PHONE), ("From", OURS), ("Body", "x"), ("StatusCallback", "nowhere")], 21609),
    ] {
        let (status, refusal) = client.send(&form).await;
        assert_eq!((status, &refusal["code"]), (400, &json!(code)), "{form:?}");
    }
    let stranger = client.http.get(client.messages()).basic_auth("AC0", Some("guess")).send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
    assert_eq!(stranger.json::<Value>().await.expect("JSON")["code"], 20003);
    let unknown = client.messages().replace("Messages.json", "Messages/SMnope.json");
    let unknown = client.http.get(unknown).basic_auth(client.sms.account_sid(), Some(client.sms.auth_token()));
    assert_eq!(unknown.send().await.expect("an answer").status(), 404);
}

#[tokio::test]
async fn messages_are_listed_by_number_and_time_in_pages() {
    let (clock, hands) = Clock::standing_at("2026-11-20T23:59:00Z".parse().expect("a time"));
    let client = Client::with(SmsOptions { clock, ..SmsOptions::default() }).await;
    for body in ["one", "two", "three"] {
        client.text(body).await;
        client.sms.idle().await;
        hands.advance(jiff::SignedDuration::from_secs(60));
    }
    let bodies = |list: &Value| -> Vec<String> {
        let messages = list["messages"].as_array().expect("messages");
        messages.iter().map(|message| message["body"].as_str().expect("text").to_owned()).collect()
    };

    assert_eq!(bodies(&client.list("To=%2B447400123401").await), ["three", "two", "one"]);
    assert!(bodies(&client.list("To=%2B15005550099").await).is_empty());
    assert_eq!(bodies(&client.list("DateSent=2026-11-21").await), ["three", "two"]);
    assert_eq!(bodies(&client.list("DateSent%3C=2026-11-20").await), ["one"]);
    assert_eq!(bodies(&client.list("DateSent>=2026-11-21T00:00:01Z").await), ["three"]);

    let first = client.list("PageSize=2").await;
    assert_eq!(bodies(&first), ["three", "two"]);
    let next = first["next_page_uri"].as_str().expect("there is more").split_once('?').expect("a query").1.to_owned();
    let last = client.list(&next).await;
    assert_eq!(bodies(&last), ["one"]);
    assert_eq!(last["next_page_uri"], Value::Null);
}

#[tokio::test]
async fn faults_meet_the_next_requests_that_match() {
    let client = Client::start().await;
    client.sms.fail(Fault::status(503).on("POST", "/Messages.json").times(2));
    assert_eq!(client.text("a").await.0, 503);
    assert_eq!(client.text("b").await.0, 503);
    assert_eq!(client.text("c").await.0, 201);

    client.sms.fail(Fault::drop_after_commit().on("POST", "/Messages.json"));
    let request =
        client.http.post(client.messages()).basic_auth(client.sms.account_sid(), Some(client.sms.auth_token()));
    let dropped = request.form(&[("From", OURS), ("To", PHONE), ("Body", "d")]).send().await;
    assert!(dropped.is_err(), "no answer comes");
    let bodies: Vec<_> = client.sms.thread(PHONE).into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, ["c", "d"], "and yet the work is done");

    let statuses: Vec<_> = client.sms.requests().into_iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(201), None]);
}

#[tokio::test]
async fn hanging_up_before_the_work_leaves_nothing_behind() {
    let client = Client::start().await;
    client.sms.fail(Fault::drop_before_commit());
    let request =
        client.http.post(client.messages()).basic_auth(client.sms.account_sid(), Some(client.sms.auth_token()));
    assert!(request.form(&[("From", OURS), ("To", PHONE), ("Body", "x")]).send().await.is_err());
    assert!(client.sms.thread(PHONE).is_empty());
}

#[tokio::test]
async fn a_hanging_request_ends_only_with_the_gateway() {
    let Client { sms, http } = Client::start().await;
    sms.fail(Fault::hang());
    // The second request passes the fault by: its answer shows that the first still has none.
    let hanging = tokio::spawn(http.get(format!("{}/2010-04-01/hang", sms.url())).send());
    while sms.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let answered = http.get(format!("{}/2010-04-01/answer", sms.url())).send().await.expect("an answer");
    assert_eq!(answered.status(), 404);
    assert_eq!(sms.requests()[0].status, None);

    drop(sms);
    assert!(hanging.await.expect("no panic").is_err(), "dropping the gateway closes its connections");
}

#[tokio::test]
async fn muted_callbacks_leave_only_the_list_to_ask() {
    let client = Client::start().await;
    let service = Service::start().await;
    client.sms.mute_callbacks(true);
    client.send(&[("From", OURS), ("To", PHONE), ("Body", "x"), ("StatusCallback", &service.url("/status"))]).await;
    client.sms.idle().await;
    assert!(service.told().is_empty());
    assert_eq!(client.list("").await["messages"][0]["status"], "delivered");
}

#[tokio::test]
async fn faults_are_set_and_read_over_http_too() {
    let client = Client::start().await;
    let faults = format!("{}/_faults", client.sms.url());
    let wrong =
        client.http.post(&faults).json(&json!({ "status": 500, "hang": true })).send().await.expect("an answer");
    assert_eq!(wrong.status(), 400);
    let fault = json!({ "method": "post", "path_contains": "Messages", "status": 429, "times": 1 });
    assert_eq!(client.http.post(&faults).json(&fault).send().await.expect("an answer").status(), 204);

    let (status, refusal) = client.text("x").await;
    assert_eq!((status, &refusal["code"]), (429, &json!(20429)));

    let seen: Value = client
        .http
        .get(format!("{}/_requests", client.sms.url()))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(seen["requests"][0]["status"], 429);
    assert_eq!(seen["requests"][0]["method"], "POST");
}

#[tokio::test]
async fn a_held_request_waits_undone() {
    let client = Arc::new(Client::start().await);
    let held = client.sms.hold("POST", "/Messages.json");
    let answered = Arc::new(Notify::new());
    let sending = tokio::spawn({
        let (client, answered) = (Arc::clone(&client), Arc::clone(&answered));
        async move {
            let (status, _) = client.text("later").await;
            answered.notify_one();
            status
        }
    });

    held.arrived().await;
    assert!(client.sms.thread(PHONE).is_empty(), "nothing is done yet");
    held.release();
    answered.notified().await;
    assert_eq!(sending.await.expect("no panic"), 201);
    assert_eq!(client.sms.thread(PHONE).len(), 1);
}
