/**
 * Loaded into every pod's process before the application (`node --import`): learns who the pod is,
 * then stands in for the operating system where a container's would differ: network, names, mounted
 * files, host name. The application is ordinary code and can't tell.
 */
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import os from "node:os";
import { observe } from "../../verify/client/observe.ts";
import { Channel } from "./channel.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { virtualiseFiles } from "./files.ts";
import { virtualiseIncoming } from "./incoming.ts";
import type { Flow, Identity, ToPod } from "./messages.ts";
import { virtualiseNames } from "./names.ts";
import { virtualiseOutgoing } from "./outgoing.ts";
import { PodNetwork } from "./pod-network.ts";
import { RequestCounts, superviseRequests } from "./requests.ts";
import { mountResolvConf } from "./resolv-conf.ts";
import { Sidecar } from "./sidecar.ts";

/** How often flows and request counts are handed to the simulator. */
const REPORT_INTERVAL_MS = 500;

const channel = new Channel();
const access = new ClusterAccess();

function start({ identity, view }: ToPod & { type: "start" }): PodNetwork {
  const flows: Flow[] = [];
  const network = new PodNetwork(identity, view, (flow) => flows.push(flow));
  const counts = new RequestCounts();
  const sidecar = new Sidecar(identity, net.Server.prototype.listen);
  virtualiseNames(network);
  virtualiseOutgoing(network, sidecar);
  virtualiseIncoming(network, (path) => channel.send({ type: "listening", path }));
  superviseRequests(network, counts);
  presentHost(identity);
  const resolver = mountResolvConf(identity, view, process.cwd());
  virtualiseFiles({ ...identity, mounts: [...identity.mounts, resolver] });
  syncBuiltinESMExports();
  access.provide(network);
  let told = "";
  const report = () => {
    const requests = counts.take();
    const open = { in: network.connections.count("in"), out: network.connections.count("out") };
    if (JSON.stringify(open) !== told) {
      told = JSON.stringify(open);
      channel.send({ type: "connections", pid: process.pid, ...open });
    }
    if (flows.length > 0) channel.send({ type: "flows", flows: flows.splice(0) });
    if (requests.length > 0) channel.send({ type: "requests", requests });
  };
  setInterval(report, REPORT_INTERVAL_MS).unref();
  process.on("exit", report);
  channel.unref();
  return network;
}

function handle(network: PodNetwork, message: ToPod): void {
  if (message.type === "view") {
    network.update(message.view);
    access.changed();
    channel.send({ type: "applied", version: message.view.version });
  } else if (message.type === "observe") {
    const { id, request, timeoutMs } = message;
    observe(request, timeoutMs).then(
      (observation) => channel.send({ type: "observed", id, observation }),
      (error: Error) => channel.send({ type: "observed", id, error: error.message }),
    );
  }
}

function presentHost({ hostname, ip }: Identity): void {
  os.hostname = () => hostname;
  const address = { netmask: "255.255.255.0", family: "IPv4" as const, cidr: `${ip}/24` };
  os.networkInterfaces = () => ({
    eth0: [{ ...address, address: ip, mac: "00:00:00:00:00:00", internal: false }],
  });
}

await new Promise<void>((started) => {
  let network: PodNetwork | undefined;
  channel.listen((message) => {
    if (message.type === "start") {
      network = start(message);
      started();
    } else if (network) handle(network, message);
  });
});
