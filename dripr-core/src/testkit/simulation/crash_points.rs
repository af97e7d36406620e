//! Every call of a run without trouble, met by every trouble alone.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use super::{Fault, Faults, Injection, Plan, Report};

/// What may happen to a call once.
const ONCE: [Fault; 5] =
    [Fault::Error, Fault::AckLost, Fault::CrashBefore, Fault::CrashAfter, Fault::AcceptedInSilence];

/// What came of [`every_crash_point`].
#[derive(Debug)]
pub struct CrashPoints {
    /// The run without trouble.
    pub golden: Report,
    /// How many runs with a trouble there were.
    pub runs: usize,
    /// How many faults happened in them.
    pub injected: usize,
    /// The runs in which something did not hold, or in which not the same number of emails came out.
    pub failed: Vec<(Faults, Report)>,
}

/// Runs a plan once, and then once for each of its calls and each trouble: it fails once, it fails from then on until
/// calm returns, the process dies before or after it, its answer is lost. In the end there must be the same emails.
///
/// The runs are spread over all cores. `run` is [`simulate`](super::simulate), or
/// [`simulate_on`](super::simulate_on) with a new database each time. [`Plan::quiet_month`] is a plan for it.
pub fn every_crash_point(plan: &Plan, run: impl Fn(&Plan) -> Report + Sync) -> CrashPoints {
    each_of_so_many_crash_points(plan, 1, run)
}

/// The same with one of so many of them only, for databases on which a run takes long. Each kind of call is among them, unless
/// there are fewer of it.
pub fn each_of_so_many_crash_points(
    plan: &Plan,
    so_many: usize,
    run: impl Fn(&Plan) -> Report + Sync,
) -> CrashPoints {
    let golden = run(plan);
    let calls = golden.calls.iter().filter(|(call, _)| **call != "clock.tick");
    let plans: Vec<Plan> = calls
        .flat_map(|(call, calls)| (0..calls.count).map(move |nth| (*call, nth, &calls.possible)))
        .flat_map(|(call, nth, possible)| {
            let met = move |fault| Injection { call, nth, fault };
            let once = ONCE.into_iter().filter(|fault| possible.contains(fault));
            // A store that for days cannot keep what was fetched uses up the calls of the cycle: then nothing can be said.
            let lasts = call != "areas.finish" && possible.contains(&Fault::Error);
            once.map(move |fault| Faults::Listed([met(fault)].into()))
                .chain(lasts.then(|| Faults::From(met(Fault::Error))))
        })
        .step_by(so_many.max(1))
        .map(|faults| Plan { faults, ..plan.clone() })
        .collect();
    let mut points = CrashPoints { golden, runs: plans.len(), injected: 0, failed: Vec::new() };
    let emails = points.golden.emails;
    let (next, found) = (Mutex::new(plans.into_iter()), Mutex::new((0, Vec::new())));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let plan = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(plan) = plan else { return };
                    let report = run(&plan);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.0 += report.injected.len();
                    if report.violation.is_some() || report.emails != emails {
                        found.1.push((plan.faults, report));
                    }
                }
            });
        }
    });
    (points.injected, points.failed) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    points
}
