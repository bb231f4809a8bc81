//! The command, the documents and the habits of the codebase, tested from outside.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod golden;
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
