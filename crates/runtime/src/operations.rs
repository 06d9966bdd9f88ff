//! What compiled code asks for: each operation by its number, with its arguments in a slot of words in which it leaves its results.

use crate::equal::DEPTH;
use crate::machine::{Machine, Step};
use crate::task::Task;
use crate::trap::Stop;
use crate::{actors, arrays, bytes, chance, channels, copy, maps, numbers, show, streams, tasks, texts};

/// Whether an operation goes on.
pub(crate) type Done = Result<(), Stop>;

/// A call of an operation. Its arguments stand in the slot and move with the heap there, so they are read anew after room was made.
pub(crate) struct Call<'c, 'r> {
    pub(crate) task: &'c mut Task<'r>,
    /// The shape that it is for.
    pub(crate) shape: u32,
}

impl Call<'_, '_> {
    pub(crate) fn word(&self, at: usize) -> u64 {
        // SAFETY: a slot has a word for each argument and each result, and four at least.
        unsafe { self.task.slot.add(at).read() }
    }

    pub(crate) fn words(&self, from: usize, len: usize) -> &[u64] {
        // SAFETY: as above; the slot is written through this call only.
        unsafe { std::slice::from_raw_parts(self.task.slot.add(from), len) }
    }

    pub(crate) fn set(&mut self, at: usize, value: u64) {
        // SAFETY: as above.
        unsafe { self.task.slot.add(at).write(value) };
    }

    pub(crate) fn give(&mut self, values: &[u64]) {
        values.iter().enumerate().for_each(|(at, value)| self.set(at, *value));
    }

    pub(crate) fn give_optional(&mut self, value: Option<u64>) {
        self.set(0, u64::from(value.is_some()));
        self.set(1, value.unwrap_or(0));
    }

    pub(crate) fn give_text(&mut self, text: &str) -> Done {
        let made = self.task.new_text(text)?;
        self.set(0, made);
        Ok(())
    }

    pub(crate) fn give_text_or_none(&mut self, text: Option<&str>) -> Done {
        match text {
            Some(text) => self.give_text(text),
            None => {
                self.set(0, 0);
                Ok(())
            }
        }
    }

    pub(crate) fn give_bytes(&mut self, bytes: &[u8]) -> Done {
        let made = self.task.new_bytes(bytes)?;
        self.set(0, made);
        Ok(())
    }

    pub(crate) fn text(&self, at: usize) -> &str {
        self.task.text(self.word(at))
    }

    /// The text of an argument that only some have.
    pub(crate) fn text_or_none(&self, at: usize) -> &str {
        if self.task.mask >> at & 1 == 1 { self.text(at) } else { "" }
    }

    pub(crate) fn bytes(&self, at: usize) -> &[u8] {
        self.task.bytes(self.word(at))
    }
}

pub(crate) type Operation = fn(&mut Call<'_, '_>) -> Done;

/// The number of the operation that makes room: for so many words, and gives the first of them.
pub const ALLOCATE: u32 = 0;
/// The number of the operation that makes room for one element more in an array.
pub const GROW_ARRAY: u32 = 1;

/// The operations, by the names that the language or its operators have for them.
pub(crate) const OPERATIONS: &[(&str, Operation)] = &[
    ("allocate", allocate),
    ("grow array", arrays::grow),
    ("==", equal),
    ("<=>", compare),
    ("reached", copy::reached),
    ("show", show::show),
    ("show quoted", show::show_quoted),
    ("show formatted", show::show_formatted),
    ("string +", texts::concat),
    ("bytes +", texts::concat_bytes),
    ("string []", texts::get),
    ("array [..]", arrays::slice),
    ("bytes []", bytes::get),
    ("buffer []", bytes::get),
    ("buffer [] =", bytes::put),
    ("map []", maps::get),
    ("int.abs", numbers::abs),
    ("int.pow", numbers::pow),
    ("int.min", numbers::min),
    ("int.max", numbers::max),
    ("int.clamp", numbers::clamp),
    ("int.sign", numbers::sign),
    ("int.to_char", numbers::to_char),
    ("int.to_byte", numbers::to_byte),
    ("int.checked_add", numbers::checked_add),
    ("int.checked_sub", numbers::checked_sub),
    ("int.checked_mul", numbers::checked_mul),
    ("int.checked_div", numbers::checked_div),
    ("int.saturating_add", numbers::saturating_add),
    ("int.saturating_sub", numbers::saturating_sub),
    ("int.saturating_mul", numbers::saturating_mul),
    ("int.count_ones", numbers::count_ones),
    ("int.leading_zeros", numbers::leading_zeros),
    ("int.trailing_zeros", numbers::trailing_zeros),
    ("int.is_even", numbers::is_even),
    ("int.is_odd", numbers::is_odd),
    ("float.clamp", numbers::float_clamp),
    ("float.is_nan", numbers::is_nan),
    ("float.is_finite", numbers::is_finite),
    ("byte.to_char", numbers::to_char),
    ("string.len", texts::len),
    ("string.is_empty", texts::is_empty),
    ("string.bytes", texts::to_bytes),
    ("string.chars", texts::chars),
    ("string.lines", texts::lines),
    ("string.words", texts::words),
    ("string.split", texts::split),
    ("string.split_once", texts::split_once),
    ("string.trim", texts::trim),
    ("string.trim_start", texts::trim_start),
    ("string.trim_end", texts::trim_end),
    ("string.to_upper", texts::to_upper),
    ("string.to_lower", texts::to_lower),
    ("string.starts_with", texts::starts_with),
    ("string.ends_with", texts::ends_with),
    ("string.strip_prefix", texts::strip_prefix),
    ("string.strip_suffix", texts::strip_suffix),
    ("string.contains", texts::contains),
    ("string.find", texts::find),
    ("string.replace", texts::replace),
    ("string.repeat", texts::repeat),
    ("string.reverse", texts::reverse),
    ("string.slice", texts::slice),
    ("string.get", texts::find_at),
    ("string.pad_start", texts::pad_start),
    ("string.pad_end", texts::pad_end),
    ("string.to_int", texts::to_int),
    ("string.to_float", texts::to_float),
    ("string.code", texts::code),
    ("bytes.len", bytes::len),
    ("bytes.is_empty", bytes::is_empty),
    ("bytes.get", bytes::find),
    ("bytes.slice", bytes::slice),
    ("bytes.to_text", bytes::to_text),
    ("bytes.to_array", bytes::to_array),
    ("bytes.hex", bytes::hex),
    ("buffer.new", bytes::new_buffer),
    ("buffer.len", bytes::len),
    ("buffer.is_empty", bytes::is_empty),
    ("buffer.get", bytes::find),
    ("buffer.push", bytes::push),
    ("buffer.append", bytes::append),
    ("buffer.append_text", bytes::append),
    ("buffer.clear", bytes::clear),
    ("buffer.to_bytes", bytes::to_bytes),
    ("range.len", numbers::len_of_range),
    ("range.is_empty", numbers::range_is_empty),
    ("range.contains", numbers::range_contains),
    ("array", arrays::new),
    ("array.push", arrays::push),
    ("array.pop", arrays::pop),
    ("array.insert", arrays::insert),
    ("array.remove", arrays::remove),
    ("array.truncate", arrays::truncate),
    ("array.append", arrays::append),
    ("map", maps::new),
    ("map.len", maps::len),
    ("map.get", maps::find),
    ("map.has", maps::has),
    ("map.insert", maps::insert),
    ("map.remove", maps::remove),
    ("map.clear", maps::clear),
    ("map.keys", maps::keys),
    ("map.values", maps::values),
    ("set", maps::new),
    ("set.len", maps::len),
    ("set.has", maps::has),
    ("set.insert", maps::set_insert),
    ("set.remove", maps::set_remove),
    ("set.clear", maps::clear),
    ("set.to_array", maps::keys),
];

/// What the run does: as above, but with more than the task at hand.
type Act = fn(&mut Machine<'_>, u32) -> Step;

/// The place of the one that only a task is asked for as long as it has rounds left in its turn.
pub(crate) const ROUNDS: usize = 0;

/// The operations of runs, whose numbers come behind those of the others.
pub(crate) const MACHINES: &[(&str, Act)] = &[
    ("turn", tasks::turn),
    ("print", chance::print),
    ("debug", chance::debug),
    ("expect", chance::expect),
    ("copy", chance::copy),
    ("now", chance::now),
    ("instant.elapsed", chance::elapsed),
    ("sleep", chance::sleep),
    ("random.int", chance::random_int),
    ("random.float", chance::random_float),
    ("random.bool", chance::random_bool),
    ("defer", tasks::defer),
    ("deferred", tasks::deferred),
    ("spawn", tasks::spawn),
    ("task.get", tasks::get),
    ("task.cancel", tasks::cancel),
    ("task.detach", tasks::detach),
    ("task.is_done", tasks::is_done),
    ("scope open", tasks::open_scope),
    ("scope close", tasks::close_scope),
    ("chan", channels::new),
    ("sender.send", channels::send),
    ("sender.try_send", channels::try_send),
    ("sender.close", channels::close_sender),
    ("sender leave", channels::leave_sender),
    ("receiver.recv", channels::receive),
    ("receiver.try_recv", channels::try_receive),
    ("receiver.close", channels::close_receiver),
    ("receiver.len", channels::len),
    ("select start", channels::select),
    ("select receive", channels::select_receive),
    ("select send", channels::select_send),
    ("select after", channels::select_after),
    ("select wait", channels::select_wait),
    ("select take", channels::select_take),
    ("spawn actor", actors::spawn),
    ("actor call", actors::call),
    ("actor tell", actors::tell),
    ("actor.stop", actors::stop),
    ("actor.is_alive", actors::is_alive),
    ("stream", streams::new),
    ("stream.next", streams::next),
    ("yield", streams::yields),
];

/// The number of the first function of the standard library that is not written in Pluto.
pub(crate) const HOST: usize = OPERATIONS.len() + MACHINES.len();

/// The number of an operation.
#[must_use]
pub fn operation(name: &str) -> Option<u32> {
    let behind = || MACHINES.iter().position(|(known, _)| *known == name).map(|at| at + OPERATIONS.len());
    let host = || pluto_host::functions().iter().position(|of| of.name == name).map(|at| at + HOST);
    let own = OPERATIONS.iter().position(|(known, _)| *known == name);
    own.or_else(behind).or_else(host).map(|at| at as u32)
}

fn allocate(call: &mut Call<'_, '_>) -> Done {
    let words = call.word(0) as usize;
    call.task.make_room(words)?;
    let at = call.task.take(words);
    call.set(0, at);
    Ok(())
}

fn equal(call: &mut Call<'_, '_>) -> Done {
    let width = call.task.types.width(call.shape);
    let (left, right) = (call.words(0, width), call.words(width, width));
    let equal = call.task.equal(call.shape, left, right, false, DEPTH)?;
    call.set(0, u64::from(equal));
    Ok(())
}

fn compare(call: &mut Call<'_, '_>) -> Done {
    let width = call.task.types.width(call.shape);
    let order = call.task.compare(call.shape, call.words(0, width), call.words(width, width));
    call.set(0, order as i64 as u64);
    Ok(())
}
