"""What the options of a fake mean, for the pytest plugin and ``serve``.

pytest imports this module in every run, so it imports nothing.
"""

OPTION_TEXTS = {
    "progress": "What advances chroots to their next stage: poll; clock; manual, for only method or control calls; or "
    "immediate, so that the first poll returns the final state. A scenario can override it for a build or chroot.",
    "default_limit": "Items in a list if the request has no limit: a number, 100 as in the API reference, or none, as "
    "on the deployed Copr.",
    "seed": "Seed of random durations and outcomes; the same seed reproduces the same run.",
    "results_delay": "Seconds between the end of a build and its results, on the fake's clock.",
    "results_url": "URL of the results; Copr's own by default.",
    "requests_kept": "Number of latest requests that are kept.",
    "max_polls": "Polls of one resource while the clock stands still and nothing changes; the next one fails. A "
    "number, or none.",
    "max_repeats": "Equal responses about finished or missing resources; the next one fails. A number, or none.",
    "max_wait": "Seconds of the fake's clock that code may wait while the response stays the same. A number, or none.",
    "next_build_id": "Id of the first build.",
}
