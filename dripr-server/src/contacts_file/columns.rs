//! Which column holds what: by name, in any order and case.

use csv::StringRecord;

use super::problem::FileProblem;

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    FirstName,
    LastName,
    Name,
    Email,
    ExternalId,
    NoAddressNewsletter,
    Latitude,
    Longitude,
    Bedrooms,
    Bathrooms,
    LivingArea,
    Lot,
    Floors,
    AboveGround,
    YearBuilt,
    YearRenovated,
    Grade,
    Condition,
    View,
    Waterfront,
    NeighboursLivingArea,
    NeighboursLot,
    FixedSendDay,
    CheckBeforeSending,
    Enabled,
    CreatedAt,
    Consent,
    OptOut,
    Bounced,
    Complained,
    SubscriptionStatus,
}

/// A part of an address. There may be several addresses in a row, each in its [`Family`] of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Street,
    Unit,
    City,
    State,
    ZipCode,
}

/// The names of each column, without anything but letters and digits, the preferred ones first. They are those of
/// dripr and of the exports of Google Contacts, Outlook, Follow Up Boss, HubSpot, kvCORE, Mailchimp and Redfin.
const NAMES: [(Column, &[&str]); 31] = [
    (Column::FirstName, &["firstname", "givenname", "first", "fname"]),
    (Column::LastName, &["lastname", "familyname", "surname", "last", "lname"]),
    (Column::Name, &["name", "fullname", "contactname", "homeowner", "ownername"]),
    (
        Column::Email,
        &[
            "email",
            "emailaddress",
            "email1value",
            "primaryemail",
            "email1",
            "email1address",
            "homeemail",
            "personalemail",
        ],
    ),
    (
        Column::ExternalId,
        &["externalid", "crmid", "recordid", "recordidcontact", "contactid", "leadid", "leid", "euid"],
    ),
    (Column::NoAddressNewsletter, &["noaddressnewsletter"]),
    (Column::Latitude, &["latitude", "lat"]),
    (Column::Longitude, &["longitude", "long", "lng", "lon"]),
    (Column::Bedrooms, &["bedrooms", "beds"]),
    (Column::Bathrooms, &["bathrooms", "baths"]),
    (Column::LivingArea, &["livingareasqft", "livingarea", "sqftliving", "squarefeet", "sqft"]),
    (Column::Lot, &["lotsqft", "lotsize", "sqftlot", "lotsizesqft"]),
    (Column::Floors, &["floors", "stories"]),
    (Column::AboveGround, &["abovegroundsqft", "sqftabove"]),
    (Column::YearBuilt, &["yearbuilt", "yrbuilt"]),
    (Column::YearRenovated, &["yearrenovated", "yrrenovated"]),
    (Column::Grade, &["grade"]),
    (Column::Condition, &["condition"]),
    (Column::View, &["view"]),
    (Column::Waterfront, &["waterfront"]),
    (Column::NeighboursLivingArea, &["neighbourslivingareasqft", "neighborslivingareasqft", "sqftliving15"]),
    (Column::NeighboursLot, &["neighbourslotsqft", "neighborslotsqft", "sqftlot15"]),
    (Column::FixedSendDay, &["fixedsendday", "sendday"]),
    (Column::CheckBeforeSending, &["checkbeforesending"]),
    (Column::Enabled, &["enabled"]),
    // Only so: what an address book calls the day on which a contact was made is not when a campaign was enabled.
    (Column::CreatedAt, &[]),
    (
        Column::Consent,
        &[
            "consent",
            "emailoptin",
            "optin",
            "emailconsent",
            "marketingconsent",
            "emailmarketingconsent",
            "subscribed",
            "optedin",
        ],
    ),
    (
        Column::OptOut,
        &[
            "unsubscribed",
            "optedout",
            "optout",
            "emailoptout",
            "emailoptedout",
            "hasoptedoutofemail",
            "donotemail",
            "donotcontact",
            "unsubscribedfromallemail",
            "unsubscribedat",
            "optouttime",
            "unsubtime",
        ],
    ),
    (Column::Bounced, &["bounced", "emailbounced", "hardbounce", "hardbounced", "cleaned", "cleantime"]),
    (Column::Complained, &["complained", "complaint", "spamcomplaint"]),
    (
        Column::SubscriptionStatus,
        &[
            "status",
            "emailstatus",
            "subscriptionstatus",
            "subscriberstatus",
            "emailmarketingstatus",
            "marketingstatus",
        ],
    ),
];

/// How names of columns begin that go on with what the column is about, as HubSpot's "Opted out of email: Newsletter".
const BEGINNINGS: [(Column, &str); 1] = [(Column::OptOut, "optedoutofemail")];

/// The names of the parts of addresses, those of one family together, the likeliest home first.
const FAMILIES: [&[(Part, &[&str])]; 6] = [
    &[
        (Part::Street, &["propertyaddress", "propertystreet", "propertystreetaddress"]),
        (Part::Unit, &["propertyunit"]),
        (Part::City, &["propertycity"]),
        (Part::State, &["propertystate"]),
        (Part::ZipCode, &["propertyzip", "propertyzipcode", "propertypostalcode"]),
    ],
    &[
        (Part::Street, &["homestreet", "homeaddress", "homestreetaddress"]),
        (Part::Unit, &["homestreet2", "homestreet3"]),
        (Part::City, &["homecity"]),
        (Part::State, &["homestate"]),
        (Part::ZipCode, &["homepostalcode", "homezip", "homezipcode"]),
    ],
    &[
        (Part::Street, &["primaryaddress", "primarystreet"]),
        (Part::City, &["primarycity"]),
        (Part::State, &["primarystate"]),
        (Part::ZipCode, &["primaryzip", "primaryzipcode", "primarypostalcode"]),
    ],
    &[
        (Part::Street, &["address1street"]),
        (Part::Unit, &["address1extendedaddress"]),
        (Part::City, &["address1city"]),
        (Part::State, &["address1region"]),
        (Part::ZipCode, &["address1postalcode"]),
    ],
    &[
        (Part::Street, &["street", "streetaddress", "addressline1", "address1", "address"]),
        (Part::Unit, &["unit", "unitnumber", "apt", "apartment", "addressline2", "address2"]),
        (Part::City, &["city"]),
        (Part::State, &["state", "stateorprovince", "stateregion"]),
        (Part::ZipCode, &["zipcode", "zip", "postalcode", "ziporpostalcode", "postcode"]),
    ],
    &[
        (Part::Street, &["mailingstreet", "mailingaddress", "mailingstreetaddress"]),
        (Part::Unit, &["mailingunit"]),
        (Part::City, &["mailingcity"]),
        (Part::State, &["mailingstate"]),
        (Part::ZipCode, &["mailingzip", "mailingzipcode", "mailingpostalcode"]),
    ],
];

/// Columns by which an export of Mailchimp is told. Its coordinates are of the place where mail was read.
const OF_MAILCHIMP: [&str; 2] = ["memberrating", "leid"];

/// Where each column is.
pub(super) struct Columns {
    /// The places of each column, those with a preferred name first.
    places: Vec<(Column, Vec<usize>)>,
    families: Vec<Family>,
}

/// Where the parts of one address are.
pub(super) struct Family(Vec<(Part, Vec<usize>)>);

impl Family {
    /// The places of a part; there may be none, or several.
    pub(super) fn places(&self, part: Part) -> &[usize] {
        self.0.iter().find(|(known, _)| *known == part).map_or(&[], |(_, places)| places)
    }

    pub(super) fn has(&self, part: Part) -> bool {
        !self.places(part).is_empty()
    }
}

impl Columns {
    pub(super) fn find(header: &StringRecord) -> Result<Self, FileProblem> {
        let plain: Vec<String> = header.iter().map(plain).collect();
        let of_mailchimp = plain.iter().any(|name| OF_MAILCHIMP.contains(&name.as_str()));
        let places: Vec<(Column, Vec<usize>)> = NAMES
            .iter()
            .map(|(column, names)| {
                let found = match column {
                    Column::CreatedAt => {
                        let exactly =
                            header.iter().map(|name| name.trim().eq_ignore_ascii_case("created_at"));
                        exactly.enumerate().filter(|(_, is)| *is).map(|(place, _)| place).collect()
                    }
                    Column::Latitude | Column::Longitude if of_mailchimp => Vec::new(),
                    Column::ExternalId => external_id(&plain, names),
                    _ => {
                        let mut found = in_order(&plain, names);
                        let beginnings = BEGINNINGS.iter().filter(|(of, _)| of == column);
                        found.extend(beginnings.flat_map(|(_, beginning)| beginning_so(&plain, beginning)));
                        found
                    }
                };
                (*column, found)
            })
            .collect();
        let family = |parts: &[(Part, &[&str])]| {
            Family(parts.iter().map(|(part, names)| (*part, in_order(&plain, names))).collect())
        };
        let columns = Self { places, families: FAMILIES.iter().map(|parts| family(parts)).collect() };
        if columns.places(Column::Email).is_empty() {
            let shown: Vec<&str> = header.iter().take(12).collect();
            let shown: String = format!("{shown:?}").chars().take(300).collect();
            return Err(FileProblem::NoEmailColumn(shown));
        }
        Ok(columns)
    }

    /// The places of a column; there may be none, or several.
    pub(super) fn places(&self, column: Column) -> &[usize] {
        self.places.iter().find(|(known, _)| *known == column).map_or(&[], |(_, places)| places)
    }

    /// The addresses of a row, the likeliest home first.
    pub(super) fn families(&self) -> &[Family] {
        &self.families
    }
}

/// A name without anything but letters and digits. One that begins with a dollar sign is of an amount of money, whatever follows.
fn plain(name: &str) -> String {
    if name.trim_start().starts_with('$') {
        return String::new();
    }
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Where external ids are: in one column at most, since the same number in two of them is of two people.
fn external_id(plain: &[String], names: &[&str]) -> Vec<usize> {
    let mut found = in_order(plain, names);
    found.truncate(1);
    found
}

/// The places of columns with some names, in the order of preference, then of place.
fn in_order(plain: &[String], names: &[&str]) -> Vec<usize> {
    let place =
        |(place, name): (usize, &String)| Some((names.iter().position(|known| known == name)?, place));
    let mut found: Vec<(usize, usize)> = plain.iter().enumerate().filter_map(place).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, place)| place).collect()
}

fn beginning_so<'a>(plain: &'a [String], beginning: &'a str) -> impl Iterator<Item = usize> + 'a {
    plain.iter().enumerate().filter(move |(_, name)| name.starts_with(beginning)).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_in_the_documentation() {
        let page = include_str!("../../../docs/csv-files.md");
        let documented: Vec<String> = page
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|name| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
            .collect();
        let of_families = FAMILIES.iter().flat_map(|parts| parts.iter()).flat_map(|(_, names)| *names);
        let names = NAMES.iter().flat_map(|(_, names)| *names).chain(of_families);
        for name in names {
            assert!(documented.iter().any(|known| known == name), "docs/csv-files.md lacks {name}");
        }
    }
}
