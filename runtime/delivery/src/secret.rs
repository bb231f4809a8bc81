//! Secrets are named, never written: `env:NAME` or `file:PATH`. What such a name stands for is read when a channel is
//! opened, and never printed, not even in the error that it is wrong.

use std::path::PathBuf;

use miette::Diagnostic;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// Longest secret that is read, in bytes: a key or token, not a document.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    Env(String),
    File(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum SecretError {
    #[error("the environment variable `{name}`, which holds a secret, is not set")]
    #[diagnostic(help("set it before you start `mon`, or name another place in `mon.toml`"))]
    NotSet { name: String },
    #[error("the file `{}`, which holds a secret, cannot be read: {detail}", path.display())]
    #[diagnostic(help("check the path in `mon.toml` and that you may read the file"))]
    Unreadable { path: PathBuf, detail: String },
    #[error("the secret in `{place}` is empty")]
    #[diagnostic(help("put the token or key there, in one line"))]
    Empty { place: String },
}

impl SecretRef {
    /// Reads `env:NAME` or `file:PATH`; anything else is taken for the secret itself and refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("env", name)) if !name.trim().is_empty() => Some(Self::Env(name.trim().to_owned())),
            Some(("file", path)) if !path.trim().is_empty() => Some(Self::File(PathBuf::from(path.trim()))),
            _ => None,
        }
    }

    /// # Errors
    /// There is no such variable or file, or it is empty.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let text = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError::NotSet { name: name.clone() })?,
            Self::File(path) => {
                let fail = |detail: String| SecretError::Unreadable { path: path.clone(), detail };
                let size = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?.len();
                if size > SECRET_BYTES_MAX {
                    return Err(fail(format!("it is larger than a secret may be ({SECRET_BYTES_MAX} bytes)")));
                }
                std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?
            }
        };
        let secret = text.trim();
        if secret.is_empty() {
            return Err(SecretError::Empty { place: self.to_string() });
        }
        Ok(SecretString::from(secret))
    }
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    /// The value itself is never part of the error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer).map_err(|_| de::Error::custom(BY_REFERENCE))?;
        value.as_str().and_then(Self::parse).ok_or_else(|| de::Error::custom(BY_REFERENCE))
    }
}

pub(crate) const BY_REFERENCE: &str = "a secret is given by reference, as `env:NAME` or `file:PATH`, never as it is";

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_secret_is_read_from_a_file_and_its_absence_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "xoxb-1\n").unwrap();
        let reference = SecretRef::parse(&format!("file:{}", path.display())).unwrap();
        let secret = reference.read().unwrap();
        assert_eq!(secret.expose_secret(), "xoxb-1");
        assert!(!format!("{secret:?}").contains("xoxb"));
        std::fs::write(&path, " \n").unwrap();
        assert!(matches!(reference.read(), Err(SecretError::Empty { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(reference.read(), Err(SecretError::Unreadable { .. })));
        let unset = SecretRef::parse("env:MON_TEST_VARIABLE_THAT_NOBODY_SETS").unwrap();
        assert!(matches!(unset.read(), Err(SecretError::NotSet { .. })));
        assert_eq!(SecretRef::parse("xoxb-1234"), None);
        assert_eq!(SecretRef::parse("env:"), None);
    }
}
