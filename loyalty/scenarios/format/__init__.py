"""The file format of scenarios: what may be written, how it is read, and its JSON Schema, all from the same tables."""

from loyalty.scenarios.format.loading import FormatInvalid, lines_of, load, load_text
from loyalty.scenarios.format.publish import described, json_schema
from loyalty.scenarios.format.scenario import read

__all__ = ["FormatInvalid", "described", "json_schema", "lines_of", "load", "load_text", "read"]
