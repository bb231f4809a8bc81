//! `share_of_voice(a of [a, b, c])`: the part of a market's posts that is a brand's. A post that names k brands is a kth of a
//! post for each of them. Whole numbers are kept, by k, so that fractions are added exactly.

use arrow::array::{Array, ArrayRef, BooleanArray, LargeBinaryArray};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err};
use datafusion_expr::Accumulator;

use super::{argument, torn};

/// Bytes of one number in a state.
const NUMBER: usize = 8;

/// The posts of one group.
#[derive(Debug, Default)]
pub(super) struct Voice {
    /// Posts that name any brand.
    all: u64,
    /// Posts that name the first brand and so many others.
    own: Vec<u64>,
}

impl Voice {
    fn add(&mut self, others: usize, posts: u64) {
        if self.own.len() <= others {
            self.own.resize(others + 1, 0);
        }
        if let Some(own) = self.own.get_mut(others) {
            *own += posts;
        }
    }

    /// The sum of `own / k` in parts of the least number that all k divide, which a market of 32 keeps below 2^48.
    fn share(&self) -> Option<f64> {
        let ks = || (1u128..).zip(&self.own);
        let unit = ks().fold(1, |unit, (k, _)| unit / common(unit, k) * k);
        let own: u128 = ks().map(|(k, posts)| u128::from(*posts) * (unit / k)).sum();
        let all = u128::from(self.all) * unit;
        let divisor = common(own, all);
        (all > 0).then(|| (own / divisor) as f64 / (all / divisor) as f64)
    }
}

/// The greatest common divisor.
fn common(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Accumulator for Voice {
    /// One column a brand: whether the post names it. The first is the brand whose share is wanted.
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let brands: Vec<&BooleanArray> = (0..values.len()).map(|at| argument(values, at)).collect::<Result<_>>()?;
        let (first, others) = brands.split_first().ok_or_else(|| exec_datafusion_err!("a market has brands"))?;
        for row in 0..first.len() {
            let names = |brand: &BooleanArray| brand.is_valid(row) && brand.value(row);
            let named = others.iter().filter(|brand| names(brand)).count();
            self.all += u64::from(named > 0 || names(first));
            if names(first) {
                self.add(named, 1);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.share()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.own.capacity() * NUMBER
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let numbers = std::iter::once(&self.all).chain(&self.own);
        Ok(vec![ScalarValue::LargeBinary(Some(numbers.flat_map(|number| number.to_le_bytes()).collect()))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for bytes in argument::<LargeBinaryArray>(states, 0)?.iter().flatten() {
            let mut numbers = bytes.chunks(NUMBER).map(|bytes| bytes.first_chunk().copied().map(u64::from_le_bytes));
            self.all += numbers.next().flatten().ok_or_else(torn)?;
            for (others, posts) in numbers.enumerate() {
                self.add(others, posts.ok_or_else(torn)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn told(rows: &[&[bool]]) -> Vec<ArrayRef> {
        let brands = rows.first().map_or(0, |row| row.len());
        (0..brands)
            .map(|at| Arc::new(rows.iter().map(|row| Some(row[at])).collect::<BooleanArray>()) as ArrayRef)
            .collect()
    }

    fn share(voice: &mut Voice) -> Option<f64> {
        let ScalarValue::Float64(share) = voice.evaluate().unwrap() else { panic!("a share is a number") };
        share
    }

    #[test]
    fn thirds_add_up_to_a_whole() {
        let mut voice = Voice::default();
        assert_eq!(share(&mut voice), None);
        voice.update_batch(&told(&[&[false, false, false]])).unwrap();
        assert_eq!(share(&mut voice), None);
        voice.update_batch(&told(&[&[true; 3], &[true; 3], &[true; 3]])).unwrap();
        assert_eq!(share(&mut voice), Some(1.0 / 3.0));
        voice.update_batch(&told(&[&[true, false, true], &[false, true, false]])).unwrap();
        assert_eq!(share(&mut voice), Some(1.5 / 5.0));
        let mut merged = Voice::default();
        for _ in 0..2 {
            let state = voice.state().unwrap().first().unwrap().to_array().unwrap();
            merged.merge_batch(&[state]).unwrap();
        }
        assert_eq!((merged.all, merged.own.as_slice()), (10, &[0, 2, 6][..]));
        assert_eq!(share(&mut merged), Some(0.3));
    }

    #[test]
    fn a_full_market_is_counted_exactly() {
        let mut voice = Voice { all: u64::MAX, own: vec![0; 32] };
        voice.own[31] = u64::MAX;
        assert_eq!(voice.share(), Some(1.0 / 32.0));
        voice.own = (0..32).map(|_| u64::MAX / 32).collect();
        let harmonic: f64 = (1..=32).map(|k| 1.0 / f64::from(k)).sum();
        assert!((voice.share().unwrap() - harmonic / 32.0).abs() < 1e-12);
    }

    #[test]
    fn a_torn_state_is_refused() {
        let state: ArrayRef = Arc::new(LargeBinaryArray::from(vec![&[1_u8, 2, 3][..]]));
        assert!(Voice::default().merge_batch(&[state]).is_err());
    }
}
