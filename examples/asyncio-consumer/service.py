"""Report failed chroots, with the URL of their results."""

import asyncio

import httpx

COPR = "https://copr.fedorainfracloud.org/api_3"
PAUSE = 60


async def report_failures(messages, report):
    """Handle messages, as pairs of a topic and a body, until the task is canceled."""
    async with httpx.AsyncClient(base_url=COPR) as client:
        while True:
            topic, body = await messages.get()
            if topic.endswith("copr.build.end") and body["status"] == 0 and body["chroot"] != "srpm-builds":
                report(f"{body['pkg']} in {body['chroot']}: {await result_url(client, body)}")
            messages.task_done()


async def result_url(client, body):
    """Ask until Copr responds."""
    while True:
        try:
            response = await client.get(f"/build-chroot/{body['build']}/{body['chroot']}")
            return response.raise_for_status().json()["result_url"]
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE)
