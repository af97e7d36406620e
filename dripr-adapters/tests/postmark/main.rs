//! Postmark, asked on this machine, and what its webhooks say.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../allowances/mod.rs"]
mod allowances;
#[path = "../loopback/mod.rs"]
mod loopback;
#[path = "../texts/mod.rs"]
mod texts;

mod emails;
mod imitation;
mod look_ups;
mod outcomes;
mod probes;
mod suppressions;
mod webhooks;

use std::sync::Arc;

use dripr_adapters::{
    http::HttpOptions,
    postmark::{PostmarkMailer, PostmarkOptions},
};
use dripr_core::{
    email::{Message, MessageId, OutgoingEmail, Party},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    ports::{Mailer, SendOutcome},
};
use loopback::{Loopback, Reply, faults};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/postmark/", $name, ".json"))
    };
}
pub(crate) use sample;

fn mailer(http: HttpOptions) -> PostmarkMailer {
    PostmarkMailer::new(&faults::key(), PostmarkOptions { http, ..PostmarkOptions::default() }).unwrap()
}

/// Postmark that gives one answer, and a mailer.
async fn answering(reply: Reply) -> (Loopback, PostmarkMailer) {
    let loopback = Loopback::giving([reply]).await;
    let mailer = mailer(faults::options(&loopback));
    (loopback, mailer)
}

async fn sent(mailer: &PostmarkMailer, email: &OutgoingEmail) -> SendOutcome {
    let mut outcomes = mailer.send(std::slice::from_ref(email)).await;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn message() -> Message {
    Message {
        from: Party { name: "Ana Ruiz".to_owned(), address: "ana@brokerage.example".parse().unwrap() },
        to: Party { name: "Kim Owner".to_owned(), address: "kim@home.example".parse().unwrap() },
        subject: "12 Elm St: your home report for March 2026".to_owned(),
        html: "<!doctype html>\n<p>Größe &amp; 家</p>\n".to_owned(),
        text: "Größe & 家\n\n.\nFrom here on\n".to_owned(),
        opt_out_link: Some("https://mail.example/o/agent/c/5f6c".to_owned()),
        opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/1/00".to_owned()),
    }
}

/// An email handed over on 12 March 2026, at three.
fn outgoing(id: &str, message: Message) -> OutgoingEmail {
    let email_id = EmailId::new(id).unwrap();
    OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 2),
        campaign_id: Some(CampaignId::new("c").unwrap()),
        user_id: UserId::new("agent").unwrap(),
        message_id: MessageId::of(&email_id, &message.from.address),
        date: "2026-03-12T15:00:00Z".parse().unwrap(),
        message: Arc::new(message),
        email_id,
    }
}

fn email() -> OutgoingEmail {
    outgoing("c.1", message())
}

/// An email to each of these.
fn emails_to(addresses: &[&str]) -> Vec<OutgoingEmail> {
    let each = addresses.iter().enumerate().map(|(n, address)| {
        let mut message = message();
        message.to.address = address.parse().unwrap();
        outgoing(&format!("c.{}", n + 1), message)
    });
    each.collect()
}

fn kind(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Accepted { .. } => "accepted",
        SendOutcome::NotSent { .. } => "not sent",
        SendOutcome::NeedsPeople { .. } => "people",
        SendOutcome::BadRecipient { .. } => "recipient",
        SendOutcome::Unknown { .. } => "unknown",
    }
}

/// Why an email was not accepted: a sentence on one line with nobody's address and no key in it.
fn reason(outcome: &SendOutcome) -> &str {
    let (SendOutcome::NotSent { reason, .. }
    | SendOutcome::NeedsPeople { reason }
    | SendOutcome::BadRecipient { reason }
    | SendOutcome::Unknown { reason }) = outcome
    else {
        panic!("it was accepted")
    };
    assert!(reason.contains(' ') && !reason.contains(char::is_control), "{reason:?}");
    for secret in [faults::KEY, "@", "://", "127.0.0.1"] {
        assert!(!reason.contains(secret), "{reason:?}");
    }
    reason
}
