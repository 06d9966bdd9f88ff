//! Deep copies. What is held twice is held twice by the copy too.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::handle::{self, NO_STREAM, SENDER, STREAM};
use crate::heap::words;
use crate::operations::{Call, Done};
use crate::parcel::each_ref;
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{Lane, STATIC, Shape};

impl Task<'_> {
    /// Copies the value whose lanes are in the slot of the call from a place on, in place. Gives the channels of the senders in it.
    pub(crate) fn copy_in_slot(&mut self, shape: u32, from: usize) -> Result<Vec<usize>, Trap> {
        let mut senders = Vec::new();
        if self.types.known[shape as usize].flat {
            return Ok(senders);
        }
        let lanes = self.types.lanes(shape);
        // SAFETY: the slot has the lanes of the value from there on.
        let lane = |task: &Self, at: usize| unsafe { task.slot.add(from + at).read() };
        let refs: Vec<usize> = (0..lanes.len()).filter(|at| lanes[*at] == Lane::Ref).collect();
        let mut seen = FxHashSet::default();
        let total = refs.iter().map(|at| self.measure(lane(self, *at), &mut seen, &mut senders)).sum();
        self.make_room(total)?;
        let mut copies = FxHashMap::default();
        for at in refs {
            let copy = self.copied(lane(self, at), &mut copies);
            // SAFETY: as above.
            unsafe { self.slot.add(from + at).write(copy) };
        }
        Ok(senders)
    }

    /// The words of all that a copy of an object makes anew and that was not seen before.
    fn measure(&self, object: u64, seen: &mut FxHashSet<u64>, senders: &mut Vec<usize>) -> usize {
        let mut total = 0;
        let mut work = vec![object];
        while let Some(object) = work.pop() {
            if object != 0 && handle::is(self.word(object, 0), SENDER) && seen.insert(object) {
                senders.push(self.handle(object));
            }
            if !self.is_copied(object) || !seen.insert(object) {
                continue;
            }
            total += words(self.types, self.header(object), object);
            self.each_ref(object, &mut |at| work.push(self.word(object, at)));
        }
        total
    }

    /// Whether a copy of an object is another one.
    fn is_copied(&self, object: u64) -> bool {
        object != 0
            && self.word(object, 0) & STATIC == 0
            && (!self.types.of_header(self.header(object)).fixed || handle::is(self.word(object, 0), STREAM))
    }

    /// The places of the references among the words of an object.
    fn each_ref(&self, object: u64, visit: &mut dyn FnMut(usize)) {
        each_ref(self.types, self.header(object), || self.word(object, 1), visit);
    }

    /// The copy of an object, in room that was made for it and for all that it holds.
    fn copied(&mut self, object: u64, copies: &mut FxHashMap<u64, u64>) -> u64 {
        let mut work = Vec::new();
        let made = self.shallow(object, copies, &mut work);
        while let Some(copy) = work.pop() {
            let mut places = Vec::new();
            self.each_ref(copy, &mut |at| places.push(at));
            for at in places {
                let part = self.shallow(self.word(copy, at), copies, &mut work);
                self.set_word(copy, at, part);
            }
        }
        made
    }

    fn shallow(&mut self, object: u64, copies: &mut FxHashMap<u64, u64>, work: &mut Vec<u64>) -> u64 {
        if !self.is_copied(object) {
            return object;
        }
        if let Some(known) = copies.get(&object) {
            return *known;
        }
        let len = words(self.types, self.header(object), object);
        let copy = self.take(len);
        let from = self.words(object, 0, len).as_ptr();
        // SAFETY: both objects have so many words, and the copy is in room that nothing else has.
        unsafe { std::ptr::copy_nonoverlapping(from, copy as *mut u64, len) };
        if handle::is(self.word(copy, 0), STREAM) {
            self.set_word(copy, 1, NO_STREAM);
        }
        copies.insert(object, copy);
        work.push(copy);
        copy
    }

    /// The objects of some shapes among those that a copy of an object makes anew and that were not seen before.
    fn objects_of(&self, wanted: &[u32], object: u64, seen: &mut FxHashSet<u64>, found: &mut Vec<u64>) {
        let mut work = vec![object];
        while let Some(object) = work.pop() {
            if !self.is_copied(object) || !seen.insert(object) {
                continue;
            }
            let shape = self.types.of_header(self.header(object)).shape;
            if shape.is_some_and(|shape| wanted.contains(&shape)) {
                found.push(object);
            }
            self.each_ref(object, &mut |at| work.push(self.word(object, at)));
        }
    }
}

/// Gives the objects of some shapes in a value.
pub(crate) fn reached(call: &mut Call<'_, '_>) -> Done {
    let Shape::Tuple(parts) = call.task.types.shape(call.shape).clone() else { return Ok(()) };
    let (Some(value), Some(of)) = (parts.first(), parts.get(1)) else { return Ok(()) };
    let Shape::Captures(wanted) = call.task.types.shape(*of).clone() else { return Ok(()) };
    let lanes = call.task.types.lanes(*value).to_vec();
    let find = |call: &Call<'_, '_>| {
        let (mut seen, mut found) = (FxHashSet::default(), Vec::new());
        for (at, _) in lanes.iter().enumerate().filter(|(_, lane)| **lane == Lane::Ref) {
            call.task.objects_of(&wanted, call.word(at), &mut seen, &mut found);
        }
        found
    };
    let len = find(call).len();
    if len == 0 {
        call.set(0, 0);
        return Ok(());
    }
    let array = call.new_array(*of, len)?;
    // They may have moved when room was made.
    for (at, object) in find(call).into_iter().enumerate() {
        call.task.set_element(array, *of, at, &[object]);
    }
    call.task.set_word(array, 1, len as u64);
    call.set(0, array);
    Ok(())
}
