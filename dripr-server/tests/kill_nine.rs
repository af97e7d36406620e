//! `kill -9` of `dripr run` at random moments under load. However often it is killed, in the end the outbox has exactly
//! one email for each homeowner.
//!
//! The moments of the kills are drawn from a seed that is printed; `DRIPR_SEED` gives others, and `DRIPR_KILLS` makes the
//! loop longer.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use mail_parser::MessageParser;

const HOMEOWNERS: usize = 300;
const KILLS: usize = 50;
const SEED: u64 = 0x5eed_0001;

struct Deployment {
    folder: tempfile::TempDir,
}

impl Deployment {
    fn new() -> Self {
        let deployment = Self { folder: tempfile::tempdir().unwrap() };
        let config = r#"
            [public]
            url = "https://reports.example"
            opt_out_key = "a key that is long enough"
            [data]
            sales = "sales.csv"
            [sending]
            window = false
            first_time_delay_hours = 0
            [limits]
            backoff_seconds = 1
            operation_lease_seconds = 2
            data_timeout_seconds = 1
            writer_timeout_seconds = 1
            mail_timeout_seconds = 1
            resend_pause_seconds = 1
            [log]
            filter = "warn"
        "#;
        deployment.write("dripr.toml", config);
        deployment.write("sales.csv", &sales());
        deployment.write("contacts.csv", &contacts(SystemTime::now().into()));
        deployment
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn dripr(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dripr"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// What a command prints.
    fn told(&self, args: &[&str]) -> String {
        let output = self.dripr(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "dripr {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The campaigns that do not know that their email was sent.
    fn unsent(&self) -> Vec<String> {
        let campaigns: Vec<serde_json::Value> =
            serde_json::from_str(&self.told(&["campaigns", "--json"])).unwrap();
        assert_eq!(campaigns.len(), HOMEOWNERS);
        let unsent = campaigns.iter().filter(|campaign| campaign["phase"] != "SENT");
        unsent.map(|campaign| campaign["campaign_id"].as_str().unwrap().to_owned()).collect()
    }

    fn run(&self) -> Running {
        Running(self.dripr(&["run"]).stderr(Stdio::null()).spawn().unwrap())
    }

    /// How many emails there are for each recipient.
    fn outbox(&self) -> BTreeMap<String, usize> {
        let mut emails = BTreeMap::new();
        for path in eml_files(&self.path().join("outbox")) {
            let raw = fs::read(&path).unwrap();
            let message = MessageParser::default().parse(&raw).unwrap();
            // Mail to the agent is not a report.
            let to = message.to().unwrap().first().unwrap().address().unwrap().to_owned();
            if to.ends_with("@home.example") {
                *emails.entry(to).or_insert(0) += 1;
            }
        }
        emails
    }
}

/// A running `dripr run`, which does not outlive the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn eml_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(eml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            files.push(path);
        }
    }
    files
}

/// Invented sales near Green Lake over the last half year.
fn sales() -> String {
    let mut text =
        String::from("id,date,price,bedrooms,bathrooms,sqft_living,sqft_lot,yr_built,zipcode,lat,long\n");
    let today = DateTime::<Utc>::from(SystemTime::now()).date_naive();
    for n in 0..200_i64 {
        let date = today - TimeDelta::days(10 + n % 170);
        let sqft = 1_200 + (n * 37) % 1_500;
        let price = 150_000 + sqft * 250 + (n * 911) % 40_000;
        let (lat, long) = (47.68 + (n % 20) as f64 * 0.001, -122.33 - (n % 17) as f64 * 0.001);
        text.push_str(&format!(
            "{n},{date},{price},3,2,{sqft},5000,{},98103,{lat:.4},{long:.4}\n",
            1920 + n % 80
        ));
    }
    text
}

/// Homeowners whose first slot lies within the last days.
fn contacts(now: DateTime<Utc>) -> String {
    let created = now - TimeDelta::days(5);
    let day = (now - TimeDelta::days(3)).day().min(28);
    let mut text = String::from(
        "first_name,last_name,email,street,city,state,zip_code,latitude,longitude,bedrooms,bathrooms,\
         living_area_sqft,lot_sqft,year_built,fixed_send_day,created_at\n",
    );
    for n in 0..HOMEOWNERS {
        let created = created.format("%Y-%m-%dT%H:%M:%SZ");
        text.push_str(&format!(
            "Kim,Owner{n},owner{n}@home.example,{n} Elm St,Seattle,WA,98103,47.685,-122.335,3,2,1800,5000,1950,\
             {day},{created}\n"
        ));
    }
    text
}

/// A small generator (xorshift64*), so that a seed tells all.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end
    }
}

#[test]
fn however_often_it_is_killed_every_homeowner_gets_exactly_one_email() {
    let deployment = Deployment::new();
    deployment.told(&[
        "agent",
        "add",
        "--id",
        "agent",
        "--first-name",
        "Ana",
        "--last-name",
        "Ruiz",
        "--email",
        "ana@brokerage.example",
        "--postal-address",
        "1 Sample Street, Seattle WA 98101",
    ]);
    deployment.told(&["import", "contacts.csv", "--agent", "agent"]);

    let kills = std::env::var("DRIPR_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let seed = std::env::var("DRIPR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let mut dice = Dice(seed);
    let mut under_load = 0;
    for _ in 0..kills {
        let running = deployment.run();
        thread::sleep(Duration::from_millis(20 + dice.below(280)));
        drop(running);
        under_load += usize::from(deployment.outbox().len() < HOMEOWNERS);
    }
    println!("seed {seed:#x}: {kills} kills, {under_load} of them before the last email was out");

    let mut running = deployment.run();
    // Leases of what was in hand at the last kill end, and unknown outcomes are looked up.
    let patience = Instant::now() + Duration::from_secs(180);
    while !deployment.unsent().is_empty() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(300));
    }
    let stopped = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(running.0.wait().unwrap().success(), "SIGTERM ends it in order");

    let outbox = deployment.outbox();
    let repeated: Vec<_> = outbox.iter().filter(|(_, count)| **count != 1).collect();
    assert!(repeated.is_empty(), "sent more than once: {repeated:?}");
    let unsent = deployment.unsent();
    let why: Vec<_> = unsent.iter().map(|campaign| deployment.told(&["explain", campaign])).collect();
    assert_eq!(outbox.len(), HOMEOWNERS, "nobody is left out: {why:#?}");
    assert!(why.is_empty(), "every campaign knows that its email was sent; nothing is held: {why:#?}");
}
