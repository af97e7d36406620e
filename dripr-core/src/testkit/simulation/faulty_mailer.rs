//! The mail provider as one process reaches it, and the mailbox behind it that alone tells what was sent.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{Offset, TimeDelta};

use super::{
    judge::{Moment, Provider},
    plan::Fault::{
        AcceptedInSilence, CrashAfter, CrashBefore, Error, Garbage, Hang, LostInSilence, Refused, Slow,
        Throttled,
    },
    stage::{Site, Stage},
};
use crate::{
    campaign::Dossier,
    email::OutgoingEmail,
    policy::after,
    ports::{Clock, Inquiry, LookUp, Mailer, SendOutcome},
    schedule::Instant,
};

/// A mail provider.
#[derive(Clone)]
pub(super) struct FaultyMailer {
    pub(super) site: Site,
    /// Which one it is: each knows only what it took itself.
    pub(super) by: Provider,
    /// Whether it can be asked about what it has.
    pub(super) can_tell: bool,
    pub(super) batch: usize,
    /// How long it takes to show what it took.
    pub(super) settling_time: Duration,
}

/// The names of a provider's calls.
struct Calls {
    send: &'static str,
    answer: &'static str,
    look_up: &'static str,
}

impl FaultyMailer {
    const fn calls(&self) -> Calls {
        match self.by {
            Provider::Common => {
                Calls { send: "mailer.send", answer: "mailer.answer", look_up: "mailer.look_up" }
            }
            Provider::Own => {
                Calls { send: "mailer.own.send", answer: "mailer.own.answer", look_up: "mailer.own.look_up" }
            }
        }
    }

    async fn send_one(&self, email: &OutgoingEmail, handed: Moment) -> SendOutcome {
        let stage = &self.site.stage;
        let possible = &[
            AcceptedInSilence,
            LostInSilence,
            Refused,
            Throttled,
            Error,
            Slow,
            Hang,
            Garbage,
            CrashBefore,
            CrashAfter,
        ];
        let fault = stage.meet(self.calls().send, possible);
        let reason = "the provider said so".to_owned();
        let accept = || {
            let by = if self.by == Provider::Own { " by the agent's account" } else { "" };
            stage.tell(format!("the mailbox takes {}{by}", email.email_id));
            if self.by == Provider::Common && stage.was_offered(&email.attempt_id) {
                stage.count("an email that fell back to the deployment's mailer");
            }
            if email.campaign_id.is_none() {
                stage.judge(|judge| judge.wrote_to_agent(&email.email_id, stage.clock.steady()));
                let id = email.email_id.as_str();
                if id.starts_with("welcome.") {
                    stage.count("a welcome");
                } else if id.starts_with("morning.") {
                    stage.count("a morning mail");
                } else {
                    stage.count("an agent was told what stops their mail");
                }
                return;
            }
            let filed = stage.filed(&email.email_id);
            if filed.as_ref().is_some_and(|filed| on_a_clock_change(&filed.dossier, stage)) {
                stage.count("an email on a day when the clocks change");
            }
            let taken_at = stage.clock.steady();
            stage.judge(|judge| judge.accepted(email, filed.as_ref(), self.by, handed, taken_at));
        };
        match fault {
            Some(LostInSilence) => SendOutcome::Unknown { reason },
            Some(AcceptedInSilence) => {
                accept();
                SendOutcome::Unknown { reason }
            }
            Some(Hang) => {
                // It takes the email, and its answer comes long after anybody waits for it.
                accept();
                let now = stage.clock.now();
                stage.clock.sleep_until(after(now, Duration::from_secs(7_200))).await;
                SendOutcome::Accepted { provider_message_id: None }
            }
            Some(Refused) => match stage.drawn("refused", email.date.timestamp() as u32) % 3 {
                0 => SendOutcome::BadRecipient { reason },
                1 => SendOutcome::NeedsPeople { reason },
                _ => SendOutcome::NotSent { reason, not_before: None },
            },
            Some(Throttled) => {
                let not_before = Some(after(email.date, Duration::from_secs(5_400)));
                SendOutcome::NotSent { reason, not_before }
            }
            Some(Error) => SendOutcome::NotSent { reason, not_before: None },
            Some(CrashBefore) => self.site.crash().await,
            Some(CrashAfter) => {
                accept();
                stage.count("accepted, then the process died");
                self.site.crash().await
            }
            Some(Slow) => {
                // Within the timeout, but another worker may be faster.
                let now = stage.clock.now();
                stage.clock.sleep_until(after(now, Duration::from_secs(15))).await;
                accept();
                SendOutcome::Accepted { provider_message_id: None }
            }
            _ => {
                accept();
                SendOutcome::Accepted { provider_message_id: Some(email.email_id.to_string()) }
            }
        }
    }
}

#[async_trait]
impl Mailer for FaultyMailer {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let stage = &self.site.stage;
        let mut outcomes = Vec::with_capacity(emails.len());
        for email in emails {
            outcomes.push(self.send_one(email, stage.handed_at(&email.attempt_id)).await);
        }
        // A broken answer has fewer results than there were emails.
        if stage.meet(self.calls().answer, &[Garbage]).is_some() {
            outcomes.pop();
        }
        outcomes
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let stage = &self.site.stage;
        let fault = stage.meet(self.calls().look_up, &[Error, Hang, Slow, CrashBefore, CrashAfter]);
        if self.site.before(fault).await.is_err() || !self.can_tell {
            return LookUp::CannotTell;
        }
        let known = stage.has_for(self.by, &inquiry.email_id, self.settling_time);
        if self.site.after(fault).await.is_err() {
            return LookUp::CannotTell;
        }
        stage.count("an unknown outcome was looked up");
        if !known && stage.has_for(self.by, &inquiry.email_id, Duration::ZERO) {
            stage.count("an email that its provider did not show yet");
        }
        if known { LookUp::Accepted { provider_message_id: None } } else { LookUp::NotAccepted }
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn settling_time(&self) -> Option<Duration> {
        Some(self.settling_time)
    }
}

/// Whether the agent's clocks change today.
fn on_a_clock_change(dossier: &Dossier, stage: &Stage) -> bool {
    let (now, half_a_day) = (stage.clock.now(), TimeDelta::hours(12));
    let zone = dossier.agent.sending_rules.unwrap_or(stage.policy.rules).zone();
    let offset = |at: Instant| at.with_timezone(&zone).offset().fix();
    offset(now - half_a_day) != offset(now + half_a_day)
}
