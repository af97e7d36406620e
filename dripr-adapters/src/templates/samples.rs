//! Invented contexts, to look at templates with: everything known, no value, no home, nothing but a market.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate};
use dripr_core::{
    access::Membership,
    agent::{Agent, Subscription, UnknownOutcome},
    agent_mail::{CampaignInNeed, Concern, Letter, Progress, ReportLinks, WaitingReport},
    contact::{Contact, Home},
    content::{
        AreaContent, AreaKey, AreaKind, Author, Comparable, Confidence, FiguresOf, HomeFacts, Listing,
        LocalMarket, MarketStatistics, MortgageRate, PriceTrend, Property, Sale, Valuation, ValueRange,
        Words, ZipCode,
    },
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, ContactId, EmailId, UserId},
    ports::{NoticeContext, ReportContext, WelcomeContext},
};

fn made<T, E: std::error::Error + Send + Sync + 'static>(made: Result<T, E>) -> PortResult<T> {
    made.map_err(|error| PortError::new(Fault::Invalid, "a sample cannot be made").caused_by(error))
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn days_before(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(date)
}

/// A report in which everything is known, with ten listings and ten sales.
///
/// # Errors
/// None; samples are made of ids and addresses that are some.
pub fn full() -> PortResult<ReportContext> {
    let agent = agent()?;
    let zip: ZipCode = made("98103".parse())?;
    let date = day(2015, 3, 1);
    let facts = HomeFacts {
        bedrooms: Some(3.0),
        bathrooms: Some(1.75),
        living_area_sqft: Some(1_680),
        lot_sqft: Some(4_000),
        year_built: Some(1926),
        ..HomeFacts::default()
    };
    let home = Home {
        street: "12 Elm St".to_owned(),
        city: "Seattle".to_owned(),
        state: "WA".to_owned(),
        zip_code: zip,
        location: None,
        facts: facts.clone(),
    };
    let property = Property {
        formatted_address: home.one_line(),
        zip_code: zip,
        location: None,
        facts,
        valuation: Some(valuation(date, 584_000)),
        no_value_because: None,
    };
    let mut before = property.clone();
    before.valuation = Some(valuation(day(2015, 2, 1), 577_000));
    let key = |kind| AreaKey { kind, user_id: None, zip_code: zip, day: date };
    Ok(ReportContext {
        contact: Contact {
            id: made(ContactId::new("contact"))?,
            user_id: agent.id.clone(),
            first_name: "Kim".to_owned(),
            last_name: "Owner".to_owned(),
            email: made("kim@home.example".parse())?,
            external_id: None,
            created_at: DateTime::UNIX_EPOCH,
            deleted_at: None,
        },
        agent: Arc::new(agent),
        home: Some(home),
        zip_code: zip,
        date,
        property: Some(Arc::new(property)),
        property_before: Some(Arc::new(before)),
        intro: Some(words(
            "Here is where the housing market of 98103 stands as of March 1, 2015.\n\n97 homes sold in the 90 days \
             before March 1, 2015, at a median price of $549,000: half of them went for more, half for less.",
        )),
        home_report: Some(words(
            "As of March 1, 2015 your home is estimated at $584,000, within a range of $531,000 to $642,000.\n\nThis \
             is an estimate, not an appraisal: nobody looked at the home for it.",
        )),
        listings: Some((
            key(AreaKind::ActiveListings),
            Arc::new(AreaContent::ActiveListings(listings(zip, date))),
        )),
        sales: Some((key(AreaKind::RecentSales), Arc::new(AreaContent::RecentSales(sales(zip, date))))),
        market: Some((
            key(AreaKind::LocalMarketData),
            Arc::new(AreaContent::LocalMarketData(market(zip, date))),
        )),
        opt_out_link: "https://mail.example/o/agent/campaign-1/5f6c0a7be1d24f3c".to_owned(),
    })
}

/// A report about a home that no honest value can be given for.
///
/// # Errors
/// None.
pub fn without_value() -> PortResult<ReportContext> {
    let mut context = full()?;
    let mut property = context.property.as_deref().cloned();
    if let Some(property) = &mut property {
        property.valuation = None;
        property.facts.living_area_sqft = None;
        property.no_value_because = Some("the living area is not known".to_owned());
    }
    context.property = property.map(Arc::new);
    context.property_before = None;
    context.home_report = None;
    Ok(context)
}

/// A report about a ZIP code alone.
///
/// # Errors
/// None.
pub fn address_less() -> PortResult<ReportContext> {
    let mut context = full()?;
    context.home = None;
    context.property = None;
    context.property_before = None;
    context.home_report = None;
    Ok(context)
}

/// A report with nothing to show but a value of which little is known, to a contact without a name.
///
/// # Errors
/// None.
pub fn bare() -> PortResult<ReportContext> {
    let mut context = full()?;
    let mut property = context.property.as_deref().cloned();
    if let Some(property) = &mut property {
        property.facts = HomeFacts::default();
        if let Some(valuation) = &mut property.valuation {
            valuation.comparables.clear();
            (valuation.range, valuation.confidence) = (None, None);
        }
    }
    if let Some(home) = &mut context.home {
        home.facts = HomeFacts::default();
        home.city.clear();
        home.state.clear();
    }
    let mut agent = (*context.agent).clone();
    (agent.brokerage, agent.phone) = (None, None);
    context.agent = Arc::new(agent);
    context.contact.first_name.clear();
    context.property = property.map(Arc::new);
    context.property_before = None;
    (context.intro, context.home_report) = (None, None);
    (context.listings, context.sales, context.market) = (None, None, None);
    Ok(context)
}

/// All of them.
///
/// # Errors
/// None.
pub fn all() -> PortResult<Vec<ReportContext>> {
    Ok(vec![full()?, without_value()?, address_less()?, bare()?])
}

/// A welcome to an agent.
///
/// # Errors
/// None.
pub fn welcome() -> PortResult<WelcomeContext> {
    Ok(WelcomeContext { agent: Arc::new(agent()?) })
}

/// Mails that tell an agent something: a morning's, and one for each [`Concern`].
///
/// # Errors
/// None.
pub fn notices() -> PortResult<Vec<NoticeContext>> {
    let (day, since) = (day(2015, 3, 1), DateTime::UNIX_EPOCH);
    let leaves_at = day.and_hms_opt(16, 0, 0).map_or(since, |at| at.and_utc());
    let report = |n: u32| -> PortResult<WaitingReport> {
        let approve = format!("https://reports.example/a/campaign-{n}.1/1425600000/5f6c0a7be1d24f3c");
        Ok(WaitingReport {
            email_id: made(EmailId::new(format!("campaign-{n}.1")))?,
            name: "Kim Owner".to_owned(),
            address: made("kim@home.example".parse())?,
            subject: "12 Elm St: your home report for March 2015".to_owned(),
            beginning: "Hello Kim, here is what happened around your home this month…".to_owned(),
            leaves_at,
            links: ReportLinks {
                skip: format!("{approve}/skip"),
                edit_intro: format!("{approve}/intro"),
                approve,
            },
        })
    };
    let in_need = CampaignInNeed {
        campaign_id: made(CampaignId::new("campaign-3"))?,
        recipient: "Lee Owner (lee@home.example)".to_owned(),
        about: "7 Oak St, Seattle, WA 98103".to_owned(),
        reason: "the home could not be found or valued, so the report is about the area: no such address"
            .to_owned(),
    };
    let morning = Letter::Morning {
        day,
        waiting: vec![report(1)?, report(2)?],
        more_waiting: 3,
        in_need: vec![in_need],
    };
    let concern = |concern, because: &str, link: Option<&str>| Letter::Concern {
        concern,
        because: because.to_owned(),
        link: link.map(str::to_owned),
    };
    let link = "https://reports.example/connect/gmail/agent/1425600000/5f6c0a7be1d24f3c";
    let letters = [
        morning,
        concern(Concern::AccountLost { since }, "Google says that access was taken back", Some(link)),
        concern(
            Concern::PaymentFailed,
            "a payment of your subscription failed; without it, reports stop on March 19",
            None,
        ),
        concern(Concern::SubscriptionEnded, "the agent's subscription has ended", None),
        concern(Concern::SendingPaused { since }, "4 of 900 emails in 30 days were reported as spam", None),
    ];
    let agent = Arc::new(agent()?);
    let zone = chrono_tz::America::New_York;
    Ok(letters.map(|letter| NoticeContext { agent: agent.clone(), zone, letter }).into())
}

fn agent() -> PortResult<Agent> {
    Ok(Agent {
        id: made(UserId::new("agent"))?,
        first_name: "Ana".to_owned(),
        last_name: "Ruiz".to_owned(),
        email: made("ana@brokerage.example".parse())?,
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
        created_at: DateTime::UNIX_EPOCH,
        account_changed_at: None,
        banned: false,
        deleted_at: None,
        version: 0,
    })
}

fn words(text: &str) -> Words {
    Words::new(text.to_owned(), Author::Composed)
}

fn valuation(as_of: NaiveDate, value: u64) -> Valuation {
    let comparable = |n: u64| Comparable {
        price: 560_000 + 13_500 * n,
        sold_on: days_before(as_of, 9 + 17 * n),
        miles: Some(0.2 + 0.15 * n as f64),
        weight: 0.09,
        facts: home_facts(n),
    };
    Valuation {
        value,
        range: Some(ValueRange { low: value * 91 / 100, high: value * 110 / 100 }),
        confidence: Some(Confidence::High),
        as_of,
        source: "Sample county sales".to_owned(),
        comparables: (0..10).map(comparable).collect(),
    }
}

fn home_facts(n: u64) -> HomeFacts {
    HomeFacts {
        bedrooms: Some(2.0 + (n % 3) as f32),
        bathrooms: Some(1.0 + (n % 4) as f32 * 0.75),
        living_area_sqft: Some(1_450 + 110 * n as u32),
        year_built: Some(1_918 + 7 * n as u16),
        ..HomeFacts::default()
    }
}

fn listings(zip: ZipCode, date: NaiveDate) -> Vec<Listing> {
    let streets = ["Cedar Lane", "Alder Lane", "Willow Lane", "Juniper Lane", "Maple Lane"];
    let listing = |n: u64| Listing {
        address: Some(format!("{} Sample {}", 104 + 7 * n, streets[n as usize % streets.len()])),
        zip_code: zip,
        price: 489_000 + 23_500 * n,
        listed_on: Some(days_before(date, 3 + 4 * n)),
        facts: home_facts(n + 1),
        miles: Some(0.3 + 0.1 * n as f64),
        link: Some(format!("https://listings.example/98103/{}", 1_000 + n)),
        courtesy_of: (n == 0).then(|| "Sample Realty".to_owned()),
        source: "Sample listings".to_owned(),
    };
    (0..10).map(listing).collect()
}

fn sales(zip: ZipCode, date: NaiveDate) -> Vec<Sale> {
    let streets = ["Pine Court", "Birch Court", "Fir Court", "Spruce Court"];
    let sale = |n: u64| Sale {
        address: Some(format!("{} Sample {}", 211 + 9 * n, streets[n as usize % streets.len()])),
        zip_code: zip,
        price: 612_000 - 14_250 * n,
        sold_on: days_before(date, 2 + 3 * n),
        facts: home_facts(n + 2),
        miles: Some(0.2 + 0.12 * n as f64),
        courtesy_of: None,
        source: "Sample records".to_owned(),
    };
    (0..10).map(sale).collect()
}

fn market(zip: ZipCode, date: NaiveDate) -> LocalMarket {
    LocalMarket {
        statistics: Some(MarketStatistics {
            zip_code: zip,
            as_of: date,
            period_days: 90,
            figures_of: FiguresOf::Sold,
            sales: Some(97),
            median_price: Some(549_000),
            median_price_per_sqft: Some(331),
            median_days_on_market: None,
            new_listings: None,
            active_listings: None,
            trend: Some(PriceTrend { percent: 2.4, over_days: 90 }),
            source: "Sample county sales".to_owned(),
        }),
        mortgage_rate: Some(MortgageRate {
            percent: 3.8,
            as_of: day(2015, 2, 26),
            change_month: Some(0.14),
            change_year: Some(-0.57),
            source: "Sample weekly survey".to_owned(),
        }),
    }
}
