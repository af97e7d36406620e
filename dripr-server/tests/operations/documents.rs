//! What is written about metrics is true.

use std::collections::BTreeSet;

use dripr_server::operations::metric;

const RULES: &str = include_str!("../../../docs/deploy/prometheus-rules.yml");
const PAGE: &str = include_str!("../../../docs/operate.md");

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
