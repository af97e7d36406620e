//! The demonstration through each source, chosen by configuration alone, against providers on this machine that answer with
//! real samples.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use dripr_server::{
    config::Config,
    demo::{self, Plan, Summary},
};
use loopback::{Loopback, Reply, Request};
use tracing_subscriber::fmt::MakeWriter;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../dripr-adapters/tests/data/providers/", $name, ".json"))
    };
}

/// A key that must appear nowhere.
const KEY: &str = "k3y-that-nobody-may-see";

/// Real samples of every provider, each below a path of its own.
fn answer(request: &Request) -> Reply {
    let asked = |name: &str| request.query(name).unwrap_or_default();
    Reply::ok(match request.path.as_str() {
        "/v1/property" => sample!("zillow-v1/property.constructed").to_owned(),
        "/v1/propertyExtendedSearch" if asked("status_type") == "RecentlySold" => {
            sample!("zillow-v1/search.recently-sold.constructed").to_owned()
        }
        "/v1/propertyExtendedSearch" => sample!("zillow-v1/search.for-sale").to_owned(),
        // The other service tells an exact address alike.
        "/v2/search" => sample!("zillow-v1/property.constructed").replace("460900", "461000"),
        "/v2/search_coordinates" => sample!("zillow-v2/search.for-sale")
            .replace("90404", "78041")
            .replace("34.0", "27.5")
            .replace("-118.4", "-99.4"),
        "/rentcast/avm/value" => sample!("rentcast/avm-value.2025").to_owned(),
        "/rentcast/listings/sale" => sample!("rentcast/listings-sale.array").replace("78723", "78244"),
        "/rentcast/properties" => sample!("rentcast/properties.2025").to_owned(),
        "/rentcast/markets" => sample!("rentcast/markets.zip-29611.2024-10").replace("29611", "78244"),
        "/google/json" => sample!("google-geocoding/ok.rooftop").replace("94043", "78041"),
        "/fred/series/observations" => sample!("fred/observations.MORTGAGE30US.constructed").to_owned(),
        "/mls/Property" if asked("$filter").contains("Closed") => {
            sample!("reso-web-api/property.closed.enum-dialect.constructed").to_owned()
        }
        "/mls/Property" => sample!("reso-web-api/property.active.constructed").to_owned(),
        other => panic!("nobody answers {other}"),
    })
}

/// What is said in the log, down to the least.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The files of a folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

struct Month {
    summary: Summary,
    /// The HTML of the emails, one after the other.
    html: String,
    /// Calls by provider and question.
    calls: BTreeMap<(&'static str, &'static str), u64>,
}

/// A month of one homeowner's campaign, by a configuration.
async fn month(lines: &str, home: &str, start: &str, environment: &[(&str, &str)]) -> Month {
    let folder = tempfile::tempdir().unwrap();
    let contacts = folder.path().join("contacts.csv");
    let rows =
        format!("first_name,last_name,email,street,city,state,zip_code,fixed_send_day\nKim,Home,{home},10\n");
    fs::write(&contacts, rows).unwrap();
    let text = format!(
        "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key for tests only\"\n{lines}"
    );
    let variable = |name: &str| {
        let given =
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        given
            .or_else(|| name.ends_with("_KEY").then(|| KEY.to_owned()))
            .or_else(|| (name == "DRIPR_MLS_TOKEN").then(|| KEY.to_owned()))
    };
    // The one secret of ours stands in the file.
    let variable = |name: &str| variable(name).filter(|_| name != "DRIPR_OPT_OUT_KEY");
    let config = Config::parse(&text, Path::new(""), &variable).unwrap();
    let out = folder.path().join("out");
    let plan = Plan {
        months: 1,
        contacts: Some(contacts),
        deployment: Some(config),
        out: out.clone(),
        start: Some(start.parse().unwrap()),
        ..Plan::default()
    };
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let summary = {
        let _logging = tracing::subscriber::set_default(subscriber);
        demo::run(&plan, &mut |_| {}).await.unwrap()
    };
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.is_empty() && !log.contains(KEY), "a key stands in the log");
    let mut html = String::new();
    for file in files(&out.join("outbox")) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(KEY), "a key stands in {}", file.display());
        if file.extension().is_some_and(|end| end == "html") {
            html.push_str(&text);
        }
    }
    let calls =
        summary.calls.iter().map(|(provider, question, counted)| ((*provider, *question), counted.calls));
    let calls = calls.collect();
    Month { summary, html, calls }
}

#[track_caller]
fn tells(month: &Month, what: &[&str]) {
    let emails: u64 = month.summary.months.iter().map(|(_, month)| month.emails).sum();
    assert_eq!(emails, 1, "{:?}", month.summary);
    for text in what {
        assert!(month.html.contains(text), "{text} is not told in\n{}", month.html);
    }
}

const LAREDO: &str = "kim@home.example,7622 R W Emerson Loop,Laredo,TX,78041";

fn zillow(v1: &str, v2: &str) -> String {
    format!(
        "[sources]\nhomes = [\"zillow\"]\nlistings = [\"zillow\"]\nsales = [\"zillow\"]\nmarkets = []\n\
         rates = [\"fred\"]\nplaces = [\"google\"]\n[zillow]\nv1_url = \"{v1}/v1\"\nv2_url = \"{v2}/v2\"\n\
         [fred]\nurl = \"{v1}/fred\"\n[google]\nurl = \"{v1}/google\"\n"
    )
}

#[tokio::test]
async fn a_month_from_zillow_with_places_from_google_and_rates_from_fred() {
    let loopback = Loopback::answering(answer).await;
    let url = &loopback.base_url;
    let month = month(&zillow(url, url), LAREDO, "2026-01-09", &[]).await;
    tells(&month, &["$460,900", "Zillow", "$451,000", "6.16", "Freddie Mac"]);
    let expected = [
        (("FRED", "rate"), 1),
        (("Google Geocoding", "locate"), 1),
        (("Zillow V1", "active_listings"), 1),
        (("Zillow V1", "property"), 1),
        (("Zillow V1", "recent_sales"), 1),
    ];
    assert_eq!(month.calls, BTreeMap::from(expected));
    assert!(loopback.asked().iter().all(|request| !request.path.starts_with("/v2")));
}

#[tokio::test]
async fn the_other_zillow_is_asked_where_the_first_is_down_or_by_one_variable() {
    let loopback = Loopback::answering(answer).await;
    let down = Loopback::giving([Reply::json(503, "{}")]).await;
    let url = &loopback.base_url;
    let lines =
        zillow(&down.base_url, url).replace(&format!("{}/fred", down.base_url), &format!("{url}/fred"));
    let lines = lines.replace(&format!("{}/google", down.base_url), &format!("{url}/google"));
    let fallen_back = month(&lines, LAREDO, "2026-01-09", &[]).await;
    tells(&fallen_back, &["$461,000", "Zillow", "$689,999"]);
    assert_eq!(fallen_back.calls[&("Zillow V2", "property")], 1);

    let chosen = month(&zillow(url, url), LAREDO, "2026-01-09", &[("DEFAULT_PRIMARY_SOURCE", "V2")]).await;
    tells(&chosen, &["$461,000"]);
    assert!(!chosen.calls.contains_key(&("Zillow V1", "property")), "{:?}", chosen.calls);
}

#[tokio::test]
async fn a_month_from_rentcast() {
    let loopback = Loopback::answering(answer).await;
    let lines = format!(
        "[sources]\nhomes = [\"rentcast\"]\nlistings = [\"rentcast\"]\nsales = [\"rentcast\"]\n\
         markets = [\"rentcast\"]\nrates = []\nplaces = []\n[rentcast]\nurl = \"{}/rentcast\"\npace = \"20/s\"\n",
        loopback.base_url
    );
    let home = "kim@home.example,5500 Grand Lake Dr,San Antonio,TX,78244";
    let month = month(&lines, home, "2024-12-06", &[]).await;
    tells(&month, &["$250,000", "RentCast", "$270,000", "$276,990"]);
    assert!(month.calls.values().all(|calls| *calls == 1) && month.calls.len() == 4, "{:?}", month.calls);
}

#[tokio::test]
async fn a_month_from_an_mls() {
    let loopback = Loopback::answering(answer).await;
    let lines = format!(
        "[sources]\nhomes = [\"mls\"]\nlistings = [\"mls\"]\nsales = [\"mls\"]\nmarkets = [\"mls\"]\n\
         rates = []\nplaces = []\n[mls]\nurl = \"{}/mls\"\nsource = \"Example MLS\"\npace = \"20/s\"\n",
        loopback.base_url
    );
    let home = "kim@home.example,500 Crazyhorse Pass,Austin,TX,78734";
    let month = month(&lines, home, "2026-02-09", &[]).await;
    tells(&month, &["$299,999", "Example MLS", "Example Realty LLC"]);
}

#[tokio::test]
async fn whatever_is_down_the_report_goes_out_with_what_is_left() {
    let down = Loopback::giving([Reply::json(500, "{}")]).await;
    let loopback = Loopback::answering(answer).await;
    let lines = zillow(&down.base_url, &down.base_url)
        .replace(&format!("{}/fred", down.base_url), &format!("{}/fred", loopback.base_url));
    let month = month(&lines, LAREDO, "2026-01-09", &[]).await;
    tells(&month, &["6.16"]);
    let to_vendors: u64 = month.calls.values().sum();
    assert!(to_vendors <= 8, "no fault costs a campaign more than eight calls: {:?}", month.calls);
}

/// What each provider is told to be wrong with.
fn complain(request: &Request) -> Reply {
    match request.path.as_str() {
        path if path.starts_with("/v1/") => Reply::json(401, r#"{"message":"Invalid API key."}"#),
        path if path.starts_with("/v2/") => Reply::json(
            429,
            r#"{"message":"You have exceeded the MONTHLY quota for Requests on your current plan, BASIC."}"#,
        ),
        "/google/json" => Reply::ok(sample!("google-geocoding/request-denied")),
        "/fred/series/observations" => Reply::json(400, sample!("fred/error.400.constructed")),
        path if path.starts_with("/rentcast/") => Reply::json(403, sample!("rentcast/error.403.billing")),
        path if path.starts_with("/verify/") => Reply::json(402, "{}"),
        path if path.starts_with("/model/") => Reply::json(401, "{}"),
        other => panic!("nobody answers {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_of_each_provider_what_is_wrong() {
    let loopback = Loopback::answering(complain).await;
    let url = &loopback.base_url;
    // A port that somebody had and gave back.
    let gone = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let text = format!(
        "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key for tests only\"\n\
         [sources]\nhomes = [\"zillow\", \"rentcast\"]\nlistings = [\"mls\"]\nsales = [\"mls\"]\n\
         markets = [\"rentcast\"]\nrates = [\"fred\"]\nplaces = [\"google\"]\n\
         [zillow]\nv1_url = \"{url}/v1\"\nv2_url = \"{url}/v2\"\n[rentcast]\nurl = \"{url}/rentcast\"\n\
         [google]\nurl = \"{url}/google\"\n[fred]\nurl = \"{url}/fred\"\n\
         [mls]\nurl = \"http://{gone}\"\nsource = \"Example MLS\"\n\
         [email_verification]\nby = \"quick_email_verification\"\nurl = \"{url}/verify\"\n\
         [writing]\nby = \"openai\"\nmodel = \"m\"\nbase_url = \"{url}/model\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dripr.toml"), text).unwrap();
    let path = folder.path().to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let keys = ["ZILLOW_KEY", "RENTCAST_KEY", "GOOGLE_KEY", "FRED_KEY", "MLS_TOKEN", "WRITING_KEY"];
        let keys = keys.into_iter().chain(["EMAIL_VERIFICATION_KEY"]);
        std::process::Command::new(env!("CARGO_BIN_EXE_dripr"))
            .arg("doctor")
            .current_dir(path)
            .envs(keys.map(|key| (format!("DRIPR_{key}"), KEY)))
            .env_remove("DEFAULT_PRIMARY_SOURCE")
            .output()
            .unwrap()
    });
    let output = run.await.unwrap();
    let (said, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{said}{complained}");
    for (part, sentence) in [
        ("the database", "works"),
        ("the data files", "works"),
        ("Zillow V1", "refuses the key"),
        ("Zillow V2", "has no calls left in the plan of this key"),
        ("RentCast", "subscription"),
        ("Google Geocoding", "refuses the key"),
        ("FRED", "refuses the key"),
        ("the MLS", "cannot be reached"),
        ("the model's endpoint", "refuses the key"),
        ("the archive", "works"),
        ("the outbox", "works"),
        ("QuickEmailVerification", "credit"),
    ] {
        let line =
            said.lines().find(|line| line.starts_with(part)).unwrap_or_else(|| panic!("{part}: {said}"));
        assert!(line.contains(sentence), "{line}");
    }
    assert_eq!(complained, "dripr: 8 of 12 parts would not work\n");
    assert!(!said.contains(KEY) && !said.contains("http://"), "{said}");
}
