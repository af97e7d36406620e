//! The metrics that there are: what each is called, what it says, and how CloudWatch is told it.
//!
//! There is one list, so that Prometheus and CloudWatch are told the same: what is left out for CloudWatch says why.

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Whether it only ever grows.
    pub kind: Kind,
    /// What it says, for people.
    pub help: &'static str,
    /// The names of its labels. No label holds personal data, or one of values without end.
    pub labels: &'static [&'static str],
    /// What CloudWatch is told of it.
    pub cloudwatch: CloudWatch,
}

/// What CloudWatch is told of a metric. A metric with labels has a name there for each set of their values, with these behind a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudWatch {
    /// It is the same in all processes, and told as it is by those with the role `cron`: ask for the *Maximum*.
    Shared(&'static str, Unit),
    /// The same, as the largest of its values alone, and only while none of them is unknown.
    Largest(&'static str, Unit),
    /// Each process counts by itself, and tells what was added since its line before: ask for the *Sum*.
    Added(&'static str, Unit),
    /// Nothing, for this reason.
    LeftOut(&'static str),
}

/// In what a figure is told to CloudWatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, counted.
    Count,
    /// Seconds.
    Seconds,
    /// A figure of no unit that CloudWatch knows.
    None,
}

impl Unit {
    /// As CloudWatch names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
            Self::None => "None",
        }
    }
}

/// Of what kind a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It grows, or begins again at zero with the process.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Kind {
    /// As the text format names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

macro_rules! metrics {
    ($($constant:ident $name:literal $kind:ident [$($label:literal),*] $cloudwatch:ident($($part:expr),+) $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $constant: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                help: $help,
                labels: &[$($label),*],
                cloudwatch: CloudWatch::$cloudwatch($($part),+),
            };
        )*
        /// All of them, in the order in which they are shown.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    BUILD "dripr_build_info" Gauge ["version"] LeftOut("it is a name and no number")
        "The version of the program; always 1.";
    STARTED "process_start_time_seconds" Gauge [] LeftOut("it is a time and no number; whoever starts processes tells that they were started")
        "When the process began, in seconds since 1970.";
    READY "dripr_ready" Gauge [] LeftOut("whoever runs a process asks it for its health, and a process that is not ready may tell nothing")
        "Whether the process can do its work, as /readyz says.";
    GATHERED "dripr_gathered" Gauge ["part"] LeftOut("what could not be had is missing from the line, and an alarm may heed that")
        "Whether the figures of a part could be had; those of one that could not are left out.";
    GATHERING "dripr_gathering_seconds" Gauge [] LeftOut("it is of use to whoever scrapes")
        "How long it took to gather the figures.";
    QUEUE_WAITING "dripr_queue_waiting" Gauge ["queue"] Shared("QueueDepth", Unit::Count)
        "Deliveries that could be received now.";
    QUEUE_IN_FLIGHT "dripr_queue_in_flight" Gauge ["queue"] Shared("QueueInFlight", Unit::Count)
        "Deliveries that are being worked on or put off.";
    QUEUE_OLDEST "dripr_queue_oldest_seconds" Gauge ["queue"] Largest("QueueOldest", Unit::Seconds)
        "For how long the delivery that waits longest could have been received; 0 if none waits, left out if the queue cannot tell.";
    QUEUE_DEAD "dripr_queue_dead_letters" Gauge ["queue"] Shared("DeadLetters", Unit::Count)
        "Deliveries that were parked.";
    CAMPAIGNS "dripr_campaigns" Gauge ["status"] Shared("Campaigns", Unit::Count)
        "Campaigns in each status.";
    STUCK "dripr_campaigns_stuck" Gauge [] Shared("StuckCampaigns", Unit::Count)
        "Campaigns that somebody should have looked at longer ago than a lease and two looks, counted to 10000.";
    EMAILS "dripr_emails" Gauge ["delivery_status"] LeftOut("those that were sent and those that are held have names of their own, and the others pass by")
        "Emails in each delivery status.";
    SENT "dripr_emails_sent_total" Counter [] Shared("SentEmails", Unit::Count)
        "Emails that were sent, since the deployment began.";
    BOUNCED "dripr_emails_bounced_total" Counter [] Shared("BouncedEmails", Unit::Count)
        "Failures that mail systems told of, since the deployment began.";
    COMPLAINED "dripr_emails_complained_total" Counter [] LeftOut("ComplainedEmails has those of 30 days, by which a deployment is judged")
        "Reports of emails as spam, since the deployment began.";
    HELD "dripr_emails_held" Gauge [] Shared("HeldEmails", Unit::Count)
        "Emails whose outcome nobody can tell, which wait for a person.";
    SUPPRESSED "dripr_suppressed_addresses" Gauge ["cause"] Shared("SuppressedAddresses", Unit::Count)
        "Addresses that are not written to, because they opted out, complained or do not exist.";
    COMPLAINT_RATIO "dripr_complaint_ratio" Gauge [] Shared("ComplaintRatio", Unit::None)
        "Emails reported as spam for each one sent, over 30 days; left out if none was sent.";
    COMPLAINTS "dripr_complaints" Gauge [] Shared("ComplainedEmails", Unit::Count)
        "Emails that were reported as spam, over 30 days.";
    WEBHOOKS_WAITING "dripr_webhook_waiting" Gauge [] Shared("WebhooksWaiting", Unit::Count)
        "Messages that wait for an endpoint that is switched on.";
    WEBHOOKS_OLDEST "dripr_webhook_oldest_seconds" Gauge [] Shared("WebhooksOldest", Unit::Seconds)
        "How long ago that happened which the oldest of them tells; 0 if none waits.";
    WEBHOOKS_OFF "dripr_webhook_off" Gauge ["because"] Shared("WebhooksOff", Unit::Count)
        "Webhooks that are switched off: asked for, gone (it answered 410), failing for five days, moved or removed, as its agent was, or ended with the rights of who made it (maker), or as who made it was banned.";
    WEBHOOK_ATTEMPTS "dripr_webhook_attempts_total" Counter ["outcome"] Added("WebhookAttempts", Unit::Count)
        "Tries of this process to tell an endpoint something: taken, refused by an answer, or failed without one.";
    WEBHOOKS_REJECTED "dripr_webhooks_rejected_total" Counter ["from"] Added("WebhooksRejected", Unit::Count)
        "Webhooks that came in at this process and could not be verified, by whose they should have been.";
    MAIL_PAUSED "dripr_mail_paused" Gauge [] Shared("MailPaused", Unit::Count)
        "Whether sending is paused, because it cannot be told what becomes of emails; left out if that cannot be told.";
    CALLS "dripr_provider_calls_total" Counter ["provider", "question"] Added("ProviderCalls", Unit::Count)
        "Questions that this process asked a provider.";
    FAILURES "dripr_provider_failures_total" Counter ["provider", "question"] Added("ProviderFailures", Unit::Count)
        "Those that failed, throttled ones among them.";
    THROTTLED "dripr_provider_throttled_total" Counter ["provider", "question"] Added("ProviderThrottled", Unit::Count)
        "Those that the provider throttled.";
    SECONDS "dripr_provider_seconds_total" Counter ["provider", "question"] LeftOut("how long a provider takes stands in traces, and what fails for it is among ProviderFailures")
        "How long they took in all.";
    INPUT_TOKENS "dripr_model_input_tokens_total" Counter ["provider"] Added("ModelInputTokens", Unit::Count)
        "Tokens that models read for texts of this process.";
    OUTPUT_TOKENS "dripr_model_output_tokens_total" Counter ["provider"] Added("ModelOutputTokens", Unit::Count)
        "Tokens that models wrote for them.";
    DOLLARS "dripr_model_cost_dollars_total" Counter ["provider"] Added("ModelCost", Unit::None)
        "What they cost, where the deployment knows prices.";
}
