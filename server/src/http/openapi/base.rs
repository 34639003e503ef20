//! What a description says once for all routes: who serves it, how callers prove who they are, and in which order things are told.

use utoipa::openapi::security::{
    AuthorizationCode, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, ServerBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::http::caller::SCOPES;
use crate::http::oauth::error::{ErrorBody, Kind};
use crate::http::oauth::scope;
use crate::http::problem::Problem;

/// The security scheme of a token that an app got from a person's consent.
pub const OAUTH: &str = "oauth2";

/// The security scheme of a token that the operator made.
pub const BEARER: &str = "bearer";

/// The security scheme of an OAuth client at the endpoints that programs call.
pub const CLIENT: &str = "client";

const ABOUT: &str = "\
Send people to be checked, and hear what was learned of them.

A lead is one person, sent from one record. An agent talks with it over SMS; what it learns comes back as an outcome, by webhook \
or when you ask.

**Access.** Every call under `/api/v1` needs an access token, sent as `Authorization: Bearer <token>`. Apps get theirs by OAuth 2.0 \
(authorization code with PKCE); the operator makes others with `alc token create`. A token sees what was sent under its own grant \
and nothing else.

**Problems.** What is refused or fails is answered as `application/problem+json` (RFC 9457) with a stable `code`; its `type` leads \
to a page with cause and cure. A path that is not there answers 404 `no_such_route`, and a method that a path does not take 405 \
`method_not_allowed` with `Allow`.

**Safe repeats.** Send `Idempotency-Key` with what makes leads: the same request is then done once, however often it is sent.

**Limits.** `RateLimit` and `RateLimit-Policy` tell where a token stands; beyond its limit it hears 429 with `Retry-After`.

**Tracing.** Every answer carries `X-Request-Id`: your own, if you send one of at most 64 letters, digits, `-`, `_`, `.` or `=`.";

const TAGS: [(&str, &str); 8] = [
    ("Leads", "Send people to be checked, see what became of them, call them off."),
    ("Campaigns", "What to say to leads, what to ask them, and how."),
    ("Workspace", "How the workspace stands, and who answers for it that people may be texted."),
    ("Webhooks", "Who is told of what: signing secrets, the log of deliveries, replays."),
    ("OAuth", "The OAuth 2.0 provider (RFC 6749, 7636, 7009, 7662, 8414, 9207)."),
    ("Incoming", "What other systems send here, each proven by a signature."),
    ("Service", "Whether the service is well, and what describes it."),
    ("Pages", "What people see in a browser."),
];

pub fn begin(public_url: &str) -> OpenApi {
    let info = InfoBuilder::new().title("Acme Lead Checker").version("1").description(Some(ABOUT));
    let scopes: Scopes = SCOPES.iter().map(|scope| (*scope, scope::in_words(scope))).collect();
    let url = |path: &str| format!("{public_url}{path}");
    let flow =
        AuthorizationCode::with_refresh_url(url("/oauth/authorize"), url("/oauth/token"), scopes, url("/oauth/token"));
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("A token that the operator made (`alc token create`).".to_owned());
    let mut client = Http::new(HttpAuthScheme::Basic);
    client.description = Some("`client_id` and `client_secret`. They may stand in the form instead.".to_owned());
    let oauth = OAuth2::with_description(
        [Flow::AuthorizationCode(flow)],
        "A token that an app got from a person's consent. PKCE with S256; required of public clients.",
    );
    let components = ComponentsBuilder::new()
        .security_scheme(OAUTH, SecurityScheme::OAuth2(oauth))
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(CLIENT, SecurityScheme::Http(client))
        .schema(Problem::name(), Problem::schema())
        .schema(ErrorBody::name(), ErrorBody::schema())
        .schema(Kind::name(), Kind::schema())
        .build();
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url(public_url).build()]))
        .tags(Some(TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())))
        .components(Some(components))
        .build()
}

/// Either kind of token opens the same doors, if it has the scope.
pub fn operator_token() -> SecurityRequirement {
    SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])
}
