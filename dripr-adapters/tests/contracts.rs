//! The adapters do what every implementation of their ports must do. Those of the stores and of the mailers stand with
//! the other tests of the store or mailer.

#![cfg(all(
    feature = "local-data",
    feature = "composed-writer",
    feature = "templates",
    feature = "file-outbox"
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use chrono::NaiveDate;
use dripr_adapters::{
    composed_writer::ComposedWriter,
    folder_archive::FolderArchive,
    local_data::{ListingsFrom, LocalData, LocalDataConfig, RatesFrom},
    templates::Templates,
};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, ZipCode},
    ports::Subject,
    testkit::contract,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn zip(text: &str) -> ZipCode {
    text.parse().unwrap()
}

fn home(street: &str, living_area_sqft: Option<u32>) -> Home {
    Home {
        street: street.to_owned(),
        city: "Seattle".to_owned(),
        state: "WA".to_owned(),
        zip_code: zip("98103"),
        location: None,
        facts: HomeFacts { living_area_sqft, bedrooms: Some(3.0), ..HomeFacts::default() },
    }
}

/// The sales of a county and a year, with listings and rates.
fn county(folder: &Path, listings: ListingsFrom) -> LocalData {
    let rates = folder.join("rates.csv");
    fs::write(
        &rates,
        "date,rate\n2014-02-27,4.37\n2015-01-29,3.66\n2015-02-19,3.76\n2015-02-26,3.80\n2015-03-05,3.75\n",
    )
    .unwrap();
    LocalData::open(&LocalDataConfig {
        sales: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/king-county-sales.csv.gz")),
        sales_source: "King County sales".to_owned(),
        listings,
        rates: Some(RatesFrom { path: rates, source: "A survey".to_owned() }),
    })
    .unwrap()
}

/// Two homes of a file with addresses; only one of them has a point.
fn addresses(folder: &Path) -> LocalData {
    let sales = folder.join("sales.csv");
    let rows = "address,zip,lat,long,price,date,sqft\n12 Elm St,98103,47.67,-122.34,500000,2015-01-10,1500\n\
                14 Elm St,98103,,,510000,2015-02-10,1510\n";
    fs::write(&sales, rows).unwrap();
    LocalData::open(&LocalDataConfig {
        sales: Some(sales),
        sales_source: "MLS".to_owned(),
        listings: ListingsFrom::Nowhere,
        rates: None,
    })
    .unwrap()
}

fn export(folder: &Path) -> ListingsFrom {
    let path = folder.join("listings.csv");
    let rows = "ADDRESS,ZIP OR POSTAL CODE,PRICE,BEDS,BATHS,SQUARE FEET,DAYS ON MARKET,STATUS,URL (SEE x),LATITUDE,LONGITUDE\n\
        1 Elm,98103,600000,3,1.75,1500,9,Active,https://example.com/1,47.68,-122.35\n\
        2 Elm,98103,610000,3,2,1500,2,Active,javascript:alert(1),47.67,-122.34\n\
        3 Elm,98103,620000,3,2,1500,200,Active,,,\n\
        4 Elm,98115,630000,3,2,1500,20,Active,,47.685,-122.30\n\
        5 Elm,98103,640000,3,2,1500,0,Active,,47.66,-122.34\n";
    fs::write(&path, rows).unwrap();
    ListingsFrom::File { path, source: "MLS".to_owned(), exported_on: Some(day("2015-03-02")) }
}

#[tokio::test]
async fn local_files_keep_the_contract_of_a_property_source() {
    let folder = tempfile::tempdir().unwrap();
    let at = GeoPoint::new(47.67, -122.34).unwrap();
    let formatted_address = || Some("12 ELM ST, SEATTLE".to_owned());
    let county_and_export = county(folder.path(), export(folder.path()));
    let county_alone = county(folder.path(), ListingsFrom::FutureSales { days: 45 });
    let addresses = addresses(folder.path());
    // Whatever home the agent's data has is known, so that none is not found; some cannot be valued.
    for (home, location) in [
        (home("12 Elm St", Some(1_500)), Some(at)),
        (home("12 Elm St", Some(1_500)), None),
        (home("12 Elm St", None), Some(at)),
        (home("14 Elm St", None), None),
        (Home { zip_code: zip("00000"), ..home("1 Nowhere", Some(1_500)) }, None),
        (Home { zip_code: zip("98188"), ..home("1 Few Sales Way", Some(1_500)) }, None),
    ] {
        let known = Subject { home, location, formatted_address: location.and_then(|_| formatted_address()) };
        for as_of in ["2014-05-02", "2015-03-01", "2015-12-31"].map(day) {
            let ask = contract::PropertyQuestions { known: known.clone(), unknown: None, as_of };
            contract::property_source(&county_and_export, &ask).await;
            contract::property_source(&county_alone, &ask).await;
            contract::property_source(&addresses, &ask).await;
        }
    }
}

#[tokio::test]
async fn local_files_keep_the_contract_of_a_market_source() {
    let folder = tempfile::tempdir().unwrap();
    let data = county(folder.path(), export(folder.path()));
    for known in ["98103", "98039"] {
        for as_of in ["2014-06-01", "2015-03-01", "2015-12-31"] {
            contract::market_source(&data, zip(known), Some(zip("10001")), day(as_of)).await;
        }
    }
    contract::market_source(&addresses(folder.path()), zip("98103"), Some(zip("98115")), day("2015-02-01"))
        .await;
}

#[tokio::test]
async fn local_files_keep_the_contract_of_a_rate_source() {
    let folder = tempfile::tempdir().unwrap();
    let data = county(folder.path(), ListingsFrom::Nowhere);
    for as_of in ["2014-02-27", "2014-03-01", "2015-03-01", "2015-03-05", "2015-03-20"] {
        contract::mortgage_rate_source(&data, day(as_of), Some(day("2014-02-26"))).await;
    }
}

#[tokio::test]
async fn local_files_keep_the_contract_of_a_geocoder() {
    let folder = tempfile::tempdir().unwrap();
    let unknown_zip = zip("00000");
    let (known, unknown) = (home("12 ELM st.", None), home("14 Elm St", None));
    let ask = contract::GeocoderQuestions { known, unknown, unknown_zip };
    contract::geocoder(&addresses(folder.path()), &ask).await;
    let known = Home { location: GeoPoint::new(47.67, -122.34).ok(), ..home("12 Elm St", None) };
    let ask = contract::GeocoderQuestions { known, unknown: home("12 Elm St", None), unknown_zip };
    contract::geocoder(&county(folder.path(), ListingsFrom::Nowhere), &ask).await;
}

#[tokio::test]
async fn the_composed_writer_keeps_the_contract_of_a_writer() {
    contract::llm_writer(&ComposedWriter::new()).await;
}

#[tokio::test]
async fn the_templates_keep_the_contract_of_a_renderer() {
    contract::email_renderer(&Templates::builtin().unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("welcome.subject.hbs"), "Hello {{agent.name}}\n{{agent.brokerage}}")
        .unwrap();
    contract::email_renderer(&Templates::from_dir(folder.path()).unwrap()).await;
}

#[tokio::test]
async fn the_folder_keeps_the_contract_of_an_archive() {
    let parent = tempfile::tempdir().unwrap();
    contract::archive(&FolderArchive::open(parent.path().join("archive")).unwrap()).await;
    let beside: Vec<_> =
        fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["archive"], "no id leads out of the folder");
    for agent in fs::read_dir(parent.path().join("archive")).unwrap().map(Result::unwrap) {
        assert!(
            agent.file_type().unwrap().is_dir(),
            "an archive has folders of agents and nothing else: {agent:?}"
        );
        for file in fs::read_dir(agent.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            assert!(name.ends_with(".html") && !name.starts_with('.'), "nothing unfinished is left: {name}");
        }
    }
}
