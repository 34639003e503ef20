//! Bodies that must be there in time: the whole of one, however steadily it drips (`server.body_read_timeout_s`).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::http::{StatusCode, header};
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body::{Frame, SizeHint};
use thiserror::Error;
use tokio::time::Sleep;

use super::problem::ApiError;

/// Middleware: whoever is too slow hears so, whatever the handler made of the body that broke off.
pub async fn cut_off(State(deadline): State<Duration>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_late = Arc::new(AtomicBool::new(false));
    let late = Arc::clone(&is_late);
    let response = next.run(request.map(|body| Body::new(InTime { body, deadline, until: None, late }))).await;
    if !is_late.load(Ordering::Relaxed) {
        return response;
    }
    let detail = "The body did not arrive in time (server.body_read_timeout_s). Send it faster, or less at a time.";
    let too_slow = ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail);
    // What is still on its way is nobody's.
    too_slow.with_header(header::CONNECTION, "close").into_response()
}

struct InTime {
    body: Body,
    deadline: Duration,
    /// Runs from when somebody first wants to read it: until then it is we who are slow.
    until: Option<Pin<Box<Sleep>>>,
    late: Arc<AtomicBool>,
}

#[derive(Debug, Error)]
#[error("the body did not arrive in time")]
struct TooSlow;

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = self.deadline;
        ready!(self.until.get_or_insert_with(|| in_real_time(deadline)).as_mut().poll(context));
        self.late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[expect(clippy::disallowed_methods, reason = "how fast a stranger sends is no matter of the story's clock")]
fn in_real_time(deadline: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(deadline))
}
