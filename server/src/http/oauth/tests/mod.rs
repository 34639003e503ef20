//! The provider seen from outside: requests to the whole router, on either database and on a clock that the test moves.

/// Tells each story on a fresh SQLite file and on a fresh PostgreSQL database.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            use super::super::World;
            use $crate::store::tests::{Scratch, on_sqlite};

            $(#[tokio::test]
            async fn $story() {
                on_sqlite(|scratch: Scratch| async move { super::$story(World::start(scratch.store).await).await }).await;
            })*
        }
        mod postgres {
            use super::super::World;
            use $crate::store::tests::{Scratch, on_postgres};

            $(#[tokio::test]
            async fn $story() {
                on_postgres(|scratch: Scratch| async move { super::$story(World::start(scratch.store).await).await }).await;
            })*
        }
    };
}

mod asking;
mod ending;
mod logging_in;
mod redeeming;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ::http::{HeaderMap, Request, StatusCode, header};
use axum::Router;
use axum::body::{Body, to_bytes};
use serde_json::Value;
use tower::ServiceExt as _;

use alc_core::time::Timestamp;

use crate::app::App;
use crate::connectors::http::Outbound;
use crate::door::{Clock, Door};
use crate::operator::{NewClient, Operator, Place, UserDraft};
use crate::settings::{Overrides, Profile, Settings};
use crate::store::sessions::NewSession;
use crate::store::tokens::PresentedToken;
use crate::store::users::{Role, User};
use crate::store::workspaces::{Mode, Workspace};
use crate::store::{Store, hash_token};

const CALLBACK: &str = "https://app.example.com/callback";
const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "ada@example.com";

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A service with one confidential client and one user, who is logged in.
struct World {
    app: App,
    router: Router,
    operator: Operator,
    clock: HandClock,
    client: NewClient,
    cookie: String,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn sleep_until(&self, _: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

impl World {
    async fn start(store: Store) -> Self {
        store.migrate().await.unwrap();
        let clock = HandClock(Arc::new(AtomicI64::new(1_800_000_000_000)));
        let door = Door::new(clock.clone());
        let operator = Operator { store: store.clone(), door: door.clone() };
        let client = operator.create_client("Attio", vec![CALLBACK.to_owned()], false).await.unwrap();
        let app = service(store, door, "http://alc.test");
        let router = crate::http::router(app.clone());
        let mut world = Self { app, router, operator, clock, client, cookie: String::new() };
        world.cookie = world.someone_logged_in().await;
        world
    }

    /// The same service behind another address.
    fn reached_at(self, public_url: &str) -> Self {
        let app = service(self.app.store.clone(), self.app.door.clone(), public_url);
        Self { router: crate::http::router(app.clone()), app, ..self }
    }

    /// A user with a session, without the cost of a password.
    async fn someone_logged_in(&self) -> String {
        let (token, now) = (self.app.door.token(), self.app.now());
        let workspace = Workspace {
            id: self.app.new_id(),
            name: "grace's".to_owned(),
            default_region: None,
            mode: Mode::Live,
            created_at: now,
        };
        let user = User {
            id: self.app.new_id(),
            workspace: workspace.id.clone(),
            email: "grace@example.com".to_owned(),
            password_hash: String::new(),
            role: Role::Member,
            created_at: now,
        };
        let session = NewSession {
            token_hash: hash_token(&token),
            workspace: workspace.id.clone(),
            user: user.id.clone(),
            entered_for: None,
            created_at: now,
            expires_at: now.plus_millis(86_400_000),
        };
        let kept = self.app.store.write(async move |tx| {
            assert!(tx.insert_workspace(&workspace).await? && tx.insert_user(&user).await?);
            tx.insert_session(&session).await
        });
        kept.await.unwrap();
        format!("alc_session={token}")
    }

    /// With a password, as the operator makes one.
    async fn create_user(&self) {
        let draft = UserDraft { email: EMAIL.to_owned(), password: PASSWORD.to_owned(), role: Role::Member };
        let place = Place { workspace: "acme".to_owned(), default_region: None };
        self.operator.create_user(&draft, place).await.unwrap();
    }

    fn pass_seconds(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(encoded(form))).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// What the world's client asks for, with some of it changed; `""` leaves a parameter out.
    fn asking<'a>(&'a self, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        changed(
            vec![
                ("response_type", "code"),
                ("client_id", self.client.id.as_str()),
                ("redirect_uri", CALLBACK),
                ("state", "a state"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
            changes,
        )
    }

    async fn authorize(&self, changes: &[(&str, &str)]) -> Answer {
        self.get(&format!("/oauth/authorize?{}", encoded(&self.asking(changes))), &self.cookie).await
    }

    async fn allow(&self, changes: &[(&str, &str)]) -> Answer {
        let mut form = self.asking(changes);
        form.push(("decision", "allow"));
        self.post("/oauth/authorize", &[("cookie", &self.cookie)], &form).await
    }

    async fn code(&self, changes: &[(&str, &str)]) -> String {
        self.allow(changes).await.answer("code").expect("a code")
    }

    /// The world's client redeems a code, with some of the request changed.
    async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_id", self.client.id.as_str()),
            ("client_secret", self.client.secret.as_deref().unwrap()),
        ];
        self.post("/oauth/token", &[], &changed(form, changes)).await
    }

    async fn refresh(&self, refresh_token: &str, changes: &[(&str, &str)]) -> Answer {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.as_client("/oauth/token", changed(form, changes)).await
    }

    async fn as_client(&self, path: &str, mut form: Vec<(&str, &str)>) -> Answer {
        form.extend([
            ("client_id", self.client.id.as_str()),
            ("client_secret", self.client.secret.as_deref().unwrap()),
        ]);
        self.post(path, &[], &form).await
    }

    async fn tokens(&self) -> Value {
        let answer = self.redeem(&self.code(&[]).await, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    /// Whether the API lets the token in.
    async fn opens(&self, access_token: &Value) -> bool {
        let hash = hash_token(access_token.as_str().unwrap());
        let now = self.app.now();
        self.app.tokens.ask(PresentedToken { hash, at: now }).await.unwrap().is_some()
    }

    /// Of each grant ever made, oldest first: why it ended, if it did.
    async fn grants(&self) -> Vec<Option<String>> {
        self.app.store.read(async |tx| tx.grants_and_ends().await).await.unwrap()
    }

    /// How often the audit log has this action.
    async fn audited(&self, action: &str) -> usize {
        let entries = self.app.store.read(async |tx| tx.audited().await).await.unwrap();
        entries.iter().filter(|(_, found, _)| found == action).count()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A parameter of the redirect back to the client.
    fn answer(&self, name: &str) -> Option<String> {
        let url = self.header("location").strip_prefix(CALLBACK)?.strip_prefix('?')?;
        let mut pairs = url::form_urlencoded::parse(url.as_bytes());
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }

    /// Refused as RFC 6749 §5.2 wants it, with this error.
    #[track_caller]
    fn is_refused(&self, status: u16, error: &str) {
        let body = self.json();
        assert_eq!((self.status.as_u16(), &body["error"]), (status, &error.into()), "{}", self.body);
        assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()));
        assert_eq!(self.header("cache-control"), "no-store");
    }

    /// Refused on a page of ours: nobody is sent anywhere.
    #[track_caller]
    fn is_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("location"), "");
        assert!(self.header("content-type").starts_with("text/html"));
        assert!(self.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
}

fn service(store: Store, door: Door, public_url: &str) -> App {
    let settings = Settings::load(Profile::Test, [], &Overrides::default()).unwrap();
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outbound = Outbound::new(true, door.names()).unwrap();
    App::new(settings, store, door, outbound, None, public_url)
}

fn changed<'a>(mut form: Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    form
}

fn encoded(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}
