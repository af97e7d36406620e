//! Handing emails to the mailer: claim, one call, record. At most one email leaves for a cycle, whatever crashes.
//!
//! 1. Claim: one transaction looks at everything that must hold and stores the attempt. No attempt, no call.
//! 2. Just before the call the window is looked at once more, by the clock.
//! 3. The mailer is called once. What it cannot be sure of is unknown, never "not sent".
//! 4. Record: the outcome is stored under the attempt's fence. If that fails, the attempt's lease runs out, its outcome
//!    is unknown, and the provider is asked.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use tracing::{Instrument, Span};

use crate::{
    campaign::{Action, Actor, CampaignStatus, Command, Dossier, Reply},
    email::{Attempt, DeliveryStatus, Message, OutgoingEmail},
    engine::{Engine, spans, within::answer_within},
    errors::{Fault, PortError, PortResult},
    ids::{EmailId, UserId},
    policy::before,
    ports::{Inquiry, LookUp, Permit, SendOutcome},
    schedule::SendingRules,
};

/// How often an outcome is offered to a store that fails to take it.
const OFFERS: usize = 3;

/// What is to be done for a campaign.
enum Errand {
    Send(EmailId),
    LookUp(Inquiry),
    Nothing,
}

impl Errand {
    fn of(engine: &Engine, dossier: &Dossier) -> Self {
        let Some(email) = &dossier.email else { return Self::Nothing };
        let now = engine.ports.clock.now();
        match (email.delivery_status, &email.attempt) {
            (DeliveryStatus::Unknown, Some(attempt)) => {
                // An announcement that comes twice or late asks for nothing before its time.
                if attempt.look_up_at.is_some_and(|at| now < at) {
                    return Self::Nothing;
                }
                Self::LookUp(Inquiry {
                    email_id: email.id.clone(),
                    user_id: email.user_id.clone(),
                    recipient: email.recipient.clone(),
                    attempt: attempt.clone(),
                })
            }
            (DeliveryStatus::Approved, _) => {
                let campaign = &dossier.campaign;
                let may_leave = campaign.status == CampaignStatus::ReadyToSendEmail
                    && campaign.deleted_at.is_none()
                    // Costs no quota; the claim looks again.
                    && dossier.no_mail().is_none()
                    && dossier.facts(now, engine.policy()).may_leave_at(campaign).is_some_and(|at| at <= now);
                if may_leave { Self::Send(email.id.clone()) } else { Self::Nothing }
            }
            _ => Self::Nothing,
        }
    }
}

/// Does for each campaign what its email asks for. An error means that the deliveries are to come again.
pub(in crate::engine) async fn handle(engine: &Arc<Engine>, dossiers: &[(Dossier, Span)]) -> PortResult<()> {
    let mut ready = Vec::new();
    for (dossier, span) in dossiers {
        match Errand::of(engine, dossier) {
            Errand::Nothing => {}
            Errand::Send(email_id) => {
                let quota = within_quota(engine, dossier, email_id.clone()).instrument(span.clone());
                if let Some(claim) = quota.await? {
                    let rules = *dossier.facts(engine.ports.clock.now(), engine.policy()).rules;
                    let user_id = dossier.campaign.user_id.clone();
                    ready.push(Ready { claim, rules, user_id, email_id, span: span.clone() });
                }
            }
            Errand::LookUp(inquiry) => {
                look_up(engine, dossier, inquiry).instrument(span.clone()).await?;
            }
        }
    }
    let batch = engine.ports.mailer.batch().max(1);
    // Claimed in the mailer's own batches, so that no attempt's lease runs while others are being sent.
    let mut groups = Vec::new();
    while !ready.is_empty() {
        let rest = ready.split_off(batch.min(ready.len()));
        groups.push(std::mem::replace(&mut ready, rest));
    }
    // Each group in hand has its texts read. Where one call takes many emails, a second group is read and claimed meanwhile.
    let calls = engine.pace.concurrency;
    let calls = calls.div_ceil(batch).max(calls.min(2));
    let mut sent = stream::iter(groups)
        .map(|group| {
            let engine = engine.clone();
            let span = spans::of_sending(group.iter().map(|ready| &ready.span));
            async move { send(&engine, group).await }.instrument(span)
        })
        .buffer_unordered(calls);
    let mut failed = None;
    while let Some(result) = sent.next().await {
        if let Err(error) = result {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The claim of an email, or the deferral of its sending where the agent's quota or the deployment's is used up.
async fn within_quota(
    engine: &Arc<Engine>,
    dossier: &Dossier,
    email_id: EmailId,
) -> PortResult<Option<Command>> {
    let campaign = &dossier.campaign;
    if let Some(quota) = &engine.ports.quota {
        let own = format!("mail:{}", campaign.user_id);
        for (api, reason) in [
            (own.as_str(), "the agent's sending quota is used up for now"),
            ("mail", "as many emails as the deployment may send are being sent"),
        ] {
            if let Permit::Exhausted { retry_at } = quota.take(api, 1, engine.ports.clock.now()).await? {
                let (until, reason) = (retry_at, reason.to_owned());
                let action = Action::DeferSending { email_id, until, reason };
                engine.execute(vec![command(engine, dossier, action)]).await?;
                return Ok(None);
            }
        }
    }
    Ok(Some(command(engine, dossier, Action::Claim { email_id })))
}

fn command(engine: &Engine, dossier: &Dossier, action: Action) -> Command {
    Command {
        campaign_id: dossier.campaign.id.clone(),
        actor: Actor::System,
        action,
        desk: engine.bench.clone(),
    }
}

/// An email that may be claimed.
struct Ready {
    claim: Command,
    rules: SendingRules,
    user_id: UserId,
    email_id: EmailId,
    /// Of its delivery.
    span: Span,
}

/// An email in hand.
struct Claimed {
    ready: Ready,
    attempt: Attempt,
}

async fn send(engine: &Arc<Engine>, ready: Vec<Ready>) -> PortResult<()> {
    // A stored text never changes, so it is read before the claim: nothing slow lies between claim and call.
    let ids: Vec<_> = ready.iter().map(|ready| ready.email_id.clone()).collect();
    let messages = engine.ports.emails.messages(&ids).await?;
    let executions = engine.execute(ready.iter().map(|ready| ready.claim.clone()).collect()).await?;
    let mut outgoing = Vec::with_capacity(ready.len());
    let mut sending = Vec::with_capacity(ready.len());
    let mut outcomes: Vec<(Claimed, SendOutcome)> = Vec::new();
    for ((ready, message), execution) in ready.into_iter().zip(messages).zip(executions) {
        let attempt = match execution.result {
            Ok(Reply::Claimed(attempt)) => *attempt,
            Ok(_) => continue,
            // Not now, or not any more: the state machine knows when to come back.
            Err(refusal) => {
                tracing::debug!(%refusal, campaign_id = %ready.claim.campaign_id, "an email was not claimed");
                continue;
            }
        };
        let claimed = Claimed { ready, attempt };
        match last_look(engine, &claimed, message) {
            Ok(email) => {
                outgoing.push(email);
                sending.push(claimed);
            }
            Err(outcome) => outcomes.push((claimed, outcome)),
        }
    }
    if !outgoing.is_empty() {
        let limit = engine.policy().mail_timeout;
        let call = engine.ports.mailer.send(&outgoing);
        let mut answers =
            answer_within(&*engine.ports.clock, limit, call).await.unwrap_or_default().into_iter();
        for claimed in sending {
            let outcome = answers.next().unwrap_or_else(|| SendOutcome::Unknown {
                reason: format!("the mail provider did not answer within {} s", limit.as_secs()),
            });
            outcomes.push((claimed, outcome));
        }
    }
    let accepted = outcomes.iter().filter(|(_, outcome)| matches!(outcome, SendOutcome::Accepted { .. }));
    Span::current().record("accepted", accepted.count());
    record(engine, outcomes).await
}

/// The email as the mailer gets it, if it may still leave at this very moment.
fn last_look(
    engine: &Engine,
    claimed: &Claimed,
    message: Option<Arc<Message>>,
) -> Result<OutgoingEmail, SendOutcome> {
    let Claimed { ready, attempt } = claimed;
    let now = engine.ports.clock.now();
    let Some(message) = message else {
        return Err(SendOutcome::NeedsPeople {
            reason: "the stored text of the email is missing".to_owned(),
        });
    };
    // The claim looked at the window too, but the clock may have jumped since, or the store been slow.
    let timeout = engine.policy().mail_timeout;
    let in_time = attempt.started_at <= now && now < before(attempt.lease_until, timeout);
    if !in_time || !ready.rules.may_start(now, timeout) {
        let reason = "the clock moved between claim and call".to_owned();
        return Err(SendOutcome::NotSent { reason, not_before: None });
    }
    Ok(OutgoingEmail {
        email_id: ready.email_id.clone(),
        attempt_id: attempt.id.clone(),
        campaign_id: Some(ready.claim.campaign_id.clone()),
        user_id: ready.user_id.clone(),
        message_id: attempt.message_id.clone(),
        date: now,
        message,
    })
}

async fn record(engine: &Arc<Engine>, outcomes: Vec<(Claimed, SendOutcome)>) -> PortResult<()> {
    let commands: Vec<Command> = outcomes
        .into_iter()
        .map(|(claimed, outcome)| Command {
            action: Action::Record { attempt_id: claimed.attempt.id, fence: claimed.attempt.fence, outcome },
            ..claimed.ready.claim
        })
        .collect();
    offer(engine, commands).await
}

/// Offers outcomes to the store a few times: storing one twice changes nothing.
async fn offer(engine: &Arc<Engine>, commands: Vec<Command>) -> PortResult<()> {
    let mut last = PortError::new(Fault::Unavailable, "the outcome could not be stored");
    for _ in 0..OFFERS {
        match engine.execute(commands.clone()).await {
            Ok(executions) => {
                for refusal in executions.into_iter().filter_map(|execution| execution.result.err()) {
                    tracing::debug!(%refusal, "an outcome was known already");
                }
                return Ok(());
            }
            Err(error) => last = error,
        }
    }
    tracing::error!(error = %last, "the outcome of a sending could not be stored; its provider will be asked");
    Err(last)
}

async fn look_up(engine: &Arc<Engine>, dossier: &Dossier, inquiry: Inquiry) -> PortResult<()> {
    let limit: Duration = engine.policy().mail_timeout;
    let call = engine.ports.mailer.look_up(&inquiry);
    let answer = answer_within(&*engine.ports.clock, limit, call).await.unwrap_or(LookUp::CannotTell);
    let attempt = inquiry.attempt;
    let action = Action::LookedUp { attempt_id: attempt.id, fence: attempt.fence, answer };
    offer(engine, vec![command(engine, dossier, action)]).await
}
