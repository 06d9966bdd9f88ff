//! A run: its tasks, which of them goes on, and what compiled code enters Rust by.

use std::collections::{BTreeMap, VecDeque};
use std::ptr::NonNull;
use std::sync::Arc;

use pluto_host::{Expected, Pending};
use rustc_hash::FxHashMap;

use crate::actors::Actor;
use crate::channels::Channel;
use crate::code::Code;
use crate::handle::Gone;
use crate::memory::Memory;
use crate::operations::{Call, HOST, MACHINES, OPERATIONS, ROUNDS};
use crate::outside;
use crate::record::Record;
use crate::stacks::Stacks;
use crate::switch;
use crate::task::{Left, Limits, Place, Start, TURN, Task};
use crate::tasks::{Ended, Ending, Name, State, Waiter, Waits};
use crate::trap::{Stop, Trap};
use crate::types::Types;
use crate::workers::{Inside, Shared};
use crate::world::{Outcome, Trapped, World};

/// How many steps a switch from one task to another counts as.
const SWITCH: u64 = 10;

/// What becomes of a task that has asked for something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// It goes on, here or where it was put.
    On,
    /// It goes on unless something has become of it.
    Again,
    /// It waits.
    Waits(Waits),
    /// It has had its turn.
    Later,
    /// The run is over.
    Over,
}

/// Which task goes on.
pub(crate) enum Pick<'r> {
    Task(*mut Task<'r>),
    /// None can, until a time comes that somebody waits for.
    Nobody(Option<i64>),
    Over,
}

/// Whether something that a run does goes on.
pub(crate) type Step = Result<Next, Stop>;

/// A task and what is known of it.
struct Whole<'r> {
    task: Task<'r>,
    record: Record,
}

/// A task that is not done. Compiled code has its address, so it stays where it is.
pub(crate) struct Owned<'r>(NonNull<Whole<'r>>);

impl<'r> Owned<'r> {
    fn new(task: Task<'r>, record: Record) -> Self {
        Self(NonNull::from(Box::leak(Box::new(Whole { task, record }))))
    }

    fn address(&self) -> NonNull<Task<'r>> {
        // SAFETY: it is there until this is dropped.
        unsafe { NonNull::new_unchecked(&raw mut (*self.0.as_ptr()).task) }
    }

    fn record_address(&self) -> NonNull<Record> {
        // SAFETY: as above.
        unsafe { NonNull::new_unchecked(&raw mut (*self.0.as_ptr()).record) }
    }
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        // SAFETY: it was a box, and is one again once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// A task, or what is left of it.
pub(crate) enum Known<'r> {
    Live(Owned<'r>),
    Done(Arc<Ended>),
}

/// A run of a program.
pub struct Machine<'r> {
    pub(crate) types: &'r Types,
    pub(crate) code: &'r Code,
    limits: Limits,
    pub(crate) memory: Arc<Memory>,
    pub(crate) world: &'r mut (dyn World + Send),
    /// Where it is, for tasks.
    shared: *const Shared<'r>,
    /// Workers that run a task, and that wait for one.
    pub(crate) busy: usize,
    pub(crate) idle: usize,
    pub(crate) tasks: FxHashMap<usize, Known<'r>>,
    tasks_made: usize,
    /// The task that has its turn: with several workers that of who has the machine.
    pub(crate) current: usize,
    running: Option<(NonNull<Task<'r>>, NonNull<Record>)>,
    /// What has no handle any more, while it is not forgotten.
    pub(crate) gone: Gone,
    /// Whether it is over.
    pub(crate) over: bool,
    /// Tasks that can go on.
    pub(crate) ready: VecDeque<usize>,
    pub(crate) channels: FxHashMap<usize, Channel>,
    pub(crate) channels_made: usize,
    pub(crate) actors: FxHashMap<usize, Actor>,
    pub(crate) actors_made: usize,
    /// Who is woken at which time, in the order in which they asked.
    pub(crate) timers: BTreeMap<(i64, u64), Waiter>,
    pub(crate) timer: u64,
    /// What is waited for outside.
    pub(crate) pending: Pending<Waiter>,
    pub(crate) stacks: Stacks,
    /// The stack of what entered the program, of who has the machine.
    pub(crate) host: u64,
    /// The trap that ended the first task.
    pub(crate) trap: Option<Trapped>,
    /// What it begins with.
    first: Option<(Name, Start)>,
    outcome: Outcome,
    /// How many it has left.
    steps: u64,
}

impl<'r> Machine<'r> {
    /// A run in a world.
    pub fn new(types: &'r Types, code: &'r Code, limits: Limits, world: &'r mut (dyn World + Send)) -> Self {
        let news = world.outside().news();
        Self {
            types,
            code,
            limits,
            pending: Pending::new(news),
            memory: Memory::new(limits.memory),
            world,
            shared: std::ptr::null(),
            busy: 0,
            idle: 0,
            tasks: FxHashMap::default(),
            tasks_made: 0,
            current: 0,
            running: None,
            gone: Gone::default(),
            over: false,
            ready: VecDeque::new(),
            channels: FxHashMap::default(),
            channels_made: 0,
            actors: FxHashMap::default(),
            actors_made: 0,
            timers: BTreeMap::new(),
            timer: 0,
            stacks: Stacks::new(limits.stack, code.reserve),
            host: 0,
            trap: None,
            first: None,
            outcome: Outcome::Finished,
            steps: limits.steps,
        }
    }

    /// Runs a function of the program; nothing where there is no memory to begin with.
    ///
    /// # Safety
    /// `starter` is the address of code that gives an error or null, by the calling convention of the platform, and that together with
    /// all that it calls was compiled for these types, with this code table.
    pub unsafe fn run(mut self, starter: *const u8, function: u32) -> Option<Outcome> {
        let start = Start { starter: starter as u64, code: 0, captures: 0, state: false, results: (0, 0) };
        // The first stack is taken, so that it is there.
        let stack = self.stacks.take().ok()?;
        self.stacks.give(stack);
        self.first = Some((Name::Function(function), start));
        let workers = self.limits.workers.max(1);
        // SAFETY: the caller promises it.
        Some(unsafe { Shared::run(self, workers) })
    }

    /// Begins where it stays, with so many workers.
    pub(crate) fn begin_with(&mut self, shared: *const Shared<'r>, workers: usize) {
        (self.shared, self.busy) = (shared, workers);
        let Some((name, start)) = self.first.take() else { return };
        match self.add_task(name) {
            Ok(id) => {
                if let Some(task) = self.task(id) {
                    task.place = Place::Start(start);
                }
                self.ready.push_back(id);
            }
            Err(trap) => {
                let why = trap.words("");
                self.finish(Outcome::Trapped(Trapped { why, stack: Vec::new(), expected: None }));
            }
        }
    }

    /// Ends the run, unless it has ended.
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        if !self.over {
            (self.over, self.outcome) = (true, outcome);
        }
    }

    /// How it has ended.
    pub(crate) fn ended(self) -> Outcome {
        self.outcome
    }

    /// A new task that does nothing yet.
    pub(crate) fn add_task(&mut self, name: Name) -> Result<usize, Trap> {
        self.forget();
        let id = self.tasks_made;
        let task = Task::new(self.shared, (self.types, self.code), (self.limits, &self.memory), id)?;
        self.tasks.insert(id, Known::Live(Owned::new(task, Record::new(name))));
        self.tasks_made += 1;
        Ok(id)
    }

    /// A task that is not done, and that waits, has not begun, or has its turn.
    pub(crate) fn task(&mut self, id: usize) -> Option<&mut Task<'r>> {
        match self.tasks.get_mut(&id) {
            // SAFETY: it is there as long as it is known; compiled code does not run meanwhile.
            Some(Known::Live(task)) => Some(unsafe { task.address().as_mut() }),
            _ => None,
        }
    }

    /// What is known of a task that is not done.
    pub(crate) fn record(&mut self, id: usize) -> Option<&mut Record> {
        match self.tasks.get_mut(&id) {
            // SAFETY: it is there as long as it is known, and is used through the machine only.
            Some(Known::Live(task)) => Some(unsafe { task.record_address().as_mut() }),
            _ => None,
        }
    }

    /// The same to look at.
    pub(crate) fn live(&self, id: usize) -> Option<&Record> {
        match self.tasks.get(&id) {
            // SAFETY: as above.
            Some(Known::Live(task)) => Some(unsafe { task.record_address().as_ref() }),
            _ => None,
        }
    }

    /// The task that has its turn.
    pub(crate) fn own(&mut self) -> &mut Task<'r> {
        let Some((mut task, _)) = self.running else { unreachable!("a task that is done has no turn") };
        // SAFETY: it is one of the tasks, which are used through this machine only, and none is taken away while it has its turn.
        unsafe { task.as_mut() }
    }

    /// What is known of the task that has its turn.
    pub(crate) fn own_record(&mut self) -> &mut Record {
        let Some((_, mut record)) = self.running else { unreachable!("a task that is done has no turn") };
        // SAFETY: as above.
        unsafe { record.as_mut() }
    }

    /// Gives a task its turn; none where it is done.
    pub(crate) fn give_turn(&mut self, id: usize) {
        self.current = id;
        self.running = match self.tasks.get(&id) {
            Some(Known::Live(task)) => Some((task.address(), task.record_address())),
            _ => None,
        };
    }

    /// The task that has its turn is about to be no more.
    pub(crate) fn end_turn(&mut self) {
        self.running = None;
    }

    fn own_address(&self) -> *mut Task<'r> {
        self.running.map_or(std::ptr::null_mut(), |(task, _)| task.as_ptr())
    }

    /// The task that goes on now.
    pub(crate) fn pick(&mut self) -> Pick<'r> {
        loop {
            match self.steps.checked_sub(SWITCH) {
                Some(left) => self.steps = left,
                None => self.finish(Outcome::OutOfSteps),
            }
            if self.over {
                return Pick::Over;
            }
            self.hear();
            self.fire_timers();
            let Some(next) = self.next_ready() else { return Pick::Nobody(self.next_time()) };
            self.give_turn(next);
            self.own().fuel = TURN;
            let task = self.go_on();
            if !task.is_null() {
                return Pick::Task(task);
            }
        }
    }

    fn next_ready(&mut self) -> Option<usize> {
        if self.ready.len() <= 1 {
            return self.ready.pop_front();
        }
        let at = self.world.next_task(self.ready.len());
        self.ready.remove(at.min(self.ready.len() - 1))
    }

    /// The task that has its turn, where it has something to do; else null.
    pub(crate) fn go_on(&mut self) -> *mut Task<'r> {
        loop {
            let record = self.own_record();
            if record.is_cancelled() {
                self.begin_end(Ending::Trapped("cancelled".to_owned()));
            } else if let Some(fault) = self.own().fault.take() {
                let trapped = self.told(&Stop::Trap(fault));
                self.trap(trapped);
            }
            match self.own().place {
                Place::Left => {
                    let host = self.host;
                    self.own().host_stack = host;
                    return self.own_address();
                }
                Place::Start(start) => {
                    if let Err(trap) = self.begin(start) {
                        let trapped = self.told(&Stop::Trap(trap));
                        self.trap(trapped);
                    }
                }
                Place::None => {
                    if !self.next_frame() {
                        return std::ptr::null_mut();
                    }
                }
            }
        }
    }

    /// Has the task that has its turn begin something, on a stack that it has, or gets.
    pub(crate) fn begin(&mut self, start: Start) -> Result<(), Trap> {
        let stack = match self.own().stack.take() {
            Some(stack) => stack,
            None => match self.own().spare.pop() {
                Some(stack) => stack,
                None => self.stacks.take()?,
            },
        };
        let limit = self.stacks.limit(&stack);
        let task = self.own();
        task.stack_limit = limit;
        let state = if start.state { task.actor_state } else { 0 };
        let registers = [start.starter, start.code, start.captures, state];
        // SAFETY: nothing is on the stack that is still needed.
        let at = unsafe { switch::prepare(stack.top, start.results.0, registers) };
        (task.left, task.mask) = (Left { frame: 0, stack: at, resume: at }, 0);
        (task.stack, task.place, task.results) = (Some(stack), Place::Left, start.results);
        Ok(())
    }

    /// What has stopped the task, in words, and where it was.
    pub(crate) fn told(&mut self, stop: &Stop) -> Trapped {
        let task = self.own();
        let mut stack = Vec::new();
        task.walk(&mut |return_address, _| stack.extend(task.code.frame(return_address)));
        let expected = match stop {
            Stop::Unexpected => Some(Expected {
                matcher: task.text(task.argument(0)).to_owned(),
                actual: task.text(task.argument(1)).to_owned(),
                wanted: (task.argument(2) != 0).then(|| task.text(task.argument(2)).to_owned()),
            }),
            _ => None,
        };
        let why = match (stop, &expected) {
            (Stop::Said(text), _) => (*text).to_owned(),
            (Stop::Trap(trap), _) => trap.words(""),
            (Stop::Unexpected, Some(expected)) => expected.words(),
            (Stop::Unexpected, None) => String::new(),
        };
        Trapped { why, stack, expected }
    }
}

/// Does an operation, on the stack of what entered the program: gives the task that goes on, or null.
///
/// # Safety
/// It is called by the stub for compiled code only.
pub(crate) unsafe extern "C" fn dispatch(
    address: *mut Task<'static>,
    slot: *mut u64,
    shape: u64,
    mask: u64,
    operation: u64,
) -> *mut Task<'static> {
    // SAFETY: compiled code has the address of the task that it runs for, which is suspended meanwhile.
    let task = unsafe { &mut *address };
    (task.slot, task.mask, task.gives) = (slot, mask, (operation >> 32) as usize);
    task.note_depth();
    let number = operation as u32 as usize;
    let stop = match OPERATIONS.get(number) {
        Some((_, act)) => match act(&mut Call { task, shape: shape as u32 }) {
            Ok(()) => return address,
            Err(stop) => stop,
        },
        None if number >= HOST => {
            // SAFETY: as above.
            match unsafe { outside::host(&mut Call { task, shape: shape as u32 }, address, number - HOST) } {
                Ok(next) => return next,
                Err(stop) => stop,
            }
        }
        None if number == OPERATIONS.len() + ROUNDS && task.has_rounds() => return address,
        None => {
            // SAFETY: as above.
            let mut inside = unsafe { Inside::of(address) };
            if inside.machine().over {
                return std::ptr::null_mut();
            }
            // Another worker had it end while it ran: it waits for nothing more.
            if inside.machine().own_record().is_cancelled() {
                return inside.on();
            }
            match MACHINES[number - OPERATIONS.len()].1(inside.machine(), shape as u32) {
                Ok(next) => return inside.after(next, address),
                Err(stop) => stop,
            }
        }
    };
    // SAFETY: as above.
    let mut inside = unsafe { Inside::of(address) };
    let machine = inside.machine();
    let trapped = machine.told(&stop);
    machine.trap(trapped);
    inside.on()
}

impl<'r> Inside<'_, 'r> {
    /// The task that goes on after one has asked for something.
    pub(crate) fn after(&mut self, next: Next, task: *mut Task<'r>) -> *mut Task<'r> {
        let machine = self.machine();
        match next {
            Next::On => {
                self.share(2);
                task
            }
            Next::Again => self.on(),
            Next::Waits(waits) => {
                machine.own_record().state = State::Waits(waits);
                machine.own().mask = 0;
                self.next()
            }
            Next::Later => {
                machine.ready.push_back(machine.current);
                machine.steps = machine.steps.saturating_sub(TURN as u64);
                self.next()
            }
            Next::Over => {
                machine.finish(Outcome::Stopped);
                self.next()
            }
        }
    }
}

/// What a task began with has come to its end, with an error or null, and results.
///
/// # Safety
/// It is called by the stub at the end of a stack only.
pub(crate) unsafe extern "C" fn finished(
    address: *mut Task<'static>,
    error: u64,
    results: *const u64,
) -> *mut Task<'static> {
    // SAFETY: the task is there, and the words behind its stack were kept for the results that it said it has.
    let (mut inside, results) = unsafe {
        let task = &mut *address;
        task.drop_frames();
        let results = std::slice::from_raw_parts(results, task.results.0);
        (Inside::of(address), results)
    };
    inside.machine().gave(results, error);
    inside.on()
}

/// A trap in compiled code: its number, and its text.
///
/// # Safety
/// It is called by the stub for compiled code only.
pub(crate) unsafe extern "C" fn trapped(
    address: *mut Task<'static>,
    number: u64,
    text: u64,
) -> *mut Task<'static> {
    // SAFETY: the task is there.
    let mut inside = unsafe { Inside::of(address) };
    let machine = inside.machine();
    let trap = Trap::numbered(number).unwrap_or(Trap::Said);
    let task = machine.own();
    let said = match trap {
        Trap::Assert | Trap::Contract | Trap::Said => task.text(text).to_owned(),
        _ => String::new(),
    };
    let mut trapped = machine.told(&Stop::Trap(trap));
    trapped.why = trap.words(&said);
    if trap == Trap::Stack && !trapped.stack.is_empty() {
        // The function that had no room was not entered.
        trapped.stack.remove(0);
    }
    machine.trap(trapped);
    inside.on()
}
