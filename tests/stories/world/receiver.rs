//! A partner's endpoint for callbacks: believes what is signed, remembers everything, and answers as the story says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alc_core::callback::Callback;
use alc_core::signature::{self, Headers, Secret};
use alc_core::time::Timestamp;
use alc_server::door::Clock as _;
use alc_tests::serve::Listening;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::watch;

use super::StoryClock;

/// Drop it, and the port is closed.
pub struct Receiver {
    desk: Desk,
    listening: Listening,
}

/// A callback as it came in; its signature was good.
#[derive(Debug, Clone)]
pub struct Received {
    /// `webhook-id`: the same at every try.
    pub id: String,
    pub at: Timestamp,
    pub callback: Callback,
    pub letter: Letter,
    /// What the receiver answered; none while it hangs.
    pub answered: Option<u16>,
}

/// What is about a webhook, not about a lead; its signature was good.
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: String,
    pub body: Value,
}

/// A callback as it was signed.
#[derive(Debug, Clone)]
pub struct Letter {
    pub headers: HeaderMap,
    body: Bytes,
    at: Timestamp,
}

impl Letter {
    /// Whether a receiver that holds this secret, and no other, believes it.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let secret = Secret::parse(secret).expect("the service hands out signing secrets");
        self.verify(&[secret]).is_ok()
    }

    fn verify(&self, secrets: &[Secret]) -> Result<(), String> {
        let header = |name| self.header(name);
        let signed = Headers {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        };
        signature::verify(secrets, signed, &self.body, self.at).map_err(|why| why.to_string())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("it was read before")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What to answer.
struct Reply {
    status: u16,
    header: Option<(HeaderName, String)>,
    body: String,
}

#[derive(Clone)]
struct Desk {
    clock: StoryClock,
    secrets: Arc<Mutex<Vec<Secret>>>,
    /// What to answer next; then 200.
    answers: Arc<Mutex<VecDeque<Reply>>>,
    is_hanging: watch::Sender<bool>,
    received: watch::Sender<Vec<Received>>,
    notices: Arc<Mutex<Vec<Notice>>>,
    /// Why something was not believed: the end of any story that looks.
    unbelieved: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    pub async fn start(clock: &StoryClock) -> Self {
        let desk = Desk {
            clock: clock.clone(),
            secrets: Arc::default(),
            answers: Arc::default(),
            is_hanging: watch::Sender::new(false),
            received: watch::Sender::default(),
            notices: Arc::default(),
            unbelieved: Arc::default(),
        };
        let router = Router::new().route("/alc", post(take_in)).with_state(desk.clone());
        let listening = Listening::start(([127, 0, 0, 1], 0).into(), router).await.expect("a free port");
        Self { desk, listening }
    }

    pub fn url(&self) -> String {
        format!("{}/alc", self.listening.url())
    }

    pub fn trusts(&self, secret: &str) {
        lock(&self.desk.secrets).push(Secret::parse(secret).expect("the service hands out signing secrets"));
    }

    /// Answers with these statuses, one after the other, and then again with 200.
    pub fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        let plain = |status| Reply { status, header: None, body: String::new() };
        lock(&self.desk.answers).extend(statuses.into_iter().map(plain));
    }

    /// Answers next with this status, and when to come back.
    pub fn asks_to_wait(&self, status: u16, retry_after: &str) {
        let header = Some((RETRY_AFTER, retry_after.to_owned()));
        lock(&self.desk.answers).push_back(Reply { status, header, body: String::new() });
    }

    /// Answers next that the callback should go elsewhere.
    pub fn redirects(&self, status: u16, location: &str) {
        let header = Some((LOCATION, location.to_owned()));
        lock(&self.desk.answers).push_back(Reply { status, header, body: String::new() });
    }

    /// Answers next with this status and body.
    pub fn says(&self, status: u16, body: &str) {
        lock(&self.desk.answers).push_back(Reply { status, header: None, body: body.to_owned() });
    }

    /// Takes callbacks in and answers none of them until [`Receiver::wakes_up`].
    pub fn hangs(&self) {
        self.desk.is_hanging.send_replace(true);
    }

    pub fn wakes_up(&self) {
        self.desk.is_hanging.send_replace(false);
    }

    /// Every callback so far, repetitions included, in order of arrival.
    #[track_caller]
    pub fn received(&self) -> Vec<Received> {
        let unbelieved = lock(&self.desk.unbelieved);
        assert!(unbelieved.is_empty(), "callbacks that nobody could believe: {unbelieved:?}");
        self.desk.received.borrow().clone()
    }

    /// Every notice about a webhook so far, in order of arrival.
    #[track_caller]
    pub fn notices(&self) -> Vec<Notice> {
        self.received();
        lock(&self.desk.notices).clone()
    }

    /// The callbacks in short: event and sequence.
    #[track_caller]
    pub fn heard(&self) -> Vec<(String, u32)> {
        let received = self.received().into_iter();
        received.map(|received| (received.callback.event, received.callback.sequence)).collect()
    }

    /// Waits until that many callbacks arrived.
    pub async fn has_received(&self, count: usize) {
        let mut received = self.desk.received.subscribe();
        received.wait_for(|received| received.len() >= count).await.expect("the desk is ours");
    }
}

impl Receiver {
    /// Waits until that many different callbacks arrived, as `name` tells them apart.
    pub async fn has_received_of<K: std::hash::Hash + Eq>(&self, count: usize, name: impl Fn(&Received) -> K) {
        let (mut seen, mut names) = (0, std::collections::HashSet::new());
        let mut received = self.desk.received.subscribe();
        let enough = received.wait_for(|received| {
            names.extend(received[seen..].iter().map(&name));
            seen = received.len();
            names.len() >= count
        });
        enough.await.expect("the desk is ours");
    }
}

async fn take_in(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let letter = Letter { headers, body, at: desk.clock.now() };
    let believed = letter.verify(&lock(&desk.secrets)).and_then(|()| read(&letter.body));
    match believed {
        Err(why) => {
            lock(&desk.unbelieved).push(why);
            StatusCode::UNAUTHORIZED.into_response()
        }
        Ok(Told::Webhook(body)) => {
            lock(&desk.notices).push(Notice { id: letter.header("webhook-id").to_owned(), body });
            desk.reply().1
        }
        Ok(Told::Lead(callback)) => {
            let mut place = 0;
            let at = letter.at;
            desk.received.send_modify(|received| {
                place = received.len();
                let id = letter.header("webhook-id").to_owned();
                received.push(Received { id, at, callback, letter, answered: None });
            });
            let mut is_hanging = desk.is_hanging.subscribe();
            is_hanging.wait_for(|is_hanging| !is_hanging).await.expect("the desk is ours");
            let (status, reply) = desk.reply();
            desk.received.send_modify(|received| received[place].answered = Some(status));
            reply
        }
    }
}

enum Told {
    Lead(Callback),
    Webhook(Value),
}

fn read(body: &[u8]) -> Result<Told, String> {
    let value: Value = serde_json::from_slice(body).map_err(|why| why.to_string())?;
    if value["type"].as_str().is_some_and(|name| name.starts_with("webhook.")) {
        return Ok(Told::Webhook(value));
    }
    Callback::parse(body).map(Told::Lead).map_err(|why| why.to_string())
}

impl Desk {
    /// What the story planned to answer next, or 200.
    fn reply(&self) -> (u16, Response) {
        let planned = lock(&self.answers).pop_front();
        let reply = planned.unwrap_or(Reply { status: 200, header: None, body: String::new() });
        let status = StatusCode::from_u16(reply.status).expect("stories answer with statuses of HTTP");
        let mut response = (status, reply.body).into_response();
        if let Some((name, value)) = reply.header {
            response.headers_mut().insert(name, value.parse().expect("stories answer with headers of HTTP"));
        }
        (reply.status, response)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
