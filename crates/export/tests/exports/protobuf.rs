//! Protocol buffers as text, by the wire format alone.

/// Fields, one a line; a field of bytes that can be read as a message is shown as one.
pub(crate) fn dump(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (field, value) in fields(bytes).expect("a trace") {
        write(&mut out, 0, field, &value);
    }
    out
}

enum Value<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => {
                let (eight, rest) = bytes.split_at_checked(8)?;
                bytes = rest;
                Value::Fixed(u64::from_le_bytes(eight.try_into().ok()?))
            }
            2 => {
                let length = varint(&mut bytes)? as usize;
                let (content, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Value::Bytes(content)
            }
            _ => return None,
        };
        if tag >> 3 == 0 {
            return None;
        }
        fields.push((tag >> 3, value));
    }
    Some(fields)
}

fn write(out: &mut String, depth: usize, field: u64, value: &Value<'_>) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Number(number) => out.push_str(&format!("{indent}{field}: {number}\n")),
        Value::Fixed(number) => out.push_str(&format!("{indent}{field}: fixed {number}\n")),
        Value::Bytes(bytes) => match (std::str::from_utf8(bytes), fields(bytes)) {
            (Ok(text), _) if text.chars().all(|c| !c.is_control()) => {
                out.push_str(&format!("{indent}{field}: {text:?}\n"));
            }
            (_, Some(fields)) => {
                out.push_str(&format!("{indent}{field}:\n"));
                for (field, value) in fields {
                    write(out, depth + 1, field, &value);
                }
            }
            _ => panic!("field {field} is neither text nor a message"),
        },
    }
}
