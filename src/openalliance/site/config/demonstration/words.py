"""What people of the demonstration wrote: goals, strategies, hard things, notes."""

from __future__ import annotations

from openalliance.core.course import SignalKind

Pair = tuple[str, tuple[str, ...]]

GOALS: dict[str, tuple[Pair, ...]] = {
    "en": (
        ("Sleep through most nights", ("Get up at the same time every day", "No phone in bed")),
        (
            "Take the bus to work again",
            ("One stop further each week", "Breathe out slowly when it gets tight"),
        ),
        ("Say no without feeling guilty for days", ("Practise one small no a week",)),
        ("Find out what I want, not what is expected", ("Ten minutes of writing on Sundays",)),
        ("Be less harsh with myself", ("Notice the harsh voice and answer it as a friend would",)),
        ("Laugh with my children again", ("One hour on Saturday that belongs to us",)),
        ("Grieve for my father without drowning in it", ("Visit the garden he planted",)),
        ("See friends twice a month", ("Write to one person before each session",)),
        ("Understand why I get so angry at work", ("Note what happened just before",)),
        ("Finish my degree", ("Half an hour at the desk, then stop",)),
        ("Feel at home in this country", ("Choir on Thursdays", "Cook from home for a neighbour")),
        ("Trust my partner, and be trusted", ("Say what I am afraid of before I go quiet",)),
        ("Go a whole week without checking the door", ("Leave once, and stay gone",)),
        ("Have a good day even when the pain is there", ("Rest before I have to",)),
    ),
    "es": (
        ("Dormir bien casi todas las noches", ("Levantarme siempre a la misma hora",)),
        ("Hablar con mi madre sin pelear", ("Llamarla los domingos, con calma",)),
        ("Volver a salir sola", ("Dar cada semana un paseo un poco más largo",)),
        ("Tratarme con más cariño", ("Apuntar cada noche una cosa que hice bien",)),
        ("Encontrar un trabajo que me guste", ("Media hora al día para buscar",)),
        ("Sentirme en casa aquí", ("Ir al coro los jueves",)),
    ),
}

PACE = {
    "en": ("", "Slowly, please; one thing at a time.", "It may go a little faster.", ""),
    "es": ("", "Despacio, una cosa cada vez.", "Podemos ir un poco más rápido.", ""),
}

PROPOSAL_NOTES = {
    "en": (
        "This is how I understood what you want. Change whatever does not fit.",
        "As we said last time.",
        "",
    ),
    "es": ("Así entendí lo que quieres. Cambia lo que no encaje.", "Como hablamos.", ""),
}
ANSWER_NOTES = {
    "en": ("Yes, that is it.", "Yes. The second one scares me a bit.", "", ""),
    "es": ("Sí, eso es.", "Sí, aunque me da un poco de miedo.", ""),
}
DECLINE_NOTES = {
    "en": (
        "Every two weeks is too long for me right now. Can we talk about it?",
        "I would rather stay with the first goal for a while.",
    ),
    "es": ("Cada dos semanas es demasiado tiempo para mí ahora. ¿Lo hablamos?",),
}

HARD: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("pace", "I need more time with one thing before we go on to the next."),
        ("pace", "Honestly, I think we are going in circles."),
        ("disagreement", "I don’t think it is about my mother. I said so and you came back to it."),
        ("disagreement", "The breathing exercise makes it worse. I only pretended to do it."),
        ("stopping", "I have been thinking about stopping. I was afraid you would be hurt."),
        ("not-safe", "When you looked at the clock I thought you wanted me gone."),
        ("not-safe", "The waiting room is next to somebody I know from work."),
        ("something-else", "I told you I was fine last week. I was not."),
        ("something-else", "I drink more than I said."),
        ("something-else", "I am ashamed of how much I look forward to coming here 🙂"),
    ),
    "es": (
        ("pace", "Vamos demasiado rápido para mí."),
        ("disagreement", "No creo que el problema sea mi trabajo."),
        ("something-else", "La semana pasada dije que estaba bien y no era verdad."),
    ),
}

SEEN = {"en": ("", "", "Will bring it up first thing."), "es": ("", "")}
TALKED: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        SignalKind.RUPTURE: (
            "I had pressed on with the exercise while you needed me to listen. You told me.",
            "We looked at both ratings. You had felt judged; I am glad you said it.",
            "It was the cancelled session. We found words for it.",
        ),
        SignalKind.REPAIR: ("You said it helped that I did not explain myself.", ""),
        SignalKind.OFF_TRACK: (
            "We asked what would have to be different here, and chose one thing.",
            "It has been slower than we hoped. We both see why: the move, the nights.",
        ),
        SignalKind.RELIABLE_CHANGE: (
            "We looked at the curve together and you named three things you did.",
            "",
        ),
        SignalKind.GAP: ("I rated us higher than you did. You explained what I had missed.",),
        SignalKind.MISSED_CHECK_INS: (
            "The link was in an old mail. You have it on your phone now.",
        ),
        "hard-to-say": ("Thank you for writing it. We spent the first half hour on it.", ""),
    },
    "es": {
        SignalKind.RUPTURE: (
            "Hablamos de lo que pasó la última vez. Me alegro de que lo dijeras.",
        ),
        SignalKind.RELIABLE_CHANGE: ("Miramos la curva y nombraste lo que has hecho tú.",),
        "hard-to-say": ("Gracias por escribirlo. Empezamos por ahí.",),
    },
}
CHANGED = {
    "en": (
        "We start with what is on your mind and look at the exercise last.",
        "Sessions are every week again.",
        "I ask once more before I go on.",
        "The plan says it now.",
        "",
    ),
    "es": ("Ahora empezamos por lo que tú traes.", ""),
}
PRIVATE = (
    "Bring to supervision: my own impatience here.",
    "Check with the supervisor how to go on if it happens again.",
)

REMARKS = {
    "en": (
        "Can we talk about this on Thursday? I am not sure yet.",
        "I like it. Only the first part feels big.",
        "What would we leave out instead?",
    ),
    "es": ("¿Podemos hablarlo en la próxima sesión?", "Me gusta, pero me da un poco de miedo."),
}
