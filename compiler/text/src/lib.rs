//! mon-text
