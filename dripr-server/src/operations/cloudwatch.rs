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
        let longest = queues.iter().filter_map(|(_, standing)| oldest(standing, figures.at)).reduce(f64::max);
        if let Some(longest) = longest {
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
