"""How much of what people see was made by machines."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsim.base.kernels.concentration import mean
from recsim.metrics import Context, Metric, Tick, views


class _Provenance(Metric):
    """What the four shares have in common: abstract."""

    unit = "share made by AI"

    def applies(self, tick: Tick) -> bool:
        """Where a generator makes items."""
        return bool(tick.service.section.generators)


class AICatalogueShare(_Provenance):
    """Share of the living items that a machine made, 0 to 1; delisted ones live, so moderation does not show here."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Listed or not."""
        alive = tick.items.alive
        return float(tick.items.made_by_ai[alive].mean()) if alive.any() else float("nan")


class AIExposureShare(_Provenance):
    """Share of this tick's recommendations that a machine made, 0 to 1; NaN if nothing was recommended."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Over slots."""
        shown = tick.slate.items[tick.slate.by_platform]
        return float(tick.items.made_by_ai[shown].mean()) if len(shown) else float("nan")


class AIClickShare(_Provenance):
    """Share of this tick's clicks that went to items a machine made, 0 to 1; NaN if there were none."""

    def measure(self, tick: Tick, context: Context) -> float:
        """Over clicks."""
        clicked = tick.feedback.items
        return float(tick.items.made_by_ai[clicked].mean()) if len(clicked) else float("nan")


class AITrainingShare(_Provenance):
    """Share of the interactions in the whole log (hold-out left out) whose item a machine made, 0 to 1; NaN if empty.

    What the next retraining would learn from without filters or windows. Groups are the models by their labels: the
    share of machines in the weight of what each has learned from the last time, windows and filters included, from the
    end of the warm-up on.
    """

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over rows of the log, and over the weights of each model's last training."""
        clicks, section = tick.service.log.clicks, tick.service.section
        items = clicks.item[np.logical_not(clicks.held)]
        found = {"all": float(tick.items.made_by_ai[items].mean()) if len(items) else float("nan")}
        models: tuple[Any, ...] = (section.recommender, *section.generators)
        for model in models if tick.number >= section.warmup.ticks else ():  # arms are the same until then
            if model.policy is not None:
                weights = tick.service.items[f"{model.home}.learned"]
                total = weights.sum()
                machine = weights[tick.items.made_by_ai].sum() / total if total > 0 else float("nan")
                found[model.label] = float(machine)
        return found


class AIAmplification(_Provenance):
    """Share of machines in this tick's recommendations over their share of what may be recommended; 0 upwards.

    1: shown as often as other items; above: the loop prefers them, whether anybody means it or not (Zhou et al., SIGIR
    2025: source bias). NaN while nothing machine-made is on offer, or nothing was recommended.
    """

    by_default = False
    unit = "times its share of the catalogue"

    def measure(self, tick: Tick, context: Context) -> float:
        """Exposure per item, relative to all items."""
        shown = tick.slate.items[tick.slate.by_platform]
        offered = tick.service.on_offer
        share = tick.items.made_by_ai[offered].mean() if offered.any() else 0.0
        return float(tick.items.made_by_ai[shown].mean() / share) if share > 0 and len(shown) else float("nan")


class TwinGap(_Provenance):
    """How much more the originals are shown than their machine-made twins: 2 (V − W)/(V + W), −2 to 2; 0 without bias.

    V sums this tick's recommendations of the original over all pairs of a machine-made item and the item it was made
    after, both on offer, W those of the machine-made ones: the relative Δ of Dai et al. (KDD 2024) on exposure.
    Negative: machines are favoured. Pitfall: an original is older than its rewrite, so a model that goes by clicks
    knows it better. NaN without pairs, and where no pair was shown. Meant for the generator `rewrite`.
    """

    by_default = False
    unit = "relative gap, below 0: machines shown more"

    def measure(self, tick: Tick, context: Context) -> float:
        """Over all pairs."""
        items, offered = tick.items, tick.service.on_offer
        machine = np.flatnonzero(items.made_by_ai & (items.parent >= 0) & offered)
        machine = machine[offered[items.parent[machine]]]
        shown = views(tick)
        original, twin = shown[items.parent[machine]].sum(), shown[machine].sum()
        return float(2.0 * (original - twin) / (original + twin)) if original + twin else float("nan")


class Generation(_Provenance):
    """Mean generation of this tick's clicked items: 0 human, n of a machine that was trained n times; by source.

    NaN if nothing was clicked; group `machine` is of machine-made items only.
    """

    by_default = False
    unit = "times trained on its like"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over clicks."""
        clicked = tick.feedback.items
        generation, machine = tick.items.generation[clicked], tick.items.made_by_ai[clicked]
        return {"all": mean(generation), "machine": mean(generation[machine])}
