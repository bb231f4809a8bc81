//! A monitor in plain sentences, for `mon debug plan` and for hovering.
