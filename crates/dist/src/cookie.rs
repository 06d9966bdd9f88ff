//! The cookie: the shared secret of a cluster. Whoever has it can run any code on its nodes.

use std::io::Read;
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

/// Longest cookie a node accepts: an atom's 255 characters, in UTF-8.
const BYTES_MAX: usize = 1_020;

/// Environment variable that may carry the cookie.
pub const COOKIE_VARIABLE: &str = "PLUTO_COOKIE";

/// A cookie. It cannot be printed, and its memory is cleared when dropped.
pub struct Cookie(Zeroizing<Vec<u8>>);

/// Where a cookie was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CookieSource {
    /// The file named by the user.
    File(PathBuf),
    /// The environment variable [`COOKIE_VARIABLE`].
    Environment,
    /// `.erlang.cookie` in the home directory.
    Home(PathBuf),
}

/// Why there is no cookie. Never carries any of its content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CookieError {
    /// The file cannot be read.
    #[error("cannot read the cookie file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("the cookie from {} is empty", describe(.origin))]
    Empty {
        /// Where it came from.
        origin: CookieSource,
    },
    /// It is longer than any node accepts.
    #[error("the cookie from {} is longer than {BYTES_MAX} bytes", describe(.origin))]
    TooLong {
        /// Where it came from.
        origin: CookieSource,
    },
    /// It holds bytes that a node would not take: line breaks inside, control characters, or no UTF-8.
    #[error("the cookie from {} holds a byte no cookie can hold, at offset {at}", describe(.origin))]
    Malformed {
        /// Where it came from.
        origin: CookieSource,
        /// Offset of the byte.
        at: usize,
    },
    /// No file was named, the variable is not set, and there is no home directory with a cookie in it.
    #[error("no cookie: no --cookie-file, no {COOKIE_VARIABLE}, and {} does not exist", home.as_deref().map_or_else(|| "~/.erlang.cookie".into(), Path::to_string_lossy))]
    Nowhere {
        /// The file in the home directory, where a home directory is known.
        home: Option<PathBuf>,
    },
}

fn describe(origin: &CookieSource) -> String {
    match origin {
        CookieSource::File(path) | CookieSource::Home(path) => path.display().to_string(),
        CookieSource::Environment => COOKIE_VARIABLE.to_owned(),
    }
}

impl Cookie {
    /// Takes the bytes of a cookie, less the line break an editor leaves at the end.
    ///
    /// # Errors
    /// When it is empty, too long, or holds control characters.
    pub fn new(bytes: Vec<u8>, origin: CookieSource) -> Result<Self, CookieError> {
        let mut bytes = Zeroizing::new(bytes);
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        if bytes.is_empty() {
            return Err(CookieError::Empty { origin });
        }
        if bytes.len() > BYTES_MAX {
            return Err(CookieError::TooLong { origin });
        }
        if let Some(at) = bytes.iter().position(u8::is_ascii_control) {
            return Err(CookieError::Malformed { origin, at });
        }
        if let Err(error) = std::str::from_utf8(&bytes) {
            return Err(CookieError::Malformed { origin, at: error.valid_up_to() });
        }
        Ok(Self(bytes))
    }

    /// Reads the cookie in `path`.
    ///
    /// # Errors
    /// When the file cannot be read or does not hold a cookie.
    pub fn from_file(path: &Path) -> Result<Self, CookieError> {
        Self::read(path, CookieSource::File(path.to_owned()))
    }

    fn read(path: &Path, origin: CookieSource) -> Result<Self, CookieError> {
        let unreadable = |source| CookieError::Unreadable { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        // Allocated in full at once: growing would leave copies of the secret behind.
        let mut bytes = Vec::with_capacity(BYTES_MAX + 3);
        file.take(BYTES_MAX as u64 + 3).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::new(bytes, origin)
    }

    /// Finds the cookie: `file` when given, else the variable [`COOKIE_VARIABLE`] as `variable`,
    /// else `.erlang.cookie` in `home`. Only the first that exists is looked at.
    ///
    /// # Errors
    /// When none exists, or the one that does cannot be used.
    pub fn find(
        file: Option<&Path>,
        variable: Option<std::ffi::OsString>,
        home: Option<&Path>,
    ) -> Result<Self, CookieError> {
        if let Some(path) = file {
            return Self::from_file(path);
        }
        if let Some(value) = variable {
            return Self::new(value.into_encoded_bytes(), CookieSource::Environment);
        }
        let Some(path) = home.map(|home| home.join(".erlang.cookie")) else {
            return Err(CookieError::Nowhere { home: None });
        };
        match Self::read(&path, CookieSource::Home(path.clone())) {
            Err(CookieError::Unreadable { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Err(CookieError::Nowhere { home: Some(path) })
            }
            found => found,
        }
    }

    /// Finds the cookie as [`Self::find`] does, in this process's environment.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn from_environment(file: Option<&Path>) -> Result<Self, CookieError> {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        Self::find(file, std::env::var_os(COOKIE_VARIABLE), home.as_deref())
    }

    /// The proof of knowing the cookie: MD5 over the cookie and the challenge in decimal.
    pub(crate) fn digest(&self, challenge: u32) -> [u8; 16] {
        Md5::new().chain_update(self.0.as_slice()).chain_update(challenge.to_string()).finalize().into()
    }
}

impl Clone for Cookie {
    fn clone(&self) -> Self {
        Self(Zeroizing::new(self.0.to_vec()))
    }
}

impl std::fmt::Debug for Cookie {
    /// Says that there is one, and nothing of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookie(hidden)")
    }
}
