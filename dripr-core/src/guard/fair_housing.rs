//! Words that indicate a preference, a limitation or discrimination because of race, color, religion, sex, handicap,
//! familial status or national origin: 42 U.S.C. 3604(c), 24 CFR 100.75.
//!
//! What is fine is taken from HUD's memorandum of 9 January 1995 (Guidance Regarding Advertisements Under 804(c) of the
//! Fair Housing Act): a description of the home (*master bedroom*, *mother-in-law suite*, *bachelor apartment*, *family
//! room*), of what it offers (*wheelchair ramp*, *great view*, *walk-in closets*, *jogging trails*, *quiet street*), and
//! phrases that say nothing of people (*desirable neighborhood*, *single-family home*).
//!
//! The rule is stricter than the law, for a reason: writers are given figures of homes and of a market, and nothing
//! about people, places of worship, schools or crime. Whatever a text says of these is made up, and often stands in for
//! a protected class. Refused therefore are
//! - who lives somewhere, who should, and for whom a home is *perfect*, children and families at all;
//! - a religion, an origin or a race as a trait of a place; places of worship as landmarks;
//! - *safe* and *crime* of places, how good schools are, *exclusive*, *up and coming*, the wealth of neighbours, which
//!   steer people without naming them.
//!
//! Names of streets and of places (*Church Street*, *Black Diamond*, *White Center*, *Chinatown-International District*)
//! and of things (*white oak*, *French doors*, *Oriental rug*) are fine.

use std::{ops::Range, sync::LazyLock};

use super::{phrases::Phrases, prose::Prose};

/// The passages of a text that speak of people or of what stands in for them.
pub(super) fn passages(prose: &Prose) -> Vec<Range<usize>> {
    let fine = FINE.find(prose);
    let is_fine = |token: usize| fine.iter().any(|phrase| phrase.contains(&token));
    let mut found: Vec<Range<usize>> = FORBIDDEN
        .find(prose)
        .into_iter()
        .filter(|phrase| !is_fine(phrase.start) && !is_fine(phrase.end.saturating_sub(1)))
        .filter(|phrase| !is_part_of_a_name(prose, phrase))
        .collect();
    found.extend((0..prose.len()).filter_map(|at| ages(prose, at)));
    found
}

/// `55+`.
fn ages(prose: &Prose, at: usize) -> Option<Range<usize>> {
    let age = matches!(prose.digits(at), "40" | "45" | "50" | "55" | "60" | "62" | "65");
    (age && prose.is_mark(at + 1, '+')).then_some(at..at + 2)
}

/// *Church Street*: one capitalised word before what streets and places are called.
fn is_part_of_a_name(prose: &Prose, phrase: &Range<usize>) -> bool {
    let one = phrase.len() == 1 && prose.is_capitalised(phrase.start);
    one && prose.is_capitalised(phrase.end)
        && matches!(
            prose.word(phrase.end),
            "street"
                | "st"
                | "avenue"
                | "ave"
                | "road"
                | "rd"
                | "lane"
                | "ln"
                | "drive"
                | "dr"
                | "court"
                | "ct"
                | "place"
                | "pl"
                | "boulevard"
                | "blvd"
                | "way"
                | "circle"
                | "terrace"
                | "hill"
                | "hills"
                | "creek"
                | "lake"
                | "river"
                | "island"
                | "point"
                | "park"
                | "heights"
                | "bay"
                | "beach"
                | "ridge"
                | "view"
        )
}

static FINE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "single|multi|two|three|four family",
        "single|multi family home|homes|house|houses|residence|residences|market|property|properties|sales|zoning",
        "family room|rooms|home|homes|house|houses|residence|residences|dwelling|dwellings|kitchen",
        "bachelor apartment|apartments|unit|units|suite",
        "handicap|handicapped|wheelchair accessible|access|accessibility|parking|ramp|ramps",
        "black diamond|lake|river|hills|granite|marble|tile",
        "white center|river|rock|salmon|oak|cabinets|tile|picket|trim|pine",
        "chinatown international district",
        "oriental rug|rugs|carpet",
        "asian pear|pears",
        "good faith",
        "senior agent|advisor|broker|analyst|economist",
        "safe estimate|bet|assumption",
        "mature trees|tree|landscaping|garden|gardens|plantings",
    ])
});

static FORBIDDEN: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // For whom a home is, whoever that may be.
        "perfect|ideal|ideally|great|good|best|suited|suitable|right|made|designed|excellent|wonderful|fit|tailored|\
         appropriate|meant|intended for|to .. families|family|couples|couple|singles|single|students|student|\
         professionals|professional|retirees|retiree|parents|kids|children|bachelors|bachelor|newlyweds|nesters|\
         nester|women|woman|men|man|ladies|gentlemen|executives|homemakers|adults|buyers|person|people|seniors",
        // Familial status.
        "families",
        "children|child|kids|kid|toddler|toddlers|infants|babies|teenagers",
        "childless|childfree|grandchildren|newlyweds|newlywed",
        "adult|adults only|preferred|exclusively|community|communities|building|complex|neighborhood|living",
        "active|mature adult|adults",
        "mature couple|couples|person|persons|people|residents|individuals|individual|tenants|buyers|professionals",
        "empty nester|nesters|nest",
        "bachelor pad|pads",
        "singles|couples|couple only|preferred|welcome",
        "couples",
        "family friendly|oriented|neighborhood|neighborhoods|community|communities|area|areas|atmosphere|values|\
         environment|street|streets|town|living|life|lifestyle|minded|gatherings|place|setting|focused",
        "young|growing|traditional|large|small|nuclear|new|expanding|active|nice|good family|couple|couples|\
         professional|professionals|people|buyers|adults|folks",
        "your|a|any|every|the|one whole? family",
        "raise|raising|start|starting .. family|families",
        "senior citizen|citizens|living|housing|community|communities|discount|buyers|residents|tenants|friendly",
        "seniors|retirees|retiree|elderly|pensioners",
        "retirement community|communities|living|age",
        "older persons|people|residents|adults|couple|couples",
        "age restricted|qualified",
        "# and|or older",
        "students",
        "student housing|neighborhood|area",
        "single mother|mothers|parent|parents|woman|women|man|men|person|people|professional|professionals|occupancy",
        "married couple|couples|people|buyers|only",
        "pregnant|pregnancy|motherhood|fatherhood",
        "young at heart",
        // Race, color and national origin.
        "caucasian|caucasians|negro|negroes|hispanic|hispanics|latino|latinos|latina|latinas|latinx|chicano|chicanos",
        "african american|americans",
        "blacks|minority|minorities|racial|racially|race|races|ethnic|ethnicity|ethnically|interracial",
        "multicultural|multiethnic|biracial|segregated|segregation|immigrant|immigrants|foreigner|foreigners",
        "white|black|asian|brown|colored neighborhood|neighborhoods|community|communities|area|areas|family|people|\
         person|residents|buyers|tenants|homeowners|owners|neighbors|population|enclave|household|households|only|\
         clientele|folks|owned",
        "predominantly|mostly|mainly|largely|primarily|exclusively|exclusive|historically|traditionally white|black|\
         asian|chinese|japanese|korean|vietnamese|filipino|indian|mexican|italian|irish|polish|russian|arab|african|\
         american|european|somali|ethiopian|scandinavian",
        "all white|black|asian|american neighborhood|community|area|town|block|street",
        "no blacks|whites|asians|mexicans|foreigners|indians|arabs",
        "chinese|japanese|korean|vietnamese|filipino|indian|pakistani|mexican|cuban|salvadoran|italian|irish|polish|\
         german|russian|ukrainian|greek|arab|persian|iranian|somali|ethiopian|eritrean|nigerian|african|hungarian|\
         norwegian|swedish|scandinavian|nordic|portuguese|oriental|european|cambodian|thai|samoan|hawaiian|arabic|\
         spanish|turkish|armenian neighborhood|neighborhoods|community|communities|area|enclave|district|quarter|\
         family|people|person|residents|buyers|tenants|owners|homeowners|neighbors|population|household|households|\
         heritage|roots|settlement|speaking|speakers|culture|only|church",
        "puerto rican|ricans",
        "native american|americans|born",
        "american indian|indians",
        "integrated|diverse|homogeneous neighborhood|neighborhoods|community|communities|area|areas|population|\
         residents|schools|town|block|street|people|mix",
        "diversity|demographic|demographics",
        "english speaking|speakers only?",
        "citizens only",
        // Religion.
        "christian|christians|catholic|catholics|protestant|protestants|jewish|jew|jews|muslim|muslims|islamic|\
         mormon|mormons|hindu|hindus|buddhist|buddhists|sikh|sikhs|evangelical|evangelicals|lutheran|lutherans|\
         baptist|baptists|methodist|methodists|presbyterian|episcopal|quaker",
        "church|churches|synagogue|synagogues|temple|temples|mosque|mosques|parish|parishes|cathedral|shul|eruv|\
         chapel|chapels|congregation|worship",
        "religious|religion|religions|faith|faiths|godly|churchgoing|biblical",
        "god fearing|loving",
        // Sex.
        "men|women|male|males|female|females|ladies|gentlemen|girls|boys only|preferred|exclusively",
        "gay|lesbian|lgbt|lgbtq|transgender|homosexual|heterosexual|homosexuals",
        "no men|women|males|females",
        "housewife|housewives",
        // Handicap.
        "able bodied|minded",
        "no wheelchair|wheelchairs|disabled|handicapped|crutches|walkers|invalids",
        "not suitable|suited|appropriate|recommended|fit|meant|ideal|right for .. disabled|handicapped|wheelchair|\
         wheelchairs|elderly|disabilities|disability|children",
        "crippled|cripple|cripples|retarded|handicapped|disabled|mentally|insane",
        "mental illness|illnesses|patients|health",
        "blind|deaf person|persons|people|tenants|residents|buyers",
        "physically fit|able|active|challenged",
        "healthy person|people|adults|individuals|residents|tenants|seniors|couple|only",
        "ambulatory",
        "no service|support|emotional animal|animals|support|dogs",
        // What draws a line without naming it.
        "exclusive|restricted|elite|respectable .. neighborhood|neighborhoods|community|communities|enclave|area|\
         clientele|residents|address",
        "membership|board approval",
        "right|wrong|our|certain|better|same kind|sort|type|class|caliber of .. people|person|neighbors|neighbor|\
         buyer|buyers|residents|families",
        "desirable|undesirable|decent|respectable people|neighbors|residents|families|elements|element",
        "undesirables",
        "traditional values|neighborhood|community|town",
        "safe|safer|safest|secure .. neighborhood|neighborhoods|community|communities|area|areas|street|streets|town|\
         block|blocks|place|part|side|district|environment|suburb|enclave|city|zip|pocket",
        "neighborhood|area|community|street|streets|block|town|zip|district .. safe|safer|safest|dangerous|unsafe",
        "neighborhood|area|community|street safety",
        "crime|crimes|criminals|gang|gangs|ghetto|slum|slums|unsafe",
        "inner city",
        "wrong|bad|rough|good|nice|nicer|better|poor|rich side|part of town|the|seattle|city",
        "rough|dangerous|sketchy|bad|shady|seedy neighborhood|neighborhoods|area|areas|street|streets|block|part",
        "good|great|excellent|top|best|better|highly|rated|award|fine|strong|outstanding|sought|superb|desirable|\
         coveted|acclaimed|blue|exceptional|leading|quality|bad|poor|failing|low .. school|schools",
        "school|schools .. rating|ratings|ranking|rankings|rated|ranked|scores|quality|excellent|desirable",
        "up and coming",
        "gentrifying|gentrified|gentrification|gentrify",
        "changing|transitional|transitioning|improving|declining neighborhood|neighborhoods|community|area|areas",
        "working|middle|upper|lower class",
        "blue|white collar",
        "affluent|wealthy|wealthier",
        "low|high|higher|lower|mixed income|incomes",
        "no? section eight|8",
    ])
});

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<String> {
        let prose = Prose::of(text);
        passages(&prose).into_iter().next().map(|tokens| prose.written(tokens).to_owned())
    }

    #[test]
    fn names_and_things_are_not_people() {
        for text in
            ["on Church Street", "Temple Hill", "a single-family home, great for single-family zoning"]
        {
            assert_eq!(first(text), None, "{text}");
        }
        for (text, passage) in [
            ("near the church street fair", "church"),
            ("Church people", "Church"),
            ("a 55+ community", "55+"),
            ("great for any growing Families", "great for any growing Families"),
        ] {
            assert_eq!(first(text).as_deref(), Some(passage), "{text}");
        }
    }

    #[test]
    fn a_name_is_a_name_only_where_both_words_are_written_as_one() {
        for (text, passage) in [
            ("on Temple Street", None),
            ("on temple Street", Some("temple")),
            ("on Temple street", Some("Temple")),
            ("on Temple grounds", Some("Temple")),
            ("on Temple Grounds", Some("Temple")),
        ] {
            assert_eq!(first(text).as_deref(), passage, "{text}");
        }
    }
}
