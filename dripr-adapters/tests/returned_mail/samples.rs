//! Mails about an email of ours, as few lines as tell what they tell.

use dripr_adapters::returned_mail::{LONGEST_MAIL, Returned, read};
use dripr_core::{
    email::OptOutLinks,
    feedback::{BounceKind, Happening},
    ids::{CampaignId, UserId},
};

use crate::{bounce, received, told};

/// A report with the fields given, about an email with the headers given.
pub(crate) fn report(kind: &str, fields: &str, email: &str) -> String {
    format!(
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r
Date: Mon, 2 Mar 2026 11:30:00 -0500\r
Message-ID: <r1@mx.example>\r
Subject: A report\r
Content-Type: multipart/report; report-type={kind}; boundary=\"=x=\"\r
\r
--=x=\r
\r
Something about kim@home.example.\r
--=x=\r
Content-Type: message/{kind}\r
\r
{fields}\r
--=x=\r
Content-Type: message/rfc822\r
\r
{email}\r
Subject: Your home report\r
\r
Hello\r
--=x=--\r
"
    )
}

const FAILED: &str = "Reporting-MTA: dns; mx.example\r
Arrival-Date: Mon, 2 Mar 2026 16:00:00 +0000\r
\r
Original-Recipient: rfc822;kim@home.example\r
Final-Recipient: rfc822; kim@elsewhere.example\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 <kim@elsewhere.example>\r
 user unknown\r
Last-Attempt-Date: Mon, 2 Mar 2026 16:10:00 +0000\r
";

#[test]
fn a_delivery_report_tells_of_whom_when_and_why() {
    let feedback = told(report("delivery-status", FAILED, "X-Dripr-Email-Id: c1.3").as_bytes());
    assert_eq!(feedback.email_id.as_str(), "c1.3");
    assert_eq!(feedback.recipient.unwrap().as_str(), "kim@home.example");
    assert_eq!(feedback.at, "2026-03-02T16:10:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let Happening::Bounced(bounce) = feedback.what else { panic!("a bounce") };
    assert_eq!(bounce.kind, BounceKind::NoMailbox);
    assert_eq!(bounce.detail, "550 5.1.1 … user unknown");
}

#[test]
fn a_delay_and_a_handing_on_are_nothing_yet_and_a_delivery_is_one() {
    for (action, nothing) in [("delayed", true), ("relayed", true), ("expanded", true), ("delivered", false)]
    {
        let fields =
            format!("Final-Recipient: rfc822; kim@home.example\r\nAction: {action}\r\nStatus: 4.4.1\r\n");
        let mail = report("delivery-status", &fields, "X-Dripr-Email-Id: c1.3");
        let found = read(mail.as_bytes(), received());
        match found {
            Returned::Other => assert!(nothing, "{action}"),
            Returned::Feedback(feedback) => {
                assert_eq!((nothing, feedback.what), (false, Happening::Delivered))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn complaints_are_told_apart_by_their_type() {
    for (kind, expected) in [
        ("abuse", Some(Happening::Complained)),
        ("fraud", Some(Happening::Complained)),
        ("opt-out", Some(Happening::OptedOut)),
        ("not-spam", None),
        ("virus", None),
        ("auth-failure", None),
        ("other", None),
    ] {
        let fields =
            format!("Feedback-Type: {kind}\r\nUser-Agent: x/1\r\nOriginal-Rcpt-To: <kim@home.example>\r\n");
        let mail = report("feedback-report", &fields, "X-Dripr-Email-Id: c1.3");
        match read(mail.as_bytes(), received()) {
            Returned::Feedback(feedback) => {
                assert_eq!(Some(feedback.what), expected);
                assert_eq!(feedback.email_id.as_str(), "c1.3");
                assert_eq!(feedback.recipient.unwrap().as_str(), "kim@home.example");
            }
            other => assert_eq!((other, None), (Returned::Other, expected), "{kind}"),
        }
    }
}

fn answer(header: &str) -> String {
    format!(
        "From: Kim <kim@home.example>\r\nSubject: Re: Your home report\r\nMessage-ID: <a@home.example>\r\n\
         In-Reply-To: <c1.3@agent.example>\r\n{header}\r\n\r\nThank you! X-Dripr-Email-Id is what? I am away.\r\n"
    )
}

#[test]
fn automatic_replies_are_known_by_their_headers_and_people_are_left_alone() {
    for header in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation)",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "Precedence: auto_reply",
        "X-Apple-Action: VACATION",
    ] {
        let mail = answer(header);
        assert_eq!(bounce(mail.as_bytes()).kind, BounceKind::AutoReply, "{header}");
        assert_eq!(told(mail.as_bytes()).email_id.as_str(), "c1.3");
    }
    for header in ["Auto-Submitted: no", "X-Nothing: x", "Precedence: bulk"] {
        assert_eq!(read(answer(header).as_bytes(), received()), Returned::Other, "{header}");
    }
}

#[test]
fn a_mail_system_that_only_answers_tells_of_no_failure() {
    let mail = answer("Auto-Submitted: auto-replied\r\nReturn-Path: <>").replace("Kim <kim@", "<postmaster@");
    assert_eq!(bounce(mail.as_bytes()).kind, BounceKind::AutoReply);
}

#[test]
fn a_person_who_quotes_a_bounce_or_forwards_an_email_is_left_alone() {
    let mail = "From: Kim <kim@home.example>\r\nSubject: Fwd: failure notice\r\n\r\n> I'm afraid I wasn't able to \
                deliver your message\r\n> 550 5.1.1 user unknown\r\n> X-Dripr-Email-Id: c1.3\r\n";
    assert_eq!(read(mail.as_bytes(), received()), Returned::Other);
    let mail = "From: Kim <kim@home.example>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee \
                below\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nX-Dripr-Email-Id: c1.3\r\n\r\nHello\r\n--x--\r\n";
    assert_eq!(read(mail.as_bytes(), received()), Returned::Other);
    let own =
        "From: Ana <ana@agent.example>\r\nX-Dripr-Email-Id: c1.3\r\nSubject: Your home report\r\n\r\nHello";
    assert_eq!(read(own.as_bytes(), received()), Returned::Other);
}

#[test]
fn an_opt_out_by_mail_gives_the_subject_back() {
    let links =
        OptOutLinks::new("https://mail.example", "a long random secret text".to_owned().into()).unwrap();
    let links = links.with_mailbox("out@mail.example".parse().unwrap());
    let (user, campaign) = (UserId::new("u1").unwrap(), CampaignId::new("c1").unwrap());
    let mailto = links.mailto(&user, &campaign, &"kim@home.example".parse().unwrap()).unwrap();
    let subject = mailto.split_once("subject=").unwrap().1.replace("%20", " ");
    for shown in [subject.clone(), format!("[External] {subject}"), format!("RE: {subject}\r\n ")] {
        let mail = format!("From: Kim <kim@home.example>\r\nSubject: {shown}\r\n\r\n");
        let Returned::OptOut { subject } = read(mail.as_bytes(), received()) else { panic!("{shown}") };
        assert_eq!(links.read_subject(&subject).unwrap().campaign_id, campaign);
    }
    for shown in ["unsubscribe", "Please unsubscribe me", "a/b/c unsubscribe", "Your home report", ""] {
        let mail = format!("From: Kim <kim@home.example>\r\nSubject: {shown}\r\n\r\n");
        assert_eq!(read(mail.as_bytes(), received()), Returned::Other, "{shown}");
    }
}

#[test]
fn a_bounce_keeps_its_name_and_another_has_another() {
    let mail = report("delivery-status", FAILED, "X-Dripr-Email-Id: c1.3");
    let again = format!("Received: from a by b; Mon, 2 Mar 2026 17:00:00 +0000\r\n{mail}");
    let other = mail.replace("<r1@", "<r2@");
    let name = |mail: &str| told(mail.as_bytes()).id;
    assert_eq!(name(&mail), name(&again));
    assert_ne!(name(&mail), name(&other));
    // Without a Message-ID its content names it.
    let without = |mail: &str| mail.replacen("Message-ID: <r1@mx.example>\r\n", "", 1);
    assert_eq!(name(&without(&mail)), name(&without(&again)));
    assert_ne!(name(&without(&mail)), name(&without(&mail.replace("user unknown", "unknown user"))));
}

#[test]
fn what_is_dated_later_than_it_came_happened_when_it_came() {
    let mail = answer("Auto-Submitted: auto-replied\r\nDate: Mon, 2 Mar 2026 17:00:01 +0000");
    assert_eq!(told(mail.as_bytes()).at, received());
    let mail = answer("Auto-Submitted: auto-replied\r\nDate: Mon, 2 Mar 2026 11:59:59 -0500");
    assert_eq!(told(mail.as_bytes()).at.timestamp(), received().timestamp() - 1);
    for date in ["yesterday", "Mon, 99 Mar 2026 99:00:00 +0000", "Mon, 2 Mar 999999 11:00:00 +0000", ""] {
        let mail = answer(&format!("Auto-Submitted: auto-replied\r\nDate: {date}"));
        assert_eq!(told(mail.as_bytes()).at, received(), "{date}");
    }
}

#[test]
fn a_mail_that_is_too_long_or_none_is_not_read() {
    let mut mail = report("delivery-status", FAILED, "X-Dripr-Email-Id: c1.3").into_bytes();
    mail.resize(LONGEST_MAIL, b' ');
    told(&mail);
    mail.push(b' ');
    assert_eq!(read(&mail, received()), Returned::Other);
    for mail in [&b""[..], b"\r\n\r\n", b"\0", b"no mail at all"] {
        assert_eq!(read(mail, received()), Returned::Other);
    }
}
