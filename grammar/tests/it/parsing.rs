//! Sound text becomes the tree it means.

use crate::samples;
use mon_grammar::parse;

#[test]
fn every_sample_parses_without_an_error() {
    for source in samples::ALL {
        let file = parse(source);
        for e in &file.errors {
            println!("{:?} {:?}", e, e.span.text(source));
        }
        assert!(file.errors.is_empty());
    }
}
