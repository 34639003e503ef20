//! A Redis that replicas share, and the line to it, which the story may cut or hold.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// In front of the server that `ALC_TEST_REDIS` names. Drop it, and the line is cut.
pub struct RedisLine {
    url: Url,
    state: watch::Sender<State>,
    asked: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Through,
    /// Connections break, and no new one is taken.
    Cut,
    /// Connections stand, and nothing comes back.
    Held,
}

impl RedisLine {
    /// None without a server to ask; under `CI=true` that is a failure, for nothing may be skipped there.
    pub async fn start(story: &str) -> Option<Self> {
        let Ok(server) = std::env::var("ALC_TEST_REDIS") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "ALC_TEST_REDIS is not set; `cargo xtask test` brings a server"
            );
            skipped(story);
            return None;
        };
        let mut url = Url::parse(&server).expect("ALC_TEST_REDIS is a URL");
        let server = (url.host_str().expect("it names a host").to_owned(), url.port().unwrap_or(6379));
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        url.set_host(Some("127.0.0.1"))
            .and_then(|()| url.set_port(Some(port)).map_err(|()| url::ParseError::InvalidPort))
            .expect("a URL with a port");
        let (state, asked) = (watch::Sender::new(State::Through), Arc::new(AtomicUsize::new(0)));
        let (listening, counter) = (state.subscribe(), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), listening.clone(), Arc::clone(&counter)));
            }
        });
        Some(Self { url, state, asked })
    }

    pub fn url(&self) -> String {
        self.url.to_string()
    }

    pub fn is_cut(&self) {
        self.state.send_replace(State::Cut);
    }

    pub fn is_held(&self) {
        self.state.send_replace(State::Held);
    }

    pub fn is_mended(&self) {
        self.state.send_replace(State::Through);
    }

    /// How often somebody tried to reach the server, or said something to it.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[expect(clippy::print_stderr, reason = "this is the report")]
fn skipped(story: &str) {
    eprintln!("SKIPPED {story}: set ALC_TEST_REDIS, or run `cargo xtask test`, which brings a server");
}

async fn carry(
    mut client: TcpStream,
    server: (String, u16),
    mut state: watch::Receiver<State>,
    asked: Arc<AtomicUsize>,
) {
    asked.fetch_add(1, Ordering::Relaxed);
    if *state.borrow() == State::Cut {
        return;
    }
    let mut server = TcpStream::connect(server).await.expect("ALC_TEST_REDIS can be reached");
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.split(), server.split());
    let mut end = state.clone();
    let questions = async {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            asked.fetch_add(1, Ordering::Relaxed);
            if to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            // Held back, not lost.
            has_become(&mut state, |state| state != State::Held).await;
            if to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = has_become(&mut end, |state| state == State::Cut) => {}
        () = questions => {}
        () = answers => {}
    }
}

async fn has_become(state: &mut watch::Receiver<State>, wanted: impl Fn(State) -> bool + Send) {
    // Fails only when the story is over.
    drop(state.wait_for(|state| wanted(*state)).await);
}
