//! Everything a story needs, started for it alone and gone when it ends.

mod answer;
mod app;
mod clock;
mod command;
mod database;
mod folder;
mod gateway;
mod inhabited;
mod logs;
mod mortal;
mod names;
mod partner;
mod receiver;
mod redis;

use std::sync::Arc;
use std::time::Duration;

use alc_server::door::Door;
use alc_server::operator::{Operator, Place};
use alc_server::serve::{self, Running};
use alc_server::settings::{Overrides, Profile, Settings};
use alc_server::store::{Store, StoreOptions, Vault};
use alc_tests::attio::{AttioOptions, LocalAttio};
use alc_tests::people::{Person, Verdict};
use alc_tests::sms::{LocalSms, SmsOptions};

pub use self::answer::Answer;
pub use self::app::{App, repository};
pub use self::clock::StoryClock;
pub use self::database::Database;
pub use self::folder::unique;
pub use self::gateway::Inbound;
pub use self::inhabited::Inhabited;
pub use self::logs::LogSearch;
pub use self::mortal::MortalWorld;
pub use self::names::StoryNames;
pub use self::partner::Partner;
pub use self::receiver::Receiver;
pub use self::redis::RedisLine;

/// The number the service texts from.
pub const OUR_NUMBER: &str = "+15005550006";

/// Longer than any story takes on a busy machine: what waits for something that never comes ends here.
const PATIENCE: Duration = Duration::from_mins(3);

/// The story's end, or a failure when it never comes.
pub async fn in_time(story: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE, story).await.expect("the story waits for something that never comes");
}

/// A client for talking to the service as a stranger would.
#[expect(clippy::disallowed_methods, reason = "stories stand outside the service's guarded client")]
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client can be built")
}

/// A line that `cargo xtask test` counts.
#[expect(clippy::print_stderr, reason = "this is the report")]
pub fn skip(story: &str) {
    eprintln!("SKIPPED {story}: set ALC_TEST_POSTGRES, or run `cargo xtask test`, which brings a PostgreSQL");
}

/// Somebody who may log in to the service.
pub struct Member {
    pub email: String,
    pub password: String,
}

/// A person record, and the phone the person answers.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub record: String,
    pub name: String,
    pub phone: String,
}

impl Inhabited for World {
    fn url(&self) -> &str {
        &self.service.app.public_url
    }

    fn attio(&self) -> &LocalAttio {
        &self.attio
    }

    fn sms(&self) -> &LocalSms {
        &self.sms
    }

    fn operator(&self) -> Operator {
        Operator { store: self.store.clone(), door: self.service.app.door.clone() }
    }
}

/// The service, and the world around it.
pub struct World {
    pub attio: LocalAttio,
    pub sms: LocalSms,
    pub clock: StoryClock,
    pub names: StoryNames,
    pub service: Running,
    pub store: Store,
    pub database: Database,
}

impl World {
    /// `settings`: what this story needs otherwise than profile `test` has it, as environment variables.
    pub async fn start(database: Database, settings: &[(&str, &str)]) -> Self {
        // A process may choose its TLS provider once; the first story does.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = StoryClock::start();
        let attio = LocalAttio::start(AttioOptions { clock: clock.of_the_world(), ..AttioOptions::default() });
        let attio = attio.await.expect("a local Attio starts");
        let auth_token = format!("local-sms-token-{}", unique());
        let sms = SmsOptions { auth_token, clock: clock.of_the_world(), ..SmsOptions::default() };
        let sms = LocalSms::start(sms).await.expect("a local gateway starts");
        let settings = settings_of(&attio, &sms, settings);
        let mut options = StoreOptions::new(Arc::new(Vault::new(mortal::KEY, &[])));
        // Many stories share one PostgreSQL.
        options.connections = 3;
        let store = Store::open(database.url(), options).await.expect("the store opens");
        store.migrate().await.expect("the schema is brought up");
        let names = StoryNames::default();
        let door = Door::new(clock.clone()).with_names(names.clone());
        let service = serve::start(settings, store.clone(), door).await.expect("the service starts");
        sms.set_inbound(&format!("{}/sms/twilio", service.app.public_url));
        let world = Self { attio, sms, clock, names, service, store, database };
        world.assert_engine().await;
        world
    }

    /// The record of a seeded person whom the service must refuse with this code.
    pub fn person_refused(&self, code: &str) -> String {
        let refused = |person: &&Person| person.expected == Verdict::Rejected { code: code.to_owned() };
        let person = self.attio.people().iter().find(refused);
        person.unwrap_or_else(|| panic!("nobody in the seed is refused with {code}")).id.to_string()
    }

    /// Another replica of the service, on the same database and clock, with these settings changed.
    pub async fn replica(&self, change: impl FnOnce(&mut Settings)) -> Running {
        let mut settings = self.service.app.settings.clone();
        change(&mut settings);
        let door = Door::new(self.clock.clone());
        serve::start(settings, self.store.clone(), door).await.expect("another replica starts")
    }

    /// How often the gateway was asked to text this phone, whatever came of it.
    pub fn texts_asked_for(&self, phone: &str) -> usize {
        self.asked_of_the_gateway()
            .filter(|form| form.iter().any(|(name, value)| name == "To" && value == phone))
            .count()
    }

    /// Whether the service has an SMS that came in, in a conversation or beside all of them.
    pub async fn keeps_sms(&self, sid: &str) -> bool {
        let sid = sid.to_owned();
        self.store.read(async move |tx| tx.is_known_message(&sid).await).await.expect("the store answers")
    }

    /// Until nothing is left to do now: no job due, no report of the gateway on its way.
    pub async fn settle(&self) {
        loop {
            let before = self.sms.callbacks().len();
            self.service.settle().await.expect("the store answers");
            self.sms.idle().await;
            self.service.settle().await.expect("the store answers");
            // A callback may cause a job, a job a text, and a text a callback.
            if self.sms.callbacks().len() == before {
                return;
            }
        }
    }

    /// Time goes by, and what was due by then is done.
    pub async fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.settle().await;
    }

    /// The story is told on the database it claims.
    async fn assert_engine(&self) {
        let health = http().get(format!("{}/health", self.url())).send().await;
        let health = Answer::read(health.expect("the service listens")).await;
        assert_eq!(health.body["database"], self.database.engine(), "the story must run on its own database");
    }
}

fn settings_of(attio: &LocalAttio, sms: &LocalSms, of_the_story: &[(&str, &str)]) -> Settings {
    let environment = [
        ("ALC_SERVER__LISTEN", "127.0.0.1:0"),
        ("ALC_ATTIO__BASE_URL", &attio.url()),
        ("ALC_SMS__BASE_URL", &sms.url()),
        ("ALC_SMS__ACCOUNT_SID", sms.account_sid()),
        ("ALC_SMS__AUTH_TOKEN", sms.auth_token()),
        ("ALC_SMS__FROM", OUR_NUMBER),
    ];
    // The last of a name counts.
    let environment = environment.iter().chain(of_the_story).map(|(name, value)| ((*name).into(), (*value).into()));
    Settings::load(Profile::Test, environment, &Overrides::default()).expect("the settings are right")
}

pub fn place(workspace: &str) -> Place {
    Place { workspace: workspace.to_owned(), default_region: Some("GB".to_owned()) }
}
