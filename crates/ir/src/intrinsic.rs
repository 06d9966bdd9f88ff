//! What the run-time system does: built-in functions and methods without a body of their own, and what operators need.

macro_rules! intrinsics {
    ($($(#[$doc:meta])* $name:ident = $path:literal,)*) => {
        /// Something that the run-time system does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Intrinsic {
            $($(#[$doc])* #[doc = concat!("`", $path, "`")] $name,)*
            /// A function of the standard library that is not written in Pluto.
            Host(&'static pluto_host::Function),
        }

        impl Intrinsic {
            /// All of them but the functions of the standard library.
            pub const ALL: &[Intrinsic] = &[$(Intrinsic::$name,)*];

            /// Its name: of a built-in method its type and its own, as in `int.abs`, of a function of the standard library its module
            /// and its own.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Intrinsic::$name => $path,)*
                    Intrinsic::Host(function) => function.name,
                }
            }
        }
    };
}

intrinsics! {
    Print = "print",
    Debug = "debug",
    Equal = "==",
    Compare = "<=>",
    Show = "show",
    /// As it is written in a program.
    ShowQuoted = "show quoted",
    ShowFormatted = "show formatted",
    Copy = "copy",
    /// Objects in a value that a copy of it would copy: the shape is a pair of that of the value and of what captures what is looked
    /// for, and the objects are an array, null where there are none.
    Reached = "reached",
    Concat = "string +",
    ConcatBytes = "bytes +",
    TextGet = "string []",
    ArraySlice = "array [..]",
    BytesGet = "bytes []",
    BufferGet = "buffer []",
    BufferSet = "buffer [] =",
    MapGet = "map []",
    IntAbs = "int.abs",
    IntPow = "int.pow",
    IntMin = "int.min",
    IntMax = "int.max",
    IntClamp = "int.clamp",
    IntSign = "int.sign",
    IntToChar = "int.to_char",
    IntToByte = "int.to_byte",
    IntCheckedAdd = "int.checked_add",
    IntCheckedSub = "int.checked_sub",
    IntCheckedMul = "int.checked_mul",
    IntCheckedDiv = "int.checked_div",
    IntSaturatingAdd = "int.saturating_add",
    IntSaturatingSub = "int.saturating_sub",
    IntSaturatingMul = "int.saturating_mul",
    IntCountOnes = "int.count_ones",
    IntLeadingZeros = "int.leading_zeros",
    IntTrailingZeros = "int.trailing_zeros",
    IntIsEven = "int.is_even",
    IntIsOdd = "int.is_odd",
    FloatAbs = "float.abs",
    FloatFloor = "float.floor",
    FloatCeil = "float.ceil",
    FloatRound = "float.round",
    FloatSqrt = "float.sqrt",
    FloatPow = "float.pow",
    FloatExp = "float.exp",
    FloatLn = "float.ln",
    FloatLog2 = "float.log2",
    FloatLog10 = "float.log10",
    FloatSin = "float.sin",
    FloatCos = "float.cos",
    FloatTan = "float.tan",
    FloatAtan2 = "float.atan2",
    FloatMin = "float.min",
    FloatMax = "float.max",
    FloatClamp = "float.clamp",
    FloatIsNan = "float.is_nan",
    FloatIsFinite = "float.is_finite",
    ByteToChar = "byte.to_char",
    TextLen = "string.len",
    TextIsEmpty = "string.is_empty",
    TextBytes = "string.bytes",
    TextChars = "string.chars",
    TextLines = "string.lines",
    TextWords = "string.words",
    TextSplit = "string.split",
    TextSplitOnce = "string.split_once",
    TextTrim = "string.trim",
    TextTrimStart = "string.trim_start",
    TextTrimEnd = "string.trim_end",
    TextToUpper = "string.to_upper",
    TextToLower = "string.to_lower",
    TextStartsWith = "string.starts_with",
    TextEndsWith = "string.ends_with",
    TextStripPrefix = "string.strip_prefix",
    TextStripSuffix = "string.strip_suffix",
    TextContains = "string.contains",
    TextFind = "string.find",
    TextReplace = "string.replace",
    TextRepeat = "string.repeat",
    TextReverse = "string.reverse",
    TextSlice = "string.slice",
    TextAt = "string.get",
    TextPadStart = "string.pad_start",
    TextPadEnd = "string.pad_end",
    TextToInt = "string.to_int",
    TextToFloat = "string.to_float",
    TextCode = "string.code",
    BytesLen = "bytes.len",
    BytesIsEmpty = "bytes.is_empty",
    BytesAt = "bytes.get",
    BytesSlice = "bytes.slice",
    BytesToText = "bytes.to_text",
    BytesToArray = "bytes.to_array",
    BytesHex = "bytes.hex",
    BufferNew = "buffer.new",
    BufferLen = "buffer.len",
    BufferIsEmpty = "buffer.is_empty",
    BufferAt = "buffer.get",
    BufferPush = "buffer.push",
    BufferAppend = "buffer.append",
    BufferAppendText = "buffer.append_text",
    BufferClear = "buffer.clear",
    BufferToBytes = "buffer.to_bytes",
    RangeLen = "range.len",
    RangeIsEmpty = "range.is_empty",
    RangeContains = "range.contains",
    ArrayNew = "array",
    ArrayPush = "array.push",
    ArrayPop = "array.pop",
    ArrayInsert = "array.insert",
    ArrayRemove = "array.remove",
    ArrayTruncate = "array.truncate",
    ArrayAppend = "array.append",
    MapNew = "map",
    MapLen = "map.len",
    MapFind = "map.get",
    MapHas = "map.has",
    MapInsert = "map.insert",
    MapRemove = "map.remove",
    MapClear = "map.clear",
    MapKeys = "map.keys",
    MapValues = "map.values",
    SetNew = "set",
    SetLen = "set.len",
    SetHas = "set.has",
    SetInsert = "set.insert",
    SetRemove = "set.remove",
    SetClear = "set.clear",
    SetToArray = "set.to_array",
    Now = "now",
    InstantElapsed = "instant.elapsed",
    RandomInt = "random.int",
    RandomFloat = "random.float",
    RandomBool = "random.bool",
    /// Keeps a function value to be called when the block is left, or the task ends.
    Defer = "defer",
    /// The function value that was kept last, which is kept no more.
    Deferred = "deferred",
    /// A new channel: both its ends.
    Chan = "chan",
    /// Whether the channel is closed.
    Send = "sender.send",
    TrySend = "sender.try_send",
    SenderClose = "sender.close",
    /// The block that owns a sender is left.
    SenderLeave = "sender leave",
    /// Whether the channel is closed, and the message.
    Recv = "receiver.recv",
    TryRecv = "receiver.try_recv",
    ReceiverClose = "receiver.close",
    ReceiverLen = "receiver.len",
    Sleep = "sleep",
    /// A new task of a function value without parameters. In a scope: 0 no, 1 yes, 2 yes and nobody keeps its handle.
    Spawn = "spawn",
    /// How the task ended (0: with its result, 1: with an error, 2: by a trap), the result, the error, why.
    TaskGet = "task.get",
    TaskCancel = "task.cancel",
    TaskDetach = "task.detach",
    TaskIsDone = "task.is_done",
    ScopeOpen = "scope open",
    /// Waits for the tasks of the innermost scope, after cancelling them where that is asked for. How the first one failed, the
    /// error, why.
    ScopeClose = "scope close",
    /// A new actor with a state.
    SpawnActor = "spawn actor",
    /// A message to an actor, a function value that takes the state: as a task ends, where 2 is that the actor is no more.
    ActorCall = "actor call",
    /// The same without waiting.
    ActorTell = "actor tell",
    ActorStop = "actor.stop",
    ActorIsAlive = "actor.is_alive",
    /// A new stream of a function value without parameters.
    StreamNew = "stream",
    /// Whether there is a next value, its lanes, and the error that there was instead.
    StreamNext = "stream.next",
    Yield = "yield",
    SelectStart = "select start",
    SelectRecv = "select receive",
    SelectSend = "select send",
    SelectAfter = "select after",
    /// The arm that is done and whether its channel is closed. Of `default` its number, else -1.
    SelectWait = "select wait",
    /// The message that was received.
    SelectTake = "select take",
}
