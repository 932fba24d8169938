"""CodePipeline and CodeDeploy as far as the machines `rollback` and `hook` ask them, with time that passes from read to read.

A test double: our reading of the two APIs. That `sluice world` and AWS agree is for other tests.
"""

import datetime

UTC = datetime.UTC


def ago(seconds: float) -> datetime.datetime:
    """A time before now."""
    return datetime.datetime.now(UTC) - datetime.timedelta(seconds=seconds)


def begun(one: dict) -> dict:
    """With the time at which it began, which later reads do not move."""
    return {**one, "began": ago(one.get("ago", 0))}


class Pipeline:
    """One pipeline and one stage.

    `stage_runs`: reads until the stage has failed. `next_after`: reads until the next release is in the stage, as
    `next_status`.
    `refuses`: how often a rollback is refused. `lost`: its answer is lost, though it began. `rollback_takes`: reads
    until it ends as `rollback_ends`.
    """

    def __init__(self, given: dict | None) -> None:
        given = given or {}
        self.stage = given.get("stage", "prod")
        self.latest = given.get("latest", "r-bad")
        self.latest_kind = given.get("latest_kind", "STANDARD")
        self.stage_status = given.get("stage_status", "Failed")
        self.stage_runs = given.get("stage_runs", 0)
        self.next_after = given.get("next_after")
        self.next_status = given.get("next_status", "InProgress")
        self.refuses = given.get("refuses", 0)
        self.refusal = given.get("refusal", "UnableToRollbackStageException")
        self.lost = given.get("lost", False)
        self.takes = given.get("rollback_takes", 1)
        self.ends = given.get("rollback_ends", "Succeeded")
        self.mode = given.get("mode", "SUPERSEDED")
        self.page = given.get("page", 20)
        self.actions = given.get("actions", [])
        default = [
            {"id": "r-bad", "status": "Failed", "ago": 600},
            {"id": "r-good", "status": "Succeeded", "ago": 7200, "succeeded": True},
        ]
        self.executions = [begun(execution) for execution in given.get("executions", default)]

    def answer(self, operation: str, asked: dict):
        """The answer, or the code of an error."""
        return getattr(self, operation)(asked)

    def get_pipeline_state(self, asked: dict):
        self.stage_runs -= 1
        if self.next_after is not None:
            self.next_after -= 1
            if self.next_after < 0:
                self.latest, self.latest_kind, self.stage_status = "r-next", "STANDARD", self.next_status
        running = self.stage_runs >= 0 and self.latest_kind == "STANDARD"
        status = "InProgress" if running else self.stage_status
        latest = {"pipelineExecutionId": self.latest, "status": status, "type": self.latest_kind}
        stages = [{"stageName": "build"}, {"stageName": self.stage, "latestExecution": latest}]
        return {"pipelineName": asked["name"], "stageStates": stages}

    def summary(self, execution: dict) -> dict:
        made = {
            "pipelineExecutionId": execution["id"],
            "status": execution["status"],
            "startTime": execution["began"],
            "executionMode": self.mode,
            "executionType": execution.get("type", "STANDARD"),
        }
        if "target" in execution:
            made["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": execution["target"]}
        return made

    def list_pipeline_executions(self, asked: dict):
        only = asked.get("filter", {}).get("succeededInStage")
        found = [e for e in self.executions if not only or e.get("succeeded")]
        begin = int(asked.get("nextToken", "0"))
        answer = {"pipelineExecutionSummaries": [self.summary(e) for e in found[begin : begin + self.page]]}
        if begin + self.page < len(found):
            answer["nextToken"] = str(begin + self.page)
        return answer

    def get_pipeline_execution(self, asked: dict):
        for execution in self.executions:
            if execution["id"] == asked["pipelineExecutionId"]:
                if "reads" in execution:
                    execution["reads"] -= 1
                    execution["status"] = "InProgress" if execution["reads"] >= 0 else self.ends
                made = self.summary(execution)
                made.pop("startTime")
                return {"pipelineExecution": {"pipelineName": asked["pipelineName"], **made}}
        return "PipelineExecutionNotFoundException"

    def rollback_stage(self, asked: dict):
        if self.stage_runs > 0:
            return "UnableToRollbackStageException"
        if self.latest_kind == "ROLLBACK":
            return "ConflictException"
        if self.refuses > 0:
            self.refuses -= 1
            return self.refusal
        target = asked["targetPipelineExecutionId"]
        made = {"id": "r-rollback", "status": "InProgress", "ago": 0, "type": "ROLLBACK", "target": target}
        self.executions.insert(0, begun(dict(made, reads=self.takes)))
        self.latest, self.latest_kind, self.stage_status = "r-rollback", "ROLLBACK", "InProgress"
        return "InternalFailure" if self.lost else {"pipelineExecutionId": "r-rollback"}

    def list_action_executions(self, asked: dict):
        details = [
            {
                "pipelineExecutionId": asked["filter"]["pipelineExecutionId"],
                "stageName": action.get("stage", self.stage),
                "actionName": action["name"],
                "input": {
                    "actionTypeId": {
                        "category": "Deploy",
                        "owner": "AWS",
                        "provider": action.get("provider", "CodeDeploy"),
                        "version": "1",
                    }
                },
                "output": {"executionResult": {"externalExecutionId": action["deployment"]}},
            }
            for action in self.actions
        ]
        begin = int(asked.get("nextToken", "0"))
        answer = {"actionExecutionDetails": details[begin : begin + self.page]}
        if begin + self.page < len(details):
            answer["nextToken"] = str(begin + self.page)
        return answer


class Deployments:
    """The deployments of one group. `stops_after`: reads until a stopped one is stopped and rolled back.

    `rollback_ends`: how a deployment ends that rolls back, after `takes` reads. `lost`: the answer to the first that is
    created is lost, though it began.
    """

    def __init__(self, given: dict | None) -> None:
        given = given or {}
        self.all = {one["id"]: begun(one) for one in given.get("deployments", [])}
        self.stops_after = given.get("stops_after", 1)
        self.rolls_back = given.get("rolls_back", True)
        self.takes = given.get("takes", 1)
        self.ends = given.get("rollback_ends", "Succeeded")
        self.lost = given.get("lost", False)
        self.answered: dict[str, str] = {}

    def answer(self, operation: str, asked: dict):
        """The answer, or the code of an error."""
        return getattr(self, operation)(asked)

    def put_lifecycle_event_hook_execution_status(self, asked: dict):
        name = asked["lifecycleEventHookExecutionId"]
        if name in self.answered:
            return "LifecycleEventAlreadyCompletedException"
        self.answered[name] = asked["status"]
        return {"lifecycleEventHookExecutionId": name}

    def info(self, one: dict) -> dict:
        made = {
            "deploymentId": one["id"],
            "applicationName": "shop",
            "deploymentGroupName": "prod",
            "status": one["status"],
            "createTime": one["began"],
            "revision": {"revisionType": "S3", "s3Location": {"bucket": "b", "key": one.get("revision", "new.zip")}},
            "description": one.get("description", ""),
        }
        if one.get("rollback"):
            made["rollbackInfo"] = {"rollbackDeploymentId": one["rollback"]}
        return made

    def get_deployment(self, asked: dict):
        one = self.all.get(asked["deploymentId"])
        if one is None:
            return "DeploymentDoesNotExistException"
        if "reads" in one:
            one["reads"] -= 1
            if one["reads"] < 0:
                one["status"] = one.pop("becomes")
                one.pop("reads")
                if one["status"] == "Stopped" and self.rolls_back:
                    one["rollback"] = "d-BACK"
                    self.begin("d-BACK", "rolled back by CodeDeploy", "old.zip")
        return {"deploymentInfo": self.info(one)}

    def begin(self, name: str, description: str, revision: str) -> None:
        made = {"id": name, "status": "InProgress", "description": description, "revision": revision}
        self.all[name] = begun(dict(made, reads=self.takes, becomes=self.ends))

    def stop_deployment(self, asked: dict):
        one = self.all[asked["deploymentId"]]
        if one["status"] != "InProgress":
            return "DeploymentAlreadyCompletedException"
        if "becomes" not in one:
            one.update(reads=self.stops_after, becomes="Stopped")
        return {"status": "Pending"}

    def list_deployments(self, asked: dict):
        wanted = asked["includeOnlyStatuses"]
        found = sorted((one for one in self.all.values() if one["status"] in wanted), key=lambda one: one["began"], reverse=True)
        return {"deployments": [one["id"] for one in found]}

    def batch_get_deployments(self, asked: dict):
        return {"deploymentsInfo": [self.info(self.all[name]) for name in asked["deploymentIds"]]}

    def create_deployment(self, asked: dict):
        if any(one["status"] == "InProgress" for one in self.all.values()):
            return "DeploymentLimitExceededException"
        self.begin("d-NEW", asked["description"], asked["revision"]["s3Location"]["key"])
        if self.lost:
            return "InternalFailure"
        return {"deploymentId": "d-NEW"}


MODELS = {"codepipeline": Pipeline, "codedeploy": Deployments}
