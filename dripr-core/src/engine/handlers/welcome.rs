//! The mail that welcomes a new agent, by the same protocol as a report's: claimed before it is sent, never sent twice.
//! Agents whom a partner manages get none.

use std::{sync::Arc, time::Duration};

use crate::{
    agent::{Agent, Welcome},
    email::{Attempt, Message, MessageId, OutgoingEmail, Party},
    engine::{Engine, within::answer_within},
    errors::{Fault, PortError, PortResult},
    events::UserCreated,
    ids::{AttemptId, EmailId},
    policy::{FARTHEST, after},
    ports::{Inquiry, LookUp, Mailer, SendOutcome, WelcomeContext},
    schedule::Instant,
};

/// What is to become of the delivery.
pub(in crate::engine) enum Next {
    /// Nothing is left to do.
    Done,
    /// To be looked at again.
    Again(Instant),
}

pub(in crate::engine) async fn handle(engine: &Arc<Engine>, event: &UserCreated) -> PortResult<Next> {
    let now = engine.ports.clock.now();
    let Some(agent) = engine.ports.agents.agent(&event.user_id).await? else {
        return Err(PortError::new(Fault::NotFound, format!("there is no agent {}", event.user_id)));
    };
    let Some(mailer) = &engine.ports.welcome else { return Ok(Next::Done) };
    // What is farther ahead was stored while the clock was wrong, unless it is wrong now.
    let far = after(now, FARTHEST);
    let wrong = |at| at > far && now >= agent.created_at;
    match agent.welcome.clone() {
        // Only what the store knows counts; the event may come from anywhere.
        Welcome::Waiting if agent.managed_client_id.is_some() => {
            put(engine, agent, Welcome::Skipped, now).await
        }
        Welcome::Waiting => send(engine, mailer, agent, 1).await,
        Welcome::Skipped | Welcome::Sent { .. } | Welcome::Held { .. } | Welcome::Refused { .. } => {
            Ok(Next::Done)
        }
        Welcome::Transmitting { number, started_at, lease_until, .. } if wrong(lease_until) => {
            // Whoever has it in hand may still be at it: theirs for as long as if it began now.
            let started_at = if wrong(started_at) { now } else { started_at };
            let lease_until = after(now, absence(engine, mailer));
            let welcome = Welcome::Transmitting { number, started_at, lease_until, absent_since: None };
            put_and_come_back(engine, agent, welcome, now, lease_until).await
        }
        Welcome::Transmitting { lease_until, .. } if now < lease_until => {
            Ok(Next::Again(lease_until.min(far)))
        }
        Welcome::Transmitting { number, started_at, lease_until, absent_since } => {
            let inquiry = Inquiry {
                email_id: email_id(&agent)?,
                user_id: agent.id.clone(),
                recipient: agent.email.clone(),
                attempt: attempt(&agent, number, started_at, lease_until)?,
            };
            let answer =
                answer_within(&*engine.ports.clock, engine.policy().mail_timeout, mailer.look_up(&inquiry))
                    .await;
            match answer.unwrap_or(LookUp::CannotTell) {
                LookUp::Accepted { .. } => put(engine, agent, Welcome::Sent { at: started_at }, now).await,
                LookUp::NotAccepted => {
                    // As for a report: if the clock jumped, the call may still be under way.
                    let since = absent_since.filter(|since| !wrong(*since)).unwrap_or(now);
                    let believed_at = after(since, absence(engine, mailer));
                    if now >= believed_at {
                        return send(engine, mailer, agent, number.saturating_add(1)).await;
                    }
                    let absent_since = Some(since);
                    let welcome = Welcome::Transmitting { number, started_at, lease_until, absent_since };
                    put_and_come_back(engine, agent, welcome, now, believed_at).await
                }
                LookUp::CannotTell if now < after(started_at, engine.policy().hold_after) => {
                    Ok(Next::Again(after(now, engine.policy().look_up_every)))
                }
                LookUp::CannotTell => put(engine, agent, Welcome::Held { since: now }, now).await,
            }
        }
    }
}

/// How long a call may be under way, and the provider take to show what it took.
fn absence(engine: &Engine, mailer: &Arc<dyn Mailer>) -> Duration {
    let policy = engine.policy();
    policy.attempt_lease() + mailer.settling_time().unwrap_or(policy.first_look_up)
}

fn email_id(agent: &Agent) -> PortResult<EmailId> {
    EmailId::new(format!("welcome.{}", agent.id))
        .map_err(|error| PortError::new(Fault::Invalid, "the agent's id is too long").caused_by(error))
}

fn attempt(agent: &Agent, number: u32, started_at: Instant, lease_until: Instant) -> PortResult<Attempt> {
    let id = email_id(agent)?;
    Ok(Attempt {
        id: AttemptId::of(&id, number),
        number,
        fence: agent.version,
        message_id: MessageId::of(&id, &agent.email),
        started_at,
        lease_until,
        look_up_at: None,
        unknown_since: None,
        absent_since: None,
        sent_again: false,
    })
}

async fn put(engine: &Arc<Engine>, mut agent: Agent, welcome: Welcome, now: Instant) -> PortResult<Next> {
    agent.welcome = welcome;
    if engine.ports.agents.replace(agent).await? {
        Ok(Next::Done)
    } else {
        // Somebody changed the agent meanwhile: look again at what is there now.
        Ok(Next::Again(now))
    }
}

/// Stores how it stands, and asks to be called again then.
async fn put_and_come_back(
    engine: &Arc<Engine>,
    agent: Agent,
    welcome: Welcome,
    now: Instant,
    then: Instant,
) -> PortResult<Next> {
    match put(engine, agent, welcome, now).await? {
        Next::Done => Ok(Next::Again(then)),
        again @ Next::Again(_) => Ok(again),
    }
}

async fn send(engine: &Arc<Engine>, mailer: &Arc<dyn Mailer>, agent: Agent, number: u32) -> PortResult<Next> {
    let rendered = engine.ports.renderer.welcome(&WelcomeContext { agent: Arc::new(agent.clone()) }).await?;
    let now = engine.ports.clock.now();
    let lease_until = after(now, absence(engine, mailer));
    let mut claimed = agent.clone();
    claimed.welcome = Welcome::Transmitting { number, started_at: now, lease_until, absent_since: None };
    if !engine.ports.agents.replace(claimed.clone()).await? {
        return Ok(Next::Again(now));
    }
    claimed.version = agent.version.saturating_add(1);
    let party = Party { name: claimed.full_name(), address: claimed.email.clone() };
    let attempt = attempt(&claimed, number, now, lease_until)?;
    let outgoing = OutgoingEmail {
        email_id: email_id(&claimed)?,
        attempt_id: attempt.id,
        campaign_id: None,
        user_id: claimed.id.clone(),
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
        Some(SendOutcome::Accepted { .. }) => put(engine, claimed, Welcome::Sent { at: now }, now).await,
        Some(SendOutcome::NotSent { not_before, .. }) => {
            put(engine, claimed, Welcome::Waiting, now).await?;
            let pause = after(now, engine.policy().resend_pause);
            Ok(Next::Again(not_before.map_or(pause, |asked| asked.max(pause))))
        }
        Some(SendOutcome::NeedsPeople { reason } | SendOutcome::BadRecipient { reason }) => {
            put(engine, claimed, Welcome::Refused { reason }, now).await
        }
        // Once its lease is over the provider is asked.
        Some(SendOutcome::Unknown { .. }) | None => Ok(Next::Again(lease_until)),
    }
}
