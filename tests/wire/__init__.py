"""boto3 against `sluice world`, and the same calls against moto."""
