//! Which followed link is the one by which its recipient opts out and in, in whatever form it comes back.
//!
//! Providers, filters and mail programs write links anew: encoded once or twice, with parameters behind them, inside a link of
//! their own. So a link is read as what it is, a path of segments, after everything that was put around them was taken off.

use percent_encoding::percent_decode_str;

use super::Email;

/// So many times something was encoded over what was encoded at most: a filter's link around a tracker's around ours.
const LAYERS: usize = 6;

/// How HTML and XML write what stands between segments.
const ENTITIES: [(&str, &str); 7] = [
    ("&amp;", "&"),
    ("&AMP;", "&"),
    ("&#38;", "&"),
    ("&sol;", "/"),
    ("&#47;", "/"),
    ("&#x2f;", "/"),
    ("&#x2F;", "/"),
];

impl Email {
    /// Whether following a link opts this email's recipient out or in: that one is theirs alone. It is told by where it leads,
    /// whatever the deployment's address was when it was made, wherever in the link that stands and however it is encoded.
    #[must_use]
    pub fn is_opted_out_by(&self, link: &str) -> bool {
        // One of Proofpoint's, version 2, writes a hyphen for the percent sign and an underscore for the slash.
        let unwritten = link.replace('-', "%").replace('_', "/");
        [link, unwritten.as_str()].into_iter().any(|link| self.is_led_to(&decoded(link)))
    }

    /// Whether three segments in a row are those of this email's link, which are followed by the one that is signed.
    fn is_led_to(&self, link: &str) -> bool {
        let wanted = ["o", self.user_id.as_str(), self.campaign_id.as_str()];
        let segments: Vec<&str> = link.split(['/', '\\']).collect();
        // What makes links anew may write them in small letters.
        let is_wanted = |(found, wanted): (&&str, &str)| found.eq_ignore_ascii_case(wanted);
        segments.windows(wanted.len() + 1).any(|found| found.iter().zip(wanted).all(is_wanted))
    }
}

/// A link with nothing encoded in it any more.
fn decoded(link: &str) -> String {
    let mut text = link.to_owned();
    for _ in 0..LAYERS {
        let mut next = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        for (entity, character) in ENTITIES {
            next = next.replace(entity, character);
        }
        if next == text {
            break;
        }
        text = next;
    }
    text
}
