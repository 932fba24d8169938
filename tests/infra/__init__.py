"""What `infra/template.yaml` installs: rules that it has to keep, and a deployment of it into an emulated AWS."""
