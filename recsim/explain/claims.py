"""What a claim looks like in a file, and how it comes to its verdict."""

from __future__ import annotations

from recsim.claims import LOOKS, Claim
from recsim.inference import ALPHA
from recsim.problems import listed


def examples() -> dict[str, str]:
    """One of each form, as it stands in a scenario under `claims:`."""
    return {kind: form.example_in_yaml() for kind, form in sorted(Claim.members().items()) if issubclass(form, Claim)}


def verdicts() -> dict[str, str]:
    """How claims are judged, by the words that name it."""
    return {
        "holds": "what must come out has been shown",
        "fails": "the contrary has been shown: the claim is wrong here",
        "undecided": "neither, with this many seeds; never evidence that nothing happens",
        "all together": f"the chance of any false verdict among all claims of a scenario is at most {100 * ALPHA:g} % "
        "(Holm 1979), as far as t tests can be trusted: of more claims each must show more",
        "four looks": f"`recsim verify` looks at {listed(LOOKS)} seeds until all claims are decided, and spends "
        f"{100 * ALPHA / len(LOOKS):g} % on each look, so that looking often makes nothing true; `recsim run` judges "
        "once, on the seeds of the experiment",
        "as written": "the verdict is `holds`, or the one that `known` says; only if all are does `recsim verify` end "
        "with exit code 0",
    }
