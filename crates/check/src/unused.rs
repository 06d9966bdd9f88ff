//! Names that nothing uses.

use pluto_source::Span;

use crate::checker::{Checker, Def};
use crate::error::{Fact, Kind};
use crate::names::Symbol;
use crate::program::ModuleId;

impl Checker<'_> {
    /// Warns about imports and private declarations that nothing uses.
    pub(crate) fn warn_unused(&mut self) {
        let modules: Vec<ModuleId> = self.program.modules.ids().skip(1).collect();
        for module in modules {
            if self.is_broken(module) {
                continue;
            }
            let mut unused: Vec<(Span, Symbol, Def, bool)> = self
                .scope(module)
                .names
                .iter()
                .filter(|(_, entry)| !entry.used)
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
            self.error(module, span, Fact::UnusedImport { name });
            return;
        }
        let kind = self.kind(def);
        let public = self.origin(def).is_none_or(|origin| origin.public);
        if !public && kind != Kind::App && name != self.builtins.names.main {
            self.error(module, span, Fact::UnusedItem { name, kind });
        }
    }
}
