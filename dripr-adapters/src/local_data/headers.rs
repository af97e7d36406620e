//! Which column of a file holds what, told by its header.
//!
//! Exports of county assessors, MLS systems and portals name the same fact differently. A header is reduced to its
//! lower-case letters and digits and looked up among the names known for each [`Column`]; order and case do not
//! matter, and columns nobody asked for are left alone.

/// A fact that a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// Price in dollars: paid in a sales file, asked in a listings file.
    Price,
    /// Day of the sale or of a rate survey.
    Date,
    /// Day a home came on the market.
    ListedOn,
    /// Days on the market until the sale, or until the export for a listing.
    DaysOnMarket,
    /// Where the offer stands: sold, active, pending.
    Status,
    /// Street address, or the whole address on one line.
    Address,
    /// ZIP code.
    Zip,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// Bedrooms.
    Bedrooms,
    /// Bathrooms.
    Bathrooms,
    /// Living area in square feet.
    LivingArea,
    /// Lot in square feet.
    Lot,
    /// Lot in acres.
    LotAcres,
    /// Floors.
    Floors,
    /// Living area above ground in square feet.
    AboveGround,
    /// Year built.
    YearBuilt,
    /// Year of the last renovation.
    YearRenovated,
    /// The assessor's grade.
    Grade,
    /// The assessor's condition.
    Condition,
    /// The assessor's quality of view.
    View,
    /// Whether the home lies at the water.
    Waterfront,
    /// Mean living area of the nearest neighbours in square feet.
    NeighboursLivingArea,
    /// Mean lot of the nearest neighbours in square feet.
    NeighboursLot,
    /// The page of a listing.
    Link,
    /// Interest in percent a year.
    Rate,
}

/// Names of each column, already reduced; the most telling first, for a file may hold several of them.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Price,
        &[
            "saleprice",
            "soldprice",
            "closeprice",
            "closingprice",
            "lastsaleprice",
            "saleamount",
            "price",
            "listprice",
            "askingprice",
        ],
    ),
    (
        Column::Date,
        &[
            "solddate",
            "saledate",
            "closedate",
            "closingdate",
            "closeddate",
            "datesold",
            "soldon",
            "lastsaledate",
            "date",
            "observationdate",
        ],
    ),
    (
        Column::ListedOn,
        &[
            "listdate",
            "listingdate",
            "listedon",
            "listeddate",
            "datelisted",
            "onmarketdate",
            "listingcontractdate",
        ],
    ),
    (Column::DaysOnMarket, &["daysonmarket", "dom", "cumulativedaysonmarket", "cdom"]),
    (Column::Status, &["status", "standardstatus", "mlsstatus", "listingstatus"]),
    (
        Column::Address,
        &["address", "streetaddress", "propertyaddress", "unparsedaddress", "fulladdress", "siteaddress"],
    ),
    (
        Column::Zip,
        &["zipcode", "zip", "ziporpostalcode", "postalcode", "zippostalcode", "propertyzip", "zip5"],
    ),
    (Column::Latitude, &["lat", "latitude"]),
    (Column::Longitude, &["long", "longitude", "lng", "lon"]),
    (Column::Bedrooms, &["bedrooms", "beds", "bed", "bedroomstotal", "totalbedrooms", "br", "numbedrooms"]),
    (
        Column::Bathrooms,
        &[
            "bathrooms",
            "baths",
            "bath",
            "bathroomstotaldecimal",
            "bathroomstotal",
            "bathroomstotalinteger",
            "totalbaths",
            "totalbathrooms",
            "ba",
            "numbathrooms",
        ],
    ),
    (
        Column::LivingArea,
        &[
            "sqftliving",
            "squarefeet",
            "sqft",
            "livingarea",
            "livingareasqft",
            "livingsqft",
            "grosssquarefeet",
            "approxsquarefeet",
            "finishedsqft",
            "totalsqft",
            "squarefootage",
            "area",
        ],
    ),
    (
        Column::Lot,
        &[
            "sqftlot",
            "lotsize",
            "lotsizesqft",
            "lotsqft",
            "lotsizesquarefeet",
            "lotsquarefeet",
            "landsquarefeet",
            "lotsizearea",
        ],
    ),
    (Column::LotAcres, &["lotsizeacres", "lotacres", "acres", "acreage"]),
    (Column::Floors, &["floors", "stories", "storiestotal", "levels"]),
    (Column::AboveGround, &["sqftabove", "abovegradefinishedarea", "abovegroundsqft", "abovegradesqft"]),
    (Column::YearBuilt, &["yrbuilt", "yearbuilt", "builtyear", "built"]),
    (Column::YearRenovated, &["yrrenovated", "yearrenovated", "yearremodeled", "remodelyear"]),
    (Column::Grade, &["grade", "buildinggrade", "bldggrade"]),
    (Column::Condition, &["condition", "buildingcondition"]),
    (Column::View, &["view", "viewquality"]),
    (Column::Waterfront, &["waterfront", "waterfrontyn", "iswaterfront"]),
    (Column::NeighboursLivingArea, &["sqftliving15", "neighbourslivingarea", "neighborslivingarea"]),
    (Column::NeighboursLot, &["sqftlot15", "neighbourslot", "neighborslot"]),
    (Column::Link, &["url", "link", "listingurl"]),
    (
        Column::Rate,
        &["rate", "mortgage30us", "rate30", "percent", "value", "mortgagerate", "average30yearrate"],
    ),
];

/// The longest list of columns that is looked at.
pub(super) const MAX_COLUMNS: usize = 1024;

/// Where the known columns of a file stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    places: Vec<(Column, usize)>,
}

impl Headers {
    /// Reads a header line. The first column wins where one name occurs twice.
    ///
    /// ```
    /// use dripr_adapters::local_data::headers::{Column, Headers};
    /// let headers = Headers::read(["SOLD DATE", "Zip or Postal Code", "$/SQUARE FEET", "Price"]);
    /// assert_eq!(headers.place(Column::Price), Some(3));
    /// assert_eq!(headers.place(Column::LivingArea), None);
    /// ```
    pub fn read<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        let reduced: Vec<String> = header.into_iter().take(MAX_COLUMNS).map(reduce).collect();
        let place =
            |names: &[&str]| names.iter().find_map(|name| reduced.iter().position(|have| have == name));
        Self { places: NAMES.iter().filter_map(|(column, names)| Some((*column, place(names)?))).collect() }
    }

    /// The position of a column, counted from zero.
    #[must_use]
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(have, _)| *have == column).map(|(_, place)| *place)
    }

    /// Whether any known column was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// `ZIP OR POSTAL CODE` to `ziporpostalcode`. A header that prices per area (`$/SQUARE FEET`) is kept apart from the
/// area itself, and a web address in brackets after `URL` is left out.
fn reduce(header: &str) -> String {
    let header = header.trim_start_matches('\u{feff}').trim();
    if header.starts_with('$') {
        return String::new();
    }
    let name = header.split(['(', '[']).next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).take(60).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn king_county_redfin_and_new_york_headers_are_understood() {
        let king = Headers::read(
            "id,date,price,bedrooms,bathrooms,sqft_living,sqft_lot,floors,waterfront,view,condition,grade,sqft_above,\
             sqft_basement,yr_built,yr_renovated,zipcode,lat,long,sqft_living15,sqft_lot15"
                .split(','),
        );
        for (column, place) in [
            (Column::Date, 1),
            (Column::Price, 2),
            (Column::LivingArea, 5),
            (Column::Lot, 6),
            (Column::AboveGround, 12),
            (Column::YearRenovated, 15),
            (Column::Longitude, 18),
            (Column::NeighboursLivingArea, 19),
            (Column::NeighboursLot, 20),
        ] {
            assert_eq!(king.place(column), Some(place), "{column:?}");
        }
        let redfin = Headers::read(
            "SALE TYPE,SOLD DATE,PROPERTY TYPE,ADDRESS,CITY,STATE OR PROVINCE,ZIP OR POSTAL CODE,PRICE,BEDS,BATHS,\
             LOCATION,SQUARE FEET,LOT SIZE,YEAR BUILT,DAYS ON MARKET,$/SQUARE FEET,HOA/MONTH,STATUS,\
             NEXT OPEN HOUSE START TIME,NEXT OPEN HOUSE END TIME,URL (SEE http://example.com FOR INFO),SOURCE,MLS#,\
             FAVORITE,INTERESTED,LATITUDE,LONGITUDE"
                .split(','),
        );
        for (column, place) in [
            (Column::Date, 1),
            (Column::Zip, 6),
            (Column::LivingArea, 11),
            (Column::Lot, 12),
            (Column::DaysOnMarket, 14),
            (Column::Status, 17),
            (Column::Link, 20),
            (Column::Longitude, 26),
        ] {
            assert_eq!(redfin.place(column), Some(place), "{column:?}");
        }
        let new_york = Headers::read(
            ",BOROUGH,BLOCK,LOT,ADDRESS,ZIP CODE,LAND SQUARE FEET,GROSS SQUARE FEET,YEAR BUILT,SALE PRICE,SALE DATE"
                .split(','),
        );
        assert_eq!(new_york.place(Column::Price), Some(9));
        assert_eq!(new_york.place(Column::Lot), Some(6), "LOT is a tax lot number, not an area");
    }

    #[test]
    fn a_sold_price_is_preferred_to_an_asking_price() {
        let both = Headers::read(["List Price", "Close Price"]);
        assert_eq!(both.place(Column::Price), Some(1));
    }
}
