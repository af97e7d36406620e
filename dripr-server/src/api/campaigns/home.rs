//! A home as the API shows and takes one.

use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::zip_code;
use crate::api::{
    body::{given, whole},
    problem::Problem,
    problems::Problems,
    text::{line, some_line},
};

/// What is said of a ZIP code beside a home.
pub(super) const BRINGS_ITS_OWN: &str = "a home brings its own; leave it out";

/// A home.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HomeView {
    /// Number and street, with a unit where there is one.
    street: String,
    /// Empty if unknown.
    city: String,
    /// Two letters; empty if unknown.
    state: String,
    zip_code: String,
    facts: HomeFactsView,
    /// Where it lies; null if nobody told.
    location: Option<LocationView>,
}

/// A home, as it is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct GivenHome {
    /// Number and street, with a unit where there is one.
    #[schema(min_length = 1, max_length = 200)]
    street: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    city: String,
    /// Two letters; empty if unknown.
    #[serde(default)]
    #[schema(max_length = 200)]
    state: String,
    #[schema(pattern = "^[0-9]{5}(-[0-9]{4})?$")]
    zip_code: String,
    /// What is known of it; it takes the place of all that was known before. Without it, what is known stays as long as the street
    /// and the ZIP code stay: of a home at another street nothing is known but what is given with it.
    #[serde(default)]
    facts: Option<HomeFactsView>,
    /// Where it lies; null takes away what was known. Without it, what is known stays as long as the street and the ZIP code do.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LocationView>)]
    location: Option<Option<LocationView>>,
}

/// What is known of a home; null is what nobody told. The more is known, the better it can be compared with homes that were sold.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HomeFactsView {
    /// 0 for a studio.
    #[schema(minimum = 0, maximum = 50)]
    bedrooms: Option<f32>,
    /// In quarters: one of 1.75 has no tub.
    #[schema(minimum = 0, maximum = 50)]
    bathrooms: Option<f32>,
    /// Living area in square feet.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 400000000)]
    living_area_sqft: Option<u32>,
    /// Lot in square feet.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 400000000)]
    lot_sqft: Option<u32>,
    /// In halves.
    #[schema(minimum = 0, maximum = 50)]
    floors: Option<f32>,
    /// Living area above ground in square feet.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 400000000)]
    above_ground_sqft: Option<u32>,
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1600, maximum = 2100)]
    year_built: Option<u16>,
    /// The year of the last renovation.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1600, maximum = 2100)]
    year_renovated: Option<u16>,
    /// The assessor's building grade (King County: 1 to 13).
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 20)]
    grade: Option<u8>,
    /// The assessor's condition (King County: 1 to 5).
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 20)]
    condition: Option<u8>,
    /// The assessor's quality of view (King County: 0 to 4).
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 20)]
    view: Option<u8>,
    /// Whether it lies at the water.
    waterfront: Option<bool>,
    /// Mean living area of the nearest neighbours in square feet.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 400000000)]
    neighbours_living_area_sqft: Option<u32>,
    /// Mean lot of the nearest neighbours in square feet.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 400000000)]
    neighbours_lot_sqft: Option<u32>,
}

/// A point, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LocationView {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

impl HomeView {
    pub(super) fn of(home: Home) -> Self {
        let point =
            |point: GeoPoint| LocationView { latitude: point.latitude(), longitude: point.longitude() };
        Self {
            street: home.street,
            city: home.city,
            state: home.state,
            zip_code: home.zip_code.to_string(),
            facts: HomeFactsView::of(home.facts),
            location: home.location.map(point),
        }
    }
}

impl GivenHome {
    /// The home, with what is known of it already if it is the same.
    pub(super) fn home(&self, known: Option<&Home>) -> Result<Home, Problem> {
        let mut problems = Problems::default();
        let street = problems.take(some_line("/home/street", &self.street));
        let city = problems.take(line("/home/city", &self.city));
        let state = problems.take(line("/home/state", &self.state));
        let zip_code = problems.take(zip_code("/home/zip_code", &self.zip_code));
        let facts = problems.take(self.facts.as_ref().map(HomeFactsView::facts).transpose());
        let point = |location: Option<LocationView>| location.map(LocationView::point).transpose();
        let location = problems.take(self.location.map(point).transpose());
        let (home, facts, location) = problems.unless_any(|| {
            let home = Home {
                street: street?,
                city: city?,
                state: state?,
                zip_code: zip_code?,
                location: None,
                facts: HomeFacts::default(),
            };
            Some((home, facts?, location?))
        })?;
        let known = known.filter(|known| known.key() == home.key());
        let location = location.unwrap_or_else(|| known.and_then(|known| known.location));
        let facts =
            facts.unwrap_or_else(|| known.map_or_else(HomeFacts::default, |known| known.facts.clone()));
        Ok(Home { location, facts, ..home })
    }
}

impl HomeFactsView {
    fn of(facts: HomeFacts) -> Self {
        let HomeFacts {
            bedrooms,
            bathrooms,
            living_area_sqft,
            lot_sqft,
            floors,
            above_ground_sqft,
            year_built,
            year_renovated,
            grade,
            condition,
            view,
            waterfront,
            neighbours_living_area_sqft,
            neighbours_lot_sqft,
        } = facts;
        Self {
            bedrooms,
            bathrooms,
            living_area_sqft,
            lot_sqft,
            floors,
            above_ground_sqft,
            year_built,
            year_renovated,
            grade,
            condition,
            view,
            waterfront,
            neighbours_living_area_sqft,
            neighbours_lot_sqft,
        }
    }

    fn facts(&self) -> Result<HomeFacts, Problem> {
        let facts = HomeFacts {
            bedrooms: self.bedrooms,
            bathrooms: self.bathrooms,
            living_area_sqft: self.living_area_sqft,
            lot_sqft: self.lot_sqft,
            floors: self.floors,
            above_ground_sqft: self.above_ground_sqft,
            year_built: self.year_built,
            year_renovated: self.year_renovated,
            grade: self.grade,
            condition: self.condition,
            view: self.view,
            waterfront: self.waterfront,
            neighbours_living_area_sqft: self.neighbours_living_area_sqft,
            neighbours_lot_sqft: self.neighbours_lot_sqft,
        };
        let mut problems = Problems::default();
        for odd in facts.out_of_range() {
            let (pointer, expected) = (format!("/home/facts/{}", odd.field), odd.expected);
            problems.add(Problem::invalid(pointer, format!("must be {expected}")));
        }
        problems.unless_any(|| Some(facts))
    }
}

impl LocationView {
    fn point(self) -> Result<GeoPoint, Problem> {
        GeoPoint::new(self.latitude, self.longitude)
            .map_err(|error| Problem::invalid("/home/location", error.to_string()))
    }
}
