//! Probes.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Probe,
    testkit::contract,
};

/// Answers the first time and the times after that as it is told.
struct Told {
    times: AtomicU32,
    first: Option<(Fault, &'static str)>,
    then: Option<(Fault, &'static str)>,
}

fn told(first: Option<(Fault, &'static str)>, then: Option<(Fault, &'static str)>) -> Told {
    Told { times: AtomicU32::new(0), first, then }
}

fn works() -> Told {
    told(None, None)
}

fn fails(fault: Fault, sentence: &'static str) -> Told {
    told(Some((fault, sentence)), Some((fault, sentence)))
}

const KEY: (Fault, &str) = (Fault::Misconfigured, "the MLS refuses the key (HTTP 401)");

#[async_trait]
impl Probe for Told {
    async fn probe(&self) -> PortResult<()> {
        let is_first = self.times.fetch_add(1, Ordering::SeqCst) == 0;
        match if is_first { self.first } else { self.then } {
            Some((fault, sentence)) => Err(PortError::new(fault, sentence)),
            None => Ok(()),
        }
    }
}

#[tokio::test]
async fn a_probe_that_keeps_the_contract() {
    contract::probe(&works(), &fails(KEY.0, KEY.1)).await;
}

#[tokio::test]
#[should_panic(expected = "a provider that fails does not pass its probe")]
async fn a_probe_to_which_all_is_well() {
    contract::probe(&works(), &works()).await;
}

#[tokio::test]
#[should_panic(expected = "a provider that works passes its probe again")]
async fn a_probe_that_can_be_asked_once() {
    contract::probe(&told(None, Some(KEY)), &fails(KEY.0, KEY.1)).await;
}

#[tokio::test]
#[should_panic(expected = "what is wrong is the same when it is asked again")]
async fn a_probe_that_blames_another_each_time() {
    let other = Some((Fault::Unavailable, "the MLS is down"));
    contract::probe(&works(), &told(Some(KEY), other)).await;
}

#[tokio::test]
#[should_panic(expected = "a probe asks, whatever the pace and the calls that are left")]
async fn a_probe_that_does_not_ask() {
    contract::probe(&works(), &fails(Fault::NotAllowed, "no call is left")).await;
}

#[tokio::test]
#[should_panic(expected = "people are told what is wrong, on one line")]
async fn a_probe_that_keeps_the_reason_to_itself() {
    contract::probe(&works(), &fails(Fault::Unavailable, " ")).await;
}

#[tokio::test]
#[should_panic(expected = "an error holds no address")]
async fn a_probe_that_tells_the_address() {
    contract::probe(&works(), &fails(Fault::Unavailable, "https://mls.example/?key=k is down")).await;
}
