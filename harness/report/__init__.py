"""The jinja2 and plotly door: record -> views -> parts of pages -> a static site.

`campaign_views` builds what the parts are computed from; each folder of `parts/` is one part of a
page; `html_pages` writes the HTML, `report_files` the folder or file. Nothing here reads a clock, a
database or a network. Each name is imported when it is first used: whoever only looks at a target
needs no statistics.
"""

from harness.lazy import lazily

__getattr__, __all__ = lazily(__file__)
