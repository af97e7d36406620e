//! Invented agents, homes and facts, and simple sources of them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{MemoryStore, SeededEntropy};
use crate::{
    access::Membership,
    agent::{Agent, Subscription, UnknownOutcome},
    agent_mail::{CampaignInNeed, Letter, Progress, ReportLinks},
    campaign::Campaign,
    contact::{Contact, Home},
    content::{
        AreaContent, Author, Confidence, FiguresOf, HomeFacts, Listing, MarketStatistics, MortgageRate,
        Property, Sale, Valuation, ValueRange, Words, ZipCode,
    },
    email::{
        Attempt, CommercialMessage, EmailAddress, Message, MessageId, OptOutLinks, OutgoingEmail, Party,
    },
    engine::Builder,
    errors::PortResult,
    events::UserCreated,
    guard::Objection,
    ids::{AttemptId, CampaignId, ContactId, EmailId, UserId},
    mail_account::{Grant, MailAccount, SealedToken},
    ports::{
        AgentStore, Allowance, Clock, EmailRenderer, EmailVerifier, HomeReportFacts, Inquiry, IntroFacts,
        LlmWriter, Mailer, MarketSource, MortgageRateSource, NewCampaign, NoticeContext, PropertySource,
        Rendered, ReportContext, Subject, Verification, WelcomeContext,
    },
    schedule::{Instant, SendDay},
};

/// What keeps a sample from being made: an id, address or ZIP code that is none.
pub type Unusable = Box<dyn std::error::Error + Send + Sync>;

/// An agent who pays.
///
/// # Errors
/// If the id is none.
pub fn agent(id: &str, created_at: Instant) -> Result<Agent, Unusable> {
    Ok(Agent {
        id: UserId::new(id)?,
        first_name: "Ana".to_owned(),
        last_name: "Ruiz".to_owned(),
        email: format!("{id}@brokerage.example").parse()?,
        brokerage: Some("Sample Realty".to_owned()),
        phone: Some("206-555-0100".to_owned()),
        postal_address: "1 Sample Street, Seattle WA 98101".to_owned(),
        subscription_status: Subscription::Active,
        billing: None,
        managed_client_id: None,
        given_client_id: None,
        membership: Membership::default(),
        sending_rules: None,
        unknown_outcome: UnknownOutcome::Hold,
        paused: None,
        resumed_at: None,
        welcome: Progress::Waiting,
        created_at,
        account_changed_at: None,
        banned: false,
        deleted_at: None,
        version: 0,
    })
}

/// An agent's own mail account, connected at an instant, whose emails may not go another way.
#[must_use]
pub fn mail_account(agent: &Agent, connected_at: Instant) -> MailAccount {
    MailAccount {
        user_id: agent.id.clone(),
        address: agent.email.clone(),
        scopes: Vec::new(),
        refresh_token: SealedToken(vec![1]),
        grant: Grant::Given,
        connected_at,
        may_fall_back: false,
        fell_back_until: None,
        version: 0,
    }
}

/// The event that announces an agent.
#[must_use]
pub fn user_created(agent: &Agent) -> UserCreated {
    UserCreated {
        event_id: None,
        user_id: agent.id.clone(),
        email: agent.email.clone(),
        first_name: agent.first_name.clone(),
        last_name: agent.last_name.clone(),
        managed_client_id: agent.managed_client_id.clone(),
        timestamp: agent.created_at,
    }
}

/// A homeowner with a campaign of an agent. `number` tells them apart.
///
/// # Errors
/// If an id or the ZIP code is none.
pub fn campaign(
    agent: &Agent,
    number: usize,
    zip: &str,
    day: u8,
    created_at: Instant,
) -> Result<NewCampaign, Unusable> {
    let id = format!("{}-{number}", agent.id);
    let contact = Contact {
        id: ContactId::new(&id)?,
        user_id: agent.id.clone(),
        first_name: "Kim".to_owned(),
        last_name: format!("Owner{number}"),
        email: format!("owner{number}@home.example").parse()?,
        external_id: None,
        created_at,
        deleted_at: None,
    };
    let zip_code: ZipCode = zip.parse()?;
    let home = Home {
        street: format!("{number} Elm St"),
        city: "Seattle".to_owned(),
        state: "WA".to_owned(),
        zip_code,
        location: None,
        facts: HomeFacts::default(),
    };
    let campaign = Campaign::new(
        CampaignId::new(&id)?,
        agent.id.clone(),
        contact.id.clone(),
        zip_code,
        Some(home),
        SendDay::new(day)?,
        created_at,
    );
    Ok(NewCampaign { contact, campaign, audit: None, one_of_many: false })
}

/// A source of the same facts for every home and ZIP code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source;

#[async_trait]
impl PropertySource for Source {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        _allowance: &Allowance,
    ) -> PortResult<Property> {
        Ok(Property {
            formatted_address: subject.home.one_line(),
            zip_code: subject.home.zip_code,
            location: subject.location,
            facts: subject.home.facts.clone(),
            valuation: Some(Valuation {
                value: 500_000,
                range: Some(ValueRange { low: 460_000, high: 540_000 }),
                confidence: Some(Confidence::Medium),
                as_of,
                source: "Sample source".to_owned(),
                comparables: Vec::new(),
            }),
            no_value_because: None,
        })
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        _allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        let listing = |n: usize| Listing {
            address: Some(format!("{n} Oak Ave")),
            zip_code: zip,
            price: 450_000 + 1_000 * n as u64,
            listed_on: Some(as_of),
            facts: HomeFacts::default(),
            miles: None,
            link: None,
            courtesy_of: None,
            source: "Sample source".to_owned(),
        };
        Ok((1..=limit.min(3)).map(listing).collect())
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        _allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        let sale = |n: usize| Sale {
            address: Some(format!("{n} Pine Ct")),
            zip_code: zip,
            price: 440_000 + 1_000 * n as u64,
            // Recent sales are those before the day.
            sold_on: as_of.pred_opt().unwrap_or(as_of),
            facts: HomeFacts::default(),
            miles: None,
            courtesy_of: None,
            source: "Sample source".to_owned(),
        };
        Ok((1..=limit.min(3)).map(sale).collect())
    }
}

#[async_trait]
impl MarketSource for Source {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        _allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        Ok(MarketStatistics {
            zip_code: zip,
            as_of,
            period_days: 90,
            figures_of: FiguresOf::Sold,
            sales: Some(42),
            median_price: Some(480_000),
            median_price_per_sqft: Some(250),
            median_days_on_market: None,
            new_listings: None,
            active_listings: None,
            trend: None,
            source: "Sample source".to_owned(),
        })
    }
}

#[async_trait]
impl MortgageRateSource for Source {
    async fn rate(&self, as_of: NaiveDate, _allowance: &Allowance) -> PortResult<MortgageRate> {
        Ok(MortgageRate {
            percent: 6.5,
            as_of,
            change_month: None,
            change_year: None,
            source: "Sample source".to_owned(),
        })
    }
}

/// A writer that says one true sentence.
#[derive(Debug, Clone, Copy, Default)]
pub struct Writer;

#[async_trait]
impl LlmWriter for Writer {
    async fn intro(&self, facts: &IntroFacts, _: &[Objection], _allowance: &Allowance) -> PortResult<Words> {
        let text = format!("Here is what happened around {}.", facts.zip_code);
        Ok(Words::new(text, Author::Composed))
    }

    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        _: &[Objection],
        _allowance: &Allowance,
    ) -> PortResult<Words> {
        let text = match &facts.property.valuation {
            Some(valuation) => format!("Your home is estimated at ${}.", valuation.value),
            None => "There is no estimate this month.".to_owned(),
        };
        Ok(Words::new(text, Author::Composed))
    }
}

/// A renderer that shows the words and little else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Renderer;

#[async_trait]
impl EmailRenderer for Renderer {
    async fn report(&self, context: &ReportContext) -> PortResult<Rendered> {
        let intro = context.intro.as_ref().map(|words| words.text.as_str()).unwrap_or_default();
        let report = context.home_report.as_ref().map(|words| words.text.as_str()).unwrap_or_default();
        let sales = match context.sales.as_ref().map(|(_, content)| &**content) {
            Some(AreaContent::RecentSales(sales)) => sales.len(),
            _ => 0,
        };
        let text = harmless(&format!(
            "{intro}\n\n{report}\n\n{sales} homes sold nearby.\n\n{}\n{}\n{}\n",
            context.agent.full_name(),
            context.agent.postal_address,
            context.opt_out_link
        ));
        let html = format!("<pre>{}</pre>", escaped(&text));
        Ok(Rendered { subject: format!("Home report for {}", context.date), html, text })
    }

    async fn welcome(&self, context: &WelcomeContext) -> PortResult<Rendered> {
        let text = harmless(&format!("Welcome, {}.", context.agent.first_name));
        let html = format!("<p>{}</p>", escaped(&text));
        Ok(Rendered { subject: "Welcome".to_owned(), html, text })
    }

    async fn notice(&self, context: &NoticeContext) -> PortResult<Rendered> {
        let mut lines = vec![context.agent.full_name()];
        let subject = match &context.letter {
            Letter::Morning { waiting, more_waiting, in_need, .. } => {
                for report in waiting {
                    let ReportLinks { approve, skip, edit_intro } = &report.links;
                    lines.push(format!("{} {}: {}", report.name, report.address, report.subject));
                    lines.extend([
                        report.beginning.clone(),
                        approve.clone(),
                        skip.clone(),
                        edit_intro.clone(),
                    ]);
                }
                if *more_waiting > 0 {
                    lines.push(format!("and {more_waiting} more"));
                }
                let needs =
                    |need: &CampaignInNeed| format!("{}, {}: {}", need.recipient, need.about, need.reason);
                lines.extend(in_need.iter().map(needs));
                format!("{} reports wait, {} campaigns need you", waiting.len(), in_need.len())
            }
            Letter::Concern { concern, because, link } => {
                lines.push(because.clone());
                lines.extend(link.clone());
                format!("Your {}", concern.name())
            }
        };
        let text = harmless(&lines.join("\n"));
        let html = format!("<pre>{}</pre>", escaped(&text));
        Ok(Rendered { subject: harmless(&subject), html, text })
    }
}

/// A text without what steers the reader's screen: controls, and marks that turn the direction of what follows.
fn harmless(text: &str) -> String {
    let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    text.chars().filter(|c| !steers(*c)).collect()
}

/// A text as HTML text. Braces too, so that nobody who reads the mail after us takes them for a template's.
fn escaped(text: &str) -> String {
    let pairs =
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("{", "&#123;"), ("}", "&#125;")];
    pairs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A verifier to which every address is deliverable but three.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verifier;

impl Verifier {
    /// Takes no mail.
    pub const UNDELIVERABLE: &str = "nobody@home.example";
    /// Its server takes mail for whatever mailbox.
    pub const UNPROVEN: &str = "anybody@home.example";
    /// Nothing can be found out of it.
    pub const UNKNOWN: &str = "later@home.example";
}

#[async_trait]
impl EmailVerifier for Verifier {
    async fn verify(&self, address: &EmailAddress, _allowance: &Allowance) -> PortResult<Verification> {
        Ok(match address.key().as_str() {
            Self::UNDELIVERABLE => Verification::Undeliverable {
                reason: "there is no such mailbox".to_owned(),
                did_you_mean: "somebody@home.example".parse().ok(),
            },
            Self::UNPROVEN => {
                Verification::Unproven { reason: "its server takes mail for any mailbox".to_owned() }
            }
            Self::UNKNOWN => Verification::Unknown { reason: "its server did not answer".to_owned() },
            _ => Verification::Deliverable,
        })
    }
}

/// A builder with sample sources, writer and renderer over an in-memory store; change what you like of it.
///
/// # Errors
/// If the links cannot be made.
pub fn builder(
    store: &MemoryStore,
    clock: Arc<dyn Clock>,
    mailer: Arc<dyn Mailer>,
) -> Result<Builder, Unusable> {
    let links = OptOutLinks::new("https://mail.example", "a sample key of some length".to_owned().into())?;
    Ok(crate::Dripr::builder()
        .clock(clock)
        .entropy(Arc::new(SeededEntropy::new(1)))
        .store(Arc::new(store.clone()))
        .source(Arc::new(Source))
        .writer(Arc::new(Writer))
        .renderer(Arc::new(Renderer))
        .mailer(mailer)
        .opt_out_links(links))
}

/// Stores an agent and campaigns in a ZIP code, numbered from 1, and gives the campaigns.
///
/// # Errors
/// If the store fails.
pub async fn fill(
    store: &MemoryStore,
    campaigns: usize,
    zip: &str,
    day: u8,
    created_at: Instant,
) -> Result<Vec<NewCampaign>, Unusable> {
    use crate::ports::CampaignStore;
    let agent = agent("agent", created_at)?;
    let event = user_created(&agent);
    store.register(agent.clone(), event, crate::campaign::Actor::Operator).await?;
    let new: Result<Vec<_>, _> = (1..=campaigns).map(|n| campaign(&agent, n, zip, day, created_at)).collect();
    let new = new?;
    store.enrol(new.clone()).await?;
    Ok(new)
}

/// A message that may become an email of an agent's: what it says, and below it what commercial mail must show.
///
/// # Panics
/// If the agent has no postal address.
#[must_use]
#[expect(clippy::expect_used, reason = "what has to be shown is added here")]
pub fn commercial(message: Message, agent: &Agent) -> CommercialMessage {
    let link = message.opt_out_link.unwrap_or_else(|| "https://mail.example/o/agent/1/00".to_owned());
    let footer = format!("\n{}\n{link}\n", agent.postal_address);
    let name = if message.from.name.is_empty() { agent.full_name() } else { message.from.name };
    let message = Message {
        from: Party { name, address: message.from.address },
        html: message.html + &escaped(&footer),
        text: message.text + &footer,
        opt_out_link: Some(link),
        ..message
    };
    CommercialMessage::new(message, agent).expect("it shows an address, a link and a name")
}

/// An agent's email to one of their homeowners, as a mailer gets it.
///
/// # Errors
/// If the agent's id makes no email id.
pub fn outgoing(user: &UserId, number: usize, date: Instant) -> Result<OutgoingEmail, Unusable> {
    let campaign_id = CampaignId::new(format!("{user}-{number}"))?;
    let email_id = EmailId::of(&campaign_id, 1);
    let from: EmailAddress = format!("{user}@brokerage.example").parse()?;
    let link = format!("https://mail.example/o/{user}/{campaign_id}/00");
    let text = format!("Your home is where it was.\n\n1 Sample Street, Seattle WA 98101\n{link}\n");
    Ok(OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        campaign_id: Some(campaign_id),
        user_id: user.clone(),
        message_id: MessageId::of(&email_id, &from),
        date,
        message: Arc::new(Message {
            from: Party { name: "Ana Ruiz".to_owned(), address: from },
            to: Party { name: "Kim".to_owned(), address: format!("owner{number}@home.example").parse()? },
            subject: "Your home report".to_owned(),
            html: format!("<p>{text}</p>"),
            text,
            opt_out_link: Some(link),
            opt_out_mailto: None,
        }),
        email_id,
    })
}

/// What a provider is asked when nobody knows whether it took an email.
#[must_use]
pub fn inquiry(email: &OutgoingEmail) -> Inquiry {
    let attempt = Attempt {
        id: email.attempt_id.clone(),
        number: 1,
        fence: 1,
        message_id: email.message_id.clone(),
        started_at: email.date,
        lease_until: email.date,
        look_up_at: None,
        unknown_since: None,
        absent_since: None,
        sent_again: false,
    };
    Inquiry {
        email_id: email.email_id.clone(),
        user_id: email.user_id.clone(),
        recipient: email.message.to.address.clone(),
        attempt,
    }
}
