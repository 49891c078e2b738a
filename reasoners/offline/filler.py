"""Words that people talk with rather than about: what they say tells little about which API they mean."""

from __future__ import annotations

# A catalog of sixty APIs cannot tell rare words from telling ones, so this is a background notion of commonness.
# Taken from 8,000 public questions with known right APIs (ToolBench, Seal-Tools, MetaTool, BFCL and others): words of
# at least eight questions whose right API repeats them in under a fifth of the cases, less those that name a topic,
# a place, a person or a value; completed by hand with their closest kin.
FILLER = frozenset(
    """
    able about above absolutely accurate across actually additional additionally afraid after afternoon
    afterwards again ago ahead already alright also although always am amazing among an analysing analyzing
    and another any anyone anything appreciate appropriate are around as ask asked asking aspect aspects
    assist assistance at attend attending aware away back based basic basically be beautiful because been
    before begin behind being believe besides best better big bit blogger boss both brief bring brother
    building but by came can cater certain chance clear closely colleague colleagues come coming completely
    comprehensive concern concerned conducting confused considering convenient correct could couple creating
    crucial curated curious currently dad daughter dear decide definitely delicious desired despite
    developing did different do does doing done dont dozen due during each easily easy effectively eight
    either else encountered engage enhance enjoy enough ensure enthusiast entire especially essential etc
    even evening ever every everyone everything exact exactly excellent exceptional excited exciting expect
    expected experience experienced explore extra fact family famous fantastic far father favorite feel few
    finally fine first firstly five focus focused focusing following for forget found four friend friends
    from frustrated fully further furthermore gather getting given giving go goes going gonna good got great
    greetings guess had half handle happen happened happening happy hard has have having hear heard hello
    help helpful hence her here hereby hers hey hi highlight highlights him his hope hopefully hosting how
    however husband i idea ideas if imagine importance important in include includes including indeed
    insight insights instead interested interesting into involve involved is issue it its itself just keen
    keep kid kids kind kindly knew know known last lastly lately later least leave let lets like likely
    little ll long look looking lot lots love made main make makes making many matter may maybe me
    meant mentioned might mind mine mom moment more moreover morning most mother much must my myself
    necessary need needed needs never next nice nine no not notable noticed now obtain obviously of off
    often oh ok okay on once one ones only onto opinion or organising organizing other others otherwise our
    ourselves out over overall own part particular particularly passionate perfect perhaps pertaining
    planned planning please plus possible possibly potential prepare preparing present pretty prior probably
    proceed purpose quick quickly quite rather re ready really reason recent recently regarding related
    relevant relevantly remember researching respective respectively right said same saw say saying second
    secondly see seeing seek seeking seem seems seen seven several share she should showcase significant
    similarly simple simply since sister situation six so some somebody someone something sometime sometimes
    son soon sorry specific specifically still strong struggling stuff successful successfully such suit
    suitable suits sure take taken taking talk tell telling ten thank thanks that the their theirs them
    themselves then there therefore these they thing things think third this those though thought three
    through throughout till tired to today together tomorrow tonight too took totally toward towards
    trouble try trying two typically under understand unfortunately until up upcoming upon urgently us use
    used useful using usually valuable variety various ve very via want wanted wanting wants was way ways we
    well went were what whatever when whenever where wherever whether which while who whole whom whose why
    wide wife will wish with within without wonder wonderful wondering work worked working worry worth would
    wow writing yeah yep yes yesterday yet you your yours yourself
    """.split()  # noqa: SIM905
)

# Asking itself: every question may have one, and it fits nearly every API that reads.
ASKING = frozenset(
    """
    access answer api apis available called check complete data describe detail details display endpoint
    example examples explain fetch find full function get give help id identifier ids info information know
    like list lists look lookup name names need number obtain provide query read recommend request result
    results retrieve search see service show suggest tell tool tools use using view want
    new newest latest current
    """.split()  # noqa: SIM905
)

# Verbs of change, like with like: a question that asks for one of a class asks for all of it.
_CHANGES = (
    "cancel abort revoke call-off withdraw",
    "delete remove erase drop clear discard",
    "create add make open start register insert new set-up put-in",
    "update change edit modify set rename correct adjust replace alter reschedule move postpone",
    "send email text message notify mail forward dispatch",
    "book reserve schedule arrange",
    "buy order purchase checkout",
    "pay transfer donate refund charge",
    "post publish submit upload file",
    "subscribe sign sign-up enrol enroll join",
    "unsubscribe leave opt-out",
    "return exchange send-back",
    "approve confirm accept",
    "reject decline deny",
    "stop close end terminate deactivate disable pause",
    "activate enable resume restart",
    "assign invite share grant",
    "rate review",
    "save store bookmark",
    "reset",
    "record log",
    "mark",
    "report",
    "apply",
    "switch turn toggle switch-on switch-off turn-on turn-off",
    "borrow rent hire lend renew extend",
    "water feed play lock unlock",
)
CHANGES: dict[str, str] = {verb: verbs.split()[0] for verbs in _CHANGES for verb in verbs.split()}
"""By verb: the first of its class."""
