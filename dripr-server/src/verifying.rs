//! Whether the addresses of contacts take mail, asked while they are taken in. Doubt never costs a contact.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use dripr_core::{
    email::EmailAddress,
    errors::{Fault, PortResult},
    policy::after,
    ports::{Allowance, Clock, EmailVerifier, Verification},
};
use futures_util::{StreamExt, stream};

/// How many addresses are asked about at once. A question takes seconds, and verifiers want no flood.
pub const AT_ONCE: usize = 8;
/// After so many failures in a row nobody is asked any more: each may have taken a minute.
const MOST_FAILURES: usize = 16;
/// A limiter that says no pause is not asked at once again.
const LEAST_PAUSE: Duration = Duration::from_millis(10);

/// A verifier, as long as it is of use. Where our own pace forbids a question, it waits: an import has nothing better to
/// do, and holds nothing meanwhile.
pub struct Verifying<'a> {
    verifier: &'a dyn EmailVerifier,
    clock: &'a dyn Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures_in_a_row: usize,
    given_up: bool,
    failure: Option<String>,
}

/// What becomes of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It takes mail.
    Verified,
    /// Nobody can tell: it is taken all the same.
    NotVerified,
    /// It takes no mail, for this reason.
    Refused(String),
}

impl<'a> Verifying<'a> {
    /// Asks this one.
    #[must_use]
    pub fn by(verifier: &'a dyn EmailVerifier, clock: &'a dyn Clock) -> Self {
        Self { verifier, clock, state: Mutex::default() }
    }

    /// What becomes of each of these addresses, in their order.
    pub async fn verdicts(&self, addresses: Vec<EmailAddress>) -> Vec<Verdict> {
        let asking = addresses.into_iter().map(|address| self.verdict(address));
        stream::iter(asking).buffered(AT_ONCE).collect().await
    }

    /// Why the verifier could not be asked, the first time.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.state().failure.clone()
    }

    async fn verdict(&self, address: EmailAddress) -> Verdict {
        if self.state().given_up {
            return Verdict::NotVerified;
        }
        let answer = loop {
            match self.verifier.verify(&address, &Allowance::unlimited()).await {
                Err(error) if error.fault() == Fault::NotYet => {
                    let pause = error.pause().unwrap_or_default().max(LEAST_PAUSE);
                    self.clock.sleep_until(after(self.clock.now(), pause)).await;
                }
                answer => break answer,
            }
        };
        self.note(&answer);
        match answer {
            Ok(Verification::Deliverable) => Verdict::Verified,
            Ok(Verification::Unproven { .. } | Verification::Unknown { .. }) | Err(_) => Verdict::NotVerified,
            Ok(Verification::Undeliverable { reason, did_you_mean: None }) => {
                Verdict::Refused(format!("takes no mail: {reason}"))
            }
            Ok(Verification::Undeliverable { reason, did_you_mean: Some(meant) }) => {
                Verdict::Refused(format!("takes no mail: {reason}; perhaps {meant} was meant"))
            }
        }
    }

    fn note(&self, answer: &PortResult<Verification>) {
        let mut state = self.state();
        let Err(error) = answer else {
            state.failures_in_a_row = 0;
            return;
        };
        state.failures_in_a_row += 1;
        // What people must mend is no better for the next address.
        state.given_up |= !error.fault().may_heal() || state.failures_in_a_row >= MOST_FAILURES;
        state.failure.get_or_insert_with(|| error.to_string());
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic elsewhere leaves it whole: each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
