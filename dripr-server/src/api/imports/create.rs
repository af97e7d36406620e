//! Making an import.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use dripr_core::{
    access::Scope,
    ids::ImportId,
    imports::{Import, ImportOptions},
    ports::{EntropyExt, ImportStore},
    schedule::SendDay,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{ImportView, ReportView};
use crate::api::{
    Api, body::Body, caller::Asking, conflict::Conflict, path::Path, problem::Problem, problems::Problems,
};

/// How the rows of a file are to be taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewImport {
    /// Only look; store no contact and no campaign.
    #[serde(default)]
    dry_run: bool,
    /// The send day of rows that name none; the deployment's own if it has one.
    #[serde(default, deserialize_with = "crate::api::body::whole")]
    #[schema(minimum = 1, maximum = 28)]
    send_day: Option<u8>,
    /// Spread rows that name no send day over so many days of the month, from the send day on, so that not all is sent on
    /// one day.
    #[serde(default, deserialize_with = "crate::api::body::whole")]
    #[schema(minimum = 1, maximum = 28)]
    spread: Option<u8>,
    /// In a dry run: ask whether the addresses take mail too, which may cost.
    #[serde(default)]
    verify: bool,
    /// Whether the agent approves each email of campaigns of rows that do not say so; if it is not given, unless whoever sends
    /// the file may approve. Without the scope `approve`, false is refused, and so are rows that say no.
    #[serde(default)]
    check_before_sending: Option<bool>,
    /// Which rows are told of one by one; `exceptions` if it is left out.
    #[serde(default)]
    report: ReportView,
}

/// Makes an import. Nothing happens until its file is sent.
#[utoipa::path(
    post, path = "/agents/{agent}/imports", tag = "imports", request_body = NewImport, params(("agent" = String, Path)),
    responses((status = 201, body = ImportView, headers(("Location" = String))))
)]
pub(super) async fn create_import(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(new): Body<NewImport>,
) -> Result<impl IntoResponse, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let send_day = new.send_day.map(SendDay::new).transpose();
    let mut problems = Problems::default();
    let send_day = problems.take(send_day.map_err(|error| Problem::invalid("/send_day", error.to_string())));
    if new.spread.is_some_and(|days| !(1..=28).contains(&days)) {
        problems.add(Problem::invalid("/spread", "must be from 1 to 28 days"));
    }
    let send_day = problems.unless_any(|| send_day)?;
    if new.verify && api.verifier.is_none() {
        return Err(Problem::conflict(
            Conflict::NoVerifier,
            "this deployment has nobody who verifies addresses",
        ));
    }
    asking.check_before_sending(new.check_before_sending)?;
    let now = api.bench.clock.now();
    let options = ImportOptions {
        dry_run: new.dry_run,
        send_day,
        spread: new.spread,
        verify: new.verify,
        check_before_sending: new.check_before_sending,
        report: new.report.into(),
    };
    let import = Import::new(ImportId::from(api.entropy.id(now)), agent.id, options, now);
    api.store.add_import(import.clone()).await?;
    let location = format!("/api/v1/agents/{}/imports/{}", import.user_id, import.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(ImportView::of(import, now))))
}
