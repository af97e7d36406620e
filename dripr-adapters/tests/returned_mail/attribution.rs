//! Which email a mail is about.

use crate::{
    corpus::{CORPUS, Tells, answering, mail},
    samples::report,
    told,
};

const FIELDS: &str = "Final-Recipient: rfc822; kim@home.example\r\nAction: failed\r\nStatus: 5.2.2\r\n";

#[test]
fn the_header_in_what_was_returned_says_it_first() {
    for email in [
        "X-Dripr-Email-Id: c1.3",
        "x-dripr-email-id:c1.3",
        "X-DRIPR-EMAIL-ID:\r\n\tc1.3",
        "Message-ID: <c9.9@agent.example>\r\nX-Dripr-Email-Id: c1.3",
        "Received: from a by b\r\nMessage-ID: <c1.3@agent.example>",
        "message-id: c1.3@agent.example",
    ] {
        let feedback = told(report("delivery-status", FIELDS, email).as_bytes());
        assert_eq!(feedback.email_id.as_str(), "c1.3", "{email}");
    }
    let headers_only = report("delivery-status", FIELDS, "X-Dripr-Email-Id: c1.3")
        .replace("message/rfc822", "text/rfc822-headers");
    assert_eq!(told(headers_only.as_bytes()).email_id.as_str(), "c1.3");
    // The header, in Base64.
    let encoded = report("delivery-status", FIELDS, "WC1Ecmlwci1FbWFpbC1JZDogYzEuMw0K")
        .replace("message/rfc822\r\n", "message/rfc822\r\nContent-Transfer-Encoding: base64\r\n")
        .replace("Subject: Your home report\r\n\r\nHello\r\n", "");
    assert_eq!(told(encoded.as_bytes()).email_id.as_str(), "c1.3");
}

#[test]
fn a_name_without_a_value_is_no_header() {
    for email in [
        "X-Dripr-Email-Id:\r\nX-Nothing: x",
        "X-Dripr-Email-Id is what\r\nX-Nothing: x",
        "X-Dripr-Email-Id: ",
    ] {
        let email = format!("{email}\r\nMessage-ID: <c1.3@agent.example>");
        assert_eq!(
            told(report("delivery-status", FIELDS, &email).as_bytes()).email_id.as_str(),
            "c1.3",
            "{email}"
        );
    }
}

/// The headers as Amazon SES gives them, in a mail by Amazon SNS.
#[test]
fn the_header_is_found_in_json() {
    let mail = String::from_utf8(mail("lhost-amazonses-10")).unwrap();
    let header = r#"{\"name\":\"X-Dripr-Email-Id\",\"value\":\"c1.3\"},"#;
    let mail = mail.replacen(r#"\"headers\":["#, &format!(r#"\"headers\":[{header}"#), 1);
    assert_eq!(told(mail.as_bytes()).email_id.as_str(), "c1.3");
}

#[test]
fn the_newest_of_the_mails_that_are_answered_comes_last() {
    let mail = "From: kim@home.example\r\nAuto-Submitted: auto-replied\r\n\
                References: <c1.2@agent.example> <c1.3@agent.example>\r\n <CA+x.y@mail.example>\r\n\r\nAway.";
    assert_eq!(told(mail.as_bytes()).email_id.as_str(), "c1.3");
    let mail = "From: kim@home.example\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: <welcome.a1@agent.example>\r\n\r\n";
    assert_eq!(told(mail.as_bytes()).email_id.as_str(), "welcome.a1");
}

/// The second subject of a mail is the subject of what was returned.
#[test]
fn each_returned_email_of_the_corpus_is_found_by_its_header() {
    let mut found = 0;
    for (name, tells) in CORPUS {
        let mail = mail(name);
        let head = mail.windows(2).position(|it| it == b"\n\n").unwrap_or(mail.len());
        let Some(at) = mail[head..].windows(9).position(|it| it == b"\nSubject:") else { continue };
        if *tells == Tells::Delay {
            continue;
        }
        let mut planted = answering(&mail[..=head + at], "c9.9");
        planted.extend_from_slice(b"X-Dripr-Email-Id: c1.3\n");
        planted.extend_from_slice(&mail[head + at + 1..]);
        assert_eq!(told(&planted).email_id.as_str(), "c1.3", "{name}");
        found += 1;
    }
    assert!(found > 60, "{found}");
}
