//! A question to the resource `Property`, as OData writes it.

use std::fmt::Write;

use chrono::NaiveDate;

use super::{area::Area, options::Enumerations};

/// What is asked of each record.
const FIELDS: [&str; 29] = [
    "ListingKey",
    "StandardStatus",
    "PropertyType",
    "ListPrice",
    "ClosePrice",
    "CloseDate",
    "ListingContractDate",
    "OnMarketDate",
    "DaysOnMarket",
    "UnparsedAddress",
    "City",
    "StateOrProvince",
    "PostalCode",
    "Latitude",
    "Longitude",
    "BedroomsTotal",
    "BathroomsTotalInteger",
    "BathroomsFull",
    "BathroomsHalf",
    "LivingArea",
    "LivingAreaUnits",
    "LotSizeSquareFeet",
    "LotSizeAcres",
    "YearBuilt",
    "InternetEntireListingDisplayYN",
    "InternetAddressDisplayYN",
    "InternetAutomatedValuationDisplayYN",
    "ListAgentFullName",
    "ListOfficeName",
];

/// A status of the Data Dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// For sale.
    Active,
    /// Sold.
    Closed,
}

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Closed => "Closed",
        }
    }
}

/// A question that is being put together.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    enumerations: &'a Enumerations,
    lacks: &'a [String],
    filter: Vec<String>,
    order: Option<&'static str>,
    counted: bool,
}

impl<'a> Question<'a> {
    /// About homes to live in.
    pub(super) fn new(enumerations: &'a Enumerations, lacks: &'a [String]) -> Self {
        let question = Self { enumerations, lacks, filter: Vec::new(), order: None, counted: false };
        question.with_enumeration("PropertyType", "Residential")
    }

    pub(super) fn of(self, status: Status) -> Self {
        self.with_enumeration("StandardStatus", status.as_str())
    }

    fn with_enumeration(self, field: &str, member: &str) -> Self {
        let condition = match self.enumerations {
            Enumerations::Texts => format!("{field} eq {}", text(member)),
            Enumerations::Types { namespace } => format!("{field} has {namespace}.{field}{}", text(member)),
        };
        self.and(condition)
    }

    pub(super) fn within(self, area: &Area) -> Self {
        match *area {
            Area::Zip(zip) => self.is("PostalCode", zip.as_str()),
            Area::Around { centre, miles } => {
                let [south, north, west, east] = Area::degrees(centre, miles);
                self.and(format!("Latitude ge {south:.5} and Latitude le {north:.5}"))
                    .and(format!("Longitude ge {west:.5} and Longitude le {east:.5}"))
            }
        }
    }

    /// Closed on or after a day and before another.
    pub(super) fn closed(self, since: NaiveDate, until: NaiveDate) -> Self {
        self.and(format!("CloseDate ge {since} and CloseDate lt {until}"))
    }

    pub(super) fn is(self, field: &str, value: &str) -> Self {
        let condition = format!("{field} eq {}", text(value));
        self.and(condition)
    }

    pub(super) fn above(self, field: &str, number: u32) -> Self {
        self.and(format!("{field} gt {number}"))
    }

    /// From one number to another, for any of these pairs.
    pub(super) fn between_any(self, field: &str, pairs: &[(u32, u32)]) -> Self {
        let pairs: Vec<String> =
            pairs.iter().map(|(from, to)| format!("({field} ge {from} and {field} le {to})")).collect();
        self.and(format!("({})", pairs.join(" or ")))
    }

    fn and(mut self, condition: String) -> Self {
        self.filter.push(condition);
        self
    }

    pub(super) fn latest_by(mut self, field: &'static str) -> Self {
        self.order = Some(field);
        self
    }

    /// Wants to know how many there are.
    pub(super) fn counted(mut self) -> Self {
        self.counted = true;
        self
    }

    /// The link that asks it, from the service root, with the `%20` that OData wants for a space.
    pub(super) fn link(&self, top: usize) -> String {
        let fields = FIELDS.into_iter().filter(|field| !self.lacks.iter().any(|lacking| lacking == field));
        let select = fields.collect::<Vec<_>>().join(",");
        let mut link = format!("Property?$filter={}&$select={select}", encoded(&self.filter.join(" and ")));
        if let Some(field) = self.order {
            link.push_str(&format!("&$orderby={field}%20desc"));
        }
        link.push_str(&format!("&$top={top}"));
        if self.counted {
            link.push_str("&$count=true");
        }
        link
    }
}

/// A text of OData: its quotes are doubled.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A value of a query (RFC 3986, section 3.4).
fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        let question =
            Question::new(&Enumerations::Texts, &[]).is("StreetNumber", "1' or 1 eq 1 &$top=9#+%27");
        let link = question.link(5);
        assert!(
            link.contains("StreetNumber%20eq%20%271%27%27%20or%201%20eq%201%20%26%24top%3D9%23%2B%2527%27")
        );
        assert!(link.ends_with("&$top=5"), "{link}");
    }

    #[test]
    fn fields_that_a_server_lacks_are_not_asked_for() {
        let lacks = ["OnMarketDate".to_owned()];
        let link = Question::new(&Enumerations::Texts, &lacks).link(5);
        assert!(link.contains("ListingContractDate,DaysOnMarket"), "{link}");
    }
}
