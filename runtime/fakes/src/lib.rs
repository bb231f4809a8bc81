//! mon-fakes
