"""The results of builds, if the fake serves them."""

from __future__ import annotations

from ..model.project import RESULTS_PATH
from ..wire.answer import Answer
from .context import RequestContext
from .endpoint import endpoint


@endpoint(RESULTS_PATH, f"{RESULTS_PATH}/{{result}}", name="results", any_method=True)
def get_result(context: RequestContext) -> Answer:
    """Return a file of the results, or a list of files."""
    # Imported late because most fakes serve no results.
    from ..results.serving import answer

    return answer(context.store, context.method, context.target.path, context.headers)
