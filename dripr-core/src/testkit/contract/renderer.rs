use std::sync::Arc;

use chrono::NaiveDate;

use super::{START, at, checks::is_line};
use crate::{
    agent::Agent,
    agent_mail::{CampaignInNeed, Concern, Letter, ReportLinks, WaitingReport},
    content::{
        AreaContent, AreaKey, AreaKind, Author, Confidence, FiguresOf, HomeFacts, Listing, LocalMarket,
        MarketStatistics, MortgageRate, Property, Sale, Valuation, ValueRange, Words,
    },
    ids::{CampaignId, EmailId},
    ports::{EmailRenderer, NoticeContext, Rendered, ReportContext, WelcomeContext},
    testkit::samples,
};

const LINK: &str = "https://mail.example/o/agent/contract/5f6c0a7be1d24f3c";
const ADDRESS: &str = "1 Sample Street, Seattle WA 98101";
/// A text that cannot harm, and one that begins like it and tries to.
const HARMLESS: &str = "Quentin";
const HOSTILE: &str = "Quentin<script>alert(1)</script></td></pre><!--{{x}}{{{y}}}\" onmouseover=\"alert('2')&\u{202e}\u{0}\r\nBcc: x";

/// What every [`EmailRenderer`] must do: the same bytes for the same context, both parts with the agent, the postal
/// address and the opt-out link, and text of others as text.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn email_renderer<R: EmailRenderer + ?Sized>(renderer: &R) {
    let (bare, harmless, hostile) = (bare(), report("98103", HARMLESS), report("98115", HOSTILE));
    let mut reports = Vec::new();
    for (what, context) in [("sparse", &bare), ("full", &harmless), ("hostile", &hostile)] {
        let report =
            renderer.report(context).await.unwrap_or_else(|error| panic!("a {what} report: {error}"));
        is_an_email(what, &report);
        reports.push(report);
    }
    stays_text("a report", &reports[1], &reports[2]);
    for (what, report) in ["sparse", "full", "hostile"].into_iter().zip(&reports) {
        carries(what, "HTML", &report.html, &shown(&report.html));
        carries(what, "text", &report.text, &spaced(&report.text));
    }
    for (context, report) in [&bare, &harmless, &hostile].into_iter().zip(&reports) {
        let again = renderer.report(context).await.expect("what was rendered once can be rendered again");
        assert_eq!(again, *report, "the same context gives the same bytes, whatever was rendered in between");
    }

    let mut welcomes = Vec::new();
    for (what, text) in [("welcome", HARMLESS), ("hostile welcome", HOSTILE)] {
        let context = WelcomeContext { agent: agent(text) };
        let welcome =
            renderer.welcome(&context).await.unwrap_or_else(|error| panic!("a {what} mail: {error}"));
        is_an_email(what, &welcome);
        let again = renderer.welcome(&context).await.expect("what was rendered once can be rendered again");
        assert_eq!(again, welcome, "the same context gives the same bytes, in a {what} mail too");
        welcomes.push(welcome);
    }
    stays_text("a welcome mail", &welcomes[0], &welcomes[1]);

    let mut mornings = Vec::new();
    for (what, text) in [("morning", HARMLESS), ("hostile morning", HOSTILE)] {
        mornings.push(notice(renderer, what, text, morning(text)).await);
    }
    stays_text("a morning mail", &mornings[0], &mornings[1]);
    for (part, text) in [("HTML", &mornings[0].html), ("text", &mornings[0].text)] {
        for purpose in ["", "/skip", "/intro"] {
            let link = format!("{APPROVE}{purpose}");
            assert!(
                text.contains(&link),
                "the {part} part of a morning mail shows each link, whole: {link} in {text}"
            );
        }
    }
    let since = at(START);
    let concerns = [
        Concern::AccountLost { since },
        Concern::PaymentFailed,
        Concern::SubscriptionEnded,
        Concern::SendingPaused { since },
    ];
    for concern in concerns {
        let letter = |text: &str| Letter::Concern {
            concern,
            because: text.to_owned(),
            link: matches!(concern, Concern::AccountLost { .. }).then(|| CONNECT.to_owned()),
        };
        let plain = notice(renderer, concern.name(), HARMLESS, letter(HARMLESS)).await;
        let hostile = notice(renderer, concern.name(), HOSTILE, letter(HOSTILE)).await;
        stays_text("a mail about what stops an agent's mail", &plain, &hostile);
        if matches!(concern, Concern::AccountLost { .. }) {
            let whole = plain.html.contains(CONNECT) && plain.text.contains(CONNECT);
            assert!(whole, "a mail about a lost account shows the link, whole: {}", plain.text);
        }
    }
}

const APPROVE: &str = "https://mail.example/a/campaign-1.1/1773504000/5f6c0a7be1d24f3c";
const CONNECT: &str = "https://mail.example/connect/gmail/agent/1773504000/5f6c0a7be1d24f3c";

async fn notice<R: EmailRenderer + ?Sized>(renderer: &R, what: &str, text: &str, letter: Letter) -> Rendered {
    let context = NoticeContext { agent: agent(text), zone: chrono_tz::America::New_York, letter };
    let rendered = renderer.notice(&context).await.unwrap_or_else(|error| panic!("a {what} mail: {error}"));
    is_an_email(what, &rendered);
    let again = renderer.notice(&context).await.expect("what was rendered once can be rendered again");
    assert_eq!(again, rendered, "the same context gives the same bytes, in a {what} mail too");
    rendered
}

fn morning(text: &str) -> Letter {
    let report = WaitingReport {
        email_id: EmailId::new("campaign-1.1").expect("an id"),
        name: text.to_owned(),
        address: "kim@home.example".parse().expect("an address"),
        subject: text.to_owned(),
        beginning: text.to_owned(),
        leaves_at: at(START),
        links: ReportLinks {
            approve: APPROVE.to_owned(),
            skip: format!("{APPROVE}/skip"),
            edit_intro: format!("{APPROVE}/intro"),
        },
    };
    let need = CampaignInNeed {
        campaign_id: CampaignId::new("campaign-2").expect("an id"),
        recipient: text.to_owned(),
        about: text.to_owned(),
        reason: text.to_owned(),
    };
    let day = at(START).date_naive();
    Letter::Morning { day, waiting: vec![report], more_waiting: 3, in_need: vec![need] }
}

fn is_an_email(what: &str, email: &Rendered) {
    assert!(is_line(&email.subject), "the subject of a {what} email is one line, unlike {:?}", email.subject);
    assert!(!shown(&email.html).trim().is_empty(), "the HTML part of a {what} email shows something");
    assert!(!email.text.trim().is_empty(), "the text part of a {what} email says something");
    for (part, text) in [("subject", &email.subject), ("HTML part", &email.html), ("text part", &email.text)]
    {
        let steers =
            |c: char| (c.is_control() && !"\n\r\t".contains(c)) || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(
            !text.contains(steers),
            "no name puts a character into the {part} that steers the reader's screen"
        );
    }
}

/// The link, the address and the agent: hostile agents are called like harmless ones, and something more.
fn carries(what: &str, part: &str, text: &str, shown: &str) {
    assert!(
        text.contains(LINK),
        "the {part} part of a {what} report carries the opt-out link, whole: {text}"
    );
    assert!(
        shown.contains(ADDRESS),
        "the {part} part of a {what} report carries the postal address: {shown}"
    );
    let name = if what == "hostile" { HARMLESS.to_owned() } else { agent(HARMLESS).full_name() };
    assert!(shown.contains(&name), "the {part} part of a {what} report says which agent speaks: {shown}");
}

/// An email with hostile texts has the structure of the harmless one, and shows them as they are.
fn stays_text(what: &str, harmless: &Rendered, hostile: &Rendered) {
    for raw in ["<script", "<!--{{", "\" onmouseover=\"", "{{", "\"javascript:", "'javascript:"] {
        assert!(
            !hostile.html.contains(raw),
            "text of people is escaped in the HTML part of {what}, unlike {raw:?}"
        );
    }
    assert_eq!(tags(&hostile.html), tags(&harmless.html), "no text of people changes the tags of {what}");
    let dense: String = hostile.text.chars().filter(|c| !c.is_whitespace()).collect();
    for (start, _) in dense.match_indices(HARMLESS) {
        assert!(
            dense[start..].starts_with("Quentin<script>alert(1)</script></td></pre><!--{{x}}{{{y}}}\""),
            "the text part of {what} shows text of people as it is, neither escaped nor taken for a template: {}",
            hostile.text
        );
    }
}

/// What an HTML text shows, with single spaces.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        shown.push_str(before);
        shown.push(' ');
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    shown.push_str(rest);
    spaced(&shown)
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of the tags of an HTML text, in order.
fn tags(html: &str) -> Vec<&str> {
    let name = |after: &'_ str| after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len());
    html.split('<').skip(1).map(|after| &after[..name(after)]).collect()
}

fn agent(text: &str) -> Arc<Agent> {
    let mut agent = samples::agent("agent", at(START)).expect("a sample agent");
    (agent.first_name, agent.last_name) = (text.to_owned(), "Ruiz".to_owned());
    (agent.brokerage, agent.phone) = (Some(text.to_owned()), Some(text.to_owned()));
    agent.postal_address = ADDRESS.to_owned();
    Arc::new(agent)
}

/// Nothing but who speaks and to whom.
fn bare() -> ReportContext {
    let mut context = report("98107", HARMLESS);
    let agent = Arc::make_mut(&mut context.agent);
    (agent.brokerage, agent.phone) = (None, None);
    (context.contact.first_name, context.contact.last_name) = (String::new(), String::new());
    (context.home, context.property, context.property_before) = (None, None, None);
    (context.intro, context.home_report) = (None, None);
    (context.listings, context.sales, context.market) = (None, None, None);
    context
}

/// A report in which every text of people, providers and models is `text`. What an area shares differs by ZIP code.
fn report(zip: &str, text: &str) -> ReportContext {
    let agent = agent(text);
    let new = samples::campaign(&agent, 1, zip, 12, at(START)).expect("a sample campaign");
    let mut contact = new.contact;
    (contact.first_name, contact.last_name) = (text.to_owned(), text.to_owned());
    let zip_code = new.campaign.zip_code;
    let home = new.campaign.home.map(|mut home| {
        (home.street, home.city, home.state) = (text.to_owned(), text.to_owned(), text.to_owned());
        home
    });
    let date = NaiveDate::from_ymd_opt(2026, 3, 12).expect("a date");
    let words = || Some(Words::new(text.to_owned(), Author::Model(text.to_owned())));
    let (source, address) = (text.to_owned(), Some(text.to_owned()));
    let facts = HomeFacts { bedrooms: Some(3.0), living_area_sqft: Some(1_680), ..HomeFacts::default() };
    let valuation = Valuation {
        value: 584_000,
        range: Some(ValueRange { low: 531_000, high: 642_000 }),
        confidence: Some(Confidence::Medium),
        as_of: date,
        source: source.clone(),
        comparables: Vec::new(),
    };
    let property = Arc::new(Property {
        formatted_address: text.to_owned(),
        zip_code,
        location: None,
        facts: facts.clone(),
        valuation: Some(valuation),
        no_value_because: None,
    });
    let sale = Sale {
        address: address.clone(),
        zip_code,
        price: 612_000,
        sold_on: date,
        facts: facts.clone(),
        miles: None,
        courtesy_of: address.clone(),
        source: text.to_owned(),
    };
    let link = Some("javascript:alert(1)".to_owned());
    let listing = Listing {
        address,
        zip_code,
        price: 489_000,
        listed_on: Some(date),
        facts,
        miles: Some(0.3),
        link,
        courtesy_of: Some(text.to_owned()),
        source: text.to_owned(),
    };
    let statistics = MarketStatistics {
        zip_code,
        as_of: date,
        period_days: 90,
        figures_of: FiguresOf::Sold,
        sales: Some(97),
        median_price: Some(549_000),
        median_price_per_sqft: None,
        median_days_on_market: None,
        new_listings: None,
        active_listings: None,
        trend: None,
        source: source.clone(),
    };
    let rate = MortgageRate { percent: 6.25, as_of: date, change_month: None, change_year: None, source };
    let market = LocalMarket { statistics: Some(statistics), mortgage_rate: Some(rate) };
    let shared = |content: AreaContent| {
        let kind: AreaKind = content.kind();
        Some((AreaKey { kind, user_id: None, zip_code, day: date }, Arc::new(content)))
    };
    ReportContext {
        agent,
        contact,
        home,
        zip_code,
        date,
        property: Some(property.clone()),
        property_before: Some(property),
        intro: words(),
        home_report: words(),
        listings: shared(AreaContent::ActiveListings(vec![listing])),
        sales: shared(AreaContent::RecentSales(vec![sale])),
        market: shared(AreaContent::LocalMarketData(market)),
        opt_out_link: LINK.to_owned(),
    }
}
