use super::format;

#[test]
fn x() {}
