import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";
import { failedBuilds } from "./copr.mjs";

let server, url, world;
let worlds = 0;

before(async () => {
  server = spawn("copr-chroot-fake", ["serve", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(server.stdout), "line");
  url = line.replace("Copr fake: ", "");
});

after(() => server.kill());

// Each test has a world of its own, without builds.
beforeEach(async () => {
  world = `${url}/worlds/test-${++worlds}`;
  await control("PUT", "scenario", {});
});

async function control(method, path, body) {
  const response = await fetch(`${world}/_fake/${path}`, { method, body: JSON.stringify(body) });
  assert.ok(response.ok, await response.text());
}

test("failed builds of all pages are listed", async () => {
  const chroots = ["fedora-43-x86_64"];
  for (let id = 1; id <= 60; id++) {
    await control("POST", "builds", { id, chroots, state: id % 20 ? "succeeded" : "failed" });
  }
  assert.deepEqual((await failedBuilds(world, "jdoe", "playground")).sort(), [20, 40, 60]);
});

test("an outage is an error", async () => {
  await control("POST", "faults", "outage");
  await assert.rejects(failedBuilds(world, "jdoe", "playground"), /503/);
});
