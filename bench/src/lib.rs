//! mon-bench
