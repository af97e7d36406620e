//! `dripr campaigns`: what there is, and where it stands.

use std::io::Write;

use chrono::NaiveDate;
use dripr_core::{
    campaign::{CampaignStatus, Dossier, Phase, Stage},
    content::ZipCode,
    email::{DeliveryStatus, EmailAddress},
    ids::{CampaignId, EmailId, UserId},
    ports::{CampaignFilter, CampaignStore},
    schedule::Instant,
};
use serde::Serialize;

use super::{ConfigFile, shown};
use crate::failure::Failure;

const PAGE: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Only campaigns in this status, such as READY_TO_CREATE_EMAIL
    #[arg(long)]
    status: Option<CampaignStatus>,
    /// Only campaigns of this agent
    #[arg(long, value_name = "ID")]
    agent: Option<UserId>,
    /// A JSON array
    #[arg(long)]
    json: bool,
}

/// A campaign as it is listed.
#[derive(Serialize)]
struct Line {
    campaign_id: CampaignId,
    user_id: UserId,
    recipient: EmailAddress,
    zip_code: ZipCode,
    fixed_send_day: u8,
    status: CampaignStatus,
    phase: Phase,
    stage: Stage,
    slot: Option<Instant>,
    cycle: Option<NaiveDate>,
    last_sent_email_datetime: Option<Instant>,
    email_id: Option<EmailId>,
    delivery_status: Option<DeliveryStatus>,
    failure: Option<String>,
}

impl Line {
    fn of(dossier: Dossier) -> Self {
        let (phase, stage) = Phase::of(&dossier.campaign, dossier.email.as_ref());
        let campaign = dossier.campaign;
        Self {
            campaign_id: campaign.id,
            user_id: campaign.user_id,
            recipient: dossier.contact.email,
            zip_code: campaign.zip_code,
            fixed_send_day: campaign.fixed_send_day.get(),
            status: campaign.status,
            phase,
            stage,
            slot: campaign.slot.map(|slot| slot.at()),
            cycle: campaign.slot.map(|slot| slot.cycle().date()),
            last_sent_email_datetime: campaign.last_sent_email_datetime,
            email_id: dossier.email.as_ref().map(|email| email.id.clone()),
            delivery_status: dossier.email.map(|email| email.delivery_status),
            failure: campaign.failure.map(|failure| failure.reason),
        }
    }

    fn print(&self, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
        let email = match (&self.email_id, self.delivery_status) {
            (Some(id), Some(status)) => format!("{id} {status}"),
            _ => String::new(),
        };
        let slot = self.slot.map(shown).unwrap_or_default();
        let note = self.failure.as_deref().unwrap_or(&email);
        let (id, status, recipient) =
            (self.campaign_id.as_str(), self.status.as_str(), self.recipient.as_str());
        writeln!(out, "{id:<38}{status:<28}{slot:<22}{recipient:<34} {note}")?;
        Ok(())
    }
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let filter = CampaignFilter { user_id: args.agent, status: args.status, ..CampaignFilter::default() };
    if args.json {
        write!(out, "[")?;
    } else {
        writeln!(
            out,
            "{:<38}{:<28}{:<22}{:<34} email or failure",
            "campaign", "status", "next slot", "recipient"
        )?;
    }
    let mut after = None;
    let mut first = true;
    loop {
        let page = deployment.store.list(&filter, after.clone(), PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|dossier| dossier.campaign.id.clone());
        for dossier in page {
            let line = Line::of(dossier);
            if args.json {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                let line = serde_json::to_string(&line).map_err(std::io::Error::from)?;
                write!(out, "{comma}\n  {line}")?;
            } else {
                line.print(out)?;
            }
        }
        if !full {
            break;
        }
    }
    if args.json {
        writeln!(out, "{}", if first { "]" } else { "\n]" })?;
    }
    deployment.close().await;
    Ok(())
}
