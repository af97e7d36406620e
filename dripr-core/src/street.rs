//! How streets are written: the words that are abbreviated, and those that say that a unit follows.

/// Directions, as short as they are written (USPS Publication 28, appendix B).
pub const DIRECTIONS: [&str; 8] = ["n", "s", "e", "w", "ne", "nw", "se", "sw"];

/// What stands before the name of a unit (USPS Publication 28, appendix C2).
pub const UNITS: [&str; 13] = [
    "apt",
    "apartment",
    "unit",
    "ste",
    "suite",
    "bldg",
    "building",
    "fl",
    "floor",
    "rm",
    "room",
    "spc",
    "space",
];

/// Directions and street suffixes as people write them, with their standard abbreviations (USPS Publication 28, appendices B
/// and C1), and saints; in the order of the alphabet.
#[rustfmt::skip]
const SHORT: [(&str, &str); 348] = [
    ("allee", "aly"), ("alley", "aly"), ("ally", "aly"), ("anex", "anx"), ("annex", "anx"), ("annx", "anx"),
    ("arcade", "arc"), ("av", "ave"), ("aven", "ave"), ("avenu", "ave"), ("avenue", "ave"), ("avn", "ave"),
    ("avnue", "ave"), ("bayoo", "byu"), ("bayou", "byu"), ("beach", "bch"), ("bend", "bnd"), ("bluf", "blf"),
    ("bluff", "blf"), ("bluffs", "blfs"), ("bot", "btm"), ("bottm", "btm"), ("bottom", "btm"),
    ("boul", "blvd"), ("boulevard", "blvd"), ("boulv", "blvd"), ("branch", "br"), ("brdge", "brg"),
    ("bridge", "brg"), ("brnch", "br"), ("brook", "brk"), ("brooks", "brks"), ("burg", "bg"),
    ("burgs", "bgs"), ("bypa", "byp"), ("bypas", "byp"), ("bypass", "byp"), ("byps", "byp"), ("camp", "cp"),
    ("canyn", "cyn"), ("canyon", "cyn"), ("cape", "cpe"), ("causeway", "cswy"), ("causwa", "cswy"),
    ("cen", "ctr"), ("cent", "ctr"), ("center", "ctr"), ("centers", "ctrs"), ("centr", "ctr"),
    ("centre", "ctr"), ("circ", "cir"), ("circl", "cir"), ("circle", "cir"), ("circles", "cirs"),
    ("cliff", "clf"), ("cliffs", "clfs"), ("club", "clb"), ("cmp", "cp"), ("cnter", "ctr"), ("cntr", "ctr"),
    ("cnyn", "cyn"), ("common", "cmn"), ("commons", "cmns"), ("corner", "cor"), ("corners", "cors"),
    ("course", "crse"), ("court", "ct"), ("courts", "cts"), ("cove", "cv"), ("coves", "cvs"), ("crcl", "cir"),
    ("crcle", "cir"), ("creek", "crk"), ("crescent", "cres"), ("crest", "crst"), ("crossing", "xing"),
    ("crossroad", "xrd"), ("crossroads", "xrds"), ("crsent", "cres"), ("crsnt", "cres"), ("crssng", "xing"),
    ("curve", "curv"), ("dale", "dl"), ("dam", "dm"), ("div", "dv"), ("divide", "dv"), ("driv", "dr"),
    ("drive", "dr"), ("drives", "drs"), ("drv", "dr"), ("dvd", "dv"), ("east", "e"), ("estate", "est"),
    ("estates", "ests"), ("exp", "expy"), ("expr", "expy"), ("express", "expy"), ("expressway", "expy"),
    ("expw", "expy"), ("extension", "ext"), ("extensions", "exts"), ("extn", "ext"), ("extnsn", "ext"),
    ("falls", "fls"), ("ferry", "fry"), ("field", "fld"), ("fields", "flds"), ("flat", "flt"),
    ("flats", "flts"), ("ford", "frd"), ("fords", "frds"), ("forest", "frst"), ("forests", "frst"),
    ("forg", "frg"), ("forge", "frg"), ("forges", "frgs"), ("fork", "frk"), ("forks", "frks"), ("fort", "ft"),
    ("freeway", "fwy"), ("freewy", "fwy"), ("frry", "fry"), ("frt", "ft"), ("frway", "fwy"), ("frwy", "fwy"),
    ("garden", "gdn"), ("gardens", "gdns"), ("gardn", "gdn"), ("gateway", "gtwy"), ("gatewy", "gtwy"),
    ("gatway", "gtwy"), ("glen", "gln"), ("glens", "glns"), ("grden", "gdn"), ("grdn", "gdn"),
    ("grdns", "gdns"), ("green", "grn"), ("greens", "grns"), ("grov", "grv"), ("grove", "grv"),
    ("groves", "grvs"), ("gtway", "gtwy"), ("harb", "hbr"), ("harbor", "hbr"), ("harbors", "hbrs"),
    ("harbr", "hbr"), ("haven", "hvn"), ("heights", "hts"), ("highway", "hwy"), ("highwy", "hwy"),
    ("hill", "hl"), ("hills", "hls"), ("hiway", "hwy"), ("hiwy", "hwy"), ("hllw", "holw"), ("hollow", "holw"),
    ("hollows", "holw"), ("holws", "holw"), ("hrbor", "hbr"), ("ht", "hts"), ("hway", "hwy"),
    ("inlet", "inlt"), ("island", "is"), ("islands", "iss"), ("isles", "isle"), ("islnd", "is"),
    ("islnds", "iss"), ("jction", "jct"), ("jctn", "jct"), ("jctns", "jcts"), ("junction", "jct"),
    ("junctions", "jcts"), ("junctn", "jct"), ("juncton", "jct"), ("key", "ky"), ("keys", "kys"),
    ("knol", "knl"), ("knoll", "knl"), ("knolls", "knls"), ("lake", "lk"), ("lakes", "lks"),
    ("landing", "lndg"), ("lane", "ln"), ("ldge", "ldg"), ("light", "lgt"), ("lights", "lgts"),
    ("lndng", "lndg"), ("loaf", "lf"), ("lock", "lck"), ("locks", "lcks"), ("lodg", "ldg"), ("lodge", "ldg"),
    ("loops", "loop"), ("manor", "mnr"), ("manors", "mnrs"), ("meadow", "mdw"), ("meadows", "mdws"),
    ("medows", "mdws"), ("mill", "ml"), ("mills", "mls"), ("mission", "msn"), ("missn", "msn"), ("mnt", "mt"),
    ("mntain", "mtn"), ("mntn", "mtn"), ("mntns", "mtns"), ("motorway", "mtwy"), ("mount", "mt"),
    ("mountain", "mtn"), ("mountains", "mtns"), ("mountin", "mtn"), ("mssn", "msn"), ("mtin", "mtn"),
    ("neck", "nck"), ("north", "n"), ("northeast", "ne"), ("northwest", "nw"), ("orchard", "orch"),
    ("orchrd", "orch"), ("overpass", "opas"), ("ovl", "oval"), ("parks", "park"), ("parkway", "pkwy"),
    ("parkways", "pkwy"), ("parkwy", "pkwy"), ("passage", "psge"), ("paths", "path"), ("pikes", "pike"),
    ("pine", "pne"), ("pines", "pnes"), ("pkway", "pkwy"), ("pkwys", "pkwy"), ("pky", "pkwy"),
    ("place", "pl"), ("plain", "pln"), ("plains", "plns"), ("plaza", "plz"), ("plza", "plz"), ("point", "pt"),
    ("points", "pts"), ("port", "prt"), ("ports", "prts"), ("prairie", "pr"), ("prk", "park"), ("prr", "pr"),
    ("rad", "radl"), ("radial", "radl"), ("radiel", "radl"), ("ranch", "rnch"), ("ranches", "rnch"),
    ("rapid", "rpd"), ("rapids", "rpds"), ("rdge", "rdg"), ("rest", "rst"), ("ridge", "rdg"),
    ("ridges", "rdgs"), ("river", "riv"), ("rivr", "riv"), ("rnchs", "rnch"), ("road", "rd"),
    ("roads", "rds"), ("route", "rte"), ("rvr", "riv"), ("saint", "st"), ("shoal", "shl"), ("shoals", "shls"),
    ("shoar", "shr"), ("shoars", "shrs"), ("shore", "shr"), ("shores", "shrs"), ("skyway", "skwy"),
    ("south", "s"), ("southeast", "se"), ("southwest", "sw"), ("spng", "spg"), ("spngs", "spgs"),
    ("spring", "spg"), ("springs", "spgs"), ("sprng", "spg"), ("sprngs", "spgs"), ("spurs", "spur"),
    ("sqr", "sq"), ("sqre", "sq"), ("sqrs", "sqs"), ("squ", "sq"), ("square", "sq"), ("squares", "sqs"),
    ("station", "sta"), ("statn", "sta"), ("stn", "sta"), ("str", "st"), ("stravenue", "stra"),
    ("stream", "strm"), ("street", "st"), ("streets", "sts"), ("streme", "strm"), ("strt", "st"),
    ("sumit", "smt"), ("sumitt", "smt"), ("summit", "smt"), ("terr", "ter"), ("terrace", "ter"),
    ("throughway", "trwy"), ("trace", "trce"), ("traces", "trce"), ("track", "trak"), ("tracks", "trak"),
    ("trafficway", "trfy"), ("trail", "trl"), ("trails", "trl"), ("trk", "trak"), ("trks", "trak"),
    ("trls", "trl"), ("trnpk", "tpke"), ("tunel", "tunl"), ("tunls", "tunl"), ("tunnel", "tunl"),
    ("tunnels", "tunl"), ("tunnl", "tunl"), ("turnpike", "tpke"), ("turnpk", "tpke"), ("underpass", "upas"),
    ("union", "un"), ("unions", "uns"), ("valley", "vly"), ("valleys", "vlys"), ("vally", "vly"),
    ("vdct", "via"), ("viadct", "via"), ("viaduct", "via"), ("view", "vw"), ("views", "vws"), ("vill", "vlg"),
    ("villag", "vlg"), ("village", "vlg"), ("villages", "vlgs"), ("ville", "vl"), ("villg", "vlg"),
    ("vist", "vis"), ("vista", "vis"), ("vlly", "vly"), ("vst", "vis"), ("vsta", "vis"), ("walks", "walk"),
    ("well", "wl"), ("wells", "wls"), ("west", "w"), ("wy", "way"),
];

/// A word of a street in lower case, as short as it is written.
///
/// ```
/// assert_eq!(dripr_core::street::short("boulevard"), "blvd");
/// assert_eq!(dripr_core::street::short("elm"), "elm");
/// ```
#[must_use]
pub fn short(word: &str) -> &str {
    let known = SHORT.binary_search_by_key(&word, |(long, _)| *long).ok().and_then(|at| SHORT.get(at));
    known.map_or(word, |(_, short)| *short)
}

/// The words of a street in lower case, as short as they are written, without those that only say that a unit follows. The
/// second word is never one of these (`100 Space Center Blvd`), nor is the last.
pub(crate) fn folded<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let last = words.len().saturating_sub(1);
    let is_said = |at: usize, word: &str| !(1 < at && at < last && UNITS.contains(&word));
    let said = words.iter().enumerate().filter(|(at, word)| is_said(*at, word));
    said.map(|(_, word)| short(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched_and_leads_to_an_end() {
        assert!(SHORT.is_sorted_by(|(a, _), (b, _)| a < b));
        for (long, brief) in SHORT {
            assert_eq!((short(long), short(brief)), (brief, brief), "{long}");
            assert!(!UNITS.contains(&long) && !UNITS.contains(&brief), "{long}");
        }
        assert!(DIRECTIONS.iter().all(|known| SHORT.iter().any(|(_, short)| short == known)));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for street in [
            "12 apt unit 4",
            "12 elm apt unit",
            "12 unit apt 4 building",
            "100 space center boulevard suite floor 4",
            "apartment 4 12 northeast elm street",
            "",
            "unit",
        ] {
            let words: Vec<&str> = street.split(' ').collect();
            let once = folded(&words);
            assert_eq!(folded(&once), once, "{street}");
        }
    }
}
