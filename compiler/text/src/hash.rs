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

#[inline]
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let len = bytes.len() as u64;
    let (low, high) = match bytes.len() {
        0..=3 => (small(bytes), 0),
        4..=8 => (first_four(bytes) | (last_four(bytes) << 32), 0),
        9..=16 => (first_eight(bytes), last_eight(bytes)),
        _ => return long(bytes),
    };
    fold_product(fold_product(low ^ LEFT, high ^ SEED ^ len), RIGHT ^ len)
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
fn first_four(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<4>().map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
}

#[inline]
fn last_four(bytes: &[u8]) -> u64 {
    bytes.last_chunk::<4>().map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
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
