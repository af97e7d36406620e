//! Files and texts from outside, of any shape: nothing panics, nothing grows without bound, and what is read comes out
//! as it went in.

#![cfg(all(feature = "local-data", feature = "templates", feature = "file-outbox"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path, sync::Arc};

use dripr_adapters::{
    file_outbox::FileOutbox,
    local_data::{ListingsFrom, LocalData, LocalDataConfig},
    templates::{Templates, samples},
};
use dripr_core::{
    email::{EmailAddress, Message, MessageId, OutgoingEmail, Party},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    ports::{Allowance, EmailRenderer, Mailer, SendOutcome},
};
use mail_parser::MessageParser;
use proptest::prelude::*;

fn naughty() -> Vec<String> {
    serde_json::from_str(include_str!("data/naughty_strings.json")).unwrap()
}

/// Any text, what others found to break programs, or pieces that mean something where it is read.
fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(str::to_owned),
        2 => prop::sample::select(naughty()),
        1 => "\\PC{0,12}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

const SALES: &[&str] = &[
    "id,date,price,bedrooms,bathrooms,sqft_living,sqft_lot,yr_built,zipcode,lat,long\n",
    "1,20141013T000000,221900,3,1,1180,5650,1955,98178,47.5112,-122.257\n",
    "2,2014-12-09,-1,33,NaN,1e308,0,0,00000,91,-181\n",
    "\"",
    ",",
    "\r",
    "\n",
    "\u{feff}",
    "=1+1",
    "99999999999999999999",
    "0x10",
    "98178",
    "2014-02-30",
    "\0",
];

const TEMPLATE: &[&str] = &[
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{{#each value.comparables}}",
    "{{/each}}",
    "{{#if value}}",
    "{{else}}",
    "{{/if}}",
    "{{> note}}",
    "{{>",
    "{{first_name}}",
    "{{section \"sales\"}}",
    "{{agent.postal_address}}",
    "{{opt_out_link}}",
    "{{!--",
    "--}}",
    "{{~",
    "~}}",
    "{{this}}",
    "{{../..}}",
    "{{@index}}",
    "{{lookup this \"x\"}}",
    "&",
    "<script>",
    "\\",
];

fn valued(sales: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.csv");
    fs::write(&path, sales).unwrap();
    let config = LocalDataConfig {
        sales: Some(path),
        sales_source: "A file".to_owned(),
        listings: ListingsFrom::FutureSales { days: 45 },
        rates: None,
    };
    // Either it is refused with an error that names the file, or it works.
    match LocalData::open(&config) {
        Ok(data) => {
            let (zip, day) = ("98178".parse().unwrap(), "2015-03-01".parse().unwrap());
            block_on(async {
                use dripr_core::ports::{MarketSource, PropertySource};
                let sold = data.recent_sales(zip, day, 10, &Allowance::unlimited()).await.unwrap();
                assert!(sold.iter().all(|sale| sale.price > 0 && sale.sold_on < day));
                let _ = data.active_listings(zip, day, 10, &Allowance::unlimited()).await.unwrap();
                let _ = data.statistics(zip, day, &Allowance::unlimited()).await;
            });
        }
        Err(error) => assert!(error.to_string().contains("sales.csv"), "{error}"),
    }
}

fn sent(folder: &Path, message: &Message) -> Vec<u8> {
    let email_id = EmailId::new("c.1").unwrap();
    let email = OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        campaign_id: Some(CampaignId::new("c").unwrap()),
        user_id: UserId::new("agent").unwrap(),
        message_id: MessageId::of(&email_id, &message.from.address),
        date: "2015-03-02T16:00:07Z".parse().unwrap(),
        message: Arc::new(message.clone()),
        email_id,
    };
    let outbox = FileOutbox::open(folder).unwrap();
    let outcomes = block_on(outbox.send(std::slice::from_ref(&email)));
    assert!(matches!(outcomes[0], SendOutcome::Accepted { .. }), "{outcomes:?}");
    fs::read(outbox.path(&email.email_id)).unwrap()
}

macro_rules! spec {
    ($($name:literal),*) => {
        [$(include_str!(concat!("data/handlebars-spec/", $name, ".json"))),*]
    };
}

/// Every template of the test suite of Handlebars itself: it is taken as far as ours go, or refused by the file's name.
#[test]
fn each_template_of_the_handlebars_suite_is_taken_or_refused_by_name() {
    let (mut taken, mut refused) = (0, 0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signature.html.hbs");
    for cases in spec![
        "basic",
        "blocks",
        "builtins",
        "data",
        "helpers",
        "partials",
        "regressions",
        "strict",
        "subexpressions",
        "whitespace-control"
    ] {
        let cases: Vec<serde_json::Value> = serde_json::from_str(cases).unwrap();
        for template in cases.iter().filter_map(|case| case["template"].as_str()) {
            fs::write(&file, template).unwrap();
            match Templates::from_dir(folder.path()) {
                Ok(_) => taken += 1,
                Err(error) => {
                    // The template that includes it, and the line where it does.
                    let named =
                        ["the template report.html.hbs", "the template welcome.html.hbs", "signature"];
                    let error = error.to_string();
                    assert!(named.iter().any(|name| error.contains(name)), "{template}: {error}");
                    refused += 1;
                }
            }
        }
    }
    println!("{taken} taken, {refused} refused");
    assert!(taken + refused > 300);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_file_of_sales_is_read_or_refused(sales in text(SALES)) {
        valued(&sales);
        valued(&format!("{}{sales}", SALES[0]));
    }

    #[test]
    fn any_template_is_rendered_within_bounds_or_refused_by_name(template in text(TEMPLATE)) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("report.txt.hbs"), &template).unwrap();
        fs::write(folder.path().join("note.txt.hbs"), "{{> note}}").unwrap();
        let rendered = Templates::from_dir(folder.path())
            .and_then(|templates| block_on(templates.report(&samples::full().unwrap())));
        match rendered {
            Ok(email) => prop_assert!(email.text.len() <= 512 * 1024),
            Err(error) => prop_assert!(error.to_string().contains(".hbs"), "{error}"),
        }
    }

    #[test]
    fn an_address_is_what_it_was_read_from_or_none(address in "\\PC{0,40}|[a-z.\"@ <>,:;\\[\\]\\r\\n]{0,30}|[a-z]{1,9}@[a-z\\PC]{1,9}\\.[a-z]{2,4}") {
        if let Ok(read) = address.parse::<EmailAddress>() {
            let shown = read.as_str().to_owned();
            prop_assert!(!shown.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"()[]\\".contains(c)), "{shown:?}");
            prop_assert_eq!(shown.matches('@').count(), 1);
            let again: EmailAddress = shown.parse().unwrap();
            prop_assert_eq!(again.key(), read.key());
        }
    }

    #[test]
    fn whatever_people_are_called_one_email_has_one_recipient_and_our_headers(
        name in text(&["Kim", "\r\nBcc: x@y.example\r\n", "=?utf-8?q?x?=", "\"", "\u{2028}", "<a@b.example>", ","]),
        subject in text(&["Your home", "\n\n", "\r\nTo: x@y.example", "\0", "{{x}}"]),
        body in text(&["text", "\r\n.\r\n", "From here", "\n", "--boundary", "="]),
    ) {
        let message = Message {
            from: Party { name: name.clone(), address: "ana@brokerage.example".parse().unwrap() },
            to: Party { name, address: "kim@home.example".parse().unwrap() },
            subject,
            html: format!("<p>{body}</p>"),
            text: body,
            opt_out_link: Some("https://mail.example/o/agent/c/5f6c".to_owned()), opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/1/00".to_owned()),
        };
        let folder = tempfile::tempdir().unwrap();
        let raw = sent(folder.path(), &message);
        let parsed = MessageParser::new().parse(&raw).unwrap();
        let to: Vec<_> = parsed.to().unwrap().iter().map(|to| to.address().unwrap().to_owned()).collect();
        prop_assert_eq!(to, ["kim@home.example"]);
        prop_assert!(parsed.cc().is_none() && parsed.bcc().is_none());
        prop_assert_eq!(parsed.from().unwrap().iter().count(), 1);
        let names: Vec<&str> = parsed.headers().iter().map(|header| header.name()).collect();
        let ours = [
            "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe",
            "List-Unsubscribe-Post", "List-ID", "Feedback-ID", "X-Dripr-Email-Id", "MIME-Version", "Content-Type",
        ];
        prop_assert!(names.iter().all(|name| ours.contains(name)), "{:?}", names);
        prop_assert_eq!((parsed.text_body_count(), parsed.html_body_count(), parsed.attachment_count()), (1, 1, 0));
    }
}
