//! Whether a server would take emails, without one.

use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

use dripr_adapters::smtp::SmtpMailer;
use dripr_core::{
    errors::{Fault, PortError},
    ports::Probe,
    testkit::contract,
};

use crate::{
    PASSWORD, USER, is_accepted, mailer, message, options, outgoing, sent,
    server::{At, Does, Script, Server},
    tls, with_login,
};

/// A server that has a login and else behaves like this.
async fn server(unusual: Option<(At, Does)>) -> Server {
    let unusual = unusual.map(|(at, does)| (at, 0, does)).into_iter().collect();
    Server::start(Script { unusual, offers: &["AUTH PLAIN LOGIN"], ..Script::default() }).await
}

async fn failure(at: At, does: Does) -> PortError {
    let server = server(Some((at, does))).await;
    let mut options = with_login(server.port);
    if matches!(does, Does::Hangs) {
        options.timeout = Duration::from_millis(300);
    }
    let error = SmtpMailer::new(options).unwrap().probe().await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains(PASSWORD) && !told.contains(USER), "{told}");
    assert_eq!(server.heard().opened, 1, "{at:?} {does:?}: one connection");
    error
}

#[tokio::test]
async fn it_logs_in_and_leaves() {
    let server = server(None).await;
    let works = SmtpMailer::new(with_login(server.port)).unwrap();
    works.probe().await.unwrap();
    server.until(|heard| heard.ended == 1).await;
    let commands = server.heard().commands;
    let words: Vec<&str> = commands.iter().map(|command| command.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["EHLO", "AUTH", "QUIT"]);
    let refusing = self::server(Some((At::Auth, Does::Says("535 5.7.8 bad credentials")))).await;
    contract::probe(&works, &SmtpMailer::new(with_login(refusing.port)).unwrap()).await;
    assert!(server.heard().emails.is_empty() && refusing.heard().emails.is_empty());
    // It neither takes the connection of emails nor leaves them one.
    assert!(is_accepted(&sent(&works, &outgoing("c.1", message())).await));
    works.probe().await.unwrap();
    assert!(is_accepted(&sent(&works, &outgoing("c.2", message())).await));
    let commands = server.heard().commands;
    assert_eq!(commands.iter().filter(|command| command.starts_with("AUTH")).count(), 7);
}

#[tokio::test]
async fn a_server_without_a_login_is_greeted_alone() {
    let server = Server::start(Script::default()).await;
    mailer(&server).probe().await.unwrap();
    server.until(|heard| heard.ended == 1).await;
    assert_eq!(server.heard().commands, ["EHLO [127.0.0.1]", "QUIT"]);
}

#[tokio::test]
async fn it_speaks_tls() {
    for security in tls::BOTH {
        let (acceptor, authority) = tls::certified("localhost");
        let server = tls::server(acceptor, security).await;
        let trusting = SmtpMailer::new(tls::options(&server, security, Some(authority))).unwrap();
        trusting.probe().await.unwrap();
        let doubting = SmtpMailer::new(tls::options(&server, security, None)).unwrap();
        let error = doubting.probe().await.unwrap_err();
        assert_eq!(error.fault(), Fault::Unavailable);
        assert!(error.to_string().contains("certificate"), "{security:?}: {error}");
        let commands = server.heard().commands;
        assert_eq!(commands.iter().filter(|command| command.starts_with("AUTH")).count(), 1, "{security:?}");
    }
}

#[tokio::test]
async fn it_says_what_is_wrong() {
    use Does::*;
    for (at, does, fault, sentence) in [
        (
            At::Auth,
            Says("535 5.7.8 bad credentials"),
            Fault::Misconfigured,
            "the mail server refused the login: 535 5.7.8 bad credentials",
        ),
        (
            At::Auth,
            Says("535 5.7.8 no mailer@brokerage.example here"),
            Fault::Misconfigured,
            "the mail server refused the login: 535 5.7.8 no … here",
        ),
        (
            At::Auth,
            Says("454 4.7.0 not now"),
            Fault::Unavailable,
            "the mail server refused the login: 454 4.7.0 not now",
        ),
        (
            At::Greeting,
            Says("554 5.7.1 not from there"),
            Fault::Unavailable,
            "the mail server refused the connection: 554 5.7.1 not from there",
        ),
        (
            At::Greeting,
            SaysAndCloses("421 4.3.2 shutting down"),
            Fault::Unavailable,
            "the mail server refused the connection: 421 4.3.2 shutting down",
        ),
        (
            At::Greeting,
            Hangs,
            Fault::Unavailable,
            "the mail server did not get beyond the connection within 300ms",
        ),
        (
            At::Ehlo,
            Hangs,
            Fault::Unavailable,
            "the mail server did not get beyond the connection within 300ms",
        ),
        (At::Auth, Hangs, Fault::Unavailable, "the mail server did not get beyond the login within 300ms"),
        (At::Auth, Closes, Fault::Unavailable, "the mail server failed at the login: "),
        (At::Ehlo, Resets, Fault::Unavailable, "the mail server failed at the connection: "),
        (At::Greeting, Says("nonsense"), Fault::Unavailable, "the mail server failed at the connection: "),
    ] {
        let error = failure(at, does).await;
        assert_eq!(error.fault(), fault, "{at:?} {does:?}: {error}");
        let told = error.to_string();
        let exact = !sentence.ends_with(": ");
        assert!(if exact { told == sentence } else { told.starts_with(sentence) }, "{at:?} {does:?}: {told}");
    }
    // A server that takes no login, and one that is not there.
    let server = Server::start(Script::default()).await;
    let error = SmtpMailer::new(with_login(server.port)).unwrap().probe().await.unwrap_err();
    let sentence = "the mail server offers no login by name and password";
    assert_eq!((error.fault(), error.to_string().as_str()), (Fault::Misconfigured, sentence));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = SmtpMailer::new(options(port)).unwrap().probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable);
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn how_the_server_says_good_bye_is_nothing_to_it() {
    for does in
        [Does::Closes, Does::Resets, Does::Hangs, Does::Says("500 5.5.1 what"), Does::Says("nonsense")]
    {
        let server = server(Some((At::Quit, does))).await;
        let mut options = with_login(server.port);
        if matches!(does, Does::Hangs) {
            options.timeout = Duration::from_millis(300);
        }
        SmtpMailer::new(options).unwrap().probe().await.unwrap();
    }
}

#[test]
fn outside_of_a_runtime_it_says_so_and_does_not_panic() {
    let mailer = SmtpMailer::new(options(25)).unwrap();
    let mut call = mailer.probe();
    let Poll::Ready(outcome) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("there is nothing to wait for")
    };
    assert_eq!(outcome.unwrap_err().fault(), Fault::Misconfigured);
}
