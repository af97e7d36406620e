//! Who looks whether imported addresses take mail.

use std::sync::Arc;

use dripr_core::ports::EmailVerifier;

use super::Deployment;
use crate::{config::email_verification::EmailVerification, failure::Failure};

/// Who looks whether imported addresses take mail, if anybody does. Our own pace is kept, and a hiccup is asked again.
///
/// # Errors
/// The verifier cannot be asked.
pub fn email_verifier(deployment: &Deployment) -> Result<Option<Arc<dyn EmailVerifier>>, Failure> {
    match &deployment.config.email_verification {
        EmailVerification::Nobody => Ok(None),
        #[cfg(feature = "quick-email-verification")]
        EmailVerification::QuickEmailVerification { key, options, pace } => {
            use dripr_adapters::quick_email_verification::QuickEmailVerification;

            let verifier = QuickEmailVerification::new(key, options)?;
            Ok(Some(layered::layered(Arc::new(verifier), *pace, deployment)))
        }
    }
}

#[cfg(feature = "quick-email-verification")]
mod layered {
    use std::{sync::Arc, time::Duration};

    use dripr_adapters::layers::{Layered, RateLimit, Retry};
    use dripr_core::ports::EmailVerifier;

    use crate::{compose::Deployment, config::pace::Pace};

    /// What the limit is called wherever it is counted.
    const API: &str = "email_verification";
    /// How often an address is asked about that the verifier fails at.
    const TRIES: u32 = 3;
    /// The longest pause after the first try.
    const FIRST_PAUSE: Duration = Duration::from_millis(500);
    /// The longest of all pauses together.
    const MOST_PAUSE: Duration = Duration::from_secs(5);

    pub(super) fn layered(
        verifier: Arc<dyn EmailVerifier>,
        pace: Pace,
        deployment: &Deployment,
    ) -> Arc<dyn EmailVerifier> {
        let (clock, entropy) = (deployment.clock.clone(), deployment.entropy.clone());
        let limiter = deployment.limiters.one(API, pace.rate());
        let layers = (
            Retry::new(clock.clone(), entropy, TRIES, FIRST_PAUSE, MOST_PAUSE),
            RateLimit::new(API, clock, limiter),
        );
        Arc::new(Layered::new(verifier, layers))
    }
}
