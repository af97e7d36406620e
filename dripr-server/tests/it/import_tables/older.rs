//! An older deployment: its tables as docs/moving-from-python.md names them, with every value that they are known to hold, and with rows
//! that cannot be used.

use std::collections::BTreeSet;

const SCHEMA: &str = "CREATE TABLE users (id VARCHAR(64) PRIMARY KEY, email VARCHAR(300), first_name VARCHAR(300), \
      last_name VARCHAR(300), postal_address VARCHAR(300), subscription_status VARCHAR(40), managed_client_id VARCHAR(64), \
      created_at DATETIME);
    CREATE TABLE contacts (id BIGINT PRIMARY KEY, user_id VARCHAR(64), email VARCHAR(300), first_name VARCHAR(300), \
      last_name VARCHAR(300), street VARCHAR(300), city VARCHAR(100), state VARCHAR(20), zip_code VARCHAR(20), \
      opted_out INT, created_at DATETIME);
    CREATE TABLE campaigns (id BIGINT PRIMARY KEY, user_id VARCHAR(64), contact_id BIGINT, campaign_status VARCHAR(40), \
      property_status VARCHAR(40), active_listing_status VARCHAR(40), recent_sale_status VARCHAR(40), \
      local_market_data_status VARCHAR(40), intro_and_home_report_analysis_status VARCHAR(40), \
      email_creation_status VARCHAR(40), fixed_send_day INT, last_scheduled_send_date DATE, \
      last_sent_email_datetime DATETIME, check_before_sending INT, no_address_newsletter INT, enabled INT, \
      created_at DATETIME, deleted_at DATETIME);
    CREATE TABLE emails (id BIGINT PRIMARY KEY, campaign_id BIGINT, status VARCHAR(40), delivery_status VARCHAR(40), \
      approved INT, scheduled_send_datetime DATETIME);";

const STATUSES: [&str; 10] = [
    "DORMANT",
    "SENT",
    "WAITING_FOR_DATA",
    "FETCHING",
    "WAITING_FOR_HOME_ANALYSIS",
    "READY_TO_CREATE_EMAIL",
    "WAITING_FOR_MANUAL_APPROVAL",
    "READY_TO_SEND_EMAIL",
    "UNSUBSCRIBED",
    "ERROR",
];

const SUB_STATUSES: [Option<&str>; 6] = [
    None,
    Some("DORMANT"),
    Some("WAITING_FOR_DATA"),
    Some("FETCHING"),
    Some("READY"),
    Some("READY_TO_CREATE_EMAIL"),
];

/// What each campaign's past is: when it sent, for which date, and when an email of its says so.
const PASTS: [(Option<&str>, Option<&str>, Option<&str>); 4] = [
    (Some("2026-02-12 16:00:00"), Some("2026-02-12"), None),
    (Some("2026-03-12 15:30:00"), Some("2026-03-12"), None),
    (None, Some("2026-03-12"), Some("2026-03-12 15:00:00")),
    (Some("2026-02-12 16:00:00"), Some("2026-02-12"), Some("2026-03-13 15:00:00")),
];

/// The tables, as statements, and what is to be expected of them.
#[derive(Default)]
pub(crate) struct Older {
    pub(crate) sql: String,
    /// Who had an email in March.
    pub(crate) mailed: BTreeSet<String>,
    /// Who wants none.
    pub(crate) opted_out: BTreeSet<String>,
    /// Table, key and column of every row that is refused.
    pub(crate) refused: BTreeSet<(String, String, String)>,
    pub(crate) campaigns: u64,
}

fn quoted(value: Option<&str>) -> String {
    value.map_or("NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")))
}

impl Older {
    fn row(&mut self, table: &str, values: &[(&str, Option<&str>)]) {
        let columns: Vec<&str> = values.iter().map(|(column, _)| *column).collect();
        let values: Vec<String> = values.iter().map(|(_, value)| quoted(*value)).collect();
        self.sql +=
            &format!("INSERT INTO {table} ({}) VALUES ({});\n", columns.join(", "), values.join(", "));
    }

    fn refuse(&mut self, table: &str, key: impl ToString, column: &str) {
        self.refused.insert((table.to_owned(), key.to_string(), column.to_owned()));
    }

    fn user(&mut self, id: &str, postal: &str, subscription: Option<&str>) {
        let email = format!("{id}@agent.example");
        self.row(
            "users",
            &[
                ("id", Some(id)),
                ("email", Some(&email)),
                ("first_name", Some("Al'ex\u{2028}")),
                ("postal_address", Some(postal)),
                ("subscription_status", subscription),
                ("managed_client_id", Some("partner-7").filter(|_| id == "u2")),
                ("created_at", Some("2025-01-01 00:00:00")),
            ],
        );
    }

    fn contact(&mut self, id: usize, user: &str, email: &str, street: &str, zip: &str, out: Option<&str>) {
        self.row(
            "contacts",
            &[
                ("id", Some(&id.to_string())),
                ("user_id", Some(user)),
                ("email", Some(email)),
                ("first_name", Some("Kim <b>\u{202e}")),
                ("street", Some(street)),
                ("city", Some("Seattle")),
                ("state", Some("WA")),
                ("zip_code", Some(zip)),
                ("opted_out", out),
            ],
        );
    }

    /// A campaign that can be used, with these columns changed.
    fn campaign(&mut self, id: usize, user: &str, contact: usize, changed: &[(&str, Option<&str>)]) {
        let (id, contact) = (id.to_string(), contact.to_string());
        let mut values = vec![
            ("id", Some(id.as_str())),
            ("user_id", Some(user)),
            ("contact_id", Some(contact.as_str())),
            ("campaign_status", Some("DORMANT")),
            ("fixed_send_day", Some("12")),
            ("check_before_sending", Some("0")),
            ("no_address_newsletter", Some("0")),
            ("enabled", Some("1")),
            ("created_at", Some("2025-06-01 12:00:00")),
        ];
        for (column, value) in changed {
            values.retain(|(known, _)| known != column);
            values.push((column, *value));
        }
        self.row("campaigns", &values);
    }

    fn email(&mut self, id: usize, campaign: usize, status: &str, delivery: Option<&str>, at: Option<&str>) {
        self.row(
            "emails",
            &[
                ("id", Some(&id.to_string())),
                ("campaign_id", Some(&campaign.to_string())),
                ("status", Some(status)),
                ("delivery_status", delivery),
                ("approved", Some("1")),
                ("scheduled_send_datetime", at),
            ],
        );
    }

    pub(crate) fn new() -> Self {
        let mut older = Self { sql: SCHEMA.to_owned(), ..Self::default() };
        older.user("u1", "1 Sample Plaza, Seattle, WA 98101", Some("active"));
        older.user("u2", "2 Sample Plaza, Seattle, WA 98101", Some("past_due"));
        older.user("u3", "3 Sample Plaza, Seattle, WA 98101", Some("canceled"));
        older.user("u4", "", Some("active"));
        older.user("u5", "5 Sample Plaza", Some("incomplete_expired"));
        older.user("u6", "6 Sample Plaza", None);
        older.refuse("users", "u4", "postal_address");
        older.refuse("users", "u5", "subscription_status");
        older.refuse("users", "u6", "subscription_status");
        older.every_value();
        older.unusable();
        older
    }

    fn every_value(&mut self) {
        let mut id = 0;
        for status in STATUSES {
            for (sent, scheduled, email) in PASTS {
                for sub in SUB_STATUSES {
                    id += 1;
                    let address = format!("h{id}@home.example");
                    self.contact(id, "u1", &address, &format!("{id} Elm St"), "98103", Some("0"));
                    self.campaign(
                        id,
                        "u1",
                        id,
                        &[
                            ("campaign_status", Some(status)),
                            ("property_status", sub),
                            ("active_listing_status", sub),
                            ("intro_and_home_report_analysis_status", sub),
                            ("email_creation_status", sub),
                            ("last_sent_email_datetime", sent),
                            ("last_scheduled_send_date", scheduled),
                            ("check_before_sending", Some(if id % 5 == 0 { "1" } else { "0" })),
                            ("no_address_newsletter", Some(if id % 7 == 0 { "1" } else { "0" })),
                        ],
                    );
                    if let Some(at) = email {
                        self.email(id, id, "COMPLETE", None, Some(at));
                    } else {
                        self.email(id, id, "PENDING", Some("CREATED"), Some("2026-04-12 15:00:00"));
                    }
                    if status == "UNSUBSCRIBED" {
                        self.opted_out.insert(address.clone());
                    }
                    if email.is_some() || sent.is_some_and(|at| at.starts_with("2026-03")) {
                        self.mailed.insert(address);
                    }
                    self.campaigns += 1;
                }
            }
        }
        // A contact who opted out with a campaign that knows nothing of it, a disabled campaign, a removed one.
        self.contact(900, "u1", "out@home.example", "900 Elm St", "98103", Some("1"));
        self.campaign(900, "u1", 900, &[]);
        self.contact(901, "u1", "off@home.example", "901 Elm St", "98103", None);
        self.campaign(901, "u1", 901, &[("enabled", Some("0"))]);
        self.contact(902, "u1", "gone@home.example", "902 Elm St", "98103", None);
        self.campaign(902, "u1", 902, &[("deleted_at", Some("2026-03-01 00:00:00"))]);
        self.opted_out.extend(["out", "off", "gone"].map(|name| format!("{name}@home.example")));
        self.campaigns += 3;
        // Removed after it had sent in March, and made again since.
        self.contact(903, "u1", "again@home.example", "903 Elm St", "98103", None);
        self.campaign(903, "u1", 903, &[("created_at", Some("2026-03-15 00:00:00"))]);
        let (sent, gone) = (Some("2026-03-12 15:30:00"), Some("2026-03-14 00:00:00"));
        self.campaign(904, "u1", 903, &[("last_sent_email_datetime", sent), ("deleted_at", gone)]);
        self.mailed.insert("again@home.example".to_owned());
        self.campaigns += 2;
        // Handed to the provider, and nobody stored what it said.
        self.contact(905, "u1", "live@home.example", "905 Elm St", "98103", None);
        self.campaign(
            905,
            "u1",
            905,
            &[
                ("campaign_status", Some("READY_TO_SEND_EMAIL")),
                ("last_scheduled_send_date", Some("2026-03-12")),
            ],
        );
        self.mailed.insert("live@home.example".to_owned());
        self.campaigns += 1;
        // Twice the same home, the second of which has sent.
        self.contact(906, "u1", "TWIN@home.example", "906 Elm St", "98103", None);
        self.contact(907, "u1", "twin@home.example", "906 ELM St.", "98103-1234", None);
        self.campaign(906, "u1", 906, &[]);
        self.campaign(907, "u1", 907, &[("last_sent_email_datetime", sent)]);
        self.refuse("campaigns", 907, "contact_id");
        self.mailed.insert("twin@home.example".to_owned());
        self.campaigns += 1;
    }

    fn unusable(&mut self) {
        let long = "x".repeat(250);
        let contacts = [
            ("a@b.example\r\nBcc: c@d.example", "1 Oak St", "98103", "email"),
            ("", "1 Oak St", "98103", "email"),
            ("\u{0}", "1 Oak St", "98103", "email"),
            ("o'r 1=1;--@home.example, b@c.example", "1 Oak St", "98103", "email"),
            ("long@home.example", long.as_str(), "98103", "street"),
        ];
        for (at, (email, street, zip, column)) in contacts.into_iter().enumerate() {
            // PostgreSQL and SQLite's text end at a NUL in a statement.
            let email = email.replace('\0', "\u{1}");
            self.contact(2000 + at, "u1", &email, street, zip, None);
            self.campaign(2000 + at, "u1", 2000 + at, &[]);
            self.refuse("contacts", 2000 + at, column);
            self.refuse("campaigns", 2000 + at, "contact_id");
        }
        let campaigns: [(&str, Option<&str>); 12] = [
            ("campaign_status", Some("ready")),
            ("campaign_status", None),
            ("property_status", Some("DONE'); DROP TABLE campaigns;--")),
            ("intro_and_home_report_analysis_status", Some("SENT")),
            ("fixed_send_day", Some("31")),
            ("fixed_send_day", None),
            ("enabled", None),
            ("check_before_sending", Some("2")),
            ("last_sent_email_datetime", Some("2031-01-01 00:00:00")),
            ("user_id", Some("nobody")),
            ("user_id", Some("u4")),
            ("contact_id", Some("999999")),
        ];
        for (at, (column, value)) in campaigns.into_iter().enumerate() {
            let id = 3000 + at;
            self.contact(id, "u1", &format!("p{id}@home.example"), "1 Oak St", "98103", None);
            self.campaign(id, "u1", id, &[(column, value)]);
            self.refuse("campaigns", id, column);
        }
        self.contact(3100, "u1", "zip@home.example", "1 Oak St", "00000", None);
        self.campaign(3100, "u1", 3100, &[]);
        self.refuse("campaigns", 3100, "zip_code");
        self.contact(3101, "u1", "sent@home.example", "1 Oak St", "98103", None);
        self.campaign(3101, "u1", 3101, &[("campaign_status", Some("SENT"))]);
        self.refuse("campaigns", 3101, "last_sent_email_datetime");
        self.contact(3102, "u1", "what@home.example", "1 Oak St", "98103", None);
        self.campaign(3102, "u1", 3102, &[]);
        self.email(3102, 3102, "PENDING", Some("WHO_KNOWS"), None);
        self.refuse("emails", 3102, "delivery_status");
        self.refuse("campaigns", 3102, "id");
        self.contact(3103, "u2", "theirs@home.example", "1 Oak St", "98103", None);
        self.campaign(3103, "u1", 3103, &[]);
        self.refuse("campaigns", 3103, "contact_id");
        self.email(3104, 777_777, "COMPLETE", None, None);
    }
}
