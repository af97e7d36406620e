//! What Gmail gets.

use std::sync::Arc;

use dripr_adapters::gmail::SEND;
use dripr_core::email::{Message, OutgoingEmail};
use mail_parser::MessageParser;

use crate::{Scene, is_accepted, message, needs_people, outgoing};

fn saying(message: Message) -> OutgoingEmail {
    OutgoingEmail { message: Arc::new(message), ..outgoing("ana", "c.1") }
}

#[tokio::test]
async fn an_email_has_exactly_the_headers_that_are_meant() {
    let scene = Scene::new(&["ana"], SEND).await;
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.1")).await));
    let sent = scene.google.sent();
    let parsed = MessageParser::new().parse(&sent[0].bytes).unwrap();
    let mut names: Vec<_> =
        parsed.headers().iter().map(|header| header.name().to_ascii_lowercase()).collect();
    names.sort_unstable();
    let expected = [
        "content-type",
        "date",
        "feedback-id",
        "from",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "message-id",
        "mime-version",
        "reply-to",
        "subject",
        "to",
        "x-dripr-email-id",
    ];
    assert_eq!(names, expected);
    assert_eq!(parsed.header_raw("X-Dripr-Email-Id").unwrap().trim(), "c.1");
    assert_eq!(parsed.message_id(), Some("c.1@brokerage.example"));
    assert_eq!(parsed.subject(), Some("12 Elm St: your home report for März"));
    assert_eq!(parsed.to().unwrap().iter().count(), 1);
    assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("kim@home.example"));
    assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("ana@brokerage.example"));
    assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), message("ana").text);
    assert_eq!(parsed.body_html(0).unwrap().replace("\r\n", "\n"), message("ana").html);
    let asked = scene.google.loopback.asked();
    let request = asked.iter().find(|request| request.path.ends_with("/send")).unwrap();
    let body = request.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "raw, and nothing else");
    assert!(request.query.is_empty());
}

#[tokio::test]
async fn a_large_email_is_uploaded_and_one_that_is_too_large_is_not_tried() {
    let scene = Scene::new(&["ana"], SEND).await;
    let large = |bytes: usize| saying(Message { html: "<p>x</p>\n".repeat(bytes / 9), ..message("ana") });
    assert!(is_accepted(&scene.send(&large(6_000_000)).await));
    let asked = scene.google.loopback.asked();
    let upload = asked.iter().find(|request| request.path.starts_with("/upload/")).unwrap();
    assert_eq!(upload.query("uploadType"), Some("media"));
    let parsed = MessageParser::new().parse(&upload.body).unwrap();
    assert!(parsed.body_html(0).unwrap().len() > 5_000_000);
    let count = asked.len();
    needs_people(&scene.send(&large(37_000_000)).await, "too large");
    assert_eq!(scene.google.loopback.asked().len(), count);
}

#[tokio::test]
async fn another_sender_than_the_account_is_handed_over_only_where_it_may_be() {
    let mut other = message("ana");
    other.from.address = "team@brokerage.example".parse().unwrap();
    let scene = Scene::new(&["ana"], SEND).await;
    needs_people(&scene.send(&saying(other.clone())).await, "another address");
    assert!(scene.google.sent().is_empty());
    let mut folded = message("ana");
    folded.from.address = "Ana@Brokerage.example".parse().unwrap();
    assert!(is_accepted(&scene.send(&saying(folded)).await));
    let scene = Scene::with(&["ana"], SEND, |options| options.aliases = true).await;
    assert!(is_accepted(&scene.send(&saying(other)).await));
}

#[tokio::test]
async fn an_email_that_cannot_be_written_reaches_nobody() {
    let scene = Scene::new(&["ana"], SEND).await;
    let link = Some("https://x.example/\r\nBcc: evil@x.example".to_owned());
    needs_people(
        &scene.send(&saying(Message { opt_out_link: link, ..message("ana") })).await,
        "opt-out link",
    );
    assert!(scene.google.loopback.asked().is_empty());
}
