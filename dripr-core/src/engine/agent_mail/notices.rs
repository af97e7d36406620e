//! Telling agents what they must know: the morning mail, and what stops their mail.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use futures_util::{StreamExt, stream};

use super::{Errand, Next, carry};
use crate::{
    agent::Agent,
    agent_mail::{
        CampaignInNeed, Concern, Duty, InHand, Letter, LetterName, Notices, Progress, Standing, WaitingReport,
    },
    campaign::Dossier,
    email::{DeliveryStatus, Message},
    engine::{Dripr, Engine, NoticeDesk},
    errors::PortResult,
    ids::{CampaignId, EmailId},
    mail_account::Grant,
    policy::after,
    ports::{CampaignFilter, EmailFilter, Mailer, NoticeContext, Rendered},
    schedule::{Instant, SendingRules},
};

/// How many reports that wait one mail lists.
const LISTED_REPORTS: usize = 40;
/// How many campaigns in need are remembered of an agent. Nobody mends more in a morning.
const IN_NEED: usize = 200;
/// How much of a report one mail shows, in characters.
const BEGINNING: usize = 280;

impl Dripr {
    /// Looks at every agent for whom it is time, tells them what they are to be told, and gives how many there were.
    ///
    /// # Errors
    /// The store's; what was done before it is stored.
    pub async fn tell_agents(&self) -> PortResult<usize> {
        self.engine.tell_agents().await
    }
}

impl Engine {
    pub(in crate::engine) async fn tell_agents(self: &Arc<Self>) -> PortResult<usize> {
        let (Some(desk), Some(mailer)) = (&self.ports.notices, &self.ports.agent_mailer) else {
            return Ok(0);
        };
        let mut told = 0;
        loop {
            let due = desk.store.due_notices(self.ports.clock.now(), self.pace.batch).await?;
            let found = due.len();
            let results = stream::iter(due)
                .map(|standing| self.tell(desk, mailer, standing))
                .buffer_unordered(self.pace.concurrency)
                .collect::<Vec<PortResult<bool>>>()
                .await;
            let mut moved = 0;
            for result in results {
                moved += usize::from(result?);
            }
            told += moved;
            // One that stays due although it was looked at must not keep the loop busy.
            if found < self.pace.batch || moved == 0 {
                return Ok(told);
            }
        }
    }

    /// When to look at an agent next; none where nobody tells them anything.
    pub(in crate::engine) async fn next_notices_due(&self) -> PortResult<Option<Instant>> {
        match &self.ports.notices {
            Some(desk) if self.ports.agent_mailer.is_some() => desk.store.next_notices_due().await,
            _ => Ok(None),
        }
    }

    /// Whether anything was stored.
    async fn tell(
        self: &Arc<Self>,
        desk: &NoticeDesk,
        mailer: &Arc<dyn Mailer>,
        standing: Standing,
    ) -> PortResult<bool> {
        let now = self.ports.clock.now();
        let rules = *standing.agent.sending_rules.as_ref().unwrap_or(&self.policy().rules);
        let letter = match (&standing.notices.in_hand, standing.duty(&rules, now)) {
            (Some(in_hand), _) => in_hand.letter,
            (None, Duty::Tell(letter)) => letter,
            (None, Duty::Nothing) => {
                return desk.store.put_notices(standing.seen(&rules, now)).await;
            }
        };
        let before = standing.notices.version;
        let due_before = standing.notices.due_at;
        let mut notice = Notice { standing, letter, rules, listed: BTreeSet::new() };
        let again = match carry(self, mailer, &mut notice).await {
            Ok(Next::Done) => None,
            Ok(Next::Again(at)) => Some(at),
            // A mail that cannot be made must not hold up those of others, nor be tried without end.
            Err(error) => {
                let user_id = &notice.standing.agent.id;
                tracing::warn!(%error, %user_id, "an agent could not be told what they must know");
                Some(after(now, self.policy().resend_pause))
            }
        };
        let notices = notice.standing.notices;
        if notices.version == before && again != due_before && again.is_some_and(|at| at > now) {
            // Nothing was stored: somebody else has it in hand, or it could not be made.
            return desk.store.put_notices(Notices { due_at: again, ..notices }).await;
        }
        Ok(notices.version != before)
    }
}

/// One mail to an agent, kept with what they were told.
struct Notice {
    standing: Standing,
    letter: LetterName,
    rules: SendingRules,
    /// The campaigns in need that the mail tells of, or told of before.
    listed: BTreeSet<CampaignId>,
}

#[async_trait]
impl Errand for Notice {
    fn agent(&self) -> &Agent {
        &self.standing.agent
    }

    fn email_id(&self) -> PortResult<EmailId> {
        match &self.standing.notices.in_hand {
            Some(in_hand) => Ok(in_hand.email_id.clone()),
            None => self.letter.email_id(&self.standing.agent.id, Instant::MIN_UTC),
        }
    }

    fn progress(&self) -> Progress {
        self.standing.notices.in_hand.as_ref().map_or(Progress::Waiting, |in_hand| in_hand.progress.clone())
    }

    fn fence(&self) -> u64 {
        self.standing.notices.version
    }

    async fn words(&mut self, engine: &Arc<Engine>) -> PortResult<Option<Rendered>> {
        let now = engine.ports.clock.now();
        let letter = match self.letter {
            LetterName::Concern(concern) => self.concern(engine, concern, now),
            LetterName::Morning(day) => self.morning(engine, day, now).await?,
        };
        let Some(letter) = letter else { return Ok(None) };
        let agent = Arc::new(self.standing.agent.clone());
        let context = NoticeContext { agent, zone: self.rules.zone(), letter };
        engine.ports.renderer.notice(&context).await.map(Some)
    }

    async fn put(
        &mut self,
        engine: &Arc<Engine>,
        progress: Progress,
        again: Option<Instant>,
    ) -> PortResult<bool> {
        let Some(desk) = &engine.ports.notices else { return Ok(false) };
        loop {
            let changed = self.changed(engine, &progress, again)?;
            if desk.store.put_notices(changed.clone()).await? {
                self.standing.notices = Notices { version: changed.version.saturating_add(1), ..changed };
                return Ok(true);
            }
            // Something else about the agent changed meanwhile. The mail in hand is still this one's to settle.
            match desk.store.notices(&self.standing.agent.id).await? {
                Some(known) if known.in_hand.is_some() && known.in_hand == self.standing.notices.in_hand => {
                    self.standing.notices = known;
                }
                _ => return Ok(false),
            }
        }
    }
}

impl Notice {
    /// What the agent was told, when the mail got so far.
    fn changed(&self, engine: &Engine, progress: &Progress, again: Option<Instant>) -> PortResult<Notices> {
        let now = engine.ports.clock.now();
        let mut notices = self.standing.notices.clone();
        // What follows is looked at at once, unless something is waited for.
        notices.due_at = Some(again.unwrap_or(now));
        match progress {
            Progress::Waiting => notices.in_hand = None,
            Progress::Transmitting { .. } => {
                let before = notices.in_hand.take();
                let email_id = match &before {
                    Some(in_hand) => in_hand.email_id.clone(),
                    None => self.letter.email_id(&notices.user_id, now)?,
                };
                // A mail that was taken up again after a crash was not written anew, and lists what it listed.
                let in_need = match before {
                    Some(in_hand) if self.listed.is_empty() => in_hand.in_need,
                    _ => self.listed.clone(),
                };
                let progress = progress.clone();
                notices.in_hand = Some(InHand { letter: self.letter, email_id, in_need, progress });
            }
            Progress::Sent { .. } | Progress::Held { .. } | Progress::Refused { .. } | Progress::Skipped => {
                if let Progress::Refused { reason } = progress {
                    tracing::warn!(user_id = %notices.user_id, reason, "a mail to an agent was refused");
                }
                let listed =
                    notices.in_hand.take().map_or_else(|| self.listed.clone(), |in_hand| in_hand.in_need);
                notices.told(self.letter, listed);
            }
        }
        Ok(notices)
    }

    /// The mail about something that stops the agent's mail, if it still does.
    fn concern(&self, engine: &Engine, concern: Concern, now: Instant) -> Option<Letter> {
        let Standing { agent, grant, .. } = &self.standing;
        if !Concern::of(agent, grant.as_ref(), now).contains(&concern) {
            return None;
        }
        let because = match (concern, grant, &agent.paused) {
            (Concern::AccountLost { .. }, Some(Grant::Revoked { reason, .. }), _) => reason.clone(),
            (Concern::SendingPaused { .. }, _, Some(pause)) => pause.detail.clone(),
            (Concern::PaymentFailed, ..) => {
                let last = agent.lapses_at().map(|end| self.rules.civil_date(end))?;
                format!(
                    "a payment of your subscription failed; without it, reports stop on {}",
                    last.format("%B %-d")
                )
            }
            _ => agent.stopped_by(now).map(|stop| stop.sentence().to_owned()).unwrap_or_default(),
        };
        let desk = engine.ports.notices.as_ref()?;
        let link = match concern {
            Concern::AccountLost { since } => desk.links.connect(&agent.id, since, now),
            Concern::PaymentFailed | Concern::SubscriptionEnded | Concern::SendingPaused { .. } => None,
        };
        Some(Letter::Concern { concern, because, link })
    }

    /// The morning mail, if it still is that morning and there is something to tell.
    async fn morning(&mut self, engine: &Engine, day: NaiveDate, now: Instant) -> PortResult<Option<Letter>> {
        if self.rules.civil_date(now) != day {
            return Ok(None);
        }
        let in_need = self.in_need(engine).await?;
        let (waiting, more_waiting) = self.waiting(engine, now).await?;
        if waiting.is_empty() && in_need.is_empty() {
            return Ok(None);
        }
        Ok(Some(Letter::Morning { day, waiting, more_waiting, in_need }))
    }

    /// Campaigns that need the agent and that they were not told of; all that need them are noted.
    async fn in_need(&mut self, engine: &Engine) -> PortResult<Vec<CampaignInNeed>> {
        self.listed.clear();
        if !self.standing.in_need {
            return Ok(Vec::new());
        }
        let filter = CampaignFilter {
            user_id: Some(self.standing.agent.id.clone()),
            needs_agent: Some(true),
            ..CampaignFilter::default()
        };
        let campaigns = engine.ports.campaigns.list(&filter, None, IN_NEED).await?;
        self.listed = campaigns.iter().map(|dossier| dossier.campaign.id.clone()).collect();
        let new = campaigns
            .into_iter()
            .filter(|dossier| !self.standing.notices.in_need.contains(&dossier.campaign.id));
        Ok(new.filter_map(|dossier| in_need(&dossier)).collect())
    }

    /// Reports that wait, the first so many, and how many more there are at least.
    async fn waiting(&self, engine: &Engine, now: Instant) -> PortResult<(Vec<WaitingReport>, usize)> {
        let Some(desk) = engine.ports.notices.as_ref().filter(|_| self.standing.waiting) else {
            return Ok((Vec::new(), 0));
        };
        let filter = EmailFilter {
            user_id: Some(self.standing.agent.id.clone()),
            delivery_status: Some(DeliveryStatus::Created),
            campaign_id: None,
        };
        // One page tells enough: nobody is told how many thousands there are.
        let mut emails = engine.ports.emails.emails(&filter, None, LISTED_REPORTS * 10).await?;
        let more = emails.len().saturating_sub(LISTED_REPORTS);
        emails.truncate(LISTED_REPORTS);
        let ids: Vec<EmailId> = emails.iter().map(|email| email.id.clone()).collect();
        let messages = engine.ports.emails.messages(&ids).await?;
        let reports = emails.iter().zip(messages).filter_map(|(email, message)| {
            let message = message?;
            Some(WaitingReport {
                email_id: email.id.clone(),
                name: message.to.name.clone(),
                address: email.recipient.clone(),
                subject: message.subject.clone(),
                beginning: beginning(&message),
                leaves_at: email.scheduled_send_datetime,
                links: desk.links.report(email, now),
            })
        });
        Ok((reports.collect(), more))
    }
}

fn in_need(dossier: &Dossier) -> Option<CampaignInNeed> {
    let campaign = &dossier.campaign;
    let reason = campaign.needs_agent()?;
    let contact = &dossier.contact;
    let name = format!("{} {}", contact.first_name, contact.last_name).trim().to_owned();
    let recipient =
        if name.is_empty() { contact.email.to_string() } else { format!("{name} ({})", contact.email) };
    let about = campaign
        .home
        .as_ref()
        .map_or_else(|| format!("ZIP code {}", campaign.zip_code), |home| home.one_line());
    Some(CampaignInNeed { campaign_id: campaign.id.clone(), recipient, about, reason })
}

/// How a report begins, on one line.
fn beginning(message: &Message) -> String {
    let mut line = message.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(BEGINNING) {
        line.truncate(end);
        line.push('…');
    }
    line
}
