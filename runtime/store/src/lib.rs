//! mon-store
