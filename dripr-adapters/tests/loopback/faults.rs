//! Everything a provider does wrong, and what an adapter is to make of it. Each adapter goes through all of it, for each
//! of its questions, with one line.

use std::time::Duration;

use dripr_adapters::http::HttpOptions;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Probe,
};
use secrecy::SecretString;

use super::{Loopback, Reply};

/// A key that must appear nowhere.
pub(crate) const KEY: &str = "k3y-that-nobody-may-see";

pub(crate) fn key() -> SecretString {
    KEY.into()
}

/// Options for a provider on this machine.
pub(crate) fn options(loopback: &Loopback) -> HttpOptions {
    HttpOptions { base_url: Some(loopback.base_url.clone()), ..HttpOptions::default() }
}

/// Asks through `ask` while the provider does each thing wrong. `ask` makes the adapter with the options it is given, asks
/// one question, and gives the error there was. `also_good` names faults whose answer is no error for this provider (for
/// many, a 404 means an empty list).
pub(crate) async fn all<A>(what: &str, also_good: &[&str], ask: A)
where
    A: AsyncFn(HttpOptions) -> PortResult<()>,
{
    each(what, also_good, usize::MAX, ask).await;
}

/// Probes while the provider does each thing wrong, every time with a new adapter, and sees that no probe asks twice.
pub(crate) async fn all_of_a_probe<P: Probe>(make: impl Fn(HttpOptions) -> P) {
    each("a probe", &[], 1, async |options| make(options).probe().await).await;
}

async fn each<A>(what: &str, also_good: &[&str], most_calls: usize, ask: A)
where
    A: AsyncFn(HttpOptions) -> PortResult<()>,
{
    for (fault, reply, expected) in cases() {
        let loopback = Loopback::giving([reply]).await;
        let mut options = options(&loopback);
        if fault == "silence" {
            options.timeout = Duration::from_millis(50);
        }
        let outcome = ask(options).await;
        let error = match outcome {
            Ok(()) if also_good.contains(&fault) => continue,
            Ok(()) => panic!("{what}: {fault} passes for an answer"),
            Err(error) => error,
        };
        tells_no_secret(what, &error);
        assert_eq!(error.fault(), expected, "{what}: {fault}: {error}");
        let pause = fault.contains("Retry-After").then_some(Duration::from_secs(7));
        assert!(pause.is_none() || error.pause() == pause, "{what}: {fault}: {error:?}");
        let calls = loopback.asked().len();
        assert!((1..=most_calls).contains(&calls), "{what}: {fault}: it was asked {calls} times");
    }
    // Nobody listens.
    let gone = options(&Loopback::giving([]).await);
    tokio::task::yield_now().await;
    let error = ask(gone).await.unwrap_err();
    tells_no_secret(what, &error);
    assert_eq!(error.fault(), Fault::Unavailable, "{what}: {error}");
}

/// What a provider does wrong: a name, how it does it, and whose fault that is in an answer to a question. Besides these,
/// nobody may listen at all.
pub(crate) fn cases() -> Vec<(&'static str, Reply, Fault)> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let plain = |status| Reply::json(status, r#"{"message":"no"}"#);
    let latin1 = Reply::Whole {
        status: 200,
        headers: vec![("content-type", "application/json; charset=iso-8859-1".to_owned())],
        body: b"{\"price\":\"\xe9\"}".to_vec(),
    };
    let html = Reply::Whole {
        status: 200,
        headers: vec![("content-type", "text/html".to_owned())],
        body: b"<html>Service down</html>".to_vec(),
    };
    vec![
        ("500", plain(500), Fault::Unavailable),
        ("502", plain(502), Fault::Unavailable),
        ("503", plain(503).with("retry-after", "7"), Fault::Unavailable),
        ("504", plain(504), Fault::Unavailable),
        ("429", plain(429), Fault::Throttled),
        ("429 with Retry-After", plain(429).with("retry-after", "7"), Fault::Throttled),
        ("400", plain(400), Fault::Invalid),
        ("401", plain(401), Fault::Misconfigured),
        ("403", plain(403), Fault::Misconfigured),
        ("404", plain(404), Fault::NotFound),
        ("redirect", plain(302).with("location", "http://127.0.0.1:9/"), Fault::Garbled),
        ("silence", Reply::Silence, Fault::Unavailable),
        ("reset", Reply::Reset, Fault::Unavailable),
        ("truncated", Reply::Truncated(b"{\"price\":".to_vec()), Fault::Unavailable),
        ("empty", Reply::ok(""), Fault::Garbled),
        ("no JSON", html, Fault::Garbled),
        ("another charset", latin1, Fault::Garbled),
        ("too deep", Reply::ok(deep), Fault::Garbled),
        ("100 MB", Reply::Endless(100 << 20), Fault::Garbled),
    ]
}

/// Neither what people read of an error nor what developers see of it has the key or the address that was asked.
pub(crate) fn tells_no_secret(what: &str, error: &PortError) {
    for told in [error.to_string(), format!("{error:?}")] {
        assert!(!told.contains(KEY), "{what}: {told}");
        assert!(!told.contains("http://127.0.0.1"), "{what}: {told}");
    }
}
