"""Clients of AWS, pointed at the world or at moto."""

import boto3
from botocore.config import Config

# The role that everybody may assume in the world.
ROLE = "arn:aws:iam::444455556666:role/sluice/read"

# CloudWatch takes three changes of alarms a second; clients wait and retry.
CONFIG = Config(retries={"mode": "standard", "max_attempts": 8})


class Aws:
    """Makes clients, each of them once. They hold sockets until it is closed."""

    def __init__(self, name, **settings):
        self.name = name
        self.settings = settings
        self.clients = {}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.client(service, **{"config": CONFIG} | self.settings)
        return self.clients[service]

    def close(self):
        for client in self.clients.values():
            client.close()
