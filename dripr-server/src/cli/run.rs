//! `dripr run`: the engine on the real clock, until told to stop.

use std::{future::pending, pin::Pin, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    runtime::Handle,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tracing_subscriber::{Layer, Registry};

use super::ConfigFile;
use crate::{
    compose,
    config::Config,
    failure::Failure,
    first_key::{FirstKey, first_key},
    http,
    operations::{self, Operations, watch::Watch},
    role::{Role, Roles},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// What this process does, such as api,cron; everything if it is not said
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROLE,…")]
    roles: Vec<Role>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = args.config.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let traces = Traces::of(&config, runtime.handle())?;
    config.log.start(traces.layers());
    // As for the other subcommands: compiled once.
    let work: Pin<Box<dyn Future<Output = Result<(), Failure>>>> =
        Box::pin(until_told_to_stop(config, Roles::of(&args.roles), traces));
    let result = runtime.block_on(work);
    // A provider call that does not end keeps nobody waiting.
    runtime.shutdown_background();
    result
}

async fn until_told_to_stop(config: Config, roles: Roles, traces: Traces) -> Result<(), Failure> {
    // Before anything is begun, so that no signal is missed.
    let mut stop = StopSignals::listen()?;
    let drain = config.drain;
    let deployment = Arc::new(compose::deployment(config).await?);
    let engine = compose::engine(&deployment, &roles).await?;
    let operations = Arc::new(Operations::of(&deployment).await?);
    // An address that is taken stops everything before an email leaves whose links nobody answers.
    let listener = match deployment.config.http.listen.address().filter(|_| roles.has(Role::Api)) {
        Some(address) => Some((http::listen(address).await?, http::router(&deployment, &operations)?)),
        None => None,
    };
    let watched = match deployment.config.operations.listen {
        Some(address) => Some(Watched::from(operations::listen(address).await?, operations.routes())?),
        None => None,
    };
    let mut workers = JoinSet::new();
    for worker in engine.workers() {
        workers.spawn(worker);
    }
    let (stopped, mut stopping) = watch::channel(());
    #[cfg(all(feature = "gmail", feature = "returned-mail"))]
    if roles.has(Role::EmailManager)
        && let Some(mailer) = compose::gmail_mailer(&deployment)?
    {
        let inboxes = crate::gmail_inboxes::Inboxes::new(deployment.clone(), mailer);
        workers.spawn(inboxes.watch(stopping.clone()));
    }
    let watching = Watch::of(&deployment, &operations, &roles)?.map(Arc::new);
    if let Some(watch) = &watching {
        workers.spawn(watch.clone().watch(stopping.clone()));
    }
    if roles.has(Role::Cron) {
        workers.spawn(crate::forgetting::forget_imports(deployment.clone(), stopping.clone()));
        workers.spawn(crate::orphans::end_imports(deployment.clone(), stopping.clone()));
    }
    #[cfg(feature = "postmark")]
    if roles.has(Role::Cron)
        && let Some(list) = compose::suppression_list(&deployment)?
    {
        let stopping = stopping.clone();
        workers.spawn(crate::suppression_list::take_over_daily(deployment.clone(), list, stopping));
    }
    #[cfg(feature = "webhooks")]
    if roles.has(Role::Relay) {
        let (courier, metrics) = (compose::webhook_courier(&deployment)?, deployment.metrics.clone());
        workers.spawn(crate::webhooks::deliver(courier, metrics, stopping.clone()));
    }
    #[cfg(feature = "webhooks")]
    if roles.has(Role::Cron) {
        workers.spawn(crate::webhooks::forget_old(deployment.clone(), stopping.clone()));
    }
    if let Some((listener, routes)) = listener {
        match first_key(&deployment).await? {
            None => {}
            Some(FirstKey::In(file)) => {
                let file = file.display();
                tracing::info!(
                    "nobody had a key for the API yet, so an operator's was made: it is in {file}"
                );
            }
            Some(FirstKey::NotMade(why)) => {
                tracing::warn!("nobody has a key for the API yet; `dripr keys create` makes one: {why}");
            }
        }
        tracing::info!(address = %listener.local_addr()?, "links and webhooks are answered");
        let until_stopped = async move {
            // The other end is dropped, which says the same.
            let _ = stopping.changed().await;
        };
        workers.spawn(http::serve(listener, routes, until_stopped));
    } else if roles.has(Role::Api) && compose::leaves_the_machine(&deployment) {
        tracing::warn!("http.listen is off: somebody else has to answer the opt-out links");
    }
    if let Some(allowed) =
        deployment.config.mail.only_to.as_ref().filter(|_| compose::leaves_the_machine(&deployment))
    {
        let (allowed, folder) = (allowed.len(), deployment.config.outbox.dir.display());
        tracing::warn!(
            allowed,
            "mail.production is not true: mail reaches nobody but mail.allowed_recipients, and all other is written to {folder}"
        );
    }
    for warning in deployment.config.warnings() {
        tracing::warn!("{warning}");
    }
    tracing::info!(database = %deployment.config.database, "dripr is running");
    tokio::select! {
        name = stop.next() => tracing::info!(signal = name, "told to stop; finishing what is in hand"),
        Some(ended) = workers.join_next() => {
            // None ends by itself. What it had in hand is taken up again by the next run.
            engine.stop();
            let why = ended.err().map_or_else(|| "it returned".to_owned(), |error| error.to_string());
            return Err(Failure::new(format!("a part of the engine ended unexpectedly: {why}")));
        }
    }
    operations.drain();
    engine.stop();
    drop(stopped);
    let finish = async {
        while workers.join_next().await.is_some() {}
        for (provider, question, counted) in deployment.metrics.counted() {
            let (calls, failed, throttled) = (counted.calls, counted.failed, counted.throttled);
            tracing::info!(provider, question, calls, failed, throttled, "a provider was asked");
        }
        if let Some(watch) = &watching {
            watch.end().await;
        }
        deployment.close().await;
        traces.end().await;
        drop(watched);
    };
    tokio::select! {
        () = finish => {
            tracing::info!("dripr has stopped");
            Ok(())
        }
        _ = stop.next() => Err(Failure::new("told to stop twice; work in hand is taken up again by the next run")),
        () = patience(drain) => Err(Failure::new(format!(
            "work in hand did not end within {} s (limits.drain_seconds); it is taken up again by the next run",
            drain.as_secs()
        ))),
    }
}

/// Traces to a collector, if one was chosen.
struct Traces {
    #[cfg(feature = "otlp")]
    chosen: Option<crate::traces::Traces>,
}

impl Traces {
    #[cfg(feature = "otlp")]
    fn of(config: &Config, runtime: &Handle) -> Result<Self, Failure> {
        let chosen = config.traces.as_ref().map(|chosen| crate::traces::Traces::new(chosen, runtime.clone()));
        let chosen = chosen.transpose().map_err(|error| Failure::new(format!("traces.endpoint: {error}")))?;
        Ok(Self { chosen })
    }

    #[cfg(not(feature = "otlp"))]
    #[expect(clippy::unnecessary_wraps, reason = "with traces it can fail")]
    fn of(_: &Config, _: &Handle) -> Result<Self, Failure> {
        Ok(Self {})
    }

    fn layers(&self) -> Vec<Box<dyn Layer<Registry> + Send + Sync>> {
        #[cfg(feature = "otlp")]
        return self.chosen.iter().map(crate::traces::Traces::layer).collect();
        #[cfg(not(feature = "otlp"))]
        Vec::new()
    }

    async fn end(self) {
        #[cfg(feature = "otlp")]
        if let Some(chosen) = self.chosen {
            chosen.end().await;
        }
    }
}

/// Answers those who watch, for as long as it is there: also while the process finishes what it has in hand.
struct Watched(JoinHandle<()>);

impl Watched {
    fn from(listener: TcpListener, routes: Router) -> Result<Self, Failure> {
        tracing::info!(address = %listener.local_addr()?, "those who watch are answered");
        Ok(Self(tokio::spawn(http::serve(listener, routes, pending()))))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn patience(drain: Duration) {
    tokio::time::sleep(drain).await;
}

/// SIGTERM and SIGINT.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> Result<Self, Failure> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
