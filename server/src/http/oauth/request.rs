//! What an app asks for at `/oauth/authorize`, and what the consent page sends back, for the description. What stands in a request is
//! carried along as it is, so it is read by name.

use utoipa::{IntoParams, ToSchema};

/// A client's request, as RFC 6749 §4.1.1 and RFC 7636 have it.
#[derive(IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it only describes: what stands in a request is read by name, to be carried along as it is"
)]
pub struct AuthorizeRequest {
    /// `code`.
    response_type: String,
    client_id: String,
    /// Exactly one of those registered; the port of a loopback address is free (RFC 8252).
    redirect_uri: String,
    /// Separated by spaces; none means all.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    scope: Option<String>,
    /// Comes back as it is.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    state: Option<String>,
    /// Needed by public clients.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    code_challenge: Option<String>,
    /// `S256`.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    code_challenge_method: Option<String>,
    /// `none`, or `login`, `consent` or both.
    #[param(nullable = false)]
    #[schema(nullable = false)]
    prompt: Option<String>,
}

/// What the consent page sends: the client's request again, and what the person decided.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes, as above")]
pub struct Decision {
    #[serde(flatten)]
    request: AuthorizeRequest,
    /// `allow` or `deny`.
    decision: String,
}
