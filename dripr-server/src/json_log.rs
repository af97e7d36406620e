//! A log as JSON, an object a line: `timestamp`, `level`, `target`, `message`, the fields of what is said, and `spans`, from the
//! outermost to the innermost, each with its `name` and its fields. What is said as a number or a flag stays one.

use std::{fmt, io::Write as _};

use dripr_core::ports::Clock;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

use crate::system_clock::SystemClock;

/// Writes a log as JSON.
#[derive(Debug)]
pub struct JsonLog<W> {
    writer: W,
}

impl<W> JsonLog<W> {
    /// To a writer.
    pub fn new(writer: W) -> Self {
        Self { writer }
    }
}

/// The fields of a span.
struct Kept(Map<String, Value>);

/// Reads fields.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

impl<S, W> Layer<S> for JsonLog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Map::new();
        attributes.record(&mut Fields(&mut fields));
        span.extensions_mut().replace(Kept(fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(Kept(fields)) = span.extensions_mut().get_mut::<Kept>() {
            values.record(&mut Fields(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        event.record(&mut Fields(&mut line));
        let spans =
            context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root);
        let spans = spans.map(|span| {
            let mut shown = Map::from_iter([("name".to_owned(), Value::from(span.name()))]);
            if let Some(Kept(fields)) = span.extensions().get::<Kept>() {
                shown.extend(fields.clone());
            }
            Value::Object(shown)
        });
        let spans: Vec<Value> = spans.collect();
        let metadata = event.metadata();
        for (name, value) in [
            ("timestamp", SystemClock.now().to_rfc3339().into()),
            ("level", metadata.level().as_str().into()),
            ("target", metadata.target().into()),
            ("spans", Value::Array(spans)),
        ] {
            line.insert(name.to_owned(), value);
        }
        let line = format!("{}\n", Value::Object(line));
        // Whoever cannot say it cannot say that either.
        let _ = self.writer.make_writer_for(metadata).write_all(line.as_bytes());
    }
}
