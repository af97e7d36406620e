//! Every step of a session, ended in every way: what is said of the email then.

use std::time::Duration;

use dripr_adapters::smtp::{SmtpMailer, SmtpOptions};
use dripr_core::ports::SendOutcome;
use tokio::task::JoinSet;

use crate::{
    message, outgoing, sent,
    server::{At, Does, Script, Server},
    with_login,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Accepted,
    NotSent,
    People,
    Recipient,
    Unknown,
}

fn kind(outcome: &SendOutcome) -> Is {
    match outcome {
        SendOutcome::Accepted { .. } => Is::Accepted,
        SendOutcome::NotSent { not_before, .. } => {
            assert_eq!(*not_before, None, "SMTP has no Retry-After");
            Is::NotSent
        }
        SendOutcome::NeedsPeople { .. } => Is::People,
        SendOutcome::BadRecipient { .. } => Is::Recipient,
        SendOutcome::Unknown { .. } => Is::Unknown,
    }
}

/// What became of an email whose server behaves like this, and whether the server has it whole.
async fn outcome(at: At, does: Does) -> (SendOutcome, bool) {
    let mut script = Script::but(at, does);
    script.offers = &["AUTH PLAIN LOGIN"];
    let server = Server::start(script).await;
    let mut options = with_login(server.port);
    if matches!(does, Does::Hangs | Does::Says("25" | "250" | "250-half an answer")) {
        options.timeout = Duration::from_secs(4);
    }
    let outcome = sent(&SmtpMailer::new(options).unwrap(), &outgoing("c.1", message())).await;
    (outcome, !server.heard().emails.is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_step_ended_in_every_way_has_an_honest_outcome() {
    use At::*;
    use Does::*;
    use Is::*;
    let steps = [Greeting, Ehlo, Auth, Mail, Rcpt, Data, WithinEmail, EndOfEmail];
    let silences = [Closes, Resets, Hangs, Says("nonsense"), Says("999 what"), Says("25"), Says("\u{7f}")];
    let mut table: Vec<(At, Does, Is)> = Vec::new();
    for at in steps {
        let after = if matches!(at, WithinEmail | EndOfEmail) { Unknown } else { NotSent };
        table.extend(silences.map(|does| (at, does, after)));
        for later in
            ["421 4.3.2 shutting down", "450 4.2.1 busy", "451 4.3.0 error", "452 4.3.1 full", "454 no"]
        {
            // Whoever refuses in the middle of an email goes away: one that took it all the same would lie.
            if at != WithinEmail {
                table.push((at, Says(later), NotSent));
            }
            table.push((at, SaysAndCloses(later), NotSent));
        }
    }
    table.extend([
        (Greeting, Says("554 5.7.1 not from there"), NotSent),
        (Greeting, Says("250 wrong but good"), Accepted),
        (Ehlo, Says("502 5.5.1 what"), NotSent),
        (Ehlo, Says("550 5.7.1 no"), NotSent),
        (Auth, Says("535 5.7.8 bad credentials"), People),
        (Auth, Says("530 5.7.0 TLS first"), People),
        (Auth, Says("534 5.7.9 too weak"), People),
        (Auth, Says("354 what"), NotSent),
        (Mail, Says("550 5.7.1 not your address"), People),
        (Mail, Says("553 5.1.8 no"), People),
        (Mail, Says("530 5.7.0 log in first"), People),
        (Mail, Says("354 what"), NotSent),
        (Rcpt, Says("550 5.1.1 no such user"), Recipient),
        (Rcpt, Says("550 no such user"), Recipient),
        (Rcpt, Says("551 5.1.6 moved"), Recipient),
        (Rcpt, Says("553 5.1.3 bad mailbox"), Recipient),
        (Rcpt, Says("556 5.1.10 null MX"), Recipient),
        (Rcpt, SaysAndCloses("550 5.1.1 no such user"), Recipient),
        (Rcpt, Says("552 5.2.2 mailbox full"), NotSent),
        (Rcpt, Says("550 5.7.1 relaying denied"), People),
        (Rcpt, Says("554 5.7.1 on a block list"), People),
        (Rcpt, Says("354 what"), NotSent),
        (Rcpt, Says("251 2.1.5 will forward"), Accepted),
        (Data, Says("554 5.5.1 no valid recipients"), People),
        (Data, Says("503 5.5.1 what"), People),
        // Who does not say "go on" does not know that an email follows.
        (Data, Says("250 2.0.0 Ok"), NotSent),
        (EndOfEmail, Says("554 5.7.1 looks like spam"), People),
        (EndOfEmail, Says("550 spam"), People),
        (EndOfEmail, Says("552 5.3.4 too big"), People),
        (EndOfEmail, Says("550 5.1.1 no such user"), Recipient),
        (EndOfEmail, SaysAndCloses("554 5.7.1 looks like spam"), People),
        (EndOfEmail, Says("354 go on"), Unknown),
        (EndOfEmail, Says("250-half an answer"), Unknown),
        (EndOfEmail, SaysAndCloses("250-half an answer"), Unknown),
        (EndOfEmail, Says("250"), Unknown),
        (EndOfEmail, SaysAndCloses("250 2.0.0 Ok"), Accepted),
        (EndOfEmail, Says("252 perhaps"), Accepted),
    ]);
    let mut runs = JoinSet::new();
    let cases = table.len();
    for (at, does, expected) in table {
        runs.spawn(async move { (at, does, expected, outcome(at, does).await) });
    }
    while let Some(run) = runs.join_next().await {
        let (at, does, expected, (outcome, has_it)) = run.unwrap();
        assert_eq!(kind(&outcome), expected, "{at:?} {does:?}: {outcome:?}");
        // Whatever is said otherwise, this is what the engine relies on.
        if has_it && !matches!(at, EndOfEmail) {
            assert!(matches!(expected, Accepted | Unknown), "{at:?} {does:?}: the server has it");
        }
    }
    println!("{cases} cases");
}

#[tokio::test]
async fn a_server_that_is_not_there_has_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = sent(&SmtpMailer::new(with_login(port)).unwrap(), &outgoing("c.1", message())).await;
    assert_eq!(kind(&refused), Is::NotSent, "{refused:?}");
    let nowhere = SmtpOptions::new("no-such-host.invalid");
    let unresolved = sent(&SmtpMailer::new(nowhere).unwrap(), &outgoing("c.1", message())).await;
    assert_eq!(kind(&unresolved), Is::NotSent, "{unresolved:?}");
}

#[tokio::test]
async fn a_server_without_a_login_that_we_know_needs_people() {
    for offers in [&[][..], &["AUTH CRAM-MD5 XOAUTH2"]] {
        let server = Server::start(Script { offers, ..Script::default() }).await;
        let mailer = SmtpMailer::new(with_login(server.port)).unwrap();
        let outcome = sent(&mailer, &outgoing("c.1", message())).await;
        assert_eq!(kind(&outcome), Is::People, "{outcome:?}");
        assert!(server.heard().commands.iter().all(|command| !command.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn a_reason_repeats_no_address() {
    for (at, says) in [
        (At::Mail, "550 5.7.1 <ana@brokerage.example>: not yours"),
        (At::Rcpt, "550 5.1.1 <kim@home.example> no such user kim@home.example"),
        (At::EndOfEmail, "554 5.7.1 to:kim@home.example looks like spam"),
    ] {
        let server = Server::start(Script::but(at, Does::Says(says))).await;
        let outcome = sent(&crate::mailer(&server), &outgoing("c.1", message())).await;
        let printed = format!("{outcome:?}");
        assert!(printed.contains(&says[..9]) && !printed.contains('@'), "{printed}");
    }
}
