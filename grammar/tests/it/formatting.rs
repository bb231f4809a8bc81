//! The formatter: one style, meaning and comments kept, twice is once.

use crate::samples;
use mon_grammar::format;

#[test]
fn show() {
    for s in samples::ALL {
        let once = format(s).text;
        println!("{once}");
        assert_eq!(format(&once).text, once);
    }
    assert_eq!(format(samples::FIRST_FILE).text, samples::FIRST_FILE);
}
