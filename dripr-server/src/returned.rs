//! What follows from a mail that came back to a sender, or to the opt-out address.

use dripr_adapters::returned_mail::{self, Returned};
use dripr_core::{
    consent,
    email::OptOutLinks,
    feedback::{self, Taken},
    schedule::Instant,
};

use crate::{compose::Deployment, failure::Failure};

/// Reads a mail that was received at an instant, does what follows from it, and says so in a sentence without addresses.
///
/// # Errors
/// The database failed; the mail is to be given again.
pub async fn take(deployment: &Deployment, mail: &[u8], received_at: Instant) -> Result<String, Failure> {
    let store = &*deployment.store;
    let links: &OptOutLinks = &deployment.config.public.opt_out;
    Ok(match returned_mail::read(mail, received_at) {
        Returned::Feedback(feedback) => {
            let (email, what) = (feedback.email_id.clone(), feedback.what.clone());
            match feedback::take(store, &deployment.desk(), feedback).await? {
                Taken::New => format!("email {email}: {what:?}"),
                Taken::Known => format!("email {email}: known already"),
                Taken::Stranger => format!("there is no email {email}"),
            }
        }
        Returned::OptOut { subject } => match links.read_subject(&subject) {
            Ok(claim) => match consent::opt_out(store, links, &claim, received_at).await? {
                Some(_) => format!("campaign {}: the recipient opted out", claim.campaign_id),
                None => format!("there is no campaign {}", claim.campaign_id),
            },
            Err(error) => error.to_string(),
        },
        Returned::NotOurs => "it is about no email of ours".to_owned(),
        Returned::Other => "it is an ordinary mail".to_owned(),
    })
}
