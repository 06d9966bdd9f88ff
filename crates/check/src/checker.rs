//! What all passes share: the input, the program as it grows, the scopes of modules, and what is wrong so far.

use pluto_source::{FileId, FileSpan, Span};
use pluto_syntax::SyntaxError;
use pluto_syntax::tree::{self, Name, Tree};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::{Id, List};
use crate::body::{Arm, BodyId, PatternId};
use crate::effects::Graph;
use crate::error::{CheckError, Fact, Kind};
use crate::inject::Injection;
use crate::input::Input;
use crate::names::Symbol;
use crate::prelude::{Builtins, Prelude};
use crate::program::{
    AliasId, ClassId, ClassKind, ConstId, EnumId, ErrorId, FunctionId, ImplId, ModuleId, Origin, Program,
    TestId, TraitId, TypeParamId,
};
use crate::relations::Head;
use crate::types::{Ty, TyId};

/// What a name of a module stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Def {
    Module(ModuleId),
    Function(FunctionId),
    Class(ClassId),
    Enum(EnumId),
    Trait(TraitId),
    Error(ErrorId),
    Alias(AliasId),
    Const(ConstId),
    /// A type that is built in, or a namespace of built-in functions.
    Builtin(Head),
    /// What could not be imported.
    Wrong,
}

/// A name in the scope of a module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) def: Def,
    pub(crate) span: Span,
    pub(crate) imported: bool,
    pub(crate) used: bool,
}

/// The names of a module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) names: FxHashMap<Symbol, Entry>,
    /// The modules that it imports, with where.
    pub(crate) imports: Vec<(ModuleId, Span)>,
    /// Variants that can be written without their enum.
    pub(crate) variants: FxHashMap<Symbol, Vec<(EnumId, u32)>>,
}

/// Where the tree has what the program declares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sites {
    pub(crate) functions: Vec<tree::FunctionId>,
    pub(crate) classes: Vec<tree::Class>,
    pub(crate) enums: Vec<tree::Enum>,
    pub(crate) traits: Vec<tree::Trait>,
    pub(crate) impls: Vec<tree::Impl>,
    pub(crate) errors: Vec<tree::ErrorItem>,
    pub(crate) aliases: Vec<tree::Alias>,
    pub(crate) consts: Vec<tree::Const>,
    pub(crate) tests: Vec<tree::Test>,
    pub(crate) binds: Vec<tree::Binding>,
}

/// How many of the first declarations are those of the prelude.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    functions: usize,
    traits: usize,
    enums: usize,
    errors: usize,
    bodies: usize,
}

/// A module while it is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) text: &'a str,
    pub(crate) id: FileId,
}

/// Methods by the kind of type that has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Methods {
    /// Those of classes, enums, built-in types, and impls without a trait.
    pub(crate) own: FxHashMap<(Head, Symbol), FunctionId>,
    /// The impls of traits whose methods have this name.
    pub(crate) by_trait: FxHashMap<(Head, Symbol), Vec<ImplId>>,
    /// The methods that impls would give that are refused.
    pub(crate) refused: FxHashSet<(Head, Symbol)>,
    /// The traits that they would give.
    pub(crate) refused_traits: FxHashSet<(Head, TraitId)>,
    /// The impls of a trait for a kind of type.
    pub(crate) impls: FxHashMap<(Head, TraitId), Vec<ImplId>>,
    /// All impls of a trait.
    pub(crate) of_trait: FxHashMap<TraitId, Vec<ImplId>>,
    /// The method of a name of a trait.
    pub(crate) trait_methods: FxHashMap<(TraitId, Symbol), FunctionId>,
    /// The method of a name in an impl.
    pub(crate) impl_methods: FxHashMap<(ImplId, Symbol), FunctionId>,
    /// The fields of a class by name.
    pub(crate) fields: FxHashMap<(ClassId, Symbol), u32>,
    /// The variants of an enum by name.
    pub(crate) variants: FxHashMap<(EnumId, Symbol), u32>,
}

/// Everything, while it is checked.
pub(crate) struct Checker<'a> {
    pub(crate) input: &'a Input<'a>,
    /// What the parser did not understand, of the files in which there is something.
    pub(crate) unread: FxHashMap<FileId, &'a [SyntaxError]>,
    pub(crate) program: Program,
    /// How much of it is what is built in, and was resolved before.
    prelude: Count,
    pub(crate) found: Vec<CheckError>,
    pub(crate) files: Vec<File<'a>>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) sites: Sites,
    pub(crate) methods: Methods,
    pub(crate) builtins: Builtins,
    pub(crate) graph: Graph,
    /// Aliases that are being resolved.
    pub(crate) active_aliases: Vec<AliasId>,
    pub(crate) done_aliases: FxHashSet<AliasId>,
    /// The tests' own bindings.
    pub(crate) test_of_bind: FxHashMap<crate::program::BindId, TestId>,
    pub(crate) facts: crate::relations::Facts,
    /// Where each `match` stands, with its arms.
    pub(crate) matches: Vec<(ModuleId, Span, TyId, List<Arm>)>,
    /// Patterns that must always match.
    pub(crate) irrefutable: Vec<(ModuleId, Span, TyId, PatternId)>,
    /// Patterns with an `else`, which stands here: they must not always match.
    pub(crate) with_else: Vec<(ModuleId, Span, PatternId)>,
    pub(crate) injections: Vec<Injection>,
    /// What is injected somewhere, where that was asked.
    pub(crate) injected: Option<std::rc::Rc<crate::inject::Injected>>,
    /// What functions do with what they are given, where that was asked.
    pub(crate) given: Option<FxHashMap<FunctionId, crate::leaks::Given>>,
    /// What can be changed in values of types, where that was asked.
    pub(crate) reach: Option<crate::leaks::Reach>,
    /// Values that go to another task.
    pub(crate) crossings: Vec<(ModuleId, crate::body::ExprId)>,
    /// Values of type parameters that are copied or go to another task.
    pub(crate) generic_crossings: Vec<(crate::body::BodyOwner, ModuleId, crate::crossing::Crossing)>,
    pub(crate) purity: crate::purity::Seen,
    pub(crate) current_test: Option<TestId>,
    /// Methods that use `self`, which is not among their parameters.
    pub(crate) lacks_self: FxHashSet<FunctionId>,
    /// Functions that say what they raise, and some of that is nothing that is known.
    pub(crate) unsure_raises: FxHashSet<FunctionId>,
    /// Functions that yield and are not said to give a stream.
    pub(crate) without_stream: FxHashSet<FunctionId>,
    /// Type parameters with a bound that is nothing that is known: they may have anything.
    pub(crate) unsure_bounds: FxHashSet<TypeParamId>,
    /// Where names that are `mut` are bound, with the parameters without `mut` that they are given for.
    pub(crate) given_unchanged: FxHashMap<FileSpan, Vec<FileSpan>>,
    /// How many mistakes were told, without warnings.
    pub(crate) mistakes: usize,
    /// Types that nothing declares, and for which nothing is proposed: each is told once in a module.
    pub(crate) unknown_types: FxHashSet<(ModuleId, Symbol)>,
    /// How often a name was looked for that is like another: after many mistakes nobody reads what was probably meant.
    pub(crate) looked_near: u32,
    /// Types with arguments that are written somewhere: their bounds are looked at when all impls are known.
    pub(crate) written: Vec<(ModuleId, Span, TyId)>,
}

impl<'a> Checker<'a> {
    /// Begins with what is built in.
    pub(crate) fn new(input: &'a Input<'a>, prelude: &'a Prelude) -> Self {
        let Prelude { file, program, scope, sites, methods, builtins } = prelude;
        let count = Count {
            functions: program.functions.len(),
            traits: program.traits.len(),
            enums: program.enums.len(),
            errors: program.errors.len(),
            bodies: program.nodes.bodies.len(),
        };
        Self {
            prelude: count,
            scopes: vec![scope.clone()],
            sites: sites.clone(),
            methods: methods.clone(),
            ..Self::bare(input, *file, program.clone(), builtins.clone())
        }
    }

    /// Begins with nothing, to resolve what is built in.
    pub(crate) fn bare(
        input: &'a Input<'a>,
        prelude: File<'a>,
        program: Program,
        builtins: Builtins,
    ) -> Self {
        let unread = input.sources.iter().filter(|source| !source.errors.is_empty());
        Self {
            input,
            unread: unread.map(|source| (source.file, source.errors)).collect(),
            program,
            prelude: Count::default(),
            found: Vec::new(),
            files: vec![prelude],
            scopes: Vec::new(),
            sites: Sites::default(),
            methods: Methods::default(),
            builtins,
            graph: Graph::default(),
            active_aliases: Vec::new(),
            done_aliases: FxHashSet::default(),
            test_of_bind: FxHashMap::default(),
            facts: crate::relations::Facts::default(),
            matches: Vec::new(),
            irrefutable: Vec::new(),
            with_else: Vec::new(),
            injections: Vec::new(),
            injected: None,
            given: None,
            reach: None,
            crossings: Vec::new(),
            generic_crossings: Vec::new(),
            purity: crate::purity::Seen::default(),
            current_test: None,
            lacks_self: FxHashSet::default(),
            unsure_raises: FxHashSet::default(),
            without_stream: FxHashSet::default(),
            unsure_bounds: FxHashSet::default(),
            given_unchanged: FxHashMap::default(),
            mistakes: 0,
            unknown_types: FxHashSet::default(),
            looked_near: 0,
            written: Vec::new(),
        }
    }

    /// The functions that are to be looked at: all but those of the prelude.
    pub(crate) fn own_functions(&self) -> impl Iterator<Item = FunctionId> + use<> {
        self.program.functions.ids().skip(self.prelude.functions)
    }

    /// The functions whose errors the program decides: also the methods of the prelude's traits, which it implements.
    pub(crate) fn open_functions(&self) -> Vec<FunctionId> {
        let known = self.program.functions.iter().take(self.prelude.functions);
        let open =
            known.filter(|(_, of)| matches!(of.owner, crate::program::Owner::Trait(_))).map(|(id, _)| id);
        open.chain(self.own_functions()).collect()
    }

    /// The traits that are to be looked at.
    pub(crate) fn own_traits(&self) -> impl Iterator<Item = TraitId> + use<> {
        self.program.traits.ids().skip(self.prelude.traits)
    }

    /// The enums that are to be looked at.
    pub(crate) fn own_enums(&self) -> impl Iterator<Item = EnumId> + use<> {
        self.program.enums.ids().skip(self.prelude.enums)
    }

    /// The errors that are to be looked at.
    pub(crate) fn own_errors(&self) -> impl Iterator<Item = ErrorId> + use<> {
        self.program.errors.ids().skip(self.prelude.errors)
    }

    /// The bodies that are to be looked at.
    pub(crate) fn own_bodies(&self) -> impl Iterator<Item = BodyId> + use<> {
        self.program.nodes.bodies.ids().skip(self.prelude.bodies)
    }

    /// Says what is wrong.
    pub(crate) fn error(&mut self, module: ModuleId, span: Span, fact: Fact) {
        self.mistakes += usize::from(!fact.is_warning());
        self.forget_raises(&fact);
        let at = span.in_file(self.file(module).id);
        self.found.push(CheckError { at, fact });
    }

    /// What should have a trait and has not might raise something in its methods: what they raise is not known.
    fn forget_raises(&mut self, fact: &Fact) {
        let of = match fact {
            Fact::MissingTrait { of, .. } => match self.program.types.get(*of) {
                Ty::Trait(of, _) => of,
                _ => return,
            },
            Fact::MissingMethods { of, .. } | Fact::NotInTrait { of, .. } => *of,
            _ => return,
        };
        let methods = self.program.traits[of].methods.iter().copied();
        self.graph.unknown.extend(methods.map(crate::effects::Node::Function));
    }

    #[expect(clippy::indexing_slicing, reason = "each module has a file")]
    pub(crate) fn file(&self, module: ModuleId) -> File<'a> {
        self.files[module.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each module has a scope")]
    pub(crate) fn scope(&mut self, module: ModuleId) -> &mut Scope {
        &mut self.scopes[module.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each function has a site")]
    pub(crate) fn function_site(&self, id: FunctionId) -> tree::FunctionId {
        self.sites.functions[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each class has a site")]
    pub(crate) fn class_site(&self, id: ClassId) -> tree::Class {
        self.sites.classes[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each enum has a site")]
    pub(crate) fn enum_site(&self, id: EnumId) -> tree::Enum {
        self.sites.enums[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each trait has a site")]
    pub(crate) fn trait_site(&self, id: TraitId) -> tree::Trait {
        self.sites.traits[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each impl has a site")]
    pub(crate) fn impl_site(&self, id: ImplId) -> tree::Impl {
        self.sites.impls[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each error has a site")]
    pub(crate) fn error_site(&self, id: ErrorId) -> tree::ErrorItem {
        self.sites.errors[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each alias has a site")]
    pub(crate) fn alias_site(&self, id: AliasId) -> tree::Alias {
        self.sites.aliases[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each const has a site")]
    pub(crate) fn const_site(&self, id: ConstId) -> tree::Const {
        self.sites.consts[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each test has a site")]
    pub(crate) fn test_site(&self, id: TestId) -> tree::Test {
        self.sites.tests[id.index() as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each bind has a site")]
    pub(crate) fn bind_site(&self, id: crate::program::BindId) -> tree::Binding {
        self.sites.binds[id.index() as usize]
    }

    /// The name that stands somewhere.
    pub(crate) fn symbol(&mut self, module: ModuleId, name: Name) -> Symbol {
        let text = name.span.of(self.file(module).text);
        self.program.names.intern(text)
    }

    /// Where something that has a name stands.
    pub(crate) fn place(&self, origin: &Origin) -> FileSpan {
        origin.span.in_file(self.file(origin.module).id)
    }

    /// What a name stands for in a module, also what is built in, and notes that it is used.
    pub(crate) fn lookup(&mut self, module: ModuleId, name: Symbol) -> Option<Def> {
        if let Some(entry) = self.scope(module).names.get_mut(&name) {
            entry.used = true;
            return Some(entry.def);
        }
        self.scopes.first().and_then(|built_in| built_in.names.get(&name)).map(|entry| entry.def)
    }

    /// What a name of another module stands for, where that may be seen from here.
    pub(crate) fn lookup_in(
        &mut self,
        from: ModuleId,
        module: ModuleId,
        name: Symbol,
        span: Span,
    ) -> Option<Def> {
        let entry = self.scope(module).names.get(&name).copied().filter(|entry| !entry.imported);
        let Some(entry) = entry else {
            let names: Vec<Symbol> = self.scope(module).public_names();
            let near = self.near(name, names);
            self.error(from, span, Fact::UnknownItem { module, name, near });
            return None;
        };
        let public = self.origin(entry.def).is_none_or(|origin| origin.public);
        if !public && module != from {
            let declared = entry.span.in_file(self.file(module).id);
            self.error(from, span, Fact::PrivateItem { module, name, declared });
        }
        Some(entry.def)
    }

    /// Where something is declared; nothing for modules and what is built in.
    pub(crate) fn origin(&self, def: Def) -> Option<Origin> {
        let program = &self.program;
        Some(match def {
            Def::Module(_) | Def::Builtin(_) | Def::Wrong => return None,
            Def::Function(id) => program.functions[id].origin,
            Def::Class(id) => program.classes[id].origin,
            Def::Enum(id) => program.enums[id].origin,
            Def::Trait(id) => program.traits[id].origin,
            Def::Error(id) => program.errors[id].origin,
            Def::Alias(id) => program.aliases[id].origin,
            Def::Const(id) => program.consts[id].origin,
        })
    }

    pub(crate) fn kind(&self, def: Def) -> Kind {
        match def {
            Def::Module(_) => Kind::Module,
            Def::Function(_) => Kind::Function,
            Def::Class(id) => match self.program.classes[id].kind {
                ClassKind::Class => Kind::Class,
                ClassKind::Actor => Kind::Actor,
                ClassKind::App => Kind::App,
            },
            Def::Enum(_) => Kind::Enum,
            Def::Trait(_) => Kind::Trait,
            Def::Error(_) => Kind::Error,
            Def::Alias(_) => Kind::Alias,
            Def::Const(_) => Kind::Const,
            Def::Builtin(_) | Def::Wrong => Kind::Type,
        }
    }

    /// The known name that is most like a name that is not known.
    pub(crate) fn near(&mut self, name: Symbol, known: impl IntoIterator<Item = Symbol>) -> Option<Symbol> {
        self.looked_near += 1;
        if self.looked_near > 200 {
            return None;
        }
        let names = &self.program.names;
        // A keyword that is bound, as the parser has told, is no name that can be written.
        let keyword = |text: &&str| pluto_syntax::token::Kind::keyword(text.as_bytes()).is_some();
        let known = known.into_iter().map(|known| names.text(known)).filter(|known| !keyword(known));
        let text = names.text(name);
        let near = pluto_source::near_misses(text, known);
        // Of names of a letter or two each is like each.
        let alike = |near: &&&str| text.chars().count() > 2 || near.eq_ignore_ascii_case(text);
        near.first().filter(alike).and_then(|near| names.find(near))
    }

    /// Whether the text of a module could not be read.
    pub(crate) fn is_broken(&self, module: ModuleId) -> bool {
        self.unread.contains_key(&self.file(module).id)
    }

    /// What was found, sorted by modules and places, without repetitions.
    pub(crate) fn finish(mut self) -> crate::Checked {
        let order: FxHashMap<FileId, u32> = self
            .program
            .modules
            .iter()
            .map(|(id, module)| (module.file, crate::signatures::order(id)))
            .collect();
        let mut errors = std::mem::take(&mut self.found);
        let unread = self.unread_lines();
        let is_read = |at: FileSpan| {
            let lines = unread.get(&at.file).map_or(&[][..], Vec::as_slice);
            let before = lines.partition_point(|(start, _)| *start <= at.span.start);
            let line = before.checked_sub(1).and_then(|at| lines.get(at));
            line.is_none_or(|(_, end)| *end < at.span.start)
        };
        errors.retain(|error| is_read(error.at));
        // An error whose fields stand in parentheses is made by what looks like a call.
        let unread_errors: FxHashSet<Symbol> = self
            .program
            .errors
            .iter()
            .filter(|(_, of)| !is_read(self.place(&of.origin)))
            .map(|(_, of)| of.origin.name)
            .collect();
        errors.retain(|error| {
            let Fact::NotAValue { name, kind: Kind::Error } = error.fact else { return true };
            !unread_errors.contains(&name)
        });
        errors.retain(|error| !self.is_of_method_without_self(&error.fact));
        errors.retain(|error| !self.is_of_unsure_bound(&error.fact));
        self.drop_needed_mut(&mut errors);
        errors.sort_by_key(|error| (order.get(&error.at.file).copied(), error.at.span));
        errors.dedup();
        crate::Checked { program: self.program, errors }
    }

    /// Whether a member is not there only because its method, of which that is told, lacks `self`.
    fn is_of_method_without_self(&self, fact: &Fact) -> bool {
        let Fact::UnknownMember { ty, name, .. } = fact else { return false };
        let head = match self.program.types.get(*ty) {
            Ty::Class(id, _) | Ty::Actor(id, _) => Some(Head::Class(id)),
            other => Head::of(other),
        };
        let method = head.and_then(|head| self.methods.own.get(&(head, *name)));
        method.is_some_and(|method| self.lacks_self.contains(method))
    }

    /// Whether a type parameter lacks what one of its bounds, of which that is told, may have been written for.
    fn is_of_unsure_bound(&self, fact: &Fact) -> bool {
        let types: &[TyId] = match fact {
            Fact::UnknownMember { ty, .. }
            | Fact::MissingTrait { ty, .. }
            | Fact::NotOrdered { ty }
            | Fact::NotIterable { ty }
            | Fact::NotComparable { part: ty, .. }
            | Fact::BadKey { part: ty, .. }
            | Fact::CannotCopy { part: ty, .. } => &[*ty],
            Fact::Operands { left, right, .. } => &[*left, *right],
            _ => &[],
        };
        types.iter().any(|ty| match self.program.types.get(*ty) {
            Ty::Param(param) => self.unsure_bounds.contains(&param),
            _ => false,
        })
    }

    /// Takes out that a `mut` is not needed, where what changes its name lacks one itself.
    fn drop_needed_mut(&self, errors: &mut Vec<CheckError>) {
        let lacking = errors.iter().filter_map(|error| match error.fact {
            Fact::MutateImmutable { declared, .. } | Fact::Thaw { declared, .. } => Some(declared),
            _ => None,
        });
        let lacking: FxHashSet<FileSpan> = lacking.collect();
        errors.retain(|error| {
            let given = self.given_unchanged.get(&error.at).map_or(&[][..], Vec::as_slice);
            !matches!(error.fact, Fact::NeedlessMut { .. }) || !given.iter().any(|at| lacking.contains(at))
        });
    }

    /// The lines that the parser did not understand, where mistakes would be echoes: where each begins and ends.
    fn unread_lines(&self) -> FxHashMap<FileId, Vec<(u32, u32)>> {
        let mut unread: FxHashMap<FileId, Vec<(u32, u32)>> = FxHashMap::default();
        for source in &self.input.sources {
            let text = self.input.files.get(source.file).map_or("", |file| file.text());
            for error in source.errors.iter().filter(|error| error.hides_its_line()) {
                let at = error.span.start;
                let (before, behind) = text.split_at_checked(at as usize).unwrap_or((text, ""));
                let start = before.rfind('\n').map_or(0, |end| end + 1);
                let end = at as usize + behind.find('\n').unwrap_or(behind.len());
                let lines = unread.entry(source.file).or_default();
                if lines.last().is_none_or(|(last, _)| *last < start as u32) {
                    lines.push((start as u32, end as u32));
                }
            }
        }
        unread
    }

    /// The type parameters of what a function belongs to.
    pub(crate) fn owner_params(&self, function: FunctionId) -> Vec<TypeParamId> {
        use crate::program::Owner;
        match self.program.functions[function].owner {
            Owner::Module => Vec::new(),
            Owner::Class(id) => self.program.classes[id].type_params.clone(),
            Owner::Enum(id) => self.program.enums[id].type_params.clone(),
            Owner::Impl(id) => self.program.impls[id].type_params.clone(),
            Owner::Trait(id) => {
                let of = &self.program.traits[id];
                let mut params = vec![of.self_param];
                params.extend(&of.type_params);
                params
            }
            Owner::Builtin => self.builtins.params_of(function).to_vec(),
        }
    }
}

impl Scope {
    fn public_names(&self) -> Vec<Symbol> {
        self.names.iter().filter(|(_, entry)| !entry.imported).map(|(name, _)| *name).collect()
    }
}
