//! A deployment of the real program in a folder of its own, on the real clock.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    ops::Range,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use mail_parser::MessageParser;

/// A folder with a configuration, sales and contacts.
pub(crate) struct Deployment {
    folder: tempfile::TempDir,
    /// Of all agents.
    homeowners: Cell<usize>,
    environment: BTreeMap<String, String>,
}

impl Deployment {
    /// A deployment with an agent and so many homeowners.
    pub(crate) fn new(homeowners: usize) -> Self {
        Self::configured(homeowners, "mail_timeout_seconds = 1")
    }

    /// One whose configuration ends in some limits, and in sections of its own.
    pub(crate) fn configured(homeowners: usize, limits: &str) -> Self {
        Self::of_agents(&[("agent", "ana@brokerage.example")], homeowners, limits)
    }

    /// One that is run in an environment.
    pub(crate) fn in_environment(
        environment: BTreeMap<String, String>,
        agents: &[(&str, &str)],
        each: usize,
        limits: &str,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, homeowners: Cell::new(0), environment }.furnished(agents, each, limits)
    }

    /// One with several agents, each with an id and an address, who have so many homeowners each.
    pub(crate) fn of_agents(agents: &[(&str, &str)], each: usize, limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, homeowners: Cell::new(0), environment: BTreeMap::new() }
            .furnished(agents, each, limits)
    }

    fn furnished(self, agents: &[(&str, &str)], each: usize, limits: &str) -> Self {
        let config = r#"
            [public]
            url = "https://reports.example"
            opt_out_key = "a key that is long enough"
            [data]
            sales = "sales.csv"
            [sending]
            window = false
            first_time_delay_hours = 0
            [log]
            filter = "warn"
            [limits]
            backoff_seconds = 1
            data_timeout_seconds = 1
            writer_timeout_seconds = 1
            resend_pause_seconds = 1
            # Work that was begun as often as this and never finished waits for a day; a test kills more often than life.
            attempts = 100
        "#;
        let lease =
            if limits.contains("operation_lease_seconds") { "" } else { "operation_lease_seconds = 2\n" };
        // Many run at once; a test that asks them says where.
        let http = if limits.contains("[http]") { "" } else { "[http]\nlisten = \"off\"\n" };
        self.write("dripr.toml", &format!("{http}{config}{lease}{limits}\n"));
        self.write("sales.csv", &sales());
        for (id, address) in agents {
            let name = ["--first-name", "Ana", "--last-name", "Ruiz"];
            let address = ["--email", address, "--postal-address", "1 Sample St, Seattle WA 98101"];
            self.told(&[&["agent", "add", "--id", id][..], &name, &address].concat());
            self.enrol(id, each);
        }
        self
    }

    /// Brings so many new homeowners to an agent.
    pub(crate) fn enrol(&self, agent: &str, homeowners: usize) {
        let before = self.homeowners.get();
        self.homeowners.set(before + homeowners);
        let contacts = contacts(before..before + homeowners, SystemTime::now().into());
        self.write("contacts.csv", &contacts);
        self.told(&["import", "contacts.csv", "--agent", agent]);
    }

    /// How many homeowners there are.
    pub(crate) fn homeowners(&self) -> usize {
        self.homeowners.get()
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// The program, to be run in the folder.
    pub(crate) fn dripr(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dripr"));
        command.args(args).current_dir(self.path()).envs(&self.environment);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// What a command prints.
    pub(crate) fn told(&self, args: &[&str]) -> String {
        let output = self.dripr(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "dripr {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// All campaigns, as `dripr campaigns` lists them.
    pub(crate) fn campaigns(&self) -> Vec<serde_json::Value> {
        let campaigns: Vec<serde_json::Value> =
            serde_json::from_str(&self.told(&["campaigns", "--json"])).unwrap();
        assert_eq!(campaigns.len(), self.homeowners.get());
        campaigns
    }

    /// The campaigns that do not know that their email was sent.
    pub(crate) fn unsent(&self) -> Vec<String> {
        let campaigns = self.campaigns();
        let unsent = campaigns.iter().filter(|campaign| campaign["phase"] != "SENT");
        unsent.map(|campaign| campaign["campaign_id"].as_str().unwrap().to_owned()).collect()
    }

    /// `dripr run`, in the background.
    pub(crate) fn run(&self) -> Running {
        self.run_with(&[])
    }

    /// The same with arguments.
    pub(crate) fn run_with(&self, args: &[&str]) -> Running {
        Running(self.dripr(&[&["run"], args].concat()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Waits until every campaign knows that its email was sent, ends the program in order, and sees that each homeowner
    /// got exactly one email.
    pub(crate) fn settles(&self, mut running: Running) {
        // Leases of what was in hand end, and unknown outcomes are looked up.
        let patience = Instant::now() + Duration::from_secs(180);
        while !self.unsent().is_empty() && Instant::now() < patience {
            thread::sleep(Duration::from_millis(300));
        }
        running.ends_in_order();
        let outbox = self.outbox();
        let repeated: Vec<_> = outbox.iter().filter(|(_, count)| **count != 1).collect();
        assert!(repeated.is_empty(), "sent more than once: {repeated:?}");
        let why: Vec<_> = self.unsent().iter().map(|campaign| self.told(&["explain", campaign])).collect();
        assert_eq!(outbox.len(), self.homeowners.get(), "nobody is left out: {why:#?}");
        assert!(why.is_empty(), "every campaign knows that its email was sent; nothing is held: {why:#?}");
    }

    /// How many emails there are for each recipient.
    pub(crate) fn outbox(&self) -> BTreeMap<String, usize> {
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
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Tells it to stop, and waits until it has.
    pub(crate) fn ends_in_order(&mut self) {
        let stopped = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(stopped.success());
        assert!(self.0.wait().unwrap().success(), "SIGTERM ends it in order");
    }
}

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
fn contacts(homeowners: Range<usize>, now: DateTime<Utc>) -> String {
    let created = now - TimeDelta::days(5);
    let day = (now - TimeDelta::days(3)).day().min(28);
    let mut text = String::from(
        "first_name,last_name,email,street,city,state,zip_code,latitude,longitude,bedrooms,bathrooms,\
         living_area_sqft,lot_sqft,year_built,fixed_send_day,created_at\n",
    );
    for n in homeowners {
        let created = created.format("%Y-%m-%dT%H:%M:%SZ");
        text.push_str(&format!(
            "Kim,Owner{n},owner{n}@home.example,{n} Elm St,Seattle,WA,98103,47.685,-122.335,3,2,1800,5000,1950,\
             {day},{created}\n"
        ));
    }
    text
}
