"""Wording packs: how plan, forms and openings for talks are worded in one way of working.

The neutral pack is the default, and whatever another pack has no words for is worded neutrally.
Only what stands around questions differs. Questions whose answers are scored, and everything about
safety, read the same in every pack: figures stay comparable, and help is found in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from openalliance.core.course import TalkAbout

NEUTRAL = "neutral"
PACKS = (NEUTRAL, "cbt", "psychodynamic", "person-centered")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWords:
    """What the parts of a plan are called: for the client, and above the therapist's form."""

    goals: str
    goals_help: str
    work: str
    work_help: str
    does: str
    goals_for_therapist: str
    work_for_therapist: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pack:
    """The words of one pack; a missing opening or lead is the neutral one."""

    plan: PlanWords
    leads: Mapping[str, str] = field(default_factory=dict)
    for_client: Mapping[TalkAbout, str] = field(default_factory=dict)
    for_therapist: Mapping[TalkAbout, str] = field(default_factory=dict)


def pack_name(key: str) -> str:
    """Return what a pack is called; for staff, in English."""
    return {
        NEUTRAL: "neutral: fits every way of working",
        "cbt": "CBT",
        "psychodynamic": "psychodynamic",
        "person-centered": "person-centered",
    }[key]


def plan_words(key: str) -> PlanWords:
    """Return what the parts of a plan are called, in the active language."""
    return _pack(key).plan


def form_lead(key: str, moment: str) -> str:
    """Return the line before the first question of a client's form; none in the neutral pack."""
    return _pack(key).leads.get(moment, "")


def opening(key: str, about: TalkAbout, *, for_client: bool) -> str:
    """Return how to open a talk, or nothing where the pack has no words of its own."""
    pack = _pack(key)
    return (pack.for_client if for_client else pack.for_therapist).get(about, "")


def samples(key: str) -> tuple[str, ...]:
    """Return some sentences of a pack in the active language, as a client reads them."""
    words = plan_words(key)
    found = (
        f"{words.goals}: {words.goals_help}",
        f"{words.work}: {words.work_help}",
        form_lead(key, "check-in"),
        form_lead(key, "check-out"),
    )
    return tuple(one for one in found if one)


def _pack(key: str) -> _Pack:
    return _MAKERS.get(key, _neutral)()


def _neutral() -> _Pack:
    return _Pack(
        plan=PlanWords(
            goals=_("Goals"),
            goals_help=_("What should be different in your life?"),
            work=_("What we do about it"),
            work_help=_("What helps, what you would like to try, in the sessions or between them."),
            does=_("What you do about it"),
            goals_for_therapist="Goals: what is to be different, in your client’s words",
            work_for_therapist="What you do for it",
        )
    )


def _cbt() -> _Pack:
    return _Pack(
        plan=PlanWords(
            goals=_("Goals"),
            goals_help=_("What would you like to do, or do more often?"),
            work=_("What we practise"),
            work_help=_("Small steps to try out, in the sessions or between them."),
            does=_("What you practise for it"),
            goals_for_therapist="Goals: what your client wants to do, in their words",
            work_for_therapist="What you practise for it",
        ),
        leads={
            "check-in": _("A short look at how you are. It helps you choose what to practise."),
            "check-out": _("A short look back at today. It helps you choose the next step."),
        },
        for_client={
            TalkAbout.WHAT_HAPPENED_BETWEEN_US: _(
                "What went through your mind when something did not feel right."
            ),
            TalkAbout.WHAT_HELPED_REPAIR: _("What you both did that made it easier again."),
            TalkAbout.WHAT_TO_CHANGE: _(
                "Which steps help you, which do not, and what to try instead."
            ),
            TalkAbout.WHAT_GOT_BETTER: _(
                "What you tried that made things better, and how to keep it up."
            ),
            TalkAbout.WHAT_GOT_WORSE: _(
                "What happened before it got harder, and one small step that would help."
            ),
            TalkAbout.HOW_EACH_SEES_IT: _("What each of you looks at when you rate your work."),
        },
        for_therapist={
            TalkAbout.WHAT_HAPPENED_BETWEEN_US: _(
                "“Something in that session may not have felt right. What went through your mind?”"
            ),
            TalkAbout.WHAT_HELPED_REPAIR: _(
                "“We work well together again. What did we do differently? Let us keep it.”"
            ),
            TalkAbout.WHAT_TO_CHANGE: _(
                "“Which of our steps help, and which do not? What shall we try instead?”"
            ),
            TalkAbout.WHAT_GOT_BETTER: _(
                "“Something is better. What did you try, and how can you keep it up?”"
            ),
            TalkAbout.WHAT_GOT_WORSE: _(
                "“Things are harder. What happened just before? What small step would help?”"
            ),
            TalkAbout.HOW_EACH_SEES_IT: _(
                "“We rate our work differently. What did each of us go by?”"
            ),
        },
    )


def _psychodynamic() -> _Pack:
    return _Pack(
        plan=PlanWords(
            goals=_("What I want to understand and change"),
            goals_help=_("What keeps coming back? How would you like it to be?"),
            work=_("What we look at together"),
            work_help=_("Feelings, dreams, people, what goes on between the two of you."),
            does=_("What you look at together"),
            goals_for_therapist="What your client wants to understand and change, in their words",
            work_for_therapist="What you look at together",
        ),
        leads={
            "check-in": _("Take a moment. It helps you both notice what matters today."),
            "check-out": _("Take a moment. It helps you both see what went on between you."),
        },
        for_client={
            TalkAbout.WHAT_HAPPENED_BETWEEN_US: _(
                "What it was like for you when something came between you."
            ),
            TalkAbout.WHAT_HELPED_REPAIR: _(
                "What it was like to feel close again after it was hard."
            ),
            TalkAbout.WHAT_TO_CHANGE: _(
                "What you have not talked about yet, and what makes it hard."
            ),
            TalkAbout.WHAT_GOT_BETTER: _("What has changed in you, and where it may come from."),
            TalkAbout.WHAT_GOT_WORSE: _(
                "What has got heavier, and whether you know the feeling from before."
            ),
            TalkAbout.HOW_EACH_SEES_IT: _(
                "What your therapist may not see about your time together."
            ),
        },
        for_therapist={
            TalkAbout.WHAT_HAPPENED_BETWEEN_US: _(
                "“Something may have come between us. I wonder what it stirred in you.”"
            ),
            TalkAbout.WHAT_HELPED_REPAIR: _(
                "“We are close again, it seems. What was it like to be apart, and then not?”"
            ),
            TalkAbout.WHAT_TO_CHANGE: _(
                "“Perhaps we pass something by. What have we not talked about yet?”"
            ),
            TalkAbout.WHAT_GOT_BETTER: _("“Something has shifted. How do you understand it?”"),
            TalkAbout.WHAT_GOT_WORSE: _(
                "“It has got heavier. Is it a feeling you know from before?”"
            ),
            TalkAbout.HOW_EACH_SEES_IT: _(
                "“We each live these hours in our own way. What may I not be seeing?”"
            ),
        },
    )


def _person_centered() -> _Pack:
    return _Pack(
        plan=PlanWords(
            goals=_("Where I would like to get to"),
            goals_help=_("In your own words. Nobody knows it better than you."),
            work=_("What helps me on the way"),
            work_help=_("What you need from the sessions, and from yourself."),
            does=_("What helps you on the way"),
            goals_for_therapist="Where your client would like to get to, in their words",
            work_for_therapist="What helps on the way",
        ),
        leads={
            "check-in": _("How it is for you is what counts here."),
            "check-out": _("How it was for you is what counts. There is no right answer."),
        },
        for_client={
            TalkAbout.WHAT_HAPPENED_BETWEEN_US: _(
                "Whether you felt heard, and what you would have liked."
            ),
            TalkAbout.WHAT_HELPED_REPAIR: _("What you needed, and whether you got it."),
            TalkAbout.WHAT_TO_CHANGE: _("What you need from your therapist to go your own way."),
            TalkAbout.WHAT_GOT_BETTER: _("What feels lighter now, and what that is like."),
            TalkAbout.WHAT_GOT_WORSE: _("What feels harder now, and what that is like."),
            TalkAbout.HOW_EACH_SEES_IT: _(
                "How it looks through your eyes, so that your therapist can see it too."
            ),
        },
        for_therapist={
            TalkAbout.WHAT_HAPPENED_BETWEEN_US: _(
                "“I may not have heard you well in that session. How was it for you?”"
            ),
            TalkAbout.WHAT_HELPED_REPAIR: _(
                "“It feels closer between us again. What did you need, and did you get it?”"
            ),
            TalkAbout.WHAT_TO_CHANGE: _(
                "“What do you need from me, and from our time, to go your own way?”"
            ),
            TalkAbout.WHAT_GOT_BETTER: _("“Something feels lighter. What is that like for you?”"),
            TalkAbout.WHAT_GOT_WORSE: _(
                "“It has got harder. I would like to be with you in it. What is it like?”"
            ),
            TalkAbout.HOW_EACH_SEES_IT: _(
                "“I may see it differently from you. Help me see it your way.”"
            ),
        },
    )


_MAKERS: Mapping[str, Callable[[], _Pack]] = {
    NEUTRAL: _neutral,
    "cbt": _cbt,
    "psychodynamic": _psychodynamic,
    "person-centered": _person_centered,
}
