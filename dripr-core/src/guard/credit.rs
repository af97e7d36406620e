//! Credit: terms that oblige an advertiser to disclose others, and words that offer it.
//!
//! An advertisement that names the amount or percentage of a down payment, the number of payments or the period of
//! repayment, the amount of a payment or of a finance charge, has to state the other terms too: 12 CFR
//! 1026.24(d)(1). Terms may be advertised only by who in fact offers them: 12 CFR 1026.24(a). A report is no such
//! advertisement, and has no such facts, so that it names none of this, with or without a figure.
//!
//! The rate of a survey with its date is fine: *the average 30-year fixed rate stood at 6.37%*.

use std::{ops::Range, sync::LazyLock};

use super::{objection::Rule, phrases::Phrases, prose::Prose};

/// The passages of a text that name terms of credit or offer it.
pub(super) fn passages(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    // *$612,000 a month earlier* is no payment.
    let is_past = |at: usize| matches!(prose.word(at), "ago" | "earlier" | "before" | "later" | "prior");
    // *Apr. 3* is a date, an *APR* is not.
    let is_april = |tokens: &Range<usize>| prose.written(tokens.clone()) == "Apr";
    let is_term = |tokens: &Range<usize>| !is_past(tokens.end) && !is_april(tokens);
    let terms = TERMS.find(prose).into_iter().filter(is_term).map(|tokens| (Rule::CreditTerm, tokens));
    let offers = OFFERS.find(prose).into_iter().map(|tokens| (Rule::CreditOffer, tokens));
    terms.chain(offers).collect()
}

static TERMS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // The amount or percentage of a down payment.
        "down payment|payments",
        "downpayment|downpayments",
        "with|put|putting|only|just|require|requires|requiring|needs # down",
        "# financing",
        // The number of payments or the period of repayment.
        "# .. payment|payments|installment|installments",
        "# year|years|month|months loan|loans|term|terms|note|notes|financing|repayment|payoff",
        "loan|mortgage|repayment term|terms|period of #",
        "repay|repaid|repaying|repayable|repayment",
        "pay|paid|payable|paying|spread|financed|amortized off? .. over # year|years|month|months",
        "amortized|amortization|amortizing",
        // The amount of a payment.
        "payment|payments of #",
        "monthly|weekly|mortgage|house|loan payment|payments|installment|installments",
        "$ a|per|each|every month|week|mo",
        "$ monthly|weekly|month|mo",
        "$ in? interest|principal",
        // The amount of a finance charge, and the rate that stands for it.
        "finance charge|charges",
        "closing costs|cost",
        "origination|loan|lender fee|fees",
        "interest charge|charges|cost|costs|payments",
        "apr",
        "annual percentage rate",
    ])
});

static OFFERS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "refinance|refinances|refinanced|refinancing|refi",
        "pre approved|approval|qualified|qualify|qualification",
        "preapproved|preapproval|prequalified|prequalify|prequalification",
        "no|zero|nothing|little money? down",
        "$ money? down",
        "you'll? qualify",
        "you may|might|could|can|would|will|already|now qualify",
        "qualify|qualifies for",
        "apply now|today|online|for|here",
        "lock|locking in .. rate|rates|mortgage",
        "lock|locking .. rate|rates now|today|before",
        "rate lock",
        "loan|mortgage|financing|credit offer|offers|available|options|option|approval|application|officer|deal|deals",
        "special|teaser|introductory|promotional|low|easy|flexible|seller|owner|creative financing",
        "special|teaser|introductory|promotional|competitive rate|rates",
        "get|take|taking|offer|offering|offers|need|want|arrange|find .. loan|loans|mortgage|financing|heloc",
        "we|i|they|us can|will|could? lend|finance|lends",
        "lend|lender|lenders|lends",
        "borrow against|more|up|from|with|now",
        "home equity loan|loans|line|lines|credit",
        "heloc|helocs",
        "cash out",
        "tap|tapping|unlock|unlocking|use|using|access|accessing|leverage .. equity",
        "you|homeowners can|could|may|might|would|will|you'll save",
        "save|saving|saves # ..? a|per|each|every|on",
        "lower|reduce|cut|shrink|lowering|reducing|cutting your .. payment|payments|rate|interest|mortgage",
        "rate|rates as low",
        "rate|rates start|starts|starting at|from",
        "affordable payment|payments|financing|loan|loans|mortgage",
        "interest only",
        "bad|easy|instant|good credit",
        "credit score|scores|check",
        "debt consolidation",
        "consolidate|consolidating .. debt|debts",
        "assume|assuming .. mortgage|loan",
    ])
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_rate_is_no_offer() {
        let of = |text: &str| passages(&Prose::of(text)).first().map(|(rule, _)| *rule);
        for fine in [
            "The average 30-year fixed rate stood at 6.37%.",
            "The median was $331 a square foot, 2.4% down from a year before.",
            "About 97 homes sold, some 30 a month.",
            "As of Apr. 12, and not of 11 Apr 2026.",
        ] {
            assert_eq!(of(fine), None, "{fine}");
        }
        assert_eq!(of("for $2,100 a month"), Some(Rule::CreditTerm));
        assert_eq!(of("with 5% down"), Some(Rule::CreditTerm));
        assert_eq!(of("at 6.37% APR"), Some(Rule::CreditTerm));
        assert_eq!(of("The APR is 6.37%."), Some(Rule::CreditTerm));
        assert_eq!(of("Refinance now."), Some(Rule::CreditOffer));
    }
}
