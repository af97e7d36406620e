//! Stores of webhooks.

use async_trait::async_trait;
use dripr_core::{
    access::{Deed, Reach},
    errors::PortResult,
    ids::{WebhookId, WebhookMessageId},
    ports::WebhookStore,
    schedule::Instant,
    testkit::contract,
    webhooks::{Delivery, Due, Endpoint, Kind, Message, OffBecause, Report, Standing},
};

use crate::wrong_store::{Fault, Wrong};

#[async_trait]
impl WebhookStore for Wrong {
    async fn put_webhook(&self, mut endpoint: Endpoint, deed: Deed) -> PortResult<bool> {
        let known = self.store.webhook(&endpoint.id).await?;
        if let Some(known) = known.filter(|_| self.is(Fault::LastChangeWins) && endpoint.version > 0) {
            endpoint.version = known.version;
        }
        self.store.put_webhook(endpoint, deed).await
    }
    async fn webhook(&self, id: &WebhookId) -> PortResult<Option<Endpoint>> {
        self.store.webhook(id).await
    }
    async fn webhooks(
        &self,
        within: &Reach,
        after: Option<WebhookId>,
        limit: usize,
    ) -> PortResult<Vec<Endpoint>> {
        let within = if self.is(Fault::EndpointsOfEverybody) { &Reach::Deployment } else { within };
        let limit = if self.is(Fault::EndpointsWithoutEnd) { usize::MAX } else { limit };
        let mut endpoints = self.store.webhooks(within, after, limit).await?;
        if self.is(Fault::EndpointsBackwards) {
            endpoints.reverse();
        }
        Ok(endpoints)
    }
    async fn count_webhooks(&self, of: &Reach) -> PortResult<usize> {
        if self.is(Fault::CountsEverybodys) {
            return Ok(self.store.webhooks(&Reach::Deployment, None, usize::MAX).await?.len());
        }
        self.store.count_webhooks(of).await
    }
    async fn remove_webhook(&self, id: &WebhookId, deed: Deed) -> PortResult<bool> {
        Ok(self.store.remove_webhook(id, deed).await? || self.is(Fault::RemovesTwice))
    }
    async fn put_message(&self, id: &WebhookId, message: Message, deed: Deed) -> PortResult<bool> {
        Ok(self.store.put_message(id, message, deed).await? || self.is(Fault::PutsBeforeNobody))
    }
    async fn claim_webhooks(&self, now: Instant, until: Instant, limit: usize) -> PortResult<Vec<Endpoint>> {
        let limit = if self.is(Fault::ClaimsTooMany) { usize::MAX } else { limit };
        let claimed = self.store.claim_webhooks(now, until, limit).await?;
        if !claimed.is_empty() {
            *self.until.lock().unwrap() = Some(until);
        }
        if self.is(Fault::ClaimsForTwo) {
            for endpoint in &claimed {
                self.store.end_turn(&endpoint.id, until, Vec::new(), now).await?;
            }
        }
        Ok(claimed)
    }
    async fn due_messages(&self, id: &WebhookId, now: Instant, limit: usize) -> PortResult<Vec<Due>> {
        let mut due = self.store.due_messages(id, now, limit).await?;
        if self.is(Fault::DueBackwards) {
            due.reverse();
        }
        Ok(due)
    }
    async fn end_turn(
        &self,
        id: &WebhookId,
        until: Instant,
        mut reports: Vec<Report>,
        rests_until: Instant,
    ) -> PortResult<Option<OffBecause>> {
        if self.is(Fault::RecordsTwice) {
            for report in &mut reports {
                let known = self.store.delivery(id, &report.message_id).await?;
                report.attempted = known.map_or(0, |known| known.delivery.attempted);
            }
        }
        let in_hand = self.until.lock().unwrap().filter(|_| self.is(Fault::OpensOthersHands));
        let off = self.store.end_turn(id, in_hand.unwrap_or(until), reports, rests_until).await?;
        Ok(off.filter(|_| !self.is(Fault::SwitchesOffInSilence)))
    }
    async fn next_webhook_due(&self) -> PortResult<Option<Instant>> {
        self.store.next_webhook_due().await
    }
    async fn deliveries(
        &self,
        id: &WebhookId,
        standing: Option<Standing>,
        before: Option<(Instant, WebhookMessageId)>,
        limit: usize,
    ) -> PortResult<Vec<Delivery>> {
        let mut deliveries = self.store.deliveries(id, standing, before, limit).await?;
        if self.is(Fault::DeliveriesBackwards) {
            deliveries.reverse();
        }
        deliveries.retain(|delivery| match delivery.kind {
            Kind::EmailOpened => !self.is(Fault::KeepsOpeningsBack),
            Kind::MailboxLost => !self.is(Fault::KeepsLostMailboxesBack),
            _ => true,
        });
        Ok(deliveries)
    }
    async fn delivery(&self, id: &WebhookId, message: &WebhookMessageId) -> PortResult<Option<Due>> {
        self.store.delivery(id, message).await
    }
    async fn replay(&self, id: &WebhookId, message: &WebhookMessageId, deed: Deed) -> PortResult<bool> {
        Ok(self.store.replay(id, message, deed).await? || self.is(Fault::ReplaysOthers))
    }
    async fn replay_failed(&self, id: &WebhookId, since: Instant, deed: Deed) -> PortResult<u64> {
        let since = if self.is(Fault::ReplaysWhatIsOld) { Instant::MIN_UTC } else { since };
        self.store.replay_failed(id, since, deed).await
    }
    async fn webhooks_off(&self) -> PortResult<Vec<(OffBecause, u64)>> {
        if self.is(Fault::CountsNoneOff) {
            return Ok(Vec::new());
        }
        self.store.webhooks_off().await
    }
    async fn forget_messages(&self, before: Instant) -> PortResult<u64> {
        let before = if self.is(Fault::ForgetsAll) { Instant::MAX_UTC } else { before };
        self.store.forget_messages(before).await
    }
    async fn waiting_messages(&self) -> PortResult<(u64, Option<Instant>)> {
        if self.is(Fault::CountsNoneWaiting) {
            return Ok((0, None));
        }
        self.store.waiting_messages().await
    }
    async fn message_added(&self) {
        self.store.message_added().await;
    }
}

async fn wrong(fault: Fault) {
    contract::webhook_store(&Wrong::new(fault)).await;
}

#[tokio::test]
#[should_panic(expected = "not by who saw an older one")]
async fn a_store_in_which_the_last_change_of_an_endpoint_wins() {
    wrong(Fault::LastChangeWins).await;
}

#[tokio::test]
#[should_panic(expected = "all, by id")]
async fn a_store_that_lists_endpoints_backwards() {
    wrong(Fault::EndpointsBackwards).await;
}

#[tokio::test]
#[should_panic(expected = "within one reach")]
async fn a_store_that_lists_everybodys_endpoints() {
    wrong(Fault::EndpointsOfEverybody).await;
}

#[tokio::test]
#[should_panic(expected = "a page at a time")]
async fn a_store_that_lists_all_endpoints() {
    wrong(Fault::EndpointsWithoutEnd).await;
}

#[tokio::test]
#[should_panic(expected = "those of a reach are counted")]
async fn a_store_that_counts_everybodys_endpoints() {
    wrong(Fault::CountsEverybodys).await;
}

#[tokio::test]
#[should_panic(expected = "once")]
async fn a_store_that_removes_what_is_not_there() {
    wrong(Fault::RemovesTwice).await;
}

#[tokio::test]
#[should_panic(expected = "who is not there gets nothing")]
async fn a_store_that_puts_messages_before_nobody() {
    wrong(Fault::PutsBeforeNobody).await;
}

#[tokio::test]
#[should_panic(expected = "and nobody else's")]
async fn a_store_that_puts_an_endpoint_into_two_hands() {
    wrong(Fault::ClaimsForTwo).await;
}

#[tokio::test]
#[should_panic(expected = "no more than wanted")]
async fn a_store_that_puts_everything_into_one_hand() {
    wrong(Fault::ClaimsTooMany).await;
}

#[tokio::test]
#[should_panic(expected = "what is due, the oldest first")]
async fn a_store_that_has_the_newest_sent_first() {
    wrong(Fault::DueBackwards).await;
}

#[tokio::test]
#[should_panic(expected = "a try is stored once")]
async fn a_store_that_counts_a_try_twice() {
    wrong(Fault::RecordsTwice).await;
}

#[tokio::test]
#[should_panic(expected = "it is still in the hand")]
async fn a_store_that_opens_the_hand_of_another() {
    wrong(Fault::OpensOthersHands).await;
}

#[tokio::test]
#[should_panic(expected = "that it is switched off is told")]
async fn a_store_that_switches_off_without_a_word() {
    wrong(Fault::SwitchesOffInSilence).await;
}

#[tokio::test]
#[should_panic(expected = "[(Gone, 1)]")]
async fn a_store_that_does_not_count_what_is_off() {
    wrong(Fault::CountsNoneOff).await;
}

#[tokio::test]
#[should_panic(expected = "email.opened was told")]
async fn a_store_that_keeps_a_message_back() {
    wrong(Fault::KeepsOpeningsBack).await;
}

#[tokio::test]
#[should_panic(expected = "a mailbox that is lost is told")]
async fn a_store_that_does_not_tell_of_a_lost_mailbox() {
    wrong(Fault::KeepsLostMailboxesBack).await;
}

#[tokio::test]
#[should_panic(expected = "what is another is told, and nothing else")]
async fn a_store_that_lists_the_oldest_messages_first() {
    wrong(Fault::DeliveriesBackwards).await;
}

#[tokio::test]
#[should_panic(expected = "(0, None)")]
async fn a_store_that_does_not_count_what_waits() {
    wrong(Fault::CountsNoneWaiting).await;
}

#[tokio::test]
#[should_panic(expected = "not what is another's")]
async fn a_store_that_sends_again_what_is_not_there() {
    wrong(Fault::ReplaysOthers).await;
}

#[tokio::test]
#[should_panic(expected = "none since")]
async fn a_store_that_sends_again_what_is_too_old() {
    wrong(Fault::ReplaysWhatIsOld).await;
}

#[tokio::test]
#[should_panic(expected = "and what was told later is not")]
async fn a_store_that_forgets_what_is_new() {
    wrong(Fault::ForgetsAll).await;
}
