//! The command line: what every command takes, and one file for each noun.

mod audit;
mod campaign;
mod client;
mod config;
mod connection;
mod dead_letters;
mod erase;
mod migrate;
mod moment;
mod output;
mod serve;
mod stdin;
mod token;
mod user;
mod webhooks;
mod workspace;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use alc_server::door::{Door, SystemClock};
use alc_server::open::open_store;
use alc_server::operator::Operator;
use alc_server::settings::{InvalidSettings, Log, LogFormat, Overrides, Profile, Settings};
use alc_server::{logging, store::StoreError};
use clap::{Args, Parser, Subcommand};

use self::output::Output;

/// Acme Lead Checker: takes leads in, talks with them over SMS, and reports what it learned.
#[derive(Parser)]
#[command(name = "alc", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Global {
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "sqlite:///absolute/path or postgres://user:password@host/database"
    )]
    database: Option<String>,
    /// A named set of defaults
    #[arg(long, global = true, value_enum, env = "ALC_PROFILE", default_value = "default")]
    profile: Profile,
    /// A TOML file over the profile's defaults
    #[arg(long, global = true, value_name = "FILE", env = "ALC_CONFIG")]
    config: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(serve::Serve),
    /// Bring the database to what this version needs
    Migrate,
    /// Print the settings in force, with secrets masked
    Config,
    /// OAuth clients: programs that may ask users for access
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Users: people who may log in
    #[command(subcommand)]
    User(user::UserCommand),
    /// Workspaces, and whether they are in test mode
    #[command(subcommand)]
    Workspace(workspace::WorkspaceCommand),
    /// What a workspace says to its leads
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
    /// Our own links to outside systems
    #[command(subcommand)]
    Connection(connection::ConnectionCommand),
    /// The operator's own access tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Partners' webhooks and what was delivered to them
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Jobs that gave up
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLettersCommand),
    /// Who did what
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Remove every trace of a phone, over all workspaces
    Erase(erase::Erase),
}

impl Cli {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self { global, command } = self;
        let (listen, redis) = match &command {
            Command::Serve(serve) => (serve.listen.clone(), serve.redis.clone()),
            _ => (None, None),
        };
        let overrides = Overrides { config: global.config, listen, database: global.database, redis };
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let settings = Settings::load(global.profile, environment, &overrides)?;
        if matches!(command, Command::Serve(_)) {
            logging::start(&settings.log)?;
        } else {
            // Somebody is watching: say only what they must know.
            logging::start(&Log { filter: "warn".to_owned(), format: LogFormat::Text })?;
        }
        let (door, out) = (Door::new(SystemClock), Output { json: global.json });
        match command {
            Command::Serve(_) => serve::run(settings, door, &out).await,
            Command::Migrate => migrate::run(&settings, &door, &out).await,
            Command::Config => config::run(&settings, &out),
            Command::Client(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::User(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Workspace(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Campaign(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Connection(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Token(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Webhooks(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::DeadLetters(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Audit(command) => command.run(&operator(&settings, door).await?, &out).await,
            Command::Erase(command) => command.run(&operator(&settings, door).await?, &out).await,
        }
    }
}

async fn operator(settings: &Settings, door: Door) -> anyhow::Result<Operator> {
    Ok(Operator { store: open_store(settings, &door).await?, door })
}

/// Says what went wrong. 2: the settings or the command line must change; 1: anything else.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Some errors repeat their cause in their own words.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    // Nobody is left to tell when even this fails.
    let _ = writeln!(std::io::stderr(), "error: {text}");
    let is_settings = error.is::<InvalidSettings>() || matches!(error.downcast_ref(), Some(StoreError::Settings(_)));
    ExitCode::from(if is_settings { 2 } else { 1 })
}
