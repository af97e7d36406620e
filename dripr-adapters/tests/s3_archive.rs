//! The archive in a bucket, against a service on this machine that keeps objects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod loopback;

use std::{collections::HashMap, sync::Mutex, time::Duration};

use dripr_adapters::s3_archive::{S3Archive, S3Keys, S3Options};
use dripr_core::{
    errors::{Fault, PortResult},
    ids::{EmailId, UserId},
    ports::Archive,
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
