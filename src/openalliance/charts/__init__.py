"""Core results as pictures: one Vega-Lite specification for page, SVG, PNG, PDF and table.

Nothing here renders when imported; `openalliance.charts.render` loads its engine at first use.
"""
