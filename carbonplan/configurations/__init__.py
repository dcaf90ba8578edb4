"""What a replica can be: LLM, SKU, parallelism, precision and clock; why others cannot."""

from carbonplan.configurations.enumeration import enumerate_configurations
from carbonplan.configurations.records import Configuration, Configurations, Rejection

__all__ = ["Configuration", "Configurations", "Rejection", "enumerate_configurations"]
