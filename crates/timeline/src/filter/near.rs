//! What a name that nothing answers to may have been meant for.

use crate::names::{Names, Syntax};
use crate::registry::Registry;
use pluto_event::{FunctionId, Identity, Tables};
use pluto_source::near_misses;

/// Functions that are suggested for one that is not there.
const FUNCTIONS_MAX: usize = 3;

/// In which spelling something was asked for, and what stands between module and function there.
fn spelling(text: &str) -> (Syntax, char) {
    let elixir = text.starts_with(|c: char| c == ':' || c.is_uppercase());
    if elixir { (Syntax::Elixir, '.') } else { (Syntax::Erlang, ':') }
}

/// Names that processes had and that look like `name`, in its spelling.
pub(super) fn processes(name: &str, tables: &Tables, registry: &Registry) -> Vec<String> {
    if name.starts_with(['<', '#']) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Vec::new();
    }
    let sent_to = tables.processes().iter().filter_map(|process| match process.identity {
        Identity::Name { name } => tables.atom(name).ok(),
        Identity::Pid { .. } | Identity::Port { .. } => None,
    });
    let held = registry.times().map(|(_, held)| held.name.as_ref());
    let colon = if name.starts_with(':') { ":" } else { "" };
    let spelled = |atom: &str| match atom.strip_prefix("Elixir.") {
        Some(alias) => alias.to_owned(),
        None => format!("{colon}{atom}"),
    };
    let mut names: Vec<String> = sent_to.chain(held).map(spelled).collect();
    names.sort_unstable();
    names.dedup();
    owned(near_misses(name, names.iter().map(String::as_str)))
}

/// Functions that look like `text`, in its spelling: of the same module where it is there, otherwise of one like it.
pub(super) fn functions(text: &str, tables: &Tables) -> Vec<String> {
    let (syntax, separator) = spelling(text);
    let plain = text.rsplit_once('/').map_or(text, |(plain, _)| plain);
    let (module, function) = split(plain, separator).unwrap_or((plain, "_"));
    let names = Names::new(tables, syntax);
    let ids = (0..tables.functions().len()).filter_map(|index| u32::try_from(index).ok()).map(FunctionId);
    let texts: Vec<String> = ids.map(|id| names.function(id)).collect();
    let all: Vec<(&str, &str, &str)> = texts
        .iter()
        .filter_map(|text| {
            let (plain, _arity) = text.rsplit_once('/')?;
            let (module, function) = split(plain, separator)?;
            Some((module, function, text.as_str()))
        })
        .collect();
    let of = |module: &str, function: &str| -> Vec<String> {
        let is_it = |known: &&(&str, &str, &str)| known.0 == module && known.1 == function;
        all.iter().filter(is_it).map(|known| known.2.to_owned()).collect()
    };
    let mut near = Vec::new();
    if all.iter().any(|known| known.0 == module) {
        near = of(module, function);
        if near.is_empty() {
            let names = all.iter().filter(|known| known.0 == module).map(|known| known.1);
            near = near_misses(function, names).into_iter().flat_map(|name| of(module, name)).collect();
        }
    } else {
        for module in near_misses(module, all.iter().map(|known| known.0)) {
            let same = of(module, function);
            if same.is_empty() {
                near.push(format!("{module}{separator}_"));
            } else {
                near.extend(same);
            }
        }
    }
    near.truncate(FUNCTIONS_MAX);
    near
}

/// Module and function, where both are there.
fn split(plain: &str, separator: char) -> Option<(&str, &str)> {
    let (module, function) = plain.rsplit_once(separator)?;
    // The last part of an alias is no function, and the colon in front of an Erlang module no separator.
    let whole = module.is_empty() || (separator == '.' && function.starts_with(char::is_uppercase));
    (!whole).then_some((module, function))
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}
