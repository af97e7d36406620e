//! The archive in a bucket, against a service on this machine that keeps objects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod loopback;

use std::{collections::HashMap, sync::Mutex, time::Duration};

use dripr_adapters::s3_archive::{S3Archive, S3Keys, S3Options};
use dripr_core::{
    errors::{Fault, PortResult},
    ids::{EmailId, UserId},
    ports::{Archive, Probe},
    testkit::contract,
};

use self::loopback::{
    Loopback, Reply,
    faults::{self, KEY, key},
};

fn archive(endpoint: &str, timeout: Duration) -> S3Archive {
    let mut options = S3Options::new("reports", "us-east-1");
    options.endpoint = Some(endpoint.to_owned());
    options.prefix = "sent/html".to_owned();
    options.keys = Some(S3Keys { access_key_id: "AKIDEXAMPLE".to_owned(), secret_access_key: key() });
    options.timeout = timeout;
    assert!(!format!("{options:?}").contains(KEY));
    let archive = S3Archive::new(options).unwrap();
    assert!(!format!("{archive:?}").contains(KEY));
    archive
}

/// A service that keeps what it is given.
async fn bucket() -> Loopback {
    let objects = Mutex::<HashMap<String, Vec<u8>>>::default();
    Loopback::answering(move |request| {
        let mut objects = objects.lock().unwrap();
        match request.method.as_str() {
            "PUT" => {
                objects.insert(request.path.clone(), request.body.clone());
                Reply::json(200, "").with("etag", "\"1\"")
            }
            "DELETE" => {
                objects.remove(&request.path);
                Reply::json(204, "")
            }
            _ => match objects.get(&request.path) {
                Some(body) => Reply::Whole {
                    status: 200,
                    headers: vec![
                        ("content-type", "text/html; charset=utf-8".to_owned()),
                        ("etag", "\"1\"".to_owned()),
                        ("last-modified", "Thu, 12 Mar 2026 15:00:00 GMT".to_owned()),
                    ],
                    body: body.clone(),
                },
                None => Reply::json(404, "<Error><Code>NoSuchKey</Code></Error>"),
            },
        }
    })
    .await
}

fn ids() -> (UserId, EmailId) {
    (UserId::new("agent").unwrap(), EmailId::new("campaign.1").unwrap())
}

#[tokio::test]
async fn it_is_an_archive() {
    let bucket = bucket().await;
    contract::archive(&archive(&bucket.base_url, Duration::from_secs(10))).await;
    assert!(bucket.asked().iter().all(|request| request.path.starts_with("/reports/sent/html/")));
}

#[tokio::test]
async fn objects_are_html_and_requests_are_signed() {
    let bucket = bucket().await;
    let (user, email) = ids();
    archive(&bucket.base_url, Duration::from_secs(10)).keep(&user, &email, "<p>Größe</p>").await.unwrap();
    let [asked] = &bucket.asked()[..] else { panic!("one request") };
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("PUT", "/reports/sent/html/agent/campaign.1.html")
    );
    assert_eq!(asked.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(asked.body, "<p>Größe</p>".as_bytes());
    let signed = asked.header("authorization").unwrap();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
    assert!(asked.headers.iter().all(|(_, value)| !value.contains(KEY)));
}

async fn both(reply: Reply, timeout: Duration) -> [PortResult<()>; 2] {
    let loopback = Loopback::giving([reply]).await;
    let archive = archive(&loopback.base_url, timeout);
    let (user, email) = ids();
    let kept = archive.keep(&user, &email, "<p>x</p>").await;
    [kept, archive.html(&user, &email).await.map(drop)]
}

#[tokio::test]
async fn what_goes_wrong_is_sorted_and_tells_no_secret() {
    let long = Duration::from_secs(10);
    for (status, expected) in
        [(403, Fault::Misconfigured), (401, Fault::Misconfigured), (400, Fault::Unavailable)]
    {
        for outcome in both(Reply::json(status, format!("<Error>{KEY}</Error>")), long).await {
            let error = outcome.unwrap_err();
            faults::tells_no_secret("S3", &error);
            assert_eq!(error.fault(), expected, "{status}: {error}");
        }
    }
    let [kept, _] = both(Reply::json(404, "<Error><Code>NoSuchBucket</Code></Error>"), long).await;
    assert_eq!(kept.unwrap_err().fault(), Fault::Misconfigured, "there is no bucket");
    for outcome in both(Reply::Silence, Duration::from_millis(50)).await {
        assert_eq!(outcome.unwrap_err().fault(), Fault::Unavailable);
    }
    // Neither too much nor what is no text comes back.
    let huge = Reply::Whole {
        status: 200,
        headers: vec![("last-modified", "Thu, 12 Mar 2026 15:00:00 GMT".to_owned())],
        body: vec![b' '; 33 << 20],
    };
    let [_, read] = both(huge, long).await;
    assert_eq!(read.unwrap_err().fault(), Fault::Corrupt);
    let binary = Reply::Whole {
        status: 200,
        headers: vec![("last-modified", "Thu, 12 Mar 2026 15:00:00 GMT".to_owned())],
        body: vec![0xff, 0xfe],
    };
    let [_, read] = both(binary, long).await;
    assert_eq!(read.unwrap_err().fault(), Fault::Corrupt);
}

#[tokio::test]
async fn a_probe_reads_what_is_not_there() {
    let bucket = bucket().await;
    let works = archive(&bucket.base_url, Duration::from_secs(10));
    works.probe().await.unwrap();
    let [asked] = &bucket.asked()[..] else { panic!("one request") };
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/reports/sent/html/.probe"));
    assert!(asked.header("authorization").unwrap().contains("Credential=AKIDEXAMPLE/"));
    let refusing = Loopback::giving([Reply::json(404, "<Error><Code>NoSuchBucket</Code></Error>")]).await;
    contract::probe(&works, &archive(&refusing.base_url, Duration::from_secs(10))).await;
    assert!(bucket.asked().iter().all(|request| request.method == "GET"), "nothing is written");
    assert_eq!(bucket.asked().len(), 5, "a call for a probe");
}

#[tokio::test]
async fn a_probe_asks_once_and_says_what_is_wrong() {
    let coded = |status, code: &str| {
        let error = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Key>{KEY}</Key></Error>");
        Reply::json(status, error)
    };
    let refused = "the key is refused, or may not read, write and list the bucket";
    for (reply, fault, why) in [
        (coded(404, "NoSuchBucket"), Fault::Misconfigured, "there is no such bucket"),
        (
            Reply::json(404, "<html>nothing here</html>"),
            Fault::Misconfigured,
            "there is no such bucket, or what answers is not S3",
        ),
        (coded(403, "InvalidAccessKeyId"), Fault::Misconfigured, "the service does not know the key"),
        (coded(403, "SignatureDoesNotMatch"), Fault::Misconfigured, "the secret is not that of the key"),
        (coded(403, "RequestTimeTooSkewed"), Fault::Misconfigured, "the clock of this machine is wrong"),
        (coded(403, "AccessDenied"), Fault::Misconfigured, refused),
        (Reply::json(403, ""), Fault::Misconfigured, refused),
        (Reply::json(401, ""), Fault::Misconfigured, "the key is refused"),
        (coded(400, "ExpiredToken"), Fault::Misconfigured, "the session that the key belongs to has ended"),
        (coded(400, "AuthorizationHeaderMalformed"), Fault::Misconfigured, "the bucket is in another region"),
        (Reply::json(301, ""), Fault::Misconfigured, "the bucket is in another region"),
        (coded(503, "SlowDown"), Fault::Throttled, "the service asks for a pause"),
        (coded(500, "InternalError"), Fault::Unavailable, "the service failed"),
        (coded(400, "SomethingNew"), Fault::Unavailable, "the service failed"),
        (Reply::Reset, Fault::Unavailable, "the service failed"),
        (Reply::Silence, Fault::Unavailable, "the service did not answer in time"),
    ] {
        let loopback = Loopback::giving([reply.clone()]).await;
        let timeout = if matches!(reply, Reply::Silence) { 50 } else { 10_000 };
        let archive = archive(&loopback.base_url, Duration::from_millis(timeout));
        let error = archive.probe().await.unwrap_err();
        faults::tells_no_secret("S3", &error);
        assert_eq!(
            (error.fault(), error.to_string()),
            (fault, format!("the S3 archive cannot be used: {why}"))
        );
        assert_eq!(loopback.asked().len(), 1, "{reply:?}");
    }
    let error = archive(&loopback::nowhere(), Duration::from_secs(10)).probe().await.unwrap_err();
    let sentence = "the S3 archive cannot be used: the service cannot be reached";
    assert_eq!((error.fault(), error.to_string().as_str()), (Fault::Unavailable, sentence));
}
