//! Where endpoints of outgoing webhooks live, with what waits for them.

use async_trait::async_trait;

use crate::{
    access::{Deed, Reach},
    errors::PortResult,
    ids::{WebhookId, WebhookMessageId},
    schedule::Instant,
    webhooks::{Delivery, Due, Endpoint, Message, OffBecause, Report, Standing},
};

/// Stores endpoints, messages, and how each message stands with each endpoint. What somebody does comes with a [`Deed`], which is
/// stored with it.
///
/// Messages about agents are not given to it: a store writes them itself, in the transaction in which they happen, for each
/// endpoint that is on, wants the kind and reaches the agent
/// ([`Endpoint::wants`]). What commands bring about is
/// [`Amendment::news`](crate::campaign::Amendment::news); what comes back of emails, what is settled of held ones, who is not
/// written to any more and whose mailbox is lost is told where that is stored. A message with an id that is known is not written again.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Stores an endpoint with the next version. It must be new (version 0), or its version the stored one's. `false`, and
    /// nothing changed, if somebody else was faster, or if it is new and may not be made any more, as in
    /// [`ApiKeyStore::put_api_key`](crate::ports::ApiKeyStore::put_api_key).
    async fn put_webhook(&self, endpoint: Endpoint, deed: Deed) -> PortResult<bool>;

    /// An endpoint by its id.
    async fn webhook(&self, id: &WebhookId) -> PortResult<Option<Endpoint>>;

    /// Endpoints that [lie within](Reach::contains) a reach, ordered by id, after `after`, at most `limit`: as many as that while more follow. Those
    /// that this version cannot read are left out.
    async fn webhooks(
        &self,
        within: &Reach,
        after: Option<WebhookId>,
        limit: usize,
    ) -> PortResult<Vec<Endpoint>>;

    /// How many endpoints have exactly this reach.
    async fn count_webhooks(&self, of: &Reach) -> PortResult<usize>;

    /// Forgets an endpoint and how messages stand with it. `false` if there is none.
    async fn remove_webhook(&self, id: &WebhookId, deed: Deed) -> PortResult<bool>;

    /// Puts a message before one endpoint, whatever it wants. `false`, and nothing changed, if there is no such endpoint.
    async fn put_message(&self, id: &WebhookId, message: Message, deed: Deed) -> PortResult<bool>;

    /// Takes endpoints in hand that are on, for which something is due and that nobody has in hand, those first that were
    /// longest in no hand; at most `limit`. Until `until` they are in the caller's hand. What is in hand for longer than twice
    /// that was taken by a wrong clock and is there too, and what is due later than in
    /// [`FARTHEST`](crate::policy::FARTHEST) is due. One that this version cannot read is left out, and not looked at again until
    /// then.
    async fn claim_webhooks(&self, now: Instant, until: Instant, limit: usize) -> PortResult<Vec<Endpoint>>;

    /// What is due for an endpoint, what waits longest first, at most `limit`.
    async fn due_messages(&self, id: &WebhookId, now: Instant, limit: usize) -> PortResult<Vec<Due>>;

    /// Stores what came of tries, by [`Delivery::record`] and, for those that it took, [`Endpoint::hear`] (failures first, so that
    /// one success counts), and notes it if that switched the endpoint off ([`Endpoint::went_off`]); and gives the endpoint out of
    /// the caller's hand, if it is there until `until`: nobody takes it before `rests_until`. Why it was switched off is the answer,
    /// if it was.
    async fn end_turn(
        &self,
        id: &WebhookId,
        until: Instant,
        reports: Vec<Report>,
        rests_until: Instant,
    ) -> PortResult<Option<OffBecause>>;

    /// When the next endpoint can be taken in hand; `None` if nothing waits.
    async fn next_webhook_due(&self) -> PortResult<Option<Instant>>;

    /// How messages stand with an endpoint, the newest first: those in a standing, if one is given, and before an instant and
    /// id, if they are given; at most `limit`.
    async fn deliveries(
        &self,
        id: &WebhookId,
        standing: Option<Standing>,
        before: Option<(Instant, WebhookMessageId)>,
        limit: usize,
    ) -> PortResult<Vec<Delivery>>;

    /// How one message stands with an endpoint, with the message.
    async fn delivery(&self, id: &WebhookId, message: &WebhookMessageId) -> PortResult<Option<Due>>;

    /// Begins anew with a message, by [`Delivery::replay`] at the deed's instant. `false` if the endpoint has no such message.
    async fn replay(&self, id: &WebhookId, message: &WebhookMessageId, deed: Deed) -> PortResult<bool>;

    /// Begins anew with every failed message of an endpoint that tells of something since an instant, and says how many that
    /// are.
    async fn replay_failed(&self, id: &WebhookId, since: Instant, deed: Deed) -> PortResult<u64>;

    /// How many endpoints are switched off, by why.
    async fn webhooks_off(&self) -> PortResult<Vec<(OffBecause, u64)>>;

    /// Forgets messages of before an instant, whatever became of them, and says how many there were.
    async fn forget_messages(&self, before: Instant) -> PortResult<u64>;

    /// How many deliveries wait for endpoints that are on, and since when the one that tells of the oldest.
    async fn waiting_messages(&self) -> PortResult<(u64, Option<Instant>)>;

    /// Returns when a message may have come, or an endpoint may have been changed, since it was first polled. It may return
    /// early; it may be dropped.
    async fn message_added(&self);
}
