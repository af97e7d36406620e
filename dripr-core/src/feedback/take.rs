//! What follows from what came back.
//!
//! | what came back | what follows |
//! |---|---|
//! | anything | the provider took the email: an unknown or held outcome is known now |
//! | bounced, and the mailbox does not exist | nothing more is sent to the address |
//! | complained, opted out | nothing more is sent to the address, nor to the one that the contact has now, until its owner opts in |
//! | complained, and too many did | nothing more is sent for the agent ([`complaints`]) |
//! | opted in | an opt-out that is older is lifted from the address that the email went to, and from the present one if it was only carried over to that; a complaint or a bounce is not |
//! | delivered, opened, clicked, bounced otherwise | it counts for [`Engagement`](super::Engagement) |
//!
//! A time that cannot be (before the email was made, or after the present) is moved to the nearest that can.
//!
//! Each thing may come twice, late and in any order. What follows is done before the thing is kept, so that a crash in
//! between loses nothing: the provider tells it again, and doing it twice changes nothing.

use std::sync::Arc;

use super::{Feedback, Happening};
use crate::{
    campaign::{Action, Actor, AuditEntry, Command, command::Bench},
    consent::Decided,
    email::{DeliveryStatus, Email, EmailAddress, Suppression, SuppressionCause},
    errors::PortResult,
    ports::{AgentStore, CampaignStore, ContactStore, EmailStore, FeedbackStore},
    safeguards::complaints,
};

/// What became of a thing that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, and what follows from it is done.
    New,
    /// It had come before.
    Known,
    /// There is no such email here.
    Stranger,
}

/// Does what follows from something that came back, and keeps it.
///
/// # Errors
/// The store failed; it is to be told again.
pub async fn take<S>(store: &S, bench: &Arc<Bench>, feedback: Feedback) -> PortResult<Taken>
where
    S: AgentStore + CampaignStore + EmailStore + ContactStore + FeedbackStore + ?Sized,
{
    if store.knows_feedback(&feedback.id).await? {
        return Ok(Taken::Known);
    }
    let Some(email) = store.email(&feedback.email_id).await? else { return Ok(Taken::Stranger) };
    // Other systems have other clocks. Nothing comes back before there is an email, or before it is told.
    let now = bench.clock.now().max(email.created_at);
    let feedback = Feedback { at: feedback.at.clamp(email.created_at, now), ..feedback };
    arrived(store, bench, &email).await?;
    match suppression_cause(&feedback.what) {
        Some(SuppressionCause::HardBounce) => refuse(store, &email, &feedback).await?,
        Some(cause) => opt_out(store, &email, cause, &feedback).await?,
        None => {}
    }
    if feedback.what == Happening::OptedIn {
        opt_in(store, &email, &feedback).await?;
    }
    if feedback.what == Happening::Complained {
        complaints::another_came(store, &email.user_id, bench.clock.now()).await?;
    }
    Ok(if store.keep_feedback(feedback).await? { Taken::New } else { Taken::Known })
}

fn suppression_cause(what: &Happening) -> Option<SuppressionCause> {
    match what {
        Happening::Bounced(bounce) => bounce.kind.is_final().then_some(SuppressionCause::HardBounce),
        Happening::Complained => Some(SuppressionCause::Complaint),
        Happening::OptedOut => Some(SuppressionCause::OptOut),
        Happening::Delivered | Happening::Opened { .. } | Happening::Clicked { .. } | Happening::OptedIn => {
            None
        }
    }
}

/// Nothing comes back of an email that no provider took.
async fn arrived<S>(store: &S, bench: &Arc<Bench>, email: &Email) -> PortResult<()>
where
    S: CampaignStore + EmailStore + ?Sized,
{
    if email.delivery_status == DeliveryStatus::Complete {
        return Ok(());
    }
    let action = Action::Arrived { email_id: email.id.clone() };
    let (campaign_id, desk) = (email.campaign_id.clone(), bench.clone());
    store.execute(vec![Command { campaign_id, actor: Actor::Provider, action, desk }]).await?;
    // A held email is not its campaign's own any more.
    let audit = AuditEntry {
        at: bench.clock.now(),
        actor: Actor::Provider,
        what: "marked_sent".to_owned(),
        cycle: Some(email.cycle),
        email_id: Some(email.id.clone()),
        cause: Some("something came back of it".to_owned()),
        contact_id: None,
    };
    store.resolve_held(&email.id, DeliveryStatus::Complete, audit).await?;
    Ok(())
}

/// Nothing more goes to a mailbox that does not exist. The contact's present one may.
async fn refuse<S>(store: &S, email: &Email, feedback: &Feedback) -> PortResult<()>
where
    S: ContactStore + ?Sized,
{
    let suppression = Suppression {
        user_id: email.user_id.clone(),
        address: email.recipient.clone(),
        cause: SuppressionCause::HardBounce,
        since: feedback.at,
        carried_from: None,
    };
    store.suppress(suppression, Actor::Provider).await
}

async fn opt_out<S>(store: &S, email: &Email, cause: SuppressionCause, feedback: &Feedback) -> PortResult<()>
where
    S: CampaignStore + EmailStore + ContactStore + FeedbackStore + ?Sized,
{
    let mut present = present(store, email).await?;
    if cause == SuppressionCause::OptOut {
        let opted_in = opted_in_since(store, email, feedback).await?;
        let has = |address: &EmailAddress| opted_in.iter().any(|known| known.key() == address.key());
        if has(&email.recipient) {
            return Ok(());
        }
        if has(&present) {
            // Whoever reads there decided something of their own since.
            present = email.recipient.clone();
        }
    }
    decided(email, &present, feedback).opt_out(store, cause).await
}

async fn opt_in<S>(store: &S, email: &Email, feedback: &Feedback) -> PortResult<()>
where
    S: CampaignStore + ContactStore + ?Sized,
{
    let present = present(store, email).await?;
    let most = SuppressionCause::OptOut;
    decided(email, &present, feedback).opt_in(store, most, Some(feedback.at)).await
}

fn decided<'a>(email: &'a Email, present: &'a EmailAddress, feedback: &Feedback) -> Decided<'a> {
    let (user, address) = (&email.user_id, &email.recipient);
    Decided { user, address, present, actor: Actor::Provider, at: feedback.at }
}

/// Where the next email of an email's campaign would go.
async fn present<S: CampaignStore + ?Sized>(store: &S, email: &Email) -> PortResult<EmailAddress> {
    let dossier = store.load(std::slice::from_ref(&email.campaign_id)).await?.pop().flatten();
    Ok(dossier.map_or_else(|| email.recipient.clone(), |dossier| dossier.contact.email))
}

/// Where emails of the campaign went whose recipient opted in after this opt-out, and that was told first.
async fn opted_in_since<S>(store: &S, email: &Email, feedback: &Feedback) -> PortResult<Vec<EmailAddress>>
where
    S: EmailStore + FeedbackStore + ?Sized,
{
    let mut addresses = Vec::new();
    for known in store.feedback(&email.campaign_id).await? {
        if known.what == Happening::OptedIn && known.at > feedback.at {
            addresses.extend(store.email(&known.email_id).await?.map(|email| email.recipient));
        }
    }
    Ok(addresses)
}
