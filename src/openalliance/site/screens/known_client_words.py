"""What is known and what is true here, in words and a picture for clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from openalliance.charts.known import Kind, KnownRow, Measured, known_chart
from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.theme import Theme
from openalliance.core.evidence.own.questions import LEAST_CLIENTS_HERE
from openalliance.core.evidence.own.relation import of_hundred, share_of_hundred
from openalliance.site.screens.drawing import drawn

if TYPE_CHECKING:
    from openalliance.core.evidence.own.pooling import Pooled
    from openalliance.core.evidence.own.questions import Here, Row, Within
    from openalliance.core.evidence.own.relation import Contrast, Relation
    from openalliance.core.evidence.published import Finding

Words = tuple[str, ...]


def client_words(here: Here, used: Finding) -> Mapping[str, Words]:
    """Return what each question says to a client, by its key."""
    return {
        "overall": (*studies_words(used), *here_words(here.overall)),
        "within": within_words(here.within),
        "modality": _modality(here),
        "rater": (
            _("You and your therapist may each see a session in your own way."),
            _verdict(
                here.rater_contrast,
                _("Here, what people in therapy say tells us more about how things turn out."),
                _("Here, what therapists say tells us more about how things turn out."),
                _("We cannot tell which of the two says more about how things turn out."),
            ),
        ),
        "time": (
            _("How it goes with your therapist can be different at the start and later on."),
            _verdict(
                here.time_contrast,
                _("Here, the start tells us more about how things turn out."),
                _("Here, the later time tells us more about how things turn out."),
                _("We cannot tell which of the two says more about how things turn out."),
            ),
        ),
    }


def studies_words(used: Finding) -> Words:
    """Return what many studies found."""
    return (
        _(
            "People have asked this for a long time: do things get better when you and your"
            " therapist work well together? There are %(k)d studies about it. They say: yes, a"
            " bit more often."
        )
        % {"k": used.k or 0},
        _(
            "Think of 100 people who say that it goes well with their therapist. Later, about"
            " %(n)d of them are in the half who feel better. If it made no difference, it would"
            " be 50."
        )
        % {"n": of_hundred(used.estimate)},
    )


def here_words(row: Row) -> Words:
    """Return what the answers of this practice say."""
    if row.own is None or row.together is None:
        return (few_words(),)
    own, n = row.own, of_hundred(row.together.r)
    if own.low > 0.0:
        found = _("It looks the same with us.")
    elif own.high < 0.0:
        found = _("With us it does not look like that. We do not know why yet.")
    else:
        found = _("Our own answers are too few to be sure.")
    looked = _("We also looked at the answers of %(n)d people here.") % {"n": own.clients}
    both = _("The studies and our own answers together: about %(n)d of 100.") % {"n": n}
    return (f"{looked} {found}", both)


def within_words(within: Within) -> Words:
    """Return what is seen from one session to the next."""
    if not within.slopes:
        return (few_words(),)
    first = within.slopes[0]
    if first.low > 0.0:
        return (_("When a session feels better than most, the days after are often a bit better."),)
    if first.high < 0.0:
        return (_("With us, the time after a good session is not better. We do not know why yet."),)
    return (_("Is the time after a good session better, too? We cannot tell yet."),)


def few_words() -> str:
    """Return why nothing of the practice is shown."""
    return _(
        "We do not show our own answers yet. We need %(n)d people or more, so that nobody can be"
        " made out."
    ) % {"n": LEAST_CLIENTS_HERE}


def client_picture(here: Here, used: Finding) -> PageChart:
    """Return the first question's picture, in people out of 100."""
    rows = [_of(_("Many studies"), Kind.PUBLISHED, used.estimate, *(used.interval or (None, None)))]
    own, both = here.overall.own, here.overall.together
    if own is not None and both is not None:
        rows += [_row(_("Here with us"), Kind.OWN, own), _row(_("Both"), Kind.TOGETHER, both)]
    measured = Measured(
        title=_("Of 100 people who say that it goes well: how many are in the better half"),
        nothing=50.0,
        reach=(40.0, 70.0),
        step=10.0,
        form=".0f",
    )
    said = "; ".join(f"{row.label}: {row.words}" for row in rows)
    return chart_on_page(
        lambda width: known_chart(rows, measured, width=width, theme=Theme.PAGE),
        key="known",
        title=_(
            "The line at 50 means: no difference. A long bar means: we are not sure. Square:"
            " studies. Circle: here. Diamond: both."
        ),
        description=f"{measured.title}. {said}.",
        drawn=drawn,
    )


def _row(label: str, kind: Kind, one: Relation | Pooled) -> KnownRow:
    return _of(label, kind, one.r, one.low, one.high)


def _of(label: str, kind: Kind, r: float, low: float | None, high: float | None) -> KnownRow:
    return KnownRow(
        label=label,
        words=_("about %(n)d of 100") % {"n": of_hundred(r)},
        kind=kind,
        value=share_of_hundred(r),
        low=None if low is None else share_of_hundred(low),
        high=None if high is None else share_of_hundred(high),
    )


def _modality(here: Here) -> Words:
    first = _("There is more than one way to do therapy.")
    if not any(row.own for row in here.modalities):
        return first, few_words()
    return (
        first,
        _(
            "We look at whether working well together matters in each of them. When the numbers"
            " differ, it may be chance."
        ),
    )


def _verdict(found: Contrast | None, first: str, second: str, open_: str) -> str:
    if found is None:
        return few_words()
    if found.low > 0.0:
        return first
    return second if found.high < 0.0 else open_
