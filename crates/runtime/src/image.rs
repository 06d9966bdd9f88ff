//! What a program needs besides its code, as bytes: how a built program carries its tables.
//!
//! Numbers have seven bits a byte, the lowest first, and a bit that says whether another one follows; a text or a row of something has its
//! length before it. The compiler that writes it and the run-time system that reads it are of one build, so there is no version.

use crate::code::{CodeEntry, CodeFunction, CodeTable};
use crate::types::{Fields, Shape};

/// A place in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of its file; none where it is in no file.
    pub file: Option<u32>,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1.
    pub column: u32,
}

/// A program without its code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// The shapes of its values.
    pub shapes: Vec<Shape>,
    /// The one of them that is that of values of the BEAM.
    pub term: Option<u32>,
    /// Its code.
    pub code: CodeTable,
    /// The place among the compiled functions of what it is entered by, and the number of the function `main`.
    pub entry: (u32, u32),
    /// How many threads run its tasks.
    pub workers: u32,
    /// Bytes of the heap of each task, and of all of them together.
    pub memory: (u64, u64),
    /// The names of the files of its source.
    pub files: Vec<String>,
    /// The places that code has numbers for.
    pub places: Vec<Place>,
    /// The clauses that are found broken at places, by their numbers.
    pub clauses: Vec<(u32, Place)>,
    /// The places where errors are made.
    pub sites: Vec<Place>,
}

impl Image {
    /// As bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.row(&self.shapes, Writer::shape);
        out.optional(self.term);
        out.row(&self.code.functions, Writer::function);
        out.row(&self.code.entries, |out, of| {
            let (words, refs) = of.results;
            let numbers = [of.function.into(), of.starter.into(), of.number.into(), words as u64, refs];
            numbers.into_iter().for_each(|number| out.number(number));
        });
        out.row(&self.code.names, |out, name| out.text(name));
        let numbers = [self.code.frame as u64, self.entry.0.into(), self.entry.1.into(), self.workers.into()];
        numbers.into_iter().chain([self.memory.0, self.memory.1]).for_each(|number| out.number(number));
        out.row(&self.files, |out, name| out.text(name));
        out.row(&self.places, Writer::place);
        out.row(&self.clauses, |out, (number, place)| {
            out.number((*number).into());
            out.place(place);
        });
        out.row(&self.sites, Writer::place);
        out.0
    }

    /// From bytes; nothing where they are none of [`Image::bytes`].
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let shapes = from.row(Reader::shape)?;
        let term = from.optional()?;
        let functions = from.row(Reader::function)?;
        let entries = from.row(|from| {
            Some(CodeEntry {
                function: from.small()?,
                starter: from.small()?,
                number: from.small()?,
                results: (usize::try_from(from.number()?).ok()?, from.number()?),
            })
        })?;
        let names = from.row(Reader::text)?;
        let frame = usize::try_from(from.number()?).ok()?;
        let image = Self {
            shapes,
            term,
            code: CodeTable { functions, entries, names, frame },
            entry: (from.small()?, from.small()?),
            workers: from.small()?,
            memory: (from.number()?, from.number()?),
            files: from.row(Reader::text)?,
            places: from.row(Reader::place)?,
            clauses: from.row(|from| Some((from.small()?, from.place()?)))?,
            sites: from.row(Reader::place)?,
        };
        from.0.is_empty().then_some(image)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn optional(&mut self, number: Option<u32>) {
        self.number(number.map_or(0, |number| u64::from(number) + 1));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn row<T>(&mut self, row: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(row.len() as u64);
        row.iter().for_each(|one| each(self, one));
    }

    fn numbers(&mut self, row: &[u32]) {
        self.row(row, |out, number| out.number((*number).into()));
    }

    fn place(&mut self, place: &Place) {
        self.optional(place.file);
        self.number(place.line.into());
        self.number(place.column.into());
    }

    fn function(&mut self, of: &CodeFunction) {
        self.optional(of.number);
        self.number(of.len);
        // Both are in the order of bytes, so what is written is how far it is to the next.
        let mut last = 0;
        self.row(&of.places, |out, (at, place)| {
            out.number(at.wrapping_sub(last).into());
            out.number((*place).into());
            last = *at;
        });
        let mut last = 0;
        self.row(&of.maps, |out, (at, offsets)| {
            out.number(at.wrapping_sub(last).into());
            out.numbers(offsets);
            last = *at;
        });
    }

    fn fields(&mut self, of: &Fields) {
        self.text(&of.name);
        self.row(&of.fields, |out, (name, shape)| {
            out.text(name);
            out.number((*shape).into());
        });
    }

    fn shape(&mut self, of: &Shape) {
        let kind = |out: &mut Self, kind: u8| out.0.push(kind);
        match of {
            Shape::Tuple(parts) => {
                kind(self, 100);
                self.numbers(parts);
            }
            Shape::Captures(parts) => {
                kind(self, 101);
                self.numbers(parts);
            }
            Shape::Optional(of) => {
                kind(self, 102);
                self.number((*of).into());
            }
            Shape::Array(of) => {
                kind(self, 103);
                self.number((*of).into());
            }
            Shape::Set(of) => {
                kind(self, 104);
                self.number((*of).into());
            }
            Shape::Handle(of) => {
                kind(self, 105);
                self.number((*of).into());
            }
            Shape::Map(key, value) => {
                kind(self, 106);
                self.number((*key).into());
                self.number((*value).into());
            }
            Shape::Class(of) => {
                kind(self, 107);
                self.fields(of);
            }
            Shape::Enum(variants) => {
                kind(self, 108);
                self.row(variants, Self::fields);
            }
            Shape::Actor(name) => {
                kind(self, 109);
                self.text(name);
            }
            plain => {
                let number = PLAIN.iter().position(|known| known == plain).unwrap_or(PLAIN.len());
                kind(self, number as u8);
            }
        }
    }
}

/// Shapes that have nothing in them, by their numbers.
const PLAIN: [Shape; 14] = [
    Shape::Int,
    Shape::Float,
    Shape::Bool,
    Shape::Byte,
    Shape::Duration,
    Shape::Instant,
    Shape::Void,
    Shape::Text,
    Shape::Bytes,
    Shape::Buffer,
    Shape::Range,
    Shape::Closure,
    Shape::Object,
    Shape::Error,
];

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn optional(&mut self) -> Option<Option<u32>> {
        match self.number()? {
            0 => Some(None),
            number => Some(Some(u32::try_from(number - 1).ok()?)),
        }
    }

    fn text(&mut self) -> Option<String> {
        let len = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn row<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let len = usize::try_from(self.number()?).ok()?;
        // Each takes a byte at least.
        let mut row = Vec::with_capacity(len.min(self.0.len()));
        for _ in 0..len {
            row.push(each(self)?);
        }
        Some(row)
    }

    fn numbers(&mut self) -> Option<Vec<u32>> {
        self.row(Self::small)
    }

    fn place(&mut self) -> Option<Place> {
        Some(Place { file: self.optional()?, line: self.small()?, column: self.small()? })
    }

    fn function(&mut self) -> Option<CodeFunction> {
        let (number, len) = (self.optional()?, self.number()?);
        let mut last = 0_u32;
        let places = self.row(|from| {
            last = last.wrapping_add(from.small()?);
            Some((last, from.small()?))
        })?;
        let mut last = 0_u32;
        let maps = self.row(|from| {
            last = last.wrapping_add(from.small()?);
            Some((last, from.numbers()?.into_boxed_slice()))
        })?;
        Some(CodeFunction { number, len, places, maps })
    }

    fn fields(&mut self) -> Option<Fields> {
        let name = self.text()?;
        Some(Fields { name, fields: self.row(|from| Some((from.text()?, from.small()?)))? })
    }

    fn shape(&mut self) -> Option<Shape> {
        Some(match self.byte()? {
            100 => Shape::Tuple(self.numbers()?),
            101 => Shape::Captures(self.numbers()?),
            102 => Shape::Optional(self.small()?),
            103 => Shape::Array(self.small()?),
            104 => Shape::Set(self.small()?),
            105 => Shape::Handle(self.small()?),
            106 => Shape::Map(self.small()?, self.small()?),
            107 => Shape::Class(self.fields()?),
            108 => Shape::Enum(self.row(Self::fields)?),
            109 => Shape::Actor(self.text()?),
            plain => PLAIN.get(usize::from(plain))?.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Image, PLAIN, Place};
    use crate::code::{CodeEntry, CodeFunction, CodeTable};
    use crate::types::{Fields, Shape};

    fn image() -> Image {
        let fields =
            Fields { name: "Point".to_owned(), fields: vec![("x".to_owned(), 0), ("y".to_owned(), 300)] };
        let mut shapes = PLAIN.to_vec();
        shapes.extend([
            Shape::Tuple(vec![0, 1, 200]),
            Shape::Captures(vec![]),
            Shape::Optional(1),
            Shape::Array(2),
            Shape::Set(3),
            Shape::Handle(4),
            Shape::Map(5, 6),
            Shape::Class(fields.clone()),
            Shape::Enum(vec![fields, Fields { name: "Nowhere".to_owned(), fields: vec![] }]),
            Shape::Actor("Größe".to_owned()),
        ]);
        let function = CodeFunction {
            number: Some(0),
            len: 70_000,
            places: vec![(0, 3), (16, 1), (200, 0)],
            maps: vec![(16, Box::new([8, 400])), (300, Box::new([]))],
        };
        let none = CodeFunction { len: 4, ..CodeFunction::default() };
        let here = Place { file: Some(0), line: 3, column: 17 };
        Image {
            shapes,
            term: Some(7),
            code: CodeTable {
                functions: vec![function, none],
                entries: vec![CodeEntry { function: 0, starter: 1, number: 0, results: (64, u64::MAX) }],
                names: vec!["main".to_owned()],
                frame: 4096,
            },
            entry: (1, 0),
            workers: 2,
            memory: (1 << 31, 1 << 40),
            files: vec!["main.pluto".to_owned()],
            places: vec![here, Place::default()],
            clauses: vec![(1, here)],
            sites: vec![Place::default(), here],
        }
    }

    #[test]
    fn reads_back() {
        let image = image();
        assert_eq!(Image::read(&image.bytes()), Some(image));
        assert_eq!(Image::read(&Image::default().bytes()), Some(Image::default()));
    }

    #[test]
    fn other_bytes_are_none() {
        let bytes = image().bytes();
        for len in 0..bytes.len() {
            assert_eq!(Image::read(&bytes[..len]), None, "{len}");
        }
        assert_eq!(Image::read(&[&bytes[..], &[0]].concat()), None);
    }
}
