//! Every key there is, with its default and the environment variables that stand for it.

/// A key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its section and name, such as `sending.opens`.
    pub path: &'static str,
    /// What holds where nobody gives it, as TOML; empty where it then is not set.
    pub default: &'static str,
    /// The environment variables that go before it, the strongest first; those of `aws.queues` are [`queue_variable`].
    pub variables: &'static [&'static str],
    /// Whether it is a secret, or the file of one, whose value is never shown.
    pub is_secret: bool,
}

impl Key {
    /// Its section and its name there.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.path.split_once('.').unwrap_or((self.path, ""))
    }

    /// Whether a path such as `aws.queues.intro` is this key or something in it.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// The key that a path is, or lies in.
#[must_use]
pub fn key_of(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.holds(path))
}

/// The variable with the URL of a queue, by the queue's name in `aws.queues`.
#[must_use]
pub fn queue_variable(queue: &str) -> String {
    format!("SQS_{}_QUEUE_URL", queue.to_uppercase())
}

/// Stand in for `aws.region` where it is not given, as wherever AWS is used.
pub const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

const fn plain(path: &'static str, default: &'static str) -> Key {
    Key { path, default, variables: &[], is_secret: false }
}

const fn overridden(path: &'static str, default: &'static str, variables: &'static [&'static str]) -> Key {
    Key { path, default, variables, is_secret: false }
}

const fn secret(path: &'static str, default: &'static str, variables: &'static [&'static str]) -> Key {
    Key { path, default, variables, is_secret: true }
}

/// All keys, in the order of the example.
pub const KEYS: &[Key] = &[
    plain("public.url", ""),
    plain("public.opt_out_address", ""),
    secret("public.opt_out_key", "", &["DRIPR_OPT_OUT_KEY"]),
    secret("redis.url_file", "", &["DRIPR_REDIS_URL", "REDIS_HOST"]),
    plain("redis.prefix", r#""dripr:""#),
    plain("aws.region", ""),
    plain("aws.endpoint", ""),
    plain("aws.timeout_seconds", "10"),
    plain("aws.suffix", ""),
    plain("aws.raw_delivery", "false"),
    plain("aws.most_receives", "1000"),
    overridden("aws.campaign_topic", "", &["SNS_CAMPAIGN_EVENTS_TOPIC_ARN"]),
    overridden("aws.user_topic", "", &["SNS_USER_EVENTS_TOPIC_ARN"]),
    plain("aws.queues", ""),
    plain("http.listen", r#""127.0.0.1:8080""#),
    plain("http.allowed_origins", "[]"),
    plain("http.requests_per_minute", "600"),
    plain("database.path", r#""dripr.db""#),
    secret("database.url_file", "", &["DRIPR_DATABASE_URL"]),
    secret("clerk.webhook_secret_file", "", &["DRIPR_CLERK_WEBHOOK_SECRET"]),
    plain("clerk.new_agents", r#""none""#),
    plain("clerk.issuer", ""),
    plain("clerk.authorized_parties", ""),
    plain("clerk.jwks_url", ""),
    secret("stripe.webhook_secret_file", "", &["DRIPR_STRIPE_WEBHOOK_SECRET"]),
    plain("queues.place", r#""database""#),
    plain("outbox.dir", r#""outbox""#),
    plain("mail.by", r#""outbox""#),
    plain("mail.production", "false"),
    plain("mail.allowed_recipients", "[]"),
    plain("mail.per_agent", ""),
    plain("mail.pace", ""),
    plain("mail.host", ""),
    plain("mail.port", ""),
    plain("mail.security", r#""tls""#),
    plain("mail.username", ""),
    secret("mail.password_file", "", &["DRIPR_SMTP_PASSWORD"]),
    plain("mail.authority_file", ""),
    secret("postmark.token_file", "", &["DRIPR_POSTMARK_TOKEN"]),
    plain("postmark.message_stream", r#""broadcast""#),
    plain("postmark.track_opens", "true"),
    plain("postmark.track_links", r#""none""#),
    plain("postmark.settling_seconds", "900"),
    plain("postmark.url", ""),
    plain("postmark.webhook_username", ""),
    secret("postmark.webhook_password_file", "", &["DRIPR_POSTMARK_WEBHOOK_PASSWORD"]),
    plain("postmark.silence_hours", "6"),
    plain("gmail.client_id", ""),
    secret("gmail.client_secret_file", "", &["DRIPR_GMAIL_CLIENT_SECRET"]),
    secret("gmail.token_key_file", "", &["DRIPR_TOKEN_KEY"]),
    secret("gmail.older_token_key_files", "[]", &[]),
    plain("gmail.look_ups", "false"),
    plain("gmail.aliases", "false"),
    plain("gmail.sends_per_minute", "60"),
    plain("gmail.sends_per_day", "400"),
    plain("gmail.settling_seconds", "600"),
    plain("gmail.tokens_url", ""),
    plain("gmail.consent_url", ""),
    plain("gmail.gmail_url", ""),
    plain("operations.listen", ""),
    plain("operations.cloudwatch_namespace", ""),
    plain("alerts.mail_to", ""),
    secret("alerts.webhook_url", "", &[]),
    secret("alerts.webhook_secret_file", "", &["DRIPR_ALERT_WEBHOOK_SECRET"]),
    plain("webhooks.allow_private", "false"),
    secret("webhooks.key_file", "", &["DRIPR_WEBHOOK_KEY"]),
    secret("webhooks.older_key_files", "[]", &[]),
    overridden("traces.endpoint", "", &["OTEL_EXPORTER_OTLP_ENDPOINT"]),
    secret("traces.headers_file", "", &["OTEL_EXPORTER_OTLP_HEADERS"]),
    overridden("traces.service_name", r#""dripr""#, &["OTEL_SERVICE_NAME"]),
    overridden("traces.sampled", "1.0", &["OTEL_TRACES_SAMPLER_ARG"]),
    plain("email_verification.by", r#""none""#),
    secret("email_verification.key_file", "", &["DRIPR_EMAIL_VERIFICATION_KEY"]),
    plain("email_verification.sandbox", "false"),
    plain("email_verification.url", ""),
    plain("email_verification.pace", r#""1/s""#),
    plain("archive.by", r#""folder""#),
    plain("archive.dir", r#""archive""#),
    plain("archive.bucket", ""),
    plain("archive.region", ""),
    plain("archive.prefix", ""),
    plain("archive.endpoint", ""),
    plain("archive.access_key_id", ""),
    secret("archive.secret_access_key_file", "", &["DRIPR_ARCHIVE_SECRET_ACCESS_KEY"]),
    plain("writing.by", r#""composed""#),
    plain("writing.model", ""),
    plain("writing.region", ""),
    plain("writing.base_url", ""),
    secret("writing.key_file", "", &["DRIPR_WRITING_KEY"]),
    plain("writing.temperature", "0.4"),
    plain("writing.max_completion_tokens", "false"),
    plain("writing.pace", r#""8/min""#),
    plain("writing.dollars_per_million_input_tokens", ""),
    plain("writing.dollars_per_million_output_tokens", ""),
    plain("sources.homes", r#"["files"]"#),
    plain("sources.listings", r#"["files"]"#),
    plain("sources.sales", r#"["files"]"#),
    plain("sources.markets", r#"["files"]"#),
    plain("sources.rates", r#"["files"]"#),
    plain("sources.places", r#"["files"]"#),
    secret("zillow.key_file", "", &["DRIPR_ZILLOW_KEY"]),
    overridden("zillow.primary", r#""V1""#, &["DEFAULT_PRIMARY_SOURCE"]),
    plain("zillow.v1_url", ""),
    plain("zillow.v2_url", ""),
    plain("zillow.pace", r#""10/min""#),
    secret("rentcast.key_file", "", &["DRIPR_RENTCAST_KEY"]),
    plain("rentcast.url", ""),
    plain("rentcast.pace", r#""1/s""#),
    secret("google.key_file", "", &["DRIPR_GOOGLE_KEY"]),
    plain("google.url", ""),
    plain("google.pace", r#""10/s""#),
    secret("fred.key_file", "", &["DRIPR_FRED_KEY"]),
    plain("fred.url", ""),
    plain("fred.pace", r#""1/s""#),
    plain("mls.url", ""),
    plain("mls.source", ""),
    secret("mls.token_file", "", &["DRIPR_MLS_TOKEN"]),
    plain("mls.client_id", ""),
    secret("mls.client_secret_file", "", &["DRIPR_MLS_CLIENT_SECRET"]),
    plain("mls.token_url", ""),
    plain("mls.scope", ""),
    plain("mls.enumerations", ""),
    plain("mls.lacks", "[]"),
    plain("mls.pace", r#""1/s""#),
    plain("data.sales", ""),
    plain("data.sales_source", r#""local sales records""#),
    plain("data.listings", ""),
    plain("data.listings_source", r#""local listings""#),
    plain("data.listings_exported_on", ""),
    plain("data.rates", ""),
    plain("data.rates_source", r#""local mortgage rates""#),
    plain("templates.dir", ""),
    plain("sending.zone", r#""America/New_York""#),
    plain("sending.window", "true"),
    plain("sending.opens", r#""11:00""#),
    plain("sending.closes", r#""18:00""#),
    overridden("sending.first_time_delay_hours", "24", &["FIRST_TIME_CAMPAIGN_DELAY_HOURS"]),
    plain("sending.lead_hours", "24"),
    plain("sending.approval_lead_hours", "72"),
    plain("sending.minimum_gap_days", "14"),
    plain("sending.grace_days", "14"),
    plain("sending.default_send_day", ""),
    plain("limits.attempts", "5"),
    plain("limits.backoff_seconds", "30"),
    plain("limits.longest_backoff_seconds", "3600"),
    plain("limits.operation_lease_seconds", "300"),
    plain("limits.data_timeout_seconds", "30"),
    plain("limits.writer_timeout_seconds", "60"),
    plain("limits.mail_timeout_seconds", "20"),
    plain("limits.resend_pause_seconds", "3600"),
    plain("limits.first_look_up_seconds", "60"),
    plain("limits.look_up_every_seconds", "3600"),
    plain("limits.hold_after_seconds", "86400"),
    plain("limits.retry_every_seconds", "86400"),
    plain("limits.email_keeps_seconds", "259200"),
    plain("limits.vendor_calls", "8"),
    plain("limits.model_calls", "4"),
    plain("limits.shown_homes", "10"),
    plain("limits.stale_after_days", "45"),
    plain("limits.drain_seconds", "75"),
    plain("log.filter", r#""info""#),
    plain("log.format", r#""text""#),
];
