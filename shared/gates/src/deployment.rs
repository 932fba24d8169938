//! Which runs of actions deployed the release that a gate judges.

use sluice_aws::ActionRun;

use crate::Ask;

/// Whether an action's run deployed this release, as far as it had begun by
/// this look: to the gate's stage, or by the actions that the settings name.
pub(crate) fn is_deployment(run: &ActionRun, ask: &Ask, deployed_by: &[String]) -> bool {
    if run.began > ask.now {
        return false;
    }
    if deployed_by.is_empty() {
        run.deploys && run.stage == ask.stage
    } else {
        deployed_by.contains(&format!("{}/{}", run.stage, run.action))
    }
}
