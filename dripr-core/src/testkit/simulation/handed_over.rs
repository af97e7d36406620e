//! Where the engine hands emails over: the judge looks at each once, whichever way it goes from there.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::stage::Stage;
use crate::{
    email::OutgoingEmail,
    ports::{Clock, Inquiry, LookUp, Mailer, SendOutcome},
};

/// A mailer that shows the judge what it is given.
pub(super) struct HandedOver<M> {
    pub(super) mailer: M,
    pub(super) stage: Arc<Stage>,
    /// The time as the process sees it.
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl<M: Mailer> Mailer for HandedOver<M> {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let stage = &self.stage;
        for email in emails {
            // The clock may jump while a call is under way: what it showed at its beginning is what dripr went by.
            stage.handed(&email.attempt_id);
            if email.campaign_id.is_none() {
                let (agent, notices) = (stage.agent(&email.user_id), stage.notices(&email.user_id));
                stage.judge(|judge| judge.writes_to_agent(email, agent.as_ref(), notices.as_ref()));
                continue;
            }
            let (filed, now) = (stage.filed(&email.email_id), self.clock.now());
            stage.judge(|judge| judge.handed_over(email, filed.as_ref(), now, &stage.policy));
        }
        self.mailer.send(emails).await
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        self.mailer.look_up(inquiry).await
    }

    fn batch(&self) -> usize {
        self.mailer.batch()
    }

    fn settling_time(&self) -> Option<Duration> {
        self.mailer.settling_time()
    }
}
