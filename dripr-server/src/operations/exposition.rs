//! Prometheus' text format, version 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
//!
//! What is exposed is gathered from the store when it is asked for; a library that keeps counters of its own would have to be told
//! everything a second time.

use std::fmt::Write as _;

use super::{
    metric::Metric,
    metrics::{Sink, Value},
};

/// The content type of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics, written one after the other.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
}

impl Sink for Exposition {
    /// One without values is left out, and so is a value that is not known.
    fn say(&mut self, metric: &Metric, values: Vec<Value<'_>>) {
        let Metric { name, kind, help, labels, cloudwatch: _ } = *metric;
        let mut first = true;
        for (of, value) in values {
            let Some(value) = value else { continue };
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
}

impl Exposition {
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::metric::{CloudWatch, Kind},
        *,
    };

    #[test]
    fn what_has_a_meaning_in_the_format_is_escaped() {
        let cloudwatch = CloudWatch::LeftOut("it is for a test");
        let of = |name, kind, help, labels| Metric { name, kind, help, labels, cloudwatch };
        let metric = of("a", Kind::Counter, "b \\ \"c\"\nd", &["e", "f"]);
        let mut exposition = Exposition::default();
        exposition
            .say(&metric, vec![(vec!["\"x\"\\", "\n}"], Some(1.5)), (vec!["é", ""], Some(12_345_678_901.0))]);
        exposition.one(&of("g", Kind::Gauge, "h", &[]), None);
        exposition.one(&of("i", Kind::Gauge, "j", &[]), 0.0);
        assert_eq!(
            exposition.into_text(),
            "# HELP a b \\\\ \"c\"\\nd\n# TYPE a counter\n\
             a{e=\"\\\"x\\\"\\\\\",f=\"\\n}\"} 1.5\na{e=\"é\",f=\"\"} 12345678901\n\
             # HELP i j\n# TYPE i gauge\ni 0\n"
        );
    }
}
