"""Core values ↔ FHIR R4 JSON. No Django, no HTTP."""

from openalliance.fhir.plan_reading import read_plan
from openalliance.fhir.plans import People, Standing, Version, to_plan_bundle
from openalliance.fhir.reading import read_questionnaire
from openalliance.fhir.writing import to_questionnaire

__all__ = [
    "People",
    "Standing",
    "Version",
    "read_plan",
    "read_questionnaire",
    "to_plan_bundle",
    "to_questionnaire",
]
