//! The form itself: functions of basic blocks over typed registers, which may be written more than once, and the shapes of values.
//!
//! A value is a row of *lanes*, each a machine word of a kind: an `int` is one lane, `int?` two, a tuple those of its parts, what
//! is on the heap one. Registers hold one lane each. So nothing of a few words is on the heap that need not be, and code
//! generation sees only words.

use pluto_source::{FileId, Span};

pub use crate::intrinsic::Intrinsic;

/// Makes an id, the place of something in a table.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The place.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

id! {
    /// A function of a program.
    FuncId,
    /// A shape of a program.
    ShapeId,
    /// A constant text of a program.
    TextId,
    /// A table of methods of a program.
    VtableId,
    /// A block of a function.
    BlockId,
    /// A register of a function.
    Reg,
}

/// The kind of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A 64-bit integer.
    Int,
    /// A 64-bit float.
    Float,
    /// A byte: a `bool` as 0 or 1, or a `byte`.
    Byte,
    /// Something on the heap, or null.
    Ref,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Its functions.
    pub functions: Vec<Function>,
    /// The shapes of its values.
    pub shapes: Vec<Shape>,
    /// Its constant texts.
    pub texts: Vec<String>,
    /// The places where errors are made: the variant of an error is its place among them.
    pub sites: Vec<Location>,
    /// Its tables of methods, of trait objects.
    pub vtables: Vec<Vec<FuncId>>,
    /// What is run, of a program that can be run.
    pub main: Option<FuncId>,
}

/// What a value is, for what has to look into it at run time: copying, comparing, hashing, printing, collecting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `byte`
    Byte,
    /// `duration`, in nanoseconds.
    Duration,
    /// `instant`, in nanoseconds.
    Instant,
    /// `void` and `never`: no lane.
    Void,
    /// `string`
    Text,
    /// `bytes`
    Bytes,
    /// `Buffer`
    Buffer,
    /// `a..b`: its ends, and whether the last is in it.
    Range,
    /// A tuple: the lanes of its parts in a row.
    Tuple(Vec<ShapeId>),
    /// `T?`: the lane of `T` where that is something on the heap, else a byte that says whether there is one before those of `T`.
    Optional(ShapeId),
    /// `[T]`
    Array(ShapeId),
    /// `Map<K, V>`
    Map(ShapeId, ShapeId),
    /// `Set<T>`
    Set(ShapeId),
    /// A class, an error, or the state of an actor: an object with its fields.
    Class(Fields),
    /// An enum: an object of one of its variants, or the number of the variant where none holds anything.
    Enum(String, Vec<Fields>),
    /// A function value: an object that holds what it captures.
    Closure,
    /// What a function value captures, a cell of a name that a closure shares: an object.
    Captures(Vec<ShapeId>),
    /// A trait object: an object, and its table of methods. What is not on the heap otherwise is put there.
    Object(String),
    /// Some error, as a handler sees it.
    Error,
    /// `Task<T>`
    Task(ShapeId),
    /// `Sender<T>`
    Sender(ShapeId),
    /// `Receiver<T>`
    Receiver(ShapeId),
    /// What a generator gives.
    Stream(ShapeId),
    /// A handle of an actor.
    Actor(String),
}

/// The name of the enum that a value of the BEAM is, which no enum of a program has.
pub const TERM: &str = "term";

/// A name, and named values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fields {
    /// The name.
    pub name: String,
    /// The fields; of a variant without names, their places.
    pub fields: Vec<(String, ShapeId)>,
}

/// Where something is in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The place in it.
    pub span: Span,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// What a stack shows.
    pub name: String,
    /// How many of its first registers are its parameters.
    pub params: u32,
    /// What it gives. Of one that can fail the last is the error, null where there is none, and the others hold nothing where
    /// there is one.
    pub results: Vec<Lane>,
    /// Whether it can fail.
    pub fails: bool,
    /// The kinds of its registers.
    pub regs: Vec<Lane>,
    /// Its blocks; the first is where it begins.
    pub blocks: Vec<Block>,
    /// Lists of registers of its instructions.
    pub lists: Vec<Reg>,
    /// Where it is.
    pub at: Location,
}

/// Registers, in [`Function::lists`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regs {
    /// The first.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// A block: instructions one after the other, and what comes then.
#[derive(Clone, Debug)]
pub struct Block {
    /// The instructions, with where they are.
    pub insts: Vec<(Inst, Location)>,
    /// What comes then.
    pub end: End,
    /// Where that is.
    pub at: Location,
}

/// An operation on integers that gives an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntOp {
    /// `+`, a trap where it overflows.
    Add,
    /// `-`, a trap where it overflows.
    Sub,
    /// `*`, a trap where it overflows.
    Mul,
    /// `/`, towards zero; a trap by zero, and where it overflows.
    Div,
    /// `%`, with the sign of the left one; a trap by zero.
    Rem,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `<<`, a trap unless the right one is 0 to 63.
    Shl,
    /// `>>` with the sign, a trap unless the right one is 0 to 63.
    Shr,
    /// `+` that wraps around.
    WrappingAdd,
    /// `-` that wraps around.
    WrappingSub,
    /// `*` that wraps around.
    WrappingMul,
}

/// An operation on floats that gives a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`, with the sign of the left one.
    Rem,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// A change of kind of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cast {
    /// An integer to the nearest float; a trap where that is another number.
    IntToFloat,
    /// A float to the integer that it is; a trap where it is none.
    FloatToInt,
    /// A float to an integer, its fraction cut off; a trap where that is out of range.
    Truncate,
    /// A byte to an integer.
    ByteToInt,
    /// An integer to a byte; a trap unless it is 0 to 255.
    IntToByte,
    /// What an operation on bytes gives to a byte; unless it is 0 to 255 it has overflown.
    Narrow,
    /// `not` of a `bool`.
    Not,
    /// `~` of an integer.
    Complement,
    /// `-` of an integer, a trap where it overflows.
    Negate,
    /// `-` of a float.
    NegateFloat,
}

/// A constant of one lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Const {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A byte.
    Byte(u8),
    /// Nothing on the heap.
    Null,
    /// A constant text.
    Text(TextId),
    /// A table of methods, as an integer.
    Vtable(VtableId),
}

/// An instruction. Lists of registers are those of the function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Inst {
    /// `to = value`
    Const {
        /// The register that is written.
        to: Reg,
        /// The value.
        value: Const,
    },
    /// `to = from`
    Move {
        /// The register that is written.
        to: Reg,
        /// The register that is read.
        from: Reg,
    },
    /// `to = left op right` of integers.
    Int {
        /// The operation.
        op: IntOp,
        /// The register that is written.
        to: Reg,
        /// The left operand.
        left: Reg,
        /// The right operand.
        right: Reg,
    },
    /// `to = left op right` of floats.
    Float {
        /// The operation.
        op: FloatOp,
        /// The register that is written.
        to: Reg,
        /// The left operand.
        left: Reg,
        /// The right operand.
        right: Reg,
    },
    /// Whether a comparison of two lanes of a kind holds; references are the same object or not.
    Test {
        /// The comparison.
        test: Test,
        /// The register that is written, a byte.
        to: Reg,
        /// The left operand.
        left: Reg,
        /// The right operand.
        right: Reg,
    },
    /// `to = cast from`
    Cast {
        /// The change.
        cast: Cast,
        /// The register that is written.
        to: Reg,
        /// The register that is read.
        from: Reg,
    },
    /// A new object. Its lanes are those of the fields.
    New {
        /// The register that is written.
        to: Reg,
        /// Its shape.
        shape: ShapeId,
        /// The variant, of an enum; of an error where it is made, in [`Program::sites`].
        variant: u32,
        /// The values of its lanes.
        lanes: Regs,
    },
    /// A new function value.
    Closure {
        /// The register that is written.
        to: Reg,
        /// What is called: a function whose first parameter is what it captures.
        function: FuncId,
        /// What it captures: an object, or null.
        captures: Reg,
    },
    /// `to = object.lane`
    Load {
        /// The register that is written.
        to: Reg,
        /// The object.
        object: Reg,
        /// The place of the lane.
        lane: u32,
    },
    /// `object.lane = from`
    Store {
        /// The object.
        object: Reg,
        /// The place of the lane.
        lane: u32,
        /// The register that is read.
        from: Reg,
    },
    /// The variant of an object of an enum, an integer.
    Variant {
        /// The register that is written.
        to: Reg,
        /// The object.
        object: Reg,
    },
    /// Whether an object, which may be null, is of a shape: a byte.
    Is {
        /// The register that is written.
        to: Reg,
        /// The object.
        object: Reg,
        /// The shape.
        shape: ShapeId,
    },
    /// The length of an array.
    Len {
        /// The register that is written.
        to: Reg,
        /// The array.
        array: Reg,
    },
    /// The lanes of an element of an array; a trap where there is none.
    Get {
        /// The registers that are written.
        to: Regs,
        /// The array.
        array: Reg,
        /// The place of the element.
        index: Reg,
    },
    /// The same the other way.
    Set {
        /// The array.
        array: Reg,
        /// The place of the element.
        index: Reg,
        /// The registers that are read.
        from: Regs,
    },
    /// A call of a function.
    Call {
        /// The registers that are written: the function's results.
        to: Regs,
        /// The function.
        function: FuncId,
        /// The arguments.
        with: Regs,
    },
    /// A call of a function value, which can always fail.
    CallValue {
        /// The registers that are written: the results, and the error.
        to: Regs,
        /// The function value.
        value: Reg,
        /// The arguments, without what it captures.
        with: Regs,
    },
    /// A call of a method of a trait object, which can always fail.
    CallMethod {
        /// The registers that are written: the results, and the error.
        to: Regs,
        /// The table of methods.
        vtable: Reg,
        /// The place of the method in it.
        method: u32,
        /// The arguments; the object is the first.
        with: Regs,
    },
    /// Something that the run-time system does.
    Intrinsic {
        /// The registers that are written.
        to: Regs,
        /// What is done.
        what: Intrinsic,
        /// The shape that it is done for.
        shape: ShapeId,
        /// The arguments.
        with: Regs,
    },
}

/// What comes after a block.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Another block.
    Jump(BlockId),
    /// One block where a byte is not zero, else the other.
    Branch(Reg, BlockId, BlockId),
    /// The block of the value of an integer, from 0 on; the last one of all others.
    Switch(Reg, Vec<BlockId>),
    /// The end of the function, with its results.
    Return(Regs),
    /// The end of the task.
    Trap(Trap),
    /// What cannot be reached; the verifier takes none that can be by the text alone.
    Unreachable,
}

/// Why a task ends because of a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trap {
    /// An integer is too large.
    Overflow,
    /// Division by zero.
    DivideByZero,
    /// A shift by less than 0 or more than 63.
    Shift,
    /// No element of an array is there.
    Index,
    /// A map has no such key.
    MissingKey,
    /// `as` would lose something.
    Convert,
    /// `assert`: with why, where it is said.
    Assert(Option<Reg>),
    /// A clause of a contract does not hold: its kind, and where it is.
    Contract(TextId, Location),
    /// Something is not as a test expects: the method that said so, the value, and the other one where there is one, as texts.
    Expect {
        /// The method.
        matcher: TextId,
        /// The value.
        actual: Reg,
        /// What was expected.
        wanted: Option<Reg>,
    },
    /// `trap(why)`, and what calls it.
    Said(Reg),
    /// Too many calls in one another.
    Stack,
    /// Too much memory.
    Memory,
    /// A value that holds itself is compared, hashed or printed.
    Cycle,
}
