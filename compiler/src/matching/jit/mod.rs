//! Machine code by Cranelift: conditions over measures, and the Boolean programs of queries in groups. All `unsafe`
//! of the matcher lives here, where native functions are looked up, called and freed.

mod code;
mod queries;
mod values;

pub(crate) use queries::NativeQueries;
pub(crate) use values::NativeValues;
