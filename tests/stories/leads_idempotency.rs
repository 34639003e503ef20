//! A request that is sent again under its `Idempotency-Key` is answered as it was the first time, and not done again.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use alc_server::store::tokens::PresentedToken;
use alc_server::store::{Store, Tx, hash_token};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::world::{Answer, App, Inhabited as _, MortalWorld, Partner, Somebody, World, http, unique};

const LEADS: &str = "/api/v1/leads";
const BATCH: &str = "/api/v1/leads/batch";

stories! {
    async fn a_request_sent_again_is_answered_as_before_and_not_done_again(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let first = keyed(&partner, LEADS, "\"first\"", &draft(&ada)).await;
        assert_eq!((first.status, first.headers.get("idempotent-replayed")), (201, None));
        world.settle().await;
        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.settle().await;

        // Sent anew it would be a second lead: the first has ended. A bare key is the same key.
        for key in ["\"first\"", "first"] {
            let again = keyed(&partner, LEADS, key, &draft(&ada)).await;
            assert_eq!((again.status, &again.body), (201, &first.body));
            assert_eq!(again.headers["idempotent-replayed"], "true");
            assert_eq!(again.headers["content-type"], "application/json");
        }
        assert_eq!(partner.leads().await.len(), 1);
        let other = keyed(&partner, LEADS, "second", &draft(&ada)).await.expect(201);
        assert_ne!(other["id"], first.body["id"]);
    }

    async fn a_batch_sent_again_is_answered_as_before_and_not_done_again(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let leads = json!({ "leads": [draft(&people[0]), {}, draft(&people[1])] });
        let first = keyed(&partner, BATCH, "batch", &leads).await.expect(200);
        let again = keyed(&partner, BATCH, "batch", &leads).await;
        assert_eq!((again.status, &again.body), (200, &first));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!((&first["data"][0]["created"], &first["data"][1]["code"]), (&json!(true), &json!("record_id_missing")));
        assert_eq!(partner.leads().await.len(), 2);
    }

    async fn a_key_belongs_to_one_request_of_one_grant(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let people = world.people();
        let first = keyed(&one, LEADS, "key", &draft(&people[0])).await.expect(201);

        assert_eq!(keyed(&one, LEADS, "key", &draft(&people[1])).await.problem(), (422, "idempotency_key_reused"));
        let batch = json!({ "leads": [draft(&people[0])] });
        assert_eq!(keyed(&one, BATCH, "key", &batch).await.problem(), (422, "idempotency_key_reused"));
        let others = keyed(&two, LEADS, "key", &draft(&people[0])).await;
        assert_eq!((others.status, others.headers.get("idempotent-replayed")), (201, None));
        assert_ne!(others.body["id"], first["id"]);
        assert_eq!((one.leads().await.len(), two.leads().await.len()), (1, 1));
    }

    async fn a_refusal_leaves_the_key_free_for_the_corrected_request(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let wrong = json!({ "recordId": ada.record, "name": ada.name, "phoneNumber": "call me" });
        for _ in 0..2 {
            assert_eq!(keyed(&partner, LEADS, "key", &wrong).await.problem(), (422, "phone_number_unreadable"));
        }
        keyed(&partner, LEADS, "key", &draft(&ada)).await.expect(201);
    }

    async fn what_is_no_key_is_refused(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let long = "x".repeat(256);
        for key in ["", "\"\"", "\"open", "two words", "\"a\", \"b\"", &long] {
            for path in [LEADS, BATCH] {
                let refused = keyed(&partner, path, key, &draft(&ada)).await;
                assert_eq!(refused.problem(), (400, "idempotency_key_malformed"), "{key}");
            }
        }
        let twice = request(&partner, LEADS, "a", &draft(&ada)).header("Idempotency-Key", "b");
        assert_eq!(sent(twice).await.problem(), (400, "idempotency_key_malformed"));
        assert_eq!(partner.leads().await, [] as [Value; 0]);
    }

    async fn an_answer_is_repeated_for_a_day(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let first = keyed(&partner, LEADS, "key", &draft(&ada)).await.expect(201);
        partner.post(&format!("{LEADS}/{}/cancel", first["id"].as_str().unwrap()), &Value::Null).await.expect(200);
        world.settle().await;
        world.later(Duration::from_hours(24) - Duration::from_secs(1)).await;
        assert_eq!(keyed(&partner, LEADS, "key", &draft(&ada)).await.expect(201), first);
        assert_eq!(kept_answers(&world).await, 1);

        world.later(Duration::from_hours(2)).await;
        assert_eq!(kept_answers(&world).await, 0, "nobody will ask for it any more");
        let anew = keyed(&partner, LEADS, "key", &draft(&ada)).await.expect(201);
        assert_ne!(anew["id"], first["id"]);
    }

    async fn a_key_is_free_again_as_soon_as_its_day_is_over(world: World, ALC_LIMITS__IDEMPOTENCY_KEPT_S = "10") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        keyed(&partner, LEADS, "key", &draft(&people[0])).await.expect(201);
        world.clock.advance(Duration::from_secs(10));
        let anew = keyed(&partner, LEADS, "key", &draft(&people[1])).await.expect(201);
        let again = keyed(&partner, LEADS, "key", &draft(&people[1])).await;
        assert_eq!((&again.body, &again.headers["idempotent-replayed"]), (&anew, &"true".parse().unwrap()));
    }

    async fn of_two_tries_at_once_one_is_done_and_the_other_told_to_come_back(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let held = Held::grant_of(&world, &partner).await;
        let tries = [(); 2].map(|()| tokio::spawn(sent(request(&partner, LEADS, "key", &draft(&ada)))));
        let [one, two] = tries;
        let (early, late) = first_of(one, two).await;
        assert_eq!(early.problem(), (409, "idempotency_key_in_flight"));
        assert_eq!(early.headers["retry-after"], "1");

        held.lets_go().await;
        let done = late.await.unwrap();
        assert_eq!((done.status, done.headers.get("idempotent-replayed")), (201, None));
        assert_eq!(keyed(&partner, LEADS, "key", &draft(&ada)).await.expect(201), done.body);
    }

    async fn a_crash_before_the_answer_is_no_reason_to_do_it_twice(world: MortalWorld, ALC_FAIL_POINT = "LeadCommitted") {
        let ada = world.somebody();
        let token = operator_token(&world).await;
        let post = || {
            let request = http().post(format!("{}{LEADS}", world.url())).bearer_auth(&token);
            request.header("Idempotency-Key", "\"once\"").json(&draft(&ada))
        };
        post().send().await.expect_err("the service died before it could answer");
        world.crashes_and_comes_back().await;

        let told = sent(post()).await;
        assert_eq!((told.status, told.headers["idempotent-replayed"].to_str().unwrap()), (201, "true"));
        let listed = http().get(format!("{}{LEADS}", world.url())).bearer_auth(&token);
        let listed = sent(listed).await.expect(200);
        let leads = listed["data"].as_array().unwrap();
        assert_eq!((leads.len(), &leads[0]["id"]), (1, &told.body["id"]));
    }

    async fn a_batch_that_crashed_before_the_answer_is_not_done_twice(world: MortalWorld, ALC_FAIL_POINT = "LeadCommitted") {
        let people = world.people();
        let token = operator_token(&world).await;
        let leads = json!({ "leads": [draft(&people[0]), draft(&people[1])] });
        let post = || {
            let request = http().post(format!("{}{BATCH}", world.url())).bearer_auth(&token);
            request.header("Idempotency-Key", "\"once\"").json(&leads)
        };
        post().send().await.expect_err("the service died before it could answer");
        world.crashes_and_comes_back().await;

        let told = sent(post()).await;
        assert_eq!((told.status, told.headers["idempotent-replayed"].to_str().unwrap()), (200, "true"));
        assert!(told.body["data"].as_array().unwrap().iter().all(|result| result["created"] == true), "{told:?}");
    }

    async fn kept_answers_and_keys_are_sealed(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let (key, name) = (unique(), format!("Canary {}", unique()));
        let draft = json!({ "recordId": ada.record, "name": name, "phoneNumber": ada.phone });
        keyed(&partner, LEADS, &key, &draft).await.expect(201);
        assert_eq!(kept_answers(&world).await, 1);

        let database = String::from_utf8_lossy(&world.database.contents().await).into_owned();
        assert!(database.contains(&ada.record), "the search must find what is not sealed");
        for hidden in [&key, &name, ada.phone.trim_start_matches('+')] {
            assert!(!database.contains(hidden), "the database has {hidden} in clear text");
        }
    }

    /// The app sends no key, and a press is a request of its own.
    async fn without_a_key_nothing_is_kept(world: World) {
        let app = App::connected(&world).await;
        app.press_send_to_alc(&world.somebody().record).await;
        world.settle().await;
        assert_eq!(kept_answers(&world).await, 0);
    }
}

fn draft(somebody: &Somebody) -> Value {
    json!({ "recordId": somebody.record, "name": somebody.name, "phoneNumber": somebody.phone })
}

fn request(partner: &Partner, path: &str, key: &str, body: &Value) -> RequestBuilder {
    partner.request(Method::POST, path).header("Idempotency-Key", key).json(body)
}

async fn keyed(partner: &Partner, path: &str, key: &str, body: &Value) -> Answer {
    sent(request(partner, path, key, body)).await
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("the service answers")).await
}

async fn kept_answers(world: &World) -> i64 {
    let count = async |tx: &mut Tx| tx.one("SELECT COUNT(*) FROM idempotency_keys", &[], |row| row.int(0)).await;
    world.store.read(count).await.expect("the store answers").unwrap_or_default()
}

async fn operator_token(world: &MortalWorld) -> String {
    let scopes = ["leads:read", "leads:write"].map(str::to_owned);
    let place = alc_server::operator::Place { workspace: "acme".into(), default_region: None };
    world.operator().create_token(place, &scopes).await.expect("a token can be made").token
}

/// What ended first, and the one that goes on.
async fn first_of(mut one: JoinHandle<Answer>, mut two: JoinHandle<Answer>) -> (Answer, JoinHandle<Answer>) {
    tokio::select! {
        early = &mut one => (early.expect("a request ends"), two),
        early = &mut two => (early.expect("a request ends"), one),
    }
}

/// A transaction that holds a grant, so that nothing is done under it meanwhile.
struct Held {
    let_go: mpsc::Sender<()>,
    ended: JoinHandle<()>,
}

impl Held {
    async fn grant_of(world: &World, partner: &Partner) -> Self {
        let (hash, now) = (hash_token(&partner.token), world.service.app.now());
        let access = world.service.app.tokens.ask(PresentedToken { hash, at: now }).await.expect("the store answers");
        let access = access.expect("the token is live");
        let (let_go, told) = mpsc::channel();
        let (holds, held) = mpsc::channel();
        let told = Mutex::new(told);
        let store: Store = world.store.clone();
        let ended = tokio::spawn(async move {
            let work = async move |tx: &mut Tx| {
                tx.hold_live_grant(&access.workspace, &access.grant).await?;
                let _ = holds.send(());
                // On SQLite this is the store's own thread, on PostgreSQL one of the runtime's, which others take over.
                tokio::task::block_in_place(|| told.lock().expect("nobody else listens").recv().unwrap_or_default());
                Ok(())
            };
            store.write(work).await.expect("the store answers");
        });
        tokio::task::block_in_place(|| held.recv()).expect("the grant is held");
        Self { let_go, ended }
    }

    async fn lets_go(self) {
        self.let_go.send(()).expect("the transaction waits");
        self.ended.await.expect("the transaction ends");
    }
}
