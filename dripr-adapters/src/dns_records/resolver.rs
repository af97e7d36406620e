//! Asking name servers.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use async_trait::async_trait;
use dripr_core::errors::{Fault, PortError, PortResult};
use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{DnsError, NetError, NoRecords, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};

use super::{DnsRecords, MailExchanger};

/// The most that is kept of a text and of an answer.
const MOST_BYTES: usize = 16 << 10;
const MOST_RECORDS: usize = 100;

/// The name server that is asked, at a port of 53 if none is named: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerAddress(pub SocketAddr);

/// A text that is no address of a name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("name server {0:?} is not an IP address with or without a port, such as 192.0.2.1 or 192.0.2.1:53")]
pub struct InvalidServer(String);

impl FromStr for ServerAddress {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, InvalidServer> {
        let address = text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)));
        address.map(Self).map_err(|_| InvalidServer(text.chars().take(100).collect()))
    }
}

/// Asks name servers, by UDP and, where an answer does not fit, by TCP. Works on a tokio runtime with its clock and I/O
/// switched on.
#[derive(Clone)]
pub struct Resolver {
    inner: TokioResolver,
    /// How long all attempts at an answer may take together.
    patience: Duration,
}

impl Resolver {
    /// One that asks the servers that the system is configured with. Each question is asked twice at most, and waits so long
    /// for an answer each time.
    ///
    /// # Errors
    /// The system's configuration cannot be read, or names no server.
    pub fn of_the_system(timeout: Duration) -> PortResult<Self> {
        let builder = TokioResolver::builder_tokio().map_err(|error| {
            let message =
                format!("the system's configuration of name servers cannot be used: {}", reason(&error));
            PortError::new(Fault::Misconfigured, message)
        })?;
        Self::build(builder, timeout)
    }

    /// One that asks these servers.
    ///
    /// # Errors
    /// There is none.
    pub fn asking(servers: &[ServerAddress], timeout: Duration) -> PortResult<Self> {
        if servers.is_empty() {
            return Err(PortError::new(Fault::Misconfigured, "there is no name server to ask"));
        }
        let servers = servers.iter().map(|ServerAddress(address)| {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut server.connections {
                connection.port = address.port();
            }
            server
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        Self::build(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()), timeout)
    }

    fn build(
        mut builder: hickory_resolver::ResolverBuilder<TokioRuntimeProvider>,
        timeout: Duration,
    ) -> PortResult<Self> {
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = timeout;
        options.attempts = 1;
        options.use_hosts_file = ResolveHosts::Never;
        let inner = builder.build().map_err(|error| {
            let message = format!("name servers cannot be asked: {}", reason(&error));
            PortError::new(Fault::Misconfigured, message)
        })?;
        Ok(Self { inner, patience: timeout * 4 })
    }

    /// The records of a type at a name; none if it is certain that there is none.
    async fn ask(&self, name: &str, kind: RecordType) -> PortResult<Vec<RData>> {
        let mut name = Name::from_ascii(name).map_err(|error| {
            PortError::new(Fault::Invalid, "it is not a name that DNS knows").caused_by(error)
        })?;
        // Nothing is to be looked for below the system's own domain.
        name.set_fqdn(true);
        let answer = tokio::time::timeout(self.patience, self.inner.lookup(name, kind)).await;
        match answer.unwrap_or(Err(NetError::Timeout)) {
            Ok(lookup) => Ok(records(&lookup, kind)),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords {
                response_code: ResponseCode::NoError | ResponseCode::NXDomain,
                ..
            }))) => Ok(Vec::new()),
            Err(error) => {
                let fault = match &error {
                    NetError::Proto(_) | NetError::Truncated => Fault::Garbled,
                    _ => Fault::Unavailable,
                };
                Err(PortError::new(fault, reason(&error)))
            }
        }
    }
}

fn records(lookup: &Lookup, kind: RecordType) -> Vec<RData> {
    let of_kind = lookup.answers().iter().filter(|record| record.record_type() == kind);
    of_kind.take(MOST_RECORDS).map(|record| record.data.clone()).collect()
}

/// Why there is no answer, for people.
fn reason(error: &NetError) -> String {
    match error {
        NetError::Timeout => "the name servers did not answer in time".to_owned(),
        NetError::NoConnections => "no name server could be reached".to_owned(),
        NetError::Truncated => "the answer was cut off, by TCP too".to_owned(),
        NetError::Proto(_) => "the answer cannot be read".to_owned(),
        NetError::Dns(DnsError::ResponseCode(code)) => format!("the name server answered: {code}"),
        other => other.to_string(),
    }
}

/// A name as people write it: without the dot at the end, in small letters; nothing for the root.
fn written(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

#[async_trait]
impl DnsRecords for Resolver {
    async fn txt(&self, name: &str) -> PortResult<Vec<String>> {
        let records = self.ask(name, RecordType::TXT).await?;
        let text = |data: &RData| match data {
            RData::TXT(txt) => {
                let bytes: Vec<u8> =
                    txt.txt_data.iter().flat_map(|part| part.iter().copied()).take(MOST_BYTES).collect();
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        };
        Ok(records.iter().filter_map(text).collect())
    }

    async fn mx(&self, name: &str) -> PortResult<Vec<MailExchanger>> {
        let records = self.ask(name, RecordType::MX).await?;
        let exchanger = |data: &RData| match data {
            RData::MX(mx) => Some(MailExchanger { preference: mx.preference, host: written(&mx.exchange) }),
            _ => None,
        };
        Ok(records.iter().filter_map(exchanger).collect())
    }

    async fn cname(&self, name: &str) -> PortResult<Option<String>> {
        let records = self.ask(name, RecordType::CNAME).await?;
        let target = |data: &RData| match data {
            RData::CNAME(cname) => Some(written(cname)),
            _ => None,
        };
        Ok(records.iter().find_map(target))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("patience", &self.patience).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::ServerAddress;

    #[test]
    fn a_server_is_an_address_with_or_without_a_port() {
        let read = |text: &str| text.parse::<ServerAddress>().map(|server| server.0.to_string());
        assert_eq!(read("192.0.2.1").unwrap(), "192.0.2.1:53");
        assert_eq!(read("192.0.2.1:5353").unwrap(), "192.0.2.1:5353");
        assert_eq!(read("2001:db8::1").unwrap(), "[2001:db8::1]:53");
        for bad in ["", "dns.example", "192.0.2.1:", "192.0.2.1:99999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
