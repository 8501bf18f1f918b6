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
