//! Printing terms on one line, in Erlang or Elixir syntax.
//!
//! Erlang text is what `io_lib:format("~0tp", [T])` gives on a node started with `+pc unicode`; Elixir text is what
//! `inspect/2` gives, except that structs always look like structs, charlists are written `~c"…"`, and a fun does
//! not name the function it was written in, and rare letters that Elixir quotes in atoms stand bare. Pairs of maps keep their order. Pids, ports and references show node 0,
//! as on the node they belong to.

mod elixir;
mod erlang;
mod output;
mod text;

use std::fmt;

pub(crate) use elixir::{OPERATORS as ELIXIR_OPERATORS, continues_identifier, starts_identifier};
pub(crate) use erlang::is_bare_atom as is_bare_erlang_atom;
use num_bigint::BigInt;
use output::Output;

use crate::{Atom, Pid, Port, Record, Reference, Term};

/// The language whose syntax is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Syntax {
    /// As Erlang's shell shows terms.
    #[default]
    Erlang,
    /// As `inspect/1` shows terms.
    Elixir,
}

impl Syntax {
    /// What stands between the elements of a container.
    #[must_use]
    pub fn comma(self) -> &'static str {
        match self {
            Syntax::Erlang => erlang::Erlang::COMMA,
            Syntax::Elixir => elixir::Elixir::COMMA,
        }
    }
}

/// How much of a term is shown. What is left out shows as `...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintLimits {
    /// Containers shown inside one another.
    pub depth: usize,
    /// Elements shown of one container.
    pub elements: usize,
    /// Characters shown of one string, bytes of one binary, digits of one integer (shortened ones are hexadecimal).
    pub text: usize,
    /// Characters in all.
    pub total: usize,
}

impl PrintLimits {
    /// Everything is shown.
    pub const NONE: Self =
        Self { depth: usize::MAX, elements: usize::MAX, text: usize::MAX, total: usize::MAX };
}

impl Default for PrintLimits {
    fn default() -> Self {
        Self { depth: 32, elements: 256, text: 4_096, total: 64 << 10 }
    }
}

/// A term with the way to print it.
#[derive(Debug, Clone, Copy)]
pub struct Display<'a> {
    term: &'a Term,
    syntax: Syntax,
    limits: PrintLimits,
}

impl Term {
    /// The term as text, by `format!("{}", …)` or `to_string()`.
    #[must_use]
    pub fn display(&self, syntax: Syntax, limits: &PrintLimits) -> Display<'_> {
        Display { term: self, syntax, limits: *limits }
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.display(Syntax::Erlang, &PrintLimits::default()), f)
    }
}

impl fmt::Display for Display<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer {
            out: Output::new(f, self.limits.total),
            steps: vec![Step::Term(self.term, 0)],
            limits: self.limits,
        };
        let result = match self.syntax {
            Syntax::Erlang => printer.run::<erlang::Erlang>(),
            Syntax::Elixir => printer.run::<elixir::Elixir>(),
        };
        // Running out of room is how a limit ends the printing; the dots are written.
        if printer.out.is_full() { Ok(()) } else { result }
    }
}

/// What differs between the languages.
trait Language {
    /// Between elements.
    const COMMA: &'static str;
    /// Where elements are cut.
    const CUT: &'static str;
    /// Where the elements of a list are cut.
    const LIST_CUT: &'static str;
    /// What begins a hexadecimal number.
    const HEXADECIMAL: &'static str;
    /// Between the elements and the tail of an improper list.
    const BAR: &'static str;

    fn float(value: f64) -> String {
        text::float(value)
    }
    fn atom(out: &mut Output<'_, '_>, atom: &Atom) -> fmt::Result;
    /// Prints `elements` as text if the language shows them so; false if not.
    fn text_list(out: &mut Output<'_, '_>, elements: &[Term], limit: usize) -> Result<bool, fmt::Error>;
    fn bits(out: &mut Output<'_, '_>, bytes: &[u8], bits: u8, limit: usize) -> fmt::Result;
    fn pid(out: &mut Output<'_, '_>, pid: &Pid) -> fmt::Result;
    fn port(out: &mut Output<'_, '_>, port: &Port) -> fmt::Result;
    fn reference(out: &mut Output<'_, '_>, reference: &Reference) -> fmt::Result;
    fn fun(out: &mut Output<'_, '_>, fun: &crate::Fun) -> fmt::Result;
    fn export(out: &mut Output<'_, '_>, export: &crate::Export) -> fmt::Result;
    /// Opens a map, struct or keyword list: prints what comes before the pairs.
    fn open_map(out: &mut Output<'_, '_>, pairs: &[(Term, Term)]) -> Result<Pairing, fmt::Error>;
    /// Whether `elements` are shown as a keyword list.
    fn is_keyword(elements: &[Term]) -> bool;
    /// Prints a key of a keyword list, with what stands between it and the value.
    fn keyword(out: &mut Output<'_, '_>, key: &Atom) -> fmt::Result;
    fn open_record(out: &mut Output<'_, '_>, record: &Record) -> fmt::Result;
    fn record_field(out: &mut Output<'_, '_>, name: &Atom) -> fmt::Result;
    const CLOSE_RECORD: &'static str;
}

/// How the pairs of a map are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pairing {
    /// `key => value`
    Arrows,
    /// `key: value`
    Keywords,
    /// `key: value`, the key `__struct__` left out.
    Struct,
}

enum Step<'a> {
    /// A term and how many containers are around it.
    Term(&'a Term, usize),
    Text(&'static str),
    /// The elements of a tuple or list, and the text where they are cut.
    Elements(Series<std::slice::Iter<'a, Term>>, &'static str),
    Keywords(Series<std::slice::Iter<'a, Term>>),
    Pairs(Series<std::slice::Iter<'a, (Term, Term)>>, Pairing),
    Fields(Series<std::slice::Iter<'a, (Atom, Term)>>),
}

/// Elements still to be shown.
struct Series<I> {
    rest: I,
    shown: usize,
    depth: usize,
}

impl<I: ExactSizeIterator> Series<I> {
    fn new(rest: I, depth: usize) -> Self {
        Self { rest, shown: 0, depth }
    }
}

struct Printer<'a, 'o, 'f> {
    out: Output<'o, 'f>,
    steps: Vec<Step<'a>>,
    limits: PrintLimits,
}

impl<'a> Printer<'a, '_, '_> {
    fn run<L: Language>(&mut self) -> fmt::Result {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Term(term, depth) => self.term::<L>(term, depth)?,
                Step::Text(text) => self.out.text(text)?,
                Step::Elements(mut series, cut) => {
                    if let Some(element) = self.advance::<L, _>(&mut series, cut)? {
                        let depth = series.depth;
                        self.steps.push(Step::Elements(series, cut));
                        self.steps.push(Step::Term(element, depth));
                    }
                }
                Step::Keywords(mut series) => {
                    if let Some(element) = self.advance::<L, _>(&mut series, L::LIST_CUT)? {
                        let depth = series.depth;
                        self.steps.push(Step::Keywords(series));
                        if let Some([Term::Atom(key), value]) = element.as_tuple() {
                            L::keyword(&mut self.out, key)?;
                            self.steps.push(Step::Term(value, depth));
                        }
                    }
                }
                Step::Pairs(series, pairing) => self.pair::<L>(series, pairing)?,
                Step::Fields(mut series) => {
                    if let Some((name, value)) = self.advance::<L, _>(&mut series, L::CUT)? {
                        let depth = series.depth;
                        self.steps.push(Step::Fields(series));
                        L::record_field(&mut self.out, name)?;
                        self.steps.push(Step::Term(value, depth));
                    }
                }
            }
        }
        Ok(())
    }

    /// The next element of a series, its separator printed; none at the end or at the limit, which prints `cut`.
    fn advance<L: Language, I: ExactSizeIterator>(
        &mut self,
        series: &mut Series<I>,
        cut: &'static str,
    ) -> Result<Option<I::Item>, fmt::Error> {
        if series.rest.len() == 0 {
            return Ok(None);
        }
        if series.shown >= self.limits.elements {
            self.out.text(if series.shown > 0 { cut } else { "..." })?;
            return Ok(None);
        }
        if series.shown > 0 {
            self.out.text(L::COMMA)?;
        }
        series.shown += 1;
        Ok(series.rest.next())
    }

    fn pair<L: Language>(
        &mut self,
        mut series: Series<std::slice::Iter<'a, (Term, Term)>>,
        pairing: Pairing,
    ) -> fmt::Result {
        let is_name =
            |pair: Option<&(Term, Term)>| pair.is_some_and(|pair| pair.0.as_atom() == Some("__struct__"));
        if pairing == Pairing::Struct && is_name(series.rest.as_slice().first()) {
            series.rest.next();
        }
        let Some((key, value)) = self.advance::<L, _>(&mut series, L::CUT)? else { return Ok(()) };
        let depth = series.depth;
        self.steps.push(Step::Pairs(series, pairing));
        self.steps.push(Step::Term(value, depth));
        match key {
            Term::Atom(key) if pairing != Pairing::Arrows => L::keyword(&mut self.out, key)?,
            key => {
                self.steps.push(Step::Text(" => "));
                self.steps.push(Step::Term(key, depth));
            }
        }
        Ok(())
    }

    fn term<L: Language>(&mut self, term: &'a Term, depth: usize) -> fmt::Result {
        let out = &mut self.out;
        match term {
            Term::Integer(value) => out.display(value),
            Term::BigInteger(value) => big(out, value, self.limits.text, L::HEXADECIMAL),
            Term::Float(value) => out.text(&L::float(*value)),
            Term::Atom(atom) => L::atom(out, atom),
            Term::Binary(bytes) => L::bits(out, bytes, 8, self.limits.text),
            Term::BitString { bytes, bits } => L::bits(out, bytes, *bits, self.limits.text),
            Term::Pid(pid) => L::pid(out, pid),
            Term::Port(port) => L::port(out, port),
            Term::Reference(reference) => L::reference(out, reference),
            Term::Fun(fun) => L::fun(out, fun),
            Term::Export(export) => L::export(out, export),
            Term::Tuple(elements) if elements.is_empty() => out.text("{}"),
            Term::List(elements) if elements.is_empty() => out.text("[]"),
            _ if depth >= self.limits.depth => out.text("..."),
            Term::Tuple(elements) => self.elements("{", elements, L::CUT, &["}"], depth),
            Term::List(elements) => self.list::<L>(elements, depth),
            Term::ImproperList(elements, tail) => {
                out.text("[")?;
                self.steps.push(Step::Text("]"));
                if elements.len() <= self.limits.elements {
                    self.steps.push(Step::Term(tail, depth + 1));
                    self.steps.push(Step::Text(L::BAR));
                }
                self.steps.push(Step::Elements(Series::new(elements.iter(), depth + 1), L::LIST_CUT));
                Ok(())
            }
            Term::Map(pairs) => {
                let pairing = L::open_map(out, pairs)?;
                self.steps.push(Step::Text("}"));
                self.steps.push(Step::Pairs(Series::new(pairs.iter(), depth + 1), pairing));
                Ok(())
            }
            Term::Record(record) => {
                L::open_record(out, record)?;
                self.steps.push(Step::Text(L::CLOSE_RECORD));
                self.steps.push(Step::Fields(Series::new(record.fields.iter(), depth + 1)));
                Ok(())
            }
        }
    }

    fn elements(
        &mut self,
        open: &'static str,
        elements: &'a [Term],
        cut: &'static str,
        close: &[&'static str],
        depth: usize,
    ) -> fmt::Result {
        self.out.text(open)?;
        self.steps.extend(close.iter().map(|text| Step::Text(text)));
        self.steps.push(Step::Elements(Series::new(elements.iter(), depth + 1), cut));
        Ok(())
    }

    fn list<L: Language>(&mut self, elements: &'a [Term], depth: usize) -> fmt::Result {
        if L::text_list(&mut self.out, elements, self.limits.text)? {
            return Ok(());
        }
        if L::is_keyword(elements) {
            self.out.text("[")?;
            self.steps.push(Step::Text("]"));
            self.steps.push(Step::Keywords(Series::new(elements.iter(), depth + 1)));
            return Ok(());
        }
        self.elements("[", elements, L::LIST_CUT, &["]"], depth)
    }
}

/// Decimal digits take quadratic time, so an integer beyond the limit of text is shown by its first hexadecimal
/// digits and its size.
fn big(out: &mut Output<'_, '_>, value: &BigInt, limit: usize, prefix: &str) -> fmt::Result {
    // A decimal digit carries 3.32 bits.
    if value.bits() / 4 <= limit as u64 {
        return out.display(value);
    }
    let shift = value.bits().saturating_sub(64);
    let head: BigInt = value.magnitude().clone().into();
    let sign = if value < &BigInt::default() { "-" } else { "" };
    out.text(&format!("{sign}{prefix}{:X}...", head >> shift))
}
