//! What the run-time system does.

use super::heap::{Entries, Object};
use super::{Machine, Step, Stop};
use crate::Intrinsic as I;
use crate::program::{Regs, Shape, ShapeId, Trap};

/// Nothing, as the lanes of an optional `int` or `float`, and something.
fn optional(value: Option<u64>) -> Vec<u64> {
    match value {
        Some(value) => vec![1, value],
        None => vec![0, 0],
    }
}

/// A range without its last one, whether that is in it or not.
fn ends(from: u64, to: u64, inclusive: u64) -> Result<(i64, i64), Trap> {
    let to = to as i64;
    let to = if inclusive != 0 { to.checked_add(1).ok_or(Trap::Index)? } else { to };
    Ok((from as i64, to))
}

/// Ranges: their ends, and whether the last is in it.
fn ranges(what: I, with: &[u64]) -> Step<Vec<u64>> {
    let [from, to, inclusive, rest @ ..] = with else { return Ok(Vec::new()) };
    let (from, to, closed) = (*from as i64, *to as i64, *inclusive != 0);
    let len = (i128::from(to) - i128::from(from) + i128::from(closed)).max(0);
    Ok(vec![match what {
        I::RangeLen => i64::try_from(len).map_err(|_| Trap::Overflow)? as u64,
        I::RangeIsEmpty => u64::from(len == 0),
        _ => {
            let value = rest.first().map_or(0, |value| *value as i64);
            u64::from(from <= value && (value < to || closed && value == to))
        }
    }])
}

impl Machine<'_, '_> {
    /// What is done with arguments for a value of a shape, and what it gives.
    pub(super) fn intrinsic(&mut self, what: I, shape: ShapeId, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let a = with.first().copied().unwrap_or(0);
        let half = with.len() / 2;
        Ok(match what {
            I::Print => {
                let text = self.heap.text(a);
                self.stopped = !self.world.print(&text);
                Vec::new()
            }
            I::Equal => {
                let (left, right) = with.split_at(half);
                vec![u64::from(self.heap.equal(shape, left, right)?)]
            }
            I::Compare => {
                let (left, right) = with.split_at(half);
                vec![self.heap.compare(shape, left, right)? as i64 as u64]
            }
            I::Show => {
                let text = self.heap.show(shape, with)?;
                vec![self.new_text(&text)?]
            }
            I::ShowQuoted => {
                let text = self.heap.quoted(shape, with)?;
                vec![self.new_text(&text)?]
            }
            I::ShowFormatted => {
                let value = with.get(1..).unwrap_or_default();
                let first = value.first().copied().unwrap_or(0);
                let (int, float) = match self.program.shape(shape) {
                    Shape::Int => (Some(first as i64), None),
                    Shape::Byte => (Some(first as i64), None),
                    Shape::Float => (None, Some(f64::from_bits(first))),
                    _ => (None, None),
                };
                let shown = self.heap.show(shape, value)?;
                vec![self.new_text(&pluto_text::formatted(a, shown, int, float))?]
            }
            I::Copy => {
                let copy = self.heap.copy(with, shape)?;
                self.keep_senders(self.current);
                copy
            }
            I::Reached => {
                let found = self.heap.reached(with, shape);
                match found.is_empty() {
                    true => vec![0],
                    false => {
                        let len = found.len();
                        vec![self.heap.add(Object::Array { width: 1, len, lanes: found })?]
                    }
                }
            }
            I::Debug => {
                let text = self.heap.text(a);
                if let Some(at) = self.place() {
                    self.world.debug(&text, at);
                }
                Vec::new()
            }
            _ => return self.of_type(what, shape, with, to),
        })
    }

    fn of_type(&mut self, what: I, shape: ShapeId, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        if let I::Host(function) = what {
            return self.host(function, with, to);
        }
        let name = what.name();
        match name.split(['.', ' ']).next().unwrap_or(name) {
            "chan" | "sender" | "receiver" | "select" => self.channels(what, shape, with, to),
            "actor" => self.actors(what, shape, with, to),
            "stream" | "yield" => self.streams(what, with, to),
            "task" | "scope" | "defer" | "deferred" => self.tasks(what, shape, with, to),
            "spawn" if what == I::SpawnActor => self.actors(what, shape, with, to),
            "spawn" => self.tasks(what, shape, with, to),
            "random" | "now" | "sleep" | "instant" => self.chance(what, with, to),
            "int" | "byte" => self.ints(what, with),
            "float" => self.floats(what, with),
            "map" => self.maps(what, shape, with),
            "set" => self.sets(what, shape, with),
            "array" => self.arrays(what, shape, with),
            "bytes" | "buffer" => self.bytes(what, with),
            "range" => ranges(what, with),
            _ if what == I::TextBytes => {
                let text = self.heap.text(with.first().copied().unwrap_or(0));
                Ok(vec![self.heap.add(Object::Bytes(text.bytes().collect()))?])
            }
            _ => self.texts(what, with),
        }
    }

    fn ints(&mut self, what: I, with: &[u64]) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0) as i64;
        let (a, b) = (word(0), word(1));
        let some = |value: Option<i64>| optional(value.map(|value| value as u64));
        let one = |value: i64| vec![value as u64];
        Ok(match what {
            I::IntAbs => one(a.checked_abs().ok_or(Trap::Overflow)?),
            I::IntPow => {
                let exponent = u32::try_from(b).map_err(|_| Trap::Overflow)?;
                one(a.checked_pow(exponent).ok_or(Trap::Overflow)?)
            }
            I::IntMin => one(a.min(b)),
            I::IntMax => one(a.max(b)),
            I::IntClamp if b > word(2) => return Err(Stop::Said("a range without numbers".to_owned())),
            I::IntClamp => one(a.clamp(b, word(2))),
            I::IntSign => one(a.signum()),
            I::IntToByte => optional(u8::try_from(a).ok().map(u64::from)),
            I::IntToChar | I::ByteToChar => {
                let found = u32::try_from(a).ok().and_then(char::from_u32);
                match found {
                    Some(found) => vec![self.new_text(found.encode_utf8(&mut [0; 4]))?],
                    None => vec![0],
                }
            }
            I::IntCheckedAdd => some(a.checked_add(b)),
            I::IntCheckedSub => some(a.checked_sub(b)),
            I::IntCheckedMul => some(a.checked_mul(b)),
            I::IntCheckedDiv => some(a.checked_div(b)),
            I::IntSaturatingAdd => one(a.saturating_add(b)),
            I::IntSaturatingSub => one(a.saturating_sub(b)),
            I::IntSaturatingMul => one(a.saturating_mul(b)),
            I::IntCountOnes => one(i64::from(a.count_ones())),
            I::IntLeadingZeros => one(i64::from(a.leading_zeros())),
            I::IntTrailingZeros => one(i64::from(a.trailing_zeros())),
            I::IntIsEven => one(i64::from(a & 1 == 0)),
            I::IntIsOdd => one(i64::from(a & 1 == 1)),
            _ => Vec::new(),
        })
    }

    fn floats(&mut self, what: I, with: &[u64]) -> Step<Vec<u64>> {
        let word = |at: usize| f64::from_bits(with.get(at).copied().unwrap_or(0));
        let (a, b) = (word(0), word(1));
        Ok(vec![
            match what {
                I::FloatAbs => a.abs(),
                I::FloatFloor => a.floor(),
                I::FloatCeil => a.ceil(),
                I::FloatRound => a.round(),
                I::FloatSqrt => a.sqrt(),
                I::FloatPow => a.powf(b),
                I::FloatExp => a.exp(),
                I::FloatLn => a.ln(),
                I::FloatLog2 => a.log2(),
                I::FloatLog10 => a.log10(),
                I::FloatSin => a.sin(),
                I::FloatCos => a.cos(),
                I::FloatTan => a.tan(),
                I::FloatAtan2 => a.atan2(b),
                I::FloatMin => a.min(b),
                I::FloatMax => a.max(b),
                I::FloatClamp => a.max(b).min(word(2)),
                I::FloatIsNan => return Ok(vec![u64::from(a.is_nan())]),
                _ => return Ok(vec![u64::from(a.is_finite())]),
            }
            .to_bits(),
        ])
    }

    fn texts(&mut self, what: I, with: &[u64]) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0);
        let (text, other, third) =
            (self.heap.text(word(0)), self.heap.text(word(1)), self.heap.text(word(2)));
        let many = |found: Vec<&str>| found.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let list = match what {
            I::TextChars => Some(text.chars().map(String::from).collect()),
            I::TextLines => Some(many(text.lines().collect())),
            I::TextWords => Some(many(text.split_whitespace().collect())),
            I::TextSplit => Some(many(text.split(&*other).collect())),
            _ => None,
        };
        if let Some(list) = list {
            return Ok(vec![self.text_array(&list)?]);
        }
        let truth = |holds: bool| Ok(vec![u64::from(holds)]);
        let part = match what {
            I::TextLen => return Ok(vec![text.chars().count() as u64]),
            I::TextIsEmpty => return truth(text.is_empty()),
            I::TextStartsWith => return truth(text.starts_with(&*other)),
            I::TextEndsWith => return truth(text.ends_with(&*other)),
            I::TextContains => return truth(text.contains(&*other)),
            I::TextFind => {
                let at =
                    text.find(&*other).and_then(|byte| text.get(..byte)).map(|before| before.chars().count());
                return Ok(optional(at.map(|at| at as u64)));
            }
            I::TextToInt => return Ok(optional(text.parse::<i64>().ok().map(|value| value as u64))),
            I::TextToFloat => return Ok(optional(text.parse::<f64>().ok().map(f64::to_bits))),
            I::TextCode => {
                let code = text.chars().next().ok_or(Trap::Index)?;
                return Ok(vec![u64::from(u32::from(code))]);
            }
            I::TextSplitOnce => {
                let Some((before, behind)) = text.split_once(&*other) else { return Ok(vec![0, 0, 0]) };
                return Ok(vec![1, self.new_text(before)?, self.new_text(behind)?]);
            }
            I::Concat => text.to_string() + &other,
            I::TextGet => pluto_text::slice(&text, word(1) as i64, (word(1) as i64).saturating_add(1))
                .ok_or(Trap::Index)?
                .to_owned(),
            I::TextAt => match pluto_text::slice(&text, word(1) as i64, (word(1) as i64).saturating_add(1)) {
                Some(found) => found.to_owned(),
                None => return Ok(vec![0]),
            },
            I::TextSlice => {
                let (from, to) = ends(word(1), word(2), word(3))?;
                pluto_text::slice(&text, from, to).ok_or(Trap::Index)?.to_owned()
            }
            I::TextTrim => text.trim().to_owned(),
            I::TextTrimStart => text.trim_start().to_owned(),
            I::TextTrimEnd => text.trim_end().to_owned(),
            I::TextToUpper => text.to_uppercase(),
            I::TextToLower => text.to_lowercase(),
            I::TextReplace => text.replace(&*other, &third),
            I::TextReverse => text.chars().rev().collect(),
            I::TextPadStart | I::TextPadEnd => {
                let width = usize::try_from(word(1) as i64).unwrap_or(0);
                let missing = pluto_text::missing(&text, width, &third);
                self.heap.take(missing / 8)?;
                pluto_text::pad(&text, missing, &third, what == I::TextPadStart)
            }
            I::TextRepeat => {
                let times = usize::try_from(word(1) as i64).unwrap_or(0);
                self.heap.take(text.len().saturating_mul(times) / 8)?;
                text.repeat(times)
            }
            I::TextStripPrefix | I::TextStripSuffix => {
                let rest = if what == I::TextStripPrefix {
                    text.strip_prefix(&*other)
                } else {
                    text.strip_suffix(&*other)
                };
                let Some(rest) = rest else { return Ok(vec![0]) };
                rest.to_owned()
            }
            _ => return Err(Stop::Said(format!("`{}` is not built yet", what.name()))),
        };
        Ok(vec![self.new_text(&part)?])
    }

    /// What needs some of the bytes only, of which there may be many.
    fn look_at_bytes(&mut self, what: I, with: &[u64]) -> Option<Step<Vec<u64>>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0);
        let Some(Object::Bytes(bytes)) = self.heap.get(word(0)) else { return None };
        let at = usize::try_from(word(1) as i64).ok().and_then(|index| bytes.get(index).copied());
        let part = || {
            let (from, to) = ends(word(1), word(2), word(3)).ok()?;
            bytes.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?).map(<[u8]>::to_vec)
        };
        Some(Ok(match what {
            I::BytesLen | I::BufferLen => vec![bytes.len() as u64],
            I::BytesIsEmpty | I::BufferIsEmpty => vec![u64::from(bytes.is_empty())],
            I::BytesAt | I::BufferAt => optional(at.map(u64::from)),
            I::BytesGet | I::BufferGet => match at {
                Some(byte) => vec![u64::from(byte)],
                None => return Some(Err(Trap::Index.into())),
            },
            I::BytesSlice => match part() {
                Some(part) => {
                    return Some(self.heap.add(Object::Bytes(part)).map(|at| vec![at]).map_err(Stop::from));
                }
                None => return Some(Err(Trap::Index.into())),
            },
            _ => return None,
        }))
    }

    fn bytes(&mut self, what: I, with: &[u64]) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0);
        if let Some(found) = self.look_at_bytes(what, with) {
            return found;
        }
        let bytes_of = |object: Option<&Object>| match object {
            Some(Object::Bytes(bytes)) => bytes.clone(),
            Some(Object::Text(text)) => text.bytes().collect(),
            _ => Vec::new(),
        };
        if let Some(more) = match what {
            I::BufferPush => Some(vec![word(1) as u8]),
            I::BufferAppend | I::BufferAppendText => Some(bytes_of(self.heap.get(word(1)))),
            I::BufferClear => Some(Vec::new()),
            _ => None,
        } {
            self.heap.take(more.len() / 8)?;
            if let Some(Object::Bytes(bytes)) = self.heap.get_mut(word(0)) {
                if what == I::BufferClear {
                    bytes.clear();
                }
                bytes.extend(more);
            }
            return Ok(Vec::new());
        }
        if what == I::BufferSet {
            let index = usize::try_from(word(1) as i64).map_err(|_| Trap::Index)?;
            let Some(Object::Bytes(bytes)) = self.heap.get_mut(word(0)) else { return Ok(Vec::new()) };
            *bytes.get_mut(index).ok_or(Trap::Index)? = word(2) as u8;
            return Ok(Vec::new());
        }
        let bytes = bytes_of(self.heap.get(word(0)));
        let new = match what {
            I::BytesToText => {
                let Ok(text) = String::from_utf8(bytes) else { return Ok(vec![0]) };
                return Ok(vec![self.new_text(&text)?]);
            }
            I::BytesHex => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                return Ok(vec![self.new_text(&hex)?]);
            }
            I::BytesToArray => {
                let lanes: Vec<u64> = bytes.iter().map(|byte| u64::from(*byte)).collect();
                return Ok(vec![self.heap.add(Object::Array { width: 1, len: lanes.len(), lanes })?]);
            }
            I::ConcatBytes => [bytes, bytes_of(self.heap.get(word(1)))].concat(),
            I::BufferNew => Vec::new(),
            I::BufferToBytes => bytes,
            _ => return Err(Stop::Said(format!("`{}` is not built yet", what.name()))),
        };
        Ok(vec![self.heap.add(Object::Bytes(new))?])
    }

    pub(super) fn text_array(&mut self, texts: &[String]) -> Step<u64> {
        let mut lanes = Vec::with_capacity(texts.len());
        for text in texts {
            lanes.push(self.new_text(text)?);
        }
        Ok(self.heap.add(Object::Array { width: 1, len: lanes.len(), lanes })?)
    }

    fn arrays(&mut self, what: I, shape: ShapeId, with: &[u64]) -> Step<Vec<u64>> {
        let word = |at: usize| with.get(at).copied().unwrap_or(0);
        let of = self.part(shape);
        let width = self.heap.width(of);
        if what == I::ArrayNew {
            return Ok(vec![self.heap.add(Object::Array { width, len: 0, lanes: Vec::new() })?]);
        }
        if what == I::ArraySlice {
            let (from, to) = ends(word(1), word(2), word(3))?;
            return Ok(vec![self.slice(word(0), from, to)?]);
        }
        let other = match self.heap.get(word(1)) {
            Some(Object::Array { len, lanes, .. }) if what == I::ArrayAppend => (*len, lanes.clone()),
            _ => (0, Vec::new()),
        };
        self.heap.take(width + other.1.len())?;
        let nullable = self.says_none(of);
        let Some(Object::Array { len, lanes, .. }) = self.heap.get_mut(word(0)) else {
            return Ok(Vec::new());
        };
        let place =
            |at: u64, most: usize| usize::try_from(at as i64).ok().filter(|at| *at < most).ok_or(Trap::Index);
        let behind = |from: usize| with.get(from..).unwrap_or_default().iter().copied();
        match what {
            I::ArrayPush => {
                lanes.extend(behind(1));
                *len += 1;
            }
            I::ArrayPop => {
                if *len == 0 {
                    return Ok(vec![0; width + usize::from(!nullable)]);
                }
                *len -= 1;
                let mut gone = lanes.split_off(*len * width);
                if !nullable {
                    gone.insert(0, 1);
                }
                return Ok(gone);
            }
            I::ArrayInsert => {
                let at = place(word(1), *len + 1)? * width;
                lanes.splice(at..at, behind(2));
                *len += 1;
            }
            I::ArrayRemove => {
                let at = place(word(1), *len)? * width;
                *len -= 1;
                return Ok(lanes.drain(at..at + width).collect());
            }
            I::ArrayTruncate => {
                let most = usize::try_from(word(1) as i64).map_err(|_| Trap::Index)?;
                *len = most.min(*len);
                lanes.truncate(*len * width);
            }
            I::ArrayAppend => {
                *len += other.0;
                lanes.extend(other.1);
            }
            _ => return Err(Stop::Said(format!("`{}` is not built yet", what.name()))),
        }
        Ok(Vec::new())
    }

    /// Whether the lanes of a value can say by themselves that there is none: an object, or what is optional itself.
    pub(super) fn says_none(&self, shape: ShapeId) -> bool {
        self.program.is_one_ref(shape) || matches!(self.program.shape(shape), Shape::Optional(_))
    }

    fn slice(&mut self, array: u64, from: i64, to: i64) -> Step<u64> {
        let Some(Object::Array { width, len, lanes }) = self.heap.get(array) else {
            return Err(Trap::Index.into());
        };
        let (width, len) = (*width, *len);
        let place = |at: i64| usize::try_from(at).ok().filter(|at| *at <= len).ok_or(Trap::Index);
        let (from, to) = (place(from)?, place(to)?);
        if from > to {
            return Err(Trap::Index.into());
        }
        let lanes = lanes.get(from * width..to * width).unwrap_or_default().to_vec();
        Ok(self.heap.add(Object::Array { width, len: to - from, lanes })?)
    }

    /// The keys of a map or a set as an array: copies, since what is in there is not changed.
    fn copied_keys(&mut self, at: u64, key: ShapeId) -> Step<u64> {
        let keys: Vec<Vec<u64>> =
            self.entries(at).rows.iter().flatten().map(|(key, _)| key.clone()).collect();
        let (width, len) = (self.heap.width(key), keys.len());
        let mut lanes = Vec::with_capacity(len * width);
        for of in keys {
            lanes.extend(self.heap.copy(&of, key)?);
        }
        Ok(self.heap.add(Object::Array { width, len, lanes })?)
    }

    fn maps(&mut self, what: I, shape: ShapeId, with: &[u64]) -> Step<Vec<u64>> {
        let Shape::Map(key, value) = *self.program.shape(shape) else { return Ok(Vec::new()) };
        let at = with.first().copied().unwrap_or(0);
        let (key_width, value_width) = (self.heap.width(key), self.heap.width(value));
        let nullable = self.says_none(value);
        let rest = with.get(1..).unwrap_or_default();
        let (key_lanes, value_lanes) = rest.split_at(key_width.min(rest.len()));
        match what {
            I::MapNew => return Ok(vec![self.heap.add(Object::Map(Entries::default()))?]),
            I::MapLen => return Ok(vec![self.entries(at).places.len() as u64]),
            I::MapClear => {
                self.put_entries(at, Entries::default());
                return Ok(Vec::new());
            }
            I::MapKeys => return Ok(vec![self.copied_keys(at, key)?]),
            I::MapValues => {
                let parts: Vec<Vec<u64>> =
                    self.entries(at).rows.iter().flatten().map(|(_, value)| value.clone()).collect();
                let (width, len, lanes) = (value_width, parts.len(), parts.concat());
                return Ok(vec![self.heap.add(Object::Array { width, len, lanes })?]);
            }
            _ => (),
        }
        let found = self.find(at, key, key_lanes)?;
        if what == I::MapHas {
            return Ok(vec![u64::from(found.is_some())]);
        }
        if what == I::MapGet {
            return Ok(found.ok_or(Trap::MissingKey)?);
        }
        match what {
            I::MapInsert => self.insert(at, key, key_lanes, value_lanes)?,
            I::MapRemove => self.remove(at, key, key_lanes)?,
            _ => (),
        }
        Ok(match found {
            Some(found) if nullable => found,
            Some(found) => std::iter::once(1).chain(found).collect(),
            None => vec![0; value_width + usize::from(!nullable)],
        })
    }

    fn sets(&mut self, what: I, shape: ShapeId, with: &[u64]) -> Step<Vec<u64>> {
        let of = self.part(shape);
        let at = with.first().copied().unwrap_or(0);
        let lanes = with.get(1..).unwrap_or_default();
        Ok(match what {
            I::SetNew => vec![self.heap.add(Object::Map(Entries::default()))?],
            I::SetLen => vec![self.entries(at).places.len() as u64],
            I::SetClear => {
                self.put_entries(at, Entries::default());
                Vec::new()
            }
            I::SetToArray => vec![self.copied_keys(at, of)?],
            I::SetHas => vec![u64::from(self.find(at, of, lanes)?.is_some())],
            I::SetInsert => {
                let new = self.find(at, of, lanes)?.is_none();
                self.insert(at, of, lanes, &[])?;
                vec![u64::from(new)]
            }
            _ => {
                let known = self.find(at, of, lanes)?.is_some();
                self.remove(at, of, lanes)?;
                vec![u64::from(known)]
            }
        })
    }

    fn entries(&self, at: u64) -> &Entries {
        static NONE: std::sync::LazyLock<Entries> = std::sync::LazyLock::new(Entries::default);
        match self.heap.get(at) {
            Some(Object::Map(entries)) => entries,
            _ => &NONE,
        }
    }

    fn put_entries(&mut self, at: u64, new: Entries) {
        if let Some(Object::Map(entries)) = self.heap.get_mut(at) {
            *entries = new;
        }
    }

    fn find(&self, at: u64, key: ShapeId, lanes: &[u64]) -> Step<Option<Vec<u64>>> {
        let bytes = self.heap.key(key, lanes)?;
        let entries = self.entries(at);
        let row = entries.places.get(&bytes).and_then(|place| entries.rows.get(*place));
        Ok(row.and_then(|row| row.as_ref()).map(|(_, value)| value.clone()))
    }

    /// Puts a key and its value in: a key that is there keeps its place, a new one is copied and comes last.
    fn insert(&mut self, at: u64, key: ShapeId, lanes: &[u64], value: &[u64]) -> Step<()> {
        let bytes = self.heap.key(key, lanes)?;
        let own = self.heap.copy(lanes, key)?;
        self.heap.take(own.len() + value.len() + 4)?;
        if let Some(Object::Map(entries)) = self.heap.get_mut(at) {
            match entries.places.get(&bytes).and_then(|place| entries.rows.get_mut(*place)) {
                Some(Some((_, old))) => *old = value.to_vec(),
                _ => {
                    entries.places.insert(bytes, entries.rows.len());
                    entries.rows.push(Some((own, value.to_vec())));
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, at: u64, key: ShapeId, lanes: &[u64]) -> Step<()> {
        let bytes = self.heap.key(key, lanes)?;
        if let Some(Object::Map(entries)) = self.heap.get_mut(at)
            && let Some(place) = entries.places.remove(&bytes)
            && let Some(row) = entries.rows.get_mut(place)
        {
            *row = None;
        }
        Ok(())
    }
}
