//! The interned tables that ids point into.

use crate::Interner;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The id that stands for nobody, nothing or unknown; no table has it.
            pub const NONE: $name = $name(u32::MAX);

            /// Whether this is the id that stands for nobody.
            pub fn is_none(self) -> bool {
                self == $name::NONE
            }
        }
    };
}

id!(
    /// An atom: a row of [`Tables::atom`].
    AtomId
);
id!(
    /// A node: a row of [`Tables::node`].
    NodeId
);
id!(
    /// A process, a port or a name that was sent to: a row of [`Tables::process`].
    ProcessId
);
id!(
    /// A function: a row of [`Tables::function`].
    FunctionId
);

/// An incarnation of a node: a restarted node has the same name, another creation, and another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// The full name, `name@host`.
    pub name: AtomId,
    /// The creation that the node had in its handshake.
    pub creation: u32,
}

/// A function of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// The module.
    pub module: AtomId,
    /// The name.
    pub name: AtomId,
    /// The number of arguments.
    pub arity: u32,
}

/// Something that acts, or that can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// The node that it lives on; [`NodeId::NONE`] for a name that is not known to be on a node.
    pub node: NodeId,
    /// Which one it is on that node.
    pub identity: Identity,
}

/// Which process, port or name, within one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A process: `<0.Number.Serial>`.
    Pid {
        /// The number.
        number: u32,
        /// The serial.
        serial: u32,
    },
    /// A port: `#Port<0.Number>`.
    Port {
        /// The number.
        number: u64,
    },
    /// A registered name, where a message was sent to a name.
    Name {
        /// The name.
        name: AtomId,
    },
}

/// An id that its table does not have: a damaged recording, or an id of another recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownId {
    /// The table.
    pub table: &'static str,
    /// The number that was looked for.
    pub number: u32,
}

/// Everything that ids of one stream or recording point into. Rows are only ever added.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    atoms: Interner<Arc<str>>,
    nodes: Interner<Node>,
    processes: Interner<Process>,
    functions: Interner<Function>,
}

impl Tables {
    /// Empty tables.
    pub fn new() -> Tables {
        Tables::default()
    }

    /// The id of an atom, which is added where it is new.
    pub fn intern_atom(&mut self, text: &str) -> AtomId {
        match self.atoms.find(text) {
            Some(number) => AtomId(number),
            None => AtomId(self.atoms.intern(Arc::from(text)).unwrap_or(u32::MAX)),
        }
    }

    /// The id of a node, which is added where it is new.
    pub fn intern_node(&mut self, node: Node) -> NodeId {
        NodeId(self.nodes.intern(node).unwrap_or(u32::MAX))
    }

    /// The id of a process, which is added where it is new.
    pub fn intern_process(&mut self, process: Process) -> ProcessId {
        ProcessId(self.processes.intern(process).unwrap_or(u32::MAX))
    }

    /// The id of a function, which is added where it is new.
    pub fn intern_function(&mut self, function: Function) -> FunctionId {
        FunctionId(self.functions.intern(function).unwrap_or(u32::MAX))
    }

    /// The text of an atom.
    pub fn atom(&self, id: AtomId) -> Result<&str, UnknownId> {
        let text = self.atoms.get(id.0).ok_or(UnknownId { table: "atoms", number: id.0 })?;
        Ok(text)
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> Result<Node, UnknownId> {
        self.nodes.get(id.0).copied().ok_or(UnknownId { table: "nodes", number: id.0 })
    }

    /// A process, port or name.
    pub fn process(&self, id: ProcessId) -> Result<Process, UnknownId> {
        self.processes.get(id.0).copied().ok_or(UnknownId { table: "processes", number: id.0 })
    }

    /// A function.
    pub fn function(&self, id: FunctionId) -> Result<Function, UnknownId> {
        self.functions.get(id.0).copied().ok_or(UnknownId { table: "functions", number: id.0 })
    }

    /// All atoms, in the order of their ids.
    pub fn atoms(&self) -> &[Arc<str>] {
        self.atoms.values()
    }

    /// All nodes, in the order of their ids.
    pub fn nodes(&self) -> &[Node] {
        self.nodes.values()
    }

    /// All processes, ports and names, in the order of their ids.
    pub fn processes(&self) -> &[Process] {
        self.processes.values()
    }

    /// All functions, in the order of their ids.
    pub fn functions(&self) -> &[Function] {
        self.functions.values()
    }

    /// The id of an atom that is already there.
    pub fn find_atom(&self, text: &str) -> Option<AtomId> {
        self.atoms.find(text).map(AtomId)
    }

    /// The id of a node that is already there.
    pub fn find_node(&self, node: Node) -> Option<NodeId> {
        self.nodes.find(&node).map(NodeId)
    }

    /// The id of a function that is already there.
    pub fn find_function(&self, function: Function) -> Option<FunctionId> {
        self.functions.find(&function).map(FunctionId)
    }

    /// The id of a process that is already there.
    pub fn find_process(&self, process: Process) -> Option<ProcessId> {
        self.processes.find(&process).map(ProcessId)
    }
}
