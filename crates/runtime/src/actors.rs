//! Actors: a state, and a task that takes one message after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::handle::ACTOR;
use crate::machine::{Machine, Next, Step};
use crate::parcel::Parcel;
use crate::stacks::Stack;
use crate::task::Place;
use crate::tasks::{Ended, Ending, Name, State, Waiter, Waits, about};
use crate::trap::Trap;

/// An actor. Its state is its task's.
#[derive(Debug)]
pub(crate) struct Actor {
    task: usize,
    mail: VecDeque<Mail>,
    /// What it does now.
    doing: Option<Asked>,
    /// Why it is no more.
    down: Option<String>,
    /// Whether there is no handle of it.
    unowned: bool,
}

/// Something that an actor is to do.
#[derive(Debug)]
enum Mail {
    /// A function value of its state, and who asks.
    Call(Parcel, Asked),
    Stop,
}

/// Who asks for something, nobody where he does not wait.
#[derive(Clone, Copy, Debug)]
struct Asked {
    by: Option<Waiter>,
}

impl Machine<'_> {
    pub(crate) fn actor_name(&self, actor: usize) -> String {
        self.actors.get(&actor).map_or_else(String::new, |actor| self.name_of(actor.task))
    }

    fn post(&mut self, actor: usize, mail: Mail) {
        let Some(of) = self.actors.get_mut(&actor) else { return };
        if of.down.is_some() {
            return;
        }
        of.mail.push_back(mail);
        let task = of.task;
        let epoch = self.live(task).map_or(0, |task| task.epoch);
        let waiter = Waiter { task, epoch, arm: None };
        if self.waits_of(waiter) == Some(Waits::Mail) {
            // Nothing is given to it.
            self.wake_by(waiter, |_| Ok(()));
        }
    }

    /// The task that has its turn, of an actor, takes its next message. False where there is none.
    pub(crate) fn next_mail(&mut self) -> bool {
        let id = self.own_record().actor;
        let Some(actor) = id.and_then(|id| self.actors.get_mut(&id)) else { return false };
        match actor.mail.pop_front() {
            Some(Mail::Call(message, asked)) => {
                actor.doing = Some(asked);
                let task = self.own();
                match task.unpack_one(&message) {
                    Ok(closure) => {
                        let start = task.start(closure, true);
                        task.place = start.map_or(Place::None, Place::Start);
                    }
                    Err(trap) => task.fault = Some(trap),
                }
                true
            }
            Some(Mail::Stop) => {
                self.begin_end(Ending::Trapped("stopped".to_owned()));
                self.ready.push_back(self.current);
                false
            }
            None => {
                self.own_record().state = State::Waits(Waits::Mail);
                id.into_iter().for_each(|id| self.forget_idle(id));
                false
            }
        }
    }

    /// What an actor did has come to its end.
    pub(crate) fn reply(&mut self, results: &[u64], error: u64) {
        let id = self.own_record().actor;
        let Some(asked) = id.and_then(|id| self.actors.get_mut(&id)).and_then(|actor| actor.doing.take())
        else {
            return;
        };
        let with = (self.types, &Arc::clone(&self.memory));
        match asked.by {
            Some(by) => {
                let refs = self.own().results.1;
                let ended = match error {
                    0 => Ended::Value(Parcel::pack(with, results, refs)),
                    error => Ended::Error(Parcel::pack(with, &[error], 1)),
                };
                self.answer(by, &ended);
            }
            None if error != 0 => {
                let (name, failure) = (self.name_of(self.current), self.own().failure(error));
                self.world.failed(&name, &failure);
            }
            None => (),
        }
    }

    fn answer(&mut self, by: Waiter, ended: &Ended) {
        if !matches!(self.waits_of(by), Some(Waits::Reply(_))) {
            return;
        }
        if let Ended::Value(parcel) | Ended::Error(parcel) = ended {
            self.keep_senders(by.task, parcel.senders());
        }
        self.wake_with(by, ended);
    }

    /// The task of an actor has ended: who waits for an answer gets none.
    pub(crate) fn actor_ended(&mut self, actor: usize, ended: &Ended) {
        let Some(of) = self.actors.get_mut(&actor) else { return };
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
        let unowned = of.unowned;
        for by in all.into_iter().filter_map(|asked| asked.by) {
            self.answer(by, &Ended::Trapped(why.clone()));
        }
        if unowned {
            self.actors.remove(&actor);
        }
    }

    /// There is no handle of an actor any more.
    pub(crate) fn forget_actor(&mut self, actor: usize) {
        let Some(of) = self.actors.get_mut(&actor) else { return };
        of.unowned = true;
        if of.down.is_some() {
            self.actors.remove(&actor);
        } else {
            self.forget_idle(actor);
        }
    }

    /// Forgets an actor that nobody can reach, where it has nothing to do and nobody would see its end.
    fn forget_idle(&mut self, actor: usize) {
        let Some(of) = self.actors.get(&actor).filter(|of| of.unowned && of.mail.is_empty()) else { return };
        let id = of.task;
        let Some(record) = self.live(id) else { return };
        let idle = matches!(record.state, State::Waits(Waits::Mail)) && record.holds.is_empty();
        if !idle || !record.scopes.is_empty() {
            return;
        }
        let Some(task) = self.task(id) else { return };
        if !task.defers.is_empty() || !task.streams.is_empty() {
            return;
        }
        let stacks: Vec<Stack> =
            task.stack.take().into_iter().chain(std::mem::take(&mut task.spare)).collect();
        stacks.into_iter().for_each(|stack| self.stacks.give(stack));
        if id == self.current {
            self.end_turn();
        }
        self.actors.remove(&actor);
        self.tasks.remove(&id);
    }

    fn ask(&mut self, waits: bool) -> Step {
        let actor = about(self);
        if self.memory.is_over() {
            return Err(Trap::Memory.into());
        }
        let message = self.own().argument(1);
        let message = Parcel::pack((self.types, &self.memory), &[message], 1);
        let Some(of) = self.actors.get(&actor) else { return Ok(Next::On) };
        if let Some(why) = of.down.clone() {
            if waits {
                self.own().give_ended(&Ended::Trapped(why))?;
            }
            return Ok(Next::On);
        }
        let task = of.task;
        self.keep_senders(task, message.senders());
        let by = waits.then(|| self.me(None));
        self.post(actor, Mail::Call(message, Asked { by }));
        Ok(if waits { Next::Waits(Waits::Reply(actor)) } else { Next::On })
    }
}

/// A new actor with a state.
pub(crate) fn spawn(machine: &mut Machine<'_>, shape: u32) -> Step {
    let gone = Arc::clone(&machine.gone);
    let state = machine.own().argument(0);
    let state = Parcel::pack((machine.types, &machine.memory), &[state], 1);
    let actor = machine.actors_made;
    machine.actors_made += 1;
    let task = machine.add_task(Name::Actor(shape))?;
    if let Some(made) = machine.task(task) {
        made.actor_state = made.unpack_one(&state)?;
    }
    if let Some(record) = machine.record(task) {
        (record.actor, record.state) = (Some(actor), State::Waits(Waits::Mail));
    }
    machine.keep_senders(task, state.senders());
    let made = Actor { task, mail: VecDeque::new(), doing: None, down: None, unowned: false };
    machine.actors.insert(actor, made);
    let own = machine.own();
    let handle = own.new_handle(ACTOR, actor, &gone)?;
    own.give(&[handle]);
    Ok(Next::On)
}

/// A message to an actor, whose answer is waited for.
pub(crate) fn call(machine: &mut Machine<'_>, _shape: u32) -> Step {
    machine.ask(true)
}

/// The same without waiting.
pub(crate) fn tell(machine: &mut Machine<'_>, _shape: u32) -> Step {
    machine.ask(false)
}

pub(crate) fn stop(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let actor = about(machine);
    machine.post(actor, Mail::Stop);
    Ok(Next::On)
}

pub(crate) fn is_alive(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let actor = about(machine);
    let alive = machine.actors.get(&actor).is_some_and(|of| of.down.is_none());
    machine.own().give(&[u64::from(alive)]);
    Ok(Next::On)
}
