//! Figures as CloudWatch takes them out of a log: the Embedded Metric Format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>). One line
//! of JSON has all of them; nobody calls AWS.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::{figures::Figures, metrics::oldest};

/// The line that tells figures. It has at most 34 metrics, of the 100 that a line may have.
#[must_use]
pub(super) fn line(namespace: &str, figures: &Figures) -> String {
    let mut values = Map::new();
    let mut metrics = Vec::new();
    let mut say = |name: String, unit: &str, value: Value| {
        metrics.push(json!({ "Name": name, "Unit": unit }));
        values.insert(name, value);
    };
    if let Some(stored) = &figures.stored {
        let emails = |status| stored.emails.get(&status).copied().unwrap_or_default();
        say("StuckCampaigns".to_owned(), "Count", stored.stuck.into());
        say("HeldEmails".to_owned(), "Count", emails(dripr_core::email::DeliveryStatus::Held).into());
        say("ComplainedEmails".to_owned(), "Count", stored.complaints.complained.into());
    }
    for (queue, standing) in figures.queues.iter().flatten() {
        say(format!("QueueDepth.{queue}"), "Count", standing.waiting.into());
        say(format!("QueueInFlight.{queue}"), "Count", standing.hidden.into());
        say(format!("DeadLetters.{queue}"), "Count", standing.dead.into());
    }
    if let Some(queues) = &figures.queues {
        // Where one queue cannot tell, the zeros of the others would say that nothing waits.
        let ages: Option<Vec<f64>> =
            queues.iter().map(|(_, standing)| oldest(standing, figures.at)).collect();
        if let Some(longest) = ages.and_then(|ages| ages.into_iter().reduce(f64::max)) {
            say("QueueOldest".to_owned(), "Seconds", longest.into());
        }
    }
    let mut line = Map::new();
    let directive = json!({ "Namespace": namespace, "Dimensions": [["Service"]], "Metrics": metrics });
    let head = json!({ "Timestamp": figures.at.timestamp_millis(), "CloudWatchMetrics": [directive] });
    line.insert("_aws".to_owned(), head);
    line.insert("Service".to_owned(), "dripr".into());
    line.extend(values);
    Value::Object(line).to_string()
}

/// Prints a line on stdout, without keeping others from their work if nobody reads it.
pub(super) async fn print(line: String) {
    let printed = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush())
    });
    match printed.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "CloudWatch could not be told"),
        Err(error) => tracing::warn!(%error, "CloudWatch could not be told"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dripr_core::{events::Queue, ports::Standing, schedule::Instant};

    use super::*;

    fn told(queues: Vec<(Queue, Standing)>) -> Value {
        let figures = Figures {
            at: "2026-03-12T15:00:00Z".parse().unwrap(),
            took: Duration::ZERO,
            queues: Some(queues),
            stored: None,
            calls: Vec::new(),
            spending: Vec::new(),
            told: Vec::new(),
            incoming: Vec::new(),
            paused: None,
        };
        serde_json::from_str(&line("Dripr", &figures)).unwrap()
    }

    #[test]
    fn the_oldest_delivery_is_told_only_where_every_queue_with_deliveries_can_tell() {
        let since: Instant = "2026-03-12T14:50:00Z".parse().unwrap();
        let empty = Standing::default();
        let known = Standing { waiting: 3, waiting_since: Some(since), ..Standing::default() };
        // As SQS has it.
        let unknown = Standing { waiting: 3, waiting_since: None, ..Standing::default() };
        let of = |intro, sending| told(vec![(Queue::Intro, intro), (Queue::EmailSending, sending)]);
        assert_eq!(of(empty, known)["QueueOldest"], 600.0);
        assert_eq!(of(empty, empty)["QueueOldest"], 0.0);
        for line in [of(empty, unknown), of(unknown, known)] {
            assert_eq!(line.get("QueueOldest"), None, "{line}");
        }
        assert_eq!(of(empty, unknown)["QueueDepth.email_sending"], 3);
    }
}
