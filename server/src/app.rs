//! What every handler and every job is handed: settings, store, time, and the way out to other systems.

use std::ops::Deref;
use std::sync::Arc;

use crate::connectors::http::Outbound;
use crate::connectors::redis::Redis;
use crate::door::Door;
use crate::settings::Settings;
use crate::store::Store;
use crate::store::endings::Ending;
use crate::store::gather::Gather;
use crate::store::tokens::PresentedToken;
use crate::store::wanted_tests::WantedTest;
use alc_core::phone::Region;
use alc_core::time::Timestamp;
use tokio::sync::Notify;

/// More that wait to be written together hear `Busy`, as they would from the store.
const QUEUE: usize = 1_024;

/// Cheap to clone: one `App` serves the whole process.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub settings: Settings,
    pub store: Store,
    pub door: Door,
    /// The guarded way out; see `connectors::http`.
    pub outbound: Outbound,
    /// What replicas share, if they do.
    pub redis: Option<Redis>,
    /// Deliveries that end are written down together.
    pub endings: Gather<Ending>,
    /// So are the tests that webhooks' owners ask for.
    pub tests: Gather<WantedTest>,
    /// And the tokens that requests show are looked up together.
    pub tokens: Gather<PresentedToken>,
    /// Rung whenever a job has ended, well or badly.
    pub job_ended: Notify,
    /// Where the outside reaches us, without a trailing slash.
    pub public_url: String,
}

impl App {
    /// Called where tasks can be spawned.
    pub fn new(
        settings: Settings,
        store: Store,
        door: Door,
        outbound: Outbound,
        redis: Option<Redis>,
        public_url: &str,
    ) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let (endings, tests, tokens) =
            (Gather::start(&store, QUEUE), Gather::start(&store, QUEUE), Gather::start(&store, QUEUE));
        let job_ended = Notify::new();
        Self(Arc::new(Inner { settings, store, door, outbound, redis, endings, tests, tokens, job_ended, public_url }))
    }

    pub fn now(&self) -> Timestamp {
        self.door.now()
    }

    /// A new id: `app.new_id::<LeadId>()`.
    pub fn new_id<I: NewId>(&self) -> I {
        I::from_unique(&self.door.unique())
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// An id that can be made from a unique text.
pub trait NewId {
    fn from_unique(unique: &str) -> Self;
}

macro_rules! new_ids {
    ($($name:ident)*) => {$(
        impl NewId for alc_core::id::$name {
            fn from_unique(unique: &str) -> Self {
                Self::from_unique(unique)
            }
        }
    )*};
}

new_ids! { WorkspaceId UserId ClientId GrantId LeadId ConversationId MessageId EventId WebhookId DeliveryId AttemptId ConnectionId JobId AuditId }

/// RFC 3339 in UTC, as the API prints times.
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// A region from the settings or a workspace; unknown ones were refused when they were set.
pub fn region(code: Option<&str>) -> Option<Region> {
    code.and_then(|code| Region::parse(code).ok())
}
