use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName, QueueAttributeName,
};
use dripr_core::{
    errors::PortResult,
    events::Queue,
    ports::{DeadLetter, QueueDesk, Standing, Which},
    schedule::Instant,
};

use super::{
    SqsQueue,
    fault::{of_code, sorted},
    parked,
    receive::AT_ONCE,
    seconds,
    settle::{BATCH_BYTES, by_place, unbuilt},
};

/// To look at what was parked is to receive it: so long it is hidden from others who look, if it cannot be given back.
const LOOKING: Duration = Duration::from_secs(120);
/// SQS asks only some of its servers and may say that there is nothing although there is. So it is asked again while it
/// counts more than came, and then waits for a moment.
const MOMENT: Duration = Duration::from_secs(1);
const EMPTY_ANSWERS: u32 = 3;

#[async_trait]
impl QueueDesk for SqsQueue {
    /// SQS estimates all of it, and does not tell since when anything waits: its measure of that is
    /// `ApproximateAgeOfOldestMessage` in CloudWatch.
    async fn standing(&self, queue: Queue, _now: Instant) -> PortResult<Standing> {
        let url = self.url(queue)?;
        let (waiting, hidden) = self.count(&url.queue).await?;
        let (dead, looked_at) = self.count(&url.dead_letters).await?;
        Ok(Standing { waiting, hidden, dead: dead + looked_at, waiting_since: None })
    }

    async fn dead_letters(&self, queue: Queue, limit: usize) -> PortResult<Vec<DeadLetter>> {
        let url = self.url(queue)?.dead_letters.clone();
        let mut looking = Looking::at(self, &url).await?;
        let mut found = Vec::new();
        let mut result = Ok(());
        while found.len() < limit {
            match looking.more(limit - found.len()).await {
                Ok(some) if some.is_empty() => break,
                Ok(some) => found.extend(some),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        looking.give_back(&found).await;
        result?;
        found.sort_by_key(|message| (parked::letter(message).parked_at, message.message_id.clone()));
        Ok(found.iter().map(parked::letter).collect())
    }

    async fn replay(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        let to = self.url(queue)?.queue.clone();
        self.take_out(queue, which, Some(&to)).await
    }

    async fn discard(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        self.take_out(queue, which, None).await
    }
}

impl SqsQueue {
    /// How many messages can be received, and how many are hidden.
    async fn count(&self, url: &str) -> PortResult<(u64, u64)> {
        let (visible, hidden, delayed) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        );
        let asked = self.shared.aws.sqs.get_queue_attributes().queue_url(url);
        let asked = asked.set_attribute_names(Some(vec![visible.clone(), hidden.clone(), delayed.clone()]));
        let answer = asked.send().await.map_err(|error| sorted(&error, "counting messages"))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| attributes.get(name).and_then(|count: &String| count.parse().ok()).unwrap_or(0);
        Ok((count(&visible), count(&hidden) + count(&delayed)))
    }

    /// Takes parked messages out, to a queue or to nowhere.
    async fn take_out(&self, queue: Queue, which: &Which, to: Option<&str>) -> PortResult<u64> {
        let url = self.url(queue)?.dead_letters.clone();
        let mut wanted = match which {
            Which::All => None,
            Which::Ids(ids) => Some(ids.iter().map(String::as_str).collect::<HashSet<_>>()),
        };
        let mut looking = Looking::at(self, &url).await?;
        let (mut taken, mut others) = (0, Vec::new());
        let mut result = Ok(());
        while result.is_ok() && wanted.as_ref().is_none_or(|wanted| !wanted.is_empty()) {
            let some = match looking.more(AT_ONCE).await {
                Ok(some) if some.is_empty() => break,
                Ok(some) => some,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let (chosen, rest): (Vec<_>, Vec<_>) =
                some.into_iter().partition(|message| which.names(message.message_id().unwrap_or_default()));
            others.extend(rest);
            for message in &chosen {
                if let Some(wanted) = &mut wanted {
                    wanted.remove(message.message_id().unwrap_or_default());
                }
            }
            let moved = self.move_out(&url, chosen, to).await;
            taken += moved.gone;
            others.extend(moved.left);
            result = moved.result;
        }
        looking.give_back(&others).await;
        result.map(|()| taken)
    }

    /// Moves some messages, no more than ten.
    async fn move_out(&self, from: &str, chosen: Vec<Message>, to: Option<&str>) -> Moved {
        let mut moved = Moved { gone: 0, left: Vec::new(), result: Ok(()) };
        let mut sent = chosen;
        if let Some(to) = to {
            let mut rest = std::mem::take(&mut sent).into_iter().peekable();
            while rest.peek().is_some() && moved.result.is_ok() {
                let (mut some, mut bytes) = (Vec::new(), 0);
                while let Some(message) = rest.peek() {
                    bytes += message.body().map_or(0, str::len) + parked::MOST_ATTRIBUTES;
                    if bytes > BATCH_BYTES && !some.is_empty() {
                        break;
                    }
                    some.extend(rest.next());
                }
                let entries = some.iter().enumerate();
                let entries =
                    entries.map(|(index, message)| parked::replayed(index, message).map_err(unbuilt));
                let answer = match entries.collect() {
                    Ok(entries) => self.send(to, entries).await,
                    Err(error) => Err(error),
                };
                match answer {
                    Ok(refused) => {
                        for (index, message) in some.into_iter().enumerate() {
                            match refused.get(&index) {
                                None => sent.push(message),
                                Some(entry) => {
                                    moved.result =
                                        Err(of_code(&entry.code, None, "replaying what was parked"));
                                    moved.left.push(message);
                                }
                            }
                        }
                    }
                    Err(error) => {
                        moved.result = Err(error);
                        moved.left.extend(some);
                    }
                }
            }
            moved.left.extend(rest);
        }
        match self.delete(from, &sent).await {
            Ok(deleted) => moved.gone = deleted,
            Err(error) => {
                moved.left.extend(sent);
                moved.result = Err(error);
            }
        }
        moved
    }

    async fn delete(&self, url: &str, messages: &[Message]) -> PortResult<u64> {
        if messages.is_empty() {
            return Ok(0);
        }
        let doing = "taking out what was parked";
        let mut call = self.shared.aws.sqs.delete_message_batch().queue_url(url);
        for (index, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(message.receipt_handle().unwrap_or_default());
            call = call.entries(entry.build().map_err(unbuilt)?);
        }
        let answer = call.send().await.map_err(|error| sorted(&error, doing))?;
        match by_place(answer.failed).into_values().next() {
            None => Ok(messages.len() as u64),
            Some(refused) => Err(of_code(&refused.code, None, doing)),
        }
    }
}

/// What became of some parked messages.
struct Moved {
    gone: u64,
    left: Vec<Message>,
    result: PortResult<()>,
}

/// Somebody who goes through what was parked.
struct Looking<'a> {
    queue: &'a SqsQueue,
    url: &'a str,
    counted: u64,
    seen: HashSet<String>,
}

impl<'a> Looking<'a> {
    async fn at(queue: &'a SqsQueue, url: &'a str) -> PortResult<Self> {
        let (counted, _) = queue.count(url).await?;
        Ok(Self { queue, url, counted, seen: HashSet::new() })
    }

    /// Messages that were not seen yet, none if there are no more.
    async fn more(&mut self, max: usize) -> PortResult<Vec<Message>> {
        for _ in 0..EMPTY_ANSWERS {
            let more = self.counted > self.seen.len() as u64;
            let wait = if more { MOMENT } else { Duration::ZERO };
            let asked = self
                .queue
                .shared
                .aws
                .sqs
                .receive_message()
                .queue_url(self.url)
                .max_number_of_messages(i32::try_from(max.clamp(1, AT_ONCE)).unwrap_or(1))
                .visibility_timeout(seconds::visibility(LOOKING))
                .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or(0))
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .customize()
                .config_override(self.queue.shared.aws.waiting(wait));
            let answer = asked.send().await.map_err(|error| sorted(&error, "looking at what was parked"))?;
            let mut new = answer.messages.unwrap_or_default();
            new.retain(|message| self.seen.insert(message.message_id().unwrap_or_default().to_owned()));
            if !new.is_empty() || !more {
                return Ok(new);
            }
        }
        Ok(Vec::new())
    }

    /// Shows messages to others again, at once. Where that fails they are shown after a while.
    async fn give_back(&self, messages: &[Message]) {
        for some in messages.chunks(AT_ONCE) {
            let mut call = self.queue.shared.aws.sqs.change_message_visibility_batch().queue_url(self.url);
            for (index, message) in some.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(message.receipt_handle().unwrap_or_default())
                    .visibility_timeout(0);
                let Ok(entry) = entry.build() else { continue };
                call = call.entries(entry);
            }
            if let Err(error) = call.send().await {
                let error = sorted(&error, "giving back what was looked at");
                tracing::debug!(%error, "parked deliveries are shown again in {LOOKING:?}");
            }
        }
    }
}
