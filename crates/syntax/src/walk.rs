//! The children of every node, in the order of the text: for whoever goes through a tree without caring what it finds. None of it
//! recurses, because left operands may be nested a hundred thousand deep.

use pluto_source::Span;

use crate::tree::{
    Argument, Arm, Binding, Class, Contract, Dependency, Expr, ExprId, Field, FieldPattern, FieldValue,
    Function, FunctionId, FunctionTypeParam, ImportWhat, Imported, ItemId, ItemKind, List, MapEntry, Name,
    Nodes, Param, Pattern, PatternEntry, PatternId, Pooled, Raises, Receiver, SelectArm, SelectKind, Stmt,
    StmtId, TextPart, TextPartKind, Tree, Type, TypeId, TypeParam, Variant,
};

/// A node of any type, or an element of a list that is more than a name.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is what its type says")]
pub enum AnyNode {
    Item(ItemId),
    Function(FunctionId),
    Stmt(StmtId),
    Expr(ExprId),
    Pattern(PatternId),
    Type(TypeId),
    Name(Name),
    Receiver(Receiver),
    Param(Param),
    TypeParam(TypeParam),
    FunctionTypeParam(FunctionTypeParam),
    Field(Field),
    Variant(Variant),
    Dependency(Dependency),
    Contract(Contract),
    Binding(Binding),
    Imported(Imported),
    Argument(Argument),
    MapEntry(MapEntry),
    FieldValue(FieldValue),
    TextPart(TextPart),
    Arm(Arm),
    SelectArm(SelectArm),
    FieldPattern(FieldPattern),
    PatternEntry(PatternEntry),
}

macro_rules! from {
    ($($kind:ident $type:ty,)*) => {
        $(impl From<$type> for AnyNode {
            fn from(node: $type) -> Self {
                Self::$kind(node)
            }
        })*
    };
}

from! {
    Item ItemId, Function FunctionId, Stmt StmtId, Expr ExprId, Pattern PatternId, Type TypeId, Name Name,
    Receiver Receiver, Param Param, TypeParam TypeParam, FunctionTypeParam FunctionTypeParam, Field Field,
    Variant Variant, Dependency Dependency, Contract Contract, Binding Binding, Imported Imported,
    Argument Argument, MapEntry MapEntry, FieldValue FieldValue, TextPart TextPart, Arm Arm, SelectArm SelectArm,
    FieldPattern FieldPattern, PatternEntry PatternEntry,
}

/// A child, and what it is to its parent; empty for an element of the parent's only list.
pub type Child = (&'static str, AnyNode);

/// All nodes of a tree with their depth, each before its children.
pub fn all(tree: &Tree, mut visit: impl FnMut(usize, &'static str, AnyNode)) {
    let mut stack: Vec<(usize, Child)> =
        tree.items.iter().rev().map(|item| (0, ("", (*item).into()))).collect();
    let mut children = Vec::new();
    while let Some((depth, (role, node))) = stack.pop() {
        visit(depth, role, node);
        node.children(&tree.nodes, &mut children);
        stack.extend(children.drain(..).rev().map(|child| (depth + 1, child)));
    }
}

impl AnyNode {
    /// Where it stands.
    pub fn span(self, nodes: &Nodes) -> Span {
        match self {
            Self::Item(id) => nodes.span(id),
            Self::Function(id) => nodes.span(id),
            Self::Stmt(id) => nodes.span(id),
            Self::Expr(id) => nodes.span(id),
            Self::Pattern(id) => nodes.span(id),
            Self::Type(id) => nodes.span(id),
            Self::Name(name) => name.span,
            Self::Receiver(receiver) => {
                receiver.mutable.map_or(receiver.name.span, |m| m.to(receiver.name.span))
            }
            Self::Param(param) => param.span,
            Self::FunctionTypeParam(param) => {
                let ty = nodes.span(param.ty);
                param.mutable.map_or(ty, |mutable| mutable.to(ty))
            }
            Self::Field(field) => field.span,
            Self::Variant(variant) => variant.span,
            Self::Contract(contract) => contract.span,
            Self::FieldValue(field) => field.span,
            Self::TextPart(part) => part.span,
            Self::Arm(arm) => arm.span,
            Self::SelectArm(arm) => arm.span,
            Self::FieldPattern(field) => field.span,
            Self::TypeParam(_)
            | Self::Dependency(_)
            | Self::Binding(_)
            | Self::Imported(_)
            | Self::Argument(_)
            | Self::MapEntry(_)
            | Self::PatternEntry(_) => {
                let mut children = Vec::new();
                self.children(nodes, &mut children);
                let spans = children.into_iter().map(|(_, child)| child.span(nodes));
                spans.reduce(Span::to).unwrap_or_default()
            }
        }
    }

    /// Adds its children.
    pub fn children(self, nodes: &Nodes, out: &mut Vec<Child>) {
        let mut to = Children { nodes, out };
        match self {
            Self::Item(id) => to.item(nodes[id].kind),
            Self::Function(id) => to.function(&nodes[id]),
            Self::Stmt(id) => to.stmt(nodes[id]),
            Self::Expr(id) => to.expr(nodes[id]),
            Self::Pattern(id) => to.pattern(nodes[id]),
            Self::Type(id) => to.ty(nodes[id]),
            Self::Name(_) | Self::Receiver(_) => {}
            Self::Param(Param { name, ty, default, .. }) => {
                let from = to.out.len();
                // The type stands before the name where the order is that of another language.
                to.one("name", name).maybe("type", ty).maybe("default", default).in_order(from);
            }
            Self::TypeParam(TypeParam { name, bounds }) => {
                to.one("name", name).list("bound", bounds);
            }
            Self::FunctionTypeParam(param) => {
                to.one("type", param.ty);
            }
            Self::Field(Field { name, ty, default, .. }) => {
                to.one("name", name).one("type", ty).maybe("default", default);
            }
            Self::Variant(Variant { name, fields, .. }) => {
                to.one("name", name).list("", fields);
            }
            Self::Dependency(Dependency { name, ty }) => {
                to.one("name", name).one("type", ty);
            }
            Self::Contract(contract) => {
                to.one("condition", contract.condition);
            }
            Self::Binding(Binding { ty, value }) => {
                to.one("type", ty).one("value", value);
            }
            Self::Imported(Imported { name, alias }) => {
                to.one("name", name).maybe("as", alias);
            }
            Self::Argument(Argument { name, value }) => {
                to.maybe("name", name).one("value", value);
            }
            Self::MapEntry(MapEntry { key, value }) => {
                to.one("key", key).one("value", value);
            }
            Self::FieldValue(FieldValue { name, value, .. }) => {
                to.one("name", name).maybe("value", value);
            }
            Self::TextPart(part) => {
                if let TextPartKind::Hole { value, .. } = part.kind {
                    to.one("value", value);
                }
            }
            Self::Arm(Arm { pattern, guard, body, .. }) => {
                to.one("pattern", pattern).maybe("guard", guard).one("body", body);
            }
            Self::SelectArm(SelectArm { kind, body, .. }) => {
                match kind {
                    SelectKind::Operation { pattern, call } => to.maybe("pattern", pattern).one("call", call),
                    SelectKind::After(time) => to.one("after", time),
                    SelectKind::Default => &mut to,
                }
                .one("body", body);
            }
            Self::FieldPattern(FieldPattern { name, pattern, .. }) => {
                to.maybe("name", name).maybe("pattern", pattern);
            }
            Self::PatternEntry(PatternEntry { key, value }) => {
                to.one("key", key).one("value", value);
            }
        }
    }
}

/// Where children are added.
struct Children<'a> {
    nodes: &'a Nodes,
    out: &'a mut Vec<Child>,
}

impl Children<'_> {
    fn one(&mut self, role: &'static str, node: impl Into<AnyNode>) -> &mut Self {
        self.out.push((role, node.into()));
        self
    }

    fn maybe(&mut self, role: &'static str, node: Option<impl Into<AnyNode>>) -> &mut Self {
        self.out.extend(node.map(|node| (role, node.into())));
        self
    }

    fn list<T: Pooled + Copy + Into<AnyNode>>(&mut self, role: &'static str, list: List<T>) -> &mut Self {
        self.out.extend(self.nodes.list(list).iter().map(|node| (role, (*node).into())));
        self
    }

    /// Puts what has been added from there on in the order of the text: lists of several kinds whose elements are mixed in it.
    fn in_order(&mut self, from: usize) {
        let nodes = self.nodes;
        self.out.get_mut(from..).unwrap_or_default().sort_by_key(|(_, child)| child.span(nodes).start);
    }

    fn raises(&mut self, raises: Raises) -> &mut Self {
        if let Raises::Errors(errors) = raises {
            self.list("raises", errors);
        }
        self
    }

    fn item(&mut self, kind: ItemKind) {
        match kind {
            ItemKind::Import(import) => {
                self.list("path", import.path);
                match import.what {
                    ImportWhat::Module => {}
                    ImportWhat::As(name) => {
                        self.one("as", name);
                    }
                    ImportWhat::Items(items) => {
                        self.list("", items);
                    }
                }
            }
            ItemKind::Function(function) => {
                self.one("", function);
            }
            ItemKind::Class(class) | ItemKind::App(class) => self.class(&class),
            ItemKind::Enum(item) => {
                self.one("name", item.name).list("", item.type_params);
                let from = self.out.len();
                self.list("", item.variants).list("", item.methods).in_order(from);
            }
            ItemKind::Trait(item) => {
                self.one("name", item.name).list("", item.type_params).list("", item.methods);
            }
            ItemKind::Impl(item) => {
                self.list("", item.type_params)
                    .maybe("of", item.of)
                    .one("on", item.on)
                    .list("", item.methods);
            }
            ItemKind::Error(item) => {
                self.one("name", item.name).list("", item.fields);
            }
            ItemKind::Alias(item) => {
                self.one("name", item.name).list("", item.type_params).one("type", item.ty);
            }
            ItemKind::Const(item) => {
                self.one("name", item.name).maybe("type", item.ty).one("value", item.value);
            }
            ItemKind::Bind(binding) => {
                self.one("", binding);
            }
            ItemKind::Test(test) => {
                self.list("", test.bindings).one("body", test.body);
            }
            ItemKind::Wrong => {}
        }
    }

    fn class(&mut self, class: &Class) {
        self.one("name", class.name).list("", class.type_params).list("", class.dependencies);
        let from = self.out.len();
        self.list("", class.fields).list("", class.methods).list("", class.invariants).in_order(from);
    }

    fn function(&mut self, function: &Function) {
        self.one("name", function.name).list("", function.type_params).maybe("", function.receiver);
        self.list("", function.params).maybe("result", function.result);
        let from = self.out.len();
        self.raises(function.raises).list("", function.contracts).in_order(from);
        self.maybe("body", function.body);
    }

    fn stmt(&mut self, stmt: Stmt) {
        match stmt {
            Stmt::Let { pattern, ty, value, otherwise, .. } => {
                self.one("pattern", pattern).maybe("type", ty).one("value", value).maybe("else", otherwise)
            }
            Stmt::Assign { target, value, .. } => self.one("target", target).one("value", value),
            Stmt::Defer(block) => self.one("", block),
            Stmt::Assert { condition, why } => self.one("condition", condition).maybe("why", why),
            Stmt::Expr(expr) => self.one("", expr),
            Stmt::Wrong => self,
        };
    }

    fn expr(&mut self, expr: Expr) {
        match expr {
            Expr::Int(_)
            | Expr::Float(_)
            | Expr::Bool(_)
            | Expr::Text(_)
            | Expr::Duration(_)
            | Expr::Atom(_)
            | Expr::None
            | Expr::Name(_)
            | Expr::SelfValue
            | Expr::Wrong => self,
            Expr::Interpolated(parts) => self.list("", parts),
            Expr::Array(elements) | Expr::Tuple(elements) => self.list("", elements),
            Expr::Map(entries) => self.list("", entries),
            Expr::Paren(inner) | Expr::Scope(inner) | Expr::Spawn(inner) | Expr::Later(inner) => {
                self.one("", inner)
            }
            Expr::Try(inner) | Expr::Propagate(inner) | Expr::Raise(inner) | Expr::Yield(inner) => {
                self.one("", inner)
            }
            Expr::Return(value) => self.maybe("", value),
            Expr::Class { ty, fields } => self.one("type", ty).list("", fields),
            Expr::Block(statements) => self.list("", statements),
            Expr::Select(arms) => self.list("", arms),
            Expr::Break { label, value } => self.maybe("label", label).maybe("value", value),
            Expr::Continue { label } => self.maybe("label", label),
            _ => {
                self.compound(expr);
                self
            }
        };
    }

    fn compound(&mut self, expr: Expr) {
        match expr {
            Expr::If { condition, then, otherwise } => {
                self.one("condition", condition).one("then", then).maybe("else", otherwise)
            }
            Expr::Match { value, arms } => self.one("value", value).list("", arms),
            Expr::For { label, pattern, over, body } => {
                self.maybe("label", label).one("pattern", pattern).one("over", over).one("body", body)
            }
            Expr::While { label, condition, body } => {
                self.maybe("label", label).one("condition", condition).one("body", body)
            }
            Expr::Loop { label, body } => self.maybe("label", label).one("body", body),
            Expr::Closure { params, result, body } => {
                self.list("", params).maybe("result", result).one("body", body)
            }
            Expr::Unary { operand, .. } => self.one("", operand),
            Expr::Binary { left, right, .. } => self.one("left", left).one("right", right),
            Expr::Range { from, to, .. } => self.one("from", from).one("to", to),
            Expr::As { value, ty } | Expr::Is { value, ty } => self.one("value", value).one("type", ty),
            Expr::Apply { base, arguments } => self.one("base", base).list("argument", arguments),
            Expr::Call { callee, arguments } => self.one("callee", callee).list("", arguments),
            Expr::Index { base, index } => self.one("base", base).one("index", index),
            Expr::Field { base, name, .. } => self.one("base", base).one("name", name),
            Expr::Handle { value, error, arms } => {
                self.one("value", value).maybe("error", error).list("", arms)
            }
            Expr::Default { value, default } => self.one("value", value).one("default", default),
            _ => self,
        };
    }

    fn pattern(&mut self, pattern: Pattern) {
        match pattern {
            Pattern::Any | Pattern::Wrong => self,
            Pattern::Rest(name) => self.maybe("name", name),
            Pattern::Bind { name, ty } => self.one("name", name).maybe("type", ty),
            Pattern::Literal(literal) => self.one("", literal),
            Pattern::Range { from, to, .. } => self.one("from", from).one("to", to),
            Pattern::Tuple(patterns) | Pattern::Array(patterns) | Pattern::Or(patterns) => {
                self.list("", patterns)
            }
            Pattern::Map(entries) => self.list("", entries),
            Pattern::Variant { path, fields, .. } | Pattern::Class { path, fields, .. } => {
                self.list("path", path).list("", fields)
            }
        };
    }

    fn ty(&mut self, ty: Type) {
        match ty {
            Type::Named { path, arguments } => self.list("path", path).list("argument", arguments),
            Type::Array(element) | Type::Optional(element) => self.one("", element),
            Type::Tuple(elements) => self.list("", elements),
            Type::Function { params, result, raises } => {
                self.list("", params).maybe("result", result).raises(raises)
            }
            Type::Wrong => self,
        };
    }
}
