//! mon-delivery
