//! `/oauth/authorize`: a client sends a person here, the person agrees or not, and goes back with a code or an error.
//!
//! Until client and redirect URI are known to be good, errors are shown here: sending them anywhere would make this an open
//! redirect. From then on they go back to the client.
//!
//! One consent is one grant, and a remembered one is no exception (`oauth.remember_consent`): who agreed before is not asked again,
//! but the new connection gets a grant of its own, for what two Attio workspaces send must stay apart.

use ::http::HeaderMap;
use axum::extract::State;
use axum::response::Response;

use alc_core::id::{AuditId, GrantId};

use super::params::{Form, Params, Query};
use super::prompt::Prompt;
use super::request::{AuthorizeRequest, Decision};
use super::{pkce, redirect, scope};
use crate::app::App;
use crate::http::login::{self, Entry};
use crate::http::pages::{ConsentPage, Refusal};
use crate::store::audit::{AuditEntry, Origin};
use crate::store::clients::Client;
use crate::store::codes::Code;
use crate::store::grants::Grant;
use crate::store::sessions::Session;
use crate::store::{StoreError, hash_token};

const PATH: &str = "/oauth/authorize";

/// The parameters of a request that the consent page carries along; all are checked again when they come back.
const PARAMETERS: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "prompt",
];

/// Ask a person for access.
///
/// Where an app sends a person: the consent page, by way of the login page; or at once the code, where nothing is left to ask. It
/// ends at `redirect_uri`, with `code`, `state` and `iss`, or with `error`.
#[utoipa::path(
    get,
    path = "/oauth/authorize",
    operation_id = "authorize",
    tag = "OAuth",
    params(AuthorizeRequest),
    responses(
        (status = 200, description = "The consent page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the login page, or back to the app.", headers(("Location" = String, description = "Where to."))),
        Refusal,
    ),
)]
pub async fn show(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Query(params): Query,
) -> Result<Response, Refusal> {
    let back = Back::of(&app, &params).await?;
    let asked = match Asked::of(&params, &back.client) {
        Ok(asked) => asked,
        Err(denied) => return Ok(back.deny(&denied)),
    };
    let session = login::current(&app, &headers).await?;
    if asked.prompt.none {
        return without_asking(&app, &back, asked, session, origin).await;
    }
    let session = match logged_in_for(session, &asked) {
        Ok(session) => session,
        Err(to_login) => return Ok(*to_login),
    };
    if !asked.prompt.consent && !back.client.is_public() && has_agreed(&app, &back, &asked, &session).await? {
        return answer(&app, &back, asked, session, Consent::Remembered, origin).await;
    }
    let page = ConsentPage {
        client_name: &back.client.name,
        client_host: redirect::host(&back.redirect_uri),
        workspace_name: &session.workspace_name,
        email: &session.email,
        scopes: asked.scope.split(' ').map(scope::in_words).collect(),
        parameters: PARAMETERS.iter().filter_map(|name| Some((*name, params.get(name)?))).collect(),
    };
    Ok(page.respond(&redirect::form_action(&back.redirect_uri)))
}

/// Say what the person decided.
///
/// Sent by the consent page. Allowing makes a grant of its own, even for a client that has one: two Attio workspaces connected by one
/// person share nothing.
#[utoipa::path(
    post,
    path = "/oauth/authorize",
    operation_id = "decide",
    tag = "OAuth",
    request_body(content = Decision, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to the app, or to the login page.", headers(("Location" = String, description = "Where to."))),
        Refusal,
    ),
)]
pub async fn decide(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Form(params, _): Form<Refusal>,
) -> Result<Response, Refusal> {
    let back = Back::of(&app, &params).await?;
    let asked = match Asked::of(&params, &back.client) {
        Ok(asked) => asked,
        Err(denied) => return Ok(back.deny(&denied)),
    };
    let session = match logged_in_for(login::current(&app, &headers).await?, &asked) {
        Ok(session) => session,
        Err(to_login) => return Ok(*to_login),
    };
    match params.get("decision") {
        Some("allow") => {}
        Some("deny") => {
            if let Some(entry) = asked.entry() {
                app.store.write(async move |tx| tx.use_entry(&session, &entry).await).await?;
            }
            return Ok(back.deny(&Denied { error: "access_denied", description: "The person said no." }));
        }
        _ => return Err(Refusal::bad_request("Nothing was decided", "Go back, and press Allow or Deny.")),
    }
    answer(&app, &back, asked, session, Consent::Given, origin).await
}

/// `prompt=none`: a code if the person is logged in and agreed before, else what is missing (§3.1.2.6 of `OpenID` Connect's core).
async fn without_asking(
    app: &App,
    back: &Back,
    asked: Asked,
    session: Option<Session>,
    origin: Origin,
) -> Result<Response, Refusal> {
    let denied = |error, description| Ok(back.deny(&Denied { error, description }));
    let Some(session) = session else { return denied("login_required", "Nobody is logged in.") };
    if !has_agreed(app, back, &asked, &session).await? {
        return denied("consent_required", "The person has not agreed to this before, or the access has ended.");
    }
    if back.client.is_public() {
        // Anybody can pretend to be it, so the person must see that something asks (RFC 8252 §8.6).
        return denied("interaction_required", "A public client cannot be answered without asking the person.");
    }
    answer(app, back, asked, session, Consent::Remembered, origin).await
}

/// Who is logged in, or the way to the login page. With `prompt=login` only a login made for this very request counts, and once.
fn logged_in_for(session: Option<Session>, asked: &Asked) -> Result<Session, Box<Response>> {
    match session {
        Some(session) if asked.entry().is_none_or(|entry| session.entered_for == Some(entry)) => Ok(session),
        Some(_) => Err(login::send_to_login(&asked.path, Entry::Again).into()),
        None => Err(login::send_to_login(&asked.path, Entry::First).into()),
    }
}

/// Whether this person gave this client at least as much before, and has not taken it back.
async fn has_agreed(app: &App, back: &Back, asked: &Asked, session: &Session) -> Result<bool, StoreError> {
    if !app.settings.oauth.remember_consent {
        return Ok(false);
    }
    let (workspace, user, client) = (session.workspace.clone(), session.user.clone(), back.client.id.clone());
    let granted = app.store.read(async move |tx| tx.granted_scopes(&workspace, &user, &client).await).await?;
    Ok(granted.iter().any(|granted| scope::narrowed(granted, Some(&asked.scope)).is_ok()))
}

/// Whether the person was asked just now.
#[derive(Debug, Clone, Copy)]
enum Consent {
    Given,
    Remembered,
}

async fn answer(
    app: &App,
    back: &Back,
    asked: Asked,
    session: Session,
    consent: Consent,
    origin: Origin,
) -> Result<Response, Refusal> {
    let path = asked.path.clone();
    match grant(app, back, asked, session, consent, origin).await? {
        Granted::Code(code) => Ok(back.send(&[("code", &code)])),
        Granted::ToNobody => Err(unknown_client()),
        Granted::NotAgain => Ok(login::send_to_login(&path, Entry::Again)),
    }
}

enum Granted {
    Code(String),
    /// The client or the person was deleted in the meantime.
    ToNobody,
    /// The login that it insisted on has counted in the meantime.
    NotAgain,
}

/// A grant, and the code that leads to it.
async fn grant(
    app: &App,
    back: &Back,
    asked: Asked,
    session: Session,
    consent: Consent,
    origin: Origin,
) -> Result<Granted, StoreError> {
    let entry = asked.entry();
    let code = format!("alc_ac_{}", app.door.token());
    let now = app.now();
    let grant = Grant {
        id: app.new_id::<GrantId>(),
        workspace: session.workspace.clone(),
        user: Some(session.user.clone()),
        client: Some(back.client.id.clone()),
        scope: asked.scope,
        created_at: now,
    };
    let kept = Code {
        hash: hash_token(&code),
        workspace: session.workspace.clone(),
        grant: grant.id.clone(),
        client: back.client.id.clone(),
        redirect_uri: back.redirect_uri.clone(),
        challenge: asked.challenge,
        created_at: now,
        expires_at: now.plus_millis(app.settings.oauth.code_lifetime_s.saturating_mul(1000)),
        used_at: None,
    };
    let consent = AuditEntry {
        id: app.new_id::<AuditId>(),
        workspace: Some(session.workspace.clone()),
        actor: session.user.to_string(),
        action: match consent {
            Consent::Given => "consent.given",
            Consent::Remembered => "consent.remembered",
        },
        target: format!("{} {}", grant.id, back.client.id),
        reason: None,
        affected: None,
        origin,
        at: now,
    };
    let client = back.client.id.clone();
    let granted = app.store.write(async move |tx| {
        tx.lock_client(&client).await?;
        if tx.client(&client).await?.is_none() || !tx.hold_user(&session.user).await? {
            return Ok(Granted::ToNobody);
        }
        if let Some(entry) = &entry
            && !tx.use_entry(&session, entry).await?
        {
            return Ok(Granted::NotAgain);
        }
        tx.insert_grant(&grant).await?;
        tx.insert_code(&kept).await?;
        tx.audit(&consent).await?;
        Ok(Granted::Code(code.clone()))
    });
    granted.await
}

/// Where answers go: a client that exists and a redirect URI it registered.
struct Back {
    client: Client,
    redirect_uri: String,
    state: Option<String>,
    /// Which server answers (RFC 9207): a client of several providers is not talked into sending our code to another.
    issuer: String,
}

/// An error for the client (RFC 6749 §4.1.2.1).
struct Denied {
    error: &'static str,
    description: &'static str,
}

impl Back {
    async fn of(app: &App, params: &Params) -> Result<Self, Refusal> {
        if params.broken().is_some_and(|broken| matches!(broken.name(), "client_id" | "redirect_uri" | "state")) {
            let detail = "The address that brought you here is damaged. Start again from the app you came from.";
            return Err(Refusal::bad_request("This request cannot be read", detail));
        }
        let id = params.get("client_id").ok_or_else(unknown_client)?.into();
        let client = app.store.read(async move |tx| tx.client(&id).await).await?.ok_or_else(unknown_client)?;
        let redirect_uri = params.get("redirect_uri").unwrap_or_default();
        if !client.redirect_uris.iter().any(|registered| redirect::matches(registered, redirect_uri)) {
            let detail = "The app asked us to send you back to an address that is not registered for it. Tell its makers: \
                          redirect_uri must be exactly one of those registered.";
            return Err(Refusal::bad_request("This app may not send you there", detail));
        }
        Ok(Self {
            client,
            redirect_uri: redirect_uri.to_owned(),
            state: params.get("state").map(str::to_owned),
            issuer: app.public_url.clone(),
        })
    }

    fn deny(&self, denied: &Denied) -> Response {
        self.send(&[("error", denied.error), ("error_description", denied.description)])
    }

    fn send(&self, answer: &[(&str, &str)]) -> Response {
        let state = self.state.as_deref().map(|state| ("state", state));
        let answer: Vec<_> = answer.iter().copied().chain(state).chain([("iss", self.issuer.as_str())]).collect();
        redirect::send(&self.redirect_uri, &answer)
    }
}

/// What the client wants.
struct Asked {
    /// The same request again, for after a login.
    path: String,
    scope: String,
    prompt: Prompt,
    challenge: Option<String>,
}

impl Asked {
    fn of(params: &Params, client: &Client) -> Result<Self, Denied> {
        let invalid = |description| Denied { error: "invalid_request", description };
        if let Some(broken) = params.broken() {
            return Err(invalid(broken.reason()));
        }
        match params.get("response_type") {
            Some("code") => {}
            Some(_) => {
                return Err(Denied { error: "unsupported_response_type", description: "response_type must be code" });
            }
            None => return Err(invalid("response_type is missing: it must be code")),
        }
        let challenge = pkce::challenge(params).map_err(invalid)?;
        if challenge.is_none() && client.is_public() {
            return Err(invalid("code_challenge is missing: a public client must use PKCE with S256"));
        }
        let scope = scope::asked(params.get("scope")).map_err(|scope::UnknownScope| Denied {
            error: "invalid_scope",
            description: "scope names something that is not among: leads:read leads:write webhooks:read webhooks:write",
        })?;
        let prompt = Prompt::parse(params.get("prompt")).map_err(invalid)?;
        Ok(Self { path: authorize_path(params), scope, prompt, challenge })
    }

    /// What the login must have led to, where the client insists on one.
    fn entry(&self) -> Option<String> {
        self.prompt.login.then(|| hash_token(&self.path))
    }
}

fn unknown_client() -> Refusal {
    let detail =
        "The app that sent you here is not registered with us, or no longer. Tell its makers: client_id is unknown.";
    Refusal::bad_request("We do not know this app", detail)
}

/// The same request again, for after the login.
fn authorize_path(params: &Params) -> String {
    let ours = PARAMETERS.iter().filter_map(|name| Some((*name, params.get(name)?)));
    format!("{PATH}?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(ours).finish())
}
