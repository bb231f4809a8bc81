//! Any bytes at all for `mon_fuzz::jetstream_v1`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mon_fuzz::jetstream_v1(data));
