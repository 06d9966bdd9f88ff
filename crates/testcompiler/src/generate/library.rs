//! What is built in for arrays, maps, sets and texts, in rows of random operations.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "array operations", write: arrays },
    Feature { name: "map operations", write: maps },
    Feature { name: "text operations", write: texts },
];

/// Operations in a row.
const MOST: i64 = 12;

fn arrays(w: &mut Writer<'_, '_>) {
    let name = w.fresh();
    let mut list: Vec<i64> = (0..w.choices.between(1, 9)).map(|_| w.choices.between(0, 99)).collect();
    w.statements(&format!("let mut list{name} = {list:?}\nlist{name}.push(7)"));
    list.push(7);
    for _ in 0..w.choices.between(1, MOST) {
        let (x, len) = (w.choices.between(0, 99), list.len());
        let at = w.choices.below(len as u32 + 1) as usize;
        let operation = match w.choices.below(10) {
            0 => {
                list.push(x);
                format!("push({x})")
            }
            1 => {
                list.insert(at, x);
                format!("insert({at}, {x})")
            }
            2 if at < len => {
                let gone = list.remove(at);
                w.print(&format!("list{name}.remove({at})"), &gone.to_string());
                continue;
            }
            3 if at < len => {
                list.swap(0, at);
                format!("swap(0, {at})")
            }
            4 => {
                list.extend([x, x + 1, x + 2]);
                format!("append([{x}, {}, {}])", x + 1, x + 2)
            }
            5 => {
                list.reverse();
                "reverse()".to_owned()
            }
            6 => {
                list.sort_unstable();
                "sort()".to_owned()
            }
            7 if len > 5 => {
                list.truncate(at.max(2));
                format!("truncate({})", at.max(2))
            }
            8 => {
                let last = list.pop();
                w.print(&format!("list{name}.pop() ?? -1"), &last.unwrap_or(-1).to_string());
                continue;
            }
            _ => {
                let slice = &list[at / 2..at];
                w.print(&format!("list{name}.slice({}..{at})", at / 2), &format!("{slice:?}"));
                continue;
            }
        };
        w.statements(&format!("list{name}.{operation}"));
    }
    w.print(&format!("list{name}"), &format!("{list:?}"));
    let odd: Vec<_> = list.iter().filter(|n| **n % 2 != 0).map(|n| format!("{n}/")).collect();
    w.print(
        &format!("list{name}.filter((n) => n % 2 != 0).map((n) => f\"{{n}}/\").join(\"\")"),
        &odd.concat(),
    );
    let pairs: Vec<_> = list.iter().zip(list.iter().skip(1)).map(|(a, b)| a - b).collect();
    w.print(
        &format!("list{name}.zip(list{name}.skip(1)).map((pair) => pair.0 - pair.1)"),
        &format!("{pairs:?}"),
    );
    // Those that are alike keep their order.
    let mut sorted: Vec<_> = list.iter().enumerate().collect();
    sorted.sort_by_key(|(_, n)| **n % 7);
    w.print(&format!("list{name}.enumerate().sorted_by_key((pair) => pair.1 % 7)"), &format!("{sorted:?}"));
}

fn maps(w: &mut Writer<'_, '_>) {
    let name = w.fresh();
    let by_text = w.choices.once_in(2);
    let key = |k: u32| if by_text { format!("\"k{k}\"") } else { format!("({k}, {})", k.is_multiple_of(2)) };
    let of = if by_text { "string" } else { "(int, bool)" };
    w.statements(&format!("let mut map{name}: Map<{of}, int> = [:]\nmap{name}[{}] = 3", key(4)));
    let mut map: Vec<(u32, i64)> = vec![(4, 3)];
    for _ in 0..w.choices.between(1, 2 * MOST) {
        let (k, x) = (w.choices.below(9), w.choices.between(0, 99));
        let place = map.iter().position(|(known, _)| *known == k);
        let old = place.map_or(-1, |place| map[place].1);
        match w.choices.below(5) {
            0 | 1 => {
                match place {
                    Some(place) => map[place].1 = x,
                    None => map.push((k, x)),
                }
                w.print(&format!("map{name}.insert({}, {x}) ?? -1", key(k)), &old.to_string());
            }
            2 => {
                if let Some(place) = place {
                    map.remove(place);
                }
                w.print(&format!("map{name}.remove({}) ?? -1", key(k)), &old.to_string());
            }
            3 => {
                match place {
                    Some(place) => map[place].1 += x,
                    None => map.push((k, 5 + x)),
                }
                w.statements(&format!("map{name}.update({}, 5, (n) => n + {x})", key(k)));
            }
            _ => w.print(&format!("map{name}.get({}) ?? -1", key(k)), &old.to_string()),
        }
    }
    let shown: Vec<_> = map.iter().map(|(k, x)| format!("{}: {x}", key(*k))).collect();
    let shown = if shown.is_empty() { "[:]".to_owned() } else { format!("[{}]", shown.join(", ")) };
    w.print(&format!("map{name}"), &shown);
    let keys: Vec<_> = map.iter().map(|(k, _)| key(*k)).collect();
    w.print(&format!("map{name}.keys().to_set().to_array()"), &format!("[{}]", keys.join(", ")));
    w.print(&format!("map{name}.values().sum()"), &map.iter().map(|(_, x)| x).sum::<i64>().to_string());
}

fn texts(w: &mut Writer<'_, '_>) {
    let name = w.fresh();
    let words: Vec<_> = (0..w.choices.between(1, 5)).map(|_| w.string().value).collect();
    let text = words.join("-ß ");
    w.statements(&format!("let text{name} = \"{text}\""));
    let upper = w.choices.once_in(2);
    let (cased, case) =
        if upper { (text.to_uppercase(), "to_upper") } else { (text.to_lowercase(), "to_lower") };
    w.print(&format!("text{name}.{case}()"), &cased);
    let parts: Vec<_> = text.split('-').collect();
    w.print(&format!("text{name}.split(\"-\")"), &format!("{parts:?}"));
    let chars: Vec<char> = text.chars().collect();
    let to = w.choices.below(chars.len() as u32 + 1) as usize;
    let slice: String = chars[to / 2..to].iter().collect();
    w.print(&format!("text{name}.slice({}..{to}) + \"|\"", to / 2), &format!("{slice}|"));
    w.print(&format!("text{name}.reverse()"), &chars.iter().rev().collect::<String>());
    let find = text.find("a-").map_or(-1, |at| text[..at].chars().count() as i64);
    w.print(&format!("text{name}.find(\"a-\") ?? -1"), &find.to_string());
    w.print(
        &format!("text{name}.replace(\"a\", \"äö\").len()"),
        &text.replace('a', "äö").chars().count().to_string(),
    );
    w.print(&format!("text{name}.bytes().len()"), &text.len().to_string());
    let mut sum = 0_u8;
    text.bytes().for_each(|byte| sum = sum.wrapping_add(byte));
    w.statements(&format!(
        "let mut sum{name}: byte = 0\nfor one in text{name}.bytes() {{\n    sum{name} = sum{name}.wrapping_add(one)\n}}"
    ));
    w.print(&format!("sum{name}"), &sum.to_string());
}
