//! The mailer for SMTP servers, against a server that can be told to misbehave at every step.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod emails;
mod outcomes;
mod probes;
mod server;
mod sessions;
#[path = "../texts/mod.rs"]
mod texts;
mod tls;

use std::{sync::Arc, time::Duration};

use dripr_adapters::smtp::{Login, Security, SmtpMailer, SmtpOptions};
use dripr_core::{
    email::{Message, MessageId, OutgoingEmail, Party},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    ports::{Mailer, SendOutcome},
};
use server::Server;

const USER: &str = "mailer@brokerage.example";
const PASSWORD: &str = "correct horse battery staple";

fn options(port: u16) -> SmtpOptions {
    let mut options = SmtpOptions::new("127.0.0.1");
    options.port = port;
    options.security = Security::None;
    options.timeout = Duration::from_secs(20);
    options
}

fn with_login(port: u16) -> SmtpOptions {
    let password = PASSWORD.to_owned().into();
    SmtpOptions { login: Some(Login { username: USER.to_owned(), password }), ..options(port) }
}

fn mailer(server: &Server) -> SmtpMailer {
    SmtpMailer::new(options(server.port)).unwrap()
}

async fn sent(mailer: &SmtpMailer, email: &OutgoingEmail) -> SendOutcome {
    let mut outcomes = mailer.send(std::slice::from_ref(email)).await;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn message() -> Message {
    Message {
        from: Party { name: "Ana Ruiz".to_owned(), address: "ana@brokerage.example".parse().unwrap() },
        to: Party { name: "Kim Owner".to_owned(), address: "kim@home.example".parse().unwrap() },
        subject: "12 Elm St: your home report for March 2015".to_owned(),
        html: "<!doctype html>\n<p>Größe &amp; 家</p>\n".to_owned(),
        text: "Größe & 家\n\n.\nFrom here on\n".to_owned(),
        opt_out_link: Some("https://mail.example/o/agent/c/5f6c".to_owned()),
        opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/1/00".to_owned()),
    }
}

fn outgoing(id: &str, message: Message) -> OutgoingEmail {
    let email_id = EmailId::new(id).unwrap();
    OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        campaign_id: Some(CampaignId::new("c").unwrap()),
        user_id: UserId::new("agent").unwrap(),
        message_id: MessageId::of(&email_id, &message.from.address),
        date: "2015-03-02T16:00:07Z".parse().unwrap(),
        message: Arc::new(message),
        email_id,
    }
}

fn is_accepted(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Accepted { .. })
}
