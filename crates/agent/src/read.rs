//! Taking terms apart. Everything from the node is checked; what does not fit is `None`.

use pluto_term::Term;

/// A non-negative integer.
pub(crate) fn number(term: &Term) -> Option<u64> {
    u64::try_from(term.as_int()?).ok()
}

/// The non-negative integer under a key.
pub(crate) fn number_at(map: &Term, key: &str) -> Option<u64> {
    number(map.map_get(key)?)
}

/// The UTF-8 text of the binary under a key.
pub(crate) fn text_at(map: &Term, key: &str) -> Option<String> {
    String::from_utf8(map.map_get(key)?.as_binary()?.to_vec()).ok()
}

/// Elements of a list, each read by the same function.
pub(crate) fn list<T>(term: &Term, read: impl Fn(&Term) -> Option<T>) -> Option<Vec<T>> {
    term.as_list()?.iter().map(read).collect()
}
