//! Which mailer an email goes by: the agent's own account where one is connected, the deployment's otherwise.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::MailAccount;
use crate::{
    email::OutgoingEmail,
    ids::UserId,
    ports::{Inquiry, LookUp, MailAccountStore, Mailer, SendOutcome},
};

/// Hands each email to the mailer of its agent's own account where one is connected, and to the deployment's otherwise.
///
/// - Consent that was taken back does not change the sender: the email goes to the account's mailer, which says that the
///   agent must agree again.
/// - An account that was forgotten sends nothing, and is asked no more: what may have gone by it stays unknown.
/// - What the account certainly did not send goes by the deployment's mailer, in the same call, if the agent allows it
///   ([`MailAccount::may_fall_back`]). What may have been sent never does.
/// - Where it cannot be told whether there is an account, nothing is sent.
pub struct ByMailAccount {
    accounts: Arc<dyn MailAccountStore>,
    own: Arc<dyn Mailer>,
    common: Arc<dyn Mailer>,
}

impl ByMailAccount {
    /// By the accounts in a store: `own` sends by an agent's account, `common` for everybody else.
    #[must_use]
    pub fn new(accounts: Arc<dyn MailAccountStore>, own: Arc<dyn Mailer>, common: Arc<dyn Mailer>) -> Self {
        Self { accounts, own, common }
    }

    /// The account of each email's agent; each agent is looked up once.
    async fn accounts(&self, emails: &[OutgoingEmail]) -> Vec<Result<Option<MailAccount>, String>> {
        let mut known: Vec<(&UserId, Result<Option<MailAccount>, String>)> = Vec::new();
        let mut accounts = Vec::with_capacity(emails.len());
        for email in emails {
            let found = known.iter().find(|(user, _)| **user == email.user_id);
            let account = match found {
                Some((_, account)) => account.clone(),
                None => {
                    let account = self.accounts.mail_account(&email.user_id).await;
                    let account = account.map_err(|error| error.to_string());
                    known.push((&email.user_id, account.clone()));
                    account
                }
            };
            accounts.push(account);
        }
        accounts
    }
}

#[async_trait]
impl Mailer for ByMailAccount {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let accounts = self.accounts(emails).await;
        let mut outcomes: Vec<Option<SendOutcome>> = vec![None; emails.len()];
        let (mut own, mut common) = (Vec::new(), Vec::new());
        for (place, account) in accounts.iter().enumerate() {
            match account {
                Ok(Some(account)) if account.is_connected() => own.push(place),
                Ok(_) => common.push(place),
                Err(error) => {
                    let reason = format!("it could not be told by which account it goes: {error}");
                    outcomes[place] = Some(SendOutcome::NotSent { reason, not_before: None });
                }
            }
        }
        for (place, outcome) in hand_over(&*self.own, emails, &own).await {
            let certainly_not =
                matches!(outcome, SendOutcome::NotSent { .. } | SendOutcome::NeedsPeople { .. });
            let allowed =
                accounts[place].as_ref().is_ok_and(|known| known.as_ref().is_some_and(|a| a.may_fall_back));
            if certainly_not && allowed {
                common.push(place);
            } else {
                outcomes[place] = Some(outcome);
            }
        }
        for (place, outcome) in hand_over(&*self.common, emails, &common).await {
            outcomes[place] = Some(outcome);
        }
        let missing = || SendOutcome::Unknown { reason: "the mailer gave no answer for it".to_owned() };
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missing)).collect()
    }

    /// What either mailer has counts. Where both may have had it, it was not sent only if both say so; where by all that is
    /// known only the account may have had it, the deployment's mailer need not be able to tell.
    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let Ok(account) = self.accounts.mail_account(&inquiry.user_id).await else {
            return LookUp::CannotTell;
        };
        let Some(account) = account else { return self.common.look_up(inquiry).await };
        let tried_at = inquiry.attempt.started_at;
        if !account.may_have_sent_at(tried_at) {
            return self.common.look_up(inquiry).await;
        }
        let own = self.own.look_up(inquiry).await;
        if matches!(own, LookUp::Accepted { .. }) {
            return own;
        }
        match self.common.look_up(inquiry).await {
            LookUp::NotAccepted => own,
            // A clock that was set back since may hide that it went that way: what it has counts always.
            answer @ LookUp::Accepted { .. } => answer,
            LookUp::CannotTell if account.may_have_passed_over_at(tried_at) => LookUp::CannotTell,
            LookUp::CannotTell => own,
        }
    }

    fn batch(&self) -> usize {
        self.own.batch().min(self.common.batch())
    }

    /// The longer one, since either may be asked.
    fn settling_time(&self) -> Option<Duration> {
        match (self.own.settling_time(), self.common.settling_time()) {
            (Some(own), Some(common)) => Some(own.max(common)),
            (own, common) => own.or(common),
        }
    }
}

/// Hands over the emails in some places, and says for each place what became of it.
async fn hand_over(
    mailer: &dyn Mailer,
    emails: &[OutgoingEmail],
    places: &[usize],
) -> Vec<(usize, SendOutcome)> {
    if places.is_empty() {
        return Vec::new();
    }
    let own: Vec<OutgoingEmail> = places.iter().map(|place| emails[*place].clone()).collect();
    places.iter().copied().zip(mailer.send(&own).await).collect()
}
