//! Which server emails are handed to, and how.

use std::{fmt, net::IpAddr, time::Duration};

use lettre::transport::smtp::client::{Certificate, TlsParameters};
use secrecy::SecretString;

/// Which server emails are handed to, and how.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// The server's name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The account at the server, where it asks for one.
    pub login: Option<Login>,
    /// An authority, as PEM, that may vouch for the server besides the public ones.
    pub authority: Option<Vec<u8>>,
    /// How long one call may take. Shorter than the policy's mail timeout: the mailer can tell whether the server may
    /// have the email, a timeout around it cannot.
    pub timeout: Duration,
}

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS begun by the command STARTTLS. A server that does not offer it gets nothing.
    StartTls,
    /// None. Only to this very machine.
    None,
}

impl Security {
    /// The port that is usual for it.
    #[must_use]
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// An account at the server.
#[derive(Clone)]
pub struct Login {
    /// Its name.
    pub username: String,
    /// Its password.
    pub password: SecretString,
}

/// The name of an account is often somebody's address.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// Options that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidSmtpOptions {
    /// The option.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl SmtpOptions {
    /// A server by name with TLS on the usual port, without an account, and with 18 s for a call.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: Security::Tls.usual_port(),
            security: Security::Tls,
            login: None,
            authority: None,
            timeout: Duration::from_secs(18),
        }
    }

    /// Looks whether they can be used.
    ///
    /// # Errors
    /// [`InvalidSmtpOptions`] naming the option.
    pub fn check(&self) -> Result<(), InvalidSmtpOptions> {
        let wrong = |field, reason: &str| Err(InvalidSmtpOptions { field, reason: reason.to_owned() });
        let host = &self.host;
        if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b)) {
            return wrong("host", "must be the name or the address of a server, such as smtp.example.com");
        }
        if self.port == 0 {
            return wrong("port", "must be from 1 to 65535, not 0");
        }
        if self.security == Security::None && !is_this_machine(host) {
            return wrong("security", "must be TLS or STARTTLS to a server on another machine");
        }
        let username = self.login.as_ref().map(|login| login.username.as_str());
        if username.is_some_and(|name| name.is_empty() || name.contains(char::is_control)) {
            return wrong("username", "must be a text on one line");
        }
        if self.timeout.is_zero() {
            return wrong("timeout", "must be longer than no time");
        }
        self.tls().map(|_| ())
    }

    /// How TLS is spoken with the server; nothing where it is not.
    pub(super) fn tls(&self) -> Result<Option<TlsParameters>, InvalidSmtpOptions> {
        if self.security == Security::None {
            return Ok(None);
        }
        let no_pem = |why: &str| InvalidSmtpOptions {
            field: "authority",
            reason: format!("is no PEM certificate: {why}"),
        };
        let wrong = |error: lettre::transport::smtp::Error| no_pem(&error.to_string());
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(pem) = &self.authority {
            // A file without any is none to the library, and nobody would be trusted who was meant to be.
            if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
                return Err(no_pem("it has no line BEGIN CERTIFICATE"));
            }
            let certificate = Certificate::from_pem(pem).map_err(wrong)?;
            builder = builder.add_root_certificate(certificate);
        }
        builder.build().map(Some).map_err(wrong)
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(host: &str, security: Security) -> SmtpOptions {
        SmtpOptions { security, ..SmtpOptions::new(host) }
    }

    #[test]
    fn nothing_leaves_the_machine_unprotected() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"] {
            assert_eq!(options(host, Security::None).check(), Ok(()), "{host}");
        }
        for host in ["smtp.example.com", "10.0.0.1", "0.0.0.0", "localhost.example.com", "127.0.0.1.nip.io"] {
            assert_eq!(options(host, Security::None).check().unwrap_err().field, "security", "{host}");
            assert_eq!(options(host, Security::StartTls).check(), Ok(()), "{host}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for host in ["", "smtp example", "smtp.example\r\nQUIT", "https://smtp.example/"] {
            assert_eq!(SmtpOptions::new(host).check().unwrap_err().field, "host", "{host:?}");
        }
        let good = SmtpOptions::new("smtp.example.com");
        assert_eq!(SmtpOptions { port: 0, ..good.clone() }.check().unwrap_err().field, "port");
        let short = SmtpOptions { timeout: Duration::ZERO, ..good.clone() };
        assert_eq!(short.check().unwrap_err().field, "timeout");
        let login = Login { username: "a\r\nb".to_owned(), password: "x".to_owned().into() };
        assert_eq!(SmtpOptions { login: Some(login), ..good.clone() }.check().unwrap_err().field, "username");
        for pem in
            [&b"no certificate"[..], b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            let options = SmtpOptions { authority: Some(pem.to_vec()), ..good.clone() };
            assert_eq!(options.check().unwrap_err().field, "authority", "{pem:?}");
        }
    }

    #[test]
    fn nothing_secret_prints() {
        let login =
            Login { username: "ana@brokerage.example".to_owned(), password: "hunter2".to_owned().into() };
        let options = SmtpOptions { login: Some(login), ..SmtpOptions::new("smtp.example.com") };
        let printed = format!("{options:?}");
        assert!(!printed.contains("hunter2") && !printed.contains("ana@"), "{printed}");
    }
}
