use std::sync::Arc;

use async_trait::async_trait;

use super::checks::is_line;
use crate::{
    email::EmailAddress,
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, CallCounter, EmailVerifier, Verification},
};

/// What the suite asks an [`EmailVerifier`] about.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifierQuestions {
    /// An address that takes mail.
    pub deliverable: EmailAddress,
    /// One that takes none.
    pub undeliverable: EmailAddress,
    /// One whose server takes mail for whatever mailbox; `None` for a verifier that cannot tell these.
    pub unproven: Option<EmailAddress>,
    /// One of which nothing can be found out; `None` for a verifier that always finds out.
    pub unknown: Option<EmailAddress>,
}

/// What every [`EmailVerifier`] must do: the truth about an address with a reason that people can read, the same each
/// time, and no call that is not allowed.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn email_verifier<V: EmailVerifier + ?Sized>(verifier: &V, ask: &VerifierQuestions) {
    let verified = async |address: &EmailAddress| {
        let unlimited = Allowance::unlimited();
        let given = verifier.verify(address, &unlimited).await.expect("an address is verified");
        let again = verifier.verify(address, &unlimited).await.expect("an address is verified");
        assert_eq!(given, again, "the same question about an address gets the same answer");
        reason_can_be_read(&given, address);
        given
    };
    let given = verified(&ask.deliverable).await;
    assert_eq!(given, Verification::Deliverable, "an address that takes mail is deliverable, not {given:?}");
    let given = verified(&ask.undeliverable).await;
    assert!(
        matches!(given, Verification::Undeliverable { .. }),
        "an address that takes no mail is undeliverable, not {given:?}"
    );
    if let Some(address) = &ask.unproven {
        let given = verified(address).await;
        assert!(
            matches!(given, Verification::Unproven { .. }),
            "an address whose server takes mail for whatever mailbox is unproven, not {given:?}"
        );
    }
    if let Some(address) = &ask.unknown {
        let given = verified(address).await;
        assert!(
            matches!(given, Verification::Unknown { .. }),
            "an address of which nothing can be found out is unknown, not {given:?}"
        );
    }
    // One that asks nobody needs no allowance.
    let none = Allowance::counted_by(Arc::new(NoneLeft));
    if let Err(error) = verifier.verify(&ask.deliverable, &none).await {
        assert_eq!(
            error.fault(),
            Fault::NotAllowed,
            "where no call is left, none is made and the counter's error is the answer; it was: {error}"
        );
    }
}

fn reason_can_be_read(given: &Verification, address: &EmailAddress) {
    let (reason, did_you_mean) = match given {
        Verification::Deliverable => return,
        Verification::Unproven { reason } | Verification::Unknown { reason } => (reason, None),
        Verification::Undeliverable { reason, did_you_mean } => (reason, did_you_mean.as_ref()),
    };
    assert!(is_line(reason), "people are told why, on one line; {reason:?} tells them nothing");
    assert!(!reason.contains(address.as_str()), "a reason holds no address: {reason:?}");
    assert!(
        did_you_mean.is_none_or(|meant| meant.key() != address.key()),
        "what was meant instead of an address is another one"
    );
}

struct NoneLeft;

#[async_trait]
impl CallCounter for NoneLeft {
    async fn count(&self) -> PortResult<()> {
        Err(PortError::new(Fault::NotAllowed, "no call is left"))
    }
}
