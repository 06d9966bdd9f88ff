//! What is on its way from one task to another: a copy of a value that no heap has.
//!
//! Its objects stand in a row of words, and refer to one another by their places in it, with the lowest bit set, which no address has.
//! So it is put into a heap by one pass over its words, as often as somebody asks for it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::handle::{self, NO_STREAM, SENDER, STREAM, Token};
use crate::heap::{read, words, write};
use crate::memory::{Memory, Taken};
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{STATIC, Size, Types};

/// A copy of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    lanes: Few,
    /// Which lanes are references.
    refs: u64,
    /// What they refer to; nothing where there are none.
    objects: Option<Box<(Objects, Taken)>>,
}

/// What is referred to in a parcel.
#[derive(Clone, Debug, Default)]
struct Objects {
    words: Vec<u64>,
    /// The channels of the senders, each as often as it is there.
    senders: Vec<usize>,
    /// The tokens of the handles, in their order.
    tokens: Vec<Arc<Token>>,
}

/// A few words, which are on no heap.
#[derive(Clone, Debug)]
pub(crate) enum Few {
    In([u64; 4], u8),
    Out(Box<[u64]>),
}

impl Default for Few {
    fn default() -> Self {
        Self::In([0; 4], 0)
    }
}

impl Few {
    fn new(of: &[u64]) -> Self {
        let mut few = [0; 4];
        match few.get_mut(..of.len()) {
            Some(place) => {
                place.copy_from_slice(of);
                Self::In(few, of.len() as u8)
            }
            None => Self::Out(of.into()),
        }
    }

    pub(crate) fn words(&self) -> &[u64] {
        match self {
            Self::In(words, len) => &words[..*len as usize],
            Self::Out(words) => words,
        }
    }

    fn words_mut(&mut self) -> &mut [u64] {
        match self {
            Self::In(words, len) => &mut words[..*len as usize],
            Self::Out(words) => words,
        }
    }
}

/// Goes through the places of the references among the words of an object; `len` is its second word.
pub(crate) fn each_ref(types: &Types, header: u64, len: impl Fn() -> u64, visit: &mut dyn FnMut(usize)) {
    let layout = types.of_header(header);
    match layout.size {
        Size::Words(_) => layout.refs.iter().for_each(|at| visit(*at)),
        Size::Rows(stride) if !layout.refs.is_empty() => {
            for row in 0..len() as usize {
                layout.refs.iter().for_each(|at| visit(2 + row * stride + *at));
            }
        }
        _ => (),
    }
}

impl Parcel {
    /// A copy of a value in the heap of a task; of its lanes those are references that `refs` says.
    pub(crate) fn pack((types, memory): (&Types, &Arc<Memory>), lanes: &[u64], refs: u64) -> Self {
        let mut made = Self { lanes: Few::new(lanes), refs, objects: None };
        if refs != 0 {
            let (mut objects, mut copies) = (Objects::default(), FxHashMap::default());
            for (at, lane) in made.lanes.words_mut().iter_mut().enumerate() {
                if refs >> at & 1 == 1 {
                    *lane = objects.add(types, *lane, &mut copies);
                }
            }
            objects.finish(types, &mut copies);
            let taken = memory.count(size_of_val(objects.words.as_slice()));
            made.objects = Some(Box::new((objects, taken)));
        }
        made
    }

    /// The channels of the senders in it, each as often as it is in it.
    pub(crate) fn senders(&self) -> &[usize] {
        self.objects.as_ref().map_or(&[], |objects| &objects.0.senders)
    }
}

impl Objects {
    /// What refers to the copy of an object, which refers to objects of the heap until it is finished.
    fn add(&mut self, types: &Types, object: u64, copies: &mut FxHashMap<u64, u64>) -> u64 {
        if object == 0 || read(object) & STATIC != 0 {
            return object;
        }
        if let Some(known) = copies.get(&object) {
            return *known;
        }
        let header = read(object);
        if handle::is(header, SENDER) {
            self.senders.push(read(object + 8) as usize);
        }
        if handle::has_token(header) {
            self.tokens.push(handle::token(object));
        }
        let copy = (self.words.len() as u64) << 1 | 1;
        let len = words(types, header, object) as u64;
        let from = self.words.len();
        self.words.extend((0..len).map(|at| read(object + at * 8)));
        if handle::is(header, STREAM)
            && let Some(number) = self.words.get_mut(from + 1)
        {
            *number = NO_STREAM;
        }
        copies.insert(object, copy);
        copy
    }

    /// Has copies refer to copies.
    fn finish(&mut self, types: &Types, copies: &mut FxHashMap<u64, u64>) {
        let (mut at, mut places) = (0, Vec::new());
        while at < self.words.len() {
            let header = self.words[at];
            each_ref(types, header, || self.words[at + 1], &mut |place| places.push(at + place));
            let len = self.len(types, at);
            for place in places.drain(..) {
                self.words[place] = self.add(types, self.words[place], copies);
            }
            at += len;
        }
    }

    /// How many words the object at a place has.
    fn len(&self, types: &Types, at: usize) -> usize {
        match types.of_header(self.words[at]).size {
            Size::Words(words) => words,
            Size::Raw => 2 + (self.words[at + 1] as usize).div_ceil(8),
            Size::Rows(stride) => 2 + self.words[at + 1] as usize * stride,
        }
    }
}

impl Task<'_> {
    /// Puts a copy into the heap of the task: the lanes of the value.
    pub(crate) fn unpack(&mut self, parcel: &Parcel) -> Result<Few, Trap> {
        let mut lanes = parcel.lanes.clone();
        let Some((objects, _)) = parcel.objects.as_deref() else { return Ok(lanes) };
        let len = objects.words.len();
        self.make_room(len)?;
        let to = self.take(len);
        let place = |word: u64| if word & 1 == 1 { to + (word >> 1) * 8 } else { word };
        self.words_mut(to, 0, len).copy_from_slice(&objects.words);
        let (mut at, mut tokens) = (to, objects.tokens.iter());
        while at < to + len as u64 * 8 {
            let header = read(at);
            if handle::has_token(header)
                && let Some(token) = tokens.next()
            {
                self.handles.add(at, Arc::clone(token));
            }
            each_ref(self.types, header, || read(at + 8), &mut |word| {
                let word = at + word as u64 * 8;
                write(word, place(read(word)));
            });
            at += words(self.types, header, at) as u64 * 8;
        }
        for (at, lane) in lanes.words_mut().iter_mut().enumerate() {
            if parcel.refs >> at & 1 == 1 {
                *lane = place(*lane);
            }
        }
        Ok(lanes)
    }

    /// Puts a copy of one reference into the heap of the task.
    pub(crate) fn unpack_one(&mut self, parcel: &Parcel) -> Result<u64, Trap> {
        Ok(self.unpack(parcel)?.words().first().copied().unwrap_or(0))
    }

    /// Gives what is in a parcel as results from a place on, behind a word where that is not the first one.
    pub(crate) fn give_parcel(&mut self, first: Option<u64>, parcel: &Parcel) -> Result<(), Trap> {
        self.mask = 0;
        let lanes = self.unpack(parcel)?;
        self.give_from(usize::from(first.is_some()), lanes.words());
        if let Some(first) = first {
            // SAFETY: a slot has four words at least.
            unsafe { self.slot.write(first) };
        }
        Ok(())
    }
}
