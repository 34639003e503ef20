//! Everything a story needs, started for it alone and gone when it ends.

mod app;
mod clock;
mod database;

use std::collections::HashSet;
use std::sync::Arc;

use alc_server::door::Door;
use alc_server::operator::{Operator, Place, UserDraft};
use alc_server::serve::{self, Running};
use alc_server::settings::{Overrides, Profile, Settings};
use alc_server::store::users::Role;
use alc_server::store::{Store, StoreOptions, Vault};
use alc_tests::attio::{AttioOptions, LocalAttio};
use alc_tests::sms::{LocalSms, SmsOptions};

pub use self::app::App;
pub use self::clock::StoryClock;
pub use self::database::Database;

/// The number the service texts from.
pub const OUR_NUMBER: &str = "+15005550006";

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
    pub phone: String,
}

/// The service, and the world around it.
pub struct World {
    pub attio: LocalAttio,
    pub sms: LocalSms,
    pub clock: StoryClock,
    pub service: Running,
    pub store: Store,
    database: Database,
}

impl World {
    pub async fn start(database: Database) -> Self {
        // A process may choose its TLS provider once; the first story does.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = StoryClock::start();
        let attio = LocalAttio::start(AttioOptions::default()).await.expect("a local Attio starts");
        let sms = LocalSms::start(SmsOptions::default()).await.expect("a local gateway starts");
        let environment = [
            ("ALC_SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("ALC_SMS__BASE_URL", sms.url()),
            ("ALC_SMS__ACCOUNT_SID", sms.account_sid().to_owned()),
            ("ALC_SMS__AUTH_TOKEN", sms.auth_token().to_owned()),
            ("ALC_SMS__FROM", OUR_NUMBER.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        let settings =
            Settings::load(Profile::Test, environment, &Overrides::default()).expect("the settings are right");
        let mut options = StoreOptions::new(Arc::new(Vault::new([7; 32], &[])));
        // Many stories share one PostgreSQL.
        options.connections = 3;
        let store = Store::open(database.url(), options).await.expect("the store opens");
        store.migrate().await.expect("the schema is brought up");
        let service =
            serve::start(settings, store.clone(), Door::new(clock.clone())).await.expect("the service starts");
        sms.set_inbound(&format!("{}/sms/twilio", service.app.public_url));
        let world = Self { attio, sms, clock, service, store, database };
        world.assert_engine().await;
        world
    }

    pub fn url(&self) -> &str {
        &self.service.app.public_url
    }

    /// What the operator does on the command line.
    pub fn operator(&self) -> Operator {
        Operator { store: self.store.clone(), door: self.service.app.door.clone() }
    }

    /// A workspace's own token, as `alc token create` makes it, with every scope.
    pub async fn operator_token(&self, workspace: &str) -> String {
        let scopes: Vec<String> = alc_server::http::caller::SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
        self.operator().create_token(place(workspace), &scopes).await.expect("a token can be made").token
    }

    /// Somebody of the workspace who may log in.
    pub async fn member(&self, workspace: &str) -> Member {
        let member = Member {
            email: format!("ada.{}@example.com", self.service.app.door.unique()),
            password: "correct horse battery".to_owned(),
        };
        let draft = UserDraft { email: member.email.clone(), password: member.password.clone(), role: Role::Admin };
        self.operator().create_user(&draft, place(workspace)).await.expect("a user can be made");
        member
    }

    /// The first of the seeded people who can be texted.
    pub fn somebody(&self) -> Somebody {
        self.people().into_iter().next().expect("the seed has people with phones")
    }

    /// All seeded people who can be texted and share their number with nobody.
    pub fn people(&self) -> Vec<Somebody> {
        let shared: HashSet<_> = self.attio.people().iter().filter_map(|person| person.shares_number_with).collect();
        let alone = self
            .attio
            .people()
            .iter()
            .filter(|person| person.shares_number_with.is_none() && !shared.contains(&person.id));
        alone
            .filter_map(|person| Some(Somebody { record: person.id.to_string(), phone: person.e164()?.to_owned() }))
            .collect()
    }

    /// Until nothing is left to do now: no job due, no report of the gateway on its way.
    pub async fn settle(&self) {
        loop {
            self.service.settle().await.expect("the store answers");
            let before = self.sms.callbacks().len();
            self.sms.idle().await;
            self.service.settle().await.expect("the store answers");
            if self.sms.callbacks().len() == before {
                return;
            }
        }
    }

    /// The story is told on the database it claims.
    async fn assert_engine(&self) {
        let health: serde_json::Value =
            http().get(format!("{}/health", self.url())).send().await.unwrap().json().await.unwrap();
        assert_eq!(health["database"], self.database.engine(), "the story must run on its own database");
    }
}

fn place(workspace: &str) -> Place {
    Place { workspace: workspace.to_owned(), default_region: Some("GB".to_owned()) }
}
