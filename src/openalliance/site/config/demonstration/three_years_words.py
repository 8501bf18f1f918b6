"""What the two of the three-year story wrote and how they answered, in the order of their years."""

from __future__ import annotations

from dataclasses import dataclass, replace

from openalliance.core.course.repair import Marker, Noticed, Tried
from openalliance.core.course.repair import Outcome as Became
from openalliance.core.plan import Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.site.records.conversations.ruptures import Said
from openalliance.site.records.endings.services import Review, Sheet
from openalliance.site.records.intake.services import NewRequest

NAME = "Shirin Golestani"
STORY = (
    "Three years in one record: asked for help, a rupture and its repair, a planned ending, a hard"
    " year, and back again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One appointment: in which week, life before it, and how both rated the work after it.

    Nothing where somebody did not answer; a meeting without any was called off.
    """

    week: int
    life: float | None = None
    client: float | None = None
    therapist: float | None = None
    kept: float | None = None
    """How well what was agreed between the sessions went."""


def _met(week: int, *rest: float | None) -> Meeting:
    life, client, therapist, kept = rest
    return Meeting(week=week, life=life, client=client, therapist=therapist, kept=kept)


# After week 8 she was in Shiraz with her mother for seven weeks.
FIRST = (
    _met(0, 2.8, 6.6, 6.8, 5), _met(1, 2.6, 7.2, 7.0, 6), _met(2, 3.2, 7.6, 7.2, 7),
    _met(3, 2.8, 7.8, None, 6), _met(4, 3.4, 8.0, 7.8, 7), _met(5, 3.8, 8.2, 7.6, 8),
    _met(6, 4.0, 4.0, 7.8, 7), Meeting(week=7), _met(8, 3.2, 6.8, 6.2, 3),
    _met(16, 4.0, 8.2, 7.4, 6), _met(18, 4.6, 8.4, 7.8, 7), _met(20, 5.2, 8.4, 8.0, 7),
    _met(24, None, 8.6, 8.2, None), _met(28, 5.8, 8.8, 8.0, 6), _met(33, 6.4, 9.0, 8.4, 8),
    _met(38, 6.2, 9.0, 8.6, 9), _met(42, 7.0, 9.2, 8.8, 9),
)  # fmt: skip
STRAINED, CALLED_OFF, REPAIRED, CONFIRMED = 6, 7, 8, 9
"""Which of the first meetings were those of the rupture and of what followed."""

AGAIN = (
    _met(0, 3.0, 8.0, 7.8, 5), _met(2, 3.4, 8.4, 8.0, 6), _met(4, 3.2, 8.4, 8.2, 5),
    _met(7, 4.4, 8.6, 8.2, 7), _met(12, 5.6, 8.8, 8.6, 8), _met(17, 5.4, 9.0, None, 7),
    _met(24, 6.6, 9.0, 8.8, 9),
)  # fmt: skip
NEXT = Meeting(week=28)
FOLLOWED = ((1, 7.0), (3, 7.2), (6, 6.6), (12, 4.8), (15, 3.0))
"""Months after the ending, and how life was then."""

SIGNS_CAME = 12
CHOSEN_THEN = (15, 18, 24, 60)

_CHAIR = Goal(
    id="chair", words="Sit in my father’s chair and drink my tea, without the evening being over",
    levels=(
        "I do not go into that room", "I stand in the door", "I sit down for one glass of tea",
        "I sit there and read", "I let somebody else sit in it",
    ),
    importance=3,
)  # fmt: skip
_UNCLE = Goal(id="uncle", words="Tell my uncle when I am too tired to bake", importance=2)
_HERBS = Strategy(
    id="herbs", words="Water the herbs on the balcony, also on bad days", goal_id="chair"
)
_LETTERS = Strategy(
    id="letters", words="A letter to my father on Thursdays: bring it, or burn it", goal_id="chair"
)
_SENTENCE = Strategy(
    id="sentence", words="Say it aloud before the shift: “Uncle, tomorrow I rest”", goal_id="uncle"
)
_SILENCE = Strategy(id="silence", words="If he is quiet for long, he says what happens in him")
_WAYS = (
    Preference(way=Way.DIRECTIVENESS, value=-1, words="ask me, I do not begin by myself"),
    Preference(way=Way.EMOTION, value=2, words="slowly. I have to stand in a shop at four"),
    Preference(way=Way.HUMOUR, value=-2, words="we laughed at every funeral"),
)
_NOT_FIRST = Preference(way=Way.TIME, value=1, words="not my mother first, please")
AGREED = Plan(
    goals=(_CHAIR, _UNCLE), strategies=(_HERBS, _LETTERS, _SENTENCE),
    pace=Pace(
        words="Slowly; I say when I can go faster", too_fast="I make jokes",
        too_slow="I look at the clock",
    ),
    preferences=(*_WAYS, _NOT_FIRST),
)  # fmt: skip
MENDED = replace(AGREED, strategies=(*AGREED.strategies, _SILENCE))
SLOWER = replace(MENDED, pace=replace(MENDED.pace, sessions_every_weeks=2))
_NIGHTS = Goal(id="nights", words="Be asleep at ten, and not count the ceiling until the shift")
_TABLE = Goal(id="table", words="Lay the table for Nowruz again, even if it is only for two")
RETURNED = Plan(
    goals=(_TABLE, _NIGHTS),
    strategies=(
        Strategy(id="early", words="Ring Parvaneh before noon, not after", goal_id="table"),
        Strategy(id="lamp", words="The kitchen lamp at six, tea beside it", goal_id="nights"),
        _SILENCE,
    ),
    pace=Pace(sessions_every_weeks=2, words="We know the way. Only not so late this time"),
    preferences=(*_WAYS, _NOT_FIRST),
)  # fmt: skip
HERBS, EARLY = _HERBS.id, "early"
CHAIR, UNCLE, TABLE, NIGHTS = _CHAIR.id, _UNCLE.id, _TABLE.id, _NIGHTS.id
PROGRESS = (
    (3, {CHAIR: (1, 3), UNCLE: (2, 2)}), (10, {CHAIR: (4, 5), UNCLE: (3, 6)}),
    (15, {CHAIR: (8, 7), UNCLE: (6, 7)}),
)  # fmt: skip
"""After which meeting how far each goal seemed reached: to her, and to him."""
PROGRESS_AGAIN = ((3, {TABLE: (2, 3), NIGHTS: (3, 3)}), (6, {TABLE: (7, 6), NIGHTS: (5, 6)}))

COUNTER_NOTE = "You understood almost all of it. These are my words for what I want."
AGREED_NOTE = "I like the door, the chair, the glass of tea. Let us begin at the door."
MENDED_NOTE = "What we said on Tuesday, so that I cannot forget it."
THANKS_NOTE = "Yes. And I may throw a cushion."
SLOWER_NOTE = "After Shiraz every two weeks is enough. I bake better, too."
RETURNED_NOTE = "Other words this time. The chair is all right."
UNDERSTOOD_NOTE = "Good that you came so early this time."
REMARK = "All true. Only not my mother first: she is alive, and she can wait."

HARD = (
    "On your page it says that silence is allowed. When I told you of my father’s hands you said"
    " nothing for a very long time. I counted to ninety. Then it was not allowed, it was only"
    " empty."
)
SEEN_NOTE = "I have read it. I would like to begin with this next time."
TALKED_NOTE = (
    "I went quiet because it touched me, and left her alone with it. I told her so. She laughed,"
    " then cried, then said: ninety-four."
)
CHANGED_NOTE = "When I am quiet I say why. She says “ninety” when I forget."
BACK_NOTE = "We both know to the second when it was."
BETTER_NOTE = "“Half of it is Shiraz”, she says. The other half she did herself."
RUPTURE = Said(
    marker=Marker.WITHDRAWAL, noticed_by=Noticed.SIGNAL,
    words="Short answers from the middle of the hour on, a smile at the door, and the next"
    " appointment called off the evening before. I had noticed nothing.",
)  # fmt: skip
REPAIR = replace(
    RUPTURE, tried=(Tried.EXPLORE, Tried.OWN_SHARE, Tried.CHANGE_PLAN),
    tried_words="Asked what the silence had been like. Said what was mine in it. Put a line into"
    " the plan.",
    outcome=Became.REPAIRED,
    outcome_words="She came back from Shiraz and began by herself, with the chair.",
)  # fmt: skip

ASKED = NewRequest(
    name=NAME, reach_by="text", reach_me="555 0164", safely="Not between three and noon: I bake.",
    message="My father died two years ago, and I still lay out his glass. By day I am all right"
    " with flour and people. In the evening I go round the room he sat in. I have read that you"
    " allow silence.",
    languages=("English", "فارسی"), preferences=_WAYS,
)  # fmt: skip
HER_REVIEW = Review(
    feels=1,
    changed="I drink my tea in the chair. Two evenings in the week it is only a chair.",
    helped="That you said it was your fault, the ninety seconds, and that it stayed a joke.",
    missing="My mother. She could wait, and now she has waited.",
)
HIS_REVIEW = Review(
    changed="From carrying everybody to saying what she needs, to her uncle first, then to me.",
    helped="What she wrote after the seventh session. Without it I would have gone on not knowing.",
    missing="His anniversary has not been lived through since. We spoke of it.",
)
SHEET = Sheet(
    signs=(
        "I let the herbs dry out", "I answer Parvaneh with one word",
        "I take a third early shift in a row",
    ),
    steps=("Water them, and sit beside them", "Ring before noon", "“Uncle, tomorrow I rest”"),
    people=("My cousin Parvaneh", "Jonas: I may write", "The line that is there day and night"),
)  # fmt: skip
SHEET_LATER = replace(SHEET, signs=(*SHEET.signs, "I do not lay the table for Nowruz"))
WISH = (
    "The herbs are dead and I did not lay the table. You said I should not wait until all is black."
)
