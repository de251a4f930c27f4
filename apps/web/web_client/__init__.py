"""The public front end, dev-health-web, served unchanged: docs/web-client.md.

Its paths, its names and its rates on 0–100, over the same services as our own APIs. Nothing is
computed here: every number is one of the catalogue's, asked by `figures`.

    filters     its filter → days, teams, repositories, people
    figures     its metrics → measures of the catalogue
    breakdowns  sunburst, Sankey, the flame of many · timelines  the flame of one
    people      whose numbers who may see
    api_…       a module for each group of its pages
"""
