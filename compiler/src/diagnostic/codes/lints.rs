//! MON08xx: lints hold their own codes, each in its file; here they join the registry.

use super::Code;
use crate::lint;

pub(super) fn all() -> impl Iterator<Item = &'static Code> {
    lint::all().iter().map(|lint| &lint.code).chain(lint::allow::ALL.iter().copied())
}
