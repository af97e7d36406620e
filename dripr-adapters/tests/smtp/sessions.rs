//! How connections are opened, used again and closed.

use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

use dripr_adapters::smtp::{CONNECTIONS, SmtpMailer};
use dripr_core::{
    ports::{LookUp, Mailer, SendOutcome},
    testkit::{contract, samples},
};
use tokio::time::timeout;

use crate::{
    PASSWORD, USER, is_accepted, mailer, message, options, outgoing, sent,
    server::{At, Does, Script, Server},
    with_login,
};

#[tokio::test]
async fn it_keeps_the_contract_of_a_mailer_that_cannot_be_asked() {
    let server = Server::start(Script::default()).await;
    contract::mailer(&mailer(&server), false).await;
    assert_eq!(mailer(&server).settling_time(), None);
}

#[tokio::test]
async fn an_accepted_email_has_the_servers_name() {
    let server = Server::start(Script::default()).await;
    let outcome = sent(&mailer(&server), &outgoing("c.1", message())).await;
    assert_eq!(outcome, SendOutcome::Accepted { provider_message_id: Some("4XyZ1a2B3c".to_owned()) });
    let commands = server.heard().commands;
    let expected =
        ["EHLO [127.0.0.1]", "MAIL FROM:<ana@brokerage.example>", "RCPT TO:<kim@home.example>", "DATA"];
    assert_eq!(commands, expected);
}

#[tokio::test]
async fn a_login_is_given_where_there_is_one() {
    let server = Server::start(Script { offers: &["AUTH PLAIN"], ..Script::default() }).await;
    let mailer = SmtpMailer::new(with_login(server.port)).unwrap();
    assert!(is_accepted(&sent(&mailer, &outgoing("c.1", message())).await));
    // Base64 of an empty name to act for, the account and the password, each after a zero byte.
    let plain = "AUTH PLAIN AG1haWxlckBicm9rZXJhZ2UuZXhhbXBsZQBjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl";
    assert_eq!(server.heard().commands[1], plain);
    let printed = format!("{mailer:?}");
    assert!(!printed.contains(PASSWORD) && !printed.contains(USER), "{printed}");
}

#[tokio::test]
async fn emails_one_after_the_other_go_over_one_connection() {
    let server = Server::start(Script::default()).await;
    let mailer = mailer(&server);
    for n in 1..=5 {
        assert!(is_accepted(&sent(&mailer, &outgoing(&format!("c.{n}"), message())).await));
    }
    let heard = server.heard();
    assert_eq!((heard.emails.len(), heard.opened), (5, 1));
    drop(mailer);
    timeout(Duration::from_secs(10), server.until(|heard| heard.ended == 1)).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_server_ended_meanwhile_is_replaced() {
    for does in [Does::Closes, Does::Resets, Does::Says("421 4.4.2 idle for too long")] {
        // The second email on a connection meets its end.
        let script = Script { unusual: vec![(At::Mail, 2, does)], ..Script::default() };
        let server = Server::start(script).await;
        let mailer = mailer(&server);
        for n in 1..=3 {
            let outcome = sent(&mailer, &outgoing(&format!("c.{n}"), message())).await;
            assert!(is_accepted(&outcome), "{does:?}: {outcome:?}");
        }
        let heard = server.heard();
        assert_eq!((heard.emails.len(), heard.opened), (3, 3), "{does:?}");
    }
}

#[tokio::test]
async fn an_email_that_was_begun_is_never_begun_again_on_another_connection() {
    let honest = |outcome: &SendOutcome| matches!(outcome, SendOutcome::Unknown { .. });
    for at in [At::WithinEmail, At::EndOfEmail] {
        let script = Script { unusual: vec![(at, 2, Does::Closes)], ..Script::default() };
        let server = Server::start(script).await;
        let mailer = mailer(&server);
        assert!(is_accepted(&sent(&mailer, &outgoing("c.1", message())).await));
        let outcome = sent(&mailer, &outgoing("c.2", message())).await;
        assert!(honest(&outcome), "{at:?}: {outcome:?}");
        let heard = server.heard();
        assert_eq!(heard.opened, 1, "{at:?}");
        let begun = heard.commands.iter().filter(|command| command.as_str() == "DATA").count();
        assert_eq!(begun, 2, "{at:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_emails_at_a_time_share_a_few_connections() {
    let server = Server::start(Script::default()).await;
    let mailer = mailer(&server);
    let sendings: Vec<_> = (0..100)
        .map(|n| {
            let mailer = mailer.clone();
            tokio::spawn(async move { sent(&mailer, &outgoing(&format!("c.{n}"), message())).await })
        })
        .collect();
    for sending in sendings {
        assert!(is_accepted(&sending.await.unwrap()));
    }
    let heard = server.heard();
    assert_eq!(heard.emails.len(), 100);
    assert!(heard.most <= CONNECTIONS, "{}", heard.most);
}

#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    for at in [At::Greeting, At::Mail, At::Data, At::EndOfEmail] {
        let server = Server::start(Script::but(at, Does::Hangs)).await;
        let mailer = mailer(&server);
        let email = outgoing("c.1", message());
        assert!(timeout(Duration::from_millis(300), sent(&mailer, &email)).await.is_err());
        timeout(Duration::from_secs(10), server.until(|heard| heard.opened == 1 && heard.ended == 1))
            .await
            .unwrap();
        // Its turn is free again.
        assert!(timeout(Duration::from_millis(100), sent(&mailer, &email)).await.is_err());
        server.until(|heard| heard.opened == 2).await;
    }
}

#[tokio::test]
async fn a_call_ends_in_time_however_many_emails_it_has() {
    let server = Server::start(Script::but(At::Rcpt, Does::Hangs)).await;
    let mut options = options(server.port);
    options.timeout = Duration::from_millis(500);
    let mailer = SmtpMailer::new(options).unwrap();
    let emails = [1, 2, 3].map(|n| outgoing(&format!("c.{n}"), message()));
    let outcomes = timeout(Duration::from_secs(10), mailer.send(&emails)).await.unwrap();
    assert_eq!(outcomes.len(), 3);
    for outcome in outcomes {
        assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{outcome:?}");
    }
}

#[test]
fn outside_of_a_runtime_it_says_so_and_does_not_panic() {
    let mailer = SmtpMailer::new(options(25)).unwrap();
    let emails = [outgoing("c.1", message())];
    let mut call = mailer.send(&emails);
    let Poll::Ready(outcomes) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("there is nothing to wait for")
    };
    assert!(matches!(outcomes[..], [SendOutcome::NeedsPeople { .. }]), "{outcomes:?}");
}

#[tokio::test]
async fn a_look_up_never_claims_to_know() {
    let server = Server::start(Script::default()).await;
    let mailer = mailer(&server);
    let email = outgoing("c.1", message());
    assert!(is_accepted(&sent(&mailer, &email).await));
    assert_eq!(mailer.look_up(&samples::inquiry(&email)).await, LookUp::CannotTell);
}
