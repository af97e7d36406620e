//! The pages of a deployment whose clock is set by hand, with one homeowner of one agent.

use std::sync::Arc;

use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{
    Dripr,
    agent_mail::NoticeLinks,
    campaign::{Action, Actor},
    ids::{CampaignId, EmailId},
    ports::{AgentStore, CampaignStore, Clock},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, SeededEntropy, samples},
};
use dripr_server::{compose::Deployment, config::Config, http, operations::Operations};
use reqwest::{Client, redirect};

pub(crate) struct Site {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mailbox: Arc<Mailbox>,
    /// What agents get about their own account.
    pub(crate) agents: Arc<Mailbox>,
    pub(crate) base: String,
    #[allow(dead_code, reason = "only some tests stop the program")]
    pub(crate) operations: Arc<Operations>,
    /// Follows no redirect and keeps no cookie.
    pub(crate) client: Client,
    dripr: Dripr,
    folder: tempfile::TempDir,
}

pub(crate) const PASSWORD: &str = "webhooks-only";

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Something longer than a page: a title, or a sentence of it.
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Site {
    /// The campaign's slot is 12 March, 15:00 UTC. `lines` are sections of the configuration.
    pub(crate) async fn new(lines: &str, environment: &[(&str, &str)]) -> Self {
        Self::at("http://reports.example", lines, environment).await
    }

    /// One at a public address of its own.
    pub(crate) async fn at(public: &str, lines: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[public]\nurl = \"{public}\"\nopt_out_key = \"a key for tests only\"\n\
             [data]\nsales = \"sales.csv\"\n{lines}"
        );
        let variable = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let config = Config::parse(&text, folder.path(), &variable).unwrap();
        let clock = Arc::new(ManualClock::at(at("2026-03-01T12:00:00Z")));
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let (mailbox, agents) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
        let dripr = Dripr::builder()
            .clock(clock.clone())
            .entropy(Arc::new(SeededEntropy::new(1)))
            .store(Arc::new(store.clone()))
            .source(Arc::new(samples::Source))
            .writer(Arc::new(samples::Writer))
            .renderer(Arc::new(samples::Renderer))
            .mailer(mailbox.clone())
            .agent_mailer(agents.clone())
            .notices(Arc::new(store.clone()), NoticeLinks::new(config.public.approval.clone()))
            .opt_out_links(config.public.opt_out.clone())
            .build()
            .unwrap();
        let agent = samples::agent("ana", clock.now()).unwrap();
        store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
        dripr.enrol(vec![samples::campaign(&agent, 1, "98103", 12, clock.now()).unwrap()]).await.unwrap();
        let deployment = Arc::new(Deployment {
            config,
            store: Arc::new(store),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(2)),
            metrics: Default::default(),
            limiters: dripr_server::compose::Limiters::of_process(),
        });
        let operations = Arc::new(Operations::of(&deployment).await.unwrap());
        let routes = http::router(&deployment, &operations).unwrap();
        let listener = http::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let routes = routes.into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let client = client();
        Self { deployment, clock, mailbox, agents, base, operations, client, dripr, folder }
    }

    pub(crate) fn campaign(&self) -> CampaignId {
        CampaignId::new("ana-1").unwrap()
    }

    pub(crate) fn email(&self) -> EmailId {
        EmailId::new("ana-1.1").unwrap()
    }

    /// Where everything is stored.
    #[allow(dead_code, reason = "only some tests touch the database themselves")]
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("dripr.db")
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

    pub(crate) async fn command(&self, action: Action) {
        let by = Actor::User("ana".parse().unwrap());
        self.dripr.command(&self.campaign(), by, action).await.unwrap();
    }

    pub(crate) async fn dossier(&self) -> dripr_core::campaign::Dossier {
        self.deployment.store.load(&[self.campaign()]).await.unwrap().remove(0).unwrap()
    }

    /// What is at a path, or at a link of the public address.
    pub(crate) async fn get(&self, link: &str) -> Shown {
        shown(self.client.get(self.url(link))).await
    }

    pub(crate) async fn post(&self, link: &str) -> Shown {
        shown(self.client.post(self.url(link))).await
    }

    /// Sends a form with one text.
    pub(crate) async fn write(&self, link: &str, text: &str) -> Shown {
        shown(self.client.post(self.url(link)).form(&[("text", text)])).await
    }

    pub(crate) fn url(&self, link: &str) -> String {
        format!("{}{}", self.base, link.strip_prefix("http://reports.example").unwrap_or(link))
    }
}

fn client() -> Client {
    // The same TLS provider as everywhere; it is not used on this machine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn shown(request: reqwest::RequestBuilder) -> Shown {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Shown { status, headers, text: response.text().await.unwrap() }
}
