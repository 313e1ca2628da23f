"""Wait until a build has ended: ``python poller.py BUILD``."""

import sys
import time

import httpx

COPR = "https://copr.fedorainfracloud.org/api_3"
FINAL_STATES = {"succeeded", "failed", "canceled", "skipped", "forked"}


def wait(build_id: int, timeout: float = 3600) -> str:
    """Poll every 30 seconds; after an error, wait 60 seconds, then 120, at most 600."""
    waited, pause = 0, 30
    with httpx.Client(base_url=COPR) as client:
        while waited < timeout:
            try:
                state = client.get(f"/build/{build_id}").raise_for_status().json()["state"]
            except (httpx.HTTPStatusError, httpx.TransportError):
                pause = min(2 * pause, 600)
            else:
                pause = 30
                if state in FINAL_STATES:
                    return state
            time.sleep(pause)
            waited += pause
    raise TimeoutError(f"build {build_id} has not ended within {timeout} seconds")


if __name__ == "__main__":
    print(wait(int(sys.argv[1])))
