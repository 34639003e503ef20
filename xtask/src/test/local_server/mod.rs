//! A server that the tests talk to, for the length of the run: a process on a free port of this machine, in a [`Home`] of its own.
//!
//! It ends when we end, however we end: dropped with the run, stopped by Ctrl-C or SIGTERM, and where the system can, even by
//! our being killed (see [`account`]).

pub(crate) mod account;
mod home;

use std::fs::File;
use std::io::{BufRead as _, BufReader, PipeReader, Write as _, pipe};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use anyhow::{Context as _, Result, bail};

pub(crate) use self::home::Home;

/// The port is free when we look and may be taken when the server binds it.
const TRIES: usize = 5;

/// Every server that runs. Here and not with its owner, so that Ctrl-C finds it too.
static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// Stopped when dropped.
pub(crate) struct LocalServer {
    pub(crate) port: u16,
    process: u32,
}

/// How one kind of server is started.
pub(crate) struct Launch<'a> {
    /// All that it says goes here.
    pub(crate) log: &'a Path,
    /// Part of the line that it says when it can be talked to.
    pub(crate) ready: &'static str,
    /// Ends it and returns when it has ended. A server without such a program is killed.
    pub(crate) farewell: Option<Command>,
}

struct Running {
    child: Child,
    farewell: Option<Command>,
    /// Cleared away when the server has ended.
    _home: Home,
}

impl LocalServer {
    /// `command` starts it on a port, and in the foreground.
    pub(crate) fn start(
        home: Home,
        launch: Launch<'_>,
        command: impl Fn(&Home, u16) -> Result<Command>,
    ) -> Result<Self> {
        stop_all_on_ctrl_c()?;
        let mut last_words = String::new();
        for _ in 0..TRIES {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let (mut child, output) = spawn(command(&home, port)?)?;
            match until_ready(output, &launch)? {
                Ok(()) => {
                    let process = child.id();
                    running().push(Running { child, farewell: launch.farewell, _home: home });
                    return Ok(Self { port, process });
                }
                Err(said) => last_words = said,
            }
            child.wait()?;
            if !last_words.contains("Address already in use") {
                break;
            }
        }
        bail!("the server ended at once: {}", last_words.trim())
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        running().retain(|running| running.child.id() != self.process);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let asked = self.farewell.as_mut().is_some_and(|farewell| {
            let farewell = farewell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            farewell.status().is_ok_and(|status| status.success())
        });
        if !asked {
            // It may have ended by itself; then there is nothing to end.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ctrl-C and SIGTERM end us without unwinding.
fn stop_all_on_ctrl_c() -> Result<()> {
    let handler = || {
        running().clear();
        std::process::exit(130);
    };
    match ctrlc::set_handler(handler) {
        // An earlier server did it for all.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(error).context("Ctrl-C cannot be caught"),
    }
}

/// Others on the machine can reach the port.
pub(crate) fn password() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Some say that they are ready where others say what went wrong: both come as one.
fn spawn(mut command: Command) -> Result<(Child, PipeReader)> {
    let (output, input) = pipe().context("no pipe can be made")?;
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.spawn().with_context(|| format!("`{program}` cannot be started"))?;
    Ok((child, output))
}

/// Listens to the server for as long as it talks; returns when it is ready, or with its last words.
fn until_ready(output: PipeReader, launch: &Launch<'_>) -> Result<Result<(), String>> {
    let mut log = File::create(launch.log).with_context(|| format!("cannot write {}", launch.log.display()))?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody may be listening any more, and a full disk is no reason to stop the server.
            let _ = writeln!(log, "{line}");
            let _ = tell.send(line);
        }
    });
    let mut said = String::new();
    for line in told {
        if line.contains(launch.ready) {
            return Ok(Ok(()));
        }
        said.push_str(&line);
        said.push('\n');
    }
    Ok(Err(said))
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A shell stands in for the server: it says `script`'s lines, and is still there until it is ended.
    fn start(kind: &str, script: &str) -> (PathBuf, Result<LocalServer>) {
        let home = Home::make(kind).unwrap();
        let folder = home.folder.clone();
        let log = std::env::temp_dir().join(format!("{kind}-{}.log", std::process::id()));
        let launch = Launch { log: &log, ready: "I am ready", farewell: None };
        let server = LocalServer::start(home, launch, |home, port| {
            let mut command = home.command(Path::new("sh"));
            command.args(["-c", script, "sh", &port.to_string()]);
            Ok(command)
        });
        std::fs::remove_file(log).unwrap();
        (folder, server)
    }

    #[test]
    fn is_there_until_it_is_dropped() {
        let (folder, server) = start("server-test", "echo $$ > id; echo I am ready >&2; exec tail -f /dev/null");
        let id = std::fs::read_to_string(folder.join("id")).unwrap();
        let is_there =
            || Command::new("kill").args(["-0", id.trim()]).stderr(Stdio::null()).status().unwrap().success();
        assert!(is_there());
        drop(server.unwrap());
        assert!(!is_there());
        assert!(!folder.exists(), "its folder is cleared away");
    }

    #[test]
    fn one_that_ends_at_once_is_quoted() {
        let (folder, server) = start("refusing-test", "echo cannot do this >&2; exit 1");
        let error = server.map(|server| server.port).unwrap_err().to_string();
        assert_eq!(error, "the server ended at once: cannot do this");
        assert!(!folder.exists());
    }

    #[test]
    fn a_taken_port_is_not_the_end() {
        let script = "echo $1 >> ports; if [ $(wc -l < ports) -lt 3 ]; then echo bind: Address already in use; exit 1; fi; \
                      echo I am ready; exec tail -f /dev/null";
        let (_, server) = start("taken-test", script);
        server.unwrap();
    }

    #[test]
    fn passwords_differ() {
        let first = password().unwrap();
        assert_eq!(first.len(), 32);
        assert_ne!(first, password().unwrap());
    }
}
