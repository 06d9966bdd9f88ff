//! Tasks: what they wait for, how they end, what becomes of those who wait for them.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use pluto_host::{Token, Wait};

use crate::handle::{ACTOR, TASK};
use crate::machine::{Known, Machine, Next, Step};
use crate::parcel::Parcel;
use crate::task::{Place, Start, Task};
use crate::trap::Trap;
use crate::types::Shape;
use crate::world::{Failure, Outcome, Trapped, Waiting};

/// What a task is called, but for its number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name {
    /// As a function is.
    Function(u32),
    /// As the actor of a shape is.
    Actor(u32),
}

/// How a task has ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// With a result.
    Value(Parcel),
    /// With an error.
    Error(Parcel),
    /// By a trap, or because it was cancelled: why.
    Trapped(String),
}

/// How a task is going to have ended: what that is in its heap.
#[derive(Debug)]
pub(crate) enum Ending {
    /// With the lanes of its result, of which some are references.
    Value(Vec<u64>, u64),
    Error(u64),
    Trapped(String),
}

/// What a task does that is not done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    /// It goes on when it has its turn.
    Ready,
    /// It waits.
    Waits(Waits),
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    Task(usize),
    Receive,
    Send,
    Select,
    Time,
    Reply(usize),
    Mail,
    Scope,
    Outside(Token),
}

/// Someone who waits: a task, for how many times it has waited, and the arm of its `select`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    pub(crate) task: usize,
    pub(crate) epoch: u64,
    pub(crate) arm: Option<usize>,
}

/// A scope that a task is in.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Those of its tasks that are not done, in their order.
    children: BTreeSet<usize>,
    failure: Option<Arc<Ended>>,
}

/// The scope that a task belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    task: usize,
    scope: usize,
    /// Whether nobody keeps its handle, so that its failure is the scope's.
    dropped: bool,
}

impl Task<'_> {
    pub(crate) fn failure(&self, error: u64) -> Failure {
        Failure { error: self.show_error(error), site: self.variant(error) }
    }

    /// Gives what ended something as results: how, the value, the error, why.
    pub(crate) fn give_ended(&mut self, ended: &Ended) -> Result<(), Trap> {
        self.mask = 0;
        let (how, behind, value) = match ended {
            Ended::Value(value) => return self.give_parcel(Some(0), value),
            Ended::Error(error) => (1, 2, self.unpack_one(error)?),
            Ended::Trapped(why) => (2, 1, self.new_text(why)?),
        };
        self.give(&[how]);
        // SAFETY: what asks how something ended has three results at least.
        unsafe { self.slot.add(self.gives - behind).write(value) };
        Ok(())
    }
}

impl<'r> Machine<'r> {
    pub(crate) fn name_of(&self, id: usize) -> String {
        let Some(task) = self.live(id) else { return String::new() };
        let name = match task.name {
            Name::Function(number) => self.code.name(number),
            Name::Actor(shape) => match self.types.shape(shape) {
                Shape::Actor(name) => name,
                _ => "",
            },
        };
        if id == 0 { name.to_owned() } else { format!("{name} #{id}") }
    }

    fn is_done(&self, id: usize) -> bool {
        self.live(id).is_none()
    }

    /// Forgets what nobody can reach any more.
    pub(crate) fn forget(&mut self) {
        let gone = Arc::clone(&self.gone);
        loop {
            let last = gone.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((kind, number)) = last else { return };
            match kind {
                TASK => match self.record(number) {
                    Some(record) => record.unowned = true,
                    None => _ = self.tasks.remove(&number),
                },
                ACTOR => self.forget_actor(number),
                _ => self.forget_end(number),
            }
        }
    }

    /// What a task does that has no frame: it is an actor, or it ends. False where there is nothing now.
    pub(crate) fn next_frame(&mut self) -> bool {
        let record = self.own_record();
        if !record.ends {
            return self.next_mail();
        }
        if record.scopes.iter().any(|scope| !scope.children.is_empty()) {
            record.state = State::Waits(Waits::Scope);
            return false;
        }
        let task = self.own();
        match task.defers.pop() {
            Some(deferred) => {
                if let Some(start) = task.start(deferred, false) {
                    task.place = Place::Start(start);
                }
                true
            }
            None => {
                self.end_task();
                false
            }
        }
    }

    /// What a task, a generator or a message began with came to its end.
    pub(crate) fn gave(&mut self, results: &[u64], error: u64) {
        if self.stream_ended(error) {
            return;
        }
        let record = self.own_record();
        if record.ends {
            return;
        }
        if record.actor.is_some() {
            return self.reply(results, error);
        }
        let refs = self.own().results.1;
        self.begin_end(if error == 0 { Ending::Value(results.to_vec(), refs) } else { Ending::Error(error) });
    }

    /// A trap of the task that has its turn.
    pub(crate) fn trap(&mut self, trapped: Trapped) {
        let why = trapped.why.clone();
        if self.current == 0 {
            self.trap.get_or_insert(trapped);
        } else {
            let name = self.name_of(self.current);
            self.world.trapped(&name, &trapped);
        }
        if self.own_record().ends {
            // What else was deferred is still done.
            self.abandon();
        } else {
            self.begin_end(Ending::Trapped(why));
        }
    }

    /// The task goes on with what was deferred, after the tasks of its scopes were cancelled.
    pub(crate) fn begin_end(&mut self, ending: Ending) {
        self.abandon();
        self.own().ending = Some(ending);
        let record = self.own_record();
        record.ends = true;
        let children: Vec<usize> = record.scopes.iter().flat_map(|scope| scope.children.clone()).collect();
        self.leave_select(self.current, None);
        for child in children {
            self.cancel(child);
        }
    }

    fn end_task(&mut self) {
        let (current, with) = (self.current, (self.types, &Arc::clone(&self.memory)));
        let task = self.own();
        let mut failure = None;
        let ended = match task.ending.take() {
            Some(Ending::Value(values, refs)) => Ended::Value(Parcel::pack(with, &values, refs)),
            Some(Ending::Error(error)) => {
                failure = Some(task.failure(error));
                Ended::Error(Parcel::pack(with, &[error], 1))
            }
            Some(Ending::Trapped(why)) => Ended::Trapped(why),
            None => Ended::Trapped(String::new()),
        };
        let record = self.own_record();
        let (holds, waiters) = (std::mem::take(&mut record.holds), std::mem::take(&mut record.waiters));
        let (owner, actor, cancelled) = (record.owner, record.actor, record.cancelled);
        let (detached, unowned) = (record.detached, record.unowned);
        let told = if failure.is_some() && detached { self.name_of(current) } else { String::new() };
        let task = self.own();
        let spare = std::mem::take(&mut task.spare);
        spare.into_iter().chain(task.stack.take()).for_each(|stack| self.stacks.give(stack));
        let ended = Arc::new(ended);
        self.end_turn();
        if unowned {
            self.tasks.remove(&current);
        } else {
            self.tasks.insert(current, Known::Done(Arc::clone(&ended)));
        }
        let mut holds: Vec<(usize, usize)> = holds.into_iter().collect();
        holds.sort_unstable();
        for (channel, times) in holds {
            self.release(channel, times);
        }
        for waiter in waiters {
            self.tell_end(waiter, &ended);
        }
        if let (Some(failure), true) = (&failure, detached) {
            self.world.failed(&told, failure);
        }
        if let Some(actor) = actor {
            self.actor_ended(actor, &ended);
        }
        if let Some(owner) = owner {
            self.child_ended(owner, (current, cancelled), &ended);
        }
        if current == 0 {
            let outcome = match (self.trap.take(), failure) {
                (Some(trapped), _) => Outcome::Trapped(trapped),
                (None, Some(failure)) => Outcome::Failed(failure),
                (None, None) => Outcome::Finished,
            };
            self.finish(outcome);
        }
    }

    /// Gives somebody who waits for a task what it ended with.
    fn tell_end(&mut self, waiter: Waiter, ended: &Ended) {
        if matches!(self.waits_of(waiter), Some(Waits::Task(_))) {
            self.wake_with(waiter, ended);
            if let Ended::Value(parcel) | Ended::Error(parcel) = ended {
                self.keep_senders(waiter.task, parcel.senders());
            }
        }
    }

    fn child_ended(&mut self, owner: Owner, (child, cancelled): (usize, bool), ended: &Arc<Ended>) {
        let Some(scope) = self.record(owner.task).and_then(|of| of.scopes.get_mut(owner.scope)) else {
            return;
        };
        scope.children.remove(&child);
        let fails = owner.dropped && !matches!(**ended, Ended::Value(_)) && scope.failure.is_none();
        if fails && !cancelled {
            scope.failure = Some(Arc::clone(ended));
            for child in scope.children.clone() {
                self.cancel(child);
            }
        }
        if self.is_scope_done(owner) {
            self.scope_done(owner);
        }
    }

    fn is_scope_done(&self, owner: Owner) -> bool {
        let scope = self.live(owner.task).and_then(|task| task.scopes.get(owner.scope));
        scope.is_some_and(|scope| scope.children.is_empty())
    }

    /// All tasks of a scope have ended: who waits for that goes on.
    fn scope_done(&mut self, owner: Owner) {
        let Some(task) = self.record(owner.task) else { return };
        if !matches!(task.state, State::Waits(Waits::Scope)) {
            return;
        }
        if task.ends {
            task.state = State::Ready;
            self.ready.push_back(owner.task);
        } else if task.scopes.len() == owner.scope + 1 {
            let waiter = Waiter { task: owner.task, epoch: task.epoch, arm: None };
            match task.scopes.pop().and_then(|scope| scope.failure) {
                Some(failure) => self.wake_with(waiter, &failure),
                None => self.wake(waiter, &[]),
            }
        }
    }

    /// Has a task end where it is.
    fn cancel(&mut self, of: usize) {
        let Some(task) = self.record(of) else { return };
        if task.cancelled {
            return;
        }
        task.cancelled = true;
        if let State::Waits(waits) = task.state
            && !task.ends
        {
            task.state = State::Ready;
            task.epoch += 1;
            self.ready.push_back(of);
            if let Waits::Outside(token) = waits {
                self.forget_asked(token, of);
            }
        }
    }

    /// What somebody waits for, where he still does.
    pub(crate) fn waits_of(&self, waiter: Waiter) -> Option<Waits> {
        let task = self.live(waiter.task)?;
        match task.state {
            State::Waits(waits) if task.epoch == waiter.epoch => Some(waits),
            _ => None,
        }
    }

    /// Gives a task what it waits for: words that are no references, all others zero.
    pub(crate) fn wake(&mut self, waiter: Waiter, values: &[u64]) {
        self.wake_by(waiter, |task| {
            task.give(values);
            Ok(())
        });
    }

    /// The same of what something ended with.
    pub(crate) fn wake_with(&mut self, waiter: Waiter, ended: &Ended) {
        self.wake_by(waiter, |task| task.give_ended(ended));
    }

    /// Has a task go on that still waits, after it was given what it waits for. Where there is no memory for that it traps.
    pub(crate) fn wake_by(&mut self, waiter: Waiter, give: impl FnOnce(&mut Task<'r>) -> Result<(), Trap>) {
        if self.waits_of(waiter).is_none() {
            return;
        }
        if waiter.arm.is_some() {
            self.leave_select(waiter.task, waiter.arm);
        }
        let Some(record) = self.record(waiter.task) else { return };
        (record.state, record.epoch) = (State::Ready, record.epoch + 1);
        let Some(task) = self.task(waiter.task) else { return };
        task.fault = give(task).err();
        self.ready.push_back(waiter.task);
    }

    /// The task that has its turn, as one that waits from now on.
    pub(crate) fn me(&mut self, arm: Option<usize>) -> Waiter {
        Waiter { task: self.current, epoch: self.own_record().epoch, arm }
    }

    /// The tasks that wait, each with what for and where.
    pub(crate) fn waiting(&mut self) -> Vec<Waiting> {
        let mut all = Vec::new();
        let mut ids: Vec<usize> = self.tasks.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let Some(State::Waits(waits)) = self.live(id).map(|record| record.state) else { continue };
            let wait = match waits {
                Waits::Task(of) => Wait::Task(self.name_of(of)),
                Waits::Receive => Wait::Receive,
                Waits::Send => Wait::Send,
                Waits::Select => Wait::Select,
                Waits::Time => Wait::Time,
                Waits::Reply(of) => Wait::Reply(self.actor_name(of)),
                // One that has nothing to do holds up nobody.
                Waits::Mail => continue,
                // Who waits for what is outside is heard of there, so no run is stuck in it.
                Waits::Outside(_) => continue,
                Waits::Scope => Wait::Scope,
            };
            if let Some(at) = self.task(id).and_then(|task| task.left_at()) {
                all.push(Waiting { task: self.name_of(id), wait, at });
            }
        }
        all
    }
}

/// Rounds of a loop were done, or calls, and those were enough.
pub(crate) fn turn(_machine: &mut Machine<'_>, _shape: u32) -> Step {
    Ok(Next::Later)
}

/// Keeps a function value to be called when the block is left, or the task ends.
pub(crate) fn defer(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let deferred = task.argument(0);
    task.defers.push(deferred);
    Ok(Next::On)
}

/// The function value that was kept last.
pub(crate) fn deferred(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let deferred = task.defers.pop().unwrap_or(0);
    task.give(&[deferred]);
    Ok(Next::On)
}

/// A new task of a function value. In a scope: 0 no, 1 yes, 2 yes and nobody keeps its handle.
pub(crate) fn spawn(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let (with, gone) = ((machine.types, &Arc::clone(&machine.memory)), Arc::clone(&machine.gone));
    let task = machine.own();
    let (closure, kind) = (task.argument(0), task.argument(1));
    let parcel = Parcel::pack(with, &[closure], 1);
    let Some(number) = task.start(closure, false).and(task.code.entry(task.word(closure, 1))) else {
        return Ok(Next::On);
    };
    let child = machine.add_task(Name::Function(number.number))?;
    let Some(made) = machine.task(child) else { return Ok(Next::On) };
    let closure = made.unpack_one(&parcel)?;
    if let Some(start) = made.start(closure, false) {
        made.place = Place::Start(start);
    }
    machine.keep_senders(child, parcel.senders());
    machine.ready.push_back(child);
    let current = machine.current;
    let task = machine.own();
    let handle = task.new_handle(TASK, child, &gone)?;
    task.give(&[handle]);
    let scopes = &mut machine.own_record().scopes;
    let scope = scopes.len().saturating_sub(1);
    if kind > 0
        && let Some(innermost) = scopes.last_mut()
    {
        innermost.children.insert(child);
        let owner = Owner { task: current, scope, dropped: kind == 2 };
        if let Some(child) = machine.record(child) {
            child.owner = Some(owner);
        }
    }
    Ok(Next::On)
}

pub(crate) fn get(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let of = task.handle(task.argument(0));
    if let Some(Known::Done(ended)) = machine.tasks.get(&of) {
        let ended = Arc::clone(ended);
        machine.own().give_ended(&ended)?;
        if let Ended::Value(parcel) | Ended::Error(parcel) = &*ended {
            machine.keep_senders(machine.current, parcel.senders());
        }
        return Ok(Next::On);
    }
    let me = machine.me(None);
    if let Some(record) = machine.record(of) {
        record.waiters.push(me);
    }
    Ok(Next::Waits(Waits::Task(of)))
}

/// The number in the handle that an operation is about.
pub(crate) fn about(machine: &mut Machine<'_>) -> usize {
    let task = machine.own();
    task.handle(task.argument(0))
}

pub(crate) fn cancel(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let of = about(machine);
    machine.cancel(of);
    Ok(if of == machine.current { Next::Again } else { Next::On })
}

pub(crate) fn detach(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let of = about(machine);
    if let Some(record) = machine.record(of) {
        record.detached = true;
    }
    Ok(Next::On)
}

pub(crate) fn is_done(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let of = about(machine);
    let done = u64::from(machine.is_done(of));
    machine.own().give(&[done]);
    Ok(Next::On)
}

pub(crate) fn open_scope(machine: &mut Machine<'_>, _shape: u32) -> Step {
    machine.own_record().scopes.push(Scope::default());
    Ok(Next::On)
}

/// Waits for the tasks of the innermost scope, after cancelling them where that is asked for.
pub(crate) fn close_scope(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let current = machine.current;
    let cancels = machine.own().argument(0) & 1 == 1;
    let scopes = &machine.own_record().scopes;
    let owner = Owner { task: current, scope: scopes.len().saturating_sub(1), dropped: false };
    if cancels {
        let children = scopes.last().map(|scope| scope.children.clone()).unwrap_or_default();
        children.into_iter().for_each(|child| machine.cancel(child));
    }
    if !machine.is_scope_done(owner) {
        return Ok(Next::Waits(Waits::Scope));
    }
    match machine.own_record().scopes.pop().and_then(|scope| scope.failure) {
        Some(failure) => machine.own().give_ended(&failure)?,
        None => machine.own().give(&[]),
    }
    Ok(Next::On)
}

impl Task<'_> {
    /// The call of a function value.
    pub(crate) fn start(&self, closure: u64, state: bool) -> Option<Start> {
        let (code, captures) = (self.word(closure, 1), self.word(closure, 2));
        let entry = self.code.entry(code)?;
        Some(Start { starter: entry.starter, code, captures, state, results: entry.results })
    }
}
