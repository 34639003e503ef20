//! Somebody who uses the partner API: a token, and what it is good for.

use alc_server::http::caller::SCOPES;
use alc_tests::browser::Browser;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use super::{Answer, Inhabited, Member, Receiver, Somebody, http};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Partner {
    service: String,
    pub token: String,
    http: reqwest::Client,
    /// For a partner who was connected through a client.
    connection: Option<Connection>,
}

struct Connection {
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

impl Partner {
    /// Has a token that the operator made for a whole workspace.
    pub async fn operator(world: &impl Inhabited, workspace: &str) -> Self {
        Self::with_token(world, &world.operator_token(workspace, SCOPES).await)
    }

    pub fn with_token(world: &impl Inhabited, token: &str) -> Self {
        Self { service: world.url().to_owned(), token: token.to_owned(), http: http(), connection: None }
    }

    /// The same, speaking with another replica.
    pub fn at(&self, service: &str) -> Self {
        Self { service: service.to_owned(), token: self.token.clone(), http: http(), connection: None }
    }

    /// Has a grant of its own: the member logged in and allowed it.
    pub async fn connected(world: &impl Inhabited, member: &Member) -> Self {
        // Any page that is there will do: only the address it is opened with matters.
        let redirect = format!("{}/health/live", world.url());
        let client = world.operator().create_client("Partner", vec![redirect.clone()], false).await;
        let client = client.expect("a client can be made");
        let (id, secret) = (client.id.to_string(), client.secret.expect("the client is confidential"));
        let query = [
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", &redirect),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let authorize = Url::parse_with_params(&format!("{}/oauth/authorize", world.url()), query);
        let authorize = authorize.expect("the service has an address");
        let page = Browser::new().log_in_and_allow(authorize.as_str(), &member.email, &member.password).await;
        let page = page.expect("the connection is allowed");
        let code = page.url.query_pairs().find(|(name, _)| name == "code").expect("allowing gives a code").1;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect),
            ("code_verifier", VERIFIER),
        ];
        let asked = http().post(format!("{}/oauth/token", world.url())).basic_auth(&id, Some(&secret)).form(&form);
        let tokens = sent(asked).await.expect(200);
        let text = |name: &str| tokens[name].as_str().expect("a code gives two tokens").to_owned();
        let connection = Connection { client_id: id, client_secret: secret, refresh_token: text("refresh_token") };
        Self { connection: Some(connection), ..Self::with_token(world, &text("access_token")) }
    }

    /// Gives its whole access back, as a client does when it is disconnected.
    pub async fn gives_its_access_back(&self) {
        let connection = self.connection.as_ref().expect("only a client's access can be given back");
        let asked = self.http.post(format!("{}/oauth/revoke", self.service));
        let asked = asked.basic_auth(&connection.client_id, Some(&connection.client_secret));
        sent(asked.form(&[("token", &connection.refresh_token)])).await.expect(200);
    }

    /// The same for the access token alone.
    pub async fn gives_its_access_token_back(&self) {
        let connection = self.connection.as_ref().expect("only a client's access can be given back");
        let asked = self.http.post(format!("{}/oauth/revoke", self.service));
        let asked = asked.basic_auth(&connection.client_id, Some(&connection.client_secret));
        sent(asked.form(&[("token", &self.token)])).await.expect(200);
    }

    /// Exchanges its refresh token for the next pair, as a client does when its access token runs out, and goes on with that.
    pub async fn refreshes_its_access(&mut self) {
        let connection = self.connection.as_mut().expect("an operator's token does not run out");
        let form = [("grant_type", "refresh_token"), ("refresh_token", &connection.refresh_token)];
        let asked = self.http.post(format!("{}/oauth/token", self.service));
        let asked = asked.basic_auth(&connection.client_id, Some(&connection.client_secret)).form(&form);
        let tokens = sent(asked).await.expect(200);
        let text = |name: &str| tokens[name].as_str().expect("a refresh token gives two tokens").to_owned();
        connection.refresh_token = text("refresh_token");
        self.token = text("access_token");
    }

    /// Of the client it was connected through.
    pub fn client_id(&self) -> &str {
        &self.connection.as_ref().expect("an operator's token has no client").client_id
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(self.http.get(format!("{}{path}", self.service))).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(self.http.delete(format!("{}{path}", self.service))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(self.http.post(format!("{}{path}", self.service)).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(self.http.patch(format!("{}{path}", self.service)).json(body)).await
    }

    /// Without a body, as a button does.
    pub async fn press(&self, path: &str) -> Answer {
        self.ask(self.http.post(format!("{}{path}", self.service))).await
    }

    /// Sends somebody for checking; returns the lead's id.
    pub async fn sends(&self, somebody: &Somebody) -> String {
        let Somebody { record, name, phone } = somebody;
        let draft = json!({ "recordId": record, "name": name, "phoneNumber": phone });
        let lead = self.post("/api/v1/leads", &draft).await.expect(201);
        lead["id"].as_str().expect("a lead has an id").to_owned()
    }

    pub async fn lead(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/leads/{id}")).await.expect(200)
    }

    /// Newest first.
    pub async fn leads(&self) -> Vec<Value> {
        listed(self.get("/api/v1/leads").await)
    }

    pub async fn webhooks(&self) -> Vec<Value> {
        listed(self.get("/api/v1/webhooks").await)
    }

    /// Has these events sent to the receiver, which believes them from now on; returns the webhook's id.
    pub async fn subscribes(&self, receiver: &Receiver, events: &[&str]) -> String {
        let draft = json!({ "name": "story", "url": receiver.url(), "events": events });
        let webhook = self.post("/api/v1/webhooks", &draft).await.expect(201);
        receiver.trusts(webhook["secret"].as_str().expect("a new webhook shows its secret"));
        webhook["webhook_id"].as_str().expect("a webhook has an id").to_owned()
    }

    /// A request that the story completes itself, with this partner's token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.service)).bearer_auth(&self.token)
    }

    async fn ask(&self, request: RequestBuilder) -> Answer {
        sent(request.bearer_auth(&self.token)).await
    }
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("the service answers")).await
}

fn listed(answer: Answer) -> Vec<Value> {
    let mut body = answer.expect(200);
    let Value::Array(list) = body["data"].take() else { panic!("a list is under `data`: {body}") };
    list
}
