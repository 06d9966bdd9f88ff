//! Channels, `select`, time and chance.

use std::collections::VecDeque;

use super::heap::{Handle, Object};
use super::tasks::{Waiter, Waits};
use super::{Machine, Step, Stop};
use crate::Intrinsic as I;
use crate::program::{Regs, ShapeId};

/// A message, and the channels of the senders that are in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    lanes: Vec<u64>,
    senders: Vec<usize>,
}

/// A channel.
#[derive(Debug)]
pub(super) struct Channel {
    capacity: usize,
    open: bool,
    /// How many hold a sender: tasks, and messages that are on their way.
    holds: usize,
    buffer: VecDeque<Message>,
    sending: VecDeque<(Waiter, Message)>,
    receiving: VecDeque<Waiter>,
}

/// An arm of a `select`.
#[derive(Clone, Debug)]
pub(super) enum Arm {
    Receive(usize),
    Send(usize, Message),
    After(i64),
}

/// What became of a message.
enum Sent {
    Taken,
    Closed,
    /// There is no room for it.
    Waits(Message),
}

/// What is received.
enum Got {
    Message(Message),
    Closed,
    Nothing,
}

impl Machine<'_, '_> {
    /// A task holds the senders that were copied for it.
    pub(super) fn keep_senders(&mut self, task: usize) {
        for channel in std::mem::take(&mut self.heap.senders) {
            if let Some(of) = self.channels.get_mut(channel) {
                of.holds += 1;
            }
            self.hold(task, channel);
        }
    }

    fn hold(&mut self, task: usize, channel: usize) {
        if let Some(task) = self.tasks.get_mut(task) {
            *task.holds.entry(channel).or_default() += 1;
        }
    }

    /// A copy of a value as a message, which holds the senders in it.
    fn message(&mut self, lanes: &[u64], shape: ShapeId) -> Step<Message> {
        let lanes = self.heap.copy(lanes, shape)?;
        let senders = std::mem::take(&mut self.heap.senders);
        for channel in &senders {
            if let Some(of) = self.channels.get_mut(*channel) {
                of.holds += 1;
            }
        }
        Ok(Message { lanes, senders })
    }

    /// What held a sender of a channel so often does not any more. A channel that nobody can send to is closed.
    pub(super) fn release(&mut self, channel: usize, times: usize) {
        let Some(of) = self.channels.get_mut(channel) else { return };
        of.holds = of.holds.saturating_sub(times);
        if of.holds == 0 {
            self.close(channel);
        }
    }

    fn drop_message(&mut self, message: Message) {
        for channel in message.senders {
            self.release(channel, 1);
        }
    }

    fn close(&mut self, channel: usize) {
        let Some(of) = self.channels.get_mut(channel) else { return };
        of.open = false;
        let (sending, receiving) = (std::mem::take(&mut of.sending), std::mem::take(&mut of.receiving));
        for (waiter, message) in sending {
            self.wake_closed(waiter);
            if waiter.arm.is_none() {
                self.drop_message(message);
            }
        }
        for waiter in receiving {
            self.wake_closed(waiter);
        }
    }

    fn wake_closed(&mut self, waiter: Waiter) {
        match waiter.arm {
            Some(arm) => self.wake(waiter, &[arm as u64, 1]),
            None => self.wake(waiter, &[1]),
        }
    }

    fn send(&mut self, channel: usize, message: Message) -> Sent {
        if let Some(waiter) = self.next_receiver(channel) {
            self.deliver(waiter, message);
            return Sent::Taken;
        }
        match self.channels.get_mut(channel) {
            Some(of) if !of.open => {
                self.drop_message(message);
                Sent::Closed
            }
            Some(of) if of.buffer.len() < of.capacity => {
                of.buffer.push_back(message);
                Sent::Taken
            }
            Some(_) => Sent::Waits(message),
            None => Sent::Closed,
        }
    }

    /// The first one who still waits to receive; nobody does from a channel that is closed.
    fn next_receiver(&mut self, channel: usize) -> Option<Waiter> {
        loop {
            let waiter = self.channels.get_mut(channel)?.receiving.pop_front()?;
            if self.waits_of(waiter).is_some() {
                return Some(waiter);
            }
        }
    }

    fn deliver(&mut self, waiter: Waiter, message: Message) {
        for channel in message.senders {
            self.hold(waiter.task, channel);
        }
        match waiter.arm {
            None => {
                let values: Vec<u64> = std::iter::once(0).chain(message.lanes).collect();
                self.wake(waiter, &values);
            }
            Some(arm) => {
                if let Some(task) = self.tasks.get_mut(waiter.task) {
                    task.taken = message.lanes;
                }
                self.wake(waiter, &[arm as u64, 0]);
            }
        }
    }

    fn receive(&mut self, channel: usize) -> Got {
        let Some(of) = self.channels.get_mut(channel) else { return Got::Closed };
        let first = of.buffer.pop_front();
        let next = self.next_sender(channel);
        match (first, next) {
            (Some(message), Some(next)) => {
                if let Some(of) = self.channels.get_mut(channel) {
                    of.buffer.push_back(next);
                }
                Got::Message(message)
            }
            (Some(message), None) | (None, Some(message)) => Got::Message(message),
            (None, None) if self.channels.get(channel).is_some_and(|of| of.open) => Got::Nothing,
            (None, None) => Got::Closed,
        }
    }

    /// The message of the first one who waits to send, who goes on.
    fn next_sender(&mut self, channel: usize) -> Option<Message> {
        loop {
            let (waiter, message) = self.channels.get_mut(channel)?.sending.pop_front()?;
            if self.waits_of(waiter).is_some() {
                match waiter.arm {
                    Some(arm) => self.wake(waiter, &[arm as u64, 0]),
                    None => self.wake(waiter, &[0]),
                }
                return Some(message);
            }
            if waiter.arm.is_none() {
                self.drop_message(message);
            }
        }
    }

    /// Gives up the arms of the `select` of a task, but for the one that was done.
    pub(super) fn leave_select(&mut self, task: usize, done: Option<usize>) {
        let Some(task) = self.tasks.get_mut(task) else { return };
        for (at, arm) in std::mem::take(&mut task.select).into_iter().enumerate() {
            if let Arm::Send(_, message) = arm
                && done != Some(at)
            {
                self.drop_message(message);
            }
        }
    }

    fn channel(&self, at: u64) -> usize {
        match self.heap.handle(at) {
            Some(Handle::Sender(channel) | Handle::Receiver(channel)) => channel,
            _ => usize::MAX,
        }
    }

    /// The shape of what goes through the channel of an end of this shape.
    fn item(&self, shape: ShapeId) -> ShapeId {
        match self.program.shape(shape) {
            crate::program::Shape::Sender(of) | crate::program::Shape::Receiver(of) => *of,
            _ => shape,
        }
    }

    fn new_channel(&mut self, capacity: i64) -> Step<Vec<u64>> {
        let Ok(capacity) = usize::try_from(capacity) else {
            return Err(Stop::Said("a channel holds no less than 0 messages".to_owned()));
        };
        let channel = self.channels.len();
        self.channels.push(Channel {
            capacity,
            open: true,
            holds: 1,
            buffer: VecDeque::new(),
            sending: VecDeque::new(),
            receiving: VecDeque::new(),
        });
        self.hold(self.current, channel);
        let sender = self.heap.add(Object::Handle(Handle::Sender(channel)))?;
        Ok(vec![sender, self.heap.add(Object::Handle(Handle::Receiver(channel)))?])
    }

    /// What is done with channels, which may be waited for.
    pub(super) fn channels(&mut self, what: I, shape: ShapeId, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let first = with.first().copied().unwrap_or(0);
        let channel = self.channel(first);
        Ok(match what {
            I::Chan => self.new_channel(first as i64)?,
            I::Send => {
                let message = self.message(with.get(1..).unwrap_or_default(), self.item(shape))?;
                match self.send(channel, message) {
                    Sent::Taken => vec![0],
                    Sent::Closed => vec![1],
                    Sent::Waits(message) => {
                        let me = self.me(None);
                        if let Some(of) = self.channels.get_mut(channel) {
                            of.sending.push_back((me, message));
                        }
                        return Err(Stop::Wait(Waits::Send, to));
                    }
                }
            }
            I::TrySend => {
                let message = self.message(with.get(1..).unwrap_or_default(), self.item(shape))?;
                match self.send(channel, message) {
                    Sent::Taken => vec![1],
                    Sent::Closed => vec![0],
                    Sent::Waits(message) => {
                        self.drop_message(message);
                        vec![0]
                    }
                }
            }
            I::SenderClose => {
                self.close(channel);
                Vec::new()
            }
            I::SenderLeave => {
                self.leave_sender(channel);
                Vec::new()
            }
            I::Recv => match self.receive(channel) {
                Got::Message(message) => std::iter::once(0).chain(self.take(message)).collect(),
                Got::Closed => vec![1],
                Got::Nothing => {
                    let me = self.me(None);
                    if let Some(of) = self.channels.get_mut(channel) {
                        of.receiving.push_back(me);
                    }
                    return Err(Stop::Wait(Waits::Receive, to));
                }
            },
            I::TryRecv => match self.receive(channel) {
                Got::Message(message) => {
                    let lanes = self.take(message);
                    let says_none = self.says_none(self.item(shape));
                    if says_none { lanes } else { std::iter::once(1).chain(lanes).collect() }
                }
                Got::Closed | Got::Nothing => Vec::new(),
            },
            I::ReceiverClose => {
                self.close(channel);
                let rest = self.channels.get_mut(channel).map(|of| std::mem::take(&mut of.buffer));
                rest.into_iter().flatten().for_each(|message| self.drop_message(message));
                Vec::new()
            }
            I::ReceiverLen => vec![self.channels.get(channel).map_or(0, |of| of.buffer.len() as u64)],
            _ => return self.select(what, shape, with, to),
        })
    }

    /// What is in a message becomes the task's own.
    fn take(&mut self, message: Message) -> Vec<u64> {
        for channel in message.senders {
            self.hold(self.current, channel);
        }
        message.lanes
    }

    fn leave_sender(&mut self, channel: usize) {
        let Some(times) = self.task().and_then(|task| task.holds.get_mut(&channel)) else { return };
        if *times > 0 {
            *times -= 1;
            self.release(channel, 1);
        }
    }

    fn select(&mut self, what: I, shape: ShapeId, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let first = with.first().copied().unwrap_or(0);
        let arm = match what {
            I::SelectRecv => Arm::Receive(self.channel(first)),
            I::SelectSend => {
                let message = self.message(with.get(1..).unwrap_or_default(), self.item(shape))?;
                Arm::Send(self.channel(first), message)
            }
            I::SelectAfter => Arm::After(first as i64),
            I::SelectWait => return self.select_wait(first != 0, to),
            I::SelectTake => {
                return Ok(self.task().map(|task| std::mem::take(&mut task.taken)).unwrap_or_default());
            }
            // What the start of a select finds is what a task left in the middle of one.
            _ => {
                self.leave_select(self.current, None);
                return Ok(Vec::new());
            }
        };
        if let Some(task) = self.task() {
            task.select.push(arm);
        }
        Ok(Vec::new())
    }

    fn select_wait(&mut self, default: bool, to: Regs) -> Step<Vec<u64>> {
        let arms = self.task().map(|task| task.select.clone()).unwrap_or_default();
        let ready: Vec<usize> =
            (0..arms.len()).filter(|at| arms.get(*at).is_some_and(|arm| self.is_ready(arm))).collect();
        if !ready.is_empty() {
            let at = (self.world.random() % ready.len() as u64) as usize;
            return Ok(self.select_now(ready.get(at).copied().unwrap_or(0), &arms));
        }
        if default {
            self.leave_select(self.current, None);
            return Ok(vec![arms.len() as u64, 0]);
        }
        for (at, arm) in arms.into_iter().enumerate() {
            let me = self.me(Some(at));
            match arm {
                Arm::After(time) => {
                    let at = self.world.now().saturating_add(time);
                    self.wake_at(at, me);
                }
                Arm::Receive(channel) => {
                    if let Some(of) = self.channels.get_mut(channel) {
                        of.receiving.push_back(me);
                    }
                }
                Arm::Send(channel, message) => {
                    if let Some(of) = self.channels.get_mut(channel) {
                        of.sending.push_back((me, message));
                    }
                }
            }
        }
        Err(Stop::Wait(Waits::Select, to))
    }

    fn is_ready(&self, arm: &Arm) -> bool {
        let live = |waiter: &Waiter| self.waits_of(*waiter).is_some();
        match arm {
            Arm::After(time) => *time <= 0,
            Arm::Receive(channel) => self.channels.get(*channel).is_none_or(|of| {
                !of.open || !of.buffer.is_empty() || of.sending.iter().any(|(waiter, _)| live(waiter))
            }),
            Arm::Send(channel, _) => self
                .channels
                .get(*channel)
                .is_none_or(|of| !of.open || of.buffer.len() < of.capacity || of.receiving.iter().any(live)),
        }
    }

    /// Does an arm that is ready.
    fn select_now(&mut self, at: usize, arms: &[Arm]) -> Vec<u64> {
        self.leave_select(self.current, Some(at));
        let closed = match arms.get(at) {
            Some(Arm::Receive(channel)) => match self.receive(*channel) {
                Got::Message(message) => {
                    let lanes = self.take(message);
                    if let Some(task) = self.task() {
                        task.taken = lanes;
                    }
                    false
                }
                Got::Closed | Got::Nothing => true,
            },
            Some(Arm::Send(channel, message)) => matches!(self.send(*channel, message.clone()), Sent::Closed),
            Some(Arm::After(_)) | None => false,
        };
        vec![at as u64, u64::from(closed)]
    }

    /// Time and chance.
    pub(super) fn chance(&mut self, what: I, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0) as i64;
        Ok(match what {
            I::Now => vec![self.world.now() as u64],
            I::InstantElapsed => vec![self.world.now().wrapping_sub(word(0)) as u64],
            I::Sleep => {
                let (time, me) = (self.world.now().saturating_add(word(0).max(0)), self.me(None));
                self.wake_at(time, me);
                return Err(Stop::Wait(Waits::Time, to));
            }
            I::RandomInt => {
                let size = (i128::from(word(1)) - i128::from(word(0)) + i128::from(word(2))).max(0) as u128;
                if size == 0 {
                    return Err(Stop::Said("a range without numbers".to_owned()));
                }
                let drawn = (u128::from(self.world.random()) * size) >> 64;
                vec![word(0).wrapping_add(drawn as i64) as u64]
            }
            I::RandomFloat => vec![((self.world.random() >> 11) as f64 / (1_u64 << 53) as f64).to_bits()],
            _ => vec![self.world.random() & 1],
        })
    }
}
