//! The standard work: campaigns from due to sent, through every stage, on each store and queue that is found. What it is
//! and how to read its figures says `docs/performance.md`.
//!
//! ```text
//! cargo bench -p dripr-tests --features bench --bench standard_work -- [--store sqlite|postgres|mysql]
//!     [--queue beside|redis] [--campaigns 10000] [--runs 3] [--write docs/performance.md]
//! ```
//!
//! Each case runs in a process of its own, so that its memory is its own. A server that is not there is an error when it
//! was named, and left out otherwise; `DRIPR_TEST_POSTGRES`, `DRIPR_TEST_MYSQL` and `DRIPR_TEST_REDIS` say where they are.

mod alone;
mod asked;
mod clock;
mod due_scan;
mod figures;
mod page;
mod place;
mod plain_loop;
mod process;
mod providers;
mod single;
mod standard;
mod world;

use dripr_tests::Failure;
use serde_json::Value;
use tokio::runtime;

use self::{
    asked::{Asked, Case},
    figures::Figures,
};

fn main() -> Result<(), Failure> {
    let asked = Asked::read(std::env::args().skip(1))?;
    let Some(case) = &asked.case else {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let figures = Figures::gather(&asked, &runtime)?;
        let table = page::table(&figures);
        println!("\n{table}");
        return match &asked.write {
            Some(path) => page::write(path, &table),
            None => Ok(()),
        };
    };
    let result = in_this_process(case, &asked)?;
    println!("{result}");
    Ok(())
}

/// A case by itself: what its parent reads is one line of JSON.
fn in_this_process(case: &Case, asked: &Asked) -> Result<Value, Failure> {
    let runtime = match case {
        Case::Plain => runtime::Builder::new_current_thread().enable_all().build()?,
        _ => runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
    };
    let (store, queue, campaigns) = (asked.a_store()?, asked.a_queue(), asked.campaigns);
    runtime.block_on(async {
        match case {
            Case::Standard => standard::run(store, queue, campaigns).await,
            Case::Alone => alone::run(store, queue).await,
            Case::Due => due_scan::run(store, campaigns).await,
            Case::Plain => plain_loop::run(campaigns).await,
            Case::Single => single::run().await,
        }
    })
}
