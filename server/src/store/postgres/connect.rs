//! From a `postgres://` URL to a pool of connections, with TLS as the URL asks.
//!
//! `sslmode=disable` never, `prefer` when the server offers it, `require` always. Unlike libpq, TLS is never without proof: the
//! server's certificate must lead to `sslrootcert=FILE`, or else to the system's roots, and carry the host's name. That makes
//! `verify-full` the same as `require`. A URL without `sslmode` prefers TLS, but not on this machine itself, where servers carry
//! self-signed certificates.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::{StoreError, StoreOptions};

// A pool that cannot lend a connection in this time will not get better by more waiting: the caller hears Busy.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(5);
// A server that vanished without a word is noticed after this, where TCP alone would wait for a quarter of an hour.
const SILENCE: Duration = Duration::from_secs(20);

const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

#[derive(Clone)]
pub(in crate::store) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots) = (None, None);
        let mut rest = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => roots = Some(value.into_owned()),
                _ => drop(rest.append_pair(&name, &value)),
            }
        }
        // The URL holds a password: errors name what is wrong with it, never the text.
        let mut config = Config::from_str(&format!("{base}?{}", rest.finish())).map_err(|error| {
            StoreError::Settings(format!("the PostgreSQL URL cannot be used: {}", StoreError::from(error)))
        })?;
        let mode = match mode.as_deref() {
            Some("disable") => SslMode::Disable,
            None if is_local(&config) => SslMode::Disable,
            Some("prefer") | None => SslMode::Prefer,
            Some("require" | "verify-full") => SslMode::Require,
            Some(_) => {
                let cure = "sslmode must be disable, prefer, require or verify-full";
                return Err(StoreError::Settings(format!("the PostgreSQL URL cannot be used: {cure}")));
            }
        };
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name("alc");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 4).keepalives_retries(4);
        let roots = if mode == SslMode::Disable { RootCertStore::empty() } else { trusted(roots.as_deref(), mode)? };
        Ok(Self { config, tls: tls(roots)? })
    }

    pub(super) fn pool(&self, size: usize, session: &str, options: &StoreOptions) -> Result<Pool, StoreError> {
        let mut config = self.config.clone();
        let timeout = options.statement_timeout.as_millis();
        let own = config.get_options().unwrap_or_default();
        // Everything asked here has its index. A plan that was made when a table was small must not walk over it when it is large.
        config.options(format!(
            "{own} -c enable_seqscan=off -c random_page_cost=1.1 -c statement_timeout={timeout} -c idle_in_transaction_session_timeout={timeout} \
             {session}"
        ));
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        Pool::builder(Manager::from_config(config, self.tls.clone(), manager))
            .max_size(size.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT_FOR_CONNECTION))
            .create_timeout(Some(CONNECT))
            .build()
            .map_err(|error| StoreError::Settings(error.to_string()))
    }

    /// A connection outside the pools and without their time limits, for migrations. It ends with the returned client.
    pub(in crate::store) async fn connect(&self) -> Result<Client, StoreError> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        // Its end is seen by the client, as an error of the statement under way.
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }
}

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

fn trusted(file: Option<&str>, mode: SslMode) -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    let file = file.or_else(|| SYSTEM_ROOTS.into_iter().find(|file| Path::new(file).exists()));
    if let Some(file) = file {
        let unreadable = |cause: &dyn std::fmt::Display| {
            StoreError::Settings(format!(
                "cannot read certificates from {file}: {cause}; name a PEM file with sslrootcert=FILE"
            ))
        };
        let found = CertificateDer::pem_file_iter(file).map_err(|cause| unreadable(&cause))?;
        let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|cause| unreadable(&cause))?;
        roots.add_parsable_certificates(found);
    }
    if roots.is_empty() && mode == SslMode::Require {
        let cure = "name the PEM file of the server's authority with sslrootcert=FILE";
        return Err(StoreError::Settings(format!("TLS is required but no authority is known: {cure}")));
    }
    Ok(roots)
}

fn tls(roots: RootCertStore) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Settings(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        Server::parse(url).map_err(|error| error.to_string()).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn tls_is_preferred_except_on_this_machine_and_is_what_the_url_says() {
        assert_eq!(mode("postgres://alc@db.example/alc"), SslMode::Prefer);
        assert_eq!(mode("postgres://alc@127.0.0.1:5432/alc"), SslMode::Disable);
        assert_eq!(mode("postgres://alc@localhost/alc"), SslMode::Disable);
        assert_eq!(mode("postgres://alc@localhost/alc?sslmode=prefer"), SslMode::Prefer);
        assert_eq!(mode("postgres://alc@db.example/alc?sslmode=disable"), SslMode::Disable);
    }

    #[test]
    fn errors_name_the_cure_and_not_the_password() {
        let refused = |url: &str| Server::parse(url).err().map(|error| error.to_string()).unwrap_or_default();
        for (url, cure) in [
            ("postgres://alc:canary@db.example/alc?sslmode=maybe", "sslmode must be"),
            ("postgres://alc:canary@db.example:port/alc", "cannot be used"),
            ("postgres://alc:canary@db.example/alc?sslmode=require&sslrootcert=/nowhere.pem", "sslrootcert=FILE"),
            ("postgres://alc:canary@db.example/alc?sslmode=require&sslrootcert=/dev/null", "no authority"),
        ] {
            let refused = refused(url);
            assert!(refused.contains(cure) && !refused.contains("canary"), "{refused}");
        }
    }
}
