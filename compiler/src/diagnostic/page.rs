//! The page of a code, generated from the registry.
