//! What Postmark gets.

use std::{sync::atomic::Ordering, time::Duration};

use dripr_adapters::postmark::{PostmarkMailer, PostmarkOptions, TrackLinks};
use dripr_core::{
    email::OutgoingEmail,
    ports::{LookUp, Mailer, SendOutcome},
    testkit::{contract, samples},
};
use serde_json::{Value, json};

use crate::texts::{naughty, one_line};
use crate::{
    allowances, email, emails_to, faults, imitation,
    imitation::{mailbox, postmark},
    kind, mailer, message, outgoing, reason, sent,
};

#[tokio::test]
async fn it_keeps_the_contract_of_a_mailer() {
    let (loopback, log) = postmark().await;
    contract::mailer(&mailer(faults::options(&loopback)), true).await;
    assert_eq!(log.taken().len(), 3);
}

#[tokio::test]
async fn an_email_has_all_that_it_should_have_and_nothing_else() {
    let (loopback, log) = postmark().await;
    let outcome = sent(&mailer(faults::options(&loopback)), &email()).await;
    let id = "0a8b1c2d-0000-4000-8000-000000000001".to_owned();
    assert_eq!(outcome, SendOutcome::Accepted { provider_message_id: Some(id.clone()) });
    let header = |name: &str, value: &str| json!({"Name": name, "Value": value});
    let expected = json!({
        "MessageID": id,
        "From": "\"Ana Ruiz\" <ana@brokerage.example>",
        "ReplyTo": "\"Ana Ruiz\" <ana@brokerage.example>",
        "To": "\"Kim Owner\" <kim@home.example>",
        "Subject": "12 Elm St: your home report for March 2026",
        "HtmlBody": "<!doctype html>\n<p>Größe &amp; 家</p>\n",
        "TextBody": "Größe & 家\n\n.\nFrom here on\n",
        "Headers": [
            header("Message-ID", "<c.1@brokerage.example>"),
            header("X-PM-KeepID", "true"),
            header("X-Dripr-Email-Id", "c.1"),
            header(
                "List-Unsubscribe",
                "<https://mail.example/o/agent/c/5f6c>, <mailto:out@mail.example?subject=unsubscribe%20agent/1/00>",
            ),
            header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            header("List-Id", "<home-reports.agent.brokerage.example>"),
            header("Feedback-ID", "c:agent:home-report:dripr"),
        ],
        "Metadata": {"dripr_email_id": "c.1", "dripr_attempt": "2"},
        "TrackOpens": true,
        "TrackLinks": "None",
        "MessageStream": "broadcast",
    });
    assert_eq!(log.taken(), [expected]);
    assert_eq!(loopback.asked().len(), 1);
}

#[tokio::test]
async fn options_are_obeyed() {
    for (track_links, written) in [
        (TrackLinks::None, "None"),
        (TrackLinks::HtmlAndText, "HtmlAndText"),
        (TrackLinks::HtmlOnly, "HtmlOnly"),
        (TrackLinks::TextOnly, "TextOnly"),
    ] {
        let (loopback, log) = postmark().await;
        let options = PostmarkOptions {
            http: faults::options(&loopback),
            message_stream: "reports".to_owned(),
            track_opens: false,
            track_links,
            settling_time: Duration::from_secs(60),
            ..PostmarkOptions::default()
        };
        let mailer = PostmarkMailer::new(&faults::key(), options).unwrap();
        assert_eq!(kind(&sent(&mailer, &email()).await), "accepted");
        let taken = &log.taken()[0];
        let told = [&taken["MessageStream"], &taken["TrackOpens"], &taken["TrackLinks"]];
        assert_eq!(told, [&json!("reports"), &json!(false), &json!(written)]);
        assert_eq!(mailer.settling_time(), Some(Duration::from_secs(60)));
    }
    let usual = PostmarkMailer::new(&faults::key(), PostmarkOptions::default()).unwrap();
    assert_eq!((usual.batch(), usual.settling_time()), (500, Some(Duration::from_secs(900))));
}

#[tokio::test]
async fn an_id_that_is_too_long_for_metadata_is_found_all_the_same() {
    let (loopback, log) = postmark().await;
    let mailer = mailer(faults::options(&loopback));
    // Two that differ where only the longer part of it does not reach, and one that just fits.
    let ids = [format!("{}.1", "x".repeat(94)), format!("{}.2", "x".repeat(94)), "y".repeat(80)];
    for id in &ids {
        let email = outgoing(id, message());
        assert_eq!(mailer.look_up(&samples::inquiry(&email)).await, LookUp::NotAccepted);
        let SendOutcome::Accepted { provider_message_id } = sent(&mailer, &email).await else {
            panic!("an id of {} characters is not taken", id.len())
        };
        assert_eq!(mailer.look_up(&samples::inquiry(&email)).await, LookUp::Accepted { provider_message_id });
    }
    let metadata = |n: usize| log.taken()[n]["Metadata"].as_object().unwrap().len();
    assert_eq!([metadata(0), metadata(1), metadata(2)], [4, 4, 2]);
    // A webhook gives the metadata back.
    for (n, id) in ids.iter().enumerate() {
        let body =
            json!({"RecordType": "Delivery", "MessageID": "m", "Metadata": log.taken()[n]["Metadata"]});
        let now = "2026-03-12T15:00:00Z".parse().unwrap();
        let feedback = dripr_adapters::postmark::webhook::read(body.to_string().as_bytes(), now);
        let Some(dripr_adapters::postmark::webhook::Told::Email(feedback)) = feedback.unwrap() else {
            panic!("it is of an email")
        };
        assert_eq!(feedback.email_id.as_str(), id);
    }
}

#[tokio::test]
async fn hostile_names_and_subjects_arrive_as_they_are_and_add_nobody() {
    let mut hostile = naughty();
    hostile.extend(
        [
            "Kim\r\nBcc: evil@x.example",
            "a\u{2028}b\u{2029}c\u{85}d",
            "\" <evil@x.example>, \"",
            "\\\" <evil@x.example>, \\\"",
            "Kim <evil@x.example>",
            "a, b; c: d (e) \\ \"f\"",
            "\\",
            "\"",
            "\u{202e}moc.elpmaxe",
            "x\ty\u{0}z\u{7f}",
            "=?utf-8?q?x?= =?utf-8?b?eA==?=",
            "a very long name ".repeat(80).as_str(),
        ]
        .map(str::to_owned),
    );
    let emails: Vec<OutgoingEmail> = hostile
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let mut message = message();
            message.from.name.clone_from(text);
            message.to.name.clone_from(text);
            message.subject.clone_from(text);
            message.text.clone_from(text);
            message.html = format!("<p>{text}</p>");
            outgoing(&format!("c.{n}"), message)
        })
        .collect();
    let (loopback, log) = postmark().await;
    let outcomes = mailer(faults::options(&loopback)).send(&emails).await;
    assert!(outcomes.iter().all(|outcome| kind(outcome) == "accepted"));
    let taken = log.taken();
    assert_eq!(taken.len(), hostile.len());
    for (text, email) in hostile.iter().zip(&taken) {
        for (field, address) in [
            ("From", "ana@brokerage.example"),
            ("ReplyTo", "ana@brokerage.example"),
            ("To", "kim@home.example"),
        ] {
            let (name, to) = mailbox(&email[field]).unwrap();
            assert_eq!((name.replace('\u{200B}', ""), to.as_str()), (one_line(text), address));
            // Another parser than ours sees one address too.
            let head = format!("To: {}\r\n\r\n", email[field].as_str().unwrap());
            let parsed = mail_parser::MessageParser::default().parse(head.as_bytes()).unwrap();
            let seen: Vec<_> = parsed.to().unwrap().iter().filter_map(|seen| seen.address()).collect();
            assert_eq!(seen, [address], "{head}");
        }
        let subject = email["Subject"].as_str().unwrap();
        assert_eq!(subject.replace('\u{200B}', ""), one_line(text));
        assert!(!subject.contains("=?") && !subject.contains(char::is_control));
        assert_eq!(email["TextBody"], *text);
        assert_eq!(email["HtmlBody"], format!("<p>{text}</p>"));
    }
}

#[tokio::test]
async fn an_email_that_is_nothing_for_postmark_is_not_handed_over_and_the_others_are() {
    let part = |html: usize, text: usize| {
        let mut message = message();
        (message.html, message.text) = ("é".repeat(html / 2), "x".repeat(text));
        message
    };
    let mut no_way_out = message();
    no_way_out.opt_out_link = Some("javascript:alert(1)".to_owned());
    // Each quote is two bytes of JSON.
    let mut written_long = message();
    (written_long.html, written_long.text) = ("\"".repeat(4_900_000), "\"".repeat(200_000));
    let messages = [
        part(5_000_002, 1),
        part(2, 1),
        part(2, 5_000_001),
        no_way_out,
        written_long,
        part(5_000_000, 1_000),
    ];
    let emails: Vec<_> =
        messages.into_iter().enumerate().map(|(n, message)| outgoing(&format!("c.{n}"), message)).collect();
    let (loopback, log) = postmark().await;
    let outcomes = mailer(faults::options(&loopback)).send(&emails).await;
    let kinds: Vec<_> = outcomes.iter().map(kind).collect();
    assert_eq!(kinds, ["people", "accepted", "people", "people", "people", "accepted"]);
    let told: Vec<_> = [0, 2, 3, 4].map(|n| reason(&outcomes[n])).into();
    assert_eq!(
        told,
        [
            "the HTML part of the email is larger than the 5 MB that Postmark takes",
            "the text part of the email is larger than the 5 MB that Postmark takes",
            "the opt-out link is not a web address",
            "the email is larger than the 10 MB that Postmark takes",
        ]
    );
    assert_eq!(loopback.asked().len(), 1);
    assert_eq!(log.taken().len(), 2);
}

#[tokio::test]
async fn more_than_one_request_takes_are_several_requests() {
    let emails: Vec<_> = (0..1001).map(|n| outgoing(&format!("c.{n}"), message())).collect();
    let (loopback, log) = postmark().await;
    let (allowance, counter) = allowances::of(3);
    let options =
        PostmarkOptions { http: faults::options(&loopback), allowance, ..PostmarkOptions::default() };
    let outcomes = PostmarkMailer::new(&faults::key(), options).unwrap().send(&emails).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        let id = format!("0a8b1c2d-0000-4000-8000-{:012}", n + 1);
        assert_eq!(*outcome, SendOutcome::Accepted { provider_message_id: Some(id) });
    }
    let asked: Vec<_> = loopback
        .asked()
        .iter()
        .map(|request| (request.path.clone(), request.json().as_array().map_or(1, Vec::len)))
        .collect();
    let expected = [("/email/batch", 500), ("/email/batch", 500), ("/email", 1)];
    assert_eq!(asked, expected.map(|(path, emails)| (path.to_owned(), emails)));
    assert_eq!((counter.taken(), log.taken().len()), (3, 1001));
    let order: Vec<Value> =
        log.taken().iter().map(|email| email["Metadata"]["dripr_email_id"].clone()).collect();
    assert_eq!(order, (0..1001).map(|n| json!(format!("c.{n}"))).collect::<Vec<_>>());
}

#[tokio::test]
async fn requests_stay_under_fifty_megabytes() {
    let mut large = message();
    large.html = "x".repeat(4_900_000);
    let emails: Vec<_> = (0..12).map(|n| outgoing(&format!("c.{n}"), large.clone())).collect();
    let (loopback, log) = postmark().await;
    let outcomes = mailer(faults::options(&loopback)).send(&emails).await;
    assert!(outcomes.iter().all(|outcome| kind(outcome) == "accepted"));
    let sizes: Vec<_> = loopback.asked().iter().map(|request| request.body.len()).collect();
    assert!(sizes.len() == 2 && sizes.iter().all(|size| *size < 50_000_000), "{sizes:?}");
    assert_eq!(log.taken().len(), 12);
}

#[tokio::test]
async fn each_email_of_a_request_takes_its_own_outcome() {
    let mut emails = emails_to(&["a@home.example", imitation::INACTIVE, "b@home.example", imitation::NONE]);
    let mut unconfirmed = message();
    unconfirmed.from.address = imitation::UNCONFIRMED.parse().unwrap();
    emails.push(outgoing("c.5", unconfirmed));
    let (loopback, log) = postmark().await;
    let mailer = mailer(faults::options(&loopback));
    let together = mailer.send(&emails).await;
    let kinds: Vec<_> = together.iter().map(kind).collect();
    assert_eq!(kinds, ["accepted", "recipient", "accepted", "recipient", "people"]);
    assert_eq!((loopback.asked().len(), log.taken().len()), (1, 2));
    for (email, together) in emails.iter().zip(&together) {
        let alone = sent(&mailer, email).await;
        assert_eq!(kind(&alone), kind(together), "an email alone fares as among others");
        assert!(kind(&alone) == "accepted" || reason(&alone) == reason(together));
    }
}

#[tokio::test]
async fn what_was_taken_in_silence_is_found_and_what_was_not_is_not() {
    let (loopback, log) = postmark().await;
    let mailer = mailer(faults::options(&loopback));
    log.loses_answers.store(true, Ordering::SeqCst);
    let emails = emails_to(&["a@home.example", imitation::INACTIVE]);
    let outcomes = mailer.send(&emails).await;
    assert_eq!(outcomes.iter().map(kind).collect::<Vec<_>>(), ["unknown", "unknown"]);
    let id = Some("0a8b1c2d-0000-4000-8000-000000000001".to_owned());
    let found = mailer.look_up(&samples::inquiry(&emails[0])).await;
    assert_eq!(found, LookUp::Accepted { provider_message_id: id });
    assert_eq!(mailer.look_up(&samples::inquiry(&emails[1])).await, LookUp::NotAccepted);
    // This is why there is a settling time.
    log.is_slow.store(true, Ordering::SeqCst);
    assert_eq!(mailer.look_up(&samples::inquiry(&emails[0])).await, LookUp::NotAccepted);
}
