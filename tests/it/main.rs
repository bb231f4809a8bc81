//! The command, the documents and the habits of the codebase, tested from outside.

#[cfg(test)]
mod backtest;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod ci;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod doc;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod editors;
#[cfg(test)]
mod fix;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod import;
#[cfg(test)]
mod lint;
#[cfg(test)]
#[cfg(unix)]
mod live;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod passes;
#[cfg(test)]
mod quality;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod reuse;
#[cfg(test)]
mod rule_files;
#[cfg(test)]
mod said;
#[cfg(test)]
mod suites;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod tool;
