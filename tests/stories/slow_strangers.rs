//! Strangers who take their time: with a header, a body, an answer. They hold up themselves, and nobody else.
//!
//! Time is the machine's own here: how fast a stranger sends is not the story's to say. Nobody sleeps; a stranger drips because it
//! listens for a moment after each byte.

use std::io;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Answer, Inhabited as _, Partner, Receiver, World, http};

stories! {
    async fn a_header_that_drips_is_not_waited_for(world: World, ALC_SERVER__IDLE_TIMEOUT_S = "1") {
        let mut stranger = Stranger::at(&world).await;
        stranger.says("GET /health HTTP/1.1\r\nHost: alc\r\nX-Endless: ").await;
        assert_eq!(stranger.drips_until_it_hears().await, "", "the connection is closed without a word");
        answers(&world).await;
    }

    /// Nor does one that says what another protocol says at its beginning.
    async fn a_connection_that_asks_nothing_is_closed(world: World, ALC_SERVER__IDLE_TIMEOUT_S = "1") {
        let (mut silent, mut undecided) = (Stranger::at(&world).await, Stranger::at(&world).await);
        undecided.says("PRI * HTTP/2").await;
        let mut served = Stranger::at(&world).await;
        served.says("GET /health/live HTTP/1.1\r\nHost: alc\r\n\r\n").await;
        assert!(served.hears_a_part().await.starts_with("HTTP/1.1 200"));
        for stranger in [&mut silent, &mut undecided, &mut served] {
            assert_eq!(stranger.hears_the_rest().await, "");
        }
        answers(&world).await;
    }

    async fn who_is_being_answered_is_not_shown_out(world: World, ALC_SERVER__IDLE_TIMEOUT_S = "1") {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let body = json!({ "recordId": ada.record, "name": ada.name, "phoneNumber": ada.phone }).to_string();
        let mut slow = Stranger::at(&world).await;
        slow.says(&head(&partner, "/api/v1/leads", body.len())).await;
        slow.says(&body[..10]).await;
        // As long as others stay who ask nothing, and once more.
        for _ in 0..2 {
            assert_eq!(Stranger::at(&world).await.hears_the_rest().await, "");
        }
        slow.says(&body[10..]).await;
        let heard = slow.hears_a_part().await;
        assert!(heard.starts_with("HTTP/1.1 201"), "{heard}");
    }

    async fn a_body_that_drips_is_cut_off(world: World, ALC_SERVER__BODY_READ_TIMEOUT_S = "1") {
        let partner = Partner::operator(&world, "acme").await;
        for path in ["/api/v1/leads", "/api/v1/leads/batch", "/api/v1/webhooks", "/callbacks/lead-processed/conn_0"] {
            let mut slow = Stranger::at(&world).await;
            slow.says(&head(&partner, path, 100_000)).await;
            slow.says("{").await;
            let heard = slow.drips_until_it_hears().await;
            assert!(heard.starts_with("HTTP/1.1 408") && heard.contains("\"body_too_slow\""), "{path}: {heard}");
            assert!(heard.to_lowercase().contains("connection: close"), "{path}: {heard}");
        }
        world.settle().await;
        assert_eq!((partner.leads().await, partner.webhooks().await), (vec![], vec![]));
    }

    /// A form, chunk by chunk, from somebody who need not show a token first.
    async fn a_login_that_drips_is_cut_off(world: World, ALC_SERVER__BODY_READ_TIMEOUT_S = "1") {
        for path in ["/login", "/oauth/token", "/oauth/authorize", "/sms/twilio"] {
            let mut slow = Stranger::at(&world).await;
            let kind = "application/x-www-form-urlencoded";
            let head = format!("POST {path} HTTP/1.1\r\nHost: alc\r\nContent-Type: {kind}\r\nContent-Length: 9000\r\n\r\n");
            slow.says(&head).await;
            let heard = slow.drips_until_it_hears().await;
            assert!(heard.starts_with("HTTP/1.1 408"), "{path}: {heard}");
        }
        answers(&world).await;
    }

    async fn who_finds_every_place_taken_waits_for_one(
        world: World,
        ALC_SERVER__CONNECTIONS = "2",
        ALC_SERVER__IDLE_TIMEOUT_S = "1"
    ) {
        let mut silent = [Stranger::at(&world).await, Stranger::at(&world).await, Stranger::at(&world).await];
        answers(&world).await;
        for stranger in &mut silent {
            assert_eq!(stranger.hears_the_rest().await, "");
        }
    }

    /// An endpoint may say that all is well, byte by byte, for hours.
    async fn an_endpoint_that_drips_its_answer_holds_up_nobody(world: World, ALC_WEBHOOKS__TIMEOUT_MS = "500") {
        let partner = Partner::operator(&world, "acme").await;
        let healthy = Receiver::start(&world.clock).await;
        for head in ["HTTP/1.1 200 OK\r\nX-Endless: ", "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"] {
            let url = endpoint_that_answers(head).await;
            let draft = json!({ "name": "drips", "url": url, "event": "lead.created" });
            let webhook = partner.post("/api/v1/webhooks", &draft).await.expect(201);
            let path = format!("/api/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
            let other = partner.subscribes(&healthy, &["lead.created"]).await;
            partner.sends(&world.people()[healthy.received().len()]).await;
            world.settle().await;

            assert_eq!(healthy.received().len(), usize::from(head.contains("Length")) + 1);
            let log = partner.get(&format!("{path}/deliveries")).await.expect(200);
            assert_eq!(log["data"][0]["attempts"], 1, "{head}: {log}");
            partner.delete(&path).await;
            partner.delete(&format!("/api/v1/webhooks/{other}")).await;
        }
    }
}

/// Somebody with a connection to the service, and all the time in the world.
struct Stranger(TcpStream);

/// Between two drops, and longer than a busy machine takes to see one.
const A_MOMENT: Duration = Duration::from_millis(50);

impl Stranger {
    async fn at(world: &World) -> Self {
        Self(TcpStream::connect(world.service.address).await.expect("the service listens"))
    }

    async fn says(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("the service takes it");
    }

    /// Adds byte after byte until the service answers or closes the connection.
    async fn drips_until_it_hears(&mut self) -> String {
        loop {
            let mut heard = vec![0; 4096];
            match tokio::time::timeout(A_MOMENT, self.0.read(&mut heard)).await {
                Ok(Ok(0) | Err(_)) => return String::new(),
                Ok(Ok(length)) => return text(&heard[..length]),
                // Nothing yet. Fails when the connection is closed; the next look says so.
                Err(_) => drop(self.0.write_all(b"x").await),
            }
        }
    }

    async fn hears_a_part(&mut self) -> String {
        let mut heard = vec![0; 4096];
        let length = self.0.read(&mut heard).await.expect("the service answers");
        text(&heard[..length])
    }

    /// All that is said until the connection is closed.
    async fn hears_the_rest(&mut self) -> String {
        let mut heard = Vec::new();
        match self.0.read_to_end(&mut heard).await {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("{error}"),
            _ => text(&heard),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn head(partner: &Partner, path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: alc\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n",
        partner.token
    )
}

async fn answers(world: &World) {
    let answer = http().get(format!("{}/health", world.url())).send().await.expect("the service answers");
    Answer::read(answer).await.expect(200);
}

/// An endpoint that begins its answer so, and then drips for as long as anybody listens.
async fn endpoint_that_answers(head: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/alc", listener.local_addr().expect("a bound port"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut endpoint = Stranger(stream);
                endpoint.hears_a_part().await;
                endpoint.says(head).await;
                endpoint.drips_until_it_hears().await;
            });
        }
    });
    url
}
