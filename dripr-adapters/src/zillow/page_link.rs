//! Links to the page that Zillow has of a home.

use reqwest::Url;

const SITE: &str = "https://www.zillow.com/";

/// The page that a relative link names, and without it, or where it leads elsewhere, the one that the number of the home
/// names.
pub(super) fn page_link(told: Option<&str>, zpid: Option<&str>) -> Option<String> {
    let site = Url::parse(SITE).ok()?;
    let by_number = || {
        let zpid = zpid.filter(|zpid| zpid.chars().all(|c| c.is_ascii_digit()))?;
        page(&site, &format!("/homedetails/{zpid}_zpid/"))
    };
    told.and_then(|told| page(&site, told)).or_else(by_number)
}

fn page(site: &Url, told: &str) -> Option<String> {
    let mut page = site.join(told).ok()?;
    let is_own = page.origin() == site.origin() && page.path().starts_with("/homedetails/");
    if !is_own || !page.username().is_empty() || page.password().is_some() {
        return None;
    }
    page.set_query(None);
    page.set_fragment(None);
    Some(page.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_zillow_only() {
        let own = "https://www.zillow.com/homedetails/7-Elm-St/5_zpid/";
        for told in [
            "/homedetails/7-Elm-St/5_zpid/",
            "homedetails/7-Elm-St/5_zpid/?utm=x#y",
            "https://www.zillow.com/homedetails/7-Elm-St/5_zpid/",
            "HTTPS://WWW.ZILLOW.COM:443/homedetails/7-Elm-St/5_zpid/",
        ] {
            assert_eq!(page_link(Some(told), None).as_deref(), Some(own), "{told}");
        }
        for told in [
            "//evil.example/homedetails/5_zpid/",
            "https://zillow.com.evil.example/homedetails/5_zpid/",
            "https://www.zillow.com@evil.example/homedetails/5_zpid/",
            "https://you@www.zillow.com/homedetails/5_zpid/",
            "https://www.zillow.com:444/homedetails/5_zpid/",
            "http://www.zillow.com/homedetails/5_zpid/",
            "\\\\evil.example/homedetails/5_zpid/",
            "javascript:alert(1)//homedetails/",
            "data:text/html,/homedetails/",
            "/homedetails/../logout",
            "/homedetails/%2e%2e/logout",
            "/logout",
            "",
        ] {
            assert_eq!(page_link(Some(told), None), None, "{told}");
            let by_number = "https://www.zillow.com/homedetails/5_zpid/";
            assert_eq!(page_link(Some(told), Some("5")).as_deref(), Some(by_number), "{told}");
        }
        for zpid in ["5/../../logout", "x", "-5", "٥"] {
            assert_eq!(page_link(None, Some(zpid)), None, "{zpid}");
        }
        let line = page_link(Some("/homedetails/\"><script>\r\n/5_zpid/"), None).unwrap();
        assert_eq!(line, "https://www.zillow.com/homedetails/%22%3E%3Cscript%3E/5_zpid/");
    }
}
