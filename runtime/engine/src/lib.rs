//! mon-engine
