"""Pictures of the benchmarks of classes: the reliability diagram and the operating curve."""

from class_rates import FACTOR_WORDS

from deepreslib.pictures import save_figure
from deepreslib.pictures.figures import new_figure

SET_COLOURS = ("#1f4e9c", "#c1440e", "#4d8b31", "#7a4fa3")
FACTOR_COLOURS = ("#9a9a9a", "#d9b26f", "#c1440e", "#1f4e9c", "#4d8b31")


def reliability(path, sets):
    """Writes the reliability diagram: how often what is given a probability is true.

    Args:
        path: of the PNG.
        sets: name → the figures of a set of maps, from ``classes_fsc``.
    """
    figure = new_figure(9, 4.4)
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"bins": "the likeliest class", "bins_of_every_class": "each of the three classes"}
    for panel, (key, title) in zip(panels, titles.items(), strict=True):
        panel.plot([0, 1], [0, 1], color="#9a9a9a", linewidth=1)
        for (name, found), colour in zip(sets.items(), SET_COLOURS, strict=False):
            bins = found["decided"][key]
            label = f"{name} ({found['decided']['maps']} maps)"
            panel.plot([b["said"] for b in bins], [b["right"] for b in bins], "o-", color=colour, label=label, ms=4)
        panel.set(xlabel=f"mean probability of {title}", xlim=(0, 1.02), ylim=(0, 1.02))
        panel.set_aspect("equal")
    panels[0].set_ylabel("share that is right")
    panels[1].legend(fontsize="small", loc="upper left")
    save_figure(figure, path, 90)


def operating_curve(path, curves):
    """Writes the operating curve: true claims contradicted against wrong ones, as the rule is swept.

    Args:
        path: of the PNG.
        curves: the sweeps of one set of maps, from ``classes_claims``.
    """
    figure = new_figure(9, 4.4)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, (swept, points) in zip(panels, curves.items(), strict=True):
        for number, colour in zip(range(len(points[0]["wrong"])), FACTOR_COLOURS, strict=True):
            factor = points[0]["wrong"][number][0]
            across, up = ([100 * p["true"] for p in points], [100 * p["wrong"][number][1] for p in points])
            panel.plot(across, up, "o-", color=colour, label=FACTOR_WORDS[factor], ms=4)
        for point in points:
            text = f"{point['tolerance']:.0%}" if swept == "tolerance" else f"{point['sigmas']:g}"
            panel.annotate(text, (100 * point["true"], 102), ha="center", fontsize="x-small", annotation_clip=False)
        panel.set(xlabel="true claims contradicted (%)", ylim=(0, 106), title=f"{swept} swept")
    panels[0].set_ylabel("wrong claims contradicted (%)")
    panels[1].legend(fontsize="small", loc="lower right", title="claims")
    save_figure(figure, path, 90)
