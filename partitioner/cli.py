"""The commands of `python -m partitioner`."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Gets a big export of product events ready for Mixpanel, up to the cloud, and in."""
