//! What becomes of emails, whatever Postmark answers.

use std::time::Duration;

use dripr_adapters::{
    http::{HttpOptions, UnusableApi},
    postmark::{PostmarkMailer, PostmarkOptions},
};
use dripr_core::{
    email::OutgoingEmail,
    ports::{LookUp, Mailer, Probe, SendOutcome},
    testkit::samples,
};
use futures_util::FutureExt;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::{
    allowances, answering, email, emails_to, faults, kind,
    loopback::{Loopback, Reply, nowhere},
    mailer, message, outgoing, reason, sample, sent,
};

fn at(base_url: String) -> HttpOptions {
    HttpOptions { base_url: Some(base_url), ..HttpOptions::default() }
}

fn said(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(status, json!({"ErrorCode": code, "Message": message}).to_string())
}

/// What becomes of one email, and of two in one request.
async fn alone_and_together(reply: Reply) -> (SendOutcome, Vec<SendOutcome>) {
    let (loopback, mailer) = answering(reply).await;
    let alone = sent(&mailer, &email()).await;
    let together = mailer.send(&emails_to(&["kim@home.example", "lee@home.example"])).await;
    let paths: Vec<_> = loopback.asked().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/email", "/email/batch"], "nothing is handed over twice");
    (alone, together)
}

#[tokio::test]
async fn recorded_answers_are_understood() {
    for (status, body, expected) in [
        (200, sample!("send.ok"), "accepted"),
        (200, sample!("send.ok-some-inactive"), "recipient"),
        (422, sample!("error.422-406-inactive"), "recipient"),
        (406, sample!("error.422-406-inactive"), "recipient"),
        (200, sample!("error.422-406-inactive"), "recipient"),
        (422, sample!("error.422-300-invalid-to"), "recipient"),
    ] {
        let (_loopback, mailer) = answering(Reply::json(status, body)).await;
        let outcome = sent(&mailer, &email()).await;
        assert_eq!(kind(&outcome), expected, "{status} {body}");
        match outcome {
            SendOutcome::Accepted { provider_message_id } => {
                assert_eq!(provider_message_id.as_deref(), Some("abcdef01-2345-6789-0123-456789abcdef"));
            }
            refused => drop(reason(&refused).to_owned()),
        }
    }
}

#[tokio::test]
async fn the_code_decides_and_not_the_status() {
    for (code, message, expected, words) in [
        (10, "Bad token", "people", "server token"),
        (300, "Invalid 'To' address: 'kim@home.example'.", "recipient", "address is none"),
        (300, "Invalid 'From' address: 'ana@brokerage.example'.", "people", "its From"),
        (300, "Error parsing 'To': Illegal email address", "people", "its To"),
        (300, "Invalid metadata content.", "people", "its metadata"),
        (300, "", "people", "not valid"),
        (400, "Sender signature not found.", "people", "sender's address"),
        (401, "Sender signature not confirmed.", "people", "confirmed"),
        (405, "Not allowed to send.", "people", "send any more"),
        (406, "inactive", "recipient", "nothing to this recipient"),
        (409, "JSON required.", "people", "cannot read"),
        (412, "Account is pending approval.", "people", "not approved"),
        (429, "Too many.", "not sent", "pause"),
        (1235, "The stream does not exist.", "people", "ErrorCode 1235"),
    ] {
        for status in [200, 400, 401, 406, 422] {
            let (_loopback, mailer) = answering(said(status, code, message)).await;
            let outcome = sent(&mailer, &email()).await;
            assert_eq!(kind(&outcome), expected, "{status} {code}");
            assert!(reason(&outcome).contains(words), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_pause_counts_from_the_instant_of_sending() {
    for (reply, not_before) in [
        (Reply::json(429, ""), None),
        (said(429, 0, "later").with("retry-after", "90"), Some("2026-03-12T15:01:30Z")),
        (Reply::json(429, "<html>").with("retry-after", "soon"), None),
    ] {
        let (alone, together) = alone_and_together(reply).await;
        for outcome in [&alone].into_iter().chain(&together) {
            reason(outcome);
            let SendOutcome::NotSent { not_before: found, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(*found, not_before.map(|at| at.parse().unwrap()));
        }
    }
}

#[tokio::test]
async fn whatever_goes_wrong_after_the_email_may_have_arrived_is_unknown() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let latin1 = Reply::ok(b"{\"ErrorCode\":0,\"Message\":\"\xe9\"}".to_vec());
    let cases = [
        ("500", said(500, 0, "no")),
        ("500 with a code", said(500, 406, "no")),
        ("502", Reply::json(502, "<html>")),
        ("503", said(503, 100, "maintenance").with("retry-after", "7")),
        ("504", Reply::json(504, "")),
        ("408", Reply::json(408, "")),
        ("redirect", Reply::json(302, "").with("location", "http://127.0.0.1:9/")),
        ("silence", Reply::Silence),
        ("reset", Reply::Reset),
        ("truncated", Reply::Truncated(sample!("send.ok").as_bytes().to_vec())),
        ("empty", Reply::ok("")),
        ("no JSON", Reply::ok("<html>OK</html>")),
        ("another charset", latin1),
        ("too deep", Reply::ok(deep)),
        ("100 MB", Reply::Endless(100 << 20)),
        ("nothing said", Reply::ok("{}")),
        ("null", Reply::ok("null")),
        ("no code", Reply::ok(r#"{"Message":"OK","MessageID":"x"}"#)),
        ("a code that is none", Reply::ok(r#"{"ErrorCode":"fine","MessageID":"x"}"#)),
        ("a negative code", Reply::ok(r#"{"ErrorCode":-1}"#)),
    ];
    for (fault, reply) in cases {
        let loopback = Loopback::giving([reply]).await;
        let mut options = faults::options(&loopback);
        if fault == "silence" {
            options.timeout = Duration::from_millis(200);
        }
        let mailer = mailer(options);
        let mut outcomes = vec![sent(&mailer, &email()).await];
        outcomes.extend(mailer.send(&emails_to(&["kim@home.example", "lee@home.example"])).await);
        assert_eq!(outcomes.len(), 3);
        for outcome in outcomes {
            assert_eq!(kind(&outcome), "unknown", "{fault}: {outcome:?}");
            reason(&outcome);
        }
        assert_eq!(loopback.asked().len(), 2, "{fault}: nothing is handed over twice");
    }
}

#[tokio::test]
async fn what_never_left_is_not_sent() {
    // Accepts connections, and never speaks TLS.
    let mute = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mute_url = format!("https://{}", mute.local_addr().unwrap());
    let waiting = HttpOptions { timeout: Duration::from_millis(400), ..at(mute_url) };
    // Speaks HTTP where TLS is wanted.
    let plain = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let plain_url = format!("https://{}", plain.local_addr().unwrap());
    let speaking = tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    // No name has a part of more than 63 letters, which is known without asking anybody.
    let unknown_name = format!("http://{}.invalid", "x".repeat(64));
    for (fault, options) in [
        ("refused", at(nowhere())),
        ("no such name", at(unknown_name)),
        ("no TLS", at(plain_url)),
        ("TLS that is not answered", waiting),
    ] {
        let mailer = mailer(options);
        let mut outcomes = vec![sent(&mailer, &email()).await];
        outcomes.extend(mailer.send(&emails_to(&["kim@home.example", "lee@home.example"])).await);
        for outcome in outcomes {
            assert_eq!(kind(&outcome), "not sent", "{fault}: {outcome:?}");
            reason(&outcome);
        }
        assert_eq!(mailer.look_up(&samples::inquiry(&email())).await, LookUp::CannotTell, "{fault}");
    }
    speaking.abort();
}

#[tokio::test]
async fn without_an_allowance_nothing_is_asked() {
    let loopback = Loopback::giving([Reply::ok(sample!("send.ok"))]).await;
    let options = PostmarkOptions {
        http: faults::options(&loopback),
        allowance: allowances::none(),
        ..PostmarkOptions::default()
    };
    let mailer = PostmarkMailer::new(&faults::key(), options).unwrap();
    assert_eq!(kind(&sent(&mailer, &email()).await), "not sent");
    assert_eq!(mailer.look_up(&samples::inquiry(&email())).await, LookUp::CannotTell);
    assert!(loopback.asked().is_empty());
}

#[tokio::test]
async fn refusals_without_a_code_go_to_people() {
    for (status, words) in [
        (400, "refuses the emails (HTTP 400)"),
        (401, "server token"),
        (403, "server token"),
        (404, "nothing at the address"),
        (406, "refuses the emails (HTTP 406)"),
        (413, "too large"),
        (415, "refuses the emails (HTTP 415)"),
        (422, "refuses the emails (HTTP 422)"),
    ] {
        for body in ["", "<html>", "[]", "{}", r#"{"ErrorCode":0,"Message":"OK"}"#] {
            let (alone, together) = alone_and_together(Reply::json(status, body)).await;
            for outcome in [&alone].into_iter().chain(&together) {
                assert_eq!(kind(outcome), "people", "{status} {body}");
                assert!(reason(outcome).contains(words), "{outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_is_refused_because_of_one_recipient_costs_the_other_nothing() {
    for (code, message) in [
        (406, "Found inactive addresses: Kim@home.example. Inactive recipients are ones that bounced."),
        (300, "Invalid 'To' address: 'kim@home.example'."),
    ] {
        let (alone, together) = alone_and_together(said(422, code, message)).await;
        assert_eq!(kind(&alone), "recipient");
        assert_eq!(together.iter().map(kind).collect::<Vec<_>>(), ["recipient", "not sent"]);
        reason(&together[1]);
    }
    // An address is not named by a longer one.
    let (_, together) =
        alone_and_together(said(422, 406, "Found inactive addresses: xkim@home.example.")).await;
    assert_eq!(together.iter().map(kind).collect::<Vec<_>>(), ["not sent", "not sent"]);
}

#[tokio::test]
async fn what_an_answer_does_not_speak_of_is_unknown_and_nothing_else_is() {
    let entry = |code: u32, message: &str| json!({"ErrorCode": code, "Message": message, "MessageID": "m"});
    let (good, bad) = (entry(0, "OK"), entry(406, "inactive"));
    for (entries, expected) in [
        (json!([good, bad, good]), ["accepted", "recipient", "accepted"]),
        (json!([bad, good]), ["recipient", "accepted", "unknown"]),
        (json!([]), ["unknown", "unknown", "unknown"]),
        (json!([good, null, bad]), ["accepted", "unknown", "recipient"]),
        (json!([good, {}, [0], good]), ["unknown", "unknown", "unknown"]),
        (json!([{"ErrorCode": "0"}, "OK", [0]]), ["accepted", "unknown", "unknown"]),
        (json!({"ErrorCode": 0, "Message": "OK"}), ["unknown", "unknown", "unknown"]),
    ] {
        let (_loopback, mailer) = answering(Reply::ok(entries.to_string())).await;
        let outcomes = mailer.send(&emails_to(&["a@home.example", "b@home.example", "c@home.example"])).await;
        assert_eq!(outcomes.iter().map(kind).collect::<Vec<_>>(), expected, "{entries}");
    }
    // Nor does a list answer for one that was given by itself.
    let (_loopback, mailer) = answering(Reply::ok(json!([good]).to_string())).await;
    assert_eq!(kind(&sent(&mailer, &email()).await), "unknown");
}

#[tokio::test]
async fn after_trouble_the_rest_is_left_alone() {
    for (reply, first) in [
        (Reply::json(429, "").with("retry-after", "7"), "not sent"),
        (said(401, 10, "no"), "people"),
        (Reply::Reset, "unknown"),
    ] {
        let (loopback, mailer) = answering(reply).await;
        let emails: Vec<OutgoingEmail> = (0..501).map(|n| outgoing(&format!("c.{n}"), message())).collect();
        let outcomes = mailer.send(&emails).await;
        assert_eq!(outcomes.len(), 501);
        assert!(outcomes[..500].iter().all(|outcome| kind(outcome) == first));
        assert_eq!(kind(&outcomes[500]), "not sent");
        reason(&outcomes[500]);
        assert_eq!(loopback.asked().len(), 1);
    }
}

#[test]
fn outside_of_a_runtime_it_says_so() {
    let mailer = mailer(HttpOptions::default());
    let outcomes = mailer.send(&emails_to(&["a@home.example", "b@home.example"])).now_or_never().unwrap();
    assert_eq!(outcomes.iter().map(kind).collect::<Vec<_>>(), ["people", "people"]);
    let found = mailer.look_up(&samples::inquiry(&email())).now_or_never();
    assert_eq!(found, Some(LookUp::CannotTell));
    assert!(mailer.probe().now_or_never().unwrap().is_err());
}

#[test]
fn what_cannot_be_used_is_refused_and_nothing_secret_prints() {
    let broken = "to\r\nken".into();
    let error = PostmarkMailer::new(&broken, PostmarkOptions::default()).unwrap_err();
    assert!(matches!(error, UnusableApi::Key { provider: "Postmark" }), "{error}");
    let nowhere = PostmarkOptions { http: at("postmark".to_owned()), ..PostmarkOptions::default() };
    let error = PostmarkMailer::new(&faults::key(), nowhere).unwrap_err();
    assert!(matches!(error, UnusableApi::Url { .. }), "{error}");
    let mailer = mailer(HttpOptions::default());
    assert!(!format!("{mailer:?}").contains(faults::KEY));
}
