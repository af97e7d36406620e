//! From a seed that fails to the few faults that matter.

use super::{Faults, Injection, Plan, Report, simulate};

/// How many runs may be spent on it.
const RUNS: usize = 400;

/// A plan as small as can be found that breaks the same invariant, and its report; `None` if the plan breaks none.
///
/// First everything but the faults is made smaller, then halves, quarters and so on of the faults are left out as long
/// as the same invariant breaks.
#[must_use]
pub fn shrink(plan: &Plan) -> Option<(Plan, Report)> {
    let report = simulate(plan);
    let broken = invariant(report.violation.as_deref()?).to_owned();
    let mut best = (plan.clone(), report);
    let mut left = RUNS;
    let mut attempt = |candidate: Plan, best: &mut (Plan, Report)| {
        if left == 0 {
            return false;
        }
        left -= 1;
        let report = simulate(&candidate);
        let same = report.violation.as_deref().is_some_and(|violation| invariant(violation) == broken);
        if same {
            *best = (candidate, report);
        }
        same
    };
    attempt(Plan { people: false, ..best.0.clone() }, &mut best);
    for processes in 1..best.0.processes {
        if attempt(Plan { processes, ..best.0.clone() }, &mut best) {
            break;
        }
    }
    for campaigns in [1, 2, 4] {
        if campaigns < best.0.campaigns && attempt(Plan { campaigns, ..best.0.clone() }, &mut best) {
            break;
        }
    }
    let listed = Faults::Listed(best.1.injected.clone());
    if !attempt(Plan { faults: listed, ..best.0.clone() }, &mut best) {
        return Some(best);
    }
    let mut size = best.1.injected.len().div_ceil(2);
    while size > 0 {
        let faults: Vec<Injection> = best.1.injected.iter().copied().collect();
        let fewer = faults.chunks(size).any(|chunk| {
            let kept = faults.iter().copied().filter(|fault| !chunk.contains(fault)).collect();
            attempt(Plan { faults: Faults::Listed(kept), ..best.0.clone() }, &mut best)
        });
        if !fewer {
            size /= 2;
        }
    }
    Some(best)
}

/// The invariant that a violation names.
fn invariant(violation: &str) -> &str {
    violation.split(':').next().unwrap_or(violation)
}
