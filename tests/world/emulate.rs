//! `emulate`: one local system, started by hand.

use std::{fs, net::SocketAddr, path::PathBuf};

use alc_tests::{
    attio::{AttioOptions, LocalAttio, RateLimits, Token},
    people::Seed,
    sms::{LocalSms, SmsOptions},
};
use anyhow::Context;
use clap::{Parser, Subcommand};

const FAULTS: &str = r#"Every system fails on demand:
  POST   /_faults          {"method":"PATCH","path_contains":"/records/","status":503,"times":1}
                           in place of "status":
                             "hang":true                accept and never answer
                             "drop_before_commit":true  hang up, nothing done
                             "drop_after_commit":true   do the work, then hang up
                             "hold":true                wait, undone, for the release
  POST   /_faults/release  let go what is held
  DELETE /_faults          forget every fault
  GET    /_requests        what was asked so far"#;

const ATTIO: &str = r"Try:
  curl -H 'Authorization: Bearer local-attio-token' http://HOST:PORT/v2/self
  curl -H 'Authorization: Bearer local-attio-token' -X POST http://HOST:PORT/v2/objects/people/records/query";

const SMS: &str = r#"As the gateway's clients:
  POST /2010-04-01/Accounts/{account-sid}/Messages.json   form To, From, Body, StatusCallback
  GET  /2010-04-01/Accounts/{account-sid}/Messages.json   ?To=&From=&DateSent>=
As the owner of a phone:
  GET  /phones/{number}                what it shows, newest last
  POST /phones/{number}/reply          {"body":"yes"}
Levers:
  PUT  /phones/{number}/unreachable    messages to it end undelivered
  PUT  /phones/{number}/opt_out        {"from":"+15005550006"}: messages from there are refused
  PUT  /_inbound                       {"url":"http://127.0.0.1:8787/sms/twilio"}: where replies are brought
  GET  /_idle                          answers when no callback is pending
  GET  /_callbacks                     what the gateway sent on its own
  PUT  /_callbacks                     {"muted":true}: statuses change and nobody is told"#;

/// Start one of the systems the service talks to, in memory, on this machine.
///
/// Prints `listening on http://HOST:PORT` once it accepts connections. Ctrl-C ends it.
#[derive(Parser)]
#[command(name = "emulate", after_help = FAULTS)]
struct Arguments {
    #[command(subcommand)]
    system: System,
}

#[derive(Subcommand)]
enum System {
    /// Attio's REST API v2 with a workspace full of people
    #[command(after_help = ATTIO)]
    Attio {
        /// Address to listen on; port 0 picks a free one
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// People and companies to start with, in the shape of tests/world/people.json [default: that file]
        #[arg(long, value_name = "FILE")]
        seed: Option<PathBuf>,
        /// Access token of the workspace
        #[arg(long, default_value = "local-attio-token")]
        token: String,
        /// Scopes of the token, separated by spaces [default: all]
        #[arg(long, value_name = "SCOPES")]
        scopes: Option<String>,
        /// Enforce the published limits: 100 reads and 25 writes a second
        #[arg(long)]
        rate_limits: bool,
    },
    /// An SMS gateway in the shape of Twilio's API, with a phone at every number
    #[command(after_help = SMS)]
    Sms {
        /// Address to listen on; port 0 picks a free one
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        #[arg(long, default_value = "AC00000000000000000000000000000001")]
        account_sid: String,
        /// Clients log in with it, and what the gateway sends is signed with it
        #[arg(long, default_value = "local-sms-token")]
        auth_token: String,
        /// Number of the account; repeat for several [default: any number may send]
        #[arg(long = "number", value_name = "NUMBER")]
        numbers: Vec<String>,
        /// Where replies are brought, such as `http://127.0.0.1:8787/sms/twilio`
        #[arg(long, value_name = "URL")]
        inbound_url: Option<String>,
        /// Leave STOP to the service; else the gateway blocks the sender too, as an account does unless told otherwise
        #[arg(long)]
        ignore_opt_outs: bool,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().system {
        System::Attio { listen, seed, token, scopes, rate_limits } => {
            let seed = match seed {
                Some(file) => read_seed(&file)?,
                None => Seed::built_in(),
            };
            let token = match scopes {
                Some(scopes) => Token::with_scopes(&token, scopes.split_whitespace()),
                None => Token::new(&token),
            };
            let rate_limits = rate_limits.then_some(RateLimits::PUBLISHED);
            let options = AttioOptions { listen, tokens: vec![token], seed, rate_limits, ..AttioOptions::default() };
            let attio = LocalAttio::start(options).await.with_context(|| cannot_listen(listen))?;
            until_interrupted(&attio.url()).await
        }
        System::Sms { listen, account_sid, auth_token, numbers, inbound_url, ignore_opt_outs } => {
            let options = SmsOptions {
                listen,
                account_sid,
                auth_token,
                numbers,
                inbound_url,
                takes_opt_outs: !ignore_opt_outs,
                ..SmsOptions::default()
            };
            let sms = LocalSms::start(options).await.with_context(|| cannot_listen(listen))?;
            until_interrupted(&sms.url()).await
        }
    }
}

#[expect(clippy::print_stdout, reason = "the address is what the caller waits for")]
async fn until_interrupted(url: &str) -> anyhow::Result<()> {
    use std::io::Write as _;

    println!("listening on {url}");
    std::io::stdout().flush().context("nobody reads the standard output")?;
    tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")
}

fn read_seed(file: &PathBuf) -> anyhow::Result<Seed> {
    let name = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read the seed {name}"))?;
    Seed::parse(&text).with_context(|| format!("{name} is not a seed: compare it with tests/world/people.json"))
}

fn cannot_listen(listen: SocketAddr) -> String {
    format!("cannot listen on {listen}: choose another address or port with --listen")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_holds_together() {
        super::Arguments::command().debug_assert();
    }
}
