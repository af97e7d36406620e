//! A deployment whose clock is set by hand, and what its operator reaches.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use chrono::NaiveDate;
use dripr_adapters::{
    composed_writer::ComposedWriter,
    sql::{SqlStore, SqliteOptions},
    templates::Templates,
};
use dripr_core::{
    Dripr,
    content::{Listing, Property, Sale, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{AgentStore, Allowance, Clock, PropertySource, Subject},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, SeededEntropy, samples},
};
use dripr_server::{
    compose::{Deployment, Limiters},
    config::Config,
    operations::Operations,
};
use reqwest::Client;

pub(crate) const CONFIG: &str = "[public]\nurl = \"http://reports.example\"\nopt_out_key = \"a key for tests only\"\n\
     [data]\nsales = \"sales.csv\"\n";

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) struct Stage {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) operations: Arc<Operations>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) dripr: Dripr,
    pub(crate) folder: tempfile::TempDir,
}

impl Stage {
    /// With so many homeowners of one agent, whose slot is 12 March, 15:00 UTC. `lines` are sections of the configuration.
    pub(crate) async fn new(homeowners: usize, lines: &str) -> Self {
        Self::over(Arc::new(samples::Source), "ana", homeowners, lines).await
    }

    /// The same, whose source knows nothing at present.
    pub(crate) async fn failing(homeowners: usize, lines: &str) -> Self {
        Self::over(Arc::new(Down), "failing", homeowners, lines).await
    }

    async fn over(source: Arc<dyn PropertySource>, agent: &str, homeowners: usize, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::parse(&format!("{CONFIG}{lines}"), folder.path(), &|_| None).unwrap();
        let clock = Arc::new(ManualClock::at(at("2026-03-01T12:00:00Z")));
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let mailbox = Arc::new(Mailbox::new());
        let dripr = Dripr::builder()
            .clock(clock.clone())
            .entropy(Arc::new(SeededEntropy::new(1)))
            .store(Arc::new(store.clone()))
            .source(Arc::new(samples::Source))
            .properties(source)
            .writer(Arc::new(ComposedWriter::new()))
            .renderer(Arc::new(Templates::builtin().unwrap()))
            .mailer(mailbox.clone())
            .opt_out_links(config.public.opt_out.clone())
            .build()
            .unwrap();
        let agent = samples::agent(agent, clock.now()).unwrap();
        store
            .register(agent.clone(), samples::user_created(&agent), dripr_core::campaign::Actor::Operator)
            .await
            .unwrap();
        let campaign = |n| samples::campaign(&agent, n, "98103", 12, clock.now()).unwrap();
        dripr.enrol((1..=homeowners).map(campaign).collect()).await.unwrap();
        let deployment = Arc::new(Deployment {
            config,
            store: Arc::new(store),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(2)),
            metrics: Default::default(),
            limiters: Limiters::of_process(),
        });
        let operations = Arc::new(Operations::of(&deployment).await.unwrap());
        Self { deployment, operations, clock, mailbox, dripr, folder }
    }

    /// Lets time pass, doing whatever becomes due.
    pub(crate) async fn until(&self, end: &str) {
        let end = at(end);
        while let Some(next) = self.dripr.step().await.unwrap().next.filter(|next| *next <= end) {
            self.clock.set(next);
        }
        self.clock.set(end);
        self.dripr.step().await.unwrap();
    }
}

/// A source that does not answer.
struct Down;

fn down<T>() -> PortResult<T> {
    Err(PortError::new(Fault::Unavailable, "the source does not answer"))
}

#[async_trait]
impl PropertySource for Down {
    async fn property(&self, _: &Subject, _: NaiveDate, _: &Allowance) -> PortResult<Property> {
        down()
    }

    async fn active_listings(
        &self,
        _: ZipCode,
        _: NaiveDate,
        _: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        down()
    }

    async fn recent_sales(&self, _: ZipCode, _: NaiveDate, _: usize, _: &Allowance) -> PortResult<Vec<Sale>> {
        down()
    }
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

/// Where routes are answered.
pub(crate) async fn serve(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    base
}

pub(crate) fn client() -> Client {
    // The same TLS provider as everywhere; it is not used on this machine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

pub(crate) async fn get(url: &str) -> Shown {
    let response = client().get(url).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Shown { status, headers, text: response.text().await.unwrap() }
}
