import assert from "node:assert/strict";
import { FakeMinikube } from "./fake-minikube.ts";

const SCRIPT = "bin/cluster.mjs";
const start = (profile: string) => `start -p ${profile} --interactive=false --keep-context`;
const addons = (profile: string) =>
  ["ingress", "metrics-server", "dashboard"].map((name) => `addons enable ${name} -p ${profile}`);

describe("the minikube cluster by hand", () => {
  let minikube: FakeMinikube;
  beforeEach(() => {
    minikube = new FakeMinikube();
  });
  afterEach(() => minikube.remove());

  const run = (...args: string[]) => minikube.runScript([SCRIPT, ...args]);
  const there = (running: boolean) => ({ lab: { running, config: {} } });

  it("is made with what is told of it, and its addons", () => {
    const { status, stderr } = run("start", "--profile", "lab", "--memory", "4096", "--cpus", "2");
    assert.equal(status, 0, stderr);
    const made = `${start("lab")} --memory=4096 --cpus=2`;
    assert.deepEqual(minikube.changes(), [made, ...addons("lab")]);
    assert.match(stderr, /kubectl --context lab/);
  });

  it("is the dev stack's by default", () => {
    assert.equal(run("start").status, 0);
    assert.deepEqual(minikube.changes(), [start("micromesh-dev"), ...addons("micromesh-dev")]);
  });

  it("is started as it is where it's there", () => {
    minikube.change({ profiles: there(false) });
    assert.equal(run("start", "--profile", "lab", "--memory", "4096").status, 0);
    assert.deepEqual(minikube.changes(), [start("lab"), ...addons("lab")]);
    assert.equal(minikube.state.profiles.lab?.running, true);
  });

  it("is stopped, and stays", () => {
    minikube.change({ profiles: there(true) });
    assert.equal(run("stop", "--profile", "lab").status, 0);
    assert.deepEqual(minikube.changes(), ["stop -p lab"]);
    assert.equal(minikube.state.profiles.lab?.running, false);
  });

  it("is deleted where that is asked for", () => {
    minikube.change({ profiles: there(true) });
    assert.equal(run("stop", "--profile", "lab", "--delete").status, 0);
    assert.deepEqual(minikube.changes(), ["delete -p lab"]);
    assert.deepEqual(minikube.state.profiles, {});
  });

  it("that isn't there has been stopped", () => {
    const { status, stderr } = run("stop", "--profile", "lab");
    assert.deepEqual([status, stderr], [0, "there is no minikube profile lab: nothing to do"]);
    assert.deepEqual(minikube.changes(), []);
  });

  it("tells what to do where minikube fails: 1", () => {
    minikube.change({ exits: { start: 69 } });
    const { status, stderr } = run("start", "--profile", "lab");
    assert.equal(status, 1);
    assert.match(stderr, /ended with code 69: the driver isn't running: start it/);
    minikube.change({ profiles: there(true), exits: { delete: 80 } });
    const stopped = run("stop", "--profile", "lab", "--delete");
    assert.deepEqual([stopped.status, /code 80/.test(stopped.stderr)], [1, true]);
  });

  it("refuses what it doesn't know: 2", () => {
    for (const args of [["restart"], ["start", "--profil", "lab"], ["stop", "now"]])
      assert.equal(run(...args).status, 2, args.join(" "));
    assert.deepEqual(minikube.changes(), []);
  });
});
