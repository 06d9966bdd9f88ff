//! What a module makes public: each thing with how it is declared, without what it does, and what is said about it.

use pluto_source::Span;
use pluto_syntax::tree::{
    Class, ContractKind, Enum, Field, Function, FunctionId, Impl, ItemKind, List, Raises, Trait, Tree,
};

use crate::Module as Given;

/// A module.
pub(crate) struct Module {
    pub(crate) name: String,
    /// What is said at the beginning of its file.
    pub(crate) about: String,
    pub(crate) things: Vec<Thing>,
}

/// Something public.
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// How it is declared.
    pub(crate) head: String,
    /// What is said about it, as Markdown.
    pub(crate) about: String,
    pub(crate) parts: Vec<Part>,
}

/// A part of something: a field, a variant, a method.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) head: String,
    pub(crate) about: String,
}

/// What kind of thing, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Function,
    Class,
    Actor,
    Enum,
    Trait,
    Error,
    Type,
    Constant,
    /// Methods that a type of this or another module has besides.
    Impl,
}

impl Kind {
    /// What things of the kind are called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::Function => "Functions",
            Kind::Class => "Classes",
            Kind::Actor => "Actors",
            Kind::Enum => "Enums",
            Kind::Trait => "Traits",
            Kind::Error => "Errors",
            Kind::Type => "Types",
            Kind::Constant => "Constants",
            Kind::Impl => "Implementations",
        }
    }
}

/// What a module makes public, things of a kind in the order of its file.
pub(crate) fn module(of: &Given<'_>) -> Module {
    let reader = Reader { text: of.text, tree: of.tree, raises: of.raises };
    let mut things: Vec<Thing> = of.tree.items.iter().filter_map(|item| reader.thing(*item)).collect();
    things.sort_by_key(|thing| thing.kind);
    Module { name: of.name.to_owned(), about: about_file(of.text), things }
}

/// The lines of comment that a file begins with.
fn about_file(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//"));
    let lines = lines.take_while(|line| !line.starts_with('/'));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

struct Reader<'m> {
    text: &'m str,
    tree: &'m Tree,
    raises: &'m dyn Fn(Span) -> Option<String>,
}

impl Reader<'_> {
    fn of(&self, span: Span) -> &str {
        span.of(self.text)
    }

    /// The lines of doc comment above a place that a line begins with.
    fn about(&self, start: u32) -> String {
        let before = self.text.get(..start as usize).unwrap_or_default();
        let Some((before, line)) = before.rsplit_once('\n') else { return String::new() };
        if !line.trim().is_empty() {
            return String::new();
        }
        let lines = before.rsplit('\n').map_while(|line| line.trim_start().strip_prefix("///"));
        let mut lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.reverse();
        lines.join("\n")
    }

    fn thing(&self, id: pluto_syntax::tree::ItemId) -> Option<Thing> {
        let (item, span) = (self.tree.nodes[id], self.tree.nodes.span(id));
        let public = item.public.is_some();
        let start = item.public.map_or(span.start, |public| public.start);
        let (kind, name, parts) = match item.kind {
            ItemKind::Impl(of) => return self.implementation(of, span),
            _ if !public => return None,
            ItemKind::Function(function) => {
                let of = self.tree.nodes[function];
                return Some(Thing {
                    kind: Kind::Function,
                    name: self.of(of.name.span).to_owned(),
                    head: self.function_head(&of, start, span),
                    about: self.about(start),
                    parts: Vec::new(),
                });
            }
            ItemKind::Class(class) if class.actor => (Kind::Actor, class.name, self.class_parts(&class)),
            ItemKind::Class(class) => (Kind::Class, class.name, self.class_parts(&class)),
            ItemKind::Enum(of) => (Kind::Enum, of.name, self.enum_parts(&of)),
            ItemKind::Trait(of) => (Kind::Trait, of.name, self.trait_parts(&of)),
            ItemKind::Error(of) => (Kind::Error, of.name, self.fields(of.fields, false)),
            ItemKind::Alias(of) => return Some(self.whole(Kind::Type, of.name.span, start, span)),
            ItemKind::Const(of) => return Some(self.whole(Kind::Constant, of.name.span, start, span)),
            _ => return None,
        };
        Some(Thing {
            kind,
            name: self.of(name.span).to_owned(),
            head: self.head_before_brace(start, span),
            about: self.about(start),
            parts,
        })
    }

    /// Something that is shown as it is written.
    fn whole(&self, kind: Kind, name: Span, start: u32, span: Span) -> Thing {
        Thing {
            kind,
            name: self.of(name).to_owned(),
            head: self.of(Span::new(start, span.end)).to_owned(),
            about: self.about(start),
            parts: Vec::new(),
        }
    }

    /// The methods of an impl of a type; of an impl of a trait only that there is one.
    fn implementation(&self, of: Impl, span: Span) -> Option<Thing> {
        let parts = match of.of {
            Some(_) => Vec::new(),
            None => self.methods(of.methods, false),
        };
        if of.of.is_none() && parts.is_empty() {
            return None;
        }
        let head = self.head_before_brace(span.start, span);
        Some(Thing { kind: Kind::Impl, name: head.clone(), head, about: self.about(span.start), parts })
    }

    /// What stands before the first brace; type parameters and what is injected have none.
    fn head_before_brace(&self, start: u32, span: Span) -> String {
        let all = self.of(Span::new(start, span.end));
        all.split('{').next().unwrap_or(all).trim_end().to_owned()
    }

    fn function_head(&self, of: &Function, start: u32, span: Span) -> String {
        let body = of.body.map_or(span.end, |body| self.tree.nodes.span(body).start);
        let mut head = dedented(self.of(Span::new(start, body)).trim_end());
        if let (Raises::Unsaid, Some(raises)) = (&of.raises, (self.raises)(of.name.span)) {
            let at = self
                .tree
                .nodes
                .list(of.contracts)
                .first()
                .map_or(head.len(), |first| self.of(Span::new(start, first.span.start)).trim_end().len());
            head.insert_str(at.min(head.len()), &format!(" raises {raises}"));
        }
        head
    }

    fn class_parts(&self, of: &Class) -> Vec<Part> {
        let mut parts = self.fields(of.fields, true);
        for invariant in self.tree.nodes.list(of.invariants) {
            if invariant.kind == ContractKind::Invariant {
                let head = self.of(invariant.span).to_owned();
                parts.push(Part { name: String::new(), head, about: self.about(invariant.span.start) });
            }
        }
        // Whoever has an actor sends it its methods.
        parts.extend(self.methods(of.methods, of.actor));
        parts
    }

    fn enum_parts(&self, of: &Enum) -> Vec<Part> {
        let variants = self.tree.nodes.list(of.variants).iter().map(|variant| Part {
            name: self.of(variant.name.span).to_owned(),
            head: self.of(variant.span).to_owned(),
            about: self.about(variant.span.start),
        });
        variants.chain(self.methods(of.methods, false)).collect()
    }

    fn trait_parts(&self, of: &Trait) -> Vec<Part> {
        self.methods(of.methods, true)
    }

    fn fields(&self, fields: List<Field>, only_public: bool) -> Vec<Part> {
        let fields = self.tree.nodes.list(fields).iter();
        fields
            .filter(|field| !only_public || field.public.is_some())
            .map(|field| Part {
                name: self.of(field.name.span).to_owned(),
                head: self.of(field.span).to_owned(),
                about: self.about(field.span.start),
            })
            .collect()
    }

    fn methods(&self, methods: List<FunctionId>, all: bool) -> Vec<Part> {
        let methods = self.tree.nodes.list(methods).iter();
        methods
            .map(|id| (self.tree.nodes[*id], self.tree.nodes.span(*id)))
            .filter(|(method, _)| all || method.public.is_some())
            .map(|(method, span)| {
                let start = method.public.map_or(span.start, |public| public.start.min(span.start));
                Part {
                    name: self.of(method.name.span).to_owned(),
                    head: self.function_head(&method, start, span),
                    about: self.about(start),
                }
            })
            .collect()
    }
}

/// Lines that are indented as the first one is, which stands at the left.
fn dedented(head: &str) -> String {
    let depth = head.lines().skip(1).filter(|line| !line.trim().is_empty());
    let depth = depth.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    // A head that goes on is indented by four more.
    let cut = depth.saturating_sub(4);
    let lines = head
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 0 { line } else { line.get(cut..).unwrap_or_else(|| line.trim_start()) });
    lines.collect::<Vec<_>>().join("\n")
}
