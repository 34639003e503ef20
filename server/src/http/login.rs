//! Logging in: an email address and a password become a session, which lives in a cookie here and as a hash in the store.

use ::http::header::{COOKIE, LOCATION, SET_COOKIE};
use ::http::{HeaderMap, HeaderValue, StatusCode};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use url::Url;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use alc_core::id::AuditId;

use super::client_address::ClientAddress;
use super::oauth::params::{Form, Query};
use super::pages::{self, AccountPage, LoginPage, LoginProblem, Refusal};
use crate::app::App;
use crate::password::Checks;
use crate::store::audit::{AuditEntry, Origin};
use crate::store::login_failures::{Attempt, LoginLimits};
use crate::store::sessions::{NewSession, Session};
use crate::store::workspaces::Mode;
use crate::store::{StoreError, hash_token};

/// Where a login without a destination leads.
const ACCOUNT: &str = "/login";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, log_in))
        .routes(routes!(log_out))
        .layer(Extension(Checks::default()))
        .routes(routes!(pages::stylesheet))
}

/// Refuses forms that another site sent in a person's name. Browsers say where a form comes from (`Sec-Fetch-Site`, `Origin`);
/// together with `SameSite` this needs no token in the form.
pub(super) fn same_origin_only(router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let refused = |_: ProtectionError| {
        let detail = "It was sent from another site. If you meant to do this, open the page here and try again.";
        Refusal::new(StatusCode::FORBIDDEN, "This form was not sent from our page", detail).into_response()
    };
    router.layer(CsrfLayer::new().with_rejection_response(refused))
}

/// Who is logged in in this browser.
pub(super) async fn current(app: &App, headers: &HeaderMap) -> Result<Option<Session>, StoreError> {
    let Some(token) = session_token(app, headers) else { return Ok(None) };
    let (hash, now) = (hash_token(token), app.now());
    app.store.read(async move |tx| tx.session(&hash, now).await).await
}

/// How somebody comes to the login page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    First,
    /// Though logged in: what they want to do insists on it.
    Again,
}

/// To the login page and, from there, to `return_to`.
pub(super) fn send_to_login(return_to: &str, entry: Entry) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", return_to);
    if entry == Entry::Again {
        query.append_pair("again", "true");
    }
    see_other(&format!("/login?{}", query.finish()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LoginQuery {
    /// The path to go on to.
    return_to: Option<String>,
    /// There when somebody who is logged in must show once more that it is they.
    again: Option<String>,
}

/// The login page.
#[utoipa::path(
    get,
    path = "/login",
    operation_id = "showLogin",
    tag = "Pages",
    params(LoginQuery),
    responses(
        (status = 200, description = "The page, or the account of who is logged in.", body = String, content_type = "text/html"),
        (status = 303, description = "Who is logged in goes on.", headers(("Location" = String, description = "Where to."))),
        Refusal,
    ),
)]
async fn show(State(app): State<App>, headers: HeaderMap, Query(params): Query) -> Result<Response, Refusal> {
    let asked = params.read::<LoginQuery>();
    let return_to = local_path(asked.return_to.as_deref().unwrap_or_default());
    match current(&app, &headers).await? {
        Some(session) if asked.again.is_some() => Ok(LoginPage::again(&return_to, &session.email).respond()),
        Some(session) if return_to == ACCOUNT => {
            let is_test = session.mode == Mode::Test;
            Ok(AccountPage { email: &session.email, workspace_name: &session.workspace_name, is_test }.respond())
        }
        Some(_) => Ok(see_other(&return_to)),
        None => Ok(LoginPage::new(&return_to, "", None).respond()),
    }
}

#[derive(Deserialize, ToSchema)]
struct LoginForm {
    #[schema(required, nullable = false, min_length = 1)]
    email: Option<String>,
    #[schema(required, nullable = false, min_length = 1)]
    password: Option<String>,
    /// The path to go on to.
    #[schema(nullable = false)]
    return_to: Option<String>,
}

/// Log in.
///
/// Sent by the login page.
#[utoipa::path(
    post,
    path = "/login",
    operation_id = "logIn",
    tag = "Pages",
    request_body(content = LoginForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Logged in.", headers(
            ("Location" = String, description = "Where to go on."),
            ("Set-Cookie" = String, description = "The session."),
        )),
        (status = 401, description = "Email address and password do not belong together.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many logins failed before.", body = String, content_type = "text/html",
            headers(("Retry-After" = i64, description = "Seconds to wait."))),
        Refusal,
    ),
)]
async fn log_in(
    State(app): State<App>,
    Extension(checks): Extension<Checks>,
    origin: Origin,
    ClientAddress(client_address): ClientAddress,
    headers: HeaderMap,
    Form(params, _): Form<Refusal>,
) -> Result<Response, Refusal> {
    let form = params.read::<LoginForm>();
    let return_to = local_path(form.return_to.as_deref().unwrap_or_default());
    if let Some(broken) = params.broken() {
        return Err(Refusal::bad_request("This form cannot be read", format!("It was damaged: {}.", broken.reason())));
    }

    let (email, password) = (form.email.as_deref(), form.password.as_deref());
    let again = |problem| LoginPage::new(&return_to, email.unwrap_or_default(), Some(problem)).respond();
    let (Some(email), Some(password)) = (email, password) else {
        return Ok(again(if email.is_none() { LoginProblem::NoEmail } else { LoginProblem::NoPassword }));
    };

    let attempt = Attempt { email: email.to_owned(), client_address };
    let (counted, limits, now) = (attempt.clone(), limits(&app), app.now());
    let locked_until = app.store.write(async move |tx| tx.count_login(&counted, limits, now).await).await?;
    if let Some(until) = locked_until {
        // Not audited: whoever guesses on would fill the log with it. The failures that led here stand there.
        tracing::info!("a login was refused: too many failed before");
        return Ok(again(LoginProblem::Locked { seconds: (until.since(now) + 999).div_euclid(1000) }));
    }

    let typed = email.to_owned();
    let account = app.store.read(async move |tx| tx.account(&typed).await).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let is_right = checks.check(app.settings.oauth.password_checks, password.to_owned(), stored).await;

    // Known or not, right or wrong: one commit each, so the time tells nothing.
    let entry = AuditEntry {
        id: app.new_id::<AuditId>(),
        workspace: account.as_ref().map(|account| account.workspace.clone()),
        actor: account.as_ref().map_or_else(|| "unknown".to_owned(), |account| account.user.to_string()),
        action: if is_right { "login.succeeded" } else { "login.failed" },
        target: account.as_ref().map_or_else(String::new, |account| account.user.to_string()),
        reason: None,
        affected: None,
        origin,
        at: app.now(),
    };
    let Some(account) = account.filter(|_| is_right) else {
        let locked = AuditEntry { id: app.new_id::<AuditId>(), action: "login.locked", ..entry.clone() };
        let kept = app.store.write(async move |tx| {
            tx.audit(&entry).await?;
            // From here on attempts leave no line: this one stands for all that follow.
            match tx.locked_by(&attempt, limits, locked.at).await? {
                Some(reason) => tx.audit(&locked.clone().because(reason)).await,
                None => Ok(()),
            }
        });
        kept.await?;
        return Ok(again(LoginProblem::Wrong));
    };

    // A new token at every login: one that somebody planted before is worth nothing after.
    let token = format!("alc_st_{}", app.door.token());
    let before = session_token(&app, &headers).map(hash_token);
    let lifetime_s = app.settings.oauth.session_lifetime_s;
    let session = NewSession {
        token_hash: hash_token(&token),
        workspace: account.workspace,
        user: account.user,
        entered_for: Some(hash_token(&return_to)),
        created_at: app.now(),
        expires_at: app.now().plus_millis(lifetime_s.saturating_mul(1000)),
    };
    let kept = app.store.write(async move |tx| {
        if let Some(before) = &before {
            tx.delete_session(before).await?;
        }
        tx.forgive_login(&attempt).await?;
        tx.insert_session(&session).await?;
        tx.audit(&entry).await
    });
    kept.await?;
    Ok(with_cookie(see_other(&return_to), &cookie(&app, &token, lifetime_s)))
}

fn limits(app: &App) -> LoginLimits {
    let settings = &app.settings.oauth;
    LoginLimits {
        per_account: settings.login_failures_per_account,
        per_address: settings.login_failures_per_address,
        window_ms: settings.login_window_s.saturating_mul(1000),
    }
}

/// Log out.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "logOut",
    tag = "Pages",
    responses(
        (status = 303, description = "Logged out.", headers(
            ("Location" = String, description = "The login page."),
            ("Set-Cookie" = String, description = "No session."),
        )),
        Refusal,
    ),
)]
async fn log_out(State(app): State<App>, origin: Origin, headers: HeaderMap) -> Result<Response, Refusal> {
    if let (Some(session), Some(token)) = (current(&app, &headers).await?, session_token(&app, &headers)) {
        let hash = hash_token(token);
        let entry = AuditEntry {
            id: app.new_id::<AuditId>(),
            workspace: Some(session.workspace),
            actor: session.user.to_string(),
            action: "login.ended",
            target: session.user.to_string(),
            reason: None,
            affected: None,
            origin,
            at: app.now(),
        };
        let ended = app.store.write(async move |tx| {
            tx.delete_session(&hash).await?;
            tx.audit(&entry).await
        });
        ended.await?;
    }
    Ok(with_cookie(see_other(ACCOUNT), &cookie(&app, "", 0)))
}

/// A path on this service, whatever was asked for: a login must not be a way to send people elsewhere.
fn local_path(asked: &str) -> String {
    // Read as a browser reads it, which takes `//host`, `/\host` and tabs for more than they look.
    let here = Url::parse("http://here.invalid").expect("a constant");
    match here.join(asked) {
        Ok(there) if there.origin() == here.origin() && asked.starts_with('/') && !there.path().starts_with("//") => {
            let query = there.query().map_or_else(String::new, |query| format!("?{query}"));
            format!("{}{query}", there.path())
        }
        _ => ACCOUNT.to_owned(),
    }
}

fn session_token<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    let name = cookie_name(app);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
        .filter(|token| !token.is_empty())
}

/// Over https the browser itself makes sure that no neighbour under the same domain sets or reads it.
fn cookie_name(app: &App) -> &'static str {
    if app.public_url.starts_with("https://") { "__Host-alc_session" } else { "alc_session" }
}

fn cookie(app: &App, token: &str, lifetime_s: i64) -> String {
    let secure = if app.public_url.starts_with("https://") { "; Secure" } else { "" };
    // Lax, not Strict: the first step of a connection comes from the client's site and must find the session.
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lifetime_s}{secure}", cookie_name(app))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static(ACCOUNT));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_nowhere_else() {
        for (asked, path) in [
            ("/oauth/authorize?a=b&c=d", "/oauth/authorize?a=b&c=d"),
            ("", "/login"),
            ("//evil.example/", "/login"),
            ("/\\evil.example/", "/login"),
            ("/\t/evil.example/", "/login"),
            ("\\\\evil.example", "/login"),
            ("https://evil.example/", "/login"),
            ("http://here.invalid/x", "/login"),
            ("javascript:alert(1)", "/login"),
            ("/x\r\nSet-Cookie: a=b", "/xSet-Cookie:%20a=b"),
            ("/..//evil.example", "/login"),
        ] {
            assert_eq!(local_path(asked), path, "{asked:?}");
        }
    }
}
