"""What therapists of the demonstration wrote about ruptures; their clients may read it."""

from __future__ import annotations

from openalliance.core.course.repair import Marker, Outcome, Tried

HAPPENED: dict[str, dict[Marker, tuple[str, ...]]] = {
    "en": {
        Marker.WITHDRAWAL: (
            "Very short answers after I had suggested the diary again.",
            "Agreed with everything I said. Looked at the floor for the last ten minutes.",
            "“It is fine, really.” It did not sound fine. I had been ten minutes late.",
            "Only football today, which is new. Last week we had touched on the hearing.",
            "Fell silent when I asked how the family would see it. I think I took a side.",
            "",
            "Came without the sheet and apologised four times. I had made it sound like school.",
            "Called off twice in a row by text message, both times with thanks.",
        ),
        Marker.CONFRONTATION: (
            "“You read that off a list.” I had, a little.",
            "“You write while I cry.” I do look down a lot.",
            "Said that I cannot know what it is like to be stared at on every tram. True.",
            "Wants to see results soon or stop. We had never spoken of how long it may take.",
            "Told me that therapy has made it worse. I began to explain, which made it worse.",
            "",
        ),
        Marker.MIXED: (
            "Reproach for the holiday I had announced late, then half an hour of nothing.",
            "Laughed at the breathing exercise; later: “Everybody gives up on me in the end.”",
            "“As you wish, you are the expert.” Said politely, with an edge.",
            "Did not want to go on with the memory of the crossing. I had asked once too often.",
            "Sharp at the beginning about the fee, very friendly afterwards. Too friendly.",
        ),
    },
    "es": {
        Marker.WITHDRAWAL: (
            "Contestó con monosílabos desde que le propuse llamar a su hermana.",
            "Dijo a todo que sí. Al final miró el reloj.",
        ),
        Marker.CONFRONTATION: (
            "“No me escuchas cuando hablo de mi pueblo.” Era verdad.",
            "Enfado porque cambié la hora con poco aviso.",
        ),
        Marker.MIXED: ("Primero se quejó de la tarea, luego no quiso hablar más de ello.", ""),
    },
}
TRIED_WORDS = {
    "en": (
        "", "", "",
        "Put the list away and asked what the hour should be for.",
        "Said that I had been in a hurry, and that it was mine.",
        "Asked what I had got wrong, and wrote it down as it was said.",
        "Drew the last four weeks on paper together.",
        "Rang once, left it open.",
    ),
    "es": ("", "Pedí perdón por el cambio y pregunté cómo lo había vivido."),
}  # fmt: skip
BECAME: dict[str, dict[Outcome, tuple[str, ...]]] = {
    "en": {
        Outcome.REPAIRED: (
            "",
            "Said at the end: “Good that I came.” The ratings say so too.",
            "We can joke about it now.",
            "Brought it up the week after without being asked, calmly.",
            "The plan says now how we decide about exercises.",
        ),
        Outcome.PARTLY: (
            "",
            "Better, and still careful with me.",
            "The anger is gone. About the trust I am not sure.",
        ),
        Outcome.NOT: (
            "",
            "We spoke about it and did not find each other. To supervision.",
            "Goes on coming, at arm’s length.",
        ),
    },
    "es": {
        Outcome.REPAIRED: ("", "Volvió con ganas y fue quien sacó el tema."),
        Outcome.PARTLY: ("", "Mejor, aunque todavía con cautela."),
        Outcome.NOT: ("", "Lo hablamos, pero seguimos lejos."),
    },
}
GONE = {
    "en": ("Did not come back. I wrote once, kindly, without an answer.", "Stopped soon after."),
    "es": ("No volvió. Le escribí una vez.",),
}

TRIED_WITH: dict[Marker, tuple[tuple[Tried, int], ...]] = {
    Marker.WITHDRAWAL: (
        (Tried.EXPLORE, 8), (Tried.OWN_SHARE, 5), (Tried.HERE_AND_NOW, 4), (Tried.CHANGE_PLAN, 4),
        (Tried.REASONS, 2), (Tried.CLEAR_UP, 2), (Tried.PATTERN, 1),
    ),
    Marker.CONFRONTATION: (
        (Tried.MAKE_ROOM, 7), (Tried.OWN_SHARE, 6), (Tried.EXPLORE, 5), (Tried.CLEAR_UP, 4),
        (Tried.REASONS, 3), (Tried.CHANGE_PLAN, 3),
    ),
    Marker.MIXED: (
        (Tried.EXPLORE, 6), (Tried.MAKE_ROOM, 5), (Tried.OWN_SHARE, 4), (Tried.HERE_AND_NOW, 4),
        (Tried.CHANGE_PLAN, 3), (Tried.CLEAR_UP, 2), (Tried.PATTERN, 1),
    ),
}  # fmt: skip
"""What comes to mind with which kind of strain, and how readily."""
