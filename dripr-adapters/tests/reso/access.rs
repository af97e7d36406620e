//! Getting in.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_adapters::{
    http::{HttpOptions, UnusableApi},
    reso::{Access, ResoOptions, ResoWebApi},
};
use dripr_core::{
    content::Listing,
    errors::{Fault, PortResult},
    ports::{Allowance, Clock, PropertySource},
    testkit::ManualClock,
};

use crate::{
    allowances, clock, day,
    loopback::{Loopback, Reply, Request, faults},
    options, zip,
};

/// An MLS at the loopback that gives tokens there too.
pub(crate) fn fetching(http: HttpOptions, clock: Arc<ManualClock>) -> ResoWebApi {
    let root = http.base_url.clone().unwrap();
    let access = Access::ClientCredentials {
        token_url: format!("{root}/oauth2/token"),
        client_id: "brokerage".to_owned(),
        client_secret: faults::key(),
        scope: Some("api".to_owned()),
    };
    ResoWebApi::new(ResoOptions { access, ..options(http) }, clock).unwrap()
}

async fn listings(reso: &ResoWebApi, allowance: &Allowance) -> PortResult<Vec<Listing>> {
    reso.active_listings(zip("78734"), day("2026-03-12"), 5, allowance).await
}

/// Gives tokens that are called after the number of requests so far, and answers those who bring one that is good.
pub(crate) async fn giving_tokens(
    good: impl Fn(&str) -> bool + Send + Sync + 'static,
    expires_in: &'static str,
    answer: impl Fn() -> Reply + Send + Sync + 'static,
) -> Loopback {
    let given = std::sync::atomic::AtomicUsize::new(0);
    Loopback::answering(move |request| match request.path.as_str() {
        "/oauth2/token" => {
            let number = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            let token =
                format!(r#"{{"access_token":"{}-{number}","token_type":"bearer"{expires_in}}}"#, faults::KEY);
            Reply::ok(token)
        }
        _ if request.header("authorization").is_some_and(&good) => answer(),
        _ => Reply::json(403, "{}"),
    })
    .await
}

fn nothing() -> Reply {
    Reply::ok(r#"{"value":[]}"#)
}

pub(crate) fn paths(loopback: &Loopback) -> Vec<String> {
    loopback.asked().into_iter().map(|request: Request| request.path).collect()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept_until_shortly_before_it_expires() {
    let loopback = giving_tokens(|_| true, r#","expires_in":3600"#, nothing).await;
    let clock = clock("2026-03-12");
    let reso = fetching(faults::options(&loopback), clock.clone());
    let (allowance, counter) = allowances::of(100);
    listings(&reso, &allowance).await.unwrap();
    listings(&reso.clone(), &allowance).await.unwrap();
    assert_eq!(paths(&loopback), ["/oauth2/token", "/Property", "/Property"]);
    assert_eq!(counter.taken(), 3, "a token costs a call too");
    clock.set(clock.now() + TimeDelta::seconds(3_539));
    listings(&reso, &allowance).await.unwrap();
    assert_eq!(loopback.asked().len(), 4);
    clock.set(clock.now() + TimeDelta::seconds(1));
    listings(&reso, &allowance).await.unwrap();
    assert_eq!(paths(&loopback)[4..], ["/oauth2/token", "/Property"]);
    let asked = loopback.asked();
    let form =
        format!("grant_type=client_credentials&client_id=brokerage&client_secret={}&scope=api", faults::KEY);
    assert_eq!((asked[0].method.as_str(), String::from_utf8_lossy(&asked[0].body)), ("POST", form.into()));
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked[0].header("authorization"), None);
    let bearer = |number| format!("Bearer {}-{number}", faults::KEY);
    assert_eq!(asked[1].header("authorization"), Some(bearer(1).as_str()));
    assert_eq!(asked[5].header("authorization"), Some(bearer(2).as_str()));
}

#[tokio::test]
async fn odd_expiries_are_taken() {
    for (expires_in, lasts) in [
        (r#","expires_in":"3600""#, 3_539),
        ("", 3_539),
        (r#","expires_in":null"#, 3_539),
        (r#","expires_in":1e300"#, 2_591_939),
        (r#","expires_in":100"#, 49),
    ] {
        let loopback = giving_tokens(|_| true, expires_in, nothing).await;
        let clock = clock("2026-03-12");
        let reso = fetching(faults::options(&loopback), clock.clone());
        for (seconds, requests) in [(0, 2), (lasts, 3), (1, 5)] {
            clock.set(clock.now() + TimeDelta::seconds(seconds));
            listings(&reso, &Allowance::unlimited()).await.unwrap();
            assert_eq!(loopback.asked().len(), requests, "{expires_in} {seconds}");
        }
    }
    // One that has expired when it comes serves for the question it was fetched for.
    for expires_in in [r#","expires_in":0"#, r#","expires_in":-5"#] {
        let loopback = giving_tokens(|_| true, expires_in, nothing).await;
        let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
        listings(&reso, &Allowance::unlimited()).await.unwrap();
        assert_eq!(loopback.asked().len(), 2);
    }
}

#[tokio::test]
async fn many_at_once_fetch_one_token() {
    let loopback = giving_tokens(|_| true, r#","expires_in":3600"#, nothing).await;
    let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
    let unlimited = Allowance::unlimited();
    let (a, b, c) =
        tokio::join!(listings(&reso, &unlimited), listings(&reso, &unlimited), listings(&reso, &unlimited));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    let fetched = paths(&loopback).iter().filter(|path| *path == "/oauth2/token").count();
    assert_eq!((fetched, loopback.asked().len()), (1, 4));
}

#[tokio::test]
async fn a_token_that_is_refused_is_fetched_anew_once() {
    let second_only = |token: &str| token.ends_with("-2");
    let loopback = giving_tokens(second_only, "", nothing).await;
    let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
    listings(&reso, &Allowance::unlimited()).await.unwrap();
    let expected = ["/oauth2/token", "/Property", "/oauth2/token", "/Property"];
    assert_eq!(paths(&loopback), expected);

    let loopback = giving_tokens(|_| false, "", nothing).await;
    let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
    let error = listings(&reso, &Allowance::unlimited()).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Misconfigured);
    assert_eq!(paths(&loopback), expected);
    faults::tells_no_secret("a refused token", &error);
}

#[tokio::test]
async fn client_credentials_that_are_refused_are_for_people() {
    for (reply, fault) in [
        (Reply::json(400, r#"{"error":"invalid_client"}"#), Fault::Misconfigured),
        (Reply::json(401, r#"{"error":"invalid_client"}"#), Fault::Misconfigured),
        (Reply::json(400, "{}"), Fault::Invalid),
        (Reply::ok(r#"{"token_type":"bearer"}"#), Fault::Garbled),
        (Reply::ok(r#"{"access_token":"line\nbreak"}"#), Fault::Garbled),
        (Reply::ok(r#"{"access_token":null}"#), Fault::Garbled),
    ] {
        let loopback = Loopback::giving([reply.clone()]).await;
        let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
        let error = listings(&reso, &Allowance::unlimited()).await.unwrap_err();
        assert_eq!(error.fault(), fault, "{reply:?}: {error}");
        faults::tells_no_secret("credentials", &error);
        assert_eq!(loopback.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_token_is_not_fetched_without_leave() {
    let loopback = giving_tokens(|_| true, "", nothing).await;
    let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
    let error = listings(&reso, &allowances::none()).await.unwrap_err();
    assert_eq!((error.fault(), loopback.asked().len()), (Fault::NotAllowed, 0));
    let (one, _) = allowances::of(1);
    assert_eq!(listings(&reso, &one).await.unwrap_err().fault(), Fault::NotAllowed);
    assert_eq!(paths(&loopback), ["/oauth2/token"]);
}

#[tokio::test]
async fn whatever_goes_wrong_with_tokens_is_sorted() {
    faults::all("a token", &[], async |options| {
        listings(&fetching(options, clock("2026-03-12")), &Allowance::unlimited()).await.map(drop)
    })
    .await;
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_secret_prints() {
    let made = |options| ResoWebApi::new(options, clock("2026-03-12"));
    let good = options(HttpOptions::default());
    let printed = format!("{good:?} {:?}", made(good.clone()).unwrap());
    assert!(!printed.contains(faults::KEY) && printed.contains("mls.example.org"), "{printed}");
    let nowhere = ResoOptions { service_root: "mls.example.org".to_owned(), ..good.clone() };
    assert!(matches!(made(nowhere), Err(UnusableApi::Url { .. })));
    let line = ResoOptions { access: Access::Token("a\nb".into()), ..good.clone() };
    assert!(matches!(made(line), Err(UnusableApi::Key { .. })));
    for token_url in ["", "https://mls.example.org", "ftp://mls.example.org/token"] {
        let access = Access::ClientCredentials {
            token_url: token_url.to_owned(),
            client_id: "brokerage".to_owned(),
            client_secret: faults::key(),
            scope: None,
        };
        let error = made(ResoOptions { access, ..good.clone() }).unwrap_err();
        assert!(error.to_string().contains(&format!("{token_url:?}")), "{error}");
    }
}
