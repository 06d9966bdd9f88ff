//! Channels and `select`.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::handle::{self, RECEIVER, SENDER, Token};
use crate::machine::{Machine, Next, Step};
use crate::parcel::Parcel;
use crate::tasks::{Waiter, Waits, about};
use crate::trap::Stop;

/// A channel.
#[derive(Debug)]
pub(crate) struct Channel {
    capacity: usize,
    open: bool,
    /// Of how many of its ends there are handles.
    ends: usize,
    /// How many hold a sender: tasks, and messages that are on their way.
    holds: usize,
    buffer: VecDeque<Parcel>,
    sending: VecDeque<(Waiter, Parcel)>,
    receiving: VecDeque<Waiter>,
}

/// An arm of a `select`.
#[derive(Clone, Debug)]
pub(crate) enum Arm {
    Receive(usize),
    Send(usize, Parcel),
    After(i64),
}

/// What became of a message.
enum Sent {
    Taken,
    Closed,
    /// There is no room for it.
    Waits(Parcel),
}

/// What is received.
enum Got {
    Message(Parcel),
    Closed,
    Nothing,
}

impl Machine<'_> {
    /// A task holds senders that were copied for it.
    pub(crate) fn keep_senders(&mut self, task: usize, senders: &[usize]) {
        for channel in senders {
            if let Some(of) = self.channels.get_mut(channel) {
                of.holds += 1;
            }
            self.hold(task, *channel);
        }
    }

    fn hold(&mut self, task: usize, channel: usize) {
        if let Some(record) = self.record(task) {
            *record.holds.entry(channel).or_default() += 1;
        }
    }

    /// A copy of the value behind the first argument as a message, which holds the senders in it.
    fn message(&mut self, shape: u32) -> Parcel {
        let (types, memory) = (self.types, Arc::clone(&self.memory));
        let item = types.item(shape);
        let message =
            Parcel::pack((types, &memory), self.own().arguments(1, types.width(item)), types.refs(item));
        for channel in message.senders() {
            if let Some(of) = self.channels.get_mut(channel) {
                of.holds += 1;
            }
        }
        message
    }

    /// What held a sender of a channel so often does not any more. A channel that nobody can send to is closed.
    pub(crate) fn release(&mut self, channel: usize, times: usize) {
        let Some(of) = self.channels.get_mut(&channel) else { return };
        of.holds = of.holds.saturating_sub(times);
        if of.holds == 0 {
            self.close(channel);
        }
    }

    fn drop_message(&mut self, message: &Parcel) {
        for channel in message.senders() {
            self.release(*channel, 1);
        }
    }

    fn close(&mut self, channel: usize) {
        let Some(of) = self.channels.get_mut(&channel) else { return };
        of.open = false;
        let (sending, receiving) = (std::mem::take(&mut of.sending), std::mem::take(&mut of.receiving));
        for (waiter, message) in sending {
            self.wake_closed(waiter);
            if waiter.arm.is_none() {
                self.drop_message(&message);
            }
        }
        for waiter in receiving {
            self.wake_closed(waiter);
        }
        self.forget_channel(channel);
    }

    /// There is no handle of an end of a channel any more.
    pub(crate) fn forget_end(&mut self, channel: usize) {
        if let Some(of) = self.channels.get_mut(&channel) {
            of.ends -= 1;
            self.forget_channel(channel);
        }
    }

    /// Forgets a channel that nobody can reach, unless somebody waits for it. Its messages keep holding what they hold: whether
    /// another channel is closed does not depend on when this is found out.
    fn forget_channel(&mut self, channel: usize) {
        let free = |of: &Channel| of.ends == 0 && of.sending.is_empty() && of.receiving.is_empty();
        if self.channels.get(&channel).is_some_and(free) {
            self.channels.remove(&channel);
        }
    }

    fn wake_closed(&mut self, waiter: Waiter) {
        match waiter.arm {
            Some(arm) => self.wake(waiter, &[arm as u64, 1]),
            None => self.wake(waiter, &[1]),
        }
    }

    fn send(&mut self, channel: usize, message: Parcel) -> Sent {
        let waits = self.channels.get(&channel).is_some_and(|of| !of.receiving.is_empty());
        if waits && let Some(waiter) = self.next_receiver(channel) {
            self.deliver(waiter, message);
            return Sent::Taken;
        }
        match self.channels.get_mut(&channel) {
            Some(of) if !of.open => {
                self.drop_message(&message);
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
            let waiter = self.channels.get_mut(&channel)?.receiving.pop_front()?;
            if self.waits_of(waiter).is_some() {
                return Some(waiter);
            }
        }
    }

    fn deliver(&mut self, waiter: Waiter, message: Parcel) {
        for channel in message.senders() {
            self.hold(waiter.task, *channel);
        }
        match waiter.arm {
            None => self.wake_by(waiter, |task| task.give_parcel(Some(0), &message)),
            Some(arm) => {
                if let Some(record) = self.record(waiter.task) {
                    record.taken = Some(message);
                }
                self.wake(waiter, &[arm as u64, 0]);
            }
        }
    }

    fn receive(&mut self, channel: usize) -> Got {
        let Some(of) = self.channels.get_mut(&channel) else { return Got::Closed };
        let first = of.buffer.pop_front();
        if of.sending.is_empty() {
            return match first {
                Some(message) => Got::Message(message),
                None if of.open => Got::Nothing,
                None => Got::Closed,
            };
        }
        let next = self.next_sender(channel);
        match (first, next) {
            (Some(message), Some(next)) => {
                if let Some(of) = self.channels.get_mut(&channel) {
                    of.buffer.push_back(next);
                }
                Got::Message(message)
            }
            (Some(message), None) | (None, Some(message)) => Got::Message(message),
            (None, None) if self.channels.get(&channel).is_some_and(|of| of.open) => Got::Nothing,
            (None, None) => Got::Closed,
        }
    }

    /// The message of the first one who waits to send, who goes on.
    fn next_sender(&mut self, channel: usize) -> Option<Parcel> {
        loop {
            let (waiter, message) = self.channels.get_mut(&channel)?.sending.pop_front()?;
            if self.waits_of(waiter).is_some() {
                match waiter.arm {
                    Some(arm) => self.wake(waiter, &[arm as u64, 0]),
                    None => self.wake(waiter, &[0]),
                }
                return Some(message);
            }
            if waiter.arm.is_none() {
                self.drop_message(&message);
            }
        }
    }

    /// What is in a message becomes the task's own.
    fn take_senders(&mut self, message: &Parcel) {
        for channel in message.senders() {
            self.hold(self.current, *channel);
        }
    }

    /// Gives up the arms of the `select` of a task, but for the one that was done.
    pub(crate) fn leave_select(&mut self, task: usize, done: Option<usize>) {
        let Some(record) = self.record(task) else { return };
        for (at, arm) in std::mem::take(&mut record.select).into_iter().enumerate() {
            if let Arm::Send(_, message) = arm
                && done != Some(at)
            {
                self.drop_message(&message);
            }
        }
    }

    fn is_ready(&self, arm: &Arm) -> bool {
        let live = |waiter: &Waiter| self.waits_of(*waiter).is_some();
        match arm {
            Arm::After(time) => *time <= 0,
            Arm::Receive(channel) => self.channels.get(channel).is_none_or(|of| {
                !of.open || !of.buffer.is_empty() || of.sending.iter().any(|(waiter, _)| live(waiter))
            }),
            Arm::Send(channel, _) => self
                .channels
                .get(channel)
                .is_none_or(|of| !of.open || of.buffer.len() < of.capacity || of.receiving.iter().any(live)),
        }
    }

    /// Does an arm that is ready.
    fn select_now(&mut self, at: usize, arms: &[Arm]) {
        self.leave_select(self.current, Some(at));
        let closed = match arms.get(at) {
            Some(Arm::Receive(channel)) => match self.receive(*channel) {
                Got::Message(message) => {
                    self.take_senders(&message);
                    self.own_record().taken = Some(message);
                    false
                }
                Got::Closed | Got::Nothing => true,
            },
            Some(Arm::Send(channel, message)) => matches!(self.send(*channel, message.clone()), Sent::Closed),
            Some(Arm::After(_)) | None => false,
        };
        self.own().give(&[at as u64, u64::from(closed)]);
    }

    fn gives_bit(&mut self, bit: bool) -> Step {
        self.own().give(&[u64::from(bit)]);
        Ok(Next::On)
    }
}

/// A new channel: both its ends.
pub(crate) fn new(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let Ok(capacity) = usize::try_from(machine.own().argument(0) as i64) else {
        return Err(Stop::Said("a channel holds no less than 0 messages"));
    };
    machine.forget();
    let channel = machine.channels_made;
    machine.channels_made += 1;
    let none = Channel {
        capacity,
        open: true,
        ends: 2,
        holds: 1,
        buffer: VecDeque::new(),
        sending: VecDeque::new(),
        receiving: VecDeque::new(),
    };
    machine.channels.insert(channel, none);
    machine.hold(machine.current, channel);
    let [sender, receiver] = [SENDER, RECEIVER].map(|end| Token::new(end, channel, &machine.gone));
    let task = machine.own();
    task.make_room(2 * handle::WORDS)?;
    let ends = [task.take_handle(SENDER, channel, sender), task.take_handle(RECEIVER, channel, receiver)];
    task.give(&ends);
    Ok(Next::On)
}

pub(crate) fn send(machine: &mut Machine<'_>, shape: u32) -> Step {
    let (channel, message) = (about(machine), machine.message(shape));
    match machine.send(channel, message) {
        Sent::Taken => machine.gives_bit(false),
        Sent::Closed => machine.gives_bit(true),
        Sent::Waits(message) => {
            let me = machine.me(None);
            if let Some(of) = machine.channels.get_mut(&channel) {
                of.sending.push_back((me, message));
            }
            Ok(Next::Waits(Waits::Send))
        }
    }
}

pub(crate) fn try_send(machine: &mut Machine<'_>, shape: u32) -> Step {
    let (channel, message) = (about(machine), machine.message(shape));
    match machine.send(channel, message) {
        Sent::Taken => machine.gives_bit(true),
        Sent::Closed => machine.gives_bit(false),
        Sent::Waits(message) => {
            machine.drop_message(&message);
            machine.gives_bit(false)
        }
    }
}

pub(crate) fn close_sender(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let channel = about(machine);
    machine.close(channel);
    Ok(Next::On)
}

/// The block that owns a sender is left.
pub(crate) fn leave_sender(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let channel = about(machine);
    if let Some(times) = machine.own_record().holds.get_mut(&channel)
        && *times > 0
    {
        *times -= 1;
        machine.release(channel, 1);
    }
    Ok(Next::On)
}

pub(crate) fn receive(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let channel = about(machine);
    match machine.receive(channel) {
        Got::Message(message) => {
            machine.take_senders(&message);
            machine.own().give_parcel(Some(0), &message)?;
            Ok(Next::On)
        }
        Got::Closed => machine.gives_bit(true),
        Got::Nothing => {
            let me = machine.me(None);
            if let Some(of) = machine.channels.get_mut(&channel) {
                of.receiving.push_back(me);
            }
            Ok(Next::Waits(Waits::Receive))
        }
    }
}

pub(crate) fn try_receive(machine: &mut Machine<'_>, shape: u32) -> Step {
    let channel = about(machine);
    let types = machine.types;
    match machine.receive(channel) {
        Got::Message(message) => {
            machine.take_senders(&message);
            let says_none = types.says_none(types.item(shape));
            machine.own().give_parcel((!says_none).then_some(1), &message)?;
        }
        Got::Closed | Got::Nothing => machine.own().give(&[]),
    }
    Ok(Next::On)
}

pub(crate) fn close_receiver(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let channel = about(machine);
    machine.close(channel);
    let rest = machine.channels.get_mut(&channel).map(|of| std::mem::take(&mut of.buffer));
    rest.into_iter().flatten().for_each(|message| machine.drop_message(&message));
    Ok(Next::On)
}

pub(crate) fn len(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let channel = about(machine);
    let len = machine.channels.get(&channel).map_or(0, |of| of.buffer.len() as u64);
    machine.own().give(&[len]);
    Ok(Next::On)
}

/// What the start of a `select` finds is what a task left in the middle of one.
pub(crate) fn select(machine: &mut Machine<'_>, _shape: u32) -> Step {
    machine.leave_select(machine.current, None);
    Ok(Next::On)
}

pub(crate) fn select_receive(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let channel = about(machine);
    machine.own_record().select.push(Arm::Receive(channel));
    Ok(Next::On)
}

pub(crate) fn select_send(machine: &mut Machine<'_>, shape: u32) -> Step {
    let (channel, message) = (about(machine), machine.message(shape));
    machine.own_record().select.push(Arm::Send(channel, message));
    Ok(Next::On)
}

pub(crate) fn select_after(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let time = machine.own().argument(0) as i64;
    machine.own_record().select.push(Arm::After(time));
    Ok(Next::On)
}

/// The arm that is done and whether its channel is closed. Of `default` its number.
pub(crate) fn select_wait(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let (default, arms) = (machine.own().argument(0) & 1 == 1, machine.own_record().select.clone());
    let ready: Vec<usize> = (0..arms.len()).filter(|at| machine.is_ready(&arms[*at])).collect();
    if !ready.is_empty() {
        let at = (machine.world.random() % ready.len() as u64) as usize;
        machine.select_now(ready[at], &arms);
        return Ok(Next::On);
    }
    if default {
        machine.leave_select(machine.current, None);
        machine.own().give(&[arms.len() as u64, 0]);
        return Ok(Next::On);
    }
    for (at, arm) in arms.into_iter().enumerate() {
        let me = machine.me(Some(at));
        match arm {
            Arm::After(time) => {
                let at = machine.world.now().saturating_add(time);
                machine.wake_at(at, me);
            }
            Arm::Receive(channel) => {
                if let Some(of) = machine.channels.get_mut(&channel) {
                    of.receiving.push_back(me);
                }
            }
            Arm::Send(channel, message) => {
                if let Some(of) = machine.channels.get_mut(&channel) {
                    of.sending.push_back((me, message));
                }
            }
        }
    }
    Ok(Next::Waits(Waits::Select))
}

/// The message that was received.
pub(crate) fn select_take(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let message = machine.own_record().taken.take().unwrap_or_default();
    machine.own().give_parcel(None, &message)?;
    Ok(Next::On)
}
