"""How the page looks: colours and shapes as a Gradio theme, the rest as one style sheet and one script.

Nothing is fetched from other servers: the page works offline, and nobody learns who opens it.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, sizes

ASSETS = Path(__file__).parent / "assets"
STYLES = ("page.css", "library.css", "craft.css", "inside.css")
SCRIPTS = (
    "vault.js",
    "transfer.js",
    "library.js",
    "presets.js",
    "inside.js",
    "compare.js",
    "meter.js",
    "keys.js",
    "page.js",
)
"""In the order in which they need each other."""

# Warm greys and one accent. The greys lean to paper by day and to slate by night, so long reading stays calm.
PAPER = colors.Color(
    "#fbfaf8", "#f5f3f0", "#eae7e2", "#d9d5ce", "#a8a39b", "#78736b", "#57534d", "#3b3835", "#262422", "#1a1917",
    "#131211", name="paper",
)  # fmt: skip
IRIS = colors.Color(
    "#f1f1fe", "#e4e4fd", "#cdccfb", "#aeabf7", "#8d87f0", "#6f66e6", "#5a4fd3", "#4a40b1", "#3d368f", "#343071",
    "#201d47", name="iris",
)  # fmt: skip


def head() -> str:
    """The style sheets and the scripts as they stand.

    Not Gradio's `css`: it rewrites selectors to scope them, and breaks those with `:is(…)` or inside `@media`.
    """
    styles = "".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)
    scripts = "".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f"<style>{styles}</style><script>{scripts}</script>"


def theme() -> gr.themes.Base:
    """Gradio's variables in our colours, for both modes."""
    base = gr.themes.Base(
        primary_hue=IRIS,
        secondary_hue=IRIS,
        neutral_hue=PAPER,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
        font=["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"],
        font_mono=["ui-monospace", "SF Mono", "Cascadia Code", "Roboto Mono", "DejaVu Sans Mono", "monospace"],
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_900",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_800",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_900",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_400",
        block_title_text_weight="500",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        input_background_fill="white",
        input_background_fill_dark="*neutral_800",
        input_border_color="*neutral_200",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_400",
        input_border_color_focus_dark="*primary_500",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_500",
        checkbox_border_color_selected="*primary_600",
        checkbox_border_color_selected_dark="*primary_500",
        link_text_color="*primary_600",
        link_text_color_dark="*primary_300",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
    )
