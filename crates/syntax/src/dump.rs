//! A tree as text: one node a line, indented by its depth, with its span. For tests and for the curious.

use std::fmt::Write;

use crate::tree::{
    ContractKind, Expr, Item, ItemKind, List, Name, Nodes, Pattern, Pooled, Raises, SelectKind, Stmt, Text,
    TextPartKind, Tree, Type,
};
use crate::walk::{self, AnyNode};

/// The whole tree. `source` is what it was parsed from.
pub fn dump(tree: &Tree, source: &str) -> String {
    let mut out = String::new();
    walk::all(tree, |depth, role, node| {
        let span = node.span(&tree.nodes);
        let what = Describe { nodes: &tree.nodes, source }.node(node);
        let colon = if role.is_empty() { "" } else { ": " };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{:indent$}{role}{colon}{what} {span:?}", "", indent = 2 * depth.min(64));
    });
    out
}

struct Describe<'a> {
    nodes: &'a Nodes,
    source: &'a str,
}

impl Describe<'_> {
    fn node(&self, node: AnyNode) -> String {
        match node {
            AnyNode::Item(id) => self.item(&self.nodes[id]),
            AnyNode::Function(id) => {
                let function = &self.nodes[id];
                let raises = matches!(function.raises, Raises::Nothing(_));
                let marks = [
                    (function.public.is_some(), " pub"),
                    (function.stream.is_some(), " stream"),
                    (raises, " raises-none"),
                ];
                with_marks("fn", &marks)
            }
            AnyNode::Stmt(id) => stmt(self.nodes[id]),
            AnyNode::Expr(id) => self.expr(self.nodes[id]),
            AnyNode::Pattern(id) => pattern(self.nodes[id]),
            AnyNode::Type(id) => ty(self.nodes[id]),
            AnyNode::Name(name) => self.name(name),
            AnyNode::Receiver(receiver) => with_marks("self", &[(receiver.mutable.is_some(), " mut")]),
            AnyNode::Param(param) => with_marks("param", &[(param.mutable.is_some(), " mut")]),
            AnyNode::TypeParam(_) => "type-param".into(),
            AnyNode::FunctionTypeParam(param) => with_marks("param", &[(param.mutable.is_some(), " mut")]),
            AnyNode::Field(field) => with_marks("field", &[(field.public.is_some(), " pub")]),
            AnyNode::Variant(_) => "variant".into(),
            AnyNode::Dependency(_) => "dependency".into(),
            AnyNode::Contract(contract) => match contract.kind {
                ContractKind::Requires => "requires".into(),
                ContractKind::Ensures => "ensures".into(),
                ContractKind::Invariant => "invariant".into(),
            },
            AnyNode::Binding(_) => "binding".into(),
            AnyNode::Imported(_) => "imported".into(),
            AnyNode::Argument(_) => "argument".into(),
            AnyNode::MapEntry(_) | AnyNode::PatternEntry(_) => "entry".into(),
            AnyNode::FieldValue(_) | AnyNode::FieldPattern(_) => "field".into(),
            AnyNode::TextPart(part) => match part.kind {
                TextPartKind::Text(text) => format!("text {}", self.text(text)),
                TextPartKind::Hole { format: None, .. } => "hole".into(),
                TextPartKind::Hole { format: Some(format), .. } => {
                    format!("hole {:?}", format.of(self.source))
                }
            },
            AnyNode::Arm(_) => "arm".into(),
            AnyNode::SelectArm(arm) => match arm.kind {
                SelectKind::Operation { .. } => "operation".into(),
                SelectKind::After(_) => "after".into(),
                SelectKind::Default => "default".into(),
            },
        }
    }

    fn name(&self, name: Name) -> String {
        format!("`{}`", name.span.of(self.source))
    }

    fn text(&self, text: Text) -> String {
        format!("{:?}", self.first(text).map_or("", String::as_str))
    }

    fn first<T: Pooled>(&self, list: List<T>) -> Option<&T> {
        self.nodes.list(list).first()
    }

    fn item(&self, item: &Item) -> String {
        let kind = match item.kind {
            ItemKind::Import(_) => "import",
            ItemKind::Function(_) => "function",
            ItemKind::Class(class) if class.actor => "actor",
            ItemKind::Class(_) => "class",
            ItemKind::Enum(_) => "enum",
            ItemKind::Trait(_) => "trait",
            ItemKind::Impl(_) => "impl",
            ItemKind::Error(_) => "error",
            ItemKind::Alias(_) => "type",
            ItemKind::Const(_) => "const",
            ItemKind::App(_) => "app",
            ItemKind::Bind(_) => "bind",
            ItemKind::Test(test) => return format!("test {}", self.text(test.name)),
            ItemKind::Wrong => "wrong",
        };
        with_marks(kind, &[(item.public.is_some(), " pub")])
    }

    fn expr(&self, expr: Expr) -> String {
        match expr {
            Expr::Int(value) => format!("int {value}"),
            Expr::Float(value) => format!("float {value:?}"),
            Expr::Bool(value) => format!("bool {value}"),
            Expr::Text(text) => format!("text {}", self.text(text)),
            Expr::Duration(value) => format!("duration {value}ns"),
            Expr::Atom(text) => format!("atom {}", self.text(text)),
            Expr::Name(name) => self.name(name),
            Expr::Unary { operator, .. } => format!("{operator:?}"),
            Expr::Binary { operator, .. } => format!("{operator:?}"),
            Expr::Range { inclusive, .. } => with_marks("range", &[(inclusive, " inclusive")]),
            Expr::Field { optional, .. } => with_marks("member", &[(optional, " optional")]),
            other => expr_kind(other).into(),
        }
    }
}

const fn expr_kind(expr: Expr) -> &'static str {
    match expr {
        Expr::Int(_) | Expr::Float(_) | Expr::Bool(_) | Expr::Text(_) | Expr::Duration(_) | Expr::Atom(_) => {
            "literal"
        }
        Expr::Name(_) => "name",
        Expr::Unary { .. } => "unary",
        Expr::Binary { .. } => "binary",
        Expr::Range { .. } => "range",
        Expr::Field { .. } => "member",
        Expr::Interpolated(_) => "interpolated",
        Expr::None => "none",
        Expr::SelfValue => "self",
        Expr::Array(_) => "array",
        Expr::Map(_) => "map",
        Expr::Tuple(_) => "tuple",
        Expr::Paren(_) => "paren",
        Expr::Class { .. } => "class-literal",
        Expr::Block(_) => "block",
        Expr::If { .. } => "if",
        Expr::Match { .. } => "match",
        Expr::For { .. } => "for",
        Expr::While { .. } => "while",
        Expr::Loop { .. } => "loop",
        Expr::Break { .. } => "break",
        Expr::Continue { .. } => "continue",
        Expr::Return(_) => "return",
        Expr::Raise(_) => "raise",
        Expr::Yield(_) => "yield",
        Expr::Spawn(_) => "spawn",
        Expr::Scope(_) => "scope",
        Expr::Select(_) => "select",
        Expr::Closure { .. } => "closure",
        Expr::As { .. } => "as",
        Expr::Is { .. } => "is",
        Expr::Apply { .. } => "apply",
        Expr::Call { .. } => "call",
        Expr::Index { .. } => "index",
        Expr::Try(_) => "try",
        Expr::Propagate(_) => "propagate",
        Expr::Later(_) => "later",
        Expr::Handle { .. } => "handle",
        Expr::Default { .. } => "default",
        Expr::Wrong => "wrong",
    }
}

fn with_marks(what: &str, marks: &[(bool, &str)]) -> String {
    let mut out = what.to_owned();
    out.extend(marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark));
    out
}

fn stmt(stmt: Stmt) -> String {
    match stmt {
        Stmt::Let { mutable, .. } => with_marks("let", &[(mutable.is_some(), " mut")]),
        Stmt::Assign { operator: None, .. } => "assign".into(),
        Stmt::Assign { operator: Some(operator), .. } => format!("assign {operator:?}"),
        Stmt::Defer(_) => "defer".into(),
        Stmt::Assert { .. } => "assert".into(),
        Stmt::Expr(_) => "expression".into(),
        Stmt::Wrong => "wrong".into(),
    }
}

fn pattern(pattern: Pattern) -> String {
    match pattern {
        Pattern::Any => "any".into(),
        Pattern::Rest(_) => "rest".into(),
        Pattern::Bind { .. } => "bind".into(),
        Pattern::Literal(_) => "literal".into(),
        Pattern::Range { inclusive, .. } => with_marks("range", &[(inclusive, " inclusive")]),
        Pattern::Tuple(_) => "tuple".into(),
        Pattern::Array(_) => "array".into(),
        Pattern::Map(_) => "map".into(),
        Pattern::Variant { rest, .. } => with_marks("variant", &[(rest.is_some(), " rest")]),
        Pattern::Class { rest, .. } => with_marks("class", &[(rest.is_some(), " rest")]),
        Pattern::Or(_) => "or".into(),
        Pattern::Wrong => "wrong".into(),
    }
}

fn ty(ty: Type) -> String {
    match ty {
        Type::Named { .. } => "named".into(),
        Type::Array(_) => "array".into(),
        Type::Optional(_) => "optional".into(),
        Type::Tuple(_) => "tuple".into(),
        Type::Function { raises, .. } => {
            with_marks("function", &[(matches!(raises, Raises::Nothing(_)), " raises-none")])
        }
        Type::Wrong => "wrong".into(),
    }
}
