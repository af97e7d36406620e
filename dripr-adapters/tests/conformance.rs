//! Every message as it goes out, read by a parser that shares nothing with the library that wrote it, and held against the
//! rules of mail: RFC 5322, 2045 to 2047, 2369, 2919 and 8058.
//!
//! The file outbox, SMTP and Gmail hand over the same bytes; `tests/smtp` and `tests/gmail` see to that.

#![cfg(feature = "file-outbox")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod texts;

use std::{fs, sync::Arc};

use dripr_adapters::{file_outbox::FileOutbox, templates::Templates, templates::samples::notices};
use dripr_core::{
    email::{Message, MessageId, OutgoingEmail, Party},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    ports::{EmailRenderer, Mailer, Rendered, SendOutcome},
};
use mailparse::{MailHeaderMap, addrparse_header};

use crate::texts::{naughty, one_line};

/// The headers of a report, in order; mail to agents about their account has the ones before and after the list's.
const HEADERS: [&str; 13] = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "X-Dripr-Email-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
];

fn message(text: &str) -> Message {
    Message {
        from: Party { name: format!("Ana {text}"), address: "ana@brokerage.example".parse().unwrap() },
        to: Party { name: text.to_owned(), address: "kim@home.example".parse().unwrap() },
        subject: text.to_owned(),
        html: format!("<p>{text}</p>\n"),
        text: format!("{text}\nsecond line\n"),
        opt_out_link: Some("https://mail.example/o/agent/c/5f6c0a7be1d24f3c".to_owned()),
        opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/c/5f6c".to_owned()),
    }
}

async fn written(outbox: &FileOutbox, id: &str, message: Message) -> Vec<u8> {
    let email_id = EmailId::new(id).unwrap();
    let email = OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        campaign_id: Some(CampaignId::new("c").unwrap()),
        user_id: UserId::new("agent").unwrap(),
        message_id: MessageId::of(&email_id, &message.from.address),
        date: "2026-03-12T15:00:07Z".parse().unwrap(),
        message: Arc::new(message),
        email_id,
    };
    let outcomes = outbox.send(std::slice::from_ref(&email)).await;
    assert!(matches!(outcomes[..], [SendOutcome::Accepted { .. }]), "{outcomes:?}");
    fs::read(outbox.path(&email.email_id)).unwrap()
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The rules that hold for each byte, and for the structure.
fn conforms(bytes: &[u8], expected: &Message) {
    let shown = String::from_utf8_lossy(bytes);
    for line in bytes.split(|b| *b == b'\n') {
        assert!(line.len() <= 999, "RFC 5322, 2.1.1: no line has more than 998 characters: {shown}");
    }
    let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = &bytes[..head_end];
    assert!(head.is_ascii(), "RFC 5322, 2.2: headers are ASCII: {shown}");
    assert!(head.iter().all(|b| *b >= 32 || b"\r\n\t".contains(b)), "no control characters: {shown}");
    let bare = bytes.windows(2).any(|two| (two[0] == b'\r') != (two[1] == b'\n'));
    assert!(!bare, "RFC 5322, 2.3: CR and LF only together: {shown}");

    let mail = mailparse::parse_mail(bytes).unwrap();
    let names: Vec<String> = mail.headers.iter().map(mailparse::MailHeader::get_key).collect();
    let in_list = |name: &&&str| {
        expected.opt_out_link.is_some() || !(name.starts_with("List-") || **name == "Feedback-ID")
    };
    let wanted: Vec<&str> = HEADERS.iter().filter(in_list).copied().collect();
    assert_eq!(names, wanted, "each of our headers once, and no others");
    for (header, party) in [("From", &expected.from), ("Reply-To", &expected.from), ("To", &expected.to)] {
        let parsed = addrparse_header(mail.headers.get_first_header(header).unwrap()).unwrap();
        let single =
            parsed.extract_single_info().unwrap_or_else(|| panic!("{header} is one address: {shown}"));
        assert_eq!(single.addr, party.address.as_str(), "{header}");
        assert_eq!(
            one_line(&single.display_name.unwrap_or_default()),
            one_line(&party.name),
            "{header}: {shown}"
        );
    }
    let value = |name: &str| mail.headers.get_first_value(name).unwrap();
    assert_eq!(one_line(&value("Subject")), one_line(&expected.subject), "{shown}");
    assert_eq!(mailparse::dateparse(&value("Date")).unwrap(), 1_773_327_607);
    assert!(value("Message-ID").starts_with('<') && value("Message-ID").ends_with("@brokerage.example>"));
    assert_eq!(value("MIME-Version"), "1.0");
    if let (Some(link), Some(mailto)) = (&expected.opt_out_link, &expected.opt_out_mailto) {
        assert_eq!(value("List-Unsubscribe"), format!("<{link}>, <{mailto}>"), "RFC 2369, 3.2");
        assert_eq!(value("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click", "RFC 8058, 3.1");
        assert_eq!(value("List-Id"), "<home-reports.agent.brokerage.example>", "RFC 2919, 2");
    }

    assert_eq!(mail.ctype.mimetype, "multipart/alternative");
    let kinds: Vec<&str> = mail.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
    assert_eq!(kinds, ["text/plain", "text/html"], "RFC 2046, 5.1.4: the plainest first");
    for (part, text) in mail.subparts.iter().zip([&expected.text, &expected.html]) {
        assert_eq!(part.ctype.charset, "utf-8");
        assert_eq!(unix(&part.get_body().unwrap()), unix(text), "text in, text out");
    }
}

#[tokio::test]
async fn whatever_people_are_called_their_mail_is_mail() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    let mut texts = naughty();
    texts.extend(
        [
            "Kim\r\nBcc: evil@x.example",
            "Kim\r\n\r\n<script>",
            "\" <evil@x.example>, \"",
            "a, b; c: d (e) \\ \"f\"",
            "=?utf-8?q?=0D=0ABcc:_evil@x.example?=",
            "x\ty\u{0}z\u{7f}\u{85}",
            "a\u{2028}b\u{2029}c",
            "Größe \u{202e}家 🏠",
            &"long name ".repeat(1_000),
            &"家".repeat(500),
            &"x".repeat(5_000),
            "",
        ]
        .map(str::to_owned),
    );
    for (n, text) in texts.iter().enumerate() {
        let message = message(text);
        let bytes = written(&outbox, &format!("c.{n}"), message.clone()).await;
        conforms(&bytes, &message);
    }
}

#[tokio::test]
async fn every_mail_to_an_agent_is_mail() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    let templates = Templates::builtin().unwrap();
    for (n, context) in notices().unwrap().iter().enumerate() {
        let Rendered { subject, html, text } = templates.notice(context).await.unwrap();
        let party = Party { name: "Ana Ruiz".to_owned(), address: "ana@brokerage.example".parse().unwrap() };
        let message = Message {
            from: party.clone(),
            to: party,
            subject,
            html,
            text,
            opt_out_link: None,
            opt_out_mailto: None,
        };
        let bytes = written(&outbox, &format!("notice.{n}"), message.clone()).await;
        conforms(&bytes, &message);
    }
}
