//! The heap of the interpreter: a row of objects, of which none is ever taken away.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::program::{FuncId, Program, Shape, ShapeId, TextId, Trap};

/// Something on the heap.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// A class, an error, a variant, what is captured.
    Fields { shape: ShapeId, variant: u32, lanes: Vec<u64> },
    /// A function value.
    Closure { function: FuncId, captures: u64 },
    /// A string.
    Text(Rc<str>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An array: the lanes of its elements in a row.
    Array { width: usize, len: usize, lanes: Vec<u64> },
    /// A map or a set.
    Map(Entries),
    /// What stands for something that tasks share.
    Handle(Handle),
}

/// Something that tasks share, by its place among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handle {
    Task(usize),
    Sender(usize),
    Receiver(usize),
    Actor(usize),
    Stream(usize),
}

/// The entries of a map in the order in which they were put in, and where each key is.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    /// The lanes of each key and its value; nothing where one was taken out.
    pub(super) rows: Vec<Option<(Vec<u64>, Vec<u64>)>>,
    /// By what tells keys apart.
    pub(super) places: FxHashMap<Vec<u8>, usize>,
}

pub(super) struct Heap<'p> {
    pub(super) program: &'p Program,
    objects: Vec<Object>,
    constants: FxHashMap<TextId, u64>,
    words: usize,
    most: usize,
    /// The channels of the senders in what was copied last.
    pub(super) senders: Vec<usize>,
}

impl<'p> Heap<'p> {
    pub(super) fn new(program: &'p Program, most: usize) -> Self {
        Self {
            program,
            objects: Vec::new(),
            constants: FxHashMap::default(),
            words: 0,
            most,
            senders: Vec::new(),
        }
    }

    /// Takes room; a trap where there is no more.
    pub(super) fn take(&mut self, words: usize) -> Result<(), Trap> {
        self.words = self.words.saturating_add(words);
        if self.words > self.most { Err(Trap::Memory) } else { Ok(()) }
    }

    /// A new object. 0 is none.
    pub(super) fn add(&mut self, object: Object) -> Result<u64, Trap> {
        let words = match &object {
            Object::Fields { lanes, .. } | Object::Array { lanes, .. } => lanes.len(),
            Object::Text(text) => text.len() / 8,
            Object::Bytes(bytes) => bytes.len() / 8,
            Object::Closure { .. } | Object::Map(_) | Object::Handle(_) => 4,
        };
        self.take(words + 2)?;
        self.objects.push(object);
        Ok(self.objects.len() as u64)
    }

    pub(super) fn get(&self, at: u64) -> Option<&Object> {
        self.objects.get((at as usize).checked_sub(1)?)
    }

    pub(super) fn get_mut(&mut self, at: u64) -> Option<&mut Object> {
        self.objects.get_mut((at as usize).checked_sub(1)?)
    }

    pub(super) fn constant(&mut self, text: TextId) -> Result<u64, Trap> {
        if let Some(known) = self.constants.get(&text) {
            return Ok(*known);
        }
        let made = self.program.texts.get(text.index()).map_or("", String::as_str);
        let at = self.add(Object::Text(Rc::from(made)))?;
        self.constants.insert(text, at);
        Ok(at)
    }

    pub(super) fn text(&self, at: u64) -> Rc<str> {
        match self.get(at) {
            Some(Object::Text(text)) => Rc::clone(text),
            _ => Rc::from(""),
        }
    }

    pub(super) fn closure(&self, at: u64) -> (FuncId, u64) {
        match self.get(at) {
            Some(Object::Closure { function, captures }) => (*function, *captures),
            _ => (FuncId(0), 0),
        }
    }

    pub(super) fn handle(&self, at: u64) -> Option<Handle> {
        match self.get(at) {
            Some(Object::Handle(handle)) => Some(*handle),
            _ => None,
        }
    }

    pub(super) fn load(&self, at: u64, lane: u32) -> u64 {
        self.fields(at).get(lane as usize).copied().unwrap_or(0)
    }

    /// The lanes of an object.
    pub(super) fn fields(&self, at: u64) -> &[u64] {
        match self.get(at) {
            Some(Object::Fields { lanes, .. }) => lanes,
            _ => &[],
        }
    }

    pub(super) fn store(&mut self, at: u64, lane: u32, value: u64) {
        if let Some(Object::Fields { lanes, .. }) = self.get_mut(at)
            && let Some(place) = lanes.get_mut(lane as usize)
        {
            *place = value;
        }
    }

    pub(super) fn variant(&self, at: u64) -> u64 {
        match self.get(at) {
            Some(Object::Fields { variant, .. }) => u64::from(*variant),
            _ => 0,
        }
    }

    pub(super) fn is(&self, at: u64, wanted: ShapeId) -> bool {
        matches!(self.get(at), Some(Object::Fields { shape, .. }) if *shape == wanted)
    }

    pub(super) fn array_len(&self, at: u64) -> u64 {
        match self.get(at) {
            Some(Object::Array { len, .. }) => *len as u64,
            _ => 0,
        }
    }

    pub(super) fn array_get(&self, at: u64, index: i64) -> Result<Vec<u64>, Trap> {
        let Some(Object::Array { width, len, lanes }) = self.get(at) else { return Err(Trap::Index) };
        let index = usize::try_from(index).ok().filter(|index| index < len).ok_or(Trap::Index)?;
        Ok(lanes.get(index * width..(index + 1) * width).unwrap_or_default().to_vec())
    }

    pub(super) fn array_set(&mut self, at: u64, index: i64, values: &[u64]) -> Result<(), Trap> {
        let Some(Object::Array { width, len, lanes }) = self.get_mut(at) else { return Err(Trap::Index) };
        let index = usize::try_from(index).ok().filter(|index| *index < *len).ok_or(Trap::Index)?;
        for (place, value) in lanes.iter_mut().skip(index * *width).zip(values) {
            *place = *value;
        }
        Ok(())
    }

    /// How many lanes a value of a shape has.
    pub(super) fn width(&self, shape: ShapeId) -> usize {
        self.program.lanes(shape).len()
    }

    /// The parts of a value in a row, each with its lanes.
    pub(super) fn split<'v>(&self, shapes: &[ShapeId], lanes: &'v [u64]) -> Vec<(ShapeId, &'v [u64])> {
        let mut start = 0;
        let mut parts = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let width = self.width(*shape);
            parts.push((*shape, lanes.get(start..start + width).unwrap_or_default()));
            start += width;
        }
        parts
    }

    /// What an optional value holds.
    pub(super) fn held<'v>(&self, of: ShapeId, lanes: &'v [u64]) -> Option<&'v [u64]> {
        let there = lanes.first().is_some_and(|lane| *lane != 0);
        let held = if self.program.is_one_ref(of) { lanes } else { lanes.get(1..).unwrap_or_default() };
        there.then_some(held)
    }

    /// The shapes of the fields of an object that is there.
    pub(super) fn field_shapes(&self, at: u64) -> Vec<ShapeId> {
        let Some(Object::Fields { shape, variant, .. }) = self.get(at) else { return Vec::new() };
        match self.program.shape(*shape) {
            Shape::Class(of) => of.fields.iter().map(|(_, shape)| *shape).collect(),
            Shape::Enum(_, variants) => {
                let of = variants.get(*variant as usize);
                of.map(|of| of.fields.iter().map(|(_, shape)| *shape).collect()).unwrap_or_default()
            }
            Shape::Captures(parts) => parts.clone(),
            _ => Vec::new(),
        }
    }
}
