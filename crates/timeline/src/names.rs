//! Processes, functions and terms as text.

use crate::payload::{LINE_LIMITS, print, print_arguments};
use crate::registry::Registry;
use pluto_event::{AtomId, Form, FunctionId, Identity, Nanos, NodeId, Payload, ProcessId, Tables};
use pluto_term::{PrintLimits, Term};

/// In which language's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Syntax {
    /// Elixir for modules whose name begins with `Elixir.`, Erlang for the rest.
    #[default]
    Auto,
    /// Erlang.
    Erlang,
    /// Elixir.
    Elixir,
}

/// Spells ids out; ids that the tables do not have are shown as such.
#[derive(Clone, Copy, Debug)]
pub struct Names<'t> {
    tables: &'t Tables,
    syntax: Syntax,
    many_nodes: bool,
    limits: PrintLimits,
    registry: Option<&'t Registry>,
}

impl<'t> Names<'t> {
    /// Names out of these tables.
    pub fn new(tables: &'t Tables, syntax: Syntax) -> Names<'t> {
        let mut nodes = tables.processes().iter().map(|process| process.node).filter(|node| !node.is_none());
        let first = nodes.next();
        // A live stream makes names for every event, and mostly has one node.
        let many_nodes = tables.nodes().len() > 1 && nodes.any(|node| Some(node) != first);
        Names { tables, syntax, many_nodes, limits: LINE_LIMITS, registry: None }
    }

    /// The same names, with terms printed up to these limits.
    pub fn with_limits(self, limits: PrintLimits) -> Names<'t> {
        Names { limits, ..self }
    }

    /// The same names, with processes called by their registered names too.
    pub fn with_registry(self, registry: &'t Registry) -> Names<'t> {
        Names { registry: Some(registry), ..self }
    }

    /// The tables.
    pub fn tables(&self) -> &'t Tables {
        self.tables
    }

    fn atom(&self, id: AtomId) -> Option<&'t str> {
        self.tables.atom(id).ok()
    }

    /// `name@host`.
    pub fn node(&self, id: NodeId) -> String {
        let name = self.tables.node(id).ok().and_then(|node| self.atom(node.name));
        name.map_or_else(|| unknown("node", id.0), str::to_owned)
    }

    /// A process by what it is and by the last registered name that it had: `<0.123.0>`, `stock <0.123.0>`.
    pub fn process(&self, id: ProcessId) -> String {
        self.named(id, self.registry.and_then(|registry| registry.last_name(id)))
    }

    /// The same with the registered name that it had at a time.
    pub fn process_at(&self, id: ProcessId, time: Nanos) -> String {
        self.named(id, self.registry.and_then(|registry| registry.name_at(id, time)))
    }

    fn named(&self, id: ProcessId, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("{} {}", self.atom_text(name), self.pid(id)),
            None => self.pid(id),
        }
    }

    /// `<0.123.0>`, `#Port<0.5>`, or the name that was sent to; followed by `@node` where the stream has several nodes.
    pub fn pid(&self, id: ProcessId) -> String {
        if id.is_none() {
            return "?".to_owned();
        }
        let Ok(process) = self.tables.process(id) else { return unknown("process", id.0) };
        let text = match process.identity {
            Identity::Pid { number, serial } => format!("<0.{number}.{serial}>"),
            Identity::Port { number } => format!("#Port<0.{number}>"),
            Identity::Name { name } => {
                self.atom(name).map_or_else(|| unknown("atom", name.0), |name| self.atom_text(name))
            }
        };
        if self.many_nodes && !process.node.is_none() {
            return format!("{text}@{}", self.node(process.node));
        }
        text
    }

    /// A name that was registered.
    pub fn registered(&self, id: AtomId) -> String {
        self.atom(id).map_or_else(|| unknown("atom", id.0), |name| self.atom_text(name))
    }

    fn atom_text(&self, name: &str) -> String {
        match self.syntax {
            Syntax::Elixir => elixir_atom(name),
            Syntax::Auto if name.starts_with("Elixir.") => elixir_atom(name),
            Syntax::Auto | Syntax::Erlang => erlang_atom(name),
        }
    }

    /// Module and name with what joins them, without the arity: `shop:place_order`, `Shop.place_order`.
    pub fn function_name(&self, id: FunctionId) -> String {
        let row = self.tables.function(id).ok();
        let texts = row.and_then(|row| Some((self.atom(row.module)?, self.atom(row.name)?)));
        let Some((module, name)) = texts else { return unknown("function", id.0) };
        if self.is_elixir(module) {
            format!("{}.{}", elixir_atom(module), elixir_name(name))
        } else {
            format!("{}:{}", erlang_atom(module), erlang_atom(name))
        }
    }

    /// `shop:place_order/2`, `Shop.place_order/2`.
    pub fn function(&self, id: FunctionId) -> String {
        if id.is_none() {
            return "undefined".to_owned();
        }
        match self.tables.function(id) {
            Ok(row) => format!("{}/{}", self.function_name(id), row.arity),
            Err(_) => unknown("function", id.0),
        }
    }

    fn is_elixir(&self, module: &str) -> bool {
        match self.syntax {
            Syntax::Auto => module.starts_with("Elixir."),
            Syntax::Erlang => false,
            Syntax::Elixir => true,
        }
    }

    /// In which language the terms of a function are printed.
    pub fn syntax_of(&self, id: FunctionId) -> Syntax {
        let module = self.tables.function(id).ok().and_then(|row| self.atom(row.module));
        if module.map_or(self.syntax == Syntax::Elixir, |module| self.is_elixir(module)) {
            Syntax::Elixir
        } else {
            Syntax::Erlang
        }
    }

    /// A call: `shop:place_order(17, {map,3})`; name and arity where the arguments were not captured, and why where that
    /// is known.
    pub fn call(&self, id: FunctionId, arguments: Payload<'_>) -> String {
        match print_arguments(arguments, self.term_syntax(self.syntax_of(id)), &self.limits) {
            Some(arguments) => format!("{}({})", self.function_name(id), arguments.join(", ")),
            None if matches!(arguments.form, Form::Oversize | Form::TooDeep) => {
                let left_out = self.payload(arguments, self.syntax).unwrap_or_default();
                format!("{} {left_out}", self.function(id))
            }
            None => self.function(id),
        }
    }

    fn term_syntax(&self, syntax: Syntax) -> pluto_term::Syntax {
        match syntax {
            Syntax::Elixir => pluto_term::Syntax::Elixir,
            Syntax::Auto | Syntax::Erlang => pluto_term::Syntax::Erlang,
        }
    }

    /// A term that an event carries; `None` where there is none.
    pub fn payload(&self, payload: Payload<'_>, syntax: Syntax) -> Option<String> {
        print(payload, self.term_syntax(syntax), &self.limits)
    }

    /// Captured arguments, as a list with its brackets, never as the text that the list could be.
    pub fn arguments(&self, payload: Payload<'_>, syntax: Syntax) -> Option<String> {
        let term_syntax = self.term_syntax(syntax);
        match print_arguments(payload, term_syntax, &self.limits) {
            Some(arguments) => Some(format!("[{}]", arguments.join(term_syntax.comma()))),
            None => self.payload(payload, syntax),
        }
    }
}

fn unknown(what: &str, number: u32) -> String {
    format!("unknown {what} #{number}")
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '@')
}

fn quoted(text: &str, quote: char) -> String {
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn erlang_atom(text: &str) -> String {
    Term::atom(text).display(pluto_term::Syntax::Erlang, &PrintLimits::NONE).to_string()
}

fn elixir_atom(text: &str) -> String {
    Term::atom(text).display(pluto_term::Syntax::Elixir, &PrintLimits::NONE).to_string()
}

fn elixir_name(text: &str) -> String {
    let stem = text.strip_suffix(['?', '!']).unwrap_or(text);
    let plain = stem.starts_with(|c: char| c.is_lowercase() || c == '_') && is_word(stem);
    if plain { text.to_owned() } else { quoted(text, '"') }
}
