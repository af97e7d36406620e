//! Outgoing webhooks, at a loopback server that takes, refuses, leads elsewhere, talks without end and hangs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod loopback;

use std::{
    io::ErrorKind,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use dripr_adapters::{
    standard_webhooks::{Headers, Rejection, Secret, Verifier},
    webhook_sender::{SendOptions, Sender},
    webhook_vault::WebhookVault,
};
use dripr_core::{
    access::{Caller, Reach},
    ids::{WebhookId, WebhookMessageId},
    ports::WebhookSender,
    schedule::Instant,
    testkit::{ManualClock, SeededEntropy},
    webhooks::{Endpoint, KeptSecret, Kinds, Message, NewEndpoint, Outcome, Trouble},
};
use loopback::{Loopback, Reply, Request, nowhere};
use serde_json::json;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEWER: &str = "whsec_plJ3nmyCDGBKInavdOK15jsl8Yf3yKN7";

fn now() -> Instant {
    "2026-03-12T15:01:00Z".parse().unwrap()
}

fn vault() -> WebhookVault {
    WebhookVault::new(Arc::new(SeededEntropy::new(1)))
}

fn sender(allow_private: bool) -> Sender {
    let options = SendOptions { timeout: Duration::from_millis(500), allow_private };
    Sender::new(options, vault(), Arc::new(ManualClock::at(now()))).unwrap()
}

fn endpoint(url: &str) -> Endpoint {
    let new = NewEndpoint {
        id: WebhookId::new("crm").unwrap(),
        reach: Reach::Deployment,
        description: String::new(),
        url: url.to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain(SECRET.into()),
    };
    Endpoint::new(new, &Caller::operator(), now())
}

fn message() -> Message {
    let at = "2026-03-12T15:00:00.25Z".parse().unwrap();
    Message {
        data: json!({ "because": "\"quoted\" \u{1F4A5} & more" }),
        ..Message::test(WebhookMessageId::new("msg_1").unwrap(), at)
    }
}

/// As a receiver would.
fn verified(request: &Request, secret: &str) -> Result<(), Rejection> {
    let secret: Secret = secret.parse().unwrap();
    let headers = Headers::find(|name| request.header(name))?;
    Verifier::new(vec![secret]).verify(headers, &request.body, now())
}

#[tokio::test]
async fn a_message_comes_whole_and_signed() {
    let server = Loopback::answering(|_| Reply::json(204, "")).await;
    let mut endpoint = endpoint(&format!("{}/hooks/a?key=1", server.base_url));
    let sender = sender(true);
    let answer = sender.send(&endpoint, &message()).await;
    assert_eq!((answer.outcome, answer.retry_after), (Outcome::Answered(204), None));
    let asked = server.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/hooks/a"));
    assert_eq!(asked.query("key"), Some("1"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("webhook-id"), Some("msg_1"));
    let data = json!({ "because": "\"quoted\" \u{1F4A5} & more" });
    let body = json!({ "type": "webhook.test", "timestamp": "2026-03-12T15:00:00.250Z", "data": data });
    assert_eq!(asked.json(), body);
    assert_eq!(verified(&asked, SECRET), Ok(()));
    assert_eq!(verified(&asked, NEWER), Err(Rejection::Signature));

    // While the secret is exchanged both sign, and then only the newer.
    endpoint.rotate(KeptSecret::Plain(NEWER.into()), now());
    sender.send(&endpoint, &message()).await;
    let asked = server.asked().remove(1);
    assert_eq!(asked.header("webhook-signature").unwrap().split(' ').count(), 2);
    assert_eq!((verified(&asked, SECRET), verified(&asked, NEWER)), (Ok(()), Ok(())));
    endpoint.former.as_mut().unwrap().until = now();
    sender.send(&endpoint, &message()).await;
    let asked = server.asked().remove(2);
    assert_eq!((verified(&asked, SECRET), verified(&asked, NEWER)), (Err(Rejection::Signature), Ok(())));
}

#[tokio::test]
async fn what_is_answered_counts_and_nobody_is_led_elsewhere() {
    let elsewhere = Loopback::answering(|_| Reply::ok("")).await;
    let target = elsewhere.base_url.clone();
    let answered = Outcome::Answered;
    for (reply, outcome, pause) in [
        (Reply::ok("thanks"), answered(200), None),
        (Reply::json(500, "no"), answered(500), None),
        (Reply::json(410, "no"), answered(410), None),
        (Reply::json(503, "").with("retry-after", "120"), answered(503), Some(120)),
        (Reply::json(429, "").with("retry-after", "999999999"), answered(429), Some(24 * 3600)),
        (Reply::json(307, "").with("location", target.clone()), answered(307), None),
        (Reply::json(301, "").with("location", target), answered(301), None),
        (Reply::Endless(64 << 20), answered(200), None),
        (Reply::Truncated(b"{".to_vec()), answered(200), None),
        (Reply::Reset, Outcome::Failed(Trouble::BrokenOff), None),
        (Reply::Silence, Outcome::Failed(Trouble::TimedOut), None),
    ] {
        let server = Loopback::giving([reply.clone()]).await;
        let answer = sender(true).send(&endpoint(&server.base_url), &message()).await;
        assert_eq!(answer.outcome, outcome, "{reply:?}");
        assert_eq!(answer.retry_after.map(|pause| pause.as_secs()), pause, "{reply:?}");
        assert_eq!(server.asked().len(), 1, "once: {reply:?}");
    }
    let answer = sender(true).send(&endpoint(&nowhere()), &message()).await;
    assert_eq!(answer.outcome, Outcome::Failed(Trouble::Unreachable));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn what_only_this_machine_reaches_is_not_even_connected_to() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let private = Outcome::Failed(Trouble::PrivateAddress);
    for (host, outcome) in [
        // A number in any spelling, and a name that means one, judged when it is connected to.
        ("127.0.0.1", private),
        ("2130706433", private),
        ("0x7f.1", private),
        ("[::ffff:127.0.0.1]", private),
        ("localhost", private),
    ] {
        let answer = sender(false).send(&endpoint(&format!("https://{host}:{port}/")), &message()).await;
        assert_eq!(answer.outcome, outcome, "{host}");
    }
    let plain = sender(false).send(&endpoint(&format!("http://127.0.0.1:{port}/")), &message()).await;
    assert_eq!(plain.outcome, Outcome::Failed(Trouble::Address));
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
    // Where it is allowed somebody comes.
    sender(true).send(&endpoint(&format!("http://localhost:{port}/")), &message()).await;
    assert!(listener.accept().is_ok());
}

#[tokio::test]
async fn without_the_key_of_the_secret_nothing_is_sent() {
    let server = Loopback::answering(|_| Reply::ok("")).await;
    let mut endpoint = endpoint(&server.base_url);
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into();
    let sealing = vault().sealing(&key, &[]).unwrap();
    endpoint.secret = sealing.keep(&endpoint.id, &SECRET.into()).unwrap();
    let answer = sender(true).send(&endpoint, &message()).await;
    assert_eq!(answer.outcome, Outcome::Failed(Trouble::Secret));
    let options = SendOptions { allow_private: true, ..SendOptions::default() };
    let sender = Sender::new(options, sealing, Arc::new(ManualClock::at(now()))).unwrap();
    assert_eq!(sender.send(&endpoint, &message()).await.outcome, Outcome::Answered(200));
    assert_eq!(server.asked().len(), 1);
    assert_eq!(verified(&server.asked()[0], SECRET), Ok(()));
}

/// What the documentation shows receivers, run as it stands there.
#[tokio::test]
async fn the_documented_way_to_verify_works() {
    let page = include_str!("../../docs/webhooks.md");
    let shown = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let python = |arguments: [&str; 4], body: &[u8]| {
        let program = format!(
            "import sys\n{shown}\nsecret, id, timestamp, signature = sys.argv[1:]\n\
             headers = {{'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature}}\n\
             sys.exit(0 if verified(secret, headers, sys.stdin.buffer.read(), now={}) else 3)\n",
            now().timestamp()
        );
        let started = Command::new("python3")
            .args(["-c", &program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => panic!("{error}"),
        };
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), body).unwrap();
        Some(child.wait().unwrap().code().unwrap())
    };
    let server = Loopback::answering(|_| Reply::ok("")).await;
    let mut endpoint = endpoint(&server.base_url);
    endpoint.rotate(KeptSecret::Plain(NEWER.into()), now());
    sender(true).send(&endpoint, &message()).await;
    let asked = server.asked().remove(0);
    let header = |name| asked.header(name).unwrap();
    let (id, timestamp, signature) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    for (arguments, body, code) in [
        ([SECRET, id, timestamp, signature], asked.body.clone(), 0),
        ([NEWER, id, timestamp, signature], asked.body.clone(), 0),
        ([SECRET, "msg_2", timestamp, signature], asked.body.clone(), 3),
        ([SECRET, id, "1773327659", signature], asked.body.clone(), 3),
        ([SECRET, id, timestamp, signature], b"{}".to_vec(), 3),
        (["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", id, timestamp, signature], asked.body.clone(), 3),
    ] {
        match python(arguments, &body) {
            Some(found) => assert_eq!(found, code, "{arguments:?}"),
            None => return eprintln!("there is no python3 here"),
        }
    }
}
