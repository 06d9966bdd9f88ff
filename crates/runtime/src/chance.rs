//! What the world is asked for: to print, time, chance.

use crate::machine::{Machine, Next, Step};
use crate::tasks::{Waiter, Waits};
use crate::trap::Stop;

impl Machine<'_> {
    /// Has somebody woken at a time.
    pub(crate) fn wake_at(&mut self, time: i64, waiter: Waiter) {
        self.timer += 1;
        self.timers.insert((time, self.timer), waiter);
    }

    pub(crate) fn fire_timers(&mut self) {
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
    pub(crate) fn next_time(&mut self) -> Option<i64> {
        loop {
            let (key, waiter) = self.timers.first_key_value().map(|(key, waiter)| (*key, *waiter))?;
            if self.waits_of(waiter).is_some() {
                return Some(key.0);
            }
            self.timers.remove(&key);
        }
    }

    fn gives(&mut self, value: u64) -> Step {
        self.own().give(&[value]);
        Ok(Next::On)
    }
}

pub(crate) fn print(machine: &mut Machine<'_>, _shape: u32) -> Step {
    // The task is out of the way while the line is out.
    let task = machine.own();
    let text = task.text(task.argument(0)).to_owned();
    Ok(if machine.world.print(&text) { Next::On } else { Next::Over })
}

pub(crate) fn debug(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let (text, at) = (task.text(task.argument(0)).to_owned(), task.left_at());
    machine.world.debug(&text, at);
    Ok(Next::On)
}

/// Something is not as a test expects.
pub(crate) fn expect(_machine: &mut Machine<'_>, _shape: u32) -> Step {
    Err(Stop::Unexpected)
}

/// The copy of a value, whose senders the task holds as well.
pub(crate) fn copy(machine: &mut Machine<'_>, shape: u32) -> Step {
    let senders = machine.own().copy_in_slot(shape, 0)?;
    machine.keep_senders(machine.current, &senders);
    Ok(Next::On)
}

pub(crate) fn now(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let now = machine.world.now();
    machine.gives(now as u64)
}

pub(crate) fn elapsed(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let since = machine.own().argument(0) as i64;
    let now = machine.world.now();
    machine.gives(now.wrapping_sub(since) as u64)
}

pub(crate) fn sleep(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let time = machine.own().argument(0) as i64;
    let (time, me) = (machine.world.now().saturating_add(time.max(0)), machine.me(None));
    machine.wake_at(time, me);
    Ok(Next::Waits(Waits::Time))
}

pub(crate) fn random_int(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let task = machine.own();
    let (from, to, closed) = (task.argument(0) as i64, task.argument(1) as i64, task.argument(2));
    let size = (i128::from(to) - i128::from(from) + i128::from(closed)).max(0) as u128;
    if size == 0 {
        return Err(Stop::Said("a range without numbers"));
    }
    let drawn = (u128::from(machine.world.random()) * size) >> 64;
    machine.gives(from.wrapping_add(drawn as i64) as u64)
}

pub(crate) fn random_float(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let drawn = (machine.world.random() >> 11) as f64 / (1_u64 << 53) as f64;
    machine.gives(drawn.to_bits())
}

pub(crate) fn random_bool(machine: &mut Machine<'_>, _shape: u32) -> Step {
    let drawn = machine.world.random() & 1;
    machine.gives(drawn)
}
