# The pipeline of infra/examples/lambda-service.yaml for Terraform. Terraform itself was not run on it: see docs/examples.md.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The first one looked at that knows on_failure.
      version = ">= 5.100"
    }
  }
}

variable "sluice_stack" {
  description = "Name of the stack of infra/template.yaml, which its functions and state machines are called after."
  type        = string
  default     = "sluice"
}

variable "pipeline_name" {
  description = "Name of the pipeline. Each gate is told it."
  type        = string
  default     = "checkout"
}

variable "service_name" {
  description = "The service, as its sluice.yaml calls it."
  type        = string
  default     = "checkout"
}

variable "stage_checks_machine_arn" {
  description = "The output StageChecksMachineArn of that stack."
  type        = string
}

variable "pipeline_role_arn" {
  description = "The pipeline's role. It has the stack's output StatementsForThePipelinesRole, and what the other actions call."
  type        = string
}

variable "artifact_bucket" {
  description = "The bucket of the pipeline's artifacts."
  type        = string
}

variable "connection_arn" {
  description = "The connection to where the code is."
  type        = string
}

variable "build_project" {
  description = "The CodeBuild project that builds the function's code."
  type        = string
}

variable "shift_project" {
  description = "The CodeBuild project that sends a tenth of the invocations, or all, to a version."
  type        = string
}

locals {
  # Filled in by CodePipeline, not by Terraform.
  release = "#{codepipeline.PipelineExecutionId}"
}

resource "aws_codepipeline" "pipeline" {
  name           = var.pipeline_name
  pipeline_type  = "V2"
  execution_mode = "SUPERSEDED"
  role_arn       = var.pipeline_role_arn

  artifact_store {
    type     = "S3"
    location = var.artifact_bucket
  }

  stage {
    name = "source"

    action {
      name             = "source"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      run_order        = 1
      output_artifacts = ["source"]
      configuration = {
        ConnectionArn    = var.connection_arn
        FullRepositoryId = "example/checkout"
        BranchName       = "main"
      }
    }
  }

  stage {
    name = "build"

    action {
      name             = "build"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      run_order        = 1
      input_artifacts  = ["source"]
      output_artifacts = ["built"]
      configuration    = { ProjectName = var.build_project }
    }
  }

  # All gates of a stage in one action of Sluice.
  stage {
    name = "beta"

    action {
      name            = "deploy"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 1
      input_artifacts = ["built"]
      configuration   = { FunctionName = "checkout-beta", FunctionAlias = "live", DeployStrategy = "AllAtOnce" }
    }

    action {
      name            = "checks"
      category        = "Invoke"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 2
      input_artifacts = ["source"]
      configuration = {
        FunctionName   = "${var.sluice_stack}-checks"
        UserParameters = jsonencode({ pipeline = var.pipeline_name, release = local.release, service = var.service_name, stage = "beta" })
      }
    }
  }

  # The same by CodePipeline's own action, which may take seven days.
  stage {
    name = "gamma"

    action {
      name            = "deploy"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 1
      input_artifacts = ["built"]
      configuration   = { FunctionName = "checkout-gamma", FunctionAlias = "live", DeployStrategy = "AllAtOnce" }
    }

    action {
      name      = "checks"
      category  = "Invoke"
      owner     = "AWS"
      provider  = "StepFunctions"
      version   = "1"
      run_order = 2
      configuration = {
        StateMachineArn     = var.stage_checks_machine_arn
        ExecutionNamePrefix = "checks"
        InputType           = "Literal"
        Input               = jsonencode({ pipeline = var.pipeline_name, release = local.release, service = var.service_name, stage = "gamma" })
      }
    }
  }

  # In the stage that is rolled back this gate would stop the rollback.
  stage {
    name = "prod-clear"

    action {
      name            = "clear"
      category        = "Invoke"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 1
      input_artifacts = ["source"]
      configuration = {
        FunctionName   = "${var.sluice_stack}-bake"
        UserParameters = jsonencode({ pipeline = var.pipeline_name, release = local.release, service = var.service_name, stage = "prod-clear", gate = "clear" })
      }
    }
  }

  # A gate an action, so that the release goes to more people in between.
  stage {
    name = "prod"

    on_failure {
      result = "ROLLBACK"
    }

    action {
      name            = "deploy"
      namespace       = "deployed"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 1
      input_artifacts = ["built"]
      configuration   = { FunctionName = "checkout" }
    }

    action {
      name            = "shift"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      run_order       = 2
      input_artifacts = ["source"]
      configuration = {
        ProjectName          = var.shift_project
        EnvironmentVariables = "[{\"name\":\"VERSION\",\"type\":\"PLAINTEXT\",\"value\":\"#{deployed.FunctionVersion}\"},{\"name\":\"TO\",\"type\":\"PLAINTEXT\",\"value\":\"a-tenth\"}]"
      }
    }

    action {
      name            = "canary"
      category        = "Invoke"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 3
      input_artifacts = ["source"]
      configuration = {
        FunctionName   = "${var.sluice_stack}-canary"
        UserParameters = jsonencode({ pipeline = var.pipeline_name, release = local.release, service = var.service_name, stage = "prod", gate = "canary" })
      }
    }

    action {
      name            = "promote"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      run_order       = 4
      input_artifacts = ["source"]
      configuration = {
        ProjectName          = var.shift_project
        EnvironmentVariables = "[{\"name\":\"VERSION\",\"type\":\"PLAINTEXT\",\"value\":\"#{deployed.FunctionVersion}\"},{\"name\":\"TO\",\"type\":\"PLAINTEXT\",\"value\":\"all\"}]"
      }
    }

    # Both at once.
    action {
      name            = "validate"
      category        = "Invoke"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 5
      input_artifacts = ["source"]
      configuration = {
        FunctionName   = "${var.sluice_stack}-validate"
        UserParameters = jsonencode({ pipeline = var.pipeline_name, release = local.release, service = var.service_name, stage = "prod", gate = "validate" })
      }
    }

    action {
      name            = "bake"
      category        = "Invoke"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      run_order       = 5
      input_artifacts = ["source"]
      configuration = {
        FunctionName   = "${var.sluice_stack}-bake"
        UserParameters = jsonencode({ pipeline = var.pipeline_name, release = local.release, service = var.service_name, stage = "prod", gate = "bake" })
      }
    }
  }
}
