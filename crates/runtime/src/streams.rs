//! Streams: generators that go on when the next value is asked for, on stacks of their own and in the heap of their task.

use crate::code::Code;
use crate::handle::{self, NO_STREAM, STREAM};
use crate::heap::{Mover, read};
use crate::machine::{Machine, Next, Step};
use crate::stacks::Stack;
use crate::task::{Left, Place, Start, Task};
use crate::trap::Stop;
use crate::types::{FORWARDED, HANDLE, header};

/// A generator.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Its handle, while the collector has not moved that: one that nobody can ask any more is forgotten.
    handle: u64,
    state: State,
    /// What it has deferred.
    defers: Vec<u64>,
}

#[derive(Debug)]
enum State {
    /// It has not begun.
    New(Start),
    /// It waits for somebody to ask: where it was left.
    Left { left: Left, on: Option<Stack>, results: (usize, u64) },
    /// It goes on now, or has come to its end.
    Gone,
}

impl Stream {
    /// Whether somebody may ask it, or what it has deferred is still to be done.
    fn is_needed(&self) -> bool {
        read(self.handle) & FORWARDED != 0 || !self.defers.is_empty() || matches!(self.state, State::Gone)
    }

    /// Moves what it refers to.
    fn keep(&mut self, code: &Code, mover: &mut Mover<'_>) {
        self.handle = mover.moved(self.handle);
        self.defers.iter_mut().for_each(|deferred| *deferred = mover.moved(*deferred));
        match &mut self.state {
            State::New(start) => start.captures = mover.moved(start.captures),
            State::Left { left, .. } => {
                Task::walk_from(*left, &mut |address, stack| mover.frame(code, address, stack));
            }
            State::Gone => (),
        }
    }
}

impl Task<'_> {
    /// Keeps the generators that are needed, and what they refer to, which may be further ones, and forgets the others. What was moved
    /// is gone through from a place on.
    pub(crate) fn keep_streams(&mut self, mover: &mut Mover<'_>, mut scanned: u64) {
        let mut others = std::mem::take(&mut self.streams);
        loop {
            let needed: Vec<usize> =
                others.iter().filter(|(_, of)| of.is_needed()).map(|(number, _)| *number).collect();
            if needed.is_empty() {
                break;
            }
            for number in needed {
                if let Some(mut stream) = others.remove(&number) {
                    stream.keep(self.code, mover);
                    self.streams.insert(number, stream);
                }
            }
            scanned = mover.scan(scanned);
        }
        for stream in others.into_values() {
            if let State::Left { on: Some(stack), .. } = stream.state {
                self.spare.push(stack);
            }
        }
    }
}

/// Who asked a generator for its next value, and what the task was meanwhile.
#[derive(Debug)]
pub(crate) struct Asking {
    stream: usize,
    pub(crate) left: Left,
    on: Option<Stack>,
    limit: u64,
    slot: *mut u64,
    gives: usize,
    results: (usize, u64),
    pub(crate) defers: Vec<u64>,
}

impl Machine<'_> {
    /// Has who asked go on. Gives the stack of the generator, and what it has deferred.
    fn back_to(&mut self, asking: Asking) -> (Option<Stack>, Vec<u64>) {
        let task = self.own();
        (task.left, task.place) = (asking.left, Place::Left);
        (task.stack_limit, task.slot, task.gives) = (asking.limit, asking.slot, asking.gives);
        (task.results, task.mask) = (asking.results, 0);
        let stack = std::mem::replace(&mut task.stack, asking.on);
        (stack, std::mem::replace(&mut task.defers, asking.defers))
    }

    /// Back to who asked: the generator has come to its end. False where the task was in none.
    pub(crate) fn stream_ended(&mut self, error: u64) -> bool {
        let Some(asking) = self.own().asking.pop() else { return false };
        let number = asking.stream;
        let (stack, _) = self.back_to(asking);
        self.own().streams.remove(&number);
        if let Some(stack) = stack {
            self.stacks.give(stack);
        }
        let task = self.own();
        let mut words = vec![0; task.gives];
        if let Some(last) = words.last_mut() {
            *last = error;
        }
        task.give(&words);
        true
    }

    /// The task gives up its frames, and those of its generators. All that these have deferred becomes the task's own.
    pub(crate) fn abandon(&mut self) {
        let task = self.own();
        task.drop_frames();
        let (streams, asking) = (std::mem::take(&mut task.streams), std::mem::take(&mut task.asking));
        let innermost = std::mem::take(&mut task.defers);
        let (mut all, mut stacks) = (Vec::new(), Vec::new());
        for mut stream in streams.into_values() {
            all.append(&mut stream.defers);
            if let State::Left { on, .. } = stream.state {
                stacks.extend(on);
            }
        }
        for mut asking in asking {
            all.append(&mut asking.defers);
            stacks.extend(asking.on);
        }
        all.extend(innermost);
        task.defers = all;
        stacks.into_iter().for_each(|stack| self.stacks.give(stack));
    }
}

/// A new stream of a function value without parameters.
pub(crate) fn new(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    if task.streams.len() >= task.streams_most {
        task.collect(handle::WORDS * 8)?;
        task.streams_most = (task.streams.len() * 2).max(64);
    } else {
        task.make_room(handle::WORDS)?;
    }
    let number = task.streams_made;
    task.streams_made += 1;
    let handle = task.take(handle::WORDS);
    task.set_word(handle, 0, header(HANDLE, STREAM));
    task.set_word(handle, 1, number as u64);
    let start = task.start(task.argument(0), false);
    let state = start.map_or(State::Gone, State::New);
    task.streams.insert(number, Stream { handle, state, defers: Vec::new() });
    task.give(&[handle]);
    Ok(Next::On)
}

/// The generator goes on. What it gives is not known yet.
pub(crate) fn next(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let number = task.handle(task.argument(0));
    if number as u64 == NO_STREAM {
        return Err(Stop::Said("a copy of a stream, or a stream of another task, gives nothing"));
    }
    let state = task.streams.get_mut(&number).map(|of| std::mem::replace(&mut of.state, State::Gone));
    let Some(state @ (State::New(_) | State::Left { .. })) = state else {
        // It is at its end, or it asks itself.
        task.give(&[]);
        return Ok(Next::On);
    };
    task.mask = 0;
    let deferred = task.streams.get_mut(&number).map(|of| std::mem::take(&mut of.defers)).unwrap_or_default();
    let asking = Asking {
        stream: number,
        left: task.left,
        on: task.stack.take(),
        limit: task.stack_limit,
        slot: task.slot,
        gives: task.gives,
        results: task.results,
        defers: std::mem::replace(&mut task.defers, deferred),
    };
    task.asking.push(asking);
    match state {
        State::New(start) => machine.begin(start)?,
        State::Left { left, on, results } => {
            let limit = on.as_ref().map_or(0, |on| machine.stacks.limit(on));
            let task = machine.own();
            (task.left, task.stack_limit) = (left, limit);
            (task.stack, task.results) = (on, results);
        }
        State::Gone => (),
    }
    Ok(Next::On)
}

/// Back to who asked: with the value that the generator yields.
pub(crate) fn yields(machine: &mut Machine<'_>, shape: u32) -> Step {
    let width = machine.types.width(shape);
    let task = machine.own();
    let words: Vec<u64> = std::iter::once(1).chain(task.arguments(0, width).iter().copied()).collect();
    let (left, results) = (task.left, task.results);
    let Some(asking) = task.asking.pop() else { return Ok(Next::On) };
    let number = asking.stream;
    let (on, defers) = machine.back_to(asking);
    let task = machine.own();
    if let Some(of) = task.streams.get_mut(&number) {
        (of.state, of.defers) = (State::Left { left, on, results }, defers);
    }
    task.give(&words);
    Ok(Next::On)
}
