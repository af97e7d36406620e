//! The agents' own mail accounts as one process reaches them: a mailer beside the deployment's, which sends by consent.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{faulty_mailer::FaultyMailer, faulty_store::FaultyStore};
use crate::{
    email::OutgoingEmail,
    ids::UserId,
    mail_account::{Grant, MailAccount, lose},
    ports::{Inquiry, LookUp, MailAccountStore, Mailer, SendOutcome},
};

/// Sends by agents' own accounts. Whose consent was taken back is noted when the account is used next, as a provider
/// tells it only then.
pub(super) struct OwnAccounts {
    pub(super) mailer: FaultyMailer,
    pub(super) store: Arc<FaultyStore>,
    /// Whether what may have been sent is called "not sent" where it may fall back: a bug.
    pub(super) falls_back_on_unknown: bool,
}

impl OwnAccounts {
    /// An account that can be used, or why nothing was sent.
    async fn usable(&self, user: &UserId) -> Result<MailAccount, SendOutcome> {
        let stage = &self.mailer.site.stage;
        let account = match self.store.mail_account(user).await {
            Ok(Some(account)) if account.is_connected() => account,
            Ok(_) => return Err(not_sent("no account is connected".to_owned())),
            Err(error) => return Err(not_sent(error.to_string())),
        };
        let reason = "the consent was taken back".to_owned();
        if account.grant == Grant::Given && !stage.is_withdrawn(user) {
            return Ok(account);
        }
        if account.grant == Grant::Given {
            // If it cannot be stored, the next email finds it out again.
            let _ = lose(&*self.store, &account, &reason, self.mailer.site.clock.now()).await;
        }
        Err(SendOutcome::NeedsPeople { reason })
    }

    async fn send_one(&self, email: &OutgoingEmail) -> SendOutcome {
        let stage = &self.mailer.site.stage;
        stage.offered(&email.attempt_id);
        let account = match self.usable(&email.user_id).await {
            Ok(account) => account,
            Err(outcome) => return outcome,
        };
        let outcome = self.mailer.send(std::slice::from_ref(email)).await.pop();
        let Some(outcome @ SendOutcome::Unknown { .. }) = outcome else {
            return outcome.unwrap_or_else(|| SendOutcome::Unknown { reason: "no answer".to_owned() });
        };
        stage.count("an unknown outcome at an agent's own account");
        if self.falls_back_on_unknown && account.may_fall_back {
            return not_sent("a bug says so".to_owned());
        }
        outcome
    }
}

fn not_sent(reason: String) -> SendOutcome {
    SendOutcome::NotSent { reason, not_before: None }
}

#[async_trait]
impl Mailer for OwnAccounts {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let mut outcomes = Vec::with_capacity(emails.len());
        for email in emails {
            outcomes.push(self.send_one(email).await);
        }
        outcomes
    }

    /// Another consent may be for another mailbox: that an email is not in it says nothing of what was tried before.
    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let Ok(account) = self.usable(&inquiry.user_id).await else { return LookUp::CannotTell };
        match self.mailer.look_up(inquiry).await {
            LookUp::NotAccepted if account.connected_at > inquiry.attempt.started_at => LookUp::CannotTell,
            answer => answer,
        }
    }

    fn batch(&self) -> usize {
        self.mailer.batch()
    }

    fn settling_time(&self) -> Option<Duration> {
        self.mailer.settling_time()
    }
}
