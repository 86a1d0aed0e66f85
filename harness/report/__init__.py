"""The jinja2 and plotly door: plain data -> sections -> a static site."""
