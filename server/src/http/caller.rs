//! Who is calling: a bearer token's grant, with the scope a route asks for in its signature.

use std::marker::PhantomData;

use ::http::header;
use ::http::request::Parts;
use axum::extract::FromRequestParts;

use alc_core::id::{GrantId, WorkspaceId};

use super::problem::ApiError;
use super::rate_limit;
use crate::app::App;
use crate::store::hash_token;
use crate::store::tokens::PresentedToken;
use crate::store::workspaces::Mode;

/// What a token allows; a handler names the one it needs: `caller: Caller<WriteLeads>`.
pub trait Scope: Send + Sync + 'static {
    const NAME: &'static str;
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub struct $name;
        impl Scope for $name {
            const NAME: &'static str = $text;
        })*

        /// Every scope there is.
        pub const SCOPES: &[&str] = &[$($text),*];
    };
}

scopes! {
    /// See leads and their outcomes.
    ReadLeads = "leads:read";
    /// Send, check and cancel leads.
    WriteLeads = "leads:write";
    /// See webhooks and their deliveries.
    ReadWebhooks = "webhooks:read";
    /// Register, change and remove webhooks.
    WriteWebhooks = "webhooks:write";
}

/// A caller whose token is live and carries the scope `S`.
pub struct Caller<S> {
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// The operator's own token: what it registers concerns the whole workspace.
    pub is_operator: bool,
    /// How the workspace reads national phone numbers.
    pub default_region: Option<String>,
    /// Whether the workspace's leads are people, or phones of its sandbox.
    pub mode: Mode,
    scope: PhantomData<S>,
}

impl<S: Scope> FromRequestParts<App> for Caller<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(parts)?;
        let now = app.now();
        let access = app.tokens.ask(PresentedToken { hash: hash_token(token), at: now }).await?;
        let access = access.ok_or_else(ApiError::token_ended)?;
        rate_limit::count(parts, &access.grant, now).await?;
        if !access.scope.split(' ').any(|scope| scope == S::NAME) {
            return Err(ApiError::insufficient_scope(S::NAME));
        }
        Ok(Self {
            workspace: access.workspace,
            grant: access.grant,
            is_operator: access.is_operator,
            default_region: access.default_region,
            mode: access.mode,
            scope: PhantomData,
        })
    }
}

fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(ApiError::unauthorized("token_missing", "Send an access token as Authorization: Bearer <token>.")),
    }
}
