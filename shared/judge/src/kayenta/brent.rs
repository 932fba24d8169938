//! The root finder that fixes Kayenta's numbers to the last digit.
//!
//! Brent's method as R's `zeroin` has it, with the same constants: its
//! tolerance of 1e-4 is absolute, so metrics whose values are of the order of
//! 1e-3 or less get coarse answers. That is part of being compatible.
//!
//! Source: `peers.md` C5; Brent, "Algorithms for Minimization without
//! Derivatives" (1973), chapter 4.

/// Absolute tolerance of the root.
const TOLERANCE: f64 = 1e-4;
const STEPS_MAX: u32 = 1001;

/// A point and the function's value there.
#[derive(Clone, Copy)]
struct Point {
    at: f64,
    value: f64,
}

/// A root of `function` between `low` and `high`; one of the two if the
/// function is 0 there, some point between them if it does not change sign.
/// Where the function cannot be computed, its error.
pub(crate) fn root<E>(
    low: f64,
    high: f64,
    mut function: impl FnMut(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    let mut previous = Point {
        at: low,
        value: function(low)?,
    };
    let mut best = Point {
        at: high,
        value: function(high)?,
    };
    for end in [previous, best] {
        if is_zero(end.value) {
            return Ok(end.at);
        }
    }
    let mut opposite = previous;
    for _ in 0..STEPS_MAX {
        let last_step = best.at - previous.at;
        if opposite.value.abs() < best.value.abs() {
            previous = best;
            best = opposite;
            opposite = previous;
        }
        let tolerance = 2.0 * f64::EPSILON * best.at.abs() + TOLERANCE / 2.0;
        let mut step = (opposite.at - best.at) / 2.0;
        if step.abs() <= tolerance || is_zero(best.value) {
            break;
        }
        if last_step.abs() >= tolerance && previous.value.abs() > best.value.abs() {
            step = interpolated(previous, best, opposite, last_step, tolerance).unwrap_or(step);
        }
        if step.abs() < tolerance {
            step = if step > 0.0 { tolerance } else { -tolerance };
        }
        previous = best;
        best.at += step;
        best.value = function(best.at)?;
        let same_sign = (best.value > 0.0 && opposite.value > 0.0)
            || (best.value < 0.0 && opposite.value < 0.0);
        if same_sign {
            opposite = previous;
        }
    }
    Ok(best.at)
}

/// Secant or inverse quadratic interpolation, if it stays well inside.
fn interpolated(
    previous: Point,
    best: Point,
    opposite: Point,
    last_step: f64,
    tolerance: f64,
) -> Option<f64> {
    let width = opposite.at - best.at;
    let (mut p, mut q);
    if previous.at == opposite.at {
        let ratio = best.value / previous.value;
        p = width * ratio;
        q = 1.0 - ratio;
    } else {
        let t1 = best.value / opposite.value;
        let t2 = best.value / previous.value;
        q = previous.value / opposite.value;
        p = t2 * (width * q * (q - t1) - (best.at - previous.at) * (t1 - 1.0));
        q = (q - 1.0) * (t1 - 1.0) * (t2 - 1.0);
    }
    if p > 0.0 {
        q = -q;
    } else {
        p = -p;
    }
    let accepted =
        p < 0.75 * width * q - (tolerance * q).abs() / 2.0 && p < (last_step * q / 2.0).abs();
    accepted.then(|| p / q)
}

fn is_zero(value: f64) -> bool {
    value.abs() <= f64::from_bits(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn find(low: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
        let Ok(found) = root(low, high, |at| Ok::<f64, Infallible>(function(at)));
        found
    }

    #[test]
    fn smooth_root_is_found_within_the_tolerance() {
        assert!((find(0.0, 4.0, |x| x * x * x - 8.0) - 2.0).abs() < TOLERANCE);
    }

    #[test]
    fn jump_is_found_within_the_tolerance() {
        let jump = find(-3.0, 10.0, |x| if x < 1.25 { 1.0 } else { -2.0 });
        assert!((jump - 1.25).abs() <= TOLERANCE);
    }

    #[test]
    fn end_that_is_a_root_is_returned_as_it_is() {
        assert_eq!(find(1.0, 5.0, |x| x - 5.0), 5.0);
        assert_eq!(find(1.0, 5.0, |x| x - 1.0), 1.0);
    }

    #[test]
    fn error_of_the_function_ends_the_search() {
        assert_eq!(root(0.0, 1.0, |_| Err::<f64, &str>("no")), Err("no"));
    }

    #[test]
    fn function_that_never_changes_sign_ends_the_search() {
        assert!((0.0..=1.0).contains(&find(0.0, 1.0, |_| 1.0)));
    }
}
