//! The kinds of nodes of a tree by name, for tests of what is covered.

use std::collections::BTreeSet;

use pluto_syntax::tree::{
    BinaryOp, ContractKind, Expr, ExprId, FunctionId, ImportWhat, Item, ItemId, ItemKind, Node, Nodes,
    Pattern, PatternId, Raises, Stmt, StmtId, Type, TypeId, UnaryOp,
};

/// The name of the variant of a value, and the names of all variants: a new one does not compile until it is listed.
macro_rules! kinds {
    ($name:ident, $all:ident: $of:ident { $($variant:ident)* }) => {
        const fn $name(value: &$of) -> &'static str {
            match value {
                $($of::$variant { .. } => concat!(stringify!($of), "::", stringify!($variant)),)*
            }
        }
        const $all: &[&str] = &[$(concat!(stringify!($of), "::", stringify!($variant)),)*];
    };
}

kinds!(item, ITEMS: ItemKind {
    Import Function Class Enum Trait Impl Error Alias Const App Bind Test Wrong
});
kinds!(import, IMPORTS: ImportWhat { Module As Items });
kinds!(raises, RAISES: Raises { Unsaid Nothing Errors });
kinds!(contract, CONTRACTS: ContractKind { Requires Ensures Invariant });
kinds!(ty, TYPES: Type { Named Array Optional Tuple Function Wrong });
kinds!(stmt, STMTS: Stmt { Let Assign Defer Assert Expr Wrong });
kinds!(expr, EXPRS: Expr {
    Int Float Bool Text Interpolated Duration Atom None Name SelfValue Array Map Tuple Paren Class Block If Match For While Loop
    Break Continue Return Raise Yield Spawn Scope Select Closure Unary Binary Range As Is Apply Call Index Field Try Propagate
    Later Handle Default Wrong
});
kinds!(unary, UNARY: UnaryOp { Negate Invert Not });
kinds!(binary, BINARY: BinaryOp {
    Multiply Divide Remainder Add Subtract ShiftLeft ShiftRight BitAnd BitXor BitOr Equal NotEqual Less LessOrEqual Greater
    GreaterOrEqual And Or Coalesce
});
kinds!(pattern, PATTERNS: Pattern { Any Rest Bind Literal Range Tuple Array Map Variant Class Or Wrong });

/// The names of all kinds but those of what could not be read.
pub fn all_kinds() -> Vec<&'static str> {
    let all = [ITEMS, IMPORTS, RAISES, CONTRACTS, TYPES, STMTS, EXPRS, UNARY, BINARY, PATTERNS].concat();
    all.into_iter().filter(|kind| !kind.ends_with("::Wrong")).collect()
}

/// The kinds of all nodes of one file.
pub fn kinds_of(nodes: &Nodes) -> BTreeSet<&'static str> {
    fn each<I: Node<Value: 'static>>(nodes: &Nodes) -> impl Iterator<Item = &I::Value> {
        nodes.ids::<I>().map(|id| &nodes[id])
    }
    let mut found = BTreeSet::new();
    for Item { kind, .. } in each::<ItemId>(nodes) {
        found.insert(item(kind));
        if let ItemKind::Import(of) = kind {
            found.insert(import(&of.what));
        }
    }
    for function in each::<FunctionId>(nodes) {
        found.insert(raises(&function.raises));
        found.extend(nodes.list(function.contracts).iter().map(|one| contract(&one.kind)));
    }
    for Item { kind, .. } in each::<ItemId>(nodes) {
        if let ItemKind::Class(class) = kind {
            found.extend(nodes.list(class.invariants).iter().map(|one| contract(&one.kind)));
        }
    }
    found.extend(each::<TypeId>(nodes).map(ty));
    found.extend(each::<StmtId>(nodes).map(stmt));
    found.extend(each::<PatternId>(nodes).map(pattern));
    for one in each::<ExprId>(nodes) {
        found.insert(expr(one));
        match one {
            Expr::Unary { operator, .. } => found.insert(unary(operator)),
            Expr::Binary { operator, .. } => found.insert(binary(operator)),
            _ => false,
        };
    }
    found
}
