//! The heads of HTTP messages.

use httparse::{EMPTY_HEADER, Error, Header, Request, Response, Status};

/// Headers of a message, at most.
const MOST: usize = 128;

/// The head at the beginning of some bytes.
enum Head {
    /// It is not all there.
    Unfinished,
    /// It is none: why.
    Wrong(Error),
    /// It has so many bytes, what stands in its first line, and headers, each a name and a value behind it.
    Whole(usize, [String; 2], Vec<String>),
}

crate::function::table! {
    outside: false;
    "std.http.host_request" = |_, data: &[u8]| lanes(request(data));
    "std.http.host_response" = |_, data: &[u8]| lanes(response(data));
}

/// How many bytes it has, 0 where it is not all there and -1 where it is none, its first line, its headers, and why it is none.
fn lanes(head: Head) -> (i64, String, String, Vec<String>, String) {
    let nothing = |len, why| (len, String::new(), String::new(), Vec::new(), why);
    match head {
        Head::Unfinished => nothing(0, String::new()),
        Head::Wrong(Error::TooManyHeaders) => nothing(-1, format!("it has more than {MOST} headers")),
        Head::Wrong(error) => nothing(-1, error.to_string()),
        Head::Whole(len, [first, second], headers) => {
            (i64::try_from(len).unwrap_or(-1), first, second, headers, String::new())
        }
    }
}

/// Its method and its target.
fn request(data: &[u8]) -> Head {
    let mut headers = [EMPTY_HEADER; MOST];
    let mut head = Request::new(&mut headers);
    match head.parse(data) {
        Ok(Status::Complete(len)) => {
            let line = [head.method.unwrap_or_default(), head.path.unwrap_or_default()].map(str::to_owned);
            Head::Whole(len, line, named(head.headers))
        }
        Ok(Status::Partial) => Head::Unfinished,
        Err(error) => Head::Wrong(error),
    }
}

/// Its status and the reason.
fn response(data: &[u8]) -> Head {
    let mut headers = [EMPTY_HEADER; MOST];
    let mut head = Response::new(&mut headers);
    match head.parse(data) {
        Ok(Status::Complete(len)) => {
            let status = head.code.unwrap_or_default().to_string();
            Head::Whole(len, [status, head.reason.unwrap_or_default().to_owned()], named(head.headers))
        }
        Ok(Status::Partial) => Head::Unfinished,
        Err(error) => Head::Wrong(error),
    }
}

/// What is no UTF-8 in a value is read as Latin 1, which is what it was once.
fn named(headers: &[Header<'_>]) -> Vec<String> {
    let value = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    headers.iter().flat_map(|header| [header.name.to_owned(), value(header.value)]).collect()
}
