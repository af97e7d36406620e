//! Two years of campaigns of homes in King County, through the real program on its virtual clock: one email per homeowner and
//! month, on the same day each time, and no more memory in the end than after the first months.
//!
//! `DRIPR_HOMES` says how many; the long run has 2,000 (`docs/reliability.md`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Read,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use mail_parser::MessageParser;

const HOMES: usize = 25;
const MONTHS: usize = 24;

#[test]
fn every_homeowner_gets_one_email_a_month_on_their_day_for_two_years() {
    let homes = std::env::var("DRIPR_HOMES").ok().and_then(|homes| homes.parse().ok()).unwrap_or(HOMES);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("contacts.csv"), contacts(homes)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["demo", "--months", &MONTHS.to_string(), "--contacts", "contacts.csv"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let outbox = folder.path().join("dripr-demo/outbox");
    let (ended, early, late) = watched(&mut child, &outbox, homes * MONTHS / 8);
    assert!(ended.success());
    println!("{homes} homes, {MONTHS} months: {early} KiB of memory after an eighth, {late} KiB at most");
    // What is kept at hand is bounded: by then it is full.
    assert!(late < early * 2 + 32 * 1024, "memory grows with time: {early} KiB, then {late} KiB");

    let sent = dates(&outbox);
    assert_eq!(sent.len(), homes, "everybody got something");
    for (address, dates) in sent {
        let day: u32 = address.split(['.', '@']).nth(1).unwrap().parse().unwrap();
        let months: Vec<_> = dates.iter().map(|date| (date.year(), date.month())).collect();
        let mut once = months.clone();
        once.dedup();
        assert_eq!((months.len(), &months), (MONTHS, &once), "{address}: one email a month");
        let astray: Vec<_> = dates.iter().skip(1).filter(|date| date.day() != day).collect();
        assert!(astray.is_empty(), "{address}: its day is {day}, not {astray:?}");
        let gap = dates.windows(2).map(|two| (two[1] - two[0]).num_days()).min();
        assert!(gap >= Some(14), "{address}: {gap:?} days between two emails");
    }
}

/// Homes that were sold, spread over the county, as contacts of an agent. The day of the month is in the address.
fn contacts(homes: usize) -> String {
    let packed = include_bytes!("../../dripr-adapters/data/king-county-sales.csv.gz");
    let mut sales = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut sales).unwrap();
    let mut reader = csv::Reader::from_reader(sales.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut contacts = "first_name,email,street,city,state,zip_code,latitude,longitude,bedrooms,bathrooms,\
        living_area_sqft,year_built,grade,condition,fixed_send_day\n"
        .to_owned();
    for (n, row) in rows.iter().step_by((rows.len() / homes).max(1)).take(homes).enumerate() {
        let field = |name: &str| row.get(columns.iter().position(|column| column == name).unwrap()).unwrap();
        let day = 1 + n % 28;
        write!(contacts, "Kim,home{n}.{day}@homeowner.example,{n} Sample Elm Lane,Seattle,WA").unwrap();
        let facts = [
            "zipcode",
            "lat",
            "long",
            "bedrooms",
            "bathrooms",
            "sqft_living",
            "yr_built",
            "grade",
            "condition",
        ];
        for name in facts {
            write!(contacts, ",{}", field(name)).unwrap();
        }
        writeln!(contacts, ",{day}").unwrap();
    }
    contacts
}

/// How a process ended, and the most memory it had used: when the outbox had so many emails, and in the end.
fn watched(child: &mut Child, outbox: &Path, some: usize) -> (ExitStatus, u64, u64) {
    let (mut early, mut late) = (None, 0);
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        late = most.and_then(|most| most.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(late);
        if early.is_none() && fs::read_dir(outbox).is_ok_and(|files| files.count() >= 2 * some) {
            early = Some(late);
        }
        if let Some(ended) = child.try_wait().unwrap() {
            return (ended, early.unwrap_or(late), late);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// The days on which each address got an email, on the wall of the sending zone, in order.
fn dates(outbox: &Path) -> BTreeMap<String, Vec<NaiveDate>> {
    let mut dates: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
    for file in fs::read_dir(outbox).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "eml") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let email = MessageParser::default().parse(&bytes).unwrap();
        let to = email.to().unwrap().first().unwrap().address().unwrap().to_owned();
        let date = DateTime::parse_from_rfc3339(&email.date().unwrap().to_rfc3339()).unwrap();
        let local = date.with_timezone(&chrono_tz::Tz::America__New_York);
        assert!((11..18).contains(&local.hour()), "{to}: inside the window, not at {local}");
        dates.entry(to).or_default().push(local.date_naive());
    }
    dates.values_mut().for_each(|dates| dates.sort_unstable());
    dates
}
