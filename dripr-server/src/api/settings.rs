//! `/settings`: what the deployment is set to. An agent's own settings stand with the agent.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::access::{Reach, Scope};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, caller::Asking, problem::Problem};
use crate::config::shown::{Shown, Value};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(read_settings))
}

/// What the deployment is set to.
#[derive(Debug, Serialize, ToSchema)]
struct SettingsView {
    /// Every key of the configuration, in the order of the example.
    settings: Vec<SettingView>,
}

/// A key of the configuration.
#[derive(Debug, Serialize, ToSchema)]
struct SettingView {
    /// The key with its section.
    #[schema(example = "sending.default_send_day")]
    key: &'static str,
    /// Its value; null if it is not set, or a secret.
    #[schema(value_type = serde_json::Value)]
    value: serde_json::Value,
    /// Whether it is a secret that is set.
    is_secret: bool,
    /// Where it comes from.
    #[schema(example = "file")]
    from: String,
}

/// What the deployment is set to, secrets hidden. It is changed where it is run, by its file and its environment.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = SettingsView)))]
async fn read_settings(State(api): State<Arc<Api>>, asking: Asking) -> Result<Json<SettingsView>, Problem> {
    asking.may(Scope::Admin)?;
    if asking.0.reach != Reach::Deployment {
        return Err(Problem::forbidden("only operators see what the deployment is set to"));
    }
    Ok(Json(SettingsView { settings: api.settings.iter().map(SettingView::of).collect() }))
}

impl SettingView {
    fn of(shown: &Shown) -> Self {
        let value = match &shown.value {
            Some(Value::Plain(value)) => serde_json::to_value(value).unwrap_or_default(),
            Some(Value::Secret) | None => serde_json::Value::Null,
        };
        let is_secret = matches!(shown.value, Some(Value::Secret));
        Self { key: shown.path, value, is_secret, from: shown.from.to_string() }
    }
}
