//! What a local system was asked and how it answered, in order of arrival. Stories read it to prove that a call was made, was
//! made once, or was not made at all. The control routes (`/_…`) are not part of it, and credentials are not kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// One request as it arrived.
#[derive(Clone, Debug, Serialize)]
pub struct SeenRequest {
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// The JSON sent; any other body as text; `null` without a body.
    pub body: Value,
    /// `None` while no answer has gone out: in progress, held, hanging or hung up on.
    pub status: Option<u16>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RequestLog {
    seen: Arc<Mutex<Vec<SeenRequest>>>,
    /// How many answers have gone out.
    answers: watch::Sender<usize>,
}

/// Where in the log a request stands, to note its answer later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(usize);

impl RequestLog {
    pub(crate) fn arrived(&self, method: &str, path: &str, body: &[u8]) -> Place {
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
        };
        let mut seen = self.lock();
        seen.push(SeenRequest { method: method.to_owned(), path: path.to_owned(), body, status: None });
        Place(seen.len() - 1)
    }

    pub(crate) fn answered(&self, Place(place): Place, status: u16) {
        self.lock()[place].status = Some(status);
        self.answers.send_modify(|answers| *answers += 1);
    }

    /// Changes with every answer.
    pub(crate) fn answers(&self) -> watch::Receiver<usize> {
        self.answers.subscribe()
    }

    pub(crate) fn all(&self) -> Vec<SeenRequest> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SeenRequest>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
