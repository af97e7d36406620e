//! The file outbox, read back by an independent MIME parser.

#![cfg(feature = "file-outbox")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod texts;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dripr_adapters::file_outbox::FileOutbox;
use dripr_core::{
    email::{Message, MessageId, OutgoingEmail, Party},
    errors::Fault,
    ids::{AttemptId, CampaignId, EmailId, UserId},
    ports::{LookUp, Mailer, Probe, SendOutcome},
    testkit::{contract, samples},
};
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};

use crate::texts::{naughty, one_line};

fn message() -> Message {
    Message {
        from: Party { name: "Ana Ruiz".to_owned(), address: "ana@brokerage.example".parse().unwrap() },
        to: Party { name: "Kim Owner".to_owned(), address: "kim@home.example".parse().unwrap() },
        subject: "12 Elm St: your home report for March 2015".to_owned(),
        html: "<!doctype html>\n<p>Größe &amp; 家</p>\n".to_owned(),
        text: "Größe & 家\n\n.\nFrom here on\n".to_owned(),
        opt_out_link: Some("https://mail.example/o/agent/c/5f6c".to_owned()),
        opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/c/5f6c".to_owned()),
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

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|is| is == extension)).collect()
}

async fn sent(folder: &Path, id: &str, message: Message) -> Vec<u8> {
    let outbox = FileOutbox::open(folder).unwrap();
    let email = outgoing(id, message);
    let outcomes = outbox.send(std::slice::from_ref(&email)).await;
    assert!(is_accepted(&outcomes[0]), "{outcomes:?}");
    fs::read(outbox.path(&email.email_id)).unwrap()
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_mailer_whose_absence_is_certain() {
    let folder = tempfile::tempdir().unwrap();
    contract::mailer(&FileOutbox::open(folder.path()).unwrap(), true).await;
    assert_eq!(FileOutbox::open(folder.path()).unwrap().settling_time(), Some(Duration::ZERO));
}

#[tokio::test]
async fn an_email_has_our_headers_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sent(folder.path(), "c.1", message()).await;
    let text = String::from_utf8(bytes.clone()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let boundary = head.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let expected = "From: \"Ana Ruiz\" <ana@brokerage.example>\r\n\
        Reply-To: \"Ana Ruiz\" <ana@brokerage.example>\r\n\
        To: \"Kim Owner\" <kim@home.example>\r\n\
        Subject: 12 Elm St: your home report for March 2015\r\n\
        Date: Mon, 2 Mar 2015 16:00:07 +0000\r\n\
        Message-ID: <c.1@brokerage.example>\r\n\
        X-Dripr-Email-Id: c.1\r\n\
        List-Unsubscribe: <https://mail.example/o/agent/c/5f6c>,\r\n\
        \x20<mailto:out@mail.example?subject=unsubscribe%20agent/c/5f6c>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
        List-Id: <home-reports.agent.brokerage.example>\r\n\
        Feedback-ID: c:agent:home-report:dripr\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative;\r\n\
        \x20boundary=\"BOUNDARY\"";
    assert_eq!(head.replace(boundary, "BOUNDARY"), expected);
    let parsed = MessageParser::new().parse(&bytes).unwrap();
    assert_eq!((parsed.text_body_count(), parsed.html_body_count(), parsed.attachment_count()), (1, 1, 0));
    assert_eq!(unix(&parsed.body_text(0).unwrap()), message().text);
    assert_eq!(unix(&parsed.body_html(0).unwrap()), message().html);
    let html = fs::read_to_string(folder.path().join("c.1.html")).unwrap();
    assert_eq!(html, message().html);
}

#[tokio::test]
async fn mail_to_agents_about_their_account_has_no_opt_out_header() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sent(folder.path(), "welcome.agent", Message { opt_out_link: None, ..message() }).await;
    assert!(!String::from_utf8(bytes).unwrap().contains("List-Unsubscribe"));
}

#[tokio::test]
async fn names_subjects_and_texts_come_back_whatever_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    let mut hostile = naughty();
    hostile.extend(
        [
            "Kim\r\nBcc: evil@x.example",
            "Kim\nBcc: evil@x.example\n\nbody",
            "a\u{2028}b\u{2029}c",
            "=?utf-8?Q?Bcc=3A_evil?=",
            "\" <evil@x.example>, \"",
            "Kim <evil@x.example>",
            "a, b; c: d (e) \\ \"f\"",
            "-- \r\n--\r\n.\r\n",
            "\u{202e}moc.elpmaxe",
            "x\ty\u{0}z\u{7f}",
            "a very long name ".repeat(40).as_str(),
        ]
        .map(str::to_owned),
    );
    let emails: Vec<OutgoingEmail> = hostile
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let mut message = message();
            (message.from.name, message.to.name, message.subject) =
                (text.clone(), text.clone(), text.clone());
            message.text = format!("{text}\n{text} {text}\n");
            message.html = format!("<p>{text}</p>\n");
            outgoing(&format!("c.{n}"), message)
        })
        .collect();
    for batch in emails.chunks(outbox.batch()) {
        assert!(outbox.send(batch).await.iter().all(is_accepted));
    }
    let expected: BTreeSet<&str> = [
        "From",
        "Reply-To",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-ID",
        "Feedback-ID",
        "X-Dripr-Email-Id",
        "MIME-Version",
        "Content-Type",
    ]
    .into();
    for email in &emails {
        let bytes = fs::read(outbox.path(&email.email_id)).unwrap();
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let text = &email.message.subject;
        let names: Vec<String> = parsed.headers().iter().map(|header| header.name().to_owned()).collect();
        assert_eq!(names.len(), expected.len(), "{text:?}: {names:?}");
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert!(
            names.iter().all(|name| expected.iter().any(|known| known.eq_ignore_ascii_case(name))),
            "{names:?}"
        );
        let to = parsed.to().unwrap();
        assert_eq!(to.iter().count(), 1, "{text:?}");
        assert_eq!(to.first().unwrap().address(), Some("kim@home.example"), "{text:?}");
        assert_eq!(one_line(to.first().unwrap().name().unwrap_or_default()), one_line(text), "{text:?}");
        assert_eq!(
            parsed.from().unwrap().first().unwrap().address(),
            Some("ana@brokerage.example"),
            "{text:?}"
        );
        assert_eq!(one_line(parsed.subject().unwrap_or_default()), one_line(text), "{text:?}");
        let id = parsed.header("Message-ID").and_then(HeaderValue::as_text);
        assert_eq!(id, Some(email.message_id.as_str()), "{text:?}");
        assert_eq!(unix(&parsed.body_text(0).unwrap()), unix(&email.message.text), "{text:?}");
        assert_eq!(unix(&parsed.body_html(0).unwrap()), unix(&email.message.html), "{text:?}");
        assert_eq!(parsed.parts.iter().filter(|part| part.is_multipart()).count(), 1, "{text:?}");
        assert!(parsed.parts.iter().all(|part| part.attachment_name().is_none()), "{text:?}");
        let lines = bytes.split(|byte| *byte == b'\n');
        assert!(
            lines.into_iter().all(|line| line.len() <= 998),
            "no line is longer than SMTP carries: {text:?}"
        );
    }
}

#[tokio::test]
async fn the_same_email_gives_the_same_bytes_and_another_text_another_boundary() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = sent(one.path(), "c.1", message()).await;
    assert_eq!(first, sent(two.path(), "c.1", message()).await);
    let boundary = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    // Whoever knows the boundary of one text and writes it into another gains nothing.
    let inner = format!("x\n--{}\nContent-Type: text/html\n\n<b>evil</b>\n", boundary(&first));
    let three = tempfile::tempdir().unwrap();
    let second = sent(three.path(), "c.1", Message { text: inner.clone(), ..message() }).await;
    let parsed = MessageParser::new().parse(&second).unwrap();
    assert_eq!(parsed.parts.len(), 3);
    assert_eq!(unix(&parsed.body_text(0).unwrap()), inner);
}

#[tokio::test]
async fn sending_again_makes_no_second_file_in_whatever_month() {
    let folder = tempfile::tempdir().unwrap();
    let first = sent(folder.path(), "c.1", message()).await;
    let outbox = FileOutbox::open(folder.path()).unwrap();
    let mut later = outgoing("c.1", message());
    later.date = "2015-04-20T16:00:00Z".parse().unwrap();
    assert!(outbox.send(&[later.clone(), later]).await.iter().all(is_accepted));
    assert_eq!(files(folder.path(), "eml").len(), 1);
    assert_eq!(fs::read(folder.path().join("c.1.eml")).unwrap(), first, "what was accepted stays as it was");
    assert_eq!(files(&folder.path().join(".unfinished"), "").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_of_one_email_make_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let senders: Vec<_> = (0..16)
        .map(|_| {
            let outbox = FileOutbox::open(folder.path()).unwrap();
            tokio::spawn(async move {
                outbox.send(&[outgoing("c.1", message()), outgoing("c.2", message())]).await
            })
        })
        .collect();
    for sender in senders {
        assert!(sender.await.unwrap().iter().all(is_accepted));
    }
    assert_eq!(files(folder.path(), "eml").len(), 2);
}

#[tokio::test]
async fn an_email_that_was_never_named_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    let email = outgoing("c.1", message());
    // What a sender leaves that is killed before it gives the file its name.
    fs::write(folder.path().join(".unfinished/c.1.4711-0"), "From: half an ema").unwrap();
    fs::write(folder.path().join("c.1.html"), "<p>").unwrap();
    assert_eq!(outbox.look_up(&samples::inquiry(&email)).await, LookUp::NotAccepted);
    let outcomes = outbox.send(std::slice::from_ref(&email)).await;
    assert!(is_accepted(&outcomes[0]), "{outcomes:?}");
    let found = outbox.look_up(&samples::inquiry(&email)).await;
    assert_eq!(found, LookUp::Accepted { provider_message_id: Some("c.1.eml".to_owned()) });
    assert_eq!(fs::read_to_string(folder.path().join("c.1.html")).unwrap(), message().html);
}

#[tokio::test]
async fn a_folder_that_is_gone_says_nothing_about_what_was_sent() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("outbox");
    let outbox = FileOutbox::open(&folder).unwrap();
    let email = outgoing("c.1", message());
    assert!(is_accepted(&outbox.send(std::slice::from_ref(&email)).await[0]));
    // As when a volume is not mounted: the folder is there, and empty.
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    assert_eq!(outbox.look_up(&samples::inquiry(&email)).await, LookUp::CannotTell);
    let outcomes = outbox.send(std::slice::from_ref(&email)).await;
    assert!(matches!(outcomes[0], SendOutcome::NeedsPeople { .. }), "{outcomes:?}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[tokio::test]
async fn an_opt_out_link_that_is_none_never_reaches_a_header() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    for link in [
        "https://x.example/\r\nBcc: evil@x.example",
        "mailto:x@y.example",
        "https://x.example/>,<https://y",
        "",
    ] {
        let email = outgoing("c.1", Message { opt_out_link: Some(link.to_owned()), ..message() });
        let outcomes = outbox.send(&[email]).await;
        assert!(matches!(outcomes[0], SendOutcome::NeedsPeople { .. }), "{link:?}: {outcomes:?}");
    }
    assert_eq!(files(folder.path(), "eml").len(), 0);
}

#[tokio::test]
async fn one_bad_email_does_not_hold_up_the_others_of_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::open(folder.path()).unwrap();
    let bad = outgoing("c.2", Message { opt_out_link: Some("no link".to_owned()), ..message() });
    let outcomes = outbox.send(&[outgoing("c.1", message()), bad, outgoing("c.3", message())]).await;
    let accepted: Vec<bool> = outcomes.iter().map(is_accepted).collect();
    assert_eq!(accepted, [true, false, true]);
    assert_eq!(files(folder.path(), "eml").len(), 2);
}

#[test]
fn a_place_that_is_no_folder_is_named_when_the_outbox_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = FileOutbox::open(&file).unwrap_err();
    assert!(error.to_string().contains(&*file.to_string_lossy()), "{error}");
}

#[tokio::test]
async fn a_probe_leaves_no_file_behind_and_clears_none_away() {
    let parent = tempfile::tempdir().unwrap();
    let folder = |name: &str| parent.path().join(name);
    let (works, gone) =
        (FileOutbox::open(folder("works")).unwrap(), FileOutbox::open(folder("gone")).unwrap());
    fs::remove_dir_all(folder("gone")).unwrap();
    let left = folder("works").join(".unfinished/left");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::create(&left).unwrap().set_modified(long_ago).unwrap();
    contract::probe(&works, &gone).await;
    let names = |folder: PathBuf| -> BTreeSet<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names(folder("works")), BTreeSet::from([".unfinished".to_owned()]));
    assert_eq!(names(folder("works/.unfinished")), BTreeSet::from(["left".to_owned()]));
    let error = gone.probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Misconfigured);
    let sentence = format!("the outbox {} cannot be written to: ", folder("gone").display());
    assert!(error.to_string().starts_with(&sentence), "{error}");
    assert!(!folder("gone").exists(), "a probe changes nothing");
}
