//! Failure on demand. A fault waits for the next requests that match it and then answers with a status, never answers, hangs up
//! before or after the work is done, or holds the request or its answer back until it is released. Stories set faults through a handle; anyone else over HTTP:
//! `POST /_faults`, `POST /_faults/release`, `GET /_requests`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{
    requests::{RequestLog, SeenRequest},
    serve::HangUp,
};

/// No request of the real systems comes near this; more is a mistake in the story.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// One misbehaviour and the requests it meets. Without [`Fault::on`] it meets any, without [`Fault::times`] one.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: FaultKind,
    method: Option<String>,
    path_contains: String,
    times: u32,
    retry_after: Option<HeaderValue>,
}

#[derive(Clone, Debug)]
enum FaultKind {
    Status(StatusCode),
    Hang,
    DropBeforeCommit,
    DropAfterCommit,
    Hold(Arc<Gate>),
    HoldAnswer(Arc<Gate>),
}

impl Fault {
    /// Answer with this status and do nothing.
    ///
    /// # Panics
    /// When `status` is no HTTP status.
    pub fn status(status: u16) -> Self {
        Self::of(FaultKind::Status(StatusCode::from_u16(status).expect("a fault's status is between 100 and 999")))
    }

    /// Accept the request, do nothing and never answer.
    pub fn hang() -> Self {
        Self::of(FaultKind::Hang)
    }

    /// Do nothing and close the connection without an answer.
    pub fn drop_before_commit() -> Self {
        Self::of(FaultKind::DropBeforeCommit)
    }

    /// Do the work, then close the connection without an answer.
    pub fn drop_after_commit() -> Self {
        Self::of(FaultKind::DropAfterCommit)
    }

    #[must_use]
    pub fn on(mut self, method: &str, path_contains: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        path_contains.clone_into(&mut self.path_contains);
        self
    }

    /// The answer says when to come back: seconds, or a date.
    ///
    /// # Panics
    /// When it cannot stand in a header.
    #[must_use]
    pub fn retry_after(mut self, when: &str) -> Self {
        self.retry_after = Some(HeaderValue::from_str(when).expect("a date is ASCII"));
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn of(kind: FaultKind) -> Self {
        Self { kind, method: None, path_contains: String::new(), times: 1, retry_after: None }
    }

    fn meets(&self, method: &str, path: &str) -> bool {
        self.times > 0
            && self.method.as_deref().is_none_or(|wanted| wanted == method)
            && path.contains(&self.path_contains)
    }
}

/// Requests held back before any work is done on them, or answers after it; dropping this lets them go on.
#[derive(Debug)]
pub struct Held(Arc<Gate>);

impl Held {
    /// Waits until one more request, or answer, stands at the gate.
    pub async fn arrived(&self) {
        pass(&self.0.arrivals).await;
    }

    /// Lets every request go on, those still to come too.
    pub fn release(self) {}
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.open();
    }
}

#[derive(Debug)]
struct Gate {
    arrivals: Semaphore,
    open: Semaphore,
}

impl Gate {
    fn closed() -> Arc<Self> {
        Arc::new(Self { arrivals: Semaphore::new(0), open: Semaphore::new(0) })
    }

    fn open(&self) {
        // A closed semaphore refuses at once and for ever, which is what an open gate does for those who wait at it.
        self.open.close();
    }

    async fn wait(&self) {
        self.arrivals.add_permits(1);
        pass(&self.open).await;
    }
}

async fn pass(semaphore: &Semaphore) {
    if let Ok(permit) = semaphore.acquire().await {
        permit.forget();
    }
}

/// The faults of one local system and the log of what it was asked.
#[derive(Clone)]
pub(crate) struct Faults {
    waiting: Arc<Mutex<Vec<Fault>>>,
    gates: Arc<Mutex<Vec<Arc<Gate>>>>,
    requests: RequestLog,
    /// An injected status wears the body the real system would send with it.
    render: Arc<dyn Fn(StatusCode) -> Response + Send + Sync>,
}

impl Faults {
    pub(crate) fn new(render: impl Fn(StatusCode) -> Response + Send + Sync + 'static) -> Self {
        Self {
            waiting: Arc::default(),
            gates: Arc::default(),
            requests: RequestLog::default(),
            render: Arc::new(render),
        }
    }

    pub(crate) fn add(&self, fault: Fault) {
        if let FaultKind::Hold(gate) | FaultKind::HoldAnswer(gate) = &fault.kind {
            lock(&self.gates).push(Arc::clone(gate));
        }
        lock(&self.waiting).push(fault);
    }

    pub(crate) fn hold(&self, method: &str, path_contains: &str, times: u32) -> Held {
        let gate = Gate::closed();
        self.add(Fault::of(FaultKind::Hold(Arc::clone(&gate))).on(method, path_contains).times(times));
        Held(gate)
    }

    pub(crate) fn hold_answer(&self, method: &str, path_contains: &str) -> Held {
        let gate = Gate::closed();
        self.add(Fault::of(FaultKind::HoldAnswer(Arc::clone(&gate))).on(method, path_contains));
        Held(gate)
    }

    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        self.requests.all()
    }

    /// Until it is so; looked at anew after every answer.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) {
        let mut answers = self.requests.answers();
        // The log is in `self`, so the channel cannot close while we wait.
        while !is_so() && answers.changed().await.is_ok() {}
    }

    /// Puts the faults in front of every route of `system` and the control routes beside it.
    pub(crate) fn guard(&self, system: Router) -> Router {
        system.layer(middleware::from_fn_with_state(self.clone(), meet)).merge(
            Router::new()
                .route("/_faults", post(add_fault).delete(clear))
                .route("/_faults/release", post(release))
                .route("/_requests", get(list_requests))
                .with_state(self.clone()),
        )
    }

    fn take(&self, method: &str, path: &str) -> Option<Fault> {
        let mut waiting = lock(&self.waiting);
        let fault = waiting.iter_mut().find(|fault| fault.meets(method, path))?;
        fault.times -= 1;
        let taken = fault.clone();
        waiting.retain(|fault| fault.times > 0);
        Some(taken)
    }

    pub(crate) fn clear(&self) {
        self.release();
        lock(&self.waiting).clear();
    }

    fn release(&self) {
        lock(&self.waiting).retain(|fault| !matches!(fault.kind, FaultKind::Hold(_) | FaultKind::HoldAnswer(_)));
        for gate in lock(&self.gates).drain(..) {
            gate.open();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn meet(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
    let place = faults.requests.arrived(&method, &path, &body);
    let request = Request::from_parts(parts, Body::from(body));

    let fault = faults.take(&method, &path);
    let retry_after = fault.as_ref().and_then(|fault| fault.retry_after.clone());
    let response = match fault.map(|fault| fault.kind) {
        None => next.run(request).await,
        Some(FaultKind::Status(status)) => {
            let mut refusal = (faults.render)(status);
            if let Some(when) = retry_after {
                refusal.headers_mut().insert(RETRY_AFTER, when);
            }
            refusal
        }
        Some(FaultKind::Hang) => std::future::pending().await,
        Some(FaultKind::DropBeforeCommit) => return HangUp::response(),
        Some(FaultKind::DropAfterCommit) => {
            next.run(request).await;
            return HangUp::response();
        }
        Some(FaultKind::Hold(gate)) => {
            gate.wait().await;
            next.run(request).await
        }
        Some(FaultKind::HoldAnswer(gate)) => {
            let answer = next.run(request).await;
            gate.wait().await;
            answer
        }
    };
    faults.requests.answered(place, response.status().as_u16());
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one key for each kind reads best in a request by hand")]
struct FaultDraft {
    method: Option<String>,
    #[serde(default)]
    path_contains: String,
    status: Option<u16>,
    #[serde(default)]
    hang: bool,
    #[serde(default)]
    drop_before_commit: bool,
    #[serde(default)]
    drop_after_commit: bool,
    #[serde(default)]
    hold: bool,
    times: Option<u32>,
}

impl FaultDraft {
    fn check(self) -> Result<Fault, &'static str> {
        let kinds = [
            self.status.and_then(|status| StatusCode::from_u16(status).ok()).map(FaultKind::Status),
            self.hang.then_some(FaultKind::Hang),
            self.drop_before_commit.then_some(FaultKind::DropBeforeCommit),
            self.drop_after_commit.then_some(FaultKind::DropAfterCommit),
            self.hold.then(|| FaultKind::Hold(Gate::closed())),
        ];
        let mut kinds = kinds.into_iter().flatten();
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return Err(
                "name exactly one of `status` (100 to 999), `hang`, `drop_before_commit`, `drop_after_commit` and `hold`",
            );
        };
        if self.times == Some(0) {
            return Err("`times` counts the requests to meet, so it is at least 1");
        }
        // What is held stays so until `/_faults/release`.
        let times = self.times.unwrap_or(if matches!(kind, FaultKind::Hold(_)) { u32::MAX } else { 1 });
        let method = self.method.map(|method| method.to_ascii_uppercase());
        Ok(Fault { kind, method, path_contains: self.path_contains, times, retry_after: None })
    }
}

/// `POST /_faults`: the next `times` requests that match meet this fault.
async fn add_fault(State(faults): State<Faults>, Json(draft): Json<FaultDraft>) -> Response {
    match draft.check() {
        Ok(fault) => {
            faults.add(fault);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(message) => (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response(),
    }
}

/// `DELETE /_faults`: forget every fault and let go what is held.
async fn clear(State(faults): State<Faults>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}

/// `POST /_faults/release`: let go what is held.
async fn release(State(faults): State<Faults>) -> StatusCode {
    faults.release();
    StatusCode::NO_CONTENT
}

/// `GET /_requests`: everything asked so far.
async fn list_requests(State(faults): State<Faults>) -> Response {
    Json(json!({ "requests": faults.requests() })).into_response()
}
