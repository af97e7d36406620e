//! Mails of any shape: cut off, mangled, or made to take long.

use std::ops::Range;

use dripr_adapters::returned_mail::{LONGEST_MAIL, Returned, read};
use dripr_core::feedback::Happening;
use proptest::prelude::*;

use crate::{
    corpus::{CORPUS, answering, mail},
    received,
};

/// Pieces that mean something in a mail.
const PIECES: &[&str] = &[
    "\r\n\r\n",
    "\n",
    "--",
    ":",
    ";",
    "<",
    "@",
    "\"",
    "\0",
    "\u{ff}",
    "=?utf-8?B?",
    "550 5.1.1",
    "5.1.1.1",
    "Action: failed\r\n",
    "Status: 5.\r\n",
    "Diagnostic-Code: ;",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Type: multipart/report; boundary=\"\"\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n\r\n",
    "X-Dripr-Email-Id: ",
    "Message-ID: <",
    "Date: Mon, 2 Mar 2026",
    "{\"notificationType\":\"Bounce\"",
];

/// Reads it, and checks what holds of whatever is read.
fn check(mail: &[u8]) {
    match read(mail, received()) {
        Returned::Feedback(feedback) => {
            assert!(feedback.at <= received());
            if let Happening::Bounced(bounce) = feedback.what {
                let detail = bounce.detail;
                assert!(!detail.contains('@') && !detail.contains(char::is_control), "{detail:?}");
                assert!(detail.chars().count() <= 200);
            }
        }
        Returned::OptOut { subject } => assert!(subject.chars().count() <= 500),
        _ => {}
    }
}

fn within(range: Range<f64>, length: usize) -> Range<usize> {
    let at = |part: f64| (part * length as f64) as usize;
    let (start, end) = (at(range.start), at(range.end));
    start.min(end)..start.max(end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_mangled_mail_breaks_nothing(
        which in 0..CORPUS.len(),
        changes in prop::collection::vec(
            (0.0..1.0_f64, 0.0..0.1_f64, prop_oneof![
                prop::sample::select(PIECES).prop_map(|it| it.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..8),
            ]),
            1..6,
        ),
    ) {
        let mut mail = answering(&mail(CORPUS[which].0), "c1.3");
        for (start, length, piece) in changes {
            let range = within(start..(start + length).min(1.0), mail.len());
            mail.splice(range, piece);
        }
        check(&mail);
    }

    #[test]
    fn a_mail_that_was_cut_off_breaks_nothing(which in 0..CORPUS.len(), part in 0.0..1.0_f64) {
        let mail = answering(&mail(CORPUS[which].0), "c1.3");
        check(&mail[within(0.0..part, mail.len())]);
    }

    #[test]
    fn pieces_in_any_order_break_nothing(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(pieces.concat().as_bytes());
    }
}

/// A piece, repeated until the mail is as long as any that is read.
fn filled(beginning: &str, piece: &str) -> Vec<u8> {
    let mut mail = beginning.as_bytes().to_vec();
    while mail.len() + piece.len() <= LONGEST_MAIL {
        mail.extend_from_slice(piece.as_bytes());
    }
    mail
}

/// Each of these takes minutes, or more stack than there is, if work grows faster than the mail.
#[test]
fn a_mail_made_to_take_long_does_not() {
    const DAEMON: &str = "From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\nReturn-Path: <>\n";
    let many = format!("{DAEMON}Content-Type: multipart/report; boundary=x\n\n");
    let status = format!("{many}--x\nContent-Type: message/delivery-status\n\n");
    for (beginning, piece) in [
        (DAEMON.to_owned(), "Content-Type: message/rfc822\n\n"),
        (DAEMON.to_owned(), "Content-Type: multipart/mixed; boundary=x\n\n--x\n"),
        (many.clone(), "--x\nContent-Type: message/rfc822\n\n"),
        (many.clone(), "--x\n\n550 5.1.1 user unknown\n"),
        (many, "--x"),
        (status.clone(), "Action: failed\nStatus: 5.1.1\n\n"),
        (status, " a"),
        (format!("{DAEMON}\n"), "550 5.1.1 "),
        (format!("{DAEMON}\n"), "Message-ID: <"),
        (format!("{DAEMON}\n"), "X-Dripr-Email-Id: \n"),
        (format!("{DAEMON}\n"), "a"),
        (format!("{DAEMON}References:"), " <c.1"),
        (format!("{DAEMON}Subject:"), " =?utf-8?B?dW5zdWJzY3JpYmU=?="),
        (format!("{DAEMON}From:"), "(\"<"),
        (String::new(), "Received: from a by b\n"),
        (String::new(), "a"),
        (String::new(), ":"),
    ] {
        check(&filled(&beginning, piece));
    }
}

/// Messages inside messages, in an encoding that hides how many there are.
#[test]
fn encoded_messages_inside_messages_do_not_exhaust_the_stack() {
    use mail_parser::decoders::base64::base64_decode;
    // "Content-Type: message/rfc822\n\n\n", 30 letters and no rest in Base64.
    let piece = "Q29udGVudC1UeXBlOiBtZXNzYWdlL3JmYzgyMgoK";
    assert_eq!(base64_decode(piece.as_bytes()).unwrap(), b"Content-Type: message/rfc822\n\n");
    let beginning = "From: MAILER-DAEMON@mx.example\nContent-Type: message/rfc822\n\
                     Content-Transfer-Encoding: base64\n\n";
    check(&filled(beginning, piece));
}
