//! In debug builds, which is what the stories run: an answer that the description does not know of is a mistake, found where it is
//! made. Release builds answer without looking.

use ::http::Method;
use axum::Extension;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use utoipa::openapi::path::Operation;

use super::Description;
use super::answers::CODES;
use crate::http::problem::ProblemCode;

/// Middleware. A method that a path does not have (405) is told by the description as a whole, not by an operation.
pub async fn check(Extension(description): Extension<Description>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let Some(path) = path else { return response };
    let Some(operation) = operation(&description, path.as_str(), &method) else {
        assert_eq!(response.status().as_u16(), 405, "{method} {} is answered, but not described", path.as_str());
        return response;
    };
    let (status, name) =
        (response.status().as_u16().to_string(), operation.operation_id.as_deref().unwrap_or_default());
    assert!(
        operation.responses.responses.contains_key(&status),
        "{name} answered {status}, which its description lacks"
    );
    if let Some(ProblemCode(code)) = response.extensions().get() {
        let codes = operation.extensions.as_ref().and_then(|extensions| extensions.get(CODES));
        let is_known =
            codes.and_then(serde_json::Value::as_array).is_some_and(|codes| codes.iter().any(|known| known == code));
        assert!(is_known, "{name} answered {code}, which {CODES} at its handler lacks");
    }
    response
}

fn operation<'a>(description: &'a Description, path: &str, method: &Method) -> Option<&'a Operation> {
    let item = description.openapi().paths.paths.get(path)?;
    match *method {
        Method::GET | Method::HEAD => item.get.as_ref(),
        Method::POST => item.post.as_ref(),
        Method::PATCH => item.patch.as_ref(),
        Method::PUT => item.put.as_ref(),
        Method::DELETE => item.delete.as_ref(),
        _ => None,
    }
}
