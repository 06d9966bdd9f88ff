//! One module a command.

pub(crate) mod adjust;
pub(crate) mod build;
pub(crate) mod capturing;
pub(crate) mod check;
pub(crate) mod clean;
pub(crate) mod doc;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fmt;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod manual;
pub(crate) mod mending;
pub(crate) mod nodes;
pub(crate) mod ping;
pub(crate) mod reading;
pub(crate) mod record;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod stat;
pub(crate) mod stop;
pub(crate) mod surveying;
pub(crate) mod test;
pub(crate) mod trace;
pub(crate) mod watch;
