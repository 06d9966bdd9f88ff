//! Streams: generators that go on when the next value is asked for.

use super::heap::{Handle, Object};
use super::{Frame, Machine, Step, Stop, frame};
use crate::Intrinsic as I;
use crate::program::Regs;

/// A copy of a stream, which nobody can ask: what makes its values is not copied.
pub(super) const NO_STREAM: usize = usize::MAX;

/// A generator.
#[derive(Debug)]
pub(super) struct Stream<'p> {
    /// Its frames, while it does not go on.
    frames: Vec<Frame<'p>>,
    /// What it has deferred.
    defers: Vec<u64>,
}

/// Who asked a generator for its next value.
#[derive(Debug)]
pub(super) struct Asking<'p> {
    stream: usize,
    pub(super) frames: Vec<Frame<'p>>,
    defers: Vec<u64>,
    to: Regs,
}

impl<'p> Machine<'p, '_> {
    /// What is done with streams.
    pub(super) fn streams(&mut self, what: I, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        match what {
            I::StreamNew => {
                let (function, captures) = self.heap.closure(with.first().copied().unwrap_or(0));
                let function = self.program.functions.get(function.index());
                let frames = function.map(|of| frame(of, &[captures], Regs::default())).into_iter().collect();
                let id = self.streams.len();
                self.streams.push(Stream { frames, defers: Vec::new() });
                if let Some(task) = self.task() {
                    task.streams.push(id);
                }
                Ok(vec![self.heap.add(Object::Handle(Handle::Stream(id)))?])
            }
            I::StreamNext => self.go_on_with(with.first().copied().unwrap_or(0), to),
            _ => {
                self.yielded(with);
                Err(Stop::Elsewhere)
            }
        }
    }

    /// The generator goes on. What it gives is not known yet.
    fn go_on_with(&mut self, stream: u64, to: Regs) -> Step<Vec<u64>> {
        let Some(Handle::Stream(id)) = self.heap.handle(stream) else { return Ok(Vec::new()) };
        if id == NO_STREAM {
            return Err(Stop::Said(
                "a copy of a stream, or a stream of another task, gives nothing".to_owned(),
            ));
        }
        let Some(of) = self.streams.get_mut(id) else { return Ok(Vec::new()) };
        if of.frames.is_empty() {
            // It is at its end, or it asks itself.
            return Ok(Vec::new());
        }
        let frames = std::mem::take(&mut of.frames);
        let deferred = std::mem::take(&mut of.defers);
        self.advance();
        let asking = std::mem::replace(&mut self.frames, frames);
        if let Some(task) = self.task() {
            let defers = std::mem::replace(&mut task.defers, deferred);
            task.asking.push(Asking { stream: id, frames: asking, defers, to });
        }
        Err(Stop::Elsewhere)
    }

    /// Back to who asked: with the value that the generator yields.
    fn yielded(&mut self, value: &[u64]) {
        self.advance();
        let Some(asking) = self.task().and_then(|task| task.asking.pop()) else { return };
        let Asking { stream, frames, defers, to } = asking;
        let frames = std::mem::replace(&mut self.frames, frames);
        let defers = self.task().map(|task| std::mem::replace(&mut task.defers, defers));
        if let Some(of) = self.streams.get_mut(stream) {
            (of.frames, of.defers) = (frames, defers.unwrap_or_default());
        }
        let values: Vec<u64> = std::iter::once(1).chain(value.iter().copied()).collect();
        self.set_all(to, &values);
    }

    /// Back to who asked: the generator has come to its end. False where the task was in none.
    pub(super) fn stream_ended(&mut self, error: u64) -> bool {
        let Some(asking) = self.task().and_then(|task| task.asking.pop()) else { return false };
        self.frames = asking.frames;
        if let Some(task) = self.task() {
            task.defers = asking.defers;
        }
        let mut values = vec![0; asking.to.len as usize];
        if let Some(last) = values.last_mut() {
            *last = error;
        }
        self.set_all(asking.to, &values);
        true
    }

    /// All that the generators of the task have deferred becomes the task's own, which ends.
    pub(super) fn collect_deferred(&mut self) {
        let Some(task) = self.tasks.get_mut(self.current) else { return };
        let (streams, asking) = (std::mem::take(&mut task.streams), std::mem::take(&mut task.asking));
        let innermost = std::mem::take(&mut task.defers);
        let mut all: Vec<u64> = Vec::new();
        for id in streams {
            if let Some(of) = self.streams.get_mut(id) {
                of.frames.clear();
                all.append(&mut of.defers);
            }
        }
        all.extend(asking.into_iter().flat_map(|asking| asking.defers));
        all.extend(innermost);
        if let Some(task) = self.task() {
            task.defers = all;
        }
    }
}
