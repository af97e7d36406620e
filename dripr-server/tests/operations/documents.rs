//! What is written about metrics is true.

use std::collections::BTreeSet;

use dripr_core::{campaign::CampaignStatus, events::Queue};
use dripr_server::operations::metric::{self, CloudWatch};

const RULES: &str = include_str!("../../../docs/deploy/prometheus-rules.yml");
const RULES_TEST: &str = include_str!("../../../docs/deploy/prometheus-rules.test.yml");
const PAGE: &str = include_str!("../../../docs/operate.md");
const ECS: &str = include_str!("../../../docs/deploy/ecs.md");

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("dripr_") && !word.ends_with('_')).collect()
}

#[test]
fn every_metric_that_a_rule_names_is_exposed() {
    let exposed: BTreeSet<&str> = metric::ALL.iter().map(|metric| metric.name).collect();
    let named = named(RULES);
    assert!(named.len() > 8, "{named:?}");
    assert!(named.is_subset(&exposed), "{:?}", named.difference(&exposed));
    // Labels in rules are labels of some metric, or of Prometheus itself.
    let labels: BTreeSet<&str> = metric::ALL.iter().flat_map(|metric| metric.labels).copied().collect();
    for label in RULES.split("$labels.").skip(1).map(|rest| rest.split(' ').next().unwrap()) {
        assert!(labels.contains(label) || label == "instance", "{label}");
    }
}

/// The metrics with labels that a text gives in braces, such as `dripr_campaigns{status="ERROR"}`.
fn with_labels(text: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    let found = text.match_indices("dripr_").filter_map(|(at, _)| {
        let rest = &text[at..];
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
        let (inside, _) = rest[name.len()..].strip_prefix('{')?.split_once('}')?;
        let labels = inside.split(", ").filter_map(|label| label.split_once('='));
        Some((name, labels.map(|(label, value)| (label, value.trim_matches('"'))).collect()))
    });
    found.collect()
}

/// Whether a label can have a value, as far as there are only some.
fn can_be(label: &str, value: &str) -> bool {
    match label {
        "status" => CampaignStatus::ALL.iter().any(|status| status.as_str() == value),
        "queue" => Queue::ALL.iter().any(|queue| queue.as_str() == value),
        "part" => ["queues", "store"].contains(&value),
        "from" => ["clerk", "stripe", "postmark"].contains(&value),
        _ => !value.is_empty(),
    }
}

#[test]
fn the_rules_are_tried_with_metrics_and_labels_that_there_are() {
    let tried = with_labels(RULES_TEST);
    assert!(tried.len() > 20, "{}", tried.len());
    for (name, labels) in tried.into_iter().chain(with_labels(RULES)) {
        let metric = metric::ALL.iter().find(|metric| metric.name == name);
        let metric = metric.unwrap_or_else(|| panic!("{name} is not exposed"));
        for (label, value) in labels {
            let is_prometheus = ["job", "instance"].contains(&label);
            assert!(is_prometheus || metric.labels.contains(&label), "{name} has no label {label}");
            assert!(can_be(label, value), "{name}: {label} is never {value}");
        }
    }
    // Every alert is tried where all is well or nothing is scraped, and where it is to be raised.
    for alert in RULES.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let tried = RULES_TEST.lines().filter(|line| line.contains(&format!("alertname: {alert}")));
        let wanted = if alert == "DriprGone" { 1 } else { 2 };
        assert!(tried.count() >= wanted, "{alert}");
    }
    assert!(
        !can_be("status", "SCHEDULED") && !can_be("queue", "home-report") && !can_be("part", "campaigns")
    );
}

#[test]
fn the_table_has_every_metric_and_no_other() {
    let mut table: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for line in PAGE.lines().filter(|line| line.starts_with("| `dripr_") || line.starts_with("| `process_")) {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next().unwrap().trim_matches('`');
        let labels = cells.next().unwrap().split('`').skip(1).step_by(2).collect();
        table.push((name, labels));
    }
    let declared: Vec<(&str, BTreeSet<&str>)> =
        metric::ALL.iter().map(|metric| (metric.name, metric.labels.iter().copied().collect())).collect();
    assert_eq!(table, declared);
}

#[test]
fn what_cloudwatch_is_told_and_what_not_is_written_down() {
    let (_, section) = PAGE.split_once("### CloudWatch\n").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let (mut told, mut left_out) = (Vec::new(), Vec::new());
    for metric in metric::ALL {
        let mut row = |name: &str, dots: usize, statistic: &str| {
            told.push(format!("| `{name}{}` | {statistic} | `{}` |", ".…".repeat(dots), metric.name));
        };
        match metric.cloudwatch {
            CloudWatch::Shared(name, _) => row(name, metric.labels.len(), "Maximum"),
            CloudWatch::Largest(name, _) => row(name, 0, "Maximum"),
            CloudWatch::Added(name, _) => row(name, metric.labels.len(), "Sum"),
            CloudWatch::LeftOut(why) => left_out.push(format!("- `{}`: {why}.", metric.name)),
        }
    }
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows, told);
    let reasons: Vec<&str> = section.lines().filter(|line| line.starts_with("- `")).collect();
    assert_eq!(reasons, left_out);
}

#[test]
fn the_alarms_of_ecs_are_on_what_cloudwatch_is_told() {
    let rows = ECS.lines().map(str::trim).filter(|line| line.starts_with("| `"));
    let alarms: Vec<(&str, &str)> =
        rows.filter_map(|row| row.strip_prefix("| `")?.split_once(" |")?.0.split_once("`, ")).collect();
    assert!(alarms.len() > 5, "{alarms:?}");
    for (name, statistic) in alarms {
        let name = name.split('.').next().unwrap();
        let known = metric::ALL.iter().any(|metric| match metric.cloudwatch {
            CloudWatch::Shared(told, _) | CloudWatch::Largest(told, _) => {
                (told, "Maximum") == (name, statistic)
            }
            CloudWatch::Added(told, _) => (told, "Sum") == (name, statistic),
            CloudWatch::LeftOut(_) => false,
        });
        assert!(known, "{name}, {statistic}");
    }
}
