"""The FHIR R4 codes and addresses the project uses, and the ones it adds."""

from __future__ import annotations

LOINC = "http://loinc.org"

PUBLICATION_STATUS = frozenset({"draft", "active", "retired", "unknown"})
"""http://hl7.org/fhir/R4/valueset-publication-status.html"""

ITEM_TYPES = frozenset(
    {
        "group",
        "display",
        "boolean",
        "decimal",
        "integer",
        "date",
        "dateTime",
        "time",
        "string",
        "text",
        "url",
        "choice",
        "open-choice",
        "attachment",
        "reference",
        "quantity",
    }
)
"""http://hl7.org/fhir/R4/valueset-item-type.html"""

ENABLE_BEHAVIOUR = frozenset({"all", "any"})
"""http://hl7.org/fhir/R4/valueset-questionnaire-enable-behavior.html"""

_STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
ORDINAL_VALUE = _STRUCTURE + "ordinalValue"
TRANSLATION = _STRUCTURE + "translation"
MINIMUM = _STRUCTURE + "minValue"
MAXIMUM = _STRUCTURE + "maxValue"
SLIDER_STEP = _STRUCTURE + "questionnaire-sliderStepValue"
ITEM_CONTROL = _STRUCTURE + "questionnaire-itemControl"
ITEM_CONTROL_SYSTEM = "http://hl7.org/fhir/questionnaire-item-control"
LOWER, UPPER = "lower", "upper"
"""Item controls: a display item under a rating that says what its low or high end means."""

INSTRUMENT = "urn:openalliance:instrument"
"""Our extension on a Questionnaire: structure and scoring of the instrument, as JSON text."""

OPTION_SYSTEM = "urn:openalliance:option"
"""Our code system for options: the code is the value the answer counts as."""

QUESTIONNAIRE_URL = "urn:openalliance:questionnaire:"

WRONG_LABELS = {
    "LA6568-5": (
        frozenset({"not at all sure"}),
        "a widely copied misprint; the published option is another one: correct the file",
    )
}
"""By LOINC answer code: labels that are known to be wrong, lower case, and why."""

GAS = {"code": "107332-9", "display": "Goal attainment scale - Reported"}
GAS_BY_THERAPIST = {
    "code": "107333-7", "display": "Practitioner follow-up goal attainment scaling score",
}  # fmt: skip
GAS_BY_CLIENT = {
    "code": "107334-5", "display": "Patient follow-up goal attainment scaling score",
}  # fmt: skip
"""LOINC: the scale itself, and how far practitioner and patient see a goal attained."""

GAS_LEVELS = {
    -2: ("LA34484-8", "Much less than expected"),
    -1: ("LA34483-0", "Less than expected"),
    0: ("LA34481-4", "Expected outcome"),
    1: ("LA34480-6", "Better than expected"),
    2: ("LA34479-8", "Much better than expected"),
}
"""LOINC answers of goal attainment, by how they count."""

GAS_SCALING = "http://hl7.org/fhir/us/pco/StructureDefinition/pco-goal-attainment-scaling"
"""Extension of a Goal, once for each of its five levels: its LOINC answer and its words."""

GOAL_ACHIEVEMENT = "http://terminology.hl7.org/CodeSystem/goal-achievement"

GOAL_IDENTIFIER = "urn:openalliance:goal"
CLIENT_IDENTIFIER = "urn:openalliance:client"
"""A client's code in their practice: no name."""

IMPORTANCE = "urn:openalliance:importance"
PREFERENCE = "urn:openalliance:preference"
PACE = "urn:openalliance:pace"
"""Our extensions: how much a goal weighs, a way of working from −3 to 3, when it is too fast."""

ACTIVITY = "urn:openalliance:activity"
RATING = "urn:openalliance:rating"
"""Our code systems: activities of a plan, and what of it was rated from 0 to 10."""
