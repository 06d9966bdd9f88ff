//! What is on its way from one task to another: a copy of a value that no heap has.
//!
//! Its objects stand in a row of words, and refer to one another by their places in it, with the lowest bit set, which no address has.
//! So it is put into a heap by one pass over its words, as often as somebody asks for it.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::handle::{self, SENDER, Token};
use crate::heap::{read, words, write};
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{STATIC, Size, Types};

/// A copy of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    lanes: Few,
    /// Which lanes are references.
    refs: u64,
    objects: Vec<u64>,
    /// The channels of the senders in it, each as often as it is in it.
    pub(crate) senders: Vec<usize>,
    /// The tokens of the handles in it, in their order.
    tokens: Vec<Rc<Token>>,
}

/// A few words, which are on no heap.
#[derive(Clone, Debug)]
enum Few {
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

    fn words(&self) -> &[u64] {
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
    pub(crate) fn pack(types: &Types, lanes: &[u64], refs: u64) -> Self {
        let mut made = Self { lanes: Few::new(lanes), refs, ..Self::default() };
        if refs == 0 {
            return made;
        }
        let mut copies = FxHashMap::default();
        for (at, lane) in lanes.iter().enumerate() {
            if refs >> at & 1 == 1 {
                let copy = made.add(types, *lane, &mut copies);
                made.lanes.words_mut()[at] = copy;
            }
        }
        // Each object refers to those of the heap until it has its turn.
        let mut at = 0;
        while at < made.objects.len() {
            let header = made.objects[at];
            let mut places = Vec::new();
            each_ref(types, header, || made.objects[at + 1], &mut |place| places.push(at + place));
            let len = made.len(types, at);
            for place in places {
                made.objects[place] = made.add(types, made.objects[place], &mut copies);
            }
            at += len;
        }
        made
    }

    /// How many words the object at a place has.
    fn len(&self, types: &Types, at: usize) -> usize {
        match types.of_header(self.objects[at]).size {
            Size::Words(words) => words,
            Size::Raw => 2 + (self.objects[at + 1] as usize).div_ceil(8),
            Size::Rows(stride) => 2 + self.objects[at + 1] as usize * stride,
        }
    }

    /// What refers to the copy of an object.
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
        let copy = (self.objects.len() as u64) << 1 | 1;
        let len = words(types, header, object) as u64;
        self.objects.extend((0..len).map(|at| read(object + at * 8)));
        copies.insert(object, copy);
        copy
    }
}

impl Task<'_> {
    /// Puts a copy into the heap of the task: the lanes of the value.
    pub(crate) fn unpack(&mut self, parcel: &Parcel) -> Result<Vec<u64>, Trap> {
        let mut lanes = parcel.lanes.words().to_vec();
        if parcel.refs == 0 {
            return Ok(lanes);
        }
        let len = parcel.objects.len();
        self.make_room(len)?;
        let to = self.take(len);
        let place = |word: u64| if word & 1 == 1 { to + (word >> 1) * 8 } else { word };
        for (at, word) in (0..).zip(&parcel.objects) {
            write(to + at * 8, *word);
        }
        let mut at = to;
        let mut tokens = parcel.tokens.iter();
        while at < to + len as u64 * 8 {
            let header = read(at);
            if handle::has_token(header)
                && let Some(token) = tokens.next()
            {
                self.handles.add(at, Rc::clone(token));
            }
            each_ref(self.types, header, || read(at + 8), &mut |word| {
                let word = at + word as u64 * 8;
                write(word, place(read(word)));
            });
            at += words(self.types, header, at) as u64 * 8;
        }
        for (at, lane) in lanes.iter_mut().enumerate() {
            if parcel.refs >> at & 1 == 1 {
                *lane = place(*lane);
            }
        }
        Ok(lanes)
    }
}
