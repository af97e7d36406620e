//! What follows from what came back.
//!
//! | what came back | what follows |
//! |---|---|
//! | anything | the provider took the email: an unknown or held outcome is known now |
//! | bounced, and the mailbox does not exist | nothing more is sent to the address |
//! | complained, opted out | nothing more is sent to the address, nor to the one that the contact has now, until its owner opts in |
//! | complained, and too many did | nothing more is sent for the agent ([`complaints`]) |
//! | opted in | an opt-out that is older is lifted; a complaint or a bounce is not |
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
        Some(SuppressionCause::OptOut) if opted_in_since(store, &email, &feedback).await? => {}
        Some(cause) => suppress(store, &email, cause, &feedback).await?,
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

async fn suppress<S>(store: &S, email: &Email, cause: SuppressionCause, feedback: &Feedback) -> PortResult<()>
where
    S: CampaignStore + ContactStore + ?Sized,
{
    let addresses = match cause {
        SuppressionCause::HardBounce => vec![email.recipient.clone()],
        // A person decided it, and they may have another address by now.
        SuppressionCause::OptOut | SuppressionCause::Complaint => addresses(store, email).await?,
    };
    for address in addresses {
        let suppression = Suppression { user_id: email.user_id.clone(), address, cause, since: feedback.at };
        store.suppress(suppression, Actor::Provider).await?;
    }
    Ok(())
}

/// Where an email went, and where its campaign's next one would go if that is elsewhere.
async fn addresses<S: CampaignStore + ?Sized>(store: &S, email: &Email) -> PortResult<Vec<EmailAddress>> {
    let dossier = store.load(std::slice::from_ref(&email.campaign_id)).await?.pop().flatten();
    let now = dossier.map(|dossier| dossier.contact.email).filter(|now| now.key() != email.recipient.key());
    Ok([Some(email.recipient.clone()), now].into_iter().flatten().collect())
}

/// Whether the recipient opted in after they opted out, and that was told first.
async fn opted_in_since<S>(store: &S, email: &Email, feedback: &Feedback) -> PortResult<bool>
where
    S: FeedbackStore + ?Sized,
{
    let known = store.feedback(&email.campaign_id).await?;
    Ok(known.iter().any(|known| known.what == Happening::OptedIn && known.at > feedback.at))
}

async fn opt_in<S>(store: &S, email: &Email, feedback: &Feedback) -> PortResult<()>
where
    S: CampaignStore + ContactStore + ?Sized,
{
    let user = &email.user_id;
    for address in addresses(store, email).await? {
        let known = store.suppression(user, &address).await?;
        if known.is_some_and(|known| known.cause == SuppressionCause::OptOut && known.since <= feedback.at) {
            store.lift(user, &address, SuppressionCause::OptOut, Actor::Provider, feedback.at).await?;
        }
    }
    Ok(())
}
