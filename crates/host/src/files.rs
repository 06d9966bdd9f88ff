//! Files and directories.

use crate::outside::{Entry, EntryKind, Write};

crate::function::table! {
    outside: true;
    "std.fs.host_read" = |outside, path: &str, most: i64| outside.read_file(path, bound(most));
    "std.fs.host_write" = |outside, path: &str, data: &[u8], how: i64| {
        outside.write_file(path, data, match how {
            0 => Write::Replace,
            1 => Write::New,
            _ => Write::Append,
        })
    };
    "std.fs.host_list" = |outside, path: &str| outside.list(path);
    "std.fs.host_look" = |outside, path: &str, behind_links: bool| outside.look(path, behind_links).map(lanes);
    "std.fs.host_make_directory" = |outside, path: &str, parents: bool| outside.make_directory(path, parents);
    "std.fs.host_make_temporary" = |outside, prefix: &str| outside.make_temporary(prefix);
    "std.fs.host_remove" = |outside, path: &str, with_content: bool| outside.remove(path, with_content);
    "std.fs.host_rename" = |outside, from: &str, to: &str| outside.rename(from, to);
    "std.fs.host_copy" = |outside, from: &str, to: &str| outside.copy(from, to);
    "std.fs.host_real_path" = |outside, path: &str| outside.real_path(path);
}

/// How many bytes are taken at most.
pub(crate) fn bound(most: i64) -> usize {
    usize::try_from(most).unwrap_or(0)
}

fn lanes(entry: Entry) -> (i64, i64, i64, bool) {
    let kind = match entry.kind {
        EntryKind::File => 0,
        EntryKind::Directory => 1,
        EntryKind::Link => 2,
        EntryKind::Other => 3,
    };
    (kind, i64::try_from(entry.size).unwrap_or(i64::MAX), entry.modified, entry.read_only)
}
