use std::sync::Arc;

use super::{at, message};
use crate::{
    email::{MessageId, OutgoingEmail},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    ports::{LookUp, Mailer, SendOutcome},
    testkit::samples,
};

/// What every [`Mailer`] must do that accepts mail: an outcome for each email, and look-ups that never contradict it.
///
/// `authoritative` says whether its absence is certain.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn mailer<M: Mailer + ?Sized>(mailer: &M, authoritative: bool) {
    let emails: Vec<OutgoingEmail> = (1..=mailer.batch().min(3)).map(outgoing).collect();
    let unsent = outgoing(99);
    let look_up = async |email: &OutgoingEmail| mailer.look_up(&samples::inquiry(email)).await;
    let before = look_up(&emails[0]).await;
    let absent = if authoritative { LookUp::NotAccepted } else { LookUp::CannotTell };
    assert_eq!(before, absent, "an email that was never sent is not there");
    let outcomes = mailer.send(&emails).await;
    assert_eq!(outcomes.len(), emails.len(), "there is an outcome for each email");
    for (email, outcome) in emails.iter().zip(&outcomes) {
        assert!(matches!(outcome, SendOutcome::Accepted { .. }), "a good email is accepted, not {outcome:?}");
        let found = look_up(email).await;
        assert!(
            matches!(found, LookUp::Accepted { .. }) || (!authoritative && found == LookUp::CannotTell),
            "what was accepted is never denied; the look-up said {found:?}"
        );
    }
    assert_eq!(look_up(&unsent).await, absent, "what was not sent is not there");
    assert!(mailer.send(&[]).await.is_empty(), "no email, no outcome");
}

fn outgoing(n: usize) -> OutgoingEmail {
    let email_id = EmailId::new(format!("contract-{n}.1")).expect("an id");
    let to = format!("owner{n}@home.example").parse().expect("an address");
    let message = message(&to);
    OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        campaign_id: Some(CampaignId::new(format!("contract-{n}")).expect("an id")),
        user_id: UserId::new("agent").expect("an id"),
        message_id: MessageId::of(&email_id, &message.from.address),
        date: at("2026-03-12T15:00:00Z"),
        message: Arc::new(message),
        email_id,
    }
}
