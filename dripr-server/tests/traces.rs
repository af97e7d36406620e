//! The real program with a collector of traces on this machine: what it is told, and what happens where there is none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "deployment/mod.rs"]
#[allow(clippy::disallowed_methods, reason = "the real program runs on the real clock")]
mod deployment;
#[path = "../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    process::Stdio,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use deployment::{Deployment, Running};
use loopback::{Loopback, Reply, nowhere};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message;

/// What stands in what is somebody's own; the last of them in what somebody sends.
const PERSONAL: [&str; 7] =
    ["Owner", "home.example", "Elm St", "Ruiz", "brokerage.example", "Sample St", "Quixotry"];
const KEY: &str = "k3y-that-nobody-may-see";
/// The example of <https://www.w3.org/TR/trace-context/>.
const CALLER: (&str, &str) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");

/// The program and what it says.
struct Program {
    running: Running,
    log: Arc<Mutex<Vec<String>>>,
    listening: JoinHandle<()>,
    base: String,
}

impl Program {
    fn start(deployment: &Deployment) -> Self {
        let args = ["run", "--set", "log.filter=info", "--set", "http.listen=127.0.0.1:0"];
        let mut child = deployment.dripr(&args).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("links and webhooks are answered")).unwrap();
        let address = line.split("address=").nth(1).unwrap().trim();
        let plain: String = address.chars().filter(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let said = log.clone();
        // Somebody has to read on, or the program would wait.
        let listening = std::thread::spawn(move || lines.for_each(|line| said.lock().unwrap().push(line)));
        Self { running: Running(child), log, listening, base: format!("http://{plain}") }
    }

    /// Lets it end in order once all is sent, and gives what it said.
    fn settled(self, deployment: &Deployment) -> Vec<String> {
        deployment.settles(self.running);
        self.listening.join().unwrap();
        self.log.lock().unwrap().clone()
    }
}

fn deployment(homeowners: usize, collector: &str, fred: &str) -> Deployment {
    const COLLECTOR_HEADERS: &str = "Api-Key=c0llector%20k3y%3D, x-team=dripr";
    let variables = [
        ("DRIPR_FRED_KEY", KEY),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
        ("OTEL_EXPORTER_OTLP_HEADERS", COLLECTOR_HEADERS),
        ("OTEL_SERVICE_NAME", "reports"),
        // Often, so that one who takes nothing is asked more than once.
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let lines =
        format!("mail_timeout_seconds = 1\n[sources]\nrates = [\"fred\"]\n[fred]\nurl = \"{fred}\"\n");
    Deployment::in_environment(
        BTreeMap::from(environment),
        &[("agent", "ana@brokerage.example")],
        homeowners,
        &lines,
    )
}

async fn fred() -> Loopback {
    let rates = include_str!(
        "../../dripr-adapters/tests/data/providers/fred/observations.MORTGAGE30US.constructed.json"
    );
    Loopback::answering(move |_| Reply::ok(rates)).await
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    Some(match found.value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    })
}

fn hex(id: &[u8]) -> String {
    hex::encode(id)
}

/// All spans that a collector was given, of one program.
fn spans(collector: &Loopback) -> Vec<Span> {
    let mut spans = Vec::new();
    for request in collector.asked() {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/traces"));
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
        assert_eq!(request.header("api-key"), Some("c0llector k3y="));
        assert_eq!(request.header("x-team"), Some("dripr"));
        for secret in PERSONAL.into_iter().chain([KEY]) {
            let found = request.body.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in a trace");
        }
        let told = ExportTraceServiceRequest::decode(request.body.as_slice()).unwrap();
        for resource in told.resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            assert_eq!(text(&attributes, "service.name").as_deref(), Some("reports"));
            spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    spans
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_can_be_followed_by_ids_alone() {
    let taken = Reply::Whole { status: 200, headers: Vec::new(), body: Vec::new() };
    let collector = Loopback::giving([taken]).await;
    let fred = fred().await;
    let deployment = deployment(3, &collector.base_url, &fred.base_url);
    let program = Program::start(&deployment);
    // The same TLS provider as everywhere; it is not used on this machine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let ask = async |path: &str, name: &str| {
        let (trace, span) = CALLER;
        let request = client.get(format!("{}{path}", program.base)).header("x-request-id", name);
        request.header("traceparent", format!("00-{trace}-{span}-01")).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask("/api/v1/agents/Quixotry?name=Quixotry", "a-1").await, 401);
    assert_eq!(ask("/o/Quixotry/1/0?name=Quixotry", "a-2").await, 404);
    assert_eq!(ask("/livez", "a-3").await, 200);
    program.settled(&deployment);
    let spans = spans(&collector);

    let of = |span: &Span, name: &str| text(&span.attributes, name);
    let named = |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    let parent = |child: &Span| {
        let is_parent =
            |span: &&Span| (&span.trace_id, &span.span_id) == (&child.trace_id, &child.parent_span_id);
        spans.iter().find(is_parent)
    };
    // Each step of each campaign, in whatever trace.
    let campaigns: BTreeSet<String> = deployment
        .campaigns()
        .iter()
        .map(|campaign| campaign["campaign_id"].as_str().unwrap().to_owned())
        .collect();
    for queue in ["property_valuation", "home_report", "email_creation", "email_sending"] {
        let deliveries = named(&format!("delivery {queue}"));
        let found: BTreeSet<String> =
            deliveries.iter().filter_map(|span| of(span, "dripr.campaign_id")).collect();
        assert_eq!(found, campaigns, "{queue}");
        assert!(deliveries.iter().all(|span| span.kind() == SpanKind::Consumer));
        assert!(deliveries.iter().all(|span| of(span, "dripr.event_id").is_some()));
    }
    assert!(
        named("delivery home_report").iter().any(|span| of(span, "dripr.outcome").as_deref() == Some("done"))
    );
    // Emails, from their deliveries to their provider: within one, or after several.
    let mut accepted = 0;
    for sending in named("sending") {
        let deliveries: Vec<&Span> = match parent(sending) {
            Some(delivery) => vec![delivery],
            None => {
                let linked = |span: &&Span| sending.links.iter().any(|link| link.span_id == span.span_id);
                spans.iter().filter(linked).collect()
            }
        };
        assert!(deliveries.iter().all(|span| span.name == "delivery email_sending"), "{deliveries:?}");
        assert_eq!(of(sending, "dripr.emails"), Some(deliveries.len().to_string()));
        accepted += of(sending, "dripr.accepted").unwrap().parse::<usize>().unwrap();
        let is_within = |span: &&&Span| span.parent_span_id == sending.span_id;
        let send = named("outbox send").iter().find(is_within).copied().unwrap();
        assert_eq!((send.kind(), of(send, "dripr.outcome")), (SpanKind::Client, Some("ok".to_owned())));
    }
    assert_eq!(accepted, 3);
    let rate = named("FRED rate");
    assert!(rate.iter().all(|span| of(span, "dripr.provider").as_deref() == Some("FRED")));
    assert!(rate.iter().any(|span| of(span, "dripr.outcome").is_some()), "{rate:?}");
    // A call, in the trace of whoever calls.
    let requests: Vec<&Span> = spans.iter().filter(|span| span.kind() == SpanKind::Server).collect();
    let of_api = requests.iter().find(|span| of(span, "dripr.request_id").as_deref() == Some("a-1")).unwrap();
    assert_eq!(of_api.name, "GET /api/v1/agents/{agent}");
    assert_eq!((hex(&of_api.trace_id), hex(&of_api.parent_span_id)), (CALLER.0.into(), CALLER.1.into()));
    assert_eq!(of(of_api, "http.response.status_code").as_deref(), Some("401"));
    assert!(of_api.status.as_ref().is_none_or(|status| status.code() == StatusCode::Unset));
    assert!(requests.iter().any(|span| of(span, "dripr.request_id").as_deref() == Some("a-2")));
    assert!(requests.iter().all(|span| of(span, "http.route").as_deref() != Some("/livez")));
    for span in &spans {
        assert!(span.events.is_empty(), "what log lines say is not told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_or_says_nothing_holds_up_nothing() {
    let fred = fred().await;
    let silent = Loopback::giving([Reply::Silence]).await;
    for collector in [nowhere(), silent.base_url.clone()] {
        let deployment = deployment(2, &collector, &fred.base_url);
        let log = Program::start(&deployment).settled(&deployment);
        let said = log.iter().filter(|line| line.contains("takes no spans")).count();
        // Whoever says nothing may still be waited for when the program ends.
        assert!(said == 1 || said == 0 && collector == silent.base_url, "{said}: {log:#?}");
        assert!(log.iter().any(|line| line.contains("dripr has stopped")), "{log:#?}");
    }
}
