//! `[redis]`: where processes count together how fast providers may be called.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "redis")]
use super::Environment;

/// The server's address, which may hold a password, so that it need not stand in a file.
pub const ADDRESS_VARIABLE: &str = "DRIPR_REDIS_URL";

/// The server's host, its port and its password, as in older deployments; [`ADDRESS_VARIABLE`] goes before them.
pub const HOST_VARIABLE: &str = "REDIS_HOST";
/// See [`HOST_VARIABLE`]; 6379 if it is not set.
pub const PORT_VARIABLE: &str = "REDIS_PORT";
/// See [`HOST_VARIABLE`]; none if it is not set or empty.
pub const PASSWORD_VARIABLE: &str = "REDIS_PASSWORD";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    url_file: Option<PathBuf>,
    prefix: Option<String>,
}

impl Written {
    /// A server that nobody asks would be thought to be asked.
    #[cfg(not(feature = "redis"))]
    pub(super) fn check(self) -> Result<(), ConfigProblem> {
        let given = [("url_file", self.url_file.is_some()), ("prefix", self.prefix.is_some())];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                let reason = "this dripr was built without Redis; build it with `cargo build --release --features redis`";
                Err(ConfigProblem::key(&format!("redis.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// The server, if one is named. It is not asked yet.
    #[cfg(feature = "redis")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<dripr_adapters::redis::Redis>, ConfigProblem> {
        use dripr_adapters::redis::{Redis, RedisOptions};

        let key = "redis.url_file";
        let of_parts = match environment(ADDRESS_VARIABLE) {
            Some(_) => None,
            None => address_of_parts(environment)?,
        };
        let address = match of_parts {
            Some(address) => Some(address),
            None => super::secret::secret(environment, ADDRESS_VARIABLE, key, self.url_file, absolute)?,
        };
        let Some(address) = address else {
            return match self.prefix {
                Some(_) => {
                    let reason =
                        format!("missing: give the file of the server's address, or {ADDRESS_VARIABLE}");
                    Err(ConfigProblem::key(key, reason))
                }
                None => Ok(None),
            };
        };
        let mut options = RedisOptions::new(address);
        if let Some(prefix) = self.prefix {
            options.prefix = prefix;
        }
        Redis::new(options).map(Some).map_err(|error| ConfigProblem::key(key, error))
    }
}

/// The address that host, port and password make, where a host is named.
///
/// # Errors
/// [`ConfigProblem`], naming the variable.
#[cfg(feature = "redis")]
fn address_of_parts(environment: Environment<'_>) -> Result<Option<secrecy::SecretString>, ConfigProblem> {
    let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let Some(host) = set(HOST_VARIABLE) else { return Ok(None) };
    let host = host.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if !host.chars().all(plain) {
        let shown: String = host.chars().take(80).collect();
        let reason = format!("must be the name or address of a server, not {shown:?}");
        return Err(ConfigProblem::key(HOST_VARIABLE, reason));
    }
    let port: u16 = match set(PORT_VARIABLE) {
        None => 6379,
        Some(port) => port.trim().parse().map_err(|_| {
            let shown: String = port.chars().take(40).collect();
            ConfigProblem::key(PORT_VARIABLE, format!("must be a port from 1 to 65535, not {shown:?}"))
        })?,
    };
    // An address of IPv6 has colons of its own.
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let login =
        set(PASSWORD_VARIABLE).map(|password| format!(":{}@", escaped(&password))).unwrap_or_default();
    Ok(Some(format!("redis://{login}{host}:{port}").into()))
}

/// As RFC 3986 wants it in the user information of an address.
#[cfg(feature = "redis")]
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn address(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let found = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        match address_of_parts(&found) {
            Ok(address) => Ok(address.map(|address| address.expose_secret().to_owned())),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn host_port_and_password_make_an_address() {
        assert_eq!(address(&[]), Ok(None));
        assert_eq!(address(&[("REDIS_PORT", "1"), ("REDIS_HOST", " ")]), Ok(None));
        assert_eq!(address(&[("REDIS_HOST", "cache")]), Ok(Some("redis://cache:6379".into())));
        let all = [("REDIS_HOST", "10.0.0.7"), ("REDIS_PORT", "6380"), ("REDIS_PASSWORD", "p@:/ é")];
        assert_eq!(address(&all), Ok(Some("redis://:p%40%3A%2F%20%C3%A9@10.0.0.7:6380".into())));
        assert_eq!(address(&[("REDIS_HOST", "::1")]), Ok(Some("redis://[::1]:6379".into())));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_password_is_not() {
        let wrong =
            [("REDIS_HOST", "cache"), ("REDIS_PORT", "tcp://10.0.0.1:6379"), ("REDIS_PASSWORD", "hush")];
        let said = address(&wrong).unwrap_err();
        assert!(said.starts_with("REDIS_PORT: must be a port") && !said.contains("hush"), "{said}");
        assert!(address(&[("REDIS_HOST", "a@b")]).unwrap_err().starts_with("REDIS_HOST: must be the name"));
    }
}
