//! `[http]`: where this deployment is reached.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;

/// Where this deployment is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where `dripr run` answers opt-out links, approval links, webhooks and the API.
    pub listen: Listen,
    /// Origins whose pages may use the API from a browser.
    pub allowed_origins: Vec<Origin>,
    /// How many requests of the API a key, or somebody who is signed in, may make in a minute; as many as they like if it is 0.
    pub requests_per_minute: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: Listen::default(), allowed_origins: Vec::new(), requests_per_minute: 600 }
    }
}

/// Where a process listens that answers the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// Nowhere: somebody else answers.
    Off,
    /// At an address of this machine.
    At(SocketAddr),
}

impl Listen {
    /// The address, if it listens.
    #[must_use]
    pub const fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::At(address) => Some(address),
        }
    }
}

impl Default for Listen {
    /// `127.0.0.1:8080`: whoever is to come from elsewhere comes by a proxy that ends TLS.
    fn default() -> Self {
        Self::At(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| {
            let shown: String = text.chars().take(60).collect();
            format!("must be an address and a port, such as \"127.0.0.1:8080\", or \"off\", not {shown:?}")
        })
    }
}

/// An origin, such as `https://app.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl Origin {
    /// The origin as browsers write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let plain = |host: &str| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
        };
        if host.is_some_and(plain) {
            Ok(Self(text))
        } else {
            Err(format!("{text:?} is no origin, such as \"https://app.example.com\""))
        }
    }
}
