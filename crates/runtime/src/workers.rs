//! Workers: threads that run the tasks of one machine, which one of them uses at a time.
//!
//! Compiled code, and what it asks for that is its task's own (objects, values, collections), runs side by side. Whatever concerns
//! more than one task is done by who has the machine.

use std::cell::UnsafeCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use pluto_host::between;

use crate::machine::{Machine, Pick};
use crate::switch;
use crate::task::Task;
use crate::world::Outcome;

/// Bytes of the stack of a worker's own.
const STACK: usize = 8 << 20;

/// Who has the machine, and who waits for it to have something to do.
#[derive(Default)]
struct Gate {
    lock: Mutex<()>,
    idle: Condvar,
}

/// A machine, for its workers.
pub(crate) struct Shared<'r> {
    machine: UnsafeCell<Machine<'r>>,
    gate: Arc<Gate>,
    /// Whether there are several of them.
    many: bool,
}

/// What a worker is given.
struct Given<'s, 'r>(&'s Shared<'r>);

// SAFETY: the machine is used by who holds the lock only, and everything in it may be used by any thread then: tasks by their
// addresses, the world is `Send`, the tables are not written.
unsafe impl Send for Given<'_, '_> {}

impl<'r> Shared<'r> {
    /// Runs a machine, on so many threads, until it is over.
    ///
    /// # Safety
    /// The first task of the machine was given what it is to do, which keeps to the rules of compiled code.
    pub(crate) unsafe fn run(machine: Machine<'r>, workers: usize) -> Outcome {
        let shared = Self { machine: UnsafeCell::new(machine), gate: Arc::default(), many: workers > 1 };
        {
            let mut inside = Inside::new(&shared, 0);
            let address: *const Shared<'r> = &raw const shared;
            inside.machine().begin_with(address, workers);
            if workers > 1 {
                let gate = Arc::clone(&shared.gate);
                inside.machine().pending.news().wake(move || {
                    // Whoever looked for news has seen it, or waits by now.
                    drop(gate.lock.lock());
                    gate.idle.notify_one();
                });
            }
        }
        std::thread::scope(|scope| {
            for _ in 1..workers {
                let given = Given(&shared);
                // Where there are no more threads, there are fewer workers.
                let spawned = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
                    let given = given;
                    given.0.work();
                });
                if spawned.is_err() {
                    Inside::new(&shared, 0).machine().busy -= 1;
                }
            }
            shared.work();
        });
        shared.machine.into_inner().ended()
    }

    /// Runs tasks until there is nothing more to do.
    fn work(&self) {
        let task = Inside::new(self, 0).next();
        if !task.is_null() {
            // SAFETY: whoever began the run promises it of the code; the task is this worker's now.
            unsafe { switch::enter(task.cast()) };
        }
    }
}

/// Who has the machine.
pub(crate) struct Inside<'s, 'r> {
    shared: &'s Shared<'r>,
    guard: Option<MutexGuard<'s, ()>>,
    /// The worker's own stack.
    host: u64,
}

impl<'s, 'r> Inside<'s, 'r> {
    fn new(shared: &'s Shared<'r>, host: u64) -> Self {
        let guard = shared.many.then(|| shared.gate.lock.lock().unwrap_or_else(PoisonError::into_inner));
        Self { shared, guard, host }
    }

    /// For a task that was left by its stub.
    ///
    /// # Safety
    /// The task is there, and this worker ran it.
    pub(crate) unsafe fn of(task: *mut Task<'r>) -> Self {
        // SAFETY: the machine is there as long as its tasks are, and the caller promises that the task is.
        let (shared, host, id) = unsafe { (&*(*task).shared, (*task).host_stack, (*task).id) };
        let mut inside = Self::new(shared, host);
        let many = shared.many;
        let machine = inside.machine();
        machine.host = host;
        if many {
            machine.give_turn(id);
        }
        inside
    }

    pub(crate) fn machine(&mut self) -> &mut Machine<'r> {
        // SAFETY: the lock is held where there are several workers, and nobody else inside uses it while this is borrowed.
        unsafe { &mut *self.shared.machine.get() }
    }

    /// Lets another worker have some of at least so many tasks that can go on.
    pub(crate) fn share(&mut self, least: usize) {
        let machine = self.machine();
        if machine.idle > 0 && machine.ready.len() >= least {
            self.shared.gate.idle.notify_one();
        }
    }

    /// The task that has its turn goes on, or else another one.
    pub(crate) fn on(&mut self) -> *mut Task<'r> {
        let machine = self.machine();
        let task = if machine.over { std::ptr::null_mut() } else { machine.go_on() };
        if task.is_null() { self.next() } else { task }
    }

    /// The task that goes on now; null where the run is over.
    pub(crate) fn next(&mut self) -> *mut Task<'r> {
        let host = self.host;
        self.machine().busy -= 1;
        loop {
            let machine = self.machine();
            machine.host = host;
            match machine.pick() {
                Pick::Task(task) => {
                    machine.busy += 1;
                    self.share(1);
                    return task;
                }
                Pick::Over => {
                    self.shared.gate.idle.notify_all();
                    return std::ptr::null_mut();
                }
                Pick::Nobody(time) if machine.busy > 0 => _ = self.wait(time),
                Pick::Nobody(time) if !machine.pending.is_empty() => self.wait_for_news(time),
                Pick::Nobody(Some(time)) => machine.world.wait_until(time),
                Pick::Nobody(None) => {
                    let waiting = machine.waiting();
                    machine.finish(Outcome::Deadlock(waiting));
                }
            }
        }
    }

    /// Waits for news of what is outside, or until a time comes.
    fn wait_for_news(&mut self, time: Option<i64>) {
        if !self.shared.many {
            return self.machine().world.wait_for_news(time);
        }
        // A time that is not the clock's comes when it was waited for.
        if let (true, Some(time)) = (self.wait(time), time) {
            self.machine().world.wait_until(time);
        }
    }

    /// Waits until a task can go on, or a time comes: whether that was it.
    fn wait(&mut self, time: Option<i64>) -> bool {
        let machine = self.machine();
        machine.idle += 1;
        let left = time.map(|time| between(machine.world.now(), time));
        let (idle, mut late) = (&self.shared.gate.idle, false);
        if let Some(guard) = self.guard.take() {
            self.guard = Some(match left {
                Some(left) => {
                    let waited = idle.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
                    late = waited.1.timed_out();
                    waited.0
                }
                None => idle.wait(guard).unwrap_or_else(PoisonError::into_inner),
            });
        }
        self.machine().idle -= 1;
        late
    }
}
