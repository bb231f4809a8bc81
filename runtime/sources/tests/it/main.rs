//! The jetstream source under its supervisor against the fake server: every post published is delivered, or lies in a
//! declared gap, whatever goes wrong on the way.

mod conformance;
mod files;
mod run;
