//! Shapes of values, and from them the layouts of objects.
//!
//! An object is a row of words. The first is its header: two bits of the collector's, the number of its layout, and in the upper
//! half the variant of an enum. Arrays, maps and buffers are objects that point to a store of their elements, which is another object.

/// The kind of a lane of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A 64-bit integer.
    Int,
    /// A 64-bit float.
    Float,
    /// A byte.
    Byte,
    /// An object, or null.
    Ref,
}

/// A name, and named values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The name.
    pub name: String,
    /// The fields with the numbers of their shapes.
    pub fields: Vec<(String, u32)>,
}

/// What a value is. Shapes name each other by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the shapes of the language's types, by their names")]
pub enum Shape {
    Int,
    Float,
    Bool,
    Byte,
    Duration,
    Instant,
    Void,
    Text,
    Bytes,
    Buffer,
    Range,
    Tuple(Vec<u32>),
    Optional(u32),
    Array(u32),
    Map(u32, u32),
    Set(u32),
    Class(Fields),
    Enum(Vec<Fields>),
    Closure,
    Captures(Vec<u32>),
    Object,
    Error,
    /// A task, an end of a channel or a stream: of a result, of messages, of values.
    Handle(u32),
    /// A handle of an actor, with its name.
    Actor(String),
}

/// Set in the header of an object that was moved: the rest is where to.
pub(crate) const FORWARDED: u64 = 1;
/// Set in the header of an object outside of all heaps, which stays where it is.
pub(crate) const STATIC: u64 = 2;
/// What two objects of a layout share in their headers.
pub const HEADER_MASK: u64 = 0xffff_fffd;

/// The length of an array or a buffer, in bytes from its beginning.
pub const ARRAY_LEN: i32 = 8;
/// Its store.
pub const ARRAY_STORE: i32 = 16;
/// How many elements have room in a store.
pub const STORE_CAPACITY: i32 = 8;
/// Where they begin.
pub const STORE_DATA: i32 = 16;
/// How many entries a map or a set has.
pub const MAP_LEN: i32 = 8;

pub(crate) const TEXT: u32 = 0;
pub(crate) const BYTES: u32 = 1;
/// The layout of a store of bytes.
pub const BYTE_STORE: u32 = 2;
/// The layout of a function value: its code, what it captures.
pub const CLOSURE: u32 = 3;
pub(crate) const INDEX: u32 = 4;
/// The layout of a buffer.
pub const BUFFER: u32 = 5;

/// The layout of what stands for something that tasks share: its number. Its variant says what it is.
pub(crate) const HANDLE: u32 = 6;

/// The header of an object.
#[must_use]
pub const fn header(layout: u32, variant: u32) -> u64 {
    (layout as u64) << 2 | (variant as u64) << 32
}

/// How long an object is, and where it holds references.
#[derive(Clone, Debug)]
pub(crate) enum Size {
    /// So many words.
    Words(usize),
    /// Two words, and bytes whose number is in the second.
    Raw,
    /// Two words, and rows of words whose number is in the second.
    Rows(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) size: Size,
    /// The places of its references, among its words or those of each of its rows.
    pub(crate) refs: Vec<usize>,
    /// Its shape, of what has fields.
    pub(crate) shape: Option<u32>,
    /// The shapes of its fields.
    pub(crate) parts: Vec<u32>,
    /// Whether nothing can be changed in it, so that a copy is itself.
    pub(crate) fixed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) shape: Shape,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) one_ref: bool,
    /// The first of its layouts.
    pub(crate) layout: u32,
    /// The layout of an array of it; that of the array's store comes next.
    pub(crate) array: u32,
    /// Whether a copy of a value is itself.
    pub(crate) flat: bool,
    /// Whether a value is one word that tells it from all others.
    pub(crate) word: bool,
}

/// The shapes of a program and the layouts of its objects.
#[derive(Clone, Debug)]
pub struct Types {
    pub(crate) known: Vec<Known>,
    pub(crate) layouts: Vec<Layout>,
    /// The number of the shape of strings, and that of bytes in arrays.
    pub(crate) text: u32,
    pub(crate) byte: u32,
    /// That of values of the BEAM, an enum that is shown as a node shows them.
    pub(crate) term: Option<u32>,
}

impl Types {
    /// From the shapes of a program.
    #[must_use]
    pub fn new(mut shapes: Vec<Shape>) -> Self {
        // What is built in makes arrays of these, whatever the program has.
        let text = shapes.len() as u32;
        shapes.extend([Shape::Text, Shape::Byte]);
        let lanes: Vec<Vec<Lane>> = (0..shapes.len() as u32).map(|id| lanes(&shapes, id)).collect();
        let flat: Vec<bool> = (0..shapes.len() as u32).map(|id| is_flat(&shapes, id)).collect();
        let mut types = Self { known: Vec::new(), layouts: Vec::new(), text, byte: text + 1, term: None };
        let raw = |fixed| Layout { size: Size::Raw, refs: vec![], shape: None, parts: vec![], fixed };
        let three = |fixed| Layout { size: Size::Words(3), refs: vec![2], shape: None, parts: vec![], fixed };
        // In the order of the numbers above.
        let handle = Layout { size: Size::Words(3), refs: vec![], shape: None, parts: vec![], fixed: true };
        types.layouts =
            vec![raw(true), raw(true), raw(false), three(false), raw(false), three(false), handle];
        for (id, shape) in shapes.iter().enumerate() {
            let array = types.layouts.len() as u32;
            types.add_layouts(id as u32, shape, &lanes);
            let (one_ref, layout) = (is_one_ref(shape), array + 2);
            let lanes = lanes[id].clone();
            let word = matches!(lanes[..], [Lane::Int | Lane::Byte]);
            let known = Known { shape: shape.clone(), lanes, one_ref, layout, array, flat: flat[id], word };
            types.known.push(known);
        }
        types
    }

    /// The same, where a shape is that of values of the BEAM: an enum of integers, floats, atoms, binaries, lists, tuples, maps and
    /// bytes of the external term format.
    #[must_use]
    pub fn with_term(self, term: Option<u32>) -> Self {
        Self { term, ..self }
    }

    fn add_layouts(&mut self, id: u32, shape: &Shape, lanes: &[Vec<Lane>]) {
        let row = |shapes: &[u32]| -> Vec<Lane> {
            shapes.iter().flat_map(|shape| lanes[*shape as usize].iter().copied()).collect()
        };
        let mut add = |size: Size, refs: Vec<usize>, parts: Option<Vec<u32>>| {
            let shape = parts.is_some().then_some(id);
            self.layouts.push(Layout { size, refs, shape, parts: parts.unwrap_or_default(), fixed: false });
        };
        let element = row(&[id]);
        add(Size::Words(3), vec![2], None);
        add(Size::Rows(element.len()), refs_of(&element, 0), None);
        let object = |add: &mut dyn FnMut(Size, Vec<usize>, Option<Vec<u32>>), parts: Vec<u32>| {
            let lanes = row(&parts);
            add(Size::Words(lanes.len() + 1), refs_of(&lanes, 1), Some(parts));
        };
        match shape {
            Shape::Map(..) | Shape::Set(_) => {
                let lanes = match shape {
                    Shape::Map(key, value) => row(&[*key, *value]),
                    _ => row(&[part_of(shape)]),
                };
                add(Size::Words(5), vec![3, 4], None);
                add(Size::Rows(lanes.len() + 1), refs_of(&lanes, 1), None);
            }
            Shape::Class(of) => object(&mut add, of.fields.iter().map(|(_, shape)| *shape).collect()),
            Shape::Captures(parts) => object(&mut add, parts.clone()),
            Shape::Enum(variants) => {
                for of in variants {
                    object(&mut add, of.fields.iter().map(|(_, shape)| *shape).collect());
                }
            }
            _ => (),
        }
    }

    /// The number of the first layout of the objects of a shape: an enum has one for each variant.
    #[must_use]
    pub fn layout(&self, shape: u32) -> u32 {
        self.known[shape as usize].layout
    }

    /// The number of the layout of an array of elements of a shape; the next one is that of its store, unless that is one of bytes.
    #[must_use]
    pub fn array_layout(&self, element: u32) -> u32 {
        self.known[element as usize].array
    }

    /// The lanes of a value of a shape.
    #[must_use]
    pub fn lanes(&self, shape: u32) -> &[Lane] {
        &self.known[shape as usize].lanes
    }

    pub(crate) fn shape(&self, shape: u32) -> &Shape {
        &self.known[shape as usize].shape
    }

    pub(crate) fn width(&self, shape: u32) -> usize {
        self.lanes(shape).len()
    }

    /// Which lanes of a value are references.
    pub(crate) fn refs(&self, shape: u32) -> u64 {
        let lanes = self.lanes(shape).iter().enumerate();
        lanes
            .filter(|(_, lane)| **lane == Lane::Ref)
            .fold(0, |mask, (at, _)| mask | 1_u64.checked_shl(at as u32).unwrap_or(0))
    }

    /// The shape of the messages of an end of a channel, of the result of a task.
    pub(crate) fn item(&self, shape: u32) -> u32 {
        match self.shape(shape) {
            Shape::Handle(of) => *of,
            _ => shape,
        }
    }

    /// Whether the elements of an array of a shape are bytes in a row.
    pub(crate) fn is_packed(&self, element: u32) -> bool {
        self.lanes(element) == [Lane::Byte]
    }

    pub(crate) fn of_header(&self, header: u64) -> &Layout {
        &self.layouts[((header & 0xffff_ffff) >> 2) as usize]
    }

    /// Whether the lanes of a value can say by themselves that there is none: an object, or what is optional itself.
    pub(crate) fn says_none(&self, shape: u32) -> bool {
        self.known[shape as usize].one_ref || matches!(self.shape(shape), Shape::Optional(_))
    }

    /// The shape that is held by an array, a set, an optional value; of a map that of its keys.
    pub(crate) fn part(&self, shape: u32) -> u32 {
        part_of(self.shape(shape))
    }
}

fn part_of(shape: &Shape) -> u32 {
    match shape {
        Shape::Array(of) | Shape::Set(of) | Shape::Optional(of) | Shape::Map(of, _) => *of,
        _ => 0,
    }
}

fn refs_of(lanes: &[Lane], behind: usize) -> Vec<usize> {
    let refs = lanes.iter().enumerate().filter(|(_, lane)| **lane == Lane::Ref);
    refs.map(|(at, _)| at + behind).collect()
}

fn lanes(shapes: &[Shape], id: u32) -> Vec<Lane> {
    match &shapes[id as usize] {
        Shape::Int | Shape::Duration | Shape::Instant => vec![Lane::Int],
        Shape::Float => vec![Lane::Float],
        Shape::Bool | Shape::Byte => vec![Lane::Byte],
        Shape::Void => vec![],
        Shape::Range => vec![Lane::Int, Lane::Int, Lane::Byte],
        Shape::Tuple(parts) => parts.iter().flat_map(|part| lanes(shapes, *part)).collect(),
        Shape::Optional(of) if is_one_ref(&shapes[*of as usize]) => vec![Lane::Ref],
        Shape::Optional(of) => std::iter::once(Lane::Byte).chain(lanes(shapes, *of)).collect(),
        Shape::Object => vec![Lane::Ref, Lane::Int],
        Shape::Enum(variants) if is_plain(variants) => vec![Lane::Int],
        _ => vec![Lane::Ref],
    }
}

pub(crate) fn is_plain(variants: &[Fields]) -> bool {
    variants.iter().all(|variant| variant.fields.is_empty())
}

fn is_one_ref(shape: &Shape) -> bool {
    match shape {
        Shape::Enum(variants) => !is_plain(variants),
        Shape::Text
        | Shape::Bytes
        | Shape::Buffer
        | Shape::Array(_)
        | Shape::Map(..)
        | Shape::Set(_)
        | Shape::Class(_)
        | Shape::Closure
        | Shape::Captures(_)
        | Shape::Error
        | Shape::Handle(_)
        | Shape::Actor(_) => true,
        _ => false,
    }
}

fn is_flat(shapes: &[Shape], id: u32) -> bool {
    match &shapes[id as usize] {
        Shape::Tuple(parts) => parts.iter().all(|part| is_flat(shapes, *part)),
        Shape::Optional(of) => is_flat(shapes, *of),
        Shape::Enum(variants) => is_plain(variants),
        Shape::Text | Shape::Bytes => true,
        other => !is_one_ref(other) && !matches!(other, Shape::Object),
    }
}
