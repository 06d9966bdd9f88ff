//! Names that nothing uses.

use pluto_source::{FileId, Span};
use pluto_syntax::tree::{ImportWhat, Imported, ItemKind};
use rustc_hash::FxHashSet;

use crate::checker::{Checker, Def, File};
use crate::error::{Fact, Kind};
use crate::names::Symbol;
use crate::program::ModuleId;

impl Checker<'_> {
    /// Warns about imports and private declarations that nothing uses.
    pub(crate) fn warn_unused(&mut self) {
        let modules: Vec<ModuleId> = self.program.modules.ids().skip(1).collect();
        let mistaken: FxHashSet<FileId> = self
            .found
            .iter()
            .filter(|error| error.fact.is_unknown_name())
            .map(|error| error.at.file)
            .collect();
        for module in modules {
            // A name that is not known may be one of them, with a slip.
            let mistaken = mistaken.contains(&self.file(module).id);
            if self.is_broken(module) {
                continue;
            }
            let mut unused: Vec<(Span, Symbol, Def, bool)> = self
                .scope(module)
                .names
                .iter()
                .filter(|(_, entry)| !(entry.used || mistaken && entry.imported))
                .map(|(name, entry)| (entry.span, *name, entry.def, entry.imported))
                .collect();
            unused.sort_by_key(|(span, ..)| *span);
            for (span, name, def, imported) in unused {
                self.warn_one(module, span, name, def, imported);
            }
        }
    }

    fn warn_one(&mut self, module: ModuleId, span: Span, name: Symbol, def: Def, imported: bool) {
        if self.program.text(name).starts_with('_') {
            return;
        }
        if imported {
            let alone = self.alone_for_import(module, span).in_file(self.file(module).id);
            self.error(module, span, Fact::UnusedImport { name, alone });
            return;
        }
        let kind = self.kind(def);
        let public = self.origin(def).is_none_or(|origin| origin.public);
        if !public && kind != Kind::App && name != self.builtins.names.main {
            self.error(module, span, Fact::UnusedItem { name, kind });
        }
    }

    /// What of the text is there only for the imported name at a place: the whole import with its line, or the name with its comma.
    fn alone_for_import(&self, module: ModuleId, name: Span) -> Span {
        let File { tree, text, .. } = self.file(module);
        let nodes = &tree.nodes;
        let item = tree.items.partition_point(|item| nodes.span(*item).end < name.end);
        let item = tree.items.get(item).map(|item| (nodes.span(*item), nodes[*item].kind));
        let Some((item, ItemKind::Import(import))) = item else { return name };
        let names = match import.what {
            ImportWhat::Items(names) => nodes.list(names),
            ImportWhat::Module | ImportWhat::As(_) => &[],
        };
        let at = names.partition_point(|one| whole(one).end < name.end);
        let before = at.checked_sub(1).and_then(|before| names.get(before));
        match (before, names.get(at), names.get(at + 1)) {
            (_, Some(own), Some(next)) => Span::new(whole(own).start, whole(next).start),
            (Some(before), Some(own), None) => Span::new(whole(before).end, whole(own).end),
            _ => with_line(item, text),
        }
    }
}

/// A name in the braces of an import, with the one it has here.
fn whole(imported: &Imported) -> Span {
    imported.name.span.to(imported.alias.unwrap_or(imported.name).span)
}

/// A place with the rest of its line where nothing but white space is there; at the beginning of the text with the empty lines
/// that follow, too.
fn with_line(span: Span, text: &str) -> Span {
    let rest = text.get(span.end as usize..).unwrap_or_default();
    let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
    if !rest.get(..line).unwrap_or_default().trim().is_empty() {
        return span;
    }
    let behind = if span.start == 0 { rest.len() - rest.trim_start().len() } else { line };
    Span::new(span.start, span.end + behind as u32)
}
