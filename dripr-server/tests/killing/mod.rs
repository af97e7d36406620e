//! `kill -9` of `dripr run` at random moments while it hands emails to a provider, which is killed now and then too.
//!
//! The moments and the provider's moods are drawn from a seed that is printed; `DRIPR_SEED` gives others, and `DRIPR_KILLS`
//! makes the loop longer.
//!
//! These targets have no test harness, because the provider must be another process and there is no other program to be it:
//! a helper binary would be installed with `dripr`, and tests are not told where examples are. Told `provider`, a target
//! is the provider; otherwise it is the test.

#![allow(dead_code, reason = "each test uses a part of it")]

mod quiet;
mod truth;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

pub(crate) use self::{
    quiet::{stored, until_quiet},
    truth::{Ended, Truth},
};
use crate::{
    deployment::Deployment,
    fake_provider::{self, CALM, Dice, Provider, now},
};

/// What a target does: it is the provider, or runs its one test as cargo's harness would.
pub(crate) fn main(name: &str, test: fn()) {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == "provider" => fake_provider::run(rest),
        // What cargo hands on: the wish for a list, or a part of a name.
        _ if args.iter().any(|arg| arg == "--list") => println!("{name}: test\n\n1 test, 0 benchmarks"),
        Some((first, _)) if !first.starts_with('-') && !name.contains(first.as_str()) => {
            println!("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out");
        }
        _ => {
            println!("running 1 test");
            test();
            println!("test {name} ... ok\n");
            println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        }
    }
}

/// How often is killed, and from which seed, unless the environment wants it otherwise.
pub(crate) fn told(kills: usize, seed: u64) -> (usize, u64) {
    let kills = std::env::var("DRIPR_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(kills);
    let seed = std::env::var("DRIPR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
    println!("seed {seed}, {kills} kills");
    (kills, seed)
}

/// A provider and what is drawn for it. It begins before the deployment, which must know where it is.
pub(crate) struct Killing {
    pub(crate) provider: Provider,
    pub(crate) log: PathBuf,
    dice: Dice,
    pub(crate) ended: Ended,
}

impl Killing {
    pub(crate) fn new(kind: &'static str, place: &Path, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let log = place.join("provider.log");
        let provider = Provider::start(kind, &log, 1 + dice.below(1 << 31));
        Self { provider, log, dice, ended: Ended::default() }
    }

    /// Kills the program so many times, and the provider now and then. `before` is called with the number of each kill.
    pub(crate) fn kill(&mut self, deployment: &Deployment, kills: usize, before: impl Fn(usize)) {
        for number in 0..kills {
            before(number);
            let running = deployment.run();
            thread::sleep(Duration::from_millis(20 + self.dice.below(280)));
            if self.dice.below(3) == 0 {
                // However slow the machine is: this one dies while emails are handed over.
                let known = fake_provider::read(&self.log).len();
                let patience = Instant::now() + Duration::from_secs(20);
                while fake_provider::read(&self.log).len() == known && Instant::now() < patience {
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(Duration::from_millis(self.dice.below(60)));
            }
            drop(running);
            self.ended.programs.push(now());
            if self.dice.below(8) == 0 {
                self.provider.kill();
                self.ended.providers.push(now());
                thread::sleep(Duration::from_millis(self.dice.below(60)));
                self.provider.start_again(1 + self.dice.below(1 << 31));
            }
        }
    }

    /// Kills the provider once more, and starts one that has no moods if it is to be `calm`.
    pub(crate) fn replace_provider(&mut self, calm: bool) {
        self.provider.kill();
        self.ended.providers.push(now());
        let seed = 1 + self.dice.below(1 << 31);
        self.provider.start_again(if calm { CALM } else { seed });
    }

    /// What really happened.
    pub(crate) fn truth(self, homeowners: usize) -> Truth {
        Truth { homeowners, log: fake_provider::read(&self.log), ended: self.ended }
    }
}
