//! The mail provider as one process reaches it, and the mailbox behind it that alone tells what was sent.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    plan::Fault::{
        AcceptedInSilence, CrashAfter, CrashBefore, Error, Garbage, Hang, LostInSilence, Refused, Slow,
        Throttled,
    },
    stage::Site,
};
use crate::{
    email::{Attempt, OutgoingEmail},
    ids::EmailId,
    policy::after,
    ports::{Clock, LookUp, Mailer, SendOutcome},
};

/// A mail provider.
#[derive(Clone)]
pub(super) struct FaultyMailer {
    pub(super) site: Site,
    /// Whether it can be asked about what it has.
    pub(super) can_tell: bool,
    pub(super) batch: usize,
}

impl FaultyMailer {
    async fn send_one(&self, email: &OutgoingEmail) -> SendOutcome {
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
        let fault = stage.meet("mailer.send", possible);
        let reason = "the provider said so".to_owned();
        let accept = || {
            stage.tell(format!("the mailbox takes {}", email.email_id));
            stage.judge(|judge| judge.accepted(email, &stage.store, stage.clock.now()));
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
        for email in emails {
            stage.judge(|judge| judge.handed_over(email, &stage.store, stage.clock.now(), &stage.policy));
        }
        let mut outcomes = Vec::with_capacity(emails.len());
        for email in emails {
            outcomes.push(self.send_one(email).await);
        }
        // A broken answer has fewer results than there were emails.
        if stage.meet("mailer.answer", &[Garbage]).is_some() {
            outcomes.pop();
        }
        outcomes
    }

    async fn look_up(&self, email: &EmailId, _attempt: &Attempt) -> LookUp {
        let stage = &self.site.stage;
        let fault = stage.meet("mailer.look_up", &[Error, Hang, Slow, CrashBefore, CrashAfter]);
        if self.site.before(fault).await.is_err() || !self.can_tell {
            return LookUp::CannotTell;
        }
        let mut known = false;
        stage.judge(|judge| {
            known = judge.has(email);
            Ok(())
        });
        if self.site.after(fault).await.is_err() {
            return LookUp::CannotTell;
        }
        stage.count("an unknown outcome was looked up");
        if known { LookUp::Accepted { provider_message_id: None } } else { LookUp::NotAccepted }
    }

    fn batch(&self) -> usize {
        self.batch
    }
}
