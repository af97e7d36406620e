//! From figures to metrics.

use dripr_adapters::layers::Counted;
use dripr_core::{
    campaign::CampaignStatus,
    email::{DeliveryStatus, SuppressionCause},
    events::Queue,
    ports::Standing,
    schedule::Instant,
    webhooks::OffBecause,
};

use super::{
    exposition::Exposition,
    figures::{Figures, Stored},
    metric::{self, Metric},
};

/// What is known of a process besides its figures.
pub(super) struct Process {
    pub(super) started: Instant,
    pub(super) ready: bool,
}

/// A value of a metric: the values of its labels, in the order in which it names these, and what it is; none if that cannot be
/// told.
pub(super) type Value<'a> = (Vec<&'a str>, Option<f64>);

/// Whoever is told metrics, one after the other.
pub(super) trait Sink {
    /// A metric with a value for each set of the values of its labels.
    fn say(&mut self, metric: &Metric, values: Vec<Value<'_>>);

    /// A metric without labels.
    fn one(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        self.say(metric, vec![(Vec::new(), value.into())]);
    }
}

/// All metrics, in Prometheus' text format.
pub(super) fn text(process: &Process, figures: &Figures) -> String {
    let mut out = Exposition::default();
    out.say(&metric::BUILD, vec![(vec![env!("CARGO_PKG_VERSION")], Some(1.0))]);
    out.one(&metric::STARTED, process.started.timestamp_millis() as f64 / 1e3);
    out.one(&metric::READY, f64::from(u8::from(process.ready)));
    say(&mut out, figures);
    out.into_text()
}

/// All metrics that are made of figures.
pub(super) fn say(out: &mut impl Sink, figures: &Figures) {
    let gathered = [("queues", figures.queues.is_some()), ("store", figures.stored.is_some())];
    let gathered = gathered.map(|(part, is)| (vec![part], f64::from(u8::from(is))));
    out.say(&metric::GATHERED, known(gathered));
    out.one(&metric::GATHERING, figures.took.as_secs_f64());
    if let Some(queues) = &figures.queues {
        say_queues(out, queues, figures.at);
    }
    if let Some(stored) = &figures.stored {
        say_stored(out, stored, figures.at);
    }
    let told = ["taken", "refused", "failed"].map(|outcome| {
        let count = figures.told.iter().find(|(known, _)| *known == outcome).map_or(0, |(_, count)| *count);
        (vec![outcome], count as f64)
    });
    out.say(&metric::WEBHOOK_ATTEMPTS, known(told));
    let rejected = ["clerk", "stripe", "postmark"].map(|from| {
        let found = figures.incoming.iter().find(|(known, _)| *known == from);
        (vec![from], found.map_or(0, |(_, rejected)| rejected.all) as f64)
    });
    out.say(&metric::WEBHOOKS_REJECTED, known(rejected));
    let paused = figures.paused.as_ref().map(|reasons| f64::from(u8::from(!reasons.is_empty())));
    out.one(&metric::MAIL_PAUSED, paused);
    say_providers(out, figures);
}

/// Values that can all be told.
fn known<'a>(values: impl IntoIterator<Item = (Vec<&'a str>, f64)>) -> Vec<Value<'a>> {
    values.into_iter().map(|(of, value)| (of, Some(value))).collect()
}

fn say_queues(out: &mut impl Sink, queues: &[(Queue, Standing)], at: Instant) {
    let mut of = |metric: &Metric, value: &dyn Fn(&Standing) -> Option<f64>| {
        let values = queues.iter().map(|(queue, standing)| (vec![queue.as_str()], value(standing)));
        out.say(metric, values.collect());
    };
    of(&metric::QUEUE_WAITING, &|s| Some(s.waiting as f64));
    of(&metric::QUEUE_IN_FLIGHT, &|s| Some(s.hidden as f64));
    of(&metric::QUEUE_OLDEST, &|s| oldest(s, at));
    of(&metric::QUEUE_DEAD, &|s| Some(s.dead as f64));
}

/// For how long the delivery that waits longest could have been received, in seconds.
fn oldest(standing: &Standing, at: Instant) -> Option<f64> {
    match standing.waiting_since {
        Some(since) => Some((at - since).num_milliseconds().max(0) as f64 / 1e3),
        None => (standing.waiting == 0).then_some(0.0),
    }
}

fn say_stored(out: &mut impl Sink, stored: &Stored, at: Instant) {
    let campaigns = CampaignStatus::ALL;
    let count = |status| stored.campaigns.get(&status).copied().unwrap_or_default() as f64;
    out.say(&metric::CAMPAIGNS, known(campaigns.map(|status| (vec![status.as_str()], count(status)))));
    out.one(&metric::STUCK, stored.stuck as f64);
    let count = |status| stored.emails.get(&status).copied().unwrap_or_default() as f64;
    let emails = DeliveryStatus::ALL.map(|status| (vec![status.as_str()], count(status)));
    out.say(&metric::EMAILS, known(emails));
    out.one(&metric::SENT, count(DeliveryStatus::Complete));
    out.one(&metric::BOUNCED, stored.came_back.bounced as f64);
    out.one(&metric::COMPLAINED, stored.came_back.complained as f64);
    out.one(&metric::HELD, count(DeliveryStatus::Held));
    let causes = [SuppressionCause::HardBounce, SuppressionCause::OptOut, SuppressionCause::Complaint];
    let count = |cause| stored.suppressed.get(&cause).copied().unwrap_or_default() as f64;
    out.say(&metric::SUPPRESSED, known(causes.map(|cause| (vec![cause.as_str()], count(cause)))));
    let complaints = stored.complaints;
    let ratio = (complaints.sent > 0).then(|| complaints.complained as f64 / complaints.sent as f64);
    out.one(&metric::COMPLAINT_RATIO, ratio);
    out.one(&metric::COMPLAINTS, complaints.complained as f64);
    let (waiting, since) = stored.webhooks;
    out.one(&metric::WEBHOOKS_WAITING, waiting as f64);
    let age = since.map_or(0.0, |since| (at - since).num_milliseconds().max(0) as f64 / 1e3);
    out.one(&metric::WEBHOOKS_OLDEST, age);
    let off = |because| {
        let count = stored.webhooks_off.iter().find(|(known, _)| *known == because);
        count.map_or(0, |(_, count)| *count) as f64
    };
    let off = OffBecause::ALL.map(|because| (vec![because.word()], off(because)));
    out.say(&metric::WEBHOOKS_OFF, known(off));
}

fn say_providers(out: &mut impl Sink, figures: &Figures) {
    let mut of = |metric: &Metric, value: &dyn Fn(&Counted) -> f64| {
        let values =
            figures.calls.iter().map(|(provider, question, c)| (vec![*provider, *question], value(c)));
        out.say(metric, known(values));
    };
    of(&metric::CALLS, &|c| c.calls as f64);
    of(&metric::FAILURES, &|c| c.failed as f64);
    of(&metric::THROTTLED, &|c| c.throttled as f64);
    of(&metric::SECONDS, &|c| c.took.as_secs_f64());
    let spent = || figures.spending.iter().map(|(provider, spent)| (vec![*provider], spent));
    out.say(&metric::INPUT_TOKENS, known(spent().map(|(of, spent)| (of, spent.input_tokens as f64))));
    out.say(&metric::OUTPUT_TOKENS, known(spent().map(|(of, spent)| (of, spent.output_tokens as f64))));
    let dollars = spent().filter_map(|(of, spent)| Some((of, spent.microdollars? as f64 / 1e6)));
    out.say(&metric::DOLLARS, known(dollars));
}
