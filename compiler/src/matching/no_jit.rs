//! What stands in the place of machine code where the compiler is built without it: asking for it is an error, so none is ever
//! held.

use super::error::MatchError;
use super::index::Index;
use super::matcher::View;
use super::truth::Truth;
use crate::plan::ValueExpr;

fn refused<T>() -> Result<T, MatchError> {
    Err(MatchError::code("this build of the compiler makes none"))
}

/// Queries as machine code, of which there are none here.
#[derive(Debug)]
pub(crate) enum NativeQueries {}

impl NativeQueries {
    pub(crate) fn compile(_: &Index) -> Result<Self, MatchError> {
        refused()
    }

    pub(crate) fn clif(_: &Index, _: u32) -> Result<Option<String>, MatchError> {
        refused()
    }

    pub(crate) const fn describe(&self) -> String {
        match *self {}
    }

    pub(crate) const fn run(&self, _: &[u32], _: &mut View<'_>, _: &mut Vec<u32>) {
        match *self {}
    }
}

/// Conditions over measures as machine code, of which there are none here.
#[derive(Debug)]
pub(crate) enum NativeValues {}

impl NativeValues {
    pub(crate) fn compile(_: &[&ValueExpr]) -> Result<Self, MatchError> {
        refused()
    }

    pub(crate) fn clif(_: &ValueExpr) -> Result<String, MatchError> {
        refused()
    }

    pub(crate) const fn truth(&self, _: usize, _: &[f64], _: &[u64]) -> Truth {
        match *self {}
    }

    pub(crate) const fn number(&self, _: usize, _: &[f64], _: &[u64]) -> Option<f64> {
        match *self {}
    }
}
