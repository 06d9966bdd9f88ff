//! Names, each stored once. Two names are the same when they are in Unicode's normal form NFC.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::arena::{Id, ids};

ids! {
    /// A name: two are the same name exactly when they are equal.
    Symbol,
}

/// All names of a program. A copy shares their texts: each program begins with a copy of the names of what is built in.
#[derive(Clone, Debug, Default)]
pub struct Names {
    symbols: FxHashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Names {
    /// The symbol of a name.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(name) {
            return *symbol;
        }
        if !name.is_ascii() && !is_nfc(name) {
            let normal: String = name.nfc().collect();
            return self.intern_new(&normal);
        }
        self.intern_new(name)
    }

    /// The symbol of a name that is in normal form, where it is known.
    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.symbols.get(name).copied()
    }

    fn intern_new(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(name) {
            return *symbol;
        }
        let symbol = Symbol::from_index(self.texts.len() as u32);
        let name: Arc<str> = name.into();
        self.texts.push(Arc::clone(&name));
        self.symbols.insert(name, symbol);
        symbol
    }

    /// The text of a name.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.index() as usize).map_or("", |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_are_compared_in_normal_form() {
        let mut names = Names::default();
        let composed = names.intern("\u{e9}t\u{e9}");
        let decomposed = names.intern("e\u{301}te\u{301}");
        assert_eq!(composed, decomposed);
        assert_ne!(composed, names.intern("ete"));
        assert_eq!(names.text(decomposed), "\u{e9}t\u{e9}");
    }
}
