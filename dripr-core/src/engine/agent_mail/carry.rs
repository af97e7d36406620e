//! Carrying one mail to an agent, by the same protocol as a report: claimed before it is handed over, never sent twice.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    agent::Agent,
    agent_mail::Progress,
    email::{Attempt, Message, MessageId, OutgoingEmail, Party},
    engine::{Engine, within::answer_within},
    errors::PortResult,
    ids::{AttemptId, EmailId},
    policy::{FARTHEST, after},
    ports::{Inquiry, LookUp, Mailer, Rendered, SendOutcome},
    schedule::Instant,
};

/// What is to become of the errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Next {
    /// Nothing is left to do.
    Done,
    /// To be looked at again.
    Again(Instant),
}

/// One mail to an agent, and the place where it is kept how far it got.
#[async_trait]
pub(in crate::engine) trait Errand: Send {
    /// Whom it is for, as they are stored.
    fn agent(&self) -> &Agent;
    /// The mail's id, the same for each try.
    fn email_id(&self) -> PortResult<EmailId>;
    /// How far it got, as stored.
    fn progress(&self) -> Progress;
    /// Grows with every change of what is stored.
    fn fence(&self) -> u64;
    /// What it says; `None` if there is nothing to say any more.
    async fn words(&mut self, engine: &Arc<Engine>) -> PortResult<Option<Rendered>>;
    /// Stores how far it got, and when to go on. `false`, and nothing changed, if somebody else was faster.
    async fn put(
        &mut self,
        engine: &Arc<Engine>,
        progress: Progress,
        again: Option<Instant>,
    ) -> PortResult<bool>;
}

/// Takes a mail as far as it gets now.
pub(in crate::engine) async fn carry(
    engine: &Arc<Engine>,
    mailer: &Arc<dyn Mailer>,
    errand: &mut dyn Errand,
) -> PortResult<Next> {
    let now = engine.ports.clock.now();
    // What is farther ahead was stored while the clock was wrong, unless it is wrong now.
    let far = after(now, FARTHEST);
    let made_at = errand.agent().created_at;
    let wrong = |at| at > far && now >= made_at;
    match errand.progress() {
        Progress::Waiting => send(engine, mailer, errand, 1).await,
        Progress::Skipped | Progress::Sent { .. } | Progress::Held { .. } | Progress::Refused { .. } => {
            Ok(Next::Done)
        }
        Progress::Transmitting { number, started_at, lease_until, .. } if wrong(lease_until) => {
            // Whoever has it in hand may still be at it: theirs for as long as if it began now.
            let started_at = if wrong(started_at) { now } else { started_at };
            let lease_until = after(now, absence(engine, mailer));
            let progress = Progress::Transmitting { number, started_at, lease_until, absent_since: None };
            put(engine, errand, progress, now, Some(lease_until)).await
        }
        Progress::Transmitting { lease_until, .. } if now < lease_until => {
            Ok(Next::Again(lease_until.min(far)))
        }
        Progress::Transmitting { number, started_at, lease_until, absent_since } => {
            let inquiry = Inquiry {
                email_id: errand.email_id()?,
                user_id: errand.agent().id.clone(),
                recipient: errand.agent().email.clone(),
                attempt: attempt(errand, number, started_at, lease_until)?,
            };
            let answer =
                answer_within(&*engine.ports.clock, engine.policy().mail_timeout, mailer.look_up(&inquiry))
                    .await;
            match answer.unwrap_or(LookUp::CannotTell) {
                LookUp::Accepted { .. } => {
                    put(engine, errand, Progress::Sent { at: started_at }, now, None).await
                }
                LookUp::NotAccepted => {
                    // As for a report: if the clock jumped, the call may still be under way.
                    let since = absent_since.filter(|since| !wrong(*since)).unwrap_or(now);
                    let believed_at = after(since, absence(engine, mailer));
                    if now >= believed_at {
                        return send(engine, mailer, errand, number.saturating_add(1)).await;
                    }
                    let absent_since = Some(since);
                    let progress = Progress::Transmitting { number, started_at, lease_until, absent_since };
                    put(engine, errand, progress, now, Some(believed_at)).await
                }
                LookUp::CannotTell if now < after(started_at, engine.policy().hold_after) => {
                    let again = after(now, engine.policy().look_up_every);
                    let progress = errand.progress();
                    put(engine, errand, progress, now, Some(again)).await
                }
                LookUp::CannotTell => put(engine, errand, Progress::Held { since: now }, now, None).await,
            }
        }
    }
}

/// How long a call may be under way, and the provider take to show what it took.
fn absence(engine: &Engine, mailer: &Arc<dyn Mailer>) -> Duration {
    let policy = engine.policy();
    policy.attempt_lease() + mailer.settling_time().unwrap_or(policy.first_look_up)
}

fn attempt(
    errand: &dyn Errand,
    number: u32,
    started_at: Instant,
    lease_until: Instant,
) -> PortResult<Attempt> {
    let id = errand.email_id()?;
    Ok(Attempt {
        id: AttemptId::of(&id, number),
        number,
        fence: errand.fence(),
        message_id: MessageId::of(&id, &errand.agent().email),
        started_at,
        lease_until,
        look_up_at: None,
        unknown_since: None,
        absent_since: None,
        sent_again: false,
    })
}

/// Stores how far it got, and says when to go on.
async fn put(
    engine: &Arc<Engine>,
    errand: &mut dyn Errand,
    progress: Progress,
    now: Instant,
    again: Option<Instant>,
) -> PortResult<Next> {
    if errand.put(engine, progress, again).await? {
        Ok(again.map_or(Next::Done, Next::Again))
    } else {
        // Somebody changed it meanwhile: look again at what is there now.
        Ok(Next::Again(now))
    }
}

async fn send(
    engine: &Arc<Engine>,
    mailer: &Arc<dyn Mailer>,
    errand: &mut dyn Errand,
    number: u32,
) -> PortResult<Next> {
    let Some(rendered) = errand.words(engine).await? else {
        let now = engine.ports.clock.now();
        return put(engine, errand, Progress::Skipped, now, None).await;
    };
    let now = engine.ports.clock.now();
    let lease_until = after(now, absence(engine, mailer));
    let claimed = Progress::Transmitting { number, started_at: now, lease_until, absent_since: None };
    if !errand.put(engine, claimed, Some(lease_until)).await? {
        return Ok(Next::Again(now));
    }
    let agent = errand.agent();
    let party = Party { name: agent.full_name(), address: agent.email.clone() };
    let attempt = attempt(errand, number, now, lease_until)?;
    let outgoing = OutgoingEmail {
        email_id: errand.email_id()?,
        attempt_id: attempt.id,
        campaign_id: None,
        user_id: agent.id.clone(),
        message_id: attempt.message_id,
        date: now,
        message: Arc::new(Message {
            from: party.clone(),
            to: party,
            subject: rendered.subject,
            html: rendered.html,
            text: rendered.text,
            opt_out_link: None,
            opt_out_mailto: None,
        }),
    };
    let call = mailer.send(std::slice::from_ref(&outgoing));
    let outcome = answer_within(&*engine.ports.clock, engine.policy().mail_timeout, call)
        .await
        .and_then(|outcomes| outcomes.into_iter().next());
    match outcome {
        Some(SendOutcome::Accepted { .. }) => {
            put(engine, errand, Progress::Sent { at: now }, now, None).await
        }
        Some(SendOutcome::NotSent { not_before, .. }) => {
            let pause = after(now, engine.policy().resend_pause);
            let again = not_before.map_or(pause, |asked| asked.max(pause));
            put(engine, errand, Progress::Waiting, now, Some(again)).await?;
            Ok(Next::Again(again))
        }
        Some(SendOutcome::NeedsPeople { reason } | SendOutcome::BadRecipient { reason }) => {
            put(engine, errand, Progress::Refused { reason }, now, None).await
        }
        // Once its lease is over the provider is asked.
        Some(SendOutcome::Unknown { .. }) | None => Ok(Next::Again(lease_until)),
    }
}
