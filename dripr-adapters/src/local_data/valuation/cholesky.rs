//! Solving symmetric positive definite systems by Cholesky factorisation.

/// The lower triangle L of A = L Lᵀ, row by row.
pub(super) struct Cholesky {
    size: usize,
    rows: Vec<f64>,
}

impl Cholesky {
    /// Factorises a matrix given row by row, of which only the lower triangle is read. Nothing if it is not positive
    /// definite or holds what is no number.
    pub(super) fn new(mut rows: Vec<f64>, size: usize) -> Option<Self> {
        if rows.len() != size * size {
            return None;
        }
        for i in 0..size {
            let (done, rest) = rows.split_at_mut(i * size);
            let row = rest.get_mut(..=i)?;
            for j in 0..i {
                let above = done.get(j * size..=j * size + j)?;
                let sum = dot(row.get(..j)?, above.get(..j)?);
                row[j] = (row[j] - sum) / above[j];
            }
            let pivot = row[i] - dot(&row[..i], &row[..i]);
            if !(pivot > 1e-12 && pivot.is_finite()) {
                return None;
            }
            row[i] = pivot.sqrt();
        }
        Some(Self { size, rows })
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.size..=i * self.size + i]
    }

    /// x of A x = b.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for i in 0..self.size {
            let row = self.row(i);
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
        for i in (0..self.size).rev() {
            let row = self.row(i);
            x[i] /= row[i];
            let solved = x[i];
            for (earlier, factor) in x[..i].iter_mut().zip(row) {
                *earlier -= factor * solved;
            }
        }
        x
    }

    /// The diagonal of A⁻¹.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        // Row j of `inverse` is column j of L⁻¹ from its diagonal on, so that the inner products run over memory.
        let mut diagonal = vec![0.0; self.size];
        let mut column = vec![0.0; self.size];
        for j in 0..self.size {
            column[j] = 1.0 / self.row(j)[j];
            for i in j + 1..self.size {
                let row = self.row(i);
                column[i] = -dot(&row[j..i], &column[j..i]) / row[i];
            }
            diagonal[j] = dot(&column[j..], &column[j..]);
        }
        diagonal
    }
}

/// The inner product, in four lanes so that the sum need not wait for itself.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a1) = a.as_chunks::<4>();
    let (b4, b1) = b.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for (x, y) in a4.iter().zip(b4) {
        lanes[0] += x[0] * y[0];
        lanes[1] += x[1] * y[1];
        lanes[2] += x[2] * y[2];
        lanes[3] += x[3] * y[3];
    }
    let rest: f64 = a1.iter().zip(b1).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved_and_inverted() {
        let a = vec![4.0, 9.0, 9.0, 2.0, 5.0, 9.0, 0.6, 1.0, 3.0];
        let factor = Cholesky::new(a, 3).unwrap();
        // A = [[4, 2, 0.6], [2, 5, 1], [0.6, 1, 3]]
        let x = factor.solve(&[1.0, 2.0, 3.0]);
        for (row, b) in [([4.0, 2.0, 0.6], 1.0), ([2.0, 5.0, 1.0], 2.0), ([0.6, 1.0, 3.0], 3.0)] {
            assert!((row.iter().zip(&x).map(|(r, x)| r * x).sum::<f64>() - b).abs() < 1e-12);
        }
        for (i, have) in factor.inverse_diagonal().into_iter().enumerate() {
            let mut unit = [0.0; 3];
            unit[i] = 1.0;
            assert!((factor.solve(&unit)[i] - have).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::new(vec![f64::NAN], 1).is_none());
        assert!(Cholesky::new(vec![1.0; 3], 2).is_none());
    }
}
