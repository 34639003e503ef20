//! A local Attio: REST API v2 over one workspace in memory, as a client sees it.
//!
//! Read it in the order of the `mod` lines: the state, what it is made of, how values are written, the routes. Where Attio does
//! not publish what happens, the code says what was chosen. Not modelled: lists, notes, tasks, webhooks, merging, search, and the
//! company that Attio links to a new e-mail address on its own.

mod access;
mod attributes;
mod body;
mod countries;
mod errors;
mod filter;
mod identify;
mod limits;
mod objects;
mod query;
mod record;
mod records;
mod relationships;
mod seeding;
mod select_options;
mod standard;
mod time;
mod values;
mod workspace;
mod written;

#[cfg(test)]
mod tests;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use jiff::Timestamp;

pub use self::{access::Token, limits::RateLimits};
use self::{
    errors::AttioError,
    limits::Meter,
    workspace::{Workspace, seeded_id},
};
use crate::{
    clock::Clock,
    faults::{Fault, Faults, Held},
    people::{Person, Seed},
    requests::SeenRequest,
    serve::Listening,
};

/// How to start a [`LocalAttio`].
#[derive(Clone, Debug)]
pub struct AttioOptions {
    pub listen: SocketAddr,
    pub tokens: Vec<Token>,
    pub seed: Seed,
    /// Enforced on this clock; none by default.
    pub rate_limits: Option<RateLimits>,
    pub clock: Clock,
}

impl Default for AttioOptions {
    /// A free port of this machine, the built-in people, and the token `local-attio-token`.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tokens: vec![Token::new("local-attio-token")],
            seed: Seed::built_in(),
            rate_limits: None,
            clock: Clock::system(),
        }
    }
}

/// A running local Attio. Dropping it stops it.
pub struct LocalAttio {
    attio: Attio,
    faults: Faults,
    people: Vec<Person>,
    listening: Listening,
}

impl LocalAttio {
    pub async fn start(options: AttioOptions) -> io::Result<Self> {
        let attio = Attio::new(&options);
        let clock = options.clock.clone();
        let faults = Faults::new(move |status| refusal(status, clock.now()));
        let router = faults.guard(router(attio.clone()));
        let listening = Listening::start(options.listen, router).await?;
        Ok(Self { attio, faults, people: options.seed.people, listening })
    }

    /// The address to use for `https://api.attio.com`.
    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// The seeded people, with what is right to decide about each.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// A record of People as it is now.
    ///
    /// # Panics
    /// When there is no such record.
    pub fn record(&self, id: &str) -> Record {
        let workspace = self.attio.workspace();
        let people = workspace.object("people").expect("every workspace has people");
        let record = people.record(id).unwrap_or_else(|_| panic!("there is no person with the record id {id}"));
        let texts = people.attributes.iter().map(|attribute| {
            let texts = record.held(attribute.id).iter().map(|held| held.value.text(attribute)).collect();
            (attribute.slug.clone(), texts)
        });
        Record { texts: texts.collect() }
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.faults.requests()
    }

    /// Until it is so; looked at anew after every answer.
    pub async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        self.faults.until(|| is_so(self)).await;
    }

    /// The next requests that match meet this fault.
    pub fn fail(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// As if nothing had ever been wrong.
    pub fn recovers(&self) {
        self.faults.clear();
    }

    /// The next request that matches waits, undone, until the returned handle is released; those after it pass.
    pub fn hold_next(&self, method: &str, path_contains: &str) -> Held {
        self.faults.hold(method, path_contains, 1)
    }

    /// The next request that matches is done, but its answer waits until the returned handle is released.
    pub fn hold_next_answer(&self, method: &str, path_contains: &str) -> Held {
        self.faults.hold_answer(method, path_contains)
    }
}

/// A person's record, as read at one moment.
#[derive(Clone, Debug)]
pub struct Record {
    texts: Vec<(String, Vec<String>)>,
}

impl Record {
    /// The first value of an attribute, as text; for a select the title of the option. `None` when it is unset or unknown.
    pub fn value(&self, slug: &str) -> Option<String> {
        self.values(slug).into_iter().next()
    }

    /// All values of an attribute, as text.
    pub fn values(&self, slug: &str) -> Vec<String> {
        let found = self.texts.iter().find(|(known, _)| known == slug);
        found.map(|(_, texts)| texts.clone()).unwrap_or_default()
    }
}

/// What every route shares.
#[derive(Clone)]
pub(crate) struct Attio {
    workspace: Arc<Mutex<Workspace>>,
    tokens: Arc<[Token]>,
    meter: Meter,
    clock: Clock,
    started_at: Timestamp,
    answers: Arc<AtomicU64>,
}

impl Attio {
    fn new(options: &AttioOptions) -> Self {
        let mut workspace = Workspace::new(options.clock.clone());
        seeding::fill(&mut workspace, &options.seed);
        Self {
            workspace: Arc::new(Mutex::new(workspace)),
            tokens: options.tokens.clone().into(),
            meter: Meter::new(options.rate_limits),
            clock: options.clock.clone(),
            started_at: options.clock.now(),
            answers: Arc::default(),
        }
    }

    pub(crate) fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn token(&self, secret: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.secret == secret)
    }

    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }
}

fn router(attio: Attio) -> Router {
    let object = Router::new()
        .route("/", get(objects::get))
        .route("/attributes", get(attributes::list).post(attributes::create))
        .route("/attributes/{attribute}", get(attributes::get).patch(attributes::update))
        .route("/attributes/{attribute}/options", get(select_options::list).post(select_options::create))
        .route("/attributes/{attribute}/options/{option}", patch(select_options::update))
        .route("/attributes/{attribute}/statuses", get(select_options::list_statuses))
        .route("/records", post(records::create).put(records::assert))
        .route("/records/query", post(query::query))
        .route(
            "/records/{record}",
            get(records::get).patch(records::append).put(records::overwrite).delete(records::delete),
        )
        .route("/records/{record}/attributes/{attribute}/values", get(records::values));
    Router::new()
        .route("/v2/self", get(identify::identify))
        .route("/v2/objects", get(objects::list))
        .nest("/v2/objects/{object}", object)
        .fallback(unknown_route)
        .layer(middleware::from_fn_with_state(attio.clone(), stamp))
        .with_state(attio)
}

/// Every answer carries an id of its execution, and a good one the moment at which it was true.
async fn stamp(State(attio): State<Attio>, request: Request, next: Next) -> Response {
    let mut response = match attio.meter.admit(request.method(), request.uri().path(), attio.clock.now()) {
        Ok(()) => next.run(request).await,
        Err(retry_at) => AttioError::rate_limited(retry_at).into_response(),
    };
    let number = attio.answers.fetch_add(1, Ordering::Relaxed);
    let execution = seeded_id(&format!("execution/{}/{number}", attio.started_at)).to_string();
    let headers = response.headers_mut();
    headers.insert("x-attio-execution-id", HeaderValue::from_str(&execution).expect("an id is ASCII"));
    if response.status().is_success() {
        let now = time::wire_time(attio.clock.now());
        response.headers_mut().insert("x-accurate-at", HeaderValue::from_str(&now).expect("a time is ASCII"));
    }
    response
}

async fn unknown_route() -> AttioError {
    AttioError::not_found("Could not find the route that was asked for.")
}

/// The body Attio sends with a status it was told to fail with; what its gateway says in its place is not JSON.
fn refusal(status: StatusCode, now: Timestamp) -> Response {
    match status {
        StatusCode::UNAUTHORIZED => AttioError::unauthorized().into_response(),
        StatusCode::FORBIDDEN => AttioError::forbidden("record_permission:read-write").into_response(),
        StatusCode::NOT_FOUND => AttioError::not_found("Not found.").into_response(),
        StatusCode::TOO_MANY_REQUESTS => AttioError::rate_limited(time::next_second(now)).into_response(),
        StatusCode::BAD_REQUEST => AttioError::validation("Body payload validation error.").into_response(),
        status => (status, format!("<html><body>{status}</body></html>")).into_response(),
    }
}
