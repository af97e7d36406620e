//! Reports as the templates that ship render them: compared with files, and looked at for what must never be in one.
//!
//! `UPDATE_EXPECTED=1 cargo test -p dripr-adapters --test report_rendering` writes the files anew; look at the
//! difference before keeping it.

#![cfg(feature = "templates")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::PathBuf, sync::Arc};

use dripr_adapters::templates::{Templates, samples};
use dripr_core::{
    content::{AreaContent, Author, HomeFacts, Listing, Property, Sale, Valuation, Words},
    ports::{EmailRenderer, Rendered, ReportContext},
};

fn naughty() -> Vec<String> {
    let mut all: Vec<String> = serde_json::from_str(include_str!("data/naughty_strings.json")).unwrap();
    all.extend(
        [
            "{{agent.email}} {{{opt_out_link}}} {{> report}}",
            "</td></table></body><script>alert(1)</script>",
            "\" onmouseover=\"alert(1)",
            "Kim\r\n\r\nHOMES SOLD NEAR 98103\r\n---------------------\r\n$1, my own home",
            "a\u{2028}b\u{2029}c\u{0}d\u{202e}e",
            "<!--[if mso]><b>x</b><![endif]--> --> ]]>",
            "null NaN undefined",
        ]
        .map(str::to_owned),
    );
    all
}

/// A context in which every text that people, providers or models give is `text`.
fn with_text(text: &str) -> ReportContext {
    let mut context = samples::full().unwrap();
    let words = || Some(Words::new(text.to_owned(), Author::Model("m".to_owned())));
    let mut agent = (*context.agent).clone();
    (agent.first_name, agent.last_name) = (text.to_owned(), String::new());
    (agent.brokerage, agent.phone) = (Some(text.to_owned()), Some(text.to_owned()));
    context.agent = Arc::new(agent);
    context.contact.first_name = text.to_owned();
    (context.intro, context.home_report) = (words(), words());
    let home = context.home.as_mut().unwrap();
    (home.street, home.city) = (text.to_owned(), text.to_owned());
    let mut property = (*context.property.unwrap()).clone();
    property.formatted_address = text.to_owned();
    property.valuation.as_mut().unwrap().source = text.to_owned();
    context.property = Some(Arc::new(property));
    let change = |shared: &mut Option<(_, Arc<AreaContent>)>| {
        let (_, content) = shared.as_mut().unwrap();
        let mut own = (**content).clone();
        match &mut own {
            AreaContent::ActiveListings(listings) => {
                listings.iter_mut().for_each(|listing| listing.address = Some(text.to_owned()));
                // A link of a good kind shows that bad ones are left out by themselves.
                listings.iter_mut().skip(1).for_each(|listing| listing.link = Some(text.to_owned()));
            }
            AreaContent::RecentSales(sales) => {
                sales.iter_mut().for_each(|sale| sale.address = Some(text.to_owned()))
            }
            AreaContent::LocalMarketData(market) => {
                market.statistics.as_mut().unwrap().source = text.to_owned();
                market.mortgage_rate.as_mut().unwrap().source = text.to_owned();
            }
            AreaContent::Intro(_) | AreaContent::IntroWithoutHome(_) => {}
        }
        *content = Arc::new(own);
    };
    change(&mut context.listings);
    change(&mut context.sales);
    change(&mut context.market);
    context
}

fn property(context: &mut ReportContext) -> &mut Property {
    Arc::make_mut(context.property.as_mut().unwrap())
}

fn valuation(context: &mut ReportContext) -> &mut Valuation {
    property(context).valuation.as_mut().unwrap()
}

fn contexts() -> Vec<(&'static str, ReportContext)> {
    let without_listings = || {
        let mut context = samples::full().unwrap();
        let (_, content) = context.listings.as_mut().unwrap();
        *content = Arc::new(AreaContent::ActiveListings(Vec::new()));
        context
    };
    vec![
        ("full", samples::full().unwrap()),
        ("without_value", samples::without_value().unwrap()),
        ("without_listings", without_listings()),
        ("address_less", samples::address_less().unwrap()),
        ("bare", samples::bare().unwrap()),
        ("hostile", with_text("Kim\r\n</td><script>alert('{{x}}')</script>\u{2028}\u{202e}& \"Co\"")),
    ]
}

async fn render(context: &ReportContext) -> Rendered {
    Templates::builtin().unwrap().report(context).await.unwrap()
}

/// The tags of an HTML text in order, without their attributes. Comments count, since mail programs read some.
///
/// # Panics
/// If a tag is not closed, or closed where it was not opened.
fn tags(html: &str) -> Vec<String> {
    const VOID: [&str; 4] = ["meta", "br", "!doctype", "img"];
    let (mut tags, mut open) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            let end = comment.find("-->").expect("a comment ends");
            tags.push(format!("!--{}", &comment[..end]));
            rest = &comment[end + 3..];
            continue;
        }
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == '>' && !quoted
            })
            .expect("a tag ends")
            .0;
        let tag = &rest[..end];
        assert!(!tag.contains('<'), "a tag in a tag: {tag}");
        rest = &rest[end + 1..];
        let name = tag.split_whitespace().next().unwrap().to_lowercase();
        match name.strip_prefix('/') {
            Some(name) => {
                assert_eq!(open.pop().as_deref(), Some(name), "closed in the order in which they opened")
            }
            None if VOID.contains(&name.as_str()) => {}
            None => open.push(name.clone()),
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("styles end")..];
        }
        tags.push(name);
    }
    assert!(open.is_empty(), "left open: {open:?}");
    tags
}

fn attribute<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// What no email may hold, whatever it is about.
fn look_over(name: &str, email: &Rendered, opt_out_link: Option<&str>) {
    assert!(email.html.len() < 90 * 1024, "{name}: {} bytes of HTML", email.html.len());
    let tags = tags(&email.html);
    for never in ["script", "iframe", "form", "link", "object", "img", "base"] {
        assert!(!tags.iter().any(|tag| tag == never), "{name}: {never}");
    }
    for part in [&email.subject, &email.html, &email.text] {
        for never in ["{{", "}}", "NaN", "null", "undefined", "[object]", "$0<", "$0 ", "$0\n", "inf%"] {
            assert!(!part.contains(never), "{name}: {never:?} in {part}");
        }
    }
    for link in attribute(&email.html, "href") {
        assert!(
            ["https://", "http://", "mailto:"].iter().any(|kind| link.starts_with(kind)),
            "{name}: {link}"
        );
    }
    if let Some(link) = opt_out_link {
        assert!(attribute(&email.html, "href").contains(&link), "{name}");
        assert!(email.text.lines().any(|line| line == link), "{name}: the link stands on a line of its own");
    }
    assert!(!email.subject.is_empty() && !email.subject.contains('\n'), "{name}: {:?}", email.subject);
    for line in email.text.lines() {
        let wide = line.chars().count() > 76 && line.trim().contains(' ');
        assert!(!wide, "{name}: a line that wraps badly: {line}");
        assert_eq!(line, line.trim_end(), "{name}");
    }
    assert!(!email.text.contains("\n\n\n\n") && email.text.ends_with('\n'), "{name}");
    for cell in ["<td></td>", "<table></table>", "<p></p>", "<b></b>", "<h2></h2>", "()", " ,", " ."] {
        assert!(!email.html.contains(cell), "{name}: {cell:?}");
    }
}

/// Where the agent is, as every report and the welcome show it.
fn shows_the_address(name: &str, email: &Rendered) {
    assert!(email.html.contains("1 Sample Street, Seattle WA 98101"), "{name}");
    assert!(spaced(&email.text).contains("1 Sample Street, Seattle WA 98101"), "{name}");
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn compare(name: &str, part: &str, actual: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/expected").join(format!("{name}.{part}"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let first = expected.lines().zip(actual.lines()).position(|(expected, actual)| expected != actual);
    assert!(expected == actual, "{} differs, first in line {:?}", path.display(), first.map(|line| line + 1));
}

#[tokio::test]
async fn every_kind_of_report_reads_as_it_did() {
    for (name, context) in contexts() {
        let email = render(&context).await;
        if name != "hostile" {
            look_over(name, &email, Some(&context.opt_out_link));
            shows_the_address(name, &email);
        }
        compare(name, "html", &email.html);
        compare(name, "txt", &format!("Subject: {}\n\n{}", email.subject, email.text));
    }
    let email = Templates::builtin().unwrap().welcome(&samples::welcome().unwrap()).await.unwrap();
    look_over("welcome", &email, None);
    shows_the_address("welcome", &email);
    compare("welcome", "html", &email.html);
    compare("welcome", "txt", &format!("Subject: {}\n\n{}", email.subject, email.text));
    let names = ["morning", "account", "payment", "subscription", "pause"];
    for (name, context) in names.into_iter().zip(samples::notices().unwrap()) {
        let email = Templates::builtin().unwrap().notice(&context).await.unwrap();
        look_over(name, &email, None);
        compare(name, "html", &email.html);
        compare(name, "txt", &format!("Subject: {}\n\n{}", email.subject, email.text));
    }
}

#[tokio::test]
async fn subjects_say_what_the_email_is_of_which_home_and_of_when() {
    let subjects = ["full", "without_value", "address_less"].map(|wanted| {
        let (_, context) = contexts().into_iter().find(|(name, _)| *name == wanted).unwrap();
        context
    });
    let expected = [
        "12 Elm St: your home report for March 2015",
        "12 Elm St: your market report for March 2015",
        "98103: your market report for March 2015",
    ];
    for (context, expected) in subjects.iter().zip(expected) {
        assert_eq!(render(context).await.subject, expected);
    }
}

#[tokio::test]
async fn hostile_text_stays_text_in_both_parts() {
    let templates = Templates::builtin().unwrap();
    let mut plain = with_text("Kim");
    // Listings whose link is no link have none.
    let structure = tags(&templates.report(&plain).await.unwrap().html);
    plain.contact.first_name.clear();
    for text in naughty() {
        let context = with_text(&text);
        let email = templates.report(&context).await.unwrap();
        let shown = shown(&text);
        if shown.is_empty() {
            continue;
        }
        let own = tags(&email.html);
        // Several paragraphs are several, and a link of a good kind may be followed.
        let same = |tags: &[String]| {
            tags.iter()
                .filter(|tag| !["p", "/p", "a", "/a"].contains(&tag.as_str()))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(same(&own), same(&structure), "{text:?} changed the structure");
        assert!(email.html.len() < 90 * 1024);
        let flat = spaced(&email.text);
        assert!(
            flat.contains(&format!("Hello {shown},")),
            "{text:?} is not in the text part as it is: {shown:?}"
        );
        assert!(flat.contains(&format!("source: {shown}.")), "{text:?}");
        assert!(flat.contains(&format!("$489,000, {shown} ")), "{text:?}");
        assert!(email.html.contains(&format!("Hello {},", escaped(&shown))), "{text:?}");
        assert!(!email.html.contains("{{"), "{text:?}");
        let start = email.subject.trim_end_matches('…');
        assert!(
            format!("{shown}: your home report for March 2015").starts_with(start),
            "{text:?}: {}",
            email.subject
        );
        // No name makes a line of its own that reads like one of ours.
        let headings = |text: &str| text.lines().filter(|line| line.starts_with("---")).count();
        let own_rules = usize::from(shown.starts_with("---")) * 40;
        assert!(headings(&email.text) <= 7 + own_rules, "{text:?}:\n{}", email.text);
        for link in attribute(&email.html, "href") {
            assert!(["https://", "http://", "mailto:"].iter().any(|kind| link.starts_with(kind)), "{link}");
        }
    }
}

/// A text as a single line shows it.
fn shown(text: &str) -> String {
    let spaced = spaced(text);
    let gone = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
            || (u32::from(c) & 0xfffe) == 0xfffe
    };
    let kept: String = spaced.chars().filter(|c| !gone(*c)).collect();
    let kept = self::spaced(&kept);
    if kept.chars().count() > 200 {
        format!("{}…", kept.chars().take(200).collect::<String>().trim_end())
    } else {
        kept
    }
}

fn escaped(text: &str) -> String {
    let pairs =
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;"), ("`", "&#96;")];
    let text = pairs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace('{', "&#123;").replace('}', "&#125;")
}

#[tokio::test]
async fn figures_that_cannot_be_true_are_left_out() {
    let mut context = samples::full().unwrap();
    let nonsense = HomeFacts {
        bedrooms: Some(f32::NAN),
        bathrooms: Some(f32::INFINITY),
        living_area_sqft: Some(0),
        year_built: Some(0),
        ..HomeFacts::default()
    };
    property(&mut context).facts = nonsense.clone();
    for comparable in &mut valuation(&mut context).comparables {
        (comparable.facts, comparable.miles, comparable.price) = (nonsense.clone(), Some(f64::NAN), 0);
    }
    let zip = context.zip_code;
    let date = context.date;
    let (_, listings) = context.listings.as_mut().unwrap();
    let listing = |price, link: &str| Listing {
        address: Some(" \u{0} ".to_owned()),
        zip_code: zip,
        price,
        listed_on: None,
        facts: nonsense.clone(),
        miles: Some(f64::NEG_INFINITY),
        link: Some(link.to_owned()),
        courtesy_of: Some("\u{0}\r\n".to_owned()),
        source: String::new(),
    };
    *listings = Arc::new(AreaContent::ActiveListings(vec![
        listing(0, "https://a.example"),
        listing(1, "javascript:x"),
    ]));
    let (_, sales) = context.sales.as_mut().unwrap();
    let sale = Sale {
        address: None,
        zip_code: zip,
        price: 0,
        sold_on: date,
        facts: nonsense.clone(),
        miles: None,
        courtesy_of: None,
        source: String::new(),
    };
    *sales = Arc::new(AreaContent::RecentSales(vec![sale]));
    let (_, market) = context.market.as_mut().unwrap();
    let AreaContent::LocalMarketData(mut figures) = (**market).clone() else { panic!("the market") };
    let statistics = figures.statistics.as_mut().unwrap();
    (statistics.median_price, statistics.median_price_per_sqft) = (Some(0), Some(0));
    statistics.trend.as_mut().unwrap().percent = f64::NAN;
    let rate = figures.mortgage_rate.as_mut().unwrap();
    (rate.percent, rate.change_month, rate.change_year) = (f64::NAN, Some(f64::INFINITY), Some(f64::NAN));
    *market = Arc::new(AreaContent::LocalMarketData(figures));
    let email = render(&context).await;
    look_over("nonsense", &email, Some(&context.opt_out_link));
    shows_the_address("nonsense", &email);
    for never in [
        "Homes sold near",
        "mortgage",
        "rests on",
        "Median",
        "Prices",
        "javascript",
        "beds",
        "per sq",
        "mi away",
    ] {
        assert!(!email.html.contains(never), "{never}");
    }
    assert!(
        email.html.contains("Home in 98103") && email.html.contains("$1<"),
        "what is left of a listing is shown"
    );
    let whole = samples::full().unwrap();
    let mut worthless = whole.clone();
    valuation(&mut worthless).value = 0;
    let email = render(&worthless).await;
    assert!(
        email.html.contains("No estimate this month") && !email.html.contains("Estimated"),
        "no value is invented"
    );
}

#[tokio::test]
async fn a_change_is_told_only_between_estimates_that_compare() {
    let told = async |change: fn(&mut Valuation)| {
        let mut context = samples::full().unwrap();
        let mut before = (*context.property_before.clone().unwrap()).clone();
        change(before.valuation.as_mut().unwrap());
        context.property_before = Some(Arc::new(before));
        let text = render(&context).await.text;
        text.lines().find(|line| line.contains(" since ")).map(str::to_owned)
    };
    assert_eq!(told(|_| {}).await.as_deref(), Some("Up $7,000 (1.2%) since February 1, 2015"));
    assert_eq!(
        told(|b| b.value = 600_000).await.as_deref(),
        Some("Down $16,000 (2.7%) since February 1, 2015")
    );
    assert_eq!(told(|b| b.value = 584_000).await.as_deref(), Some("Unchanged since February 1, 2015"));
    assert_eq!(told(|b| b.value = 0).await, None);
    assert_eq!(told(|b| b.source = "another".to_owned()).await, None);
    assert_eq!(told(|b| b.as_of = "2015-03-01".parse().unwrap()).await, None);
    let mut context = samples::full().unwrap();
    context.property_before = None;
    assert!(!render(&context).await.text.contains(" since "));
}

#[tokio::test]
async fn long_lists_are_cut_and_the_report_stays_small() {
    let mut context = samples::full().unwrap();
    let (_, listings) = context.listings.as_mut().unwrap();
    let AreaContent::ActiveListings(some) = &**listings else { panic!("listings") };
    *listings = Arc::new(AreaContent::ActiveListings(some.iter().cycle().take(255).cloned().collect()));
    let (_, sales) = context.sales.as_mut().unwrap();
    let AreaContent::RecentSales(some) = &**sales else { panic!("sales") };
    *sales = Arc::new(AreaContent::RecentSales(some.iter().cycle().take(255).cloned().collect()));
    let email = render(&context).await;
    look_over("long", &email, Some(&context.opt_out_link));
    shows_the_address("long", &email);
    assert_eq!(email.html.matches("listed ").count(), 25);
}

#[tokio::test]
async fn what_reports_share_is_the_same_whoever_came_first() {
    let templates = Templates::builtin().unwrap();
    for (name, context) in contexts().into_iter().chain(contexts()) {
        let shared = templates.report(&context).await.unwrap();
        assert!(shared == render(&context).await, "{name} depends on what was rendered before it");
    }
}

#[tokio::test]
async fn no_email_leaves_without_postal_address_or_opt_out_link() {
    let templates = Templates::builtin().unwrap();
    for link in ["", "javascript:alert(1)", "https://x.example/\nBcc: y"] {
        let mut context = samples::full().unwrap();
        context.opt_out_link = link.to_owned();
        let error = templates.report(&context).await.unwrap_err();
        assert!(error.to_string().contains("opt-out link"), "{error}");
    }
    let mut context = samples::full().unwrap();
    Arc::make_mut(&mut context.agent).postal_address = " \n".to_owned();
    let error = templates.report(&context).await.unwrap_err();
    assert!(error.to_string().contains("postal address"), "{error}");
}
