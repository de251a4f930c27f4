"""One organisation in one file: written by `exporting`, made anew by `restoring`.

    container   a tar of gzipped NDJSON, one member a table, and `manifest.json`, which comes last
    tables      which rows of the control plane go, by what people are meant in them, and what not

Nothing of it holds more than a batch of rows in memory; a table waits compressed on the disk until
its size is known.
"""

FORMAT = "devhealth-organization"
VERSION = 1
