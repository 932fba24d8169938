//! Random numbers with a seed: the same run gives the same table anywhere.
//!
//! xoshiro256++ (Blackman & Vigna) seeded through splitmix64, and the few
//! distributions the tables need.

use std::f64::consts::PI;

/// A stream of random numbers.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream of one run of one row.
    pub(crate) fn new(row: u64, run: u64) -> Random {
        let mut seed =
            row.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ run.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let state = std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        });
        Random { state }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Uniform in (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal (Box & Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (2.0 * PI * v).cos()
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Gamma with scale 1 (Marsaglia & Tsang).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let power = self.uniform().powf(1.0 / shape);
            return self.gamma(shape + 1.0) * power;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Student's t with 3 degrees of freedom, scaled to standard deviation 1.
    pub(crate) fn student_3(&mut self) -> f64 {
        let chi_square = 2.0 * self.gamma(1.5);
        self.normal() / (chi_square / 3.0).sqrt() / 3.0_f64.sqrt()
    }

    /// Poisson: by halving through a gamma while the mean is large, then by
    /// counting (Ahrens & Dieter).
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        let (mut left, mut count) = (mean, 0.0);
        while left > 30.0 {
            let steps = (left * 0.875).floor();
            let reached = self.gamma(steps);
            if reached > left {
                return count + self.binomial(steps - 1.0, left / reached);
            }
            count += steps;
            left -= reached;
        }
        let limit = (-left).exp();
        let mut product = self.uniform();
        while product > limit {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }

    /// Binomial by single trials; only reached for a part of a large Poisson.
    fn binomial(&mut self, trials: f64, chance: f64) -> f64 {
        let mut left = trials;
        let mut count = 0.0;
        while left >= 1.0 {
            count += f64::from(u8::from(self.uniform() < chance));
            left -= 1.0;
        }
        count
    }

    /// Negative binomial with the given mean and variance / mean above 1.
    pub(crate) fn bursts(&mut self, mean: f64, dispersion: f64) -> f64 {
        let scale = dispersion - 1.0;
        let rate = self.gamma(mean / scale) * scale;
        self.poisson(rate)
    }
}
