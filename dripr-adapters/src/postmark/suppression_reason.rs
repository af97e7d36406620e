//! Why Postmark delivers nothing to an address any more, in its words.

use dripr_core::email::SuppressionCause;

/// What a `SuppressionReason` says. One that is not known, or none, is taken for the recipient's wish: `ManualSuppression` is
/// all that is neither a bounce nor a complaint, whoever did it.
pub(super) fn cause(reason: Option<&str>) -> SuppressionCause {
    match reason {
        Some("HardBounce") => SuppressionCause::HardBounce,
        Some("SpamComplaint") => SuppressionCause::Complaint,
        Some(_) | None => SuppressionCause::OptOut,
    }
}
