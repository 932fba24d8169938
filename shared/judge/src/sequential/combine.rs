//! Many metrics, one error rate: the weighted mean of e-values, and which
//! metrics are to blame.
//!
//! The mean of e-processes is an e-process whatever their dependence, so the
//! chance of ever calling harm stays below alpha over all metrics and looks
//! together. Culprits come from closed testing: a metric is named if every
//! set of metrics that contains it is rejected.
//!
//! Source: `statistics.md` 1.4; Vovk & Wang, "E-values: calibration,
//! combination and applications" (2021).

/// A metric's weight (any scale, 0 is only watched) and log e-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighted {
    /// Weight, at least 0.
    pub weight: f64,
    /// Natural logarithm of the e-value.
    pub log_e: f64,
}

/// `ln Σ w_k e_k` with the weights scaled to a sum of 1; minus infinity if no
/// weight is above 0.
pub fn combined_log_e(metrics: &[Weighted]) -> f64 {
    let total: f64 = metrics.iter().map(|metric| metric.weight).sum();
    let gating = || metrics.iter().filter(|metric| metric.weight > 0.0);
    let highest = gating()
        .map(|metric| metric.log_e)
        .fold(f64::NEG_INFINITY, f64::max);
    if total <= 0.0 || !highest.is_finite() {
        return highest;
    }
    let sum: f64 = gating()
        .map(|metric| metric.weight / total * (metric.log_e - highest).exp())
        .sum();
    highest + sum.ln()
}

/// Indices of the metrics that are harmed, with a chance of at most `alpha`
/// that any of them is not: `e_k ≥ 1/α` and
/// `w_k (e_k − 1/α) + Σ_{i: e_i < 1/α} w_i (e_i − 1/α) ≥ 0`.
pub fn culprits(metrics: &[Weighted], alpha: f64) -> Vec<usize> {
    let needed = -alpha.ln();
    let highest = metrics
        .iter()
        .map(|metric| metric.log_e)
        .fold(needed, f64::max);
    // w (e − 1/α), scaled by the largest so that nothing overflows
    let excess = |metric: &Weighted| {
        metric.weight * ((metric.log_e - highest).exp() - (needed - highest).exp())
    };
    let deficit: f64 = metrics
        .iter()
        .filter(|metric| metric.log_e < needed)
        .map(excess)
        .sum();
    metrics
        .iter()
        .enumerate()
        .filter(|(_, metric)| metric.weight > 0.0 && metric.log_e >= needed)
        .filter(|(_, metric)| excess(metric) + deficit >= 0.0)
        .map(|(index, _)| index)
        .collect()
}

/// The metric that contributes most to the combined e-value.
pub fn largest_contribution(metrics: &[Weighted]) -> Option<usize> {
    metrics
        .iter()
        .enumerate()
        .filter(|(_, metric)| metric.weight > 0.0)
        .max_by(|(_, one), (_, two)| {
            (one.weight.ln() + one.log_e).total_cmp(&(two.weight.ln() + two.log_e))
        })
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(log_e: &[f64]) -> Vec<Weighted> {
        log_e
            .iter()
            .map(|log_e| Weighted {
                weight: 1.0,
                log_e: *log_e,
            })
            .collect()
    }

    #[test]
    fn one_of_two_metrics_has_to_bring_twice_the_evidence() {
        let enough = 40.0_f64.ln();
        assert!(combined_log_e(&metrics(&[enough + 0.01, -50.0])) >= 20.0_f64.ln());
        assert!(combined_log_e(&metrics(&[enough - 0.01, -50.0])) < 20.0_f64.ln());
    }

    #[test]
    fn culprit_is_the_harmed_metric_and_not_its_neighbour() {
        assert_eq!(culprits(&metrics(&[0.0, 9.0, -1.0]), 0.05), vec![1]);
    }

    #[test]
    fn weak_evidence_from_all_may_be_harm_without_a_culprit() {
        let all = metrics(&[3.2, 2.9, 2.9]);
        assert!(combined_log_e(&all) >= 20.0_f64.ln());
        assert_eq!(
            culprits(&metrics(&[3.05, 2.9, 2.9]), 0.05),
            Vec::<usize>::new()
        );
        assert_eq!(largest_contribution(&all), Some(0));
    }

    #[test]
    fn a_watched_metric_neither_adds_nor_is_blamed() {
        let all = [
            Weighted {
                weight: 0.0,
                log_e: 900.0,
            },
            Weighted {
                weight: 1.0,
                log_e: 0.0,
            },
        ];
        assert_eq!(combined_log_e(&all), 0.0);
        assert!(culprits(&all, 0.05).is_empty());
    }

    #[test]
    fn huge_evidence_does_not_overflow() {
        let all = metrics(&[5000.0, 4000.0, 0.0]);
        assert!((combined_log_e(&all) - (5000.0 - 3.0_f64.ln())).abs() < 1e-9);
        assert_eq!(culprits(&all, 0.05), vec![0, 1]);
    }

    #[test]
    fn no_metrics_are_no_evidence() {
        assert_eq!(combined_log_e(&[]), f64::NEG_INFINITY);
        assert_eq!(largest_contribution(&[]), None);
    }
}
