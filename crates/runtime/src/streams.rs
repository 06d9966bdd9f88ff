//! Streams: generators that go on when the next value is asked for, on stacks of their own and in the heap of their task.

use crate::handle::STREAM;
use crate::machine::{Machine, Next, Step};
use crate::stacks::Stack;
use crate::task::{Place, Start};

/// A generator.
#[derive(Debug)]
pub(crate) struct Stream {
    state: State,
    /// What it has deferred.
    defers: Vec<u64>,
}

#[derive(Debug)]
enum State {
    /// It has not begun.
    New(Start),
    /// It waits for somebody to ask: where it was left.
    Left { frame: u64, stack: u64, on: Option<Stack>, results: (usize, u64) },
    /// It goes on now, or has come to its end.
    Gone,
}

impl Stream {
    /// Where it was left.
    pub(crate) fn left(&self) -> Option<(u64, u64)> {
        match &self.state {
            State::Left { frame, stack, .. } => Some((*frame, *stack)),
            State::New(_) | State::Gone => None,
        }
    }

    pub(crate) fn each_kept(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        if let State::New(start) = &mut self.state {
            visit(&mut start.captures);
        }
        self.defers.iter_mut().for_each(visit);
    }
}

/// Who asked a generator for its next value, and what the task was meanwhile.
#[derive(Debug)]
pub(crate) struct Asking {
    stream: usize,
    pub(crate) frame: u64,
    pub(crate) stack: u64,
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
        (task.last_frame, task.last_stack, task.place) = (asking.frame, asking.stack, Place::Left);
        (task.stack_limit, task.slot, task.gives) = (asking.limit, asking.slot, asking.gives);
        (task.results, task.mask) = (asking.results, 0);
        let stack = std::mem::replace(&mut task.stack, asking.on);
        (stack, std::mem::replace(&mut task.defers, asking.defers))
    }

    /// Back to who asked: the generator has come to its end. False where the task was in none.
    pub(crate) fn stream_ended(&mut self, error: u64) -> bool {
        let Some(asking) = self.own().asking.pop() else { return false };
        let (stack, _) = self.back_to(asking);
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
        for mut stream in streams {
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
    let number = task.streams.len();
    let handle = task.new_handle(STREAM, number)?;
    let start = task.start(task.argument(0), false);
    let state = start.map_or(State::Gone, State::New);
    task.streams.push(Stream { state, defers: Vec::new() });
    task.give(&[handle]);
    Ok(Next::On)
}

/// The generator goes on. What it gives is not known yet.
pub(crate) fn next(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let number = task.handle(task.argument(0));
    let state = task.streams.get_mut(number).map(|of| std::mem::replace(&mut of.state, State::Gone));
    let Some(state @ (State::New(_) | State::Left { .. })) = state else {
        // It is at its end, or it asks itself.
        task.give(&[]);
        return Ok(Next::On);
    };
    task.mask = 0;
    let deferred = std::mem::take(&mut task.streams[number].defers);
    let asking = Asking {
        stream: number,
        frame: task.last_frame,
        stack: task.last_stack,
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
        State::Left { frame, stack, on, results } => {
            let limit = on.as_ref().map_or(0, |on| machine.stacks.limit(on));
            let task = machine.own();
            (task.last_frame, task.last_stack, task.stack_limit) = (frame, stack, limit);
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
    let (frame, stack, results) = (task.last_frame, task.last_stack, task.results);
    let Some(asking) = task.asking.pop() else { return Ok(Next::On) };
    let number = asking.stream;
    let (on, defers) = machine.back_to(asking);
    let task = machine.own();
    if let Some(of) = task.streams.get_mut(number) {
        *of = Stream { state: State::Left { frame, stack, on, results }, defers };
    }
    task.give(&words);
    Ok(Next::On)
}
