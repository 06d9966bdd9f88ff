//! Typed patterns held against their types: which values no arm takes, and which arms take none.

use std::cell::RefCell;
use std::fmt::Write;

use pluto_source::Span;
use rustc_hash::FxHashMap;

use crate::arena::{Arena, List};
use crate::body::{Arm, ExprId, ExprKind, Nodes, PatternId, PatternKind};
use crate::checker::Checker;
use crate::error::Fact;
use crate::exhaustive::{
    self, Constructor, Limits, PatternId as Abstract, Patterns, Report, Shape, Shapes, Verdict, Witness,
};
use crate::names::Names;
use crate::program::{Class, ClassId, ConstId, Enum, EnumId, ErrorId, ErrorType, Field, ModuleId, Program};
use crate::types::{Subst, Ty, TyId, Types};

/// What the search takes for a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum T {
    Ty(TyId),
    /// The lists among the terms.
    TermList,
    /// The maps among the terms.
    TermMap,
}

/// What distinguishes values of types with infinitely many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Int(i64),
    Float(u64),
    Bool(bool),
    Duration(i64),
    Text(crate::names::Symbol),
    Atom(crate::names::Symbol),
    Kind(TyId),
    Tuple(usize),
    List,
    Map,
    Error(ErrorId),
    /// A class of a trait object.
    Class(ClassId),
}

struct TypeShapes<'p> {
    types: RefCell<&'p mut Types>,
    classes: &'p Arena<ClassId, Class>,
    enums: &'p Arena<EnumId, Enum>,
    errors: &'p Arena<ErrorId, ErrorType>,
    keys: RefCell<Vec<Key>>,
}

impl TypeShapes<'_> {
    fn get(&self, ty: TyId) -> Ty {
        self.types.borrow().get(ty)
    }

    fn fields(
        &self,
        fields: &[Field],
        params: &[crate::program::TypeParamId],
        list: crate::types::TyList,
        into: &mut Vec<T>,
    ) {
        let mut types = self.types.borrow_mut();
        let subst = Subst::of(params, types.items(list));
        into.extend(fields.iter().map(|field| T::Ty(types.substitute(field.ty, &subst))));
    }
}

impl Shapes for TypeShapes<'_> {
    type Type = T;

    fn shape(&self, ty: T) -> Shape {
        let T::Ty(ty) = ty else { return if ty == T::TermList { Shape::Array } else { Shape::Keyed } };
        match self.get(ty) {
            Ty::Bool | Ty::Optional(_) => Shape::Closed(2),
            Ty::Never => Shape::Closed(0),
            Ty::Enum(id, _) => Shape::Closed(self.enums[id].variants.len() as u32),
            Ty::Tuple(_) | Ty::Class(..) | Ty::Error(_) => Shape::Closed(1),
            Ty::Int | Ty::Duration => Shape::Ints(i64::MIN, i64::MAX),
            Ty::Byte => Shape::Ints(0, 255),
            Ty::Array(_) => Shape::Array,
            _ => Shape::Open,
        }
    }

    fn parts(&self, ty: T, of: Constructor, into: &mut Vec<T>) {
        let T::Ty(ty) = ty else {
            into.push(T::Ty(TyId::TERM));
            return;
        };
        match (self.get(ty), of) {
            (Ty::Optional(inner), Constructor::Variant(1)) => into.push(T::Ty(inner)),
            (Ty::Array(inner), _) => into.push(T::Ty(inner)),
            (Ty::Tuple(list), _) => into.extend(self.types.borrow().items(list).iter().map(|ty| T::Ty(*ty))),
            (Ty::Class(id, list), _) => {
                let class = &self.classes[id];
                self.fields(&class.fields, &class.type_params, list, into);
            }
            (Ty::Enum(id, list), Constructor::Variant(at)) => {
                let of = &self.enums[id];
                if let Some(variant) = of.variants.get(at as usize) {
                    self.fields(&variant.fields, &of.type_params, list, into);
                }
            }
            (Ty::Error(id), _) => {
                let fields = &self.errors[id].fields;
                self.fields(fields, &[], crate::types::TyList::EMPTY, into);
            }
            (_, Constructor::Label(label)) => self.label_parts(label, into),
            _ => (),
        }
    }
}

impl TypeShapes<'_> {
    fn label_parts(&self, label: u64, into: &mut Vec<T>) {
        match self.keys.borrow().get(label as usize).copied() {
            Some(Key::Tuple(len)) => into.extend(std::iter::repeat_n(T::Ty(TyId::TERM), len)),
            Some(Key::List) => into.push(T::TermList),
            Some(Key::Map) => into.push(T::TermMap),
            Some(Key::Error(id)) => {
                let fields = &self.errors[id].fields;
                into.extend(fields.iter().map(|field| T::Ty(field.ty)));
            }
            Some(Key::Class(id)) => {
                into.extend(self.classes[id].fields.iter().map(|field| T::Ty(field.ty)));
            }
            _ => (),
        }
    }
}

/// Typed patterns on their way to abstract ones.
struct Builder<'p> {
    nodes: &'p Nodes,
    names: &'p mut Names,
    types: &'p Types,
    consts: &'p Arena<ConstId, crate::program::Const>,
    patterns: Patterns,
    labels: FxHashMap<Key, u64>,
    keys: Vec<Key>,
    /// Where alternatives stand, by their places.
    spans: Vec<(Abstract, Span)>,
    /// Whether a pattern refuses more than the search can see.
    guarded: bool,
    /// Whether something in it is wrong, so that nothing is said.
    wrong: bool,
}

impl Builder<'_> {
    fn label(&mut self, key: Key) -> u64 {
        let next = self.keys.len() as u64;
        let label = *self.labels.entry(key).or_insert(next);
        if label == next {
            self.keys.push(key);
        }
        label
    }

    fn list(&mut self, list: List<PatternId>) -> Vec<Abstract> {
        let nodes = self.nodes;
        nodes.pattern_lists.get(list).iter().map(|id| self.build(*id)).collect()
    }

    /// Patterns of all fields, those that are not named taking everything.
    fn fields(&mut self, list: List<(u32, PatternId)>) -> Vec<Abstract> {
        let nodes = self.nodes;
        let mut made: Vec<Abstract> = Vec::new();
        for (at, id) in nodes.field_patterns.get(list) {
            let pattern = self.build(*id);
            let at = *at as usize;
            if made.len() <= at {
                made.resize(at + 1, Abstract::ANY);
            }
            if let Some(slot) = made.get_mut(at) {
                *slot = pattern;
            }
        }
        made
    }

    fn build(&mut self, id: PatternId) -> Abstract {
        let nodes = self.nodes;
        let pattern = nodes.patterns[id];
        let term = pattern.ty == TyId::TERM;
        match pattern.kind {
            PatternKind::Wrong => {
                self.wrong = true;
                Abstract::ANY
            }
            PatternKind::Any | PatternKind::Bind(_, None) => self.patterns.any(),
            PatternKind::Bind(_, Some(kind)) => {
                let label = self.label(Key::Kind(kind));
                self.patterns.label(label, &[])
            }
            PatternKind::Literal(literal) => self.literal(literal),
            PatternKind::Range(from, to, inclusive) => self.range(from, to, inclusive, term),
            PatternKind::None => self.patterns.variant(0, &[]),
            PatternKind::Some(inner) => {
                let inner = self.build(inner);
                self.patterns.variant(1, &[inner])
            }
            PatternKind::Tuple(list) => {
                let parts = self.list(list);
                if term {
                    let label = self.label(Key::Tuple(parts.len()));
                    return self.patterns.label(label, &parts);
                }
                self.patterns.variant(0, &parts)
            }
            PatternKind::Array(before, rest, after) => {
                let (before, after) = (self.list(before), self.list(after));
                let array = self.patterns.array(&before, rest.map(|_| after.as_slice()));
                if !term {
                    return array;
                }
                let label = self.label(Key::List);
                self.patterns.label(label, &[array])
            }
            PatternKind::Map(entries) => self.map(entries),
            PatternKind::Variant(_, at, fields) => {
                let parts = self.fields(fields);
                self.patterns.variant(at, &parts)
            }
            PatternKind::Class(class, fields) => {
                let parts = self.fields(fields);
                if matches!(self.types.get(pattern.ty), Ty::Trait(..)) {
                    let label = self.label(Key::Class(class));
                    return self.patterns.label(label, &parts);
                }
                self.patterns.variant(0, &parts)
            }
            PatternKind::Error(error, fields) => {
                let parts = self.fields(fields);
                let label = self.label(Key::Error(error));
                self.patterns.label(label, &parts)
            }
            PatternKind::Or(list) => {
                let parts = self.list(list);
                for (part, id) in parts.iter().zip(nodes.pattern_lists.get(list)) {
                    self.spans.push((*part, nodes.patterns[*id].span));
                }
                self.patterns.or(&parts)
            }
        }
    }

    fn map(&mut self, entries: List<(ExprId, PatternId)>) -> Abstract {
        let nodes = self.nodes;
        let mut made = Vec::new();
        for (key, value) in nodes.pattern_entries.get(entries) {
            let value = self.build(*value);
            match self.key(*key) {
                Some(key) => made.push((self.label(key), value)),
                None => self.guarded = true,
            }
        }
        let keyed = self.patterns.keyed(&made);
        let label = self.label(Key::Map);
        self.patterns.label(label, &[keyed])
    }

    /// What distinguishes a literal; nothing where that is not known here.
    fn key(&mut self, literal: ExprId) -> Option<Key> {
        let nodes = self.nodes;
        Some(match nodes.exprs[literal].kind {
            ExprKind::Int(value) => Key::Int(value),
            ExprKind::Float(value) => Key::Float(value.to_bits()),
            ExprKind::Bool(value) => Key::Bool(value),
            ExprKind::Duration(value) => Key::Duration(value),
            ExprKind::Text(text) => Key::Text(self.names.intern(&nodes.texts.get(text).concat())),
            ExprKind::Atom(text) => Key::Atom(self.names.intern(&nodes.texts.get(text).concat())),
            ExprKind::ToTerm(inner) | ExprKind::Wrap(inner) => return self.key(inner),
            ExprKind::Unary(_, inner) => match nodes.exprs[inner].kind {
                ExprKind::Float(value) => Key::Float((-value).to_bits()),
                ExprKind::Duration(value) => Key::Duration(value.wrapping_neg()),
                _ => return None,
            },
            ExprKind::Const(id) => {
                let body = self.consts[id].body?;
                let root = nodes.bodies[body].root;
                if matches!(nodes.exprs[root].kind, ExprKind::Const(_)) {
                    return None;
                }
                return self.key(root);
            }
            _ => return None,
        })
    }

    fn literal(&mut self, literal: ExprId) -> Abstract {
        let ty = self.nodes.exprs[literal].ty;
        match (self.key(literal), ty) {
            (Some(Key::Int(value) | Key::Duration(value)), TyId::INT | TyId::BYTE | TyId::DURATION) => {
                self.patterns.ints(value, value)
            }
            (Some(Key::Bool(value)), TyId::BOOL) => self.patterns.variant(u32::from(value), &[]),
            (Some(key), TyId::STRING | TyId::FLOAT | TyId::TERM) => {
                let label = self.label(key);
                self.patterns.label(label, &[])
            }
            _ => {
                self.guarded = true;
                self.patterns.any()
            }
        }
    }

    fn range(&mut self, from: ExprId, to: ExprId, inclusive: bool, term: bool) -> Abstract {
        let ends = (self.key(from), self.key(to));
        match ends {
            (Some(Key::Int(from)), Some(Key::Int(to)))
            | (Some(Key::Duration(from)), Some(Key::Duration(to)))
                if !term =>
            {
                let to = if inclusive { to } else { to.saturating_sub(1) };
                self.patterns.ints(from, to)
            }
            _ => {
                self.guarded = true;
                self.patterns.any()
            }
        }
    }
}

/// Why it is not known what patterns take.
enum Unknown {
    /// They have a mistake, which was told.
    Wrong,
    /// There are too many ways through them.
    TooComplex,
}

impl Checker<'_> {
    /// Looks at all patterns that must take everything.
    pub(crate) fn check_matches(&mut self) {
        for (module, span, ty, arms) in std::mem::take(&mut self.matches) {
            let arms: Vec<Arm> = self.program.nodes.arms.get(arms).to_vec();
            self.check_match(module, span, ty, &arms);
        }
        for (module, span, ty, pattern) in std::mem::take(&mut self.irrefutable) {
            self.check_irrefutable(module, span, ty, pattern);
        }
        for (module, span, pattern) in std::mem::take(&mut self.with_else) {
            let ty = self.program.nodes.patterns[pattern].ty;
            let found = self.search(ty, &[(pattern, false)]);
            if found.is_ok_and(|(_, missing, _)| missing.is_empty()) {
                self.error(module, span, Fact::NeedlessElse);
            }
        }
    }

    fn check_match(&mut self, module: ModuleId, span: Span, _ty: TyId, arms: &[Arm]) {
        let Some(first) = arms.first() else { return };
        let ty = self.program.nodes.patterns[first.pattern].ty;
        let patterns: Vec<(PatternId, bool)> =
            arms.iter().map(|arm| (arm.pattern, arm.guard.is_some())).collect();
        let takes_all = |arm: &Arm| arm.guard.is_none() && self.is_any(arm.pattern);
        let takes_all = arms.iter().any(takes_all);
        let (report, missing, spans) = match self.search(ty, &patterns) {
            Ok(found) => found,
            Err(Unknown::Wrong) => return,
            Err(Unknown::TooComplex) => {
                if !takes_all {
                    let at = Span::new(span.start, span.start + 5);
                    self.error(module, at, Fact::TooComplex);
                }
                return;
            }
        };
        if !missing.is_empty() {
            let at = Span::new(span.start, span.start + 5);
            self.error(module, at, Fact::NotExhaustive { missing });
        }
        for at in report.unreachable_arms {
            if let Some(arm) = arms.get(at) {
                let at = self.program.nodes.patterns[arm.pattern].span;
                self.error(module, at, Fact::UnreachableArm);
            }
        }
        for alternative in report.unreachable_alternatives {
            if let Some((_, at)) = spans.iter().find(|(known, _)| *known == alternative) {
                self.error(module, *at, Fact::UnreachableArm);
            }
        }
    }

    fn check_irrefutable(&mut self, module: ModuleId, span: Span, ty: TyId, pattern: PatternId) {
        if self.is_any(pattern) {
            return;
        }
        let _ = ty;
        let ty = self.program.nodes.patterns[pattern].ty;
        match self.search(ty, &[(pattern, false)]) {
            Ok((_, missing, _)) if !missing.is_empty() => {
                self.error(module, span, Fact::Refutable { missing });
            }
            Err(Unknown::TooComplex) => self.error(module, span, Fact::TooComplex),
            Ok(_) | Err(Unknown::Wrong) => (),
        }
    }

    /// Whether a pattern takes everything, as everybody sees.
    fn is_any(&self, pattern: PatternId) -> bool {
        matches!(self.program.nodes.patterns[pattern].kind, PatternKind::Any | PatternKind::Bind(_, None))
    }

    #[expect(clippy::type_complexity, reason = "what was found, in words, and where alternatives stand")]
    fn search(
        &mut self,
        ty: TyId,
        patterns: &[(PatternId, bool)],
    ) -> Result<(Report<T>, Vec<String>, Vec<(Abstract, Span)>), Unknown> {
        if self.program.types.has_wrong(ty) {
            return Err(Unknown::Wrong);
        }
        let Program { types, names, nodes, consts, classes, enums, errors, .. } = &mut self.program;
        let mut builder = Builder {
            nodes,
            names,
            types,
            consts,
            patterns: Patterns::new(),
            labels: FxHashMap::default(),
            keys: Vec::new(),
            spans: Vec::new(),
            guarded: false,
            wrong: false,
        };
        let mut arms = Vec::with_capacity(patterns.len());
        for (pattern, guard) in patterns {
            builder.guarded = *guard;
            let pattern = builder.build(*pattern);
            arms.push(exhaustive::Arm { pattern, guarded: builder.guarded });
        }
        if builder.wrong {
            return Err(Unknown::Wrong);
        }
        let Builder { patterns, keys, spans, .. } = builder;
        let shapes =
            TypeShapes { types: RefCell::new(types), classes, enums, errors, keys: RefCell::new(keys) };
        let verdict = exhaustive::check(&shapes, &patterns, T::Ty(ty), &arms, Limits::default());
        let Verdict::Known(report) = verdict else { return Err(Unknown::TooComplex) };
        let keys = shapes.keys.into_inner();
        let mut missing: Vec<String> =
            report.missing.iter().map(|witness| self.show(witness, &keys)).collect();
        if report.more_missing {
            missing.push("…".to_owned());
        }
        Ok((report, missing, spans))
    }

    /// Values that no arm takes, as they are written in a pattern, where they can be: a range has both its ends there.
    fn show(&self, witness: &Witness<T>, keys: &[Key]) -> String {
        let list = |parts: &[Witness<T>]| {
            parts.iter().map(|part| self.show(part, keys)).collect::<Vec<_>>().join(", ")
        };
        match witness {
            Witness::Any => "_".to_owned(),
            Witness::Variant { ty: T::Ty(ty), index, parts } => self.show_variant(*ty, *index, parts, keys),
            Witness::Variant { parts, .. } => list(parts),
            Witness::Ints { ty, from, to } => show_ints(*ty, *from, *to),
            Witness::Label { label, parts, .. } => match keys.get(*label as usize).copied() {
                Some(Key::Tuple(_)) => format!("({})", list(parts)),
                Some(Key::List | Key::Map) => list(parts),
                Some(Key::Error(id)) => self.program.text(self.program.errors[id].origin.name).to_owned(),
                Some(Key::Class(id)) => self.program.text(self.program.classes[id].origin.name).to_owned(),
                Some(Key::Int(value)) => value.to_string(),
                Some(Key::Text(text)) => format!("{:?}", self.program.text(text)),
                Some(Key::Atom(text)) => format!(":{}", self.program.text(text)),
                _ => "_".to_owned(),
            },
            Witness::Array { before, rest, after, .. } => {
                let mut shown: Vec<String> = before.iter().map(|part| self.show(part, keys)).collect();
                if *rest {
                    shown.push("..".to_owned());
                }
                shown.extend(after.iter().map(|part| self.show(part, keys)));
                format!("[{}]", shown.join(", "))
            }
            Witness::Keyed { .. } | Witness::Entry(_) => "_".to_owned(),
        }
    }

    fn show_variant(&self, ty: TyId, index: u32, parts: &[Witness<T>], keys: &[Key]) -> String {
        let shown: Vec<String> = parts.iter().map(|part| self.show(part, keys)).collect();
        match self.program.types.get(ty) {
            Ty::Bool => (index == 1).to_string(),
            Ty::Optional(_) if index == 0 => "none".to_owned(),
            Ty::Optional(_) => shown.first().cloned().unwrap_or_default(),
            Ty::Tuple(_) => format!("({})", shown.join(", ")),
            Ty::Enum(id, _) => {
                let variant = self.program.enums[id].variants.get(index as usize);
                let mut text =
                    variant.map_or(String::new(), |variant| self.program.text(variant.name).to_owned());
                if !shown.is_empty() {
                    let _ = write!(text, "({})", shown.join(", "));
                }
                text
            }
            Ty::Class(id, _) => {
                let class = &self.program.classes[id];
                self.show_fields(class.origin.name, &class.fields, &shown)
            }
            Ty::Error(id) => {
                let error = &self.program.errors[id];
                self.show_fields(error.origin.name, &error.fields, &shown)
            }
            _ => "_".to_owned(),
        }
    }

    fn show_fields(&self, name: crate::names::Symbol, fields: &[Field], shown: &[String]) -> String {
        let named = fields.iter().zip(shown).filter(|(_, shown)| *shown != "_");
        let mut parts: Vec<String> =
            named.map(|(field, shown)| format!("{}: {shown}", self.program.text(field.name))).collect();
        if parts.len() < fields.len() {
            parts.push("..".to_owned());
        }
        format!("{} {{ {} }}", self.program.text(name), parts.join(", "))
    }
}

fn show_ints(ty: T, from: i64, to: i64) -> String {
    if ty == T::Ty(TyId::DURATION) {
        return if from == to { format!("{from}ns") } else { "_".to_owned() };
    }
    match (from, to) {
        (i64::MIN, i64::MAX) => "_".to_owned(),
        (i64::MIN, _) => format!("{to} or less"),
        (_, i64::MAX) => format!("{from} or more"),
        _ if from == to => from.to_string(),
        _ => format!("{from}..={to}"),
    }
}
