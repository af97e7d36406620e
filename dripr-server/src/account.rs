//! What a campaign's latest report cost: calls to providers, tokens and dollars of models, and what was refused.

use chrono::{NaiveDate, TimeDelta};
use dripr_core::{
    campaign::{Dossier, Operation, Provision},
    content::{AreaContent, AreaKey, AreaKind, Author, CycleContent, Words},
    errors::PortResult,
    ports::{AreaStore, CampaignStore},
};
use serde::Serialize;

/// What the report of one cycle cost.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// The cycle: the one being prepared, or else the last one.
    pub cycle: NaiveDate,
    /// Calls to data providers. What an area shares counts for the campaign that it was fetched for.
    pub data_calls: u8,
    /// Calls to writers, counted alike.
    pub writer_calls: u8,
    /// The texts, as far as there are any.
    pub texts: Vec<Text>,
}

/// A text of a report.
#[derive(Debug, Clone, Serialize)]
pub struct Text {
    /// Which one it is.
    pub text: Operation,
    /// Who wrote it.
    pub by: String,
    /// Tokens read and written, refused drafts included; none without a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<(u64, u64)>,
    /// What they cost, where the deployment knows prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dollars: Option<f64>,
    /// Why each refused draft was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

/// The account of a campaign; none before its first preparation.
///
/// # Errors
/// The store's.
pub async fn account<S>(store: &S, dossier: &Dossier) -> PortResult<Option<Account>>
where
    S: CampaignStore + AreaStore,
{
    let campaign = &dossier.campaign;
    let under_way = campaign.status.is_working().then_some(campaign.slot).flatten();
    let last = || campaign.last_cycle.map(|last| last.slot);
    let Some(cycle) = under_way.or_else(last).map(|slot| slot.cycle()) else { return Ok(None) };
    let mut texts = Vec::new();
    if let Some(words) = intro(store, dossier).await? {
        texts.push(Text::of(Operation::Intro, &words));
    }
    let own = CampaignStore::content(store, &[(campaign.id.clone(), cycle)]).await?.pop().unwrap_or_default();
    texts.extend(own.iter().filter_map(|(operation, content)| match content {
        CycleContent::HomeReport(words) => Some(Text::of(*operation, words)),
        CycleContent::Property(_) => None,
    }));
    Ok(Some(Account {
        cycle: cycle.date(),
        data_calls: campaign.calls.vendor,
        writer_calls: campaign.calls.model,
        texts,
    }))
}

/// The opening words of the agent for the area: those that the campaign has, or that were the latest when its email was made.
pub(crate) async fn intro<S: AreaStore>(store: &S, dossier: &Dossier) -> PortResult<Option<Words>> {
    let campaign = &dossier.campaign;
    let content = match &campaign.operations[Operation::Intro].provision {
        Some(Provision::Shared(key) | Provision::Stale(key)) => {
            store.content(std::slice::from_ref(key)).await?.pop().flatten()
        }
        Some(Provision::Own | Provision::Omitted(_)) => None,
        None => {
            let Some(email) = &dossier.email else { return Ok(None) };
            let kind = if campaign.home.is_some() { AreaKind::Intro } else { AreaKind::IntroWithoutHome };
            // A day on, since the zone's day may be the next one already.
            let day = (email.created_at + TimeDelta::days(1)).date_naive();
            let key =
                AreaKey { kind, user_id: Some(campaign.user_id.clone()), zip_code: campaign.zip_code, day };
            store.latest_before(&key).await?.map(|(_, content)| content)
        }
    };
    Ok(content.and_then(|content| match &*content {
        AreaContent::Intro(words) | AreaContent::IntroWithoutHome(words) => Some(words.clone()),
        AreaContent::ActiveListings(_) | AreaContent::RecentSales(_) | AreaContent::LocalMarketData(_) => {
            None
        }
    }))
}

impl Text {
    fn of(text: Operation, words: &Words) -> Self {
        let spent = words.spent();
        let first_reason = |objections: &[dripr_core::guard::Objection]| {
            objections.first().map(ToString::to_string).unwrap_or_default()
        };
        Self {
            text,
            by: match &words.author {
                Author::Composed => "dripr".to_owned(),
                Author::Model(name) => name.clone(),
                Author::Agent => "the agent".to_owned(),
            },
            tokens: spent.map(|usage| (usage.input_tokens, usage.output_tokens)),
            dollars: spent.and_then(|usage| usage.microdollars).map(|micro| micro as f64 / 1e6),
            refused: words.refused.iter().map(|draft| first_reason(&draft.objections)).collect(),
        }
    }
}
