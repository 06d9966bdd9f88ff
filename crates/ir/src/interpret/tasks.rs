//! Tasks: which goes on, what they wait for, how they end.

use rustc_hash::FxHashMap;

use super::channels::Arm;
use super::heap::{Handle, Object};
use super::streams::Asking;
use pluto_host::{Token, Wait};

use super::world::{Outcome, Waiting};
use super::{Flow, Frame, Machine, Step, Stop, frame};
use crate::Intrinsic as I;
use crate::program::{Location, Regs, Shape, ShapeId};

/// Instructions that a task does before another one has its turn.
const TURN: u32 = 10_000;

/// How a task ended.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    /// With the lanes of its result.
    Value(Vec<u64>),
    /// With an error.
    Error(u64),
    /// By a trap, or because it was cancelled: why.
    Trapped(String),
}

/// What a task does.
#[derive(Debug)]
pub(super) enum State {
    /// It goes on when it has its turn.
    Ready,
    /// It waits.
    Waits(Waits),
    Done(Ended),
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
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
pub(super) struct Waiter {
    pub(super) task: usize,
    pub(super) epoch: u64,
    pub(super) arm: Option<usize>,
}

/// A scope that a task is in.
#[derive(Debug, Default)]
pub(super) struct Scope {
    children: Vec<usize>,
    failure: Option<Ended>,
}

/// The scope that a task belongs to.
#[derive(Clone, Copy, Debug)]
struct Owner {
    task: usize,
    scope: usize,
    /// Whether nobody keeps its handle, so that its failure is the scope's.
    dropped: bool,
}

#[derive(Debug)]
pub(super) struct Task<'p> {
    name: String,
    pub(super) state: State,
    /// The shape of its result, of one that was spawned.
    result: Option<ShapeId>,
    /// Its frames, while it has not its turn.
    frames: Vec<Frame<'p>>,
    /// Where what it waits for goes in its innermost frame.
    pub(super) to: Regs,
    pub(super) epoch: u64,
    /// Function values that are called when it ends.
    pub(super) defers: Vec<u64>,
    /// How often it holds a sender of each channel.
    pub(super) holds: FxHashMap<usize, usize>,
    pub(super) scopes: Vec<Scope>,
    owner: Option<Owner>,
    cancelled: bool,
    pub(super) detached: bool,
    /// How it is going to have ended, while it still does what was deferred.
    pub(super) ending: Option<Ended>,
    waiters: Vec<Waiter>,
    /// The arms of the `select` that it is in.
    pub(super) select: Vec<Arm>,
    /// The message that a `select` received.
    pub(super) taken: Vec<u64>,
    /// The generators that it has made, and who asks the one that goes on, which may be another one.
    pub(super) streams: Vec<usize>,
    pub(super) asking: Vec<Asking<'p>>,
    /// The actor that it is.
    pub(super) actor: Option<usize>,
}

impl<'p> Task<'p> {
    pub(super) fn new(name: String, frames: Vec<Frame<'p>>) -> Self {
        Self {
            name,
            state: State::Ready,
            result: None,
            frames,
            to: Regs::default(),
            epoch: 0,
            defers: Vec::new(),
            holds: FxHashMap::default(),
            scopes: Vec::new(),
            owner: None,
            cancelled: false,
            detached: false,
            ending: None,
            waiters: Vec::new(),
            select: Vec::new(),
            taken: Vec::new(),
            streams: Vec::new(),
            asking: Vec::new(),
            actor: None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }
}

impl<'p> Machine<'p, '_> {
    /// Takes turns until the first task has ended.
    pub(super) fn turns(&mut self, mut steps: u64) -> Outcome {
        loop {
            if self.stopped {
                return Outcome::Stopped;
            }
            if self.tasks.first().is_some_and(Task::is_done) {
                return self.outcome();
            }
            self.hear();
            self.fire_timers();
            let Some(next) = self.next_ready() else {
                match self.next_time() {
                    time if !self.pending.is_empty() => self.world.wait_for_news(time),
                    Some(time) => self.world.wait_until(time),
                    None => return Outcome::Deadlock(self.waiting()),
                }
                continue;
            };
            self.switch(next);
            if !self.turn(&mut steps) {
                return Outcome::OutOfSteps;
            }
            self.put_aside();
        }
    }

    fn outcome(&mut self) -> Outcome {
        if let Some(trapped) = self.trap.take() {
            return Outcome::Trapped(trapped);
        }
        match self.tasks.first().map(|task| &task.state) {
            Some(State::Done(Ended::Error(error))) => Outcome::Failed(self.heap.failure(*error)),
            _ => Outcome::Finished,
        }
    }

    fn next_ready(&mut self) -> Option<usize> {
        if self.ready.is_empty() {
            return None;
        }
        let at = if self.ready.len() == 1 { 0 } else { self.world.next_task(self.ready.len()) };
        self.ready.remove(at.min(self.ready.len() - 1))
    }

    fn switch(&mut self, to: usize) {
        self.current = to;
        if let Some(task) = self.tasks.get_mut(to) {
            self.frames = std::mem::take(&mut task.frames);
        }
    }

    fn put_aside(&mut self) {
        let frames = std::mem::take(&mut self.frames);
        if let Some(task) = self.tasks.get_mut(self.current) {
            task.frames = frames;
        }
    }

    pub(super) fn task(&mut self) -> Option<&mut Task<'p>> {
        self.tasks.get_mut(self.current)
    }

    /// One turn of the task that has it. False where the steps are used up.
    fn turn(&mut self, steps: &mut u64) -> bool {
        for _ in 0..TURN {
            if *steps == 0 {
                return false;
            }
            if self.stopped {
                return true;
            }
            *steps -= 1;
            if self.tasks.get(self.current).is_some_and(|task| task.cancelled && task.ending.is_none()) {
                self.begin_end(Ended::Trapped("cancelled".to_owned()));
            }
            if self.frames.is_empty() && !self.next_frame() {
                return true;
            }
            let Some(at) = self.place() else { return true };
            match self.step() {
                Ok(Flow::On) => (),
                Ok(Flow::Gave(results, error)) => self.gave(results, error),
                Err(Stop::Wait(waits, to)) => {
                    self.advance();
                    if let Some(task) = self.task() {
                        (task.state, task.to) = (State::Waits(waits), to);
                    }
                    return true;
                }
                Err(stop) => self.trap(stop, at),
            }
        }
        self.ready.push_back(self.current);
        true
    }

    /// What a task does that has no frame: it is an actor, or it ends. False where there is nothing now.
    fn next_frame(&mut self) -> bool {
        let Some(task) = self.tasks.get_mut(self.current) else { return false };
        let Some(ended) = task.ending.clone() else { return self.next_mail() };
        let children: Vec<usize> = task.scopes.iter().flat_map(|scope| scope.children.clone()).collect();
        if children.iter().any(|child| self.tasks.get(*child).is_some_and(|child| !child.is_done())) {
            if let Some(task) = self.task() {
                task.state = State::Waits(Waits::Scope);
            }
            return false;
        }
        match self.task().and_then(|task| task.defers.pop()) {
            Some(deferred) => {
                let (function, captures) = self.heap.closure(deferred);
                if let Some(function) = self.program.functions.get(function.index()) {
                    self.frames.push(frame(function, &[captures], Regs::default()));
                }
                true
            }
            None => {
                self.end_task(&ended);
                false
            }
        }
    }

    /// The outermost function of a task came to its end.
    fn gave(&mut self, results: Vec<u64>, error: u64) {
        if self.stream_ended(error) {
            return;
        }
        let Some(task) = self.tasks.get(self.current) else { return };
        if task.ending.is_some() {
            return;
        }
        if task.actor.is_some() {
            return self.reply(&results, error);
        }
        self.begin_end(if error == 0 { Ended::Value(results) } else { Ended::Error(error) });
    }

    fn trap(&mut self, stop: Stop, at: Location) {
        let trapped = self.trapped(stop, at);
        let why = trapped.why.clone();
        if self.current == 0 {
            self.trap.get_or_insert(trapped);
        } else if let Some(task) = self.tasks.get(self.current) {
            self.world.trapped(&task.name, &trapped);
        }
        let ending = self.tasks.get(self.current).is_some_and(|task| task.ending.is_some());
        if ending {
            // What else was deferred is still done.
            self.frames.clear();
            self.collect_deferred();
        } else {
            self.begin_end(Ended::Trapped(why));
        }
    }

    /// The task goes on with what was deferred, after the tasks of its scopes were cancelled.
    pub(super) fn begin_end(&mut self, ended: Ended) {
        self.frames.clear();
        self.collect_deferred();
        let Some(task) = self.tasks.get_mut(self.current) else { return };
        task.ending = Some(ended);
        let children: Vec<usize> = task.scopes.iter().flat_map(|scope| scope.children.clone()).collect();
        self.leave_select(self.current, None);
        for child in children {
            self.cancel(child);
        }
    }

    fn end_task(&mut self, ended: &Ended) {
        let current = self.current;
        let Some(task) = self.tasks.get_mut(current) else { return };
        task.state = State::Done(ended.clone());
        let (holds, waiters) = (std::mem::take(&mut task.holds), std::mem::take(&mut task.waiters));
        let (owner, actor, detached) = (task.owner, task.actor, task.detached);
        let mut holds: Vec<(usize, usize)> = holds.into_iter().collect();
        holds.sort_unstable();
        for (channel, times) in holds {
            self.release(channel, times);
        }
        for waiter in waiters {
            self.tell_end(waiter);
        }
        if let (Ended::Error(error), true) = (ended, detached) {
            let failure = self.heap.failure(*error);
            if let Some(task) = self.tasks.get(current) {
                self.world.failed(&task.name, &failure);
            }
        }
        if let Some(actor) = actor {
            self.actor_ended(actor, ended);
        }
        if let Some(owner) = owner {
            self.child_ended(owner, current, ended);
        }
    }

    /// Gives somebody who waits for a task what it ended with.
    fn tell_end(&mut self, waiter: Waiter) {
        let Some(Waits::Task(of)) = self.waits_of(waiter) else { return };
        let width = self.tasks.get(waiter.task).map_or(0, |task| task.to.len as usize);
        // A copy that finds no memory any more gives nothing; the next thing that its task takes memory for ends it.
        if let Ok(values) = self.end_of(of, waiter.task, width) {
            self.wake(waiter, &values);
        }
    }

    /// How a task ended, for a task that asks: how, the result, the error, why.
    fn end_of(&mut self, of: usize, asking: usize, width: usize) -> Step<Vec<u64>> {
        let Some(Task { state: State::Done(ended), result, .. }) = self.tasks.get(of) else {
            return Ok(Vec::new());
        };
        let (ended, shape) = (ended.clone(), *result);
        let values = self.ended_lanes(&ended, width, shape)?;
        self.keep_senders(asking);
        Ok(values)
    }

    /// What ended something as lanes: how, the value, the error, why.
    pub(super) fn ended_lanes(
        &mut self,
        ended: &Ended,
        width: usize,
        shape: Option<ShapeId>,
    ) -> Step<Vec<u64>> {
        let mut lanes = vec![0; width];
        let (how, at, value) = match ended {
            Ended::Value(value) => {
                let value = match shape {
                    Some(shape) => self.heap.copy(value, shape)?,
                    None => Vec::new(),
                };
                for (place, value) in lanes.iter_mut().skip(1).zip(value) {
                    *place = value;
                }
                return Ok(lanes);
            }
            Ended::Error(error) => (1, 2, self.heap.copy_known(*error)?),
            Ended::Trapped(why) => (2, 1, self.new_text(why)?),
        };
        if let Some(place) = lanes.first_mut() {
            *place = how;
        }
        if let Some(place) = width.checked_sub(at).and_then(|at| lanes.get_mut(at)) {
            *place = value;
        }
        Ok(lanes)
    }

    fn child_ended(&mut self, owner: Owner, child: usize, ended: &Ended) {
        let Some(scope) = self.tasks.get_mut(owner.task).and_then(|task| task.scopes.get_mut(owner.scope))
        else {
            return;
        };
        let fails = owner.dropped && !matches!(ended, Ended::Value(_)) && scope.failure.is_none();
        if fails && self.tasks.get(child).is_some_and(|child| !child.cancelled) {
            self.fail_scope(owner, ended);
        }
        if self.is_scope_done(owner) {
            self.scope_done(owner);
        }
    }

    fn fail_scope(&mut self, owner: Owner, ended: &Ended) {
        let Some(scope) = self.tasks.get_mut(owner.task).and_then(|task| task.scopes.get_mut(owner.scope))
        else {
            return;
        };
        scope.failure = Some(ended.clone());
        for child in scope.children.clone() {
            self.cancel(child);
        }
    }

    fn is_scope_done(&self, owner: Owner) -> bool {
        let scope = self.tasks.get(owner.task).and_then(|task| task.scopes.get(owner.scope));
        let done = |child: &usize| self.tasks.get(*child).is_none_or(Task::is_done);
        scope.is_some_and(|scope| scope.children.iter().all(done))
    }

    /// All tasks of a scope have ended: who waits for that goes on.
    fn scope_done(&mut self, owner: Owner) {
        let Some(task) = self.tasks.get_mut(owner.task) else { return };
        if !matches!(task.state, State::Waits(Waits::Scope)) {
            return;
        }
        if task.ending.is_some() {
            task.state = State::Ready;
            self.ready.push_back(owner.task);
        } else if task.scopes.len() == owner.scope + 1 {
            let waiter = Waiter { task: owner.task, epoch: task.epoch, arm: None };
            if let Ok(values) = self.close_scope(owner.task) {
                self.wake(waiter, &values);
            }
        }
    }

    fn close_scope(&mut self, task: usize) -> Step<Vec<u64>> {
        let scope = self.tasks.get_mut(task).and_then(|task| task.scopes.pop());
        match scope.and_then(|scope| scope.failure) {
            Some(failure) => self.ended_lanes(&failure, 3, None),
            None => Ok(vec![0; 3]),
        }
    }

    /// Has a task end where it is.
    fn cancel(&mut self, of: usize) {
        let Some(task) = self.tasks.get_mut(of) else { return };
        if task.is_done() || task.cancelled {
            return;
        }
        task.cancelled = true;
        if let State::Waits(waits) = task.state
            && task.ending.is_none()
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
    pub(super) fn waits_of(&self, waiter: Waiter) -> Option<Waits> {
        let task = self.tasks.get(waiter.task)?;
        match task.state {
            State::Waits(waits) if task.epoch == waiter.epoch => Some(waits),
            _ => None,
        }
    }

    /// Gives a task what it waits for.
    pub(super) fn wake(&mut self, waiter: Waiter, values: &[u64]) {
        if self.waits_of(waiter).is_none() {
            return;
        }
        if waiter.arm.is_some() {
            self.leave_select(waiter.task, waiter.arm);
        }
        let Some(task) = self.tasks.get_mut(waiter.task) else { return };
        (task.state, task.epoch) = (State::Ready, task.epoch + 1);
        if let Some(frame) = task.frames.last_mut() {
            let values = values.iter().copied().chain(std::iter::repeat(0));
            for (reg, value) in frame.function.list(task.to).iter().zip(values) {
                if let Some(place) = frame.regs.get_mut(reg.index()) {
                    *place = value;
                }
            }
        }
        self.ready.push_back(waiter.task);
    }

    /// The task that has its turn, as one that waits from now on.
    pub(super) fn me(&self, arm: Option<usize>) -> Waiter {
        let epoch = self.tasks.get(self.current).map_or(0, |task| task.epoch);
        Waiter { task: self.current, epoch, arm }
    }

    /// Has somebody woken at a time.
    pub(super) fn wake_at(&mut self, time: i64, waiter: Waiter) {
        self.timer += 1;
        self.timers.insert((time, self.timer), waiter);
    }

    fn fire_timers(&mut self) {
        if self.timers.is_empty() {
            return;
        }
        let now = self.world.now();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                return;
            }
            let waiter = entry.remove();
            if let Some(Waits::Outside(token)) = self.waits_of(waiter) {
                self.late(token, waiter.task);
                continue;
            }
            self.wake(waiter, &[waiter.arm.unwrap_or(0) as u64]);
        }
    }

    /// The first time that somebody waits for who still does.
    fn next_time(&mut self) -> Option<i64> {
        loop {
            let (key, waiter) = self.timers.first_key_value().map(|(key, waiter)| (*key, *waiter))?;
            if self.waits_of(waiter).is_some() {
                return Some(key.0);
            }
            self.timers.remove(&key);
        }
    }

    /// A new task with a name, which can go on.
    pub(super) fn add_task(&mut self, name: &str, frames: Vec<Frame<'p>>) -> usize {
        let id = self.tasks.len();
        let name = if id == 0 { name.to_owned() } else { format!("{name} #{id}") };
        self.tasks.push(Task::new(name, frames));
        id
    }

    pub(super) fn name_of(&self, task: usize) -> String {
        self.tasks.get(task).map_or_else(String::new, |task| task.name.clone())
    }

    /// What is done with tasks, scopes and what is deferred.
    pub(super) fn tasks(&mut self, what: I, shape: ShapeId, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0);
        let of = match self.heap.handle(word(0)) {
            Some(Handle::Task(of)) => of,
            _ => usize::MAX,
        };
        Ok(match what {
            I::Defer => {
                let deferred = word(0);
                if let Some(task) = self.task() {
                    task.defers.push(deferred);
                }
                Vec::new()
            }
            I::Deferred => vec![self.task().and_then(|task| task.defers.pop()).unwrap_or(0)],
            I::Spawn => vec![self.spawn(word(0), word(1), shape)?],
            I::TaskGet if self.tasks.get(of).is_some_and(Task::is_done) => {
                self.end_of(of, self.current, to.len as usize)?
            }
            I::TaskGet => {
                let me = self.me(None);
                if let Some(task) = self.tasks.get_mut(of) {
                    task.waiters.push(me);
                }
                return Err(Stop::Wait(Waits::Task(of), to));
            }
            I::TaskCancel => {
                self.cancel(of);
                Vec::new()
            }
            I::TaskDetach => {
                if let Some(task) = self.tasks.get_mut(of) {
                    task.detached = true;
                }
                Vec::new()
            }
            I::TaskIsDone => vec![u64::from(self.tasks.get(of).is_some_and(Task::is_done))],
            I::ScopeOpen => {
                if let Some(task) = self.task() {
                    task.scopes.push(Scope::default());
                }
                Vec::new()
            }
            I::ScopeClose => return self.leave_scope(word(0) != 0, to),
            _ => Vec::new(),
        })
    }

    fn leave_scope(&mut self, cancel: bool, to: Regs) -> Step<Vec<u64>> {
        let Some(task) = self.tasks.get(self.current) else { return Ok(Vec::new()) };
        let owner = Owner { task: self.current, scope: task.scopes.len().saturating_sub(1), dropped: false };
        if cancel {
            let children = task.scopes.last().map(|scope| scope.children.clone()).unwrap_or_default();
            children.into_iter().for_each(|child| self.cancel(child));
        }
        if self.is_scope_done(owner) {
            return self.close_scope(self.current);
        }
        Err(Stop::Wait(Waits::Scope, to))
    }

    /// `kind`: 0 outside of a scope, 1 in one, 2 in one and nobody keeps the handle.
    fn spawn(&mut self, closure: u64, kind: u64, shape: ShapeId) -> Step<u64> {
        let closure = self.heap.copy_known(closure)?;
        let (function, captures) = self.heap.closure(closure);
        let Some(function) = self.program.functions.get(function.index()) else { return Ok(0) };
        let child = self.add_task(&function.name, vec![frame(function, &[captures], Regs::default())]);
        self.keep_senders(child);
        self.ready.push_back(child);
        if let (Shape::Task(of), Some(task)) = (self.program.shape(shape), self.tasks.get_mut(child)) {
            task.result = Some(*of);
        }
        let current = self.current;
        if kind > 0
            && let Some(task) = self.tasks.get_mut(current)
            && let Some(scope) = task.scopes.last_mut()
        {
            scope.children.push(child);
            let owner = Owner { task: current, scope: task.scopes.len() - 1, dropped: kind == 2 };
            if let Some(child) = self.tasks.get_mut(child) {
                child.owner = Some(owner);
            }
        }
        Ok(self.heap.add(Object::Handle(Handle::Task(child)))?)
    }

    /// The tasks that wait, each with what for and where.
    fn waiting(&self) -> Vec<Waiting> {
        let mut all = Vec::new();
        for task in &self.tasks {
            let State::Waits(waits) = task.state else { continue };
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
            let at = task.frames.last().map(|frame| frame.behind());
            if let Some(at) = at {
                all.push(Waiting { task: task.name.clone(), wait, at });
            }
        }
        all
    }
}
