//! `dripr explain`: the gate that holds a campaign, and what its report cost.

use std::io::Write;

use dripr_core::{
    campaign::{Explanation, explain},
    email::{DeliveryStatus, Email},
    feedback::Engagement,
    ids::CampaignId,
    ports::{CampaignStore, EmailFilter, EmailStore, FeedbackStore},
};
use serde::Serialize;

use super::{ConfigFile, now, print_json, shown};
use crate::{
    account::{Account, account},
    compose::Deployment,
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The campaign's id
    campaign: CampaignId,
    /// A JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Serialize)]
struct Answer<'a> {
    campaign_id: &'a CampaignId,
    #[serde(flatten)]
    explanation: Explanation,
    cost: Option<Account>,
    engagement: Engagement,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let dossier = deployment.store.load(std::slice::from_ref(&args.campaign)).await?.pop().flatten();
    let dossier = dossier.ok_or_else(|| {
        Failure::new(format!("there is no campaign {}; `dripr campaigns` shows them", args.campaign))
    })?;
    let explanation = explain(&dossier.campaign, &dossier.facts(now(&deployment), &deployment.config.policy));
    let cost = account(&*deployment.store, &dossier).await?;
    let engagement = engagement(&deployment, &args.campaign).await?;
    deployment.close().await;
    if args.json {
        return print_json(out, &Answer { campaign_id: &args.campaign, explanation, cost, engagement });
    }
    let next = explanation.next_look.map_or_else(|| "only when somebody does something".to_owned(), shown);
    writeln!(out, "campaign   {}", args.campaign)?;
    writeln!(out, "status     {}", explanation.status)?;
    writeln!(out, "held by    {}: {}", explanation.gate, explanation.because)?;
    writeln!(out, "since      {}", shown(explanation.since))?;
    writeln!(out, "next look  {next}")?;
    writeln!(out, "reader     {}", engagement.because)?;
    if let Some(Account { cycle, data_calls, writer_calls, texts }) = cost {
        writeln!(
            out,
            "cost       {data_calls} calls to data providers and {writer_calls} to writers for {cycle}"
        )?;
        for text in texts {
            write!(out, "           {} by {}", text.text, text.by)?;
            if let Some((read, written)) = text.tokens {
                write!(out, ", {read} tokens read and {written} written")?;
            }
            if let Some(dollars) = text.dollars {
                write!(out, ", ${dollars:.4}")?;
            }
            writeln!(out)?;
            for reason in text.refused {
                writeln!(out, "           a draft was refused: {reason}")?;
            }
        }
    }
    Ok(())
}

/// The most emails that are looked at: more years than a campaign lasts.
const MOST_EMAILS: usize = 600;

/// What the homeowner made of their emails.
async fn engagement(deployment: &Deployment, campaign: &CampaignId) -> Result<Engagement, Failure> {
    let filter = EmailFilter {
        campaign_id: Some(campaign.clone()),
        delivery_status: Some(DeliveryStatus::Complete),
        ..EmailFilter::default()
    };
    let emails = deployment.store.emails(&filter, None, MOST_EMAILS).await?;
    let with_time = |email: Email| {
        let at = email.attempt.as_ref()?.started_at;
        Some((email, at))
    };
    let mut sent: Vec<_> = emails.into_iter().filter_map(with_time).collect();
    sent.sort_by_key(|(_, at)| *at);
    Ok(Engagement::of(&sent, &deployment.store.feedback(campaign).await?))
}
