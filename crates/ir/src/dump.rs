//! The text form.

use std::fmt::{self, Display, Formatter, Write};

use crate::program::{Block, Const, End, Function, Inst, Lane, Program, Reg, Regs, Shape, ShapeId, Trap};

impl Display for Lane {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lane::Int => "int",
            Lane::Float => "float",
            Lane::Byte => "byte",
            Lane::Ref => "ref",
        })
    }
}

impl Display for Reg {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, function) in self.functions.iter().enumerate() {
            let dump = Dump { program: self, function };
            dump.function(at, f)?;
        }
        Ok(())
    }
}

struct Dump<'p> {
    program: &'p Program,
    function: &'p Function,
}

impl Dump<'_> {
    fn function(&self, at: usize, f: &mut Formatter<'_>) -> fmt::Result {
        let of = self.function;
        write!(f, "fn f{at} \"{}\"(", of.name)?;
        for (at, lane) in of.regs.iter().take(of.params as usize).enumerate() {
            write!(f, "{}%{at}: {lane}", if at == 0 { "" } else { ", " })?;
        }
        f.write_char(')')?;
        for (at, lane) in of.results.iter().enumerate() {
            write!(f, "{}{lane}", if at == 0 { " -> " } else { ", " })?;
        }
        writeln!(f, "{}", if of.fails { " fails" } else { "" })?;
        for (at, block) in of.blocks.iter().enumerate() {
            writeln!(f, "b{at}:")?;
            self.block(block, f)?;
        }
        Ok(())
    }

    fn block(&self, block: &Block, f: &mut Formatter<'_>) -> fmt::Result {
        for (inst, _) in &block.insts {
            f.write_str("  ")?;
            self.inst(inst, f)?;
            f.write_char('\n')?;
        }
        f.write_str("  ")?;
        match &block.end {
            End::Jump(to) => write!(f, "jump b{}", to.0)?,
            End::Branch(on, then, otherwise) => write!(f, "if {on} b{} else b{}", then.0, otherwise.0)?,
            End::Switch(on, targets) => {
                write!(f, "switch {on}")?;
                targets.iter().try_for_each(|to| write!(f, " b{}", to.0))?;
            }
            End::Return(regs) => write!(f, "return{}", self.spaced(*regs))?,
            End::Trap(trap) => {
                f.write_str("trap ")?;
                self.trap(*trap, f)?;
            }
            End::Unreachable => f.write_str("unreachable")?,
        }
        f.write_char('\n')
    }

    fn trap(&self, trap: Trap, f: &mut Formatter<'_>) -> fmt::Result {
        match trap {
            Trap::Assert(Some(why)) => write!(f, "assert {why}"),
            Trap::Said(why) => write!(f, "said {why}"),
            Trap::Expect { matcher, actual, wanted } => {
                write!(f, "expect {} {actual}", self.text(matcher.index()))?;
                wanted.map_or(Ok(()), |wanted| write!(f, " {wanted}"))
            }
            Trap::Contract(kind, _) => write!(f, "contract {}", self.text(kind.index())),
            Trap::Assert(None) => f.write_str("assert"),
            Trap::Overflow => f.write_str("overflow"),
            Trap::DivideByZero => f.write_str("divide_by_zero"),
            Trap::Shift => f.write_str("shift"),
            Trap::Index => f.write_str("index"),
            Trap::MissingKey => f.write_str("missing_key"),
            Trap::Convert => f.write_str("convert"),
            Trap::Stack => f.write_str("stack"),
            Trap::Memory => f.write_str("memory"),
            Trap::Cycle => f.write_str("cycle"),
        }
    }

    fn inst(&self, inst: &Inst, f: &mut Formatter<'_>) -> fmt::Result {
        match *inst {
            Inst::Const { to, value } => {
                write!(f, "{to} = ")?;
                self.constant(value, f)
            }
            Inst::Move { to, from } => write!(f, "{to} = {from}"),
            Inst::Int { op, to, left, right } => write!(f, "{to} = {} {left} {right}", name(op)),
            Inst::Float { op, to, left, right } => write!(f, "{to} = f{} {left} {right}", name(op)),
            Inst::Test { test, to, left, right } => write!(f, "{to} = {} {left} {right}", name(test)),
            Inst::Cast { cast, to, from } => write!(f, "{to} = {} {from}", name(cast)),
            Inst::New { to, shape, variant, lanes } => {
                write!(f, "{to} = new {}", self.shape(shape))?;
                if let Shape::Enum(..) = self.program.shape(shape) {
                    write!(f, " #{variant}")?;
                }
                write!(f, "{}", self.spaced(lanes))
            }
            Inst::Closure { to, function, captures } => {
                write!(f, "{to} = closure f{} {captures}", function.0)
            }
            Inst::Load { to, object, lane } => write!(f, "{to} = {object}.{lane}"),
            Inst::Store { object, lane, from } => write!(f, "{object}.{lane} = {from}"),
            Inst::Variant { to, object } => write!(f, "{to} = variant {object}"),
            Inst::Is { to, object, shape } => write!(f, "{to} = is {object} {}", self.shape(shape)),
            Inst::Len { to, array } => write!(f, "{to} = len {array}"),
            Inst::Get { to, array, index } => write!(f, "{}{array}[{index}]", self.written(to)),
            Inst::Set { array, index, from } => write!(f, "{array}[{index}] ={}", self.spaced(from)),
            Inst::Call { to, function, with } => {
                let callee =
                    self.program.functions.get(function.index()).map_or("?", |callee| callee.name.as_str());
                write!(f, "{}call f{} \"{callee}\"{}", self.written(to), function.0, self.spaced(with))
            }
            Inst::CallValue { to, value, with } => {
                write!(f, "{}call {value}{}", self.written(to), self.spaced(with))
            }
            Inst::CallMethod { to, vtable, method, with } => {
                write!(f, "{}call {vtable}.{method}{}", self.written(to), self.spaced(with))
            }
            Inst::Intrinsic { to, what, shape, with } => {
                let (written, with) = (self.written(to), self.spaced(with));
                write!(f, "{written}do \"{}\" {}{with}", what.name(), self.shape(shape))
            }
        }
    }

    fn constant(&self, value: Const, f: &mut Formatter<'_>) -> fmt::Result {
        match value {
            Const::Int(value) => write!(f, "{value}"),
            Const::Float(value) => write!(f, "{value:?}"),
            Const::Byte(value) => write!(f, "byte {value}"),
            Const::Null => f.write_str("null"),
            Const::Text(text) => f.write_str(&self.text(text.index())),
            Const::Vtable(table) => write!(f, "table {}", table.0),
        }
    }

    fn text(&self, at: usize) -> String {
        self.program.texts.get(at).map_or_else(String::new, |text| format!("{text:?}"))
    }

    fn regs(&self, regs: Regs) -> &[Reg] {
        self.function.list(regs)
    }

    fn spaced(&self, regs: Regs) -> String {
        self.regs(regs).iter().map(|reg| format!(" {reg}")).collect()
    }

    fn written(&self, regs: Regs) -> String {
        let regs: Vec<String> = self.regs(regs).iter().map(Reg::to_string).collect();
        if regs.is_empty() { String::new() } else { format!("{} = ", regs.join(", ")) }
    }

    fn shape(&self, id: ShapeId) -> String {
        self.program.shape_name(id)
    }
}

fn name(of: impl fmt::Debug) -> String {
    let mut text = String::new();
    for (at, c) in format!("{of:?}").chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

impl Function {
    /// The registers of a list.
    #[must_use]
    pub fn list(&self, regs: Regs) -> &[Reg] {
        self.lists.get(regs.start as usize..(regs.start + regs.len) as usize).unwrap_or_default()
    }
}

impl Program {
    /// What a shape is called: as the source writes the type.
    #[must_use]
    pub fn shape_name(&self, id: ShapeId) -> String {
        let names = |parts: &[ShapeId]| {
            parts.iter().map(|part| self.shape_name(*part)).collect::<Vec<_>>().join(", ")
        };
        match self.shape(id) {
            Shape::Int => "int".to_owned(),
            Shape::Float => "float".to_owned(),
            Shape::Bool => "bool".to_owned(),
            Shape::Byte => "byte".to_owned(),
            Shape::Duration => "duration".to_owned(),
            Shape::Instant => "instant".to_owned(),
            Shape::Void => "void".to_owned(),
            Shape::Text => "string".to_owned(),
            Shape::Bytes => "bytes".to_owned(),
            Shape::Buffer => "Buffer".to_owned(),
            Shape::Range => "Range".to_owned(),
            Shape::Tuple(parts) => format!("({})", names(parts)),
            Shape::Optional(of) => format!("{}?", self.shape_name(*of)),
            Shape::Array(of) => format!("[{}]", self.shape_name(*of)),
            Shape::Map(key, value) => format!("Map<{}>", names(&[*key, *value])),
            Shape::Set(of) => format!("Set<{}>", names(&[*of])),
            Shape::Class(of) => of.name.clone(),
            Shape::Enum(name, _) | Shape::Object(name) | Shape::Actor(name) => name.clone(),
            Shape::Closure => "fn".to_owned(),
            Shape::Captures(parts) => format!("captures({})", names(parts)),
            Shape::Error => "error".to_owned(),
            Shape::Task(of) => format!("Task<{}>", names(&[*of])),
            Shape::Sender(of) => format!("Sender<{}>", names(&[*of])),
            Shape::Stream(of) => format!("stream {}", names(&[*of])),
            Shape::Receiver(of) => format!("Receiver<{}>", names(&[*of])),
        }
    }
}
