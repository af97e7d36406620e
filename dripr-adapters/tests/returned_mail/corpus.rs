//! Every mail of the corpus, with what it tells. The kinds were read from the mails; where a mail leaves room for doubt,
//! it is not `NoMailbox`.

use std::{fs, path::PathBuf};

use dripr_adapters::returned_mail::{Returned, read};
use dripr_core::feedback::{
    BounceKind::{self, AutoReply, FullMailbox, NoMailbox, Refused, Unclear, Unreachable},
    Happening,
};

use crate::received;

/// What a mail of the corpus tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    Bounce(BounceKind),
    Complaint,
    Delay,
}

use Tells::{Bounce, Complaint, Delay};

#[rustfmt::skip]
pub(crate) const CORPUS: &[(&str, Tells)] = &[
    ("arf-11", Complaint),
    ("arf-14", Complaint),
    ("arf-21", Complaint),
    ("arf-23", Complaint),                           // Hotmail's own form
    ("lhost-amazonses-01", Bounce(Refused)),         // "unknown address", but also 5.7.1 access denied
    ("lhost-amazonses-05", Bounce(NoMailbox)),
    ("lhost-amazonses-08", Bounce(Refused)),
    ("lhost-amazonses-10", Bounce(NoMailbox)),       // JSON in a mail by Amazon SNS
    ("lhost-amazonworkmail-01", Bounce(NoMailbox)),
    ("lhost-amazonworkmail-02", Bounce(FullMailbox)),// "User Unknown", but 5.2.1: disabled
    ("lhost-amazonworkmail-05", Bounce(Unreachable)),
    ("lhost-amazonworkmail-08", Bounce(FullMailbox)),
    ("lhost-exim-05", Bounce(NoMailbox)),
    ("lhost-exim-36", Bounce(Refused)),              // an answer to MAIL FROM
    ("lhost-exim-50", Bounce(Refused)),              // the same
    ("lhost-exim-51", Bounce(Refused)),              // the same: who does not exist is the sender
    ("lhost-gmail-06", Delay),
    ("lhost-gmail-07", Bounce(Unclear)),             // no TLS
    ("lhost-gmail-09", Delay),
    ("lhost-gmail-16", Bounce(FullMailbox)),
    ("lhost-googlegroups-04", Bounce(Unclear)),      // the group may not exist, or does not take the mail
    ("lhost-googlegroups-06", Bounce(Unclear)),
    ("lhost-googlegroups-12", Bounce(Unclear)),
    ("lhost-googlegroups-13", Bounce(Unclear)),
    ("lhost-googleworkspace-01", Bounce(Unclear)),   // the sender's own server is set up wrongly
    ("lhost-mailru-03", Bounce(FullMailbox)),
    ("lhost-mailru-05", Bounce(NoMailbox)),          // the domain says that it takes no mail
    ("lhost-mailru-07", Bounce(NoMailbox)),
    ("lhost-mailru-08", Bounce(NoMailbox)),
    ("lhost-office365-01", Bounce(NoMailbox)),
    ("lhost-office365-02", Bounce(NoMailbox)),
    ("lhost-office365-09", Bounce(NoMailbox)),       // 5.1.351 says little, the other server "Unknown user"
    ("lhost-outlook-03", Bounce(Unreachable)),
    ("lhost-outlook-04", Bounce(FullMailbox)),       // two recipients: no such user, full
    ("lhost-outlook-06", Delay),
    ("lhost-outlook-09", Bounce(Refused)),
    ("lhost-postfix-46", Bounce(Unclear)),           // "Recipient address rejected."
    ("lhost-postfix-60", Bounce(Refused)),
    ("lhost-postfix-73", Bounce(Refused)),
    ("lhost-postfix-74", Bounce(Refused)),
    ("lhost-qmail-02", Bounce(FullMailbox)),         // two recipients: no such user, disabled
    ("lhost-qmail-04", Bounce(Refused)),             // the sending server's name was rejected
    ("lhost-qmail-08", Bounce(FullMailbox)),
    ("lhost-qmail-09", Bounce(Refused)),
    ("lhost-receivingses-01", Bounce(NoMailbox)),
    ("lhost-receivingses-02", Bounce(NoMailbox)),
    ("lhost-receivingses-03", Bounce(Unreachable)),
    ("lhost-receivingses-04", Bounce(FullMailbox)),
    ("lhost-sendgrid-02", Bounce(NoMailbox)),
    ("lhost-sendgrid-03", Bounce(Unreachable)),
    ("lhost-sendmail-12", Bounce(Unreachable)),
    ("lhost-sendmail-48", Bounce(NoMailbox)),        // 5.7.1, but "User unknown"
    ("lhost-sendmail-55", Delay),
    ("lhost-sendmail-60", Bounce(Refused)),
    ("lhost-yahoo-01", Bounce(NoMailbox)),
    ("lhost-yahoo-02", Bounce(FullMailbox)),
    ("lhost-yahoo-04", Bounce(FullMailbox)),
    ("lhost-yahoo-05", Bounce(FullMailbox)),         // "User Unknown", but 5.2.1: disabled
    ("lhost-zoho-02", Bounce(FullMailbox)),          // two recipients: disabled, full
    ("lhost-zoho-03", Bounce(Unclear)),              // "mailbox unavailable" may mean anything (RFC 5321)
    ("lhost-zoho-04", Delay),
    ("lhost-zoho-05", Bounce(Unreachable)),
    ("rfc3464-07", Delay),
    ("rfc3464-39", Bounce(Unclear)),
    ("rfc3464-62", Bounce(Unreachable)),             // no such domain, or no name server
    ("rfc3464-65", Bounce(NoMailbox)),               // nothing but Gmail's "the address couldn't be found"
    ("rfc3834-01", Bounce(AutoReply)),
    ("rfc3834-02", Bounce(AutoReply)),
    ("rfc3834-03", Bounce(AutoReply)),
    ("rfc3834-04", Bounce(AutoReply)),
    ("rhost-aol-06", Bounce(Unreachable)),
    ("rhost-apple-01", Bounce(NoMailbox)),
    ("rhost-apple-02", Bounce(Refused)),
    ("rhost-apple-03", Bounce(FullMailbox)),
    ("rhost-apple-04", Bounce(FullMailbox)),         // 5.1.1, but "inactive": asleep
    ("rhost-google-01", Bounce(FullMailbox)),        // disabled
    ("rhost-google-02", Bounce(NoMailbox)),          // its parts are not where its header says
    ("rhost-google-05", Bounce(FullMailbox)),
    ("rhost-google-07", Bounce(FullMailbox)),        // inactive
    ("rhost-gsuite-01", Bounce(Unclear)),            // "Address rejected"; that it was not found is Gmail's guess
    ("rhost-gsuite-07", Bounce(Unreachable)),
    ("rhost-gsuite-08", Bounce(NoMailbox)),
    ("rhost-gsuite-14", Bounce(NoMailbox)),
    ("rhost-microsoft-01", Bounce(Refused)),
    ("rhost-microsoft-03", Bounce(NoMailbox)),
    ("rhost-microsoft-05", Bounce(Refused)),
    ("rhost-microsoft-06", Bounce(Refused)),
    ("rhost-outlook-01", Bounce(FullMailbox)),
    ("rhost-outlook-03", Bounce(Unreachable)),
    ("rhost-outlook-04", Bounce(FullMailbox)),       // two recipients: no such user, full
    ("rhost-outlook-08", Bounce(Unclear)),           // "mailbox unavailable"
    ("rhost-yahooinc-02", Bounce(Refused)),
    ("rhost-yahooinc-03", Bounce(NoMailbox)),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/bounces")
}

pub(crate) fn mail(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.eml"))).unwrap()
}

/// The mail as an answer to an email of dripr's.
pub(crate) fn answering(mail: &[u8], email_id: &str) -> Vec<u8> {
    let mut planted = format!("In-Reply-To: <{email_id}@agent.example>\r\n").into_bytes();
    planted.extend_from_slice(mail);
    planted
}

fn names(folder: PathBuf) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mails = names.filter(|path| path.extension().is_some_and(|it| it == "eml"));
    let mut names: Vec<String> =
        mails.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_table_has_every_mail_of_the_corpus() {
    let listed: Vec<&str> = CORPUS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, names(folder()));
}

#[test]
fn every_mail_of_the_corpus_tells_what_it_says() {
    let mut wrong = Vec::new();
    for (name, expected) in CORPUS {
        let (found, detail) = match read(&answering(&mail(name), "welcome.a1"), received()) {
            Returned::Feedback(feedback) => match feedback.what {
                Happening::Bounced(bounce) => (Some(Bounce(bounce.kind)), bounce.detail),
                Happening::Complained => (Some(Complaint), String::new()),
                other => panic!("{name}: {other:?}"),
            },
            Returned::Other => (Some(Delay), String::new()),
            _ => (None, String::new()),
        };
        if found != Some(*expected) {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}: {detail}"));
        }
        assert!(!detail.contains('@') && detail.chars().count() <= 200 && !detail.contains('\n'), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_failure_says_why_for_people() {
    for (name, expected) in CORPUS {
        if matches!(expected, Bounce(kind) if *kind != Unclear) {
            let detail = crate::bounce(&answering(&mail(name), "welcome.a1")).detail;
            assert!(detail.chars().filter(|c| c.is_alphabetic()).count() >= 5, "{name}: {detail:?}");
        }
    }
}

#[test]
fn bounces_and_complaints_about_other_mail_are_not_ours_and_other_answers_are_nothing() {
    for (name, tells) in CORPUS {
        let expected = match tells {
            Delay | Bounce(AutoReply) => Returned::Other,
            _ => Returned::NotOurs,
        };
        // This mail's Message-ID looks like ours; the store has no such email.
        if *name == "lhost-sendmail-60" {
            assert!(matches!(read(&mail(name), received()), Returned::Feedback(_)));
        } else {
            assert_eq!(read(&mail(name), received()), expected, "{name}");
        }
    }
}

#[test]
fn what_is_no_bounce_is_left_alone() {
    let folder = folder().join("not-a-bounce");
    let names = names(folder.clone());
    assert_eq!(names.len(), 3);
    for name in names {
        let mail = fs::read(folder.join(format!("{name}.eml"))).unwrap();
        assert_eq!(read(&mail, received()), Returned::Other, "{name}");
    }
}

/// One of them is a failure after all, in words that no other system uses: the quoted email makes it one of ours.
#[test]
fn a_mail_system_that_quotes_an_email_of_ours_tells_of_a_failure_in_words_of_its_own() {
    let mail = fs::read(folder().join("not-a-bounce/rb-issue-368-bug.eml")).unwrap();
    let mail = String::from_utf8(mail).unwrap().replacen("Subject: SUBJECT", "X-Dripr-Email-Id: c1.3", 1);
    assert_eq!(crate::bounce(mail.as_bytes()).kind, FullMailbox);
}
