//! The shapes of a program, as the run-time system has them.

use pluto_ir::program::{Fields as From, Program, Shape as Source, ShapeId, TERM};
use pluto_runtime::{Fields, Shape, Types};

/// The types of a program.
pub(crate) fn types(program: &Program) -> Types {
    let (shapes, term) = of(program);
    Types::new(shapes).with_term(term)
}

/// The shapes of a program, and the number of the one that is that of values of the BEAM.
pub(crate) fn of(program: &Program) -> (Vec<Shape>, Option<u32>) {
    let is_term = |of: &Source| matches!(of, Source::Enum(name, _) if name == TERM);
    let term = program.shapes.iter().position(is_term).map(|at| at as u32);
    (program.shapes.iter().map(shape).collect(), term)
}

fn shape(of: &Source) -> Shape {
    let number = |id: &ShapeId| id.0;
    let numbers = |ids: &[ShapeId]| ids.iter().map(number).collect();
    match of {
        Source::Int => Shape::Int,
        Source::Float => Shape::Float,
        Source::Bool => Shape::Bool,
        Source::Byte => Shape::Byte,
        Source::Duration => Shape::Duration,
        Source::Instant => Shape::Instant,
        Source::Void => Shape::Void,
        Source::Text => Shape::Text,
        Source::Bytes => Shape::Bytes,
        Source::Buffer => Shape::Buffer,
        Source::Range => Shape::Range,
        Source::Tuple(parts) => Shape::Tuple(numbers(parts)),
        Source::Optional(of) => Shape::Optional(number(of)),
        Source::Array(of) => Shape::Array(number(of)),
        Source::Map(key, value) => Shape::Map(number(key), number(value)),
        Source::Set(of) => Shape::Set(number(of)),
        Source::Class(of) => Shape::Class(fields(of)),
        Source::Enum(_, variants) => Shape::Enum(variants.iter().map(fields).collect()),
        Source::Closure => Shape::Closure,
        Source::Captures(parts) => Shape::Captures(numbers(parts)),
        Source::Object(_) => Shape::Object,
        Source::Error => Shape::Error,
        Source::Task(of) | Source::Sender(of) | Source::Receiver(of) | Source::Stream(of) => {
            Shape::Handle(number(of))
        }
        Source::Actor(name) => Shape::Actor(name.clone()),
    }
}

fn fields(of: &From) -> Fields {
    let fields = of.fields.iter().map(|(name, shape)| (name.clone(), shape.0)).collect();
    Fields { name: of.name.clone(), fields }
}
