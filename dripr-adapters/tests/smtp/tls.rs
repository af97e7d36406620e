//! Protected connections: nothing is said to a server that cannot show who it is.

use std::sync::Arc;

use dripr_adapters::smtp::{Security, SmtpMailer, SmtpOptions};
use dripr_core::ports::SendOutcome;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::{
    is_accepted, message, outgoing, sent,
    server::{At, Does, Script, Server},
    with_login,
};

/// A server's half of TLS under a name, and the authority that vouches for it.
pub(crate) fn certified(name: &str) -> (TlsAcceptor, Vec<u8>) {
    let issued = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), issued.cert.pem().into_bytes())
}

pub(crate) fn options(server: &Server, security: Security, authority: Option<Vec<u8>>) -> SmtpOptions {
    SmtpOptions { security, authority, host: "localhost".to_owned(), ..with_login(server.port) }
}

pub(crate) const BOTH: [Security; 2] = [Security::Tls, Security::StartTls];

pub(crate) async fn server(acceptor: TlsAcceptor, security: Security) -> Server {
    let offers: &[&str] = &["STARTTLS", "AUTH PLAIN"];
    Server::start(Script { offers, tls: Some((acceptor, security == Security::Tls)), ..Script::default() })
        .await
}

#[tokio::test]
async fn an_email_goes_over_tls_to_a_server_whose_authority_is_trusted() {
    for security in BOTH {
        let (acceptor, authority) = certified("localhost");
        let server = server(acceptor, security).await;
        let mailer = SmtpMailer::new(options(&server, security, Some(authority))).unwrap();
        let outcome = sent(&mailer, &outgoing("c.1", message())).await;
        assert!(is_accepted(&outcome), "{security:?}: {outcome:?}");
        assert_eq!(server.heard().emails.len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_nobody_trusted_vouches_for_or_that_has_another_name() {
    for security in BOTH {
        let (unknown, _) = certified("localhost");
        let (other_name, authority) = certified("mx.example");
        for (acceptor, authority) in [(unknown, None), (other_name, Some(authority))] {
            let server = server(acceptor, security).await;
            let mailer = SmtpMailer::new(options(&server, security, authority)).unwrap();
            let outcome = sent(&mailer, &outgoing("c.1", message())).await;
            assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{security:?}: {outcome:?}");
            let commands = server.heard().commands;
            assert!(commands.iter().all(|c| c.starts_with("EHLO") || c == "STARTTLS"), "{commands:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_offers_or_grants_no_starttls_gets_nothing() {
    let (acceptor, authority) = certified("localhost");
    let silent = Script { offers: &["AUTH PLAIN"], ..Script::default() };
    let refusing = |does| Script {
        offers: &["STARTTLS", "AUTH PLAIN"],
        tls: Some((acceptor.clone(), false)),
        ..Script::but(At::StartTls, does)
    };
    for script in [
        silent,
        refusing(Does::Says("454 4.7.0 not now")),
        refusing(Does::Says("502 5.5.1 what")),
        refusing(Does::Closes),
        // The words of somebody in between, who wants them to be taken for the server's protected ones.
        refusing(Does::Says("220 2.0.0 go\r\n250 AUTH PLAIN")),
    ] {
        let server = Server::start(script).await;
        let mailer = SmtpMailer::new(options(&server, Security::StartTls, Some(authority.clone()))).unwrap();
        let outcome = sent(&mailer, &outgoing("c.1", message())).await;
        assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{outcome:?}");
        let heard = server.heard();
        assert_eq!(heard.emails.len(), 0);
        let open: Vec<_> =
            heard.commands.iter().take_while(|command| *command != "STARTTLS").cloned().collect();
        assert!(open.iter().all(|command| command.starts_with("EHLO") || command == "QUIT"), "{open:?}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_at_all_has_nothing() {
    let server = Server::start(Script::default()).await;
    let mailer = SmtpMailer::new(options(&server, Security::Tls, None)).unwrap();
    let outcome = sent(&mailer, &outgoing("c.1", message())).await;
    assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{outcome:?}");
}
