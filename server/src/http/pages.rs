//! Pages for people: plain HTML that works without script, under a policy that allows nothing but our own stylesheet.

use std::collections::BTreeMap;

use ::http::{HeaderValue, StatusCode, header};
use askama::Template;
use axum::response::{IntoResponse, Response};
use utoipa::IntoResponses;
use utoipa::openapi::response::Response as Described;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, RefOr, ResponseBuilder, Type};

use super::oauth::params::NotAForm;
use super::problem::ApiError;
use super::problems::Explained;
use crate::store::StoreError;

#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage<'a> {
    return_to: &'a str,
    /// What was typed last time.
    email: &'a str,
    problem: Option<LoginProblem>,
    said: String,
    /// Though somebody is logged in.
    is_again: bool,
}

/// Why somebody is not logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    NoEmail,
    NoPassword,
    /// Which of the two is wrong is not said, nor whether there is such an account.
    Wrong,
    /// Too many failed before.
    Locked {
        seconds: i64,
    },
}

#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage<'a> {
    pub client_name: &'a str,
    pub client_host: String,
    pub workspace_name: &'a str,
    pub email: &'a str,
    pub scopes: Vec<&'static str>,
    /// What the form brings back: the request as the client made it.
    pub parameters: Vec<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage<'a> {
    pub email: &'a str,
    pub workspace_name: &'a str,
    pub is_test: bool,
}

#[derive(Template)]
#[template(path = "phones.html")]
pub struct PhonesPage<'a> {
    pub workspace_name: &'a str,
    pub is_test: bool,
    /// Who texts.
    pub company: &'a str,
    pub phones: Vec<PhoneOnPage>,
    /// The lead behind which the list goes on.
    pub older: Option<String>,
}

/// A phone of the sandbox.
pub struct PhoneOnPage {
    pub lead: String,
    pub who: String,
    pub number: String,
    pub status: String,
    pub outcome: Option<&'static str>,
    pub texts: Vec<TextOnPage>,
}

pub struct TextOnPage {
    pub is_to_lead: bool,
    /// What became of it, if that needs saying.
    pub note: &'static str,
    pub body: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    pub problem: &'static Explained,
    pub title: &'static str,
}

#[derive(Template)]
#[template(path = "problems.html")]
pub struct ProblemsPage {
    pub problems: &'static [Explained],
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    title: &'a str,
    detail: &'a str,
}

impl ProblemPage {
    pub fn respond(&self) -> Response {
        page(StatusCode::OK, self, "")
    }
}

impl ProblemsPage {
    pub fn respond(&self) -> Response {
        page(StatusCode::OK, self, "")
    }
}

impl<'a> LoginPage<'a> {
    pub fn new(return_to: &'a str, email: &'a str, problem: Option<LoginProblem>) -> Self {
        let said = problem.map(LoginProblem::sentence).unwrap_or_default();
        Self { return_to, email, problem, said, is_again: false }
    }

    /// For somebody who is logged in, and must show once more that it is they.
    pub fn again(return_to: &'a str, email: &'a str) -> Self {
        Self { is_again: true, ..Self::new(return_to, email, None) }
    }

    pub fn respond(&self) -> Response {
        let mut response = page(self.problem.map_or(StatusCode::OK, LoginProblem::status), self, "");
        if let Some(LoginProblem::Locked { seconds }) = self.problem {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    /// The field to mend first.
    fn is_about_email(&self) -> bool {
        self.problem == Some(LoginProblem::NoEmail)
    }

    fn is_about_password(&self) -> bool {
        matches!(self.problem, Some(LoginProblem::NoPassword | LoginProblem::Wrong))
    }
}

impl LoginProblem {
    const fn status(self) -> StatusCode {
        match self {
            Self::NoEmail | Self::NoPassword => StatusCode::BAD_REQUEST,
            Self::Wrong => StatusCode::FORBIDDEN,
            Self::Locked { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::NoEmail => "Enter your email address.".to_owned(),
            Self::NoPassword => "Enter your password.".to_owned(),
            Self::Wrong => {
                "That email address and password do not belong together. Check both and try again.".to_owned()
            }
            Self::Locked { seconds } => {
                let minutes = match seconds.div_euclid(60) + i64::from(seconds.rem_euclid(60) > 0) {
                    1 => "a minute".to_owned(),
                    minutes => format!("{minutes} minutes"),
                };
                format!("Too many logins failed. Wait {minutes}, then try again.")
            }
        }
    }
}

impl ConsentPage<'_> {
    /// `form_action`: where else than here the form may end.
    pub fn respond(&self, form_action: &str) -> Response {
        page(StatusCode::OK, self, form_action)
    }
}

impl PhonesPage<'_> {
    pub fn respond(&self) -> Response {
        page(StatusCode::OK, self, "")
    }
}

impl AccountPage<'_> {
    pub fn respond(&self) -> Response {
        page(StatusCode::OK, self, "")
    }
}

/// A page that says what went wrong and what to do.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    title: &'static str,
    detail: String,
}

impl Refusal {
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into() }
    }

    pub fn bad_request(title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, title, detail)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = page(self.status, &RefusalPage { title: self.title, detail: &self.detail }, "");
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl IntoResponses for Refusal {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let answers = [
            ("400", "What was sent cannot be taken."),
            ("403", "The form was sent from another site."),
            ("413", "The form is too large."),
            ("415", "What was sent is no form."),
            ("500", "Something went wrong on our side."),
            ("503", "We are busy; nothing was done."),
        ];
        let described = |about| {
            let html = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).build();
            ResponseBuilder::new().description(about).content("text/html", html).build().into()
        };
        answers.into_iter().map(|(status, about)| (status.to_owned(), described(about))).collect()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        // The problem knows which failure is which, and logs it.
        match ApiError::from(error).into_response().status() {
            StatusCode::SERVICE_UNAVAILABLE => {
                let detail = "Nothing was done. Try again in a moment.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "We are busy", detail)
            }
            status => Self::new(status, "Something went wrong on our side", "Try again, and tell us if it stays."),
        }
    }
}

impl From<NotAForm> for Refusal {
    fn from(error: NotAForm) -> Self {
        let status = match error {
            NotAForm::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            NotAForm::Unread(status) => status,
        };
        Self::new(status, "This form cannot be read", "Go back, reload the page and send the form again.")
    }
}

/// How the pages look.
#[utoipa::path(
    get,
    path = "/pages.css",
    operation_id = "readStylesheet",
    tag = "Pages",
    responses((status = 200, description = "A stylesheet.", body = String, content_type = "text/css")),
)]
pub async fn stylesheet() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, include_str!("../../templates/pages.css"))
}

pub fn page(status: StatusCode, template: &impl Template, form_action: &str) -> Response {
    let Ok(html) = template.render() else {
        tracing::error!("a page could not be rendered");
        return ApiError::internal().into_response();
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' {form_action}"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would send `Origin: null` with our own forms, which looks like a foreign site's.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    match HeaderValue::from_str(policy.trim_end()) {
        Ok(policy) => headers.insert(header::CONTENT_SECURITY_POLICY, policy),
        Err(_) => return ApiError::internal().into_response(),
    };
    response
}
