//! The data that the demonstration ships with: two agents, their contacts, the sales of a year and a few mortgage
//! rates. What is real in it and what is invented stands in `sample/README.md`.

use dripr_core::{
    access::Membership,
    agent::{Agent, Subscription, UnknownOutcome},
    agent_mail::Progress,
    schedule::Instant,
};

use crate::failure::Failure;

/// Sales in King County, Washington, 2014 and 2015, as gzip.
pub const SALES: &[u8] = include_bytes!("../../dripr-adapters/data/king-county-sales.csv.gz");
/// How reports name where sales, values and statistics come from.
pub const SALES_SOURCE: &str = "King County public sales records";
/// A few weeks of mortgage rates.
pub const RATES: &[u8] = include_bytes!("../sample/mortgage-rates.csv");
/// How reports name where mortgage rates come from.
pub const RATES_SOURCE: &str = "Freddie Mac Primary Mortgage Market Survey";

/// One agent of the sample with contacts.
pub struct SampleAgent {
    /// The id.
    pub id: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    brokerage: &'static str,
    phone: &'static str,
    postal_address: &'static str,
    /// Whether the agent looks at emails that wait for approval, and approves them.
    pub approves: bool,
    /// The name of the file of contacts.
    pub contacts_name: &'static str,
    /// The contacts, as CSV.
    pub contacts: &'static [u8],
}

/// The agents of the sample. All of them are invented.
pub const AGENTS: [SampleAgent; 2] = [
    SampleAgent {
        id: "sample-north",
        first_name: "Robin",
        last_name: "Sample-North",
        brokerage: "Sample Realty North (not a real brokerage)",
        phone: "(206) 555-0101",
        postal_address: "1 Sample Plaza, Suite 100, Seattle, WA 98101",
        approves: true,
        contacts_name: "contacts-north.csv",
        contacts: include_bytes!("../sample/contacts-north.csv"),
    },
    SampleAgent {
        id: "sample-south",
        first_name: "Casey",
        last_name: "Sample-South",
        brokerage: "Sample Realty South (not a real brokerage)",
        phone: "(206) 555-0102",
        postal_address: "2 Sample Plaza, Suite 200, Seattle, WA 98101",
        approves: false,
        contacts_name: "contacts-south.csv",
        contacts: include_bytes!("../sample/contacts-south.csv"),
    },
];

impl SampleAgent {
    /// The agent's account, made at an instant.
    ///
    /// # Errors
    /// None, unless the sample is broken; a test holds that it is not.
    pub fn account(&self, created_at: Instant) -> Result<Agent, Failure> {
        Ok(Agent {
            id: self.id.parse()?,
            first_name: self.first_name.into(),
            last_name: self.last_name.into(),
            email: format!("{}@{}.example", self.first_name.to_lowercase(), self.id).parse()?,
            brokerage: Some(self.brokerage.into()),
            phone: Some(self.phone.into()),
            postal_address: self.postal_address.into(),
            subscription_status: Subscription::Active,
            billing: None,
            managed_client_id: None,
            given_client_id: None,
            membership: Membership::default(),
            sending_rules: None,
            unknown_outcome: UnknownOutcome::default(),
            paused: None,
            resumed_at: None,
            welcome: Progress::default(),
            created_at,
            account_changed_at: None,
            banned: false,
            deleted_at: None,
            version: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use dripr_adapters::local_data::zip_centres;

    use super::*;
    use crate::contacts_file::{ContactsFile, Expected, NewContactRow, SendDayRule};

    fn contacts() -> Vec<NewContactRow> {
        let mut all = Vec::new();
        for agent in &AGENTS {
            let expected = Expected {
                zone: chrono_tz::Tz::America__New_York,
                now: Instant::MAX_UTC,
                send_day: SendDayRule::Required,
                knows_zip: &|zip| zip_centres::centre(zip).is_some(),
            };
            let mut file = ContactsFile::new(agent.contacts, expected).unwrap();
            while let Some(row) = file.next_row().unwrap() {
                all.push(row.unwrap());
            }
        }
        all
    }

    #[test]
    fn every_row_is_sound_and_marked_as_a_sample() {
        let contacts = contacts();
        let addresses: HashSet<String> = contacts.iter().map(|contact| contact.email.key()).collect();
        assert_eq!(addresses.len(), contacts.len());
        for contact in &contacts {
            assert!(contact.email.domain().ends_with(".example"));
            assert!(contact.home.as_ref().is_none_or(|home| home.street.contains(" Sample ")));
        }
        for agent in &AGENTS {
            let account = agent.account(Instant::UNIX_EPOCH).unwrap();
            assert!(account.email.domain().ends_with(".example"));
        }
    }

    #[test]
    fn at_least_two_hundred_homeowners_live_in_at_least_ten_zip_codes() {
        let contacts = contacts();
        let mut homes: HashMap<_, usize> = HashMap::new();
        for contact in contacts.iter().filter(|contact| contact.home.is_some()) {
            *homes.entry(contact.zip_code).or_default() += 1;
        }
        assert!(homes.values().sum::<usize>() >= 200);
        assert!(homes.len() >= 10, "{homes:?}");
        let days: HashSet<u8> = contacts.iter().map(|c| c.fixed_send_day.get()).collect();
        assert_eq!(days.len(), 28, "send days are spread over the month");
    }

    #[test]
    fn no_more_than_a_few_weeks_of_rates_are_shipped() {
        assert!(std::str::from_utf8(RATES).unwrap().lines().count() <= 21);
    }
}
