//! The compiler for a page in a browser. Each question takes and gives JSON: the page asks [`input`] for room, writes the question
//! there, calls the function of its name, and reads as many bytes as that returns from [`output`].
//!
//! Offsets `start` and `end` are bytes of UTF-8, as everywhere; `from` and `to` are units of UTF-16, as a page counts.

mod ask;
mod colour;
mod posts;
mod rules;
mod units;

use std::cell::RefCell;

use ask::Question;
use serde_json::{Value, json};

/// Bytes that a question may have.
pub const QUESTION_BYTES_MAX: usize = 4 << 20;

thread_local! {
    /// The question, which the page writes; only [`input`] changes its length.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The last answer, which stays until the next one.
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a question of so many bytes and gives the place of it; none where it would be larger than
/// [`QUESTION_BYTES_MAX`].
#[expect(unsafe_code, reason = "the page finds it by its name, and nothing else has this name")]
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        if length > QUESTION_BYTES_MAX {
            return std::ptr::null_mut();
        }
        input.resize(length, 0);
        input.as_mut_ptr()
    })
}

/// The place of the last answer.
#[expect(unsafe_code, reason = "the page finds it by its name, and nothing else has this name")]
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(Vec::as_ptr)
}

/// Frees question, answer and what was kept of the rules.
#[expect(unsafe_code, reason = "the page finds it by its name, and nothing else has this name")]
#[unsafe(no_mangle)]
pub extern "C" fn free() {
    INPUT.take();
    OUTPUT.take();
    rules::forget();
}

/// Answers the question that stands in the input; gives the length of the answer.
fn answer(how: fn(&Question) -> Value) -> usize {
    let told = INPUT.with_borrow(|input| match serde_json::from_slice(input) {
        Ok(question) => how(&question),
        Err(error) => json!({"error": format!("the question is not as it should be: {error}")}),
    });
    let text = told.to_string().into_bytes();
    let length = text.len();
    OUTPUT.set(text);
    length
}

/// Exports functions that answer a question each.
macro_rules! questions {
    ($($(#[$doc:meta])* $name:ident = $how:path;)*) => {
        $(
            $(#[$doc])*
            #[expect(unsafe_code, reason = "the page finds it by its name, and nothing else has this name")]
            #[unsafe(no_mangle)]
            pub extern "C" fn $name() -> usize {
                answer($how)
            }
        )*
    };
}

questions! {
    /// `files`, `now`: what `mon check` finds, and the colours of each file.
    check = rules::check;
    /// `files`, `file`, `at`: what stands at a place, as Markdown.
    hover = rules::hover;
    /// `files`, `file`, `at`: what can be written at a place.
    completion = rules::completion;
    /// `files`, `file`: the edits to the one style.
    format = rules::format;
    /// `code`: the page about a finding's code, as Markdown.
    page = rules::page;
    /// `files`, `posts`: for each post which queries match, where, and why others do not.
    matches = posts::matches;
    /// `files`, `posts`, `post`, `query`: a post against a query, clause by clause.
    explain = posts::explain;
}
