//! Verifiers of addresses.

use async_trait::async_trait;
use dripr_core::{
    email::EmailAddress,
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, EmailVerifier, Verification},
    testkit::{contract, samples::Verifier},
};

fn ask() -> contract::VerifierQuestions {
    contract::VerifierQuestions {
        deliverable: "kim@home.example".parse().unwrap(),
        undeliverable: Verifier::UNDELIVERABLE.parse().unwrap(),
        unproven: Verifier::UNPROVEN.parse().ok(),
        unknown: Verifier::UNKNOWN.parse().ok(),
    }
}

/// The sample verifier, spoilt.
struct Spoilt(fn(&EmailAddress, Verification) -> Verification);

#[async_trait]
impl EmailVerifier for Spoilt {
    async fn verify(&self, address: &EmailAddress, allowance: &Allowance) -> PortResult<Verification> {
        Ok(self.0(address, Verifier.verify(address, allowance).await?))
    }
}

#[tokio::test]
#[should_panic(expected = "an address that takes no mail is undeliverable, not Deliverable")]
async fn a_verifier_to_which_all_is_well() {
    contract::email_verifier(&Spoilt(|_, _| Verification::Deliverable), &ask()).await;
}

#[tokio::test]
#[should_panic(
    expected = "an address whose server takes mail for whatever mailbox is unproven, not Undeliverable"
)]
async fn a_verifier_that_refuses_what_it_cannot_prove() {
    let refuse = |_: &EmailAddress, given| match given {
        Verification::Unproven { reason } => Verification::Undeliverable { reason, did_you_mean: None },
        given => given,
    };
    contract::email_verifier(&Spoilt(refuse), &ask()).await;
}

#[tokio::test]
#[should_panic(expected = "people are told why, on one line")]
async fn a_verifier_that_keeps_its_reasons_to_itself() {
    let silent = |_: &EmailAddress, given| match given {
        Verification::Unknown { .. } => Verification::Unknown { reason: String::new() },
        given => given,
    };
    contract::email_verifier(&Spoilt(silent), &ask()).await;
}

#[tokio::test]
#[should_panic(expected = "what was meant instead of an address is another one")]
async fn a_verifier_that_suggests_the_same_address() {
    let same = |address: &EmailAddress, given| match given {
        Verification::Undeliverable { reason, .. } => {
            Verification::Undeliverable { reason, did_you_mean: Some(address.clone()) }
        }
        given => given,
    };
    contract::email_verifier(&Spoilt(same), &ask()).await;
}

/// Makes a call first and asks for leave afterwards; the call breaks.
struct Hasty;

#[async_trait]
impl EmailVerifier for Hasty {
    async fn verify(&self, address: &EmailAddress, allowance: &Allowance) -> PortResult<Verification> {
        let given = Verifier.verify(address, allowance).await?;
        allowance.take().await.map_err(|_| PortError::new(Fault::Unavailable, "it broke"))?;
        Ok(given)
    }
}

#[tokio::test]
#[should_panic(expected = "where no call is left, none is made and the counter's error is the answer")]
async fn a_verifier_that_asks_without_leave() {
    contract::email_verifier(&Hasty, &ask()).await;
}
