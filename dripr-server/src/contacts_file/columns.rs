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
    Street,
    Unit,
    City,
    State,
    ZipCode,
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
    CreatedAt,
    Consent,
    OptOut,
    SubscriptionStatus,
}

/// The names of each column, without anything but letters and digits, the preferred ones first. They are those of
/// dripr and of the exports of Google Contacts, Outlook, Follow Up Boss, HubSpot, kvCORE, Mailchimp and Redfin.
pub(super) const NAMES: [(Column, &[&str]); 32] = [
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
        Column::Street,
        &[
            "street",
            "streetaddress",
            "homestreet",
            "propertyaddress",
            "homeaddress",
            "primaryaddress",
            "address1street",
            "addressline1",
            "address1",
            "address",
            "mailingstreet",
            "mailingaddress",
        ],
    ),
    (Column::Unit, &["unit", "unitnumber", "apt", "apartment", "homestreet2", "addressline2", "address2"]),
    (Column::City, &["city", "homecity", "propertycity", "primarycity", "address1city", "mailingcity"]),
    (
        Column::State,
        &[
            "state",
            "homestate",
            "propertystate",
            "primarystate",
            "address1region",
            "stateorprovince",
            "mailingstate",
        ],
    ),
    (
        Column::ZipCode,
        &[
            "zipcode",
            "zip",
            "postalcode",
            "homepostalcode",
            "propertyzip",
            "primaryzip",
            "address1postalcode",
            "ziporpostalcode",
            "postcode",
            "mailingzip",
        ],
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
            "bounced",
            "emailbounced",
        ],
    ),
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

/// Where each column is.
pub(super) struct Columns {
    /// The places of each column, those with a preferred name first.
    places: Vec<(Column, Vec<usize>)>,
}

impl Columns {
    pub(super) fn find(header: &StringRecord) -> Result<Self, FileProblem> {
        let plain: Vec<String> = header
            .iter()
            .map(|name| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
            .collect();
        let places: Vec<(Column, Vec<usize>)> = NAMES
            .iter()
            .map(|(column, names)| {
                let found = if *column == Column::CreatedAt {
                    let exactly = header.iter().map(|name| name.trim().eq_ignore_ascii_case("created_at"));
                    exactly.enumerate().filter(|(_, is)| *is).map(|(place, _)| place).collect()
                } else {
                    // In the order of preference, then of place.
                    let mut found: Vec<(usize, usize)> = plain
                        .iter()
                        .enumerate()
                        .filter_map(|(place, name)| {
                            Some((names.iter().position(|known| known == name)?, place))
                        })
                        .collect();
                    found.sort_unstable();
                    found.into_iter().map(|(_, place)| place).collect()
                };
                (*column, found)
            })
            .collect();
        let columns = Self { places };
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
        for name in NAMES.iter().flat_map(|(_, names)| *names) {
            assert!(documented.iter().any(|known| known == name), "docs/csv-files.md lacks {name}");
        }
    }
}
