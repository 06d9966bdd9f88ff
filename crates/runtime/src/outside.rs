//! Functions of the standard library that are not written in Pluto, and what they wait for.

use pluto_host::{Asked, Kind, Nothing, Token, Turn, Value, functions};

use crate::arrays::words_of_texts;
use crate::machine::{Machine, Next};
use crate::operations::Call;
use crate::task::Task;
use crate::tasks::{State, Waiter, Waits};
use crate::trap::{Stop, Trap};
use crate::values::raw_words;
use crate::workers::Inside;

/// Does the function with this place among all, with the arguments in the slot, and leaves the lanes of its result there: gives the task
/// that goes on.
///
/// # Safety
/// The task is the one of the call, and this worker runs it.
pub(crate) unsafe fn host(
    call: &mut Call<'_, 'static>,
    address: *mut Task<'static>,
    at: usize,
) -> Result<*mut Task<'static>, Stop> {
    let Some(function) = functions().get(at) else { return Ok(address) };
    let with: Vec<Value> =
        function.takes.iter().enumerate().map(|(at, kind)| value(call, *kind, at)).collect();
    if !function.outside {
        return give_now(call, function.call(&mut Nothing::default(), &with, Turn::First), address);
    }
    // SAFETY: as above.
    let mut inside = unsafe { Inside::of(address) };
    let machine = inside.machine();
    if machine.over {
        return Ok(std::ptr::null_mut());
    }
    // Another worker had it end while it ran: it waits for nothing more.
    if function.waits && machine.own_record().is_cancelled() {
        return Ok(inside.on());
    }
    match function.call(machine.world.outside(), &with, Turn::First) {
        Err(token) => {
            let by = machine.me(None);
            if let Some(within) = function.within(&with) {
                let time = machine.world.now().saturating_add(within);
                machine.wake_at(time, by);
            }
            machine.pending.add(token, Asked { by, function, with });
            Ok(inside.after(Next::Waits(Waits::Outside(token)), address))
        }
        given => {
            // It may be what somebody else waits for: that a connection is closed.
            machine.hear();
            inside.share(1);
            drop(inside);
            give_now(call, given, address)
        }
    }
}

fn give_now(
    call: &mut Call<'_, 'static>,
    given: Result<Vec<Value>, Token>,
    address: *mut Task<'static>,
) -> Result<*mut Task<'static>, Stop> {
    give(call.task, given.unwrap_or_default())?;
    Ok(address)
}

impl Machine<'_> {
    /// Hears of what is waited for outside.
    pub(crate) fn hear(&mut self) {
        for (token, asked) in self.pending.heard() {
            self.ask_again(asked, Turn::Again(token));
        }
    }

    fn ask_again(&mut self, asked: Asked<Waiter>, turn: Turn) {
        match asked.ask(self.world.outside(), turn) {
            Ok(given) => self.wake_by(asked.by, |task| give(task, given)),
            Err(token) => {
                if let Some(record) = self.record(asked.by.task) {
                    record.state = State::Waits(Waits::Outside(token));
                }
                self.pending.add(token, asked);
            }
        }
    }

    /// A task has waited for something for as long as it was to.
    pub(crate) fn late(&mut self, token: Token, task: usize) {
        if let Some(asked) = self.forget_asked(token, task) {
            self.ask_again(asked, Turn::Late);
        }
    }

    /// A task does not wait for something any more.
    pub(crate) fn forget_asked(&mut self, token: Token, task: usize) -> Option<Asked<Waiter>> {
        self.pending.forget(token, self.world.outside(), |by| by.task == task)
    }
}

/// Leaves the lanes of a result where a task expects them.
fn give(task: &mut Task<'_>, given: Vec<Value>) -> Result<(), Trap> {
    // Room for all at once, since making it moves what was made before.
    let mut words = 0;
    for value in &given {
        words += match value {
            Value::Text(text) => raw_words(text.len()),
            Value::Bytes(bytes) => raw_words(bytes.len()),
            Value::Texts(texts) => words_of_texts(texts)?,
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::None => 0,
        };
    }
    if words > 0 {
        task.make_room(words)?;
    }
    let lane = |value| match value {
        Value::Int(value) => value as u64,
        Value::Float(value) => value.to_bits(),
        Value::Bool(value) => u64::from(value),
        Value::Text(text) => task.take_text(&text),
        Value::Bytes(bytes) => task.take_bytes(&bytes),
        Value::Texts(texts) => task.take_texts(&texts),
        Value::None => 0,
    };
    let lanes: Vec<u64> = given.into_iter().map(lane).collect();
    task.give(&lanes);
    Ok(())
}

fn value(call: &Call<'_, '_>, kind: Kind, at: usize) -> Value {
    match kind {
        Kind::Int => Value::Int(call.word(at) as i64),
        Kind::Float => Value::Float(f64::from_bits(call.word(at))),
        Kind::Bool => Value::Bool(call.word(at) & 0xff != 0),
        Kind::Text => Value::Text(call.text(at).to_owned()),
        Kind::Bytes => Value::Bytes(call.bytes(at).to_vec()),
        Kind::Texts => Value::Texts(call.task.texts_of(call.word(at))),
    }
}
