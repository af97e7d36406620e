//! What is known of a home, in one line.

use dripr_core::content::HomeFacts;

use crate::figures;

/// `3 beds · 2.5 baths · 1,680 sq ft`.
pub(super) fn summary(facts: &HomeFacts) -> Option<String> {
    let parts: Vec<String> =
        [figures::bedrooms(facts), figures::bathrooms(facts), figures::living_area(facts)]
            .into_iter()
            .flatten()
            .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Dollars per square foot, where both are known.
pub(super) fn per_sqft(price: u64, facts: &HomeFacts) -> Option<u64> {
    let area = u64::from(facts.living_area_sqft.filter(|area| *area > 0)?);
    let per_sqft = price.saturating_add(area / 2) / area;
    (per_sqft > 0).then_some(per_sqft)
}
