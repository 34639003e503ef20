//! Takes connections in, so many at once, and shows out those that ask nothing.
//!
//! Whoever opens connections and then is silent, drips a header byte by byte, or does not take its answer would hold them for ever;
//! axum's own loop lets everybody stay. Bodies that drip are `slow_body`'s.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::http::Request;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::app::App;

/// When the machine has no more to give, ask again after this long.
const PAUSE_MS: i64 = 1_000;

/// Until `stop`; then nothing new is taken in, and what is under way is answered to its end.
pub async fn serve(app: App, listener: TcpListener, router: Router, stop: CancellationToken) {
    let settings = &app.settings.server;
    let patience = Duration::from_secs(settings.idle_timeout_s);
    let places = Arc::new(Semaphore::new(settings.connections));
    let connections = TaskTracker::new();
    loop {
        // Whoever finds no place waits outside, with the machine, until somebody leaves.
        let accepted = tokio::select! {
            accepted = async { (Arc::clone(&places).acquire_owned().await, listener.accept().await) } => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            (Ok(place), Ok((stream, peer))) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    converse(stream, peer, router, patience, stop).await;
                    drop(place);
                });
            }
            // Nobody closes the semaphore.
            (Err(_), _) => break,
            (_, Err(error)) if is_about_one_connection(&error) => {}
            (_, Err(error)) => {
                tracing::error!(%error, "no connection can be accepted; is the limit of open files too low?");
                app.door.sleep_until(app.now().plus_millis(PAUSE_MS)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

fn is_about_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

enum Woken {
    Ended,
    Stopping,
}

async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, patience: Duration, stop: CancellationToken) {
    // Answers are small and written whole: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let work = Arc::new(Work::default());
    let of_requests = Arc::clone(&work);
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, under_way) = (router.clone(), UnderWay::begin(&of_requests));
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answered: Result<Response, Infallible> = router.oneshot(request).await;
            drop(under_way);
            answered
        }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut is_stopping = false;
    loop {
        let before = work.begun.load(Ordering::Relaxed);
        let woken = tokio::time::timeout(patience, async {
            tokio::select! {
                // What failed is a peer that went away, or that does not speak HTTP: both are its own affair.
                _ = connection.as_mut() => Woken::Ended,
                () = stop.cancelled(), if !is_stopping => Woken::Stopping,
            }
        });
        match woken.await {
            Ok(Woken::Ended) => return,
            Ok(Woken::Stopping) => {
                connection.as_mut().graceful_shutdown();
                is_stopping = true;
            }
            Err(_) if work.is_none_since(before) => return,
            Err(_) => {}
        }
    }
}

/// What is asked on one connection. Looked at now and then: requests must not have to tell anybody.
#[derive(Default)]
struct Work {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Work {
    fn is_none_since(&self, begun: u64) -> bool {
        self.begun.load(Ordering::Relaxed) == begun && self.ended.load(Ordering::Relaxed) == begun
    }
}

/// A request that is being answered, or was given up by who asked.
struct UnderWay(Arc<Work>);

impl UnderWay {
    fn begin(work: &Arc<Work>) -> Self {
        work.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(work))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
