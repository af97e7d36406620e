use std::collections::{BTreeMap, HashMap};

use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    SendMessageBatchRequestEntry,
};
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
    ports::{Receipt, Settlement},
    schedule::Instant,
};

use super::{
    SqsQueue,
    fault::{of_code, sorted},
    held::Holding,
    parked,
    receive::{AT_ONCE, Source},
    seconds,
};

/// So often an entry is tried that AWS had no time for, at once: waiting would cost more of its visibility.
const TRIES: usize = 3;

/// The most bytes of one batch of messages, a little less than SQS takes.
pub(super) const BATCH_BYTES: usize = 1_000_000;

/// What is told of a message in one call.
enum Change {
    /// It is given back, or kept, for so many seconds; kept is what is still worked on.
    Hide(i32, Option<Instant>),
    Delete,
}

impl SqsQueue {
    pub(super) async fn settle_all(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        let mut of_queue = BTreeMap::<Queue, Vec<Settlement>>::new();
        for settlement in settlements {
            of_queue.entry(settlement.receipt().queue).or_default().push(settlement);
        }
        let mut failed = None;
        for (queue, settlements) in of_queue {
            if let Err(error) = self.settle_in(queue, settlements, now).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn settle_in(&self, queue: Queue, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        let (mut deletes, mut hides, mut parks) = (Vec::new(), Vec::new(), Vec::new());
        for settlement in settlements {
            // What is not held, or not any more, is somebody else's.
            let Some(holding) = self.shared.held.get(settlement.receipt(), now) else { continue };
            match settlement {
                Settlement::Done(_) => deletes.push((holding, Change::Delete)),
                Settlement::Again(_, at) => {
                    let seconds = seconds::until(at, holding.since, now);
                    hides.push((holding, Change::Hide(seconds, None)));
                }
                Settlement::Extend(_, at) => {
                    let seconds = seconds::until(at, holding.since, now);
                    // Nothing would be gained: it was hidden for as long as it can be.
                    if seconds == 0 && at > now {
                        continue;
                    }
                    let until = seconds::reached(now, seconds);
                    hides.push((holding, Change::Hide(seconds, Some(until))));
                }
                Settlement::Park(_, cause) => parks.push((holding, cause)),
            }
        }
        if deletes.is_empty() && hides.is_empty() && parks.is_empty() {
            return Ok(());
        }
        let source = self.source(queue)?;
        let (parked, unparked) = self.park(&self.url(queue)?.dead_letters, parks, now).await;
        deletes.extend(parked.into_iter().map(|holding| (holding, Change::Delete)));
        // Each is tried, whatever becomes of the others.
        let deleted = self.change(&source, deletes).await;
        let hidden = self.change(&source, hides).await;
        unparked.and(deleted).and(hidden)
    }

    /// Deletes messages, or hides them.
    async fn change(&self, source: &Source, changes: Vec<(Holding, Change)>) -> PortResult<()> {
        let mut failed = None;
        let mut left = changes;
        for _ in 0..TRIES {
            let mut throttled = Vec::new();
            failed = None;
            while !left.is_empty() {
                let rest = left.split_off(AT_ONCE.min(left.len()));
                let some = std::mem::replace(&mut left, rest);
                match self.change_some(source, &some).await {
                    Ok(refused) => {
                        for (index, (holding, change)) in some.into_iter().enumerate() {
                            match refused.get(&index) {
                                None => self.changed(&holding.message.receipt, &change),
                                Some(entry) if is_stale(entry) => {
                                    self.shared.held.let_go(&holding.message.receipt);
                                }
                                Some(entry) => {
                                    let error = of_code(&entry.code, None, "settling deliveries");
                                    if error.fault().may_heal() {
                                        throttled.push((holding, change));
                                    }
                                    failed = Some(error);
                                }
                            }
                        }
                    }
                    Err(error) => {
                        if error.fault().may_heal() {
                            throttled.extend(some);
                        }
                        failed = Some(error);
                    }
                }
            }
            if throttled.is_empty() {
                break;
            }
            left = throttled;
        }
        failed.map_or(Ok(()), Err)
    }

    /// One call. It gives the entries that were refused, by their place.
    async fn change_some(
        &self,
        source: &Source,
        some: &[(Holding, Change)],
    ) -> PortResult<HashMap<usize, BatchResultErrorEntry>> {
        let doing = "settling deliveries";
        let sqs = &source.aws.sqs;
        let failed = if matches!(some.first(), Some((_, Change::Delete))) {
            let mut call = sqs.delete_message_batch().queue_url(&source.url);
            for (index, (holding, _)) in some.iter().enumerate() {
                let entry = DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(&holding.message.receipt.id);
                call = call.entries(entry.build().map_err(unbuilt)?);
            }
            call.send().await.map_err(|error| sorted(&error, doing))?.failed
        } else {
            let mut call = sqs.change_message_visibility_batch().queue_url(&source.url);
            for (index, (holding, change)) in some.iter().enumerate() {
                let Change::Hide(seconds, _) = change else { continue };
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(&holding.message.receipt.id)
                    .visibility_timeout(*seconds);
                call = call.entries(entry.build().map_err(unbuilt)?);
            }
            call.send().await.map_err(|error| sorted(&error, doing))?.failed
        };
        Ok(by_place(failed))
    }

    fn changed(&self, receipt: &Receipt, change: &Change) {
        match change {
            Change::Hide(_, Some(until)) => self.shared.held.extend(receipt, *until),
            Change::Hide(_, None) | Change::Delete => self.shared.held.let_go(receipt),
        }
    }

    /// Puts messages beside the queue, and gives those that are there now. They are still in the queue: a crash before
    /// they are deleted there parks them twice, and loses none.
    async fn park(
        &self,
        dead_letters: &str,
        parks: Vec<(Holding, String)>,
        now: Instant,
    ) -> (Vec<Holding>, PortResult<()>) {
        let mut parked = Vec::new();
        let mut result = Ok(());
        let mut left = parks.into_iter().peekable();
        while left.peek().is_some() {
            let (mut some, mut bytes) = (Vec::new(), 0);
            while let Some((holding, _)) = left.peek() {
                bytes += holding.message.body.len() + parked::MOST_ATTRIBUTES;
                if some.len() == AT_ONCE || (bytes > BATCH_BYTES && !some.is_empty()) {
                    break;
                }
                some.extend(left.next());
            }
            let entries = some.iter().enumerate().map(|(index, (holding, cause))| {
                parked::entry(index, &holding.message, cause, now).map_err(unbuilt)
            });
            let sent = match entries.collect::<PortResult<Vec<_>>>() {
                Ok(entries) => self.send(dead_letters, entries).await,
                Err(error) => Err(error),
            };
            match sent {
                Ok(refused) => {
                    for (index, (holding, _)) in some.into_iter().enumerate() {
                        match refused.get(&index) {
                            None => parked.push(holding),
                            Some(entry) => result = Err(of_code(&entry.code, None, "parking deliveries")),
                        }
                    }
                }
                Err(error) => result = Err(error),
            }
        }
        (parked, result)
    }

    /// Sends messages in one call, and gives the entries that were refused, by their place.
    pub(super) async fn send(
        &self,
        url: &str,
        entries: Vec<SendMessageBatchRequestEntry>,
    ) -> PortResult<HashMap<usize, BatchResultErrorEntry>> {
        let call = self.shared.aws.sqs.send_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = call.send().await.map_err(|error| sorted(&error, "sending messages"))?;
        Ok(by_place(answer.failed))
    }

    /// Hides messages anew, and gives those that are hidden.
    pub(super) async fn renew(
        &self,
        source: &Source,
        old: Vec<Holding>,
        until: Instant,
        now: Instant,
    ) -> Vec<Holding> {
        self.shared.held.hold(old.iter().cloned(), now);
        let changes = old.iter().map(|holding| {
            let seconds = seconds::until(until, holding.since, now);
            (holding.clone(), Change::Hide(seconds, Some(until)))
        });
        if let Err(error) = self.change(source, changes.collect()).await {
            tracing::debug!(%error, queue = %source.queue, "what came while nobody received is left to come again");
        }
        let renewed = old.iter().filter_map(|holding| self.shared.held.get(&holding.message.receipt, now));
        renewed.filter(|holding| holding.until >= until).collect()
    }

    /// Deletes messages for which a queue has no use. Where that fails, they come again and are deleted then.
    pub(super) async fn throw_away(&self, source: &Source, unwanted: Vec<Holding>) {
        if unwanted.is_empty() {
            return;
        }
        let deletes = unwanted.into_iter().map(|holding| (holding, Change::Delete)).collect();
        if let Err(error) = self.change(source, deletes).await {
            tracing::debug!(%error, queue = %source.queue, "what wakes others only could not be deleted");
        }
    }
}

/// A receipt that is worth nothing any more, as SQS says it: the message was deleted, given back, or received again.
fn is_stale(entry: &BatchResultErrorEntry) -> bool {
    let code = entry.code.rsplit('.').next().unwrap_or_default();
    matches!(
        code,
        "ReceiptHandleIsInvalid" | "MessageNotInflight" | "InvalidParameterValue" | "InvalidIdFormat"
    )
}

pub(super) fn by_place(failed: Vec<BatchResultErrorEntry>) -> HashMap<usize, BatchResultErrorEntry> {
    failed.into_iter().filter_map(|entry| Some((entry.id.parse().ok()?, entry))).collect()
}

pub(super) fn unbuilt(error: aws_sdk_sqs::error::BuildError) -> PortError {
    PortError::new(Fault::Invalid, "a call to SQS cannot be made").caused_by(error)
}
