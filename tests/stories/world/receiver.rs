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
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
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
    /// What the receiver answered; none while it hangs.
    pub answered: Option<u16>,
}

#[derive(Clone)]
struct Desk {
    clock: StoryClock,
    secrets: Arc<Mutex<Vec<Secret>>>,
    /// What to answer next; then 200.
    answers: Arc<Mutex<VecDeque<u16>>>,
    is_hanging: watch::Sender<bool>,
    received: watch::Sender<Vec<Received>>,
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
        lock(&self.desk.answers).extend(statuses);
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

async fn take_in(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = Headers {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let now = desk.clock.now();
    let believed = signature::verify(&lock(&desk.secrets), signed, &body, now).map_err(|why| why.to_string());
    let callback = believed.and_then(|()| Callback::parse(&body).map_err(|why| why.to_string()));
    let callback = match callback {
        Ok(callback) => callback,
        Err(why) => {
            lock(&desk.unbelieved).push(why);
            return StatusCode::UNAUTHORIZED;
        }
    };
    let mut place = 0;
    desk.received.send_modify(|received| {
        place = received.len();
        received.push(Received { id: signed.id.to_owned(), at: now, callback, answered: None });
    });
    let mut is_hanging = desk.is_hanging.subscribe();
    is_hanging.wait_for(|is_hanging| !is_hanging).await.expect("the desk is ours");
    let status = lock(&desk.answers).pop_front().unwrap_or(200);
    desk.received.send_modify(|received| received[place].answered = Some(status));
    StatusCode::from_u16(status).expect("stories answer with statuses of HTTP")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
