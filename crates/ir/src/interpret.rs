//! The interpreter: what a program means, done step by step and without cleverness. Native code is held against it.

mod actors;
mod channels;
mod compare;
mod heap;
mod host;
mod intrinsics;
mod operators;
mod reach;
mod show;
mod streams;
mod tasks;
mod world;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use actors::Actor;
use channels::Channel;
use heap::{Heap, Object};
use pluto_host::{Expected, Pending};
use streams::Stream;
use tasks::{Task, Waiter, Waits};

pub use world::{Failure, Listener, Outcome, Trapped, Virtual, Waiting, World};

use crate::program::{
    BlockId, Const, End, FuncId, Function, Inst, Lane, Location, Program, Reg, Regs, Shape, ShapeId, Trap,
};

/// Calls in one another, at most.
const DEPTH: usize = 100_000;

/// How a run is bounded.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions.
    pub steps: u64,
    /// Words on the heap; nothing is collected.
    pub words: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: u64::MAX, words: 1 << 28 }
    }
}

/// Runs a function that takes nothing, in a world where time is virtual. `say` is given each line that is printed.
pub fn run(program: &Program, function: FuncId, limits: Limits, say: &mut dyn FnMut(&str)) -> Outcome {
    run_in(program, function, limits, &mut Virtual::new(0, say))
}

/// Runs a function that takes nothing in a world.
pub fn run_in(program: &Program, function: FuncId, limits: Limits, world: &mut dyn World) -> Outcome {
    let Some(first) = program.functions.get(function.index()) else { return Outcome::Finished };
    let mut machine = Machine::new(program, limits.words, world);
    machine.add_task(&first.name, vec![frame(first, &[], Regs::default())]);
    machine.ready.push_back(0);
    machine.turns(limits.steps)
}

/// A function that is called.
#[derive(Debug)]
struct Frame<'p> {
    function: &'p Function,
    block: BlockId,
    next: usize,
    regs: Vec<u64>,
    /// Where its results go in the frame below.
    to: Regs,
}

impl Frame<'_> {
    /// Where an instruction of its block is, or the end of the block.
    fn place(&self, inst: usize) -> Option<Location> {
        let block = self.function.blocks.get(self.block.index())?;
        Some(block.insts.get(inst).map_or(block.at, |(_, at)| *at))
    }

    /// Where the instruction is that it is behind.
    fn behind(&self) -> Location {
        self.place(self.next.saturating_sub(1)).unwrap_or(self.function.at)
    }
}

struct Machine<'p, 'w> {
    program: &'p Program,
    heap: Heap<'p>,
    world: &'w mut dyn World,
    /// The frames of the task that has its turn.
    frames: Vec<Frame<'p>>,
    current: usize,
    tasks: Vec<Task<'p>>,
    /// Tasks that can go on.
    ready: VecDeque<usize>,
    channels: Vec<Channel>,
    actors: Vec<Actor>,
    streams: Vec<Stream<'p>>,
    /// Who is woken at which time, in the order in which they asked.
    timers: BTreeMap<(i64, u64), Waiter>,
    /// What is waited for outside.
    pending: Pending<Waiter>,
    timer: u64,
    /// Whether the world takes no more.
    stopped: bool,
    /// The trap that ended the first task.
    trap: Option<Trapped>,
}

/// Why an instruction does not go on.
enum Stop {
    Trap(Trap),
    Said(String),
    /// The task waits, and what it is given goes there.
    Wait(Waits, Regs),
    /// The task has gone on somewhere else.
    Elsewhere,
}

/// What becomes of the task that has its turn.
enum Flow {
    /// It goes on.
    On,
    /// Its outermost function has given its results, and an error or null.
    Gave(Vec<u64>, u64),
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

type Step<T> = Result<T, Stop>;

impl<'p, 'w> Machine<'p, 'w> {
    fn new(program: &'p Program, words: usize, world: &'w mut dyn World) -> Self {
        let news = world.outside().news();
        Self {
            program,
            heap: Heap::new(program, words),
            world,
            frames: Vec::new(),
            current: 0,
            tasks: Vec::new(),
            ready: VecDeque::new(),
            channels: Vec::new(),
            actors: Vec::new(),
            streams: Vec::new(),
            timers: BTreeMap::new(),
            pending: Pending::new(news),
            timer: 0,
            stopped: false,
            trap: None,
        }
    }

    fn place(&self) -> Option<Location> {
        let frame = self.frames.last()?;
        frame.place(frame.next)
    }

    fn trapped(&self, stop: Stop, at: Location) -> Trapped {
        let clause = match stop {
            Stop::Trap(Trap::Contract(_, clause)) => Some(clause),
            _ => None,
        };
        let expected = if let Stop::Trap(trap) = stop { self.expected(trap) } else { None };
        let why = match stop {
            Stop::Said(text) => text,
            Stop::Trap(trap) => self.words(trap),
            Stop::Wait(..) | Stop::Elsewhere => String::new(),
        };
        let mut stack = Vec::new();
        let asking = self.tasks.get(self.current).map(|task| task.asking.as_slice()).unwrap_or_default();
        let outer = asking.iter().rev().flat_map(|asking| asking.frames.iter().rev());
        for frame in self.frames.iter().rev().chain(outer) {
            // A frame that called another one is behind its call.
            let place = if stack.is_empty() { frame.place(frame.next) } else { Some(frame.behind()) };
            stack.push((frame.function.name.clone(), place.unwrap_or(at)));
        }
        Trapped { why, at: clause.unwrap_or(at), stack, expected }
    }

    /// What a test expected, and found otherwise.
    fn expected(&self, trap: Trap) -> Option<Expected> {
        let Trap::Expect { matcher, actual, wanted } = trap else { return None };
        Some(Expected {
            matcher: self.program.texts.get(matcher.index()).cloned().unwrap_or_default(),
            actual: self.heap.text(self.reg(actual)).to_string(),
            wanted: wanted.map(|wanted| self.heap.text(self.reg(wanted)).to_string()),
        })
    }

    fn words(&self, trap: Trap) -> String {
        match trap {
            Trap::Overflow => "integer overflow".to_owned(),
            Trap::DivideByZero => "division by zero".to_owned(),
            Trap::Shift => "a shift by less than 0 or more than 63".to_owned(),
            Trap::Index => "an index out of range".to_owned(),
            Trap::MissingKey => "a key that is not in the map".to_owned(),
            Trap::Convert => "a conversion that would lose something".to_owned(),
            Trap::Assert(None) => "an assertion does not hold".to_owned(),
            Trap::Assert(Some(why)) => {
                format!("an assertion does not hold: {}", self.heap.text(self.reg(why)))
            }
            Trap::Contract(kind, _) => {
                let kind = self.program.texts.get(kind.index()).map_or("", String::as_str);
                format!("`{kind}` does not hold")
            }
            Trap::Expect { .. } => self.expected(trap).map_or_else(String::new, |expected| expected.words()),
            Trap::Said(why) => self.heap.text(self.reg(why)).to_string(),
            Trap::Stack => "too many calls in one another".to_owned(),
            Trap::Memory => "out of memory".to_owned(),
            Trap::Cycle => "a value that holds itself, or that is nested too deep".to_owned(),
        }
    }

    fn reg(&self, reg: Reg) -> u64 {
        self.frames.last().and_then(|frame| frame.regs.get(reg.index()).copied()).unwrap_or(0)
    }

    fn lane(&self, reg: Reg) -> Lane {
        let frame = self.frames.last();
        frame.and_then(|frame| frame.function.regs.get(reg.index()).copied()).unwrap_or(Lane::Int)
    }

    fn set(&mut self, reg: Reg, value: u64) {
        if let Some(place) = self.frames.last_mut().and_then(|frame| frame.regs.get_mut(reg.index())) {
            *place = value;
        }
    }

    fn values(&self, regs: Regs) -> Vec<u64> {
        let Some(frame) = self.frames.last() else { return Vec::new() };
        frame.function.list(regs).iter().map(|reg| self.reg(*reg)).collect()
    }

    fn set_all(&mut self, regs: Regs, values: &[u64]) {
        let Some(frame) = self.frames.last_mut() else { return };
        let function = frame.function;
        for (reg, value) in function.list(regs).iter().zip(values.iter().chain(std::iter::repeat(&0))) {
            if let Some(place) = frame.regs.get_mut(reg.index()) {
                *place = *value;
            }
        }
    }

    /// One instruction, or what comes after a block.
    fn step(&mut self) -> Step<Flow> {
        let Some(frame) = self.frames.last_mut() else { return Ok(Flow::On) };
        let function: &'p Function = frame.function;
        let Some(block) = function.blocks.get(frame.block.index()) else {
            return Err(Stop::Said("code that cannot be reached was reached".to_owned()));
        };
        if let Some((inst, _)) = block.insts.get(frame.next) {
            self.act(inst)?;
            return Ok(Flow::On);
        }
        match &block.end {
            End::Jump(to) => self.go(*to),
            End::Branch(on, then, otherwise) => {
                let to = if self.reg(*on) != 0 { *then } else { *otherwise };
                self.go(to);
            }
            End::Switch(on, targets) => {
                let at = usize::try_from(self.reg(*on)).unwrap_or(usize::MAX);
                if let Some(to) = targets.get(at).or(targets.last()) {
                    self.go(*to);
                }
            }
            End::Return(regs) => return Ok(self.give(*regs)),
            End::Trap(trap) => return Err(Stop::Trap(*trap)),
            End::Unreachable => return Err(Stop::Said("code that cannot be reached was reached".to_owned())),
        }
        Ok(Flow::On)
    }

    fn go(&mut self, to: BlockId) {
        if let Some(frame) = self.frames.last_mut() {
            (frame.block, frame.next) = (to, 0);
        }
    }

    fn give(&mut self, regs: Regs) -> Flow {
        let mut results = self.values(regs);
        let Some(frame) = self.frames.pop() else { return Flow::On };
        if self.frames.is_empty() {
            let error = if frame.function.fails { results.pop().unwrap_or(0) } else { 0 };
            return Flow::Gave(results, error);
        }
        self.set_all(frame.to, &results);
        Flow::On
    }

    /// Calls a function.
    fn call(&mut self, function: FuncId, with: &[u64], to: Regs) -> Step<()> {
        if self.frames.len() >= DEPTH {
            return Err(Trap::Stack.into());
        }
        // It goes on behind the call.
        self.advance();
        if let Some(callee) = self.program.functions.get(function.index()) {
            self.frames.push(frame(callee, with, to));
        }
        Ok(())
    }

    fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next += 1;
        }
    }

    fn act(&mut self, inst: &Inst) -> Step<()> {
        match *inst {
            Inst::Call { to, function, with } => {
                let with = self.values(with);
                return self.call(function, &with, to);
            }
            Inst::CallValue { to, value, with } => {
                let (function, captures) = self.heap.closure(self.reg(value));
                let with: Vec<u64> = std::iter::once(captures).chain(self.values(with)).collect();
                return self.call(function, &with, to);
            }
            Inst::CallMethod { to, vtable, method, with } => {
                let table = self.program.vtables.get(self.reg(vtable) as usize);
                let function =
                    table.and_then(|table| table.get(method as usize)).copied().unwrap_or(FuncId(0));
                let with = self.values(with);
                return self.call(function, &with, to);
            }
            Inst::Intrinsic { to, what, shape, with } => {
                let with = self.values(with);
                match self.intrinsic(what, shape, &with, to) {
                    Ok(gives) => self.set_all(to, &gives),
                    Err(Stop::Elsewhere) => return Ok(()),
                    Err(stop) => return Err(stop),
                }
            }
            Inst::Len { to, array } => {
                let len = self.heap.array_len(self.reg(array));
                self.set(to, len);
            }
            Inst::Get { to, array, index } => {
                let values = self.heap.array_get(self.reg(array), self.reg(index) as i64)?;
                self.set_all(to, &values);
            }
            Inst::Set { array, index, from } => {
                let values = self.values(from);
                self.heap.array_set(self.reg(array), self.reg(index) as i64, &values)?;
            }
            _ => {
                let (to, value) = self.simple(inst)?;
                if let Some(to) = to {
                    self.set(to, value);
                }
            }
        }
        self.advance();
        Ok(())
    }

    /// What gives one lane at most.
    fn simple(&mut self, inst: &Inst) -> Step<(Option<Reg>, u64)> {
        Ok(match *inst {
            Inst::Const { to, value } => (Some(to), self.constant(value)?),
            Inst::Move { to, from } => (Some(to), self.reg(from)),
            Inst::Int { op, to, left, right } => {
                let byte = self.lane(to) == Lane::Byte;
                let value = operators::int(op, self.reg(left) as i64, self.reg(right) as i64)?;
                (Some(to), if byte { u64::from(value as u8) } else { value as u64 })
            }
            Inst::Float { op, to, left, right } => {
                let (left, right) = (f64::from_bits(self.reg(left)), f64::from_bits(self.reg(right)));
                (Some(to), operators::float(op, left, right).to_bits())
            }
            Inst::Test { test, to, left, right } => {
                let holds = operators::test(test, self.lane(left), self.reg(left), self.reg(right));
                (Some(to), u64::from(holds))
            }
            Inst::Cast { cast, to, from } => (Some(to), operators::cast(cast, self.reg(from))?),
            Inst::New { to, shape, variant, lanes } => {
                let lanes = self.values(lanes);
                (Some(to), self.heap.add(Object::Fields { shape, variant, lanes })?)
            }
            Inst::Closure { to, function, captures } => {
                let captures = self.reg(captures);
                (Some(to), self.heap.add(Object::Closure { function, captures })?)
            }
            Inst::Load { to, object, lane } => (Some(to), self.heap.load(self.reg(object), lane)),
            Inst::Store { object, lane, from } => {
                let value = self.reg(from);
                self.heap.store(self.reg(object), lane, value);
                (None, 0)
            }
            Inst::Variant { to, object } => (Some(to), self.heap.variant(self.reg(object))),
            Inst::Is { to, object, shape } => (Some(to), u64::from(self.heap.is(self.reg(object), shape))),
            _ => (None, 0),
        })
    }

    fn constant(&mut self, value: Const) -> Step<u64> {
        Ok(match value {
            Const::Int(value) => value as u64,
            Const::Float(value) => value.to_bits(),
            Const::Byte(value) => u64::from(value),
            Const::Null => 0,
            Const::Vtable(table) => u64::from(table.0),
            Const::Text(text) => self.heap.constant(text)?,
        })
    }

    fn new_text(&mut self, text: &str) -> Step<u64> {
        Ok(self.heap.add(Object::Text(Rc::from(text)))?)
    }

    /// A shape that is held by one of another kind: of an array its elements, and so on.
    fn part(&self, shape: ShapeId) -> ShapeId {
        match self.program.shape(shape) {
            Shape::Array(of) | Shape::Set(of) | Shape::Optional(of) | Shape::Map(of, _) => *of,
            _ => shape,
        }
    }
}

fn frame<'p>(function: &'p Function, with: &[u64], to: Regs) -> Frame<'p> {
    let mut regs = vec![0; function.regs.len()];
    for (place, value) in regs.iter_mut().zip(with) {
        *place = *value;
    }
    Frame { function, block: BlockId(0), next: 0, regs, to }
}
