//! A client of the provider and the browser of the person it sends there, as the stories about the provider need them.

use alc_server::operator::NewClient;
use alc_tests::browser::Browser;
use reqwest::header::{AUTHORIZATION, LOCATION};
use serde_json::Value;
use url::Url;

use crate::world::{Answer, Inhabited as _, Member, World, http};

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered client, which is sent back to a page that is always there.
pub struct Client {
    service: String,
    pub id: String,
    /// None for a public client.
    pub secret: Option<String>,
    pub redirect_uri: String,
}

/// What a browser was shown, unread by anybody.
#[derive(Debug)]
pub struct Shown {
    pub status: u16,
    pub retry_after: Option<i64>,
    pub location: String,
    /// `name=value`
    pub cookie: Option<String>,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Client {
    pub async fn confidential(world: &World) -> Self {
        let redirect_uri = format!("{}/health/live", world.url());
        let made = world.operator().create_client("Partner", vec![redirect_uri.clone()], false).await;
        Self::of(world, made.expect("a client can be made"), redirect_uri)
    }

    pub async fn public(world: &World) -> Self {
        let redirect_uri = format!("{}/health/live", world.url());
        let made = world.operator().create_client("Phone", vec![redirect_uri.clone()], true).await;
        Self::of(world, made.expect("a client can be made"), redirect_uri)
    }

    pub fn of(world: &World, made: NewClient, redirect_uri: String) -> Self {
        Self { service: world.url().to_owned(), id: made.id.to_string(), secret: made.secret, redirect_uri }
    }

    /// Where it sends a person, with some of the request changed; `""` leaves a parameter out.
    pub fn asking(&self, changes: &[(&str, &str)]) -> String {
        let query = changed(
            &[
                ("response_type", "code"),
                ("client_id", &self.id),
                ("redirect_uri", &self.redirect_uri),
                ("state", "a state"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
            changes,
        );
        let url = Url::parse_with_params(&format!("{}/oauth/authorize", self.service), query);
        url.expect("the service has an address").into()
    }

    /// A member logs in in a new browser and allows what the client asks.
    pub async fn code(&self, member: &Member, changes: &[(&str, &str)]) -> String {
        let page = Browser::new().log_in_and_allow(&self.asking(changes), &member.email, &member.password).await;
        answered(&page.expect("the connection is allowed").url, "code").expect("allowing gives a code")
    }

    /// A first pair of tokens.
    pub async fn tokens(&self, member: &Member) -> Value {
        self.redeem(&self.code(member, &[]).await, &[]).await.expect(200)
    }

    pub async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.post("/oauth/token", &changed(&form, changes)).await
    }

    /// `pair` is what came with the refresh token.
    pub async fn refresh(&self, pair: &Value) -> Answer {
        self.refresh_for(pair, "").await
    }

    /// The same, asking for other scopes.
    pub async fn refresh_for(&self, pair: &Value, scope: &str) -> Answer {
        let refresh_token = pair["refresh_token"].as_str().expect("a pair has a refresh token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)];
        self.post("/oauth/token", &changed(&form, &[])).await
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/oauth/revoke", &changed(&[("token", token)], &[])).await
    }

    pub async fn introspect(&self, token: &str) -> Answer {
        self.post("/oauth/introspect", &changed(&[("token", token)], &[])).await
    }

    async fn post(&self, path: &str, form: &[(String, String)]) -> Answer {
        let mut form = form.to_vec();
        form.push(("client_id".to_owned(), self.id.clone()));
        form.extend(self.secret.iter().map(|secret| ("client_secret".to_owned(), secret.clone())));
        let answer = http().post(format!("{}{path}", self.service)).form(&form).send().await;
        Answer::read(answer.expect("the service answers")).await
    }

    /// What the API answers to an access token.
    pub async fn status_with(&self, pair: &Value) -> u16 {
        let token = format!("Bearer {}", pair["access_token"].as_str().expect("a pair has an access token"));
        let answer = http().get(format!("{}/api/v1/leads", self.service)).header(AUTHORIZATION, token).send().await;
        answer.expect("the service answers").status().as_u16()
    }
}

impl Shown {
    pub async fn by(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("the service answers");
        let headers = response.headers().clone();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status: response.status().as_u16(),
            retry_after: text("retry-after").and_then(|seconds| seconds.parse().ok()),
            location: text(LOCATION.as_str()).unwrap_or_default(),
            cookie: text("set-cookie").and_then(|cookie| cookie.split(';').next().map(str::to_owned)),
            body: response.text().await.expect("a page has an end"),
            headers,
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A parameter of the answer that goes back to the client.
    pub fn answered(&self, name: &str) -> Option<String> {
        answered(&Url::parse(&self.location).ok()?, name)
    }
}

/// Opens a page as a logged-in browser, and goes nowhere from there.
pub async fn opened(url: &str, cookie: &str) -> Shown {
    Shown::by(http().get(url).header("cookie", cookie)).await
}

/// Logs in by the form itself.
pub async fn log_in(service: &str, email: &str, password: &str) -> Shown {
    log_in_with(service, &[("email", email), ("password", password)], &[]).await
}

pub async fn log_in_with(service: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Shown {
    let mut request = http().post(format!("{service}/login")).form(form);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Shown::by(request).await
}

/// The cookie of a member who has logged in.
pub async fn session_of(world: &World, member: &Member) -> String {
    let shown = log_in(world.url(), &member.email, &member.password).await;
    assert_eq!(shown.status, 303, "{shown:?}");
    shown.cookie.expect("a login gives a session")
}

pub fn answered(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub fn changed(form: &[(&str, &str)], changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = form.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    let all = kept.chain(changes).filter(|(_, value)| !value.is_empty());
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
