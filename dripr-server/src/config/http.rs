//! `[http]`: where this deployment is reached.

use std::net::SocketAddr;

use serde::Deserialize;

/// Where this deployment is reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where `dripr run` answers opt-out links, approval links and webhooks; nowhere if it is not given.
    pub listen: Option<SocketAddr>,
    /// Origins whose pages may use the API from a browser.
    pub allowed_origins: Vec<Origin>,
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
