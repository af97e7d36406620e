//! What arrives: the bytes of the file outbox, whatever they hold.

use std::fs;

use dripr_adapters::file_outbox::FileOutbox;
use dripr_core::{
    email::{Message, OutgoingEmail},
    ports::Mailer,
};
use mail_parser::MessageParser;

use crate::texts::{naughty, one_line};
use crate::{
    is_accepted, mailer, message, outgoing, sent,
    server::{Heard, Script, Server},
};

/// Sends emails over SMTP and into a folder, and sees that the same bytes arrive.
async fn arrive(emails: &[OutgoingEmail]) -> Heard {
    let server = Server::start(Script::default()).await;
    let mailer = mailer(&server);
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    for email in emails {
        let outcome = sent(&mailer, email).await;
        assert!(is_accepted(&outcome), "{outcome:?}");
        outbox.send(std::slice::from_ref(email)).await;
    }
    let heard = server.heard();
    assert_eq!(heard.emails.len(), emails.len());
    for (n, email) in emails.iter().enumerate() {
        let file = fs::read(outbox.path(&email.email_id)).unwrap();
        assert_eq!(String::from_utf8(heard.email(n)).unwrap(), String::from_utf8(file).unwrap());
        let wire = &heard.emails[n];
        // A line break that is none to one server and one to the next can end an email in its middle.
        let bare = wire.windows(2).any(|two| (two[0] == b'\r') != (two[1] == b'\n'));
        assert!(!bare, "{:?}", email.message.subject);
        assert!(wire.split(|b| *b == b'\n').all(|line| line.len() <= 999), "{:?}", email.message.subject);
        assert_eq!(wire.windows(5).filter(|five| five == b"\r\n.\r\n").count(), 1);
    }
    heard
}

#[tokio::test]
async fn dots_and_long_lines_arrive_as_they_are() {
    let texts = [
        ".".to_owned(),
        ".\n".to_owned(),
        "\n.\n".to_owned(),
        "x\n.\n..\n...\n.x\n\n.\n".to_owned(),
        "x\r\n.\r\nMAIL FROM:<evil@x.example>\r\n".to_owned(),
        "x\n.\rMAIL FROM:<evil@x.example>\r.\r\n".to_owned(),
        "x\r.\ry\r\r.\n\r\n.\r\r\n".to_owned(),
        "a".repeat(100_000),
        format!("{}\n.\n{}", ".".repeat(5_000), "é".repeat(5_000)),
        " \n".repeat(3_000),
        String::new(),
    ];
    let emails: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let html = format!("<p>\n{text}\n</p>");
            outgoing(&format!("c.{n}"), Message { text: text.clone(), html, ..message() })
        })
        .collect();
    let heard = arrive(&emails).await;
    for (n, text) in texts.iter().enumerate() {
        let bytes = heard.email(n);
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let unix = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(unix(&parsed.body_text(0).unwrap()), unix(text));
    }
    let commands = heard.commands;
    assert!(commands.iter().all(|command| !command.contains("evil")), "{commands:?}");
}

#[tokio::test]
async fn hostile_names_and_subjects_arrive_as_they_are_and_add_nobody() {
    let mut hostile = naughty();
    hostile.extend(
        [
            "Kim\r\nBcc: evil@x.example",
            "Kim\r\n.\r\nRCPT TO:<evil@x.example>\r\n",
            "a\u{2028}b\u{2029}c",
            "\" <evil@x.example>, \"",
            "Kim <evil@x.example>",
            "a, b; c: d (e) \\ \"f\"",
            "\u{202e}moc.elpmaxe",
            "x\ty\u{0}z\u{7f}",
            "a very long name ".repeat(80).as_str(),
        ]
        .map(str::to_owned),
    );
    let emails: Vec<_> = hostile
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let mut message = message();
            message.from.name.clone_from(text);
            message.to.name.clone_from(text);
            message.subject.clone_from(text);
            message.text = format!("{text}\n{text}\n");
            message.html = format!("<p>{text}</p>\n");
            outgoing(&format!("c.{n}"), message)
        })
        .collect();
    let heard = arrive(&emails).await;
    for (n, text) in hostile.iter().enumerate() {
        let bytes = heard.email(n);
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let to = parsed.to().unwrap();
        assert_eq!(to.iter().count(), 1, "{text:?}");
        assert_eq!(to.first().unwrap().address(), Some("kim@home.example"), "{text:?}");
        assert_eq!(one_line(to.first().unwrap().name().unwrap_or_default()), one_line(text), "{text:?}");
        assert_eq!(one_line(parsed.subject().unwrap_or_default()), one_line(text), "{text:?}");
        assert!(parsed.bcc().is_none() && parsed.cc().is_none(), "{text:?}");
    }
    let recipients: Vec<_> = heard.commands.iter().filter(|command| command.starts_with("RCPT")).collect();
    assert_eq!(recipients.len(), emails.len());
    assert!(recipients.iter().all(|command| *command == "RCPT TO:<kim@home.example>"));
}

#[tokio::test]
async fn every_address_that_is_one_can_be_written_in_smtp() {
    let addresses = [
        "a@b.example",
        "o'neil+x=y@sub.b-c.example",
        "!#$%&'*+-/=?^_`{|}~@b.example",
        "1.2.3@b.example",
        "ana@Bücher.example",
        &format!("{}@{}.example", "l".repeat(64), "d".repeat(63)),
        &format!("{}@{}.{}.example", "l".repeat(64), "d".repeat(63), "e".repeat(63)),
    ]
    .map(str::to_owned);
    let server = Server::start(Script::default()).await;
    let mailer = mailer(&server);
    for address in &addresses {
        let mut message = message();
        message.to.address = address.parse().unwrap();
        let told = format!("RCPT TO:<{}>", message.to.address);
        let outcome = sent(&mailer, &outgoing("c.1", message)).await;
        assert!(is_accepted(&outcome), "{address}: {outcome:?}");
        assert!(server.heard().commands.contains(&told), "{address}");
    }
}

#[tokio::test]
async fn an_email_that_cannot_be_written_reaches_no_server() {
    let server = Server::start(Script::default()).await;
    let link = Some("https://x.example/\r\nBcc: evil@x.example".to_owned());
    let outcome = sent(&mailer(&server), &outgoing("c.1", Message { opt_out_link: link, ..message() })).await;
    assert!(matches!(outcome, dripr_core::ports::SendOutcome::NeedsPeople { .. }), "{outcome:?}");
    assert_eq!(server.heard().opened, 0);
}
