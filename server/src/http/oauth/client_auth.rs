//! Which client is calling, proven by HTTP Basic or by the body (RFC 6749 §2.3.1); a public client only names itself.

use ::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use utoipa::ToSchema;

use super::error::OAuthError;
use super::params::Params;
use crate::app::App;
use crate::store::clients::Client;
use crate::store::hash_token;

/// How a client names itself in a form.
#[derive(Deserialize, ToSchema)]
pub struct ClientInForm {
    /// Unless it stands in the header.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Unless it stands in the header, or the client is public.
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

/// `params`: the whole form, of which `in_form` is a part.
pub async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    params: &Params,
    in_form: &ClientInForm,
) -> Result<Client, OAuthError> {
    if let Some(broken) = params.broken() {
        return Err(broken.into());
    }
    let (id, secret) = match headers.get(header::AUTHORIZATION) {
        Some(header) => {
            if in_form.client_secret.is_some() {
                return Err(OAuthError::invalid_request("The client authenticates both by Basic and in the body."));
            }
            let (id, secret) = header.to_str().ok().and_then(basic).ok_or_else(OAuthError::invalid_client)?;
            if in_form.client_id.as_ref().is_some_and(|in_body| *in_body != id) {
                return Err(OAuthError::invalid_request("client_id in the body is not the one in the header."));
            }
            (id, Some(secret))
        }
        None => (in_form.client_id.clone().ok_or_else(OAuthError::invalid_client)?, in_form.client_secret.clone()),
    };
    if id.contains('\0') {
        return Err(OAuthError::invalid_client());
    }
    let client_id = id.into();
    let client = app.store.read(async move |tx| tx.client(&client_id).await).await?;
    // Hashed and compared with two secrets whether or not the client exists and has them, so that the time tells nothing.
    let presented = hash_token(secret.as_deref().unwrap_or_default());
    let is = |hash: Option<&String>| {
        let expected = hash.map_or(NO_HASH, String::as_bytes);
        presented.as_bytes().ct_eq(expected)
    };
    let old = client.as_ref().and_then(|client| client.live_old_secret(app.now())).map(|old| &old.hash);
    let is_right = bool::from(is(client.as_ref().and_then(|client| client.secret_hash.as_ref())) | is(old));
    match client {
        Some(client) if client.is_public() && secret.is_none() => Ok(client),
        Some(client) if is_right => Ok(client),
        _ => Err(OAuthError::invalid_client()),
    }
}

/// As long as a hash, and none.
const NO_HASH: &[u8] = &[b'-'; 64];

/// Id and secret are form-encoded before they are put together.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let (name, value) = url::form_urlencoded::parse(text.as_bytes()).next()?;
    // Ids and secrets have no `=` or `&`; one in here is none of ours.
    value.is_empty().then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_decoded_twice() {
        let of = |plain: &str| basic(&format!("basic {}", STANDARD.encode(plain)));
        assert_eq!(of("client_1:se%2Bcret"), Some(("client_1".into(), "se+cret".into())));
        assert_eq!(of("client_1"), None);
        assert_eq!(of("client_1:"), None);
        assert_eq!(basic("Bearer abc"), None);
        assert_eq!(basic("Basic ?"), None);
    }
}
