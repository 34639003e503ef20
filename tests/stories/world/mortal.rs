//! A world whose service is a process of its own, so that it can be killed; time is the real one.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use alc_server::door::{Door, SystemClock};
use alc_server::operator::Operator;
use alc_server::store::{Store, StoreOptions, Vault};
use alc_tests::attio::{AttioOptions, LocalAttio};
use alc_tests::sms::{LocalSms, SmsOptions};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::app::{free_address, listen_to};
use super::{Database, Inhabited, OUR_NUMBER, unique};

/// What the stories' databases are sealed with.
pub const KEY: [u8; 32] = [7; 32];

/// A job whose owner died is somebody else's after this long.
const LEASE_MS: &str = "900";

/// Retries come within seconds; silence and last deadlines lie days ahead.
const SOON_MS: i64 = 3_600_000;

/// A service that has something to do gets some of it done within so many looks.
const LOOKS_IN_VAIN: usize = 200;

/// The service, killed once at the fail point that the story's `ALC_FAIL_POINT` names, and the world around it.
pub struct MortalWorld {
    pub attio: LocalAttio,
    pub sms: LocalSms,
    /// The service's own store, to look into.
    store: Store,
    service: Service,
    _database: Database,
}

struct Service {
    url: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    said: Arc<Mutex<String>>,
    process: tokio::sync::Mutex<Child>,
}

impl MortalWorld {
    pub async fn start(database: Database, settings: &[(&str, &str)]) -> Self {
        // A process may choose its TLS provider once; the first story does.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let attio = LocalAttio::start(AttioOptions::default()).await.expect("a local Attio starts");
        let auth_token = format!("local-sms-token-{}", unique());
        let sms = LocalSms::start(SmsOptions { auth_token, ..SmsOptions::default() }).await;
        let sms = sms.expect("a local gateway starts");
        let mut options = StoreOptions::new(Arc::new(Vault::new(KEY, &[])));
        options.connections = 2;
        let store = Store::open(database.url(), options).await.expect("the store opens");
        store.migrate().await.expect("the schema is brought up");
        let service = Service::start(&database, &attio, &sms, settings).await;
        sms.set_inbound(&format!("{}/sms/twilio", service.url));
        Self { attio, sms, store, service, _database: database }
    }

    /// Waits until the service has killed itself, and starts it again: whoever starts a second time lives.
    pub async fn crashes_and_comes_back(&self) {
        let status = self.service.process.lock().await.wait().await.expect("the service can be waited for");
        assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "{status}: {}", self.service.said());
        self.service.start_again().await;
    }

    /// As if the machine had lost power, wherever the service is at the moment.
    pub async fn is_killed_and_comes_back(&self) {
        self.is_killed().await;
        self.comes_back().await;
    }

    pub async fn is_killed(&self) {
        self.service.process.lock().await.kill().await.expect("a running process can be killed");
    }

    pub async fn comes_back(&self) {
        self.service.start_again().await;
    }

    /// Until nothing is left to do: what is under way ends with the service, and what is due later is seen in the store.
    pub async fn settle(&self) {
        loop {
            self.sms.idle().await;
            self.gets_on().await;
            self.service.stop().await;
            let left = self.left_to_do().await;
            self.service.start_again().await;
            if left == 0 {
                return;
            }
        }
    }

    /// Until looking again and again shows no less to do.
    async fn gets_on(&self) {
        let (mut least, mut in_vain) = (self.left_to_do().await, 0);
        while least > 0 && in_vain < LOOKS_IN_VAIN {
            let left = self.left_to_do().await;
            in_vain = if left < least { 0 } else { in_vain + 1 };
            least = least.min(left);
        }
    }

    async fn left_to_do(&self) -> i64 {
        let soon = self.operator().door.now().plus_millis(SOON_MS);
        self.store.read(async move |tx| tx.busy_jobs(soon).await).await.expect("the store answers")
    }
}

impl Inhabited for MortalWorld {
    fn url(&self) -> &str {
        &self.service.url
    }

    fn attio(&self) -> &LocalAttio {
        &self.attio
    }

    fn sms(&self) -> &LocalSms {
        &self.sms
    }

    fn operator(&self) -> Operator {
        Operator { store: self.store.clone(), door: Door::new(SystemClock) }
    }
}

impl Service {
    async fn start(database: &Database, attio: &LocalAttio, sms: &LocalSms, settings: &[(&str, &str)]) -> Self {
        let listen: SocketAddr = free_address();
        let command = ["serve", "--profile", "test", "--listen", &listen.to_string(), "--database", database.url()];
        let environment = [
            ("ALC_SECRETS__KEY", STANDARD.encode(KEY).as_str()),
            ("ALC_ATTIO__BASE_URL", &attio.url()),
            ("ALC_SMS__BASE_URL", &sms.url()),
            ("ALC_SMS__ACCOUNT_SID", sms.account_sid()),
            ("ALC_SMS__AUTH_TOKEN", sms.auth_token()),
            ("ALC_SMS__FROM", OUR_NUMBER),
            ("ALC_JOBS__LEASE_MS", LEASE_MS),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let said = Arc::default();
        let url = format!("http://{listen}");
        let command = command.map(str::to_owned).to_vec();
        let of_the_story = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let process = run(&command, environment.iter().cloned().chain(of_the_story), &url, &said).await;
        Self { url, command, environment: environment.to_vec(), said, process: process.into() }
    }

    /// At the same address, without what was meant for its first life only.
    async fn start_again(&self) {
        let environment = self.environment.iter().cloned();
        *self.process.lock().await = run(&self.command, environment, &self.url, &self.said).await;
    }

    /// As an operator stops it.
    async fn stop(&self) {
        let mut process = self.process.lock().await;
        let id = process.id().and_then(|id| i32::try_from(id).ok()).expect("the service runs");
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("a running process can be told to stop");
        let status = process.wait().await.expect("the service can be waited for");
        assert!(status.success(), "{status}: {}", self.said());
    }

    fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn run(
    command: &[String],
    environment: impl Iterator<Item = (String, String)>,
    url: &str,
    said: &Arc<Mutex<String>>,
) -> Child {
    let program = program();
    assert!(program.exists(), "{} is not built; run `cargo build --workspace --all-targets`", program.display());
    let mut process = Command::new(program)
        .args(command)
        .envs(environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the service can be started");
    tokio::spawn(listen_to(process.stderr.take().expect("the service's output is ours"), Arc::clone(said)));
    let mut stdout = BufReader::new(process.stdout.take().expect("the service's output is ours"));
    let mut line = String::new();
    stdout.read_line(&mut line).await.expect("the service speaks");
    let said_so_far = || said.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(line.trim_end(), format!("alc listening on {url}"), "the service did not start: {}", said_so_far());
    tokio::spawn(listen_to(stdout, Arc::clone(said)));
    process
}

/// Beside the folder in which the stories were built.
pub fn program() -> PathBuf {
    let stories = std::env::current_exe().expect("a running program has a path");
    let built = stories.parent().and_then(|deps| deps.parent()).expect("tests are built into a folder of their own");
    built.join("alc")
}
