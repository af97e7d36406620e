//! `kill -9` of `dripr run` at random moments under load. However often it is killed, in the end the outbox has exactly
//! one email for each homeowner.
//!
//! The moments of the kills are drawn from a seed that is printed; `DRIPR_SEED` gives others, and `DRIPR_KILLS` makes the
//! loop longer.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

mod deployment;

use std::{thread, time::Duration};

use self::deployment::Deployment;

/// Enough for most kills to meet some.
const HOMEOWNERS_PER_KILL: usize = 6;
const KILLS: usize = 50;
const SEED: u64 = 0x5eed_0001;

/// A small generator (xorshift64*), so that a seed tells all.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end
    }
}

#[test]
fn however_often_it_is_killed_every_homeowner_gets_exactly_one_email() {
    let kills = std::env::var("DRIPR_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let homeowners = HOMEOWNERS_PER_KILL * kills;
    let deployment = Deployment::new(homeowners);
    let seed = std::env::var("DRIPR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let mut dice = Dice(seed);
    let mut under_load = 0;
    for _ in 0..kills {
        let running = deployment.run();
        thread::sleep(Duration::from_millis(20 + dice.below(280)));
        drop(running);
        under_load += usize::from(deployment.outbox().len() < homeowners);
    }
    println!("seed {seed:#x}: {kills} kills, {under_load} of them before the last email was out");

    deployment.settles(deployment.run());
}
