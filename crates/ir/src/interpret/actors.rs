//! Actors: a state, and a task that takes one message after the other.

use std::collections::VecDeque;

use super::heap::{Handle, Object};
use super::tasks::{Ended, State, Waiter, Waits};
use super::{Machine, Step, Stop, frame};
use crate::Intrinsic as I;
use crate::program::{Regs, Shape, ShapeId};

/// An actor.
#[derive(Debug)]
pub(super) struct Actor {
    name: String,
    task: usize,
    state: u64,
    mail: VecDeque<Mail>,
    /// What it does now.
    doing: Option<Asked>,
    /// Why it is no more.
    down: Option<String>,
}

/// Something that an actor is to do.
#[derive(Debug)]
enum Mail {
    /// A function value of its state, and who asks.
    Call(u64, Asked),
    Stop,
}

/// Who asks for something, nobody where he does not wait, and the shape of the answer.
#[derive(Clone, Copy, Debug)]
struct Asked {
    by: Option<Waiter>,
    shape: ShapeId,
}

impl Machine<'_, '_> {
    pub(super) fn actor_name(&self, actor: usize) -> String {
        self.actors.get(actor).map_or_else(String::new, |actor| actor.name.clone())
    }

    /// What is done with actors.
    pub(super) fn actors(&mut self, what: I, shape: ShapeId, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0);
        let actor = match self.heap.handle(word(0)) {
            Some(Handle::Actor(actor)) => actor,
            _ => usize::MAX,
        };
        Ok(match what {
            I::SpawnActor => vec![self.spawn_actor(word(0), shape)?],
            I::ActorStop => {
                self.post(actor, Mail::Stop);
                Vec::new()
            }
            I::ActorIsAlive => vec![u64::from(self.actors.get(actor).is_some_and(|of| of.down.is_none()))],
            _ => {
                let closure = self.heap.copy_known(word(1))?;
                let senders = std::mem::take(&mut self.heap.senders);
                let Some(of) = self.actors.get(actor) else { return Ok(Vec::new()) };
                if let Some(why) = of.down.clone() {
                    return self.ended_lanes(&Ended::Trapped(why), to.len as usize, None);
                }
                let task = of.task;
                self.heap.senders = senders;
                self.keep_senders(task);
                let waits = what == I::ActorCall;
                let by = waits.then(|| self.me(None));
                self.post(actor, Mail::Call(closure, Asked { by, shape }));
                if waits {
                    return Err(Stop::Wait(Waits::Reply(actor), to));
                }
                Vec::new()
            }
        })
    }

    fn spawn_actor(&mut self, state: u64, shape: ShapeId) -> Step<u64> {
        let state = self.heap.copy_known(state)?;
        let name = match self.program.shape(shape) {
            Shape::Actor(name) => name.clone(),
            _ => String::new(),
        };
        let id = self.actors.len();
        let task = self.add_task(&name, Vec::new());
        if let Some(task) = self.tasks.get_mut(task) {
            (task.actor, task.state) = (Some(id), State::Waits(Waits::Mail));
        }
        self.keep_senders(task);
        let name = self.name_of(task);
        self.actors.push(Actor { name, task, state, mail: VecDeque::new(), doing: None, down: None });
        Ok(self.heap.add(Object::Handle(Handle::Actor(id)))?)
    }

    fn post(&mut self, actor: usize, mail: Mail) {
        let Some(of) = self.actors.get_mut(actor) else { return };
        if of.down.is_some() {
            return;
        }
        of.mail.push_back(mail);
        let task = of.task;
        let epoch = self.tasks.get(task).map_or(0, |task| task.epoch);
        let waiter = Waiter { task, epoch, arm: None };
        if self.waits_of(waiter) == Some(Waits::Mail) {
            self.wake(waiter, &[]);
        }
    }

    /// The task that has its turn, of an actor, takes its next message. False where there is none.
    pub(super) fn next_mail(&mut self) -> bool {
        let id = self.tasks.get(self.current).and_then(|task| task.actor);
        let Some(actor) = id.and_then(|id| self.actors.get_mut(id)) else { return false };
        match actor.mail.pop_front() {
            Some(Mail::Call(closure, asked)) => {
                actor.doing = Some(asked);
                let state = actor.state;
                let (function, captures) = self.heap.closure(closure);
                if let Some(function) = self.program.functions.get(function.index()) {
                    self.frames.push(frame(function, &[captures, state], Regs::default()));
                }
                true
            }
            Some(Mail::Stop) => {
                self.begin_end(Ended::Trapped("stopped".to_owned()));
                self.ready.push_back(self.current);
                false
            }
            None => {
                if let Some(task) = self.task() {
                    task.state = State::Waits(Waits::Mail);
                }
                false
            }
        }
    }

    /// What an actor did has come to its end.
    pub(super) fn reply(&mut self, results: &[u64], error: u64) {
        let id = self.tasks.get(self.current).and_then(|task| task.actor);
        let Some(asked) = id.and_then(|id| self.actors.get_mut(id)).and_then(|actor| actor.doing.take())
        else {
            return;
        };
        let ended = if error == 0 { Ended::Value(results.to_vec()) } else { Ended::Error(error) };
        match asked.by {
            Some(by) => self.answer(by, &ended, asked.shape),
            None if error != 0 => {
                let (name, failure) = (self.name_of(self.current), self.heap.failure(error));
                self.world.failed(&name, &failure);
            }
            None => (),
        }
    }

    fn answer(&mut self, by: Waiter, ended: &Ended, shape: ShapeId) {
        if !matches!(self.waits_of(by), Some(Waits::Reply(_))) {
            return;
        }
        let width = self.tasks.get(by.task).map_or(0, |task| task.to.len as usize);
        // A copy that finds no memory any more gives nothing; the next thing that its task takes memory for ends it.
        if let Ok(lanes) = self.ended_lanes(ended, width, Some(shape)) {
            self.keep_senders(by.task);
            self.wake(by, &lanes);
        }
    }

    /// The task of an actor has ended: who waits for an answer gets none.
    pub(super) fn actor_ended(&mut self, actor: usize, ended: &Ended) {
        let Some(of) = self.actors.get_mut(actor) else { return };
        let why = match ended {
            Ended::Trapped(why) => why.clone(),
            Ended::Value(_) | Ended::Error(_) => String::new(),
        };
        of.down = Some(why.clone());
        let doing = of.doing.take();
        let mail = std::mem::take(&mut of.mail);
        let asked = mail.into_iter().filter_map(|mail| match mail {
            Mail::Call(_, asked) => Some(asked),
            Mail::Stop => None,
        });
        let all: Vec<Asked> = doing.into_iter().chain(asked).collect();
        for asked in all {
            if let Some(by) = asked.by {
                self.answer(by, &Ended::Trapped(why.clone()), asked.shape);
            }
        }
    }
}
