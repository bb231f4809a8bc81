//! fmt
/// x
pub struct Formatted { /// x
 pub text: String }
/// x
pub fn format(source: &str) -> Formatted { Formatted { text: source.to_owned() } }
