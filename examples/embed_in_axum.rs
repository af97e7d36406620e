//! dripr inside an axum program: the engine's loops are spawned beside the server, and two routes look into it.
//!
//! ```text
//! cargo run -p dripr-examples --example embed_in_axum
//! ```
//!
//! It enrols one sample homeowner and prints two `curl` commands to try.
//! It keeps its data in a folder of the system's for temporary files, so that it leaves nothing behind in yours.

use std::{error::Error, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use dripr_adapters::{
    composed_writer::ComposedWriter,
    file_outbox::FileOutbox,
    sql::{SqlStore, SqliteOptions},
    templates::Templates,
};
use dripr_core::{
    Dripr,
    campaign::{Action, Actor, Explanation},
    email::OptOutLinks,
    engine::CommandError,
    ids::CampaignId,
    ports::{AgentStore, Clock},
    testkit::samples,
};
use dripr_server::{os_entropy::OsEntropy, system_clock::SystemClock};
use tokio::{net::TcpListener, task::JoinSet};

type Failed = (StatusCode, String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = std::env::temp_dir().join("dripr-in-axum");
    std::fs::create_dir_all(&folder)?;
    let store = SqlStore::sqlite(folder.join("dripr.db"), SqliteOptions::default()).await?;
    let dripr = Dripr::builder()
        .clock(Arc::new(SystemClock))
        .entropy(Arc::new(OsEntropy))
        .store(Arc::new(store.clone()))
        // A real program gives its own data provider here.
        .source(Arc::new(samples::Source))
        .writer(Arc::new(ComposedWriter::new()))
        .renderer(Arc::new(Templates::builtin()?))
        .mailer(Arc::new(FileOutbox::open(folder.join("outbox"))?))
        .opt_out_links(OptOutLinks::new("https://reports.example", "change this key".repeat(2).into())?)
        .build()?;

    let now = SystemClock.now();
    let agent = samples::agent("ana", now)?;
    store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await?;
    let homeowner = samples::campaign(&agent, 1, "98103", 12, now)?;
    let campaign = homeowner.campaign.id.clone();
    // Enrolling the same homeowner again, at the next start, changes nothing.
    dripr.enrol(vec![homeowner]).await?;

    let mut workers = JoinSet::new();
    for worker in dripr.workers() {
        workers.spawn(worker);
    }
    let routes = Router::new()
        .route("/campaigns/{id}/explain", get(explain))
        .route("/campaigns/{id}/skip", post(skip))
        .with_state(dripr.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("emails go to {}", folder.display());
    println!("curl http://{address}/campaigns/{campaign}/explain");
    println!("curl -X POST http://{address}/campaigns/{campaign}/skip");
    axum::serve(listener, routes)
        .with_graceful_shutdown(async {
            // Without a way to hear Ctrl-C the program is simply killed, which is as safe.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;

    // In order: no new work, what is in hand is finished, the database is closed.
    dripr.stop();
    workers.join_all().await;
    store.close().await;
    Ok(())
}

async fn explain(State(dripr): State<Dripr>, Path(id): Path<String>) -> Result<Json<Explanation>, Failed> {
    let id = CampaignId::new(id).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    match dripr.explain(&id).await {
        Ok(Some(explanation)) => Ok(Json(explanation)),
        Ok(None) => Err((StatusCode::NOT_FOUND, format!("there is no campaign {id}"))),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

async fn skip(State(dripr): State<Dripr>, Path(id): Path<String>) -> Result<StatusCode, Failed> {
    let id = CampaignId::new(id).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    match dripr.command(&id, Actor::Operator, Action::Skip { reason: None }).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(CommandError::Refused(refusal)) => Err((StatusCode::CONFLICT, refusal.to_string())),
        Err(CommandError::Port(error)) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}
