//! mon-sources
