//! Prometheus' text format, version 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
//!
//! What is exposed is gathered from the store when it is asked for; a library that keeps counters of its own would have to be told
//! everything a second time.

use std::fmt::Write as _;

use super::metric::Metric;

/// The content type of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics, written one after the other.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
}

impl Exposition {
    /// A metric with a value for each set of the values of its labels, in the order in which it names these. One without
    /// values is left out.
    pub(super) fn say<'a>(&mut self, metric: &Metric, values: impl IntoIterator<Item = (Vec<&'a str>, f64)>) {
        let Metric { name, kind, help, labels } = *metric;
        let mut first = true;
        for (of, value) in values {
            // Writing to a string cannot fail.
            if std::mem::take(&mut first) {
                let help = help.replace('\\', "\\\\").replace('\n', "\\n");
                let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
            }
            self.text.push_str(name);
            for (nr, (label, of)) in labels.iter().zip(of).enumerate() {
                let of = of.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let before = if nr == 0 { '{' } else { ',' };
                let _ = write!(self.text, "{before}{label}=\"{of}\"");
            }
            if !labels.is_empty() {
                self.text.push('}');
            }
            let _ = writeln!(self.text, " {value}");
        }
    }

    /// A metric without labels.
    pub(super) fn one(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        self.say(metric, value.into().map(|value| (Vec::new(), value)));
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{super::metric::Kind, *};

    #[test]
    fn what_has_a_meaning_in_the_format_is_escaped() {
        let metric = Metric { name: "a", kind: Kind::Counter, help: "b \\ \"c\"\nd", labels: &["e", "f"] };
        let mut exposition = Exposition::default();
        exposition.say(&metric, [(vec!["\"x\"\\", "\n}"], 1.5), (vec!["é", ""], 12_345_678_901.0)]);
        exposition.one(&Metric { name: "g", kind: Kind::Gauge, help: "h", labels: &[] }, None);
        exposition.one(&Metric { name: "i", kind: Kind::Gauge, help: "j", labels: &[] }, 0.0);
        assert_eq!(
            exposition.into_text(),
            "# HELP a b \\\\ \"c\"\\nd\n# TYPE a counter\n\
             a{e=\"\\\"x\\\"\\\\\",f=\"\\n}\"} 1.5\na{e=\"é\",f=\"\"} 12345678901\n\
             # HELP i j\n# TYPE i gauge\ni 0\n"
        );
    }
}
