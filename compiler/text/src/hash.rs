//! The one hash of keys, for posts and for compiled rules. It is fast on short keys, folds 64 × 64 bit products, and
//! is the same on every machine and in every run, since compiled rules may be kept.

const SEED: u64 = 0x2d35_8dcc_aa6c_78a5;
const LEFT: u64 = 0x8bb8_4b93_962e_acc9;
const RIGHT: u64 = 0x4b33_a62e_d433_d4a3;

/// The 64-bit hash of a folded key; not meant against adversaries, so compare texts where a collision matters.
#[inline]
pub fn key_hash(key: &str) -> u64 {
    hash_bytes(key.as_bytes())
}

#[inline]
fn fold_product(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    #[expect(clippy::cast_possible_truncation, reason = "the halves of the product are what is folded")]
    let folded = (product as u64) ^ ((product >> 64) as u64);
    folded
}

/// Keys up to this many bytes are hashed from two words without a branch on their length.
const SHORT_BYTES_MAX: usize = 16;

/// Which bits of the two words belong to a key of so many bytes.
static MASKS: [(u64, u64); SHORT_BYTES_MAX + 1] = masks();

const fn masks() -> [(u64, u64); SHORT_BYTES_MAX + 1] {
    let mut masks = [(0, 0); SHORT_BYTES_MAX + 1];
    let mut len = 1;
    while len <= SHORT_BYTES_MAX {
        let low = if len >= 8 { u64::MAX } else { (1 << (8 * len)) - 1 };
        let high = match len {
            0..=8 => 0,
            9..=15 => (1 << (8 * (len - 8))) - 1,
            _ => u64::MAX,
        };
        #[expect(clippy::indexing_slicing, reason = "the loop ends at the last entry")]
        {
            masks[len] = (low, high);
        }
        len += 1;
    }
    masks
}

/// The hash of `arena[at..end]` and its first four bytes, the lowest first, with zeros behind a shorter key; reads behind
/// a short key, where there is something, instead of counting its bytes.
#[expect(clippy::cast_possible_truncation, reason = "the first four bytes are the low half")]
#[inline]
pub(crate) fn hash_within(arena: &[u8], at: usize, end: usize) -> (u64, u32) {
    let len = end.wrapping_sub(at);
    if let Some(&(low, high)) = MASKS.get(len)
        && let Some(window) = arena.get(at..).and_then(<[u8]>::first_chunk::<SHORT_BYTES_MAX>)
    {
        let low = first_eight(window) & low;
        return (short(low, last_eight(window) & high, len as u64), low as u32);
    }
    let bytes = arena.get(at..end).unwrap_or_default();
    (hash_bytes(bytes), eight_or_less(bytes) as u32)
}

#[inline]
fn short(low: u64, high: u64, len: u64) -> u64 {
    fold_product(fold_product(low ^ LEFT, high ^ SEED ^ len), RIGHT ^ len)
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    if bytes.len() > SHORT_BYTES_MAX {
        return long(bytes);
    }
    let high = if bytes.len() > 8 { last_eight(bytes) >> (8 * (SHORT_BYTES_MAX - bytes.len())) } else { 0 };
    short(eight_or_less(bytes), high, bytes.len() as u64)
}

/// Up to eight bytes, the lowest first, with zeros behind fewer.
#[inline]
fn eight_or_less(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | u64::from(last) << (8 * (bytes.len() - 4))
        }
        _ => bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    }
}

fn long(bytes: &[u8]) -> u64 {
    let mut state = SEED;
    for chunk in bytes.chunks(16) {
        state = fold_product(first_eight_or_less(chunk) ^ LEFT ^ state, last_eight(chunk) ^ RIGHT);
    }
    // The last 16 bytes once more, so that a short rest still mixes with its neighbours.
    let tail = bytes.last_chunk::<16>().map_or(0, |tail| fold_product(first_eight(tail) ^ LEFT, last_eight(tail)));
    fold_product(state ^ tail ^ LEFT, RIGHT ^ (bytes.len() as u64))
}

#[inline]
fn small(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte))
}

#[inline]
fn first_eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight))
}

#[inline]
fn last_eight(bytes: &[u8]) -> u64 {
    bytes.last_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight))
}

#[inline]
fn first_eight_or_less(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or_else(|| small(bytes), |eight| u64::from_le_bytes(*eight))
}

#[cfg(test)]
mod tests {
    use super::key_hash;
    use std::collections::HashSet;

    #[test]
    fn no_two_of_many_keys_share_a_hash() {
        let mut seen = HashSet::new();
        let mut count = 0;
        for stem in ["", "a", "ab", "acme", "#acme", "savethebank", "a-rather-long-key-of-a-link/", "été"] {
            for number in 0..20_000 {
                seen.insert(key_hash(&format!("{stem}{number}")));
                count += 1;
            }
        }
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn a_key_inside_a_longer_text_hashes_as_it_does_alone() {
        let text: String = ('a'..='z').cycle().take(60).collect();
        for end in 0..=40 {
            for at in 0..=end {
                let key = &text[at..end];
                let mut head = [0; 4];
                head.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to = from);
                let expected = (key_hash(key), u32::from_le_bytes(head));
                assert_eq!(super::hash_within(text.as_bytes(), at, end), expected, "{at}..{end}");
                let cut = &text.as_bytes()[..end];
                assert_eq!(super::hash_within(cut, at, end), expected, "{at}..{end} at the end");
            }
        }
    }

    #[test]
    fn every_byte_of_a_long_key_matters() {
        let key = "x".repeat(67);
        let plain = key_hash(&key);
        for at in 0..key.len() {
            let mut other = key.clone();
            other.replace_range(at..=at, "y");
            assert_ne!(key_hash(&other), plain, "byte {at}");
        }
    }

    #[test]
    fn stays_the_same_between_runs() {
        assert_eq!(key_hash("acme"), key_hash("acme"));
        assert_eq!([key_hash("a"), key_hash("acme"), key_hash("#savethebank")].map(|hash| hash != 0), [true; 3]);
    }
}
