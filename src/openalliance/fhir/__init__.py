"""Core values ↔ FHIR R4 JSON. No Django, no HTTP."""

from openalliance.fhir.reading import read_questionnaire
from openalliance.fhir.writing import to_questionnaire

__all__ = ["read_questionnaire", "to_questionnaire"]
