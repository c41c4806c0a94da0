"""What the matters of the demo are about; the words are in the texts."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from servicedesk.demo.matter import Scene

_TABLE = {
    "fault": {
        "lifts": ["lift_stops", "lift_noise"],
        "climate": ["ac_warm", "ac_drips"],
        "water": ["water_tepid", "pipe_leak", "drain_blocked"],
        "power": ["breaker_trips", "corridor_dark"],
        "access": ["door_reader", "intercom_silent"],
        "network": ["network_down", "wifi_slow"],
        "systems": ["login_fails"],
    },
    "complaint": {
        "conduct": ["no_show", "rude_guard"],
        "cleaning": ["cleaning_missed"],
        "charges": ["bill_wrong", "deposit_late"],
        "order": ["noise_night"],
        "climate": ["repair_again"],
        "parking": ["bay_taken"],
        "lifts": ["lift_wait"],
    },
    "request": {
        "access": ["new_cards"],
        "power": ["sockets"],
        "cleaning": ["extra_cleaning"],
        "network": ["visitor_wifi"],
        "systems": ["new_accounts"],
        "lifts": ["goods_lift"],
        "climate": ["late_cooling", "filters"],
    },
    "inquiry": {
        "information": ["opening"],
        "charges": ["contract_end", "invoice_copy"],
        "parking": ["parking_price"],
        "lifts": ["maintenance_dates"],
        "order": ["renovation_permit"],
        "climate": ["warranty"],
    },
    "suggestion": {
        "parking": ["bike_racks"],
        "information": ["text_messages"],
        "cleaning": ["recycling"],
    },
    "task": {
        "trial-run": ["pump_trial"],
        "card-top-up": ["canteen_cards"],
        "money-collection": ["collect_payment"],
    },
}
SEVERE = {"network_down", "pipe_leak", "lift_stops"}
MINOR = {"lift_wait", "corridor_dark", "wifi_slow"}

# What people who live in a house bring; all else comes from offices, shops and schools
AT_HOME = {
    *(
        "lift_noise",
        "water_tepid",
        "corridor_dark",
        "intercom_silent",
        "no_show",
        "rude_guard",
        "noise_night",
    ),
    *("bay_taken", "deposit_late", "goods_lift", "parking_price", "renovation_permit", "warranty"),
    *("bike_racks", "text_messages"),
}

SCENES = {
    code: Scene(
        code, kind, category, "severe" if code in SEVERE else "minor" if code in MINOR else "ordinary"
    )
    for kind, categories in _TABLE.items()
    for category, codes in categories.items()
    for code in codes
}


def in_turn(kinds: tuple[str, ...], chance: Random) -> Iterator[Scene]:
    """The scenes of these kinds for ever, each once before any comes again."""
    scenes = [scene for scene in SCENES.values() if scene.kind in kinds]
    while True:
        yield from chance.sample(scenes, len(scenes))
