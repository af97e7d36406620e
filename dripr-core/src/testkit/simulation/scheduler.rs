//! Tasks of several processes in one thread. Which one goes on is drawn from the seed; a process can be killed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::{
    future::BoxFuture,
    task::{ArcWake, Context, waker},
};

/// Numbers the processes of a simulation.
pub(super) type Process = usize;

struct Ready(AtomicBool);

impl ArcWake for Ready {
    fn wake_by_ref(this: &Arc<Self>) {
        this.0.store(true, Ordering::Relaxed);
    }
}

struct Task {
    process: Process,
    ready: Arc<Ready>,
    future: BoxFuture<'static, ()>,
}

/// The tasks that there are.
pub(super) struct Scheduler {
    tasks: Vec<Task>,
    dice: fastrand::Rng,
}

impl Scheduler {
    pub(super) fn new(seed: u64) -> Self {
        Self { tasks: Vec::new(), dice: fastrand::Rng::with_seed(seed) }
    }

    pub(super) fn spawn(&mut self, process: Process, future: BoxFuture<'static, ()>) {
        self.tasks.push(Task { process, ready: Arc::new(Ready(AtomicBool::new(true))), future });
    }

    /// Polls one task that can go on, and gives its process; `None` if all wait.
    pub(super) fn step(&mut self) -> Option<Process> {
        let ready = self.tasks.iter().filter(|task| task.ready.0.load(Ordering::Relaxed)).count();
        if ready == 0 {
            return None;
        }
        let chosen = self.dice.usize(..ready);
        let mut candidates =
            (0..self.tasks.len()).filter(|at| self.tasks[*at].ready.0.load(Ordering::Relaxed));
        let at = candidates.nth(chosen)?;
        let task = &mut self.tasks[at];
        let process = task.process;
        task.ready.0.store(false, Ordering::Relaxed);
        let waker = waker(task.ready.clone());
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            // In order, so that the same seed finds the same tasks in the same places.
            drop(self.tasks.remove(at));
        }
        Some(process)
    }

    /// Ends a process where it stands: nothing of it runs any more.
    pub(super) fn kill(&mut self, process: Process) {
        self.tasks.retain(|task| task.process != process);
    }
}
