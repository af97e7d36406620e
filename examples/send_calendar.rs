//! When do a campaign's emails leave? The schedule is pure functions; nothing else is needed.
//!
//! ```text
//! cargo run -p dripr-examples --example send_calendar
//! ```

use std::error::Error;

use dripr_core::schedule::{Instant, SendDay, SendingRules};

fn main() -> Result<(), Box<dyn Error>> {
    let rules = SendingRules::default();
    let created: Instant = "2026-07-18T16:20:00Z".parse()?;
    println!("A campaign created on 18 July 2026, by its send day (times in {}):", rules.zone());
    for day in [1, 15, 19, 28] {
        let day = SendDay::new(day)?;
        let mut slot = rules.first_slot(created, day);
        let mut dates = Vec::new();
        for _ in 0..4 {
            dates.push(slot.at().with_timezone(&rules.zone()).format("%a %-d %b %H:%M").to_string());
            // Each is sent on time; a late sending may postpone the next by a month, never shift its day.
            slot = rules.next_slot(slot, Some(slot.at()), day);
        }
        println!("  day {day:>2}: {}", dates.join(", "));
    }
    Ok(())
}
