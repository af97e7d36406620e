//! What those who watch a deployment are answered.
//!
//! | path | what is there |
//! |---|---|
//! | `/livez` | whether the process turns: 200, as long as it answers at all |
//! | `/readyz` | whether it can do its work: 200 or 503, with what each part is found to be |
//! | `/metrics` | how the deployment stands, in Prometheus' text format |
//!
//! They are answered at `operations.listen`, by a process with any roles; the first two also beside the public routes. They
//! hold no secrets and no personal data.

pub mod alert_mail;
mod cloudwatch;
mod exposition;
pub mod figures;
mod kept;
pub mod metric;
mod metrics;
pub mod readiness;
pub mod watch;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use dripr_core::{
    ports::{Entropy, QueueDesk},
    schedule::Instant,
};
use serde::Serialize;
use tokio::net::TcpListener;

use self::{
    figures::{Figures, Gatherer},
    metrics::Process,
    readiness::{Parts, Readiness},
};
use crate::{
    compose::Deployment, config::queues::Place, failure::Failure, http::request_id, queue_desk::queue_desk,
};

/// What is watched of one process of a deployment.
pub struct Operations {
    readiness: Readiness,
    gatherer: Arc<Gatherer>,
    started: Instant,
    entropy: Arc<dyn Entropy>,
}

impl Operations {
    /// Of a process of a deployment.
    ///
    /// # Errors
    /// Its queues are elsewhere, and cannot be asked how they stand.
    pub async fn of(deployment: &Deployment) -> Result<Self, Failure> {
        let elsewhere = match deployment.config.queues {
            Place::Database => None,
            place @ (Place::Redis | Place::Aws) => Some(queue_desk(&deployment.config, place).await?),
        };
        let (store, clock) = (deployment.store.clone(), deployment.clock.clone());
        let queues: Arc<dyn QueueDesk> = elsewhere.clone().unwrap_or_else(|| store.clone());
        let (policy, metrics) = (deployment.config.policy.clone(), deployment.metrics.clone());
        let started = clock.now();
        let channels = crate::compose::channels(&deployment.config);
        let gatherer = Gatherer::new(store.clone(), queues, clock.clone(), policy, metrics, channels);
        let readiness = Readiness::new(store, elsewhere, clock);
        let entropy = deployment.entropy.clone();
        Ok(Self { readiness, gatherer: Arc::new(gatherer), started, entropy })
    }

    /// The process was told to stop, and is not ready from here on.
    pub fn drain(&self) {
        self.readiness.drain();
    }

    /// Tells when the process is told to stop.
    #[must_use]
    pub fn draining(&self) -> tokio::sync::watch::Receiver<bool> {
        self.readiness.draining()
    }

    /// `/livez` and `/readyz`, which everybody may ask.
    pub fn checks(self: &Arc<Self>) -> Router {
        let ready = async |State(operations): State<Arc<Self>>| operations.ready().await;
        Router::new().route("/livez", get(live)).route("/readyz", get(ready)).with_state(self.clone())
    }

    /// All there is, for those who watch.
    pub fn routes(self: &Arc<Self>) -> Router {
        let metrics = async |State(operations): State<Arc<Self>>| operations.metrics().await;
        let routes = Router::new().route("/metrics", get(metrics)).with_state(self.clone());
        request_id::named(routes.merge(self.checks()), self.entropy.clone())
    }

    /// How the deployment stands. It is gathered at most every few seconds, and seldomer where that takes long.
    ///
    /// # Errors
    /// The process is ending.
    pub async fn figures(&self) -> Result<Arc<Figures>, Failure> {
        // Somebody who does not wait for the answer does not keep it from being gathered.
        let gatherer = self.gatherer.clone();
        let gathering = tokio::spawn(async move { gatherer.figures().await });
        gathering.await.map_err(|error| Failure::new(format!("figures could not be gathered: {error}")))
    }

    /// What this process counted by itself until now. Nobody is asked for it.
    fn own_figures(&self) -> Figures {
        self.gatherer.own()
    }

    async fn metrics(&self) -> Response {
        let ready = self.readiness.parts().await.are_ready();
        match self.figures().await {
            Ok(figures) => {
                let process = Process { started: self.started, ready };
                let headers = [(header::CONTENT_TYPE, exposition::CONTENT_TYPE)];
                (headers, metrics::text(&process, &figures)).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "metrics cannot be told");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    async fn ready(&self) -> Response {
        let parts = self.readiness.parts().await;
        let ready = parts.are_ready();
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        json(status, &Ready { ready, parts })
    }
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    parts: Parts,
}

#[derive(Serialize)]
struct Live {
    live: bool,
}

async fn live() -> Response {
    json(StatusCode::OK, &Live { live: true })
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    match serde_json::to_string(body) {
        Ok(text) => (status, headers, text).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Listens at `operations.listen`.
///
/// # Errors
/// The address is taken, or not this machine's.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::new(format!("operations.listen: cannot listen at {address}: {error}")))
}
