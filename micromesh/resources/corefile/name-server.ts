/** What a Corefile makes of CoreDNS, as plain data: its servers on port 53, each with the plugins that answer. */
import { type Hosts, hostsFrom } from "./hosts.ts";
import { type Kubernetes, kubernetesFrom } from "./kubernetes.ts";
import { COREFILE, type Directive, type Files, parseCorefile, type ServerBlock } from "./parse.ts";
import { type RewriteRule, rewriteFrom } from "./rewrite.ts";
import { type Template, templateFrom } from "./template.ts";
import { isKnownTemplate } from "./texts.ts";
import { CorefileError, type Place } from "./tokens.ts";
import { normal, zonesFrom, zonesOr } from "./zones.ts";

export interface NameServer {
  servers: Server[];
}

/** Plugins are asked in the order of these fields, whatever the order in the file (CoreDNS' plugin.cfg). */
export interface Server {
  zones: string[];
  rewrite: RewriteRule[];
  template: Template[];
  hosts?: Hosts;
  kubernetes?: Kubernetes;
  /** Zones that other name servers are asked about. */
  forward: string[];
  /** No question passes through any plugin: names are refused. */
  silent: boolean;
  place: Place;
}

/** Something in a Corefile that has no effect in a simulation. */
export interface Unhonoured {
  plugin: string;
  place: Place;
  why: string;
}

/** Plugins that decide no answer, or (`cache`, `loadbalance`) none that an application could tell. */
const WITHOUT_EFFECT = [
  "bufsize",
  "cache",
  "debug",
  "dnstap",
  "errors",
  "health",
  "log",
  "loadbalance",
  "loop",
  "metadata",
  "nsid",
  "pprof",
  "prometheus",
  "ready",
  "reload",
  "trace",
];
/** Those that no question passes through. */
const BESIDE = ["debug", "health", "pprof", "ready", "reload", "root", "tls", "bind"];
const ANSWERING = ["rewrite", "template", "hosts", "kubernetes", "forward"];
/** The rest of CoreDNS' plugin.cfg (1.12). */
const OTHERS =
  "root geoip cancel tls timeouts multisocket bind local dns64 acl any chaos tsig header dnssec autopath minimal transfer route53 azure clouddns k8s_external file auto secondary etcd grpc erratic whoami on sign view".split(
    " ",
  );

/**
 * @param files the Corefile, at its path in CoreDNS' pod, and those that it may import
 * @throws CorefileError where CoreDNS would refuse the Corefile
 */
export function nameServerFrom(files: Files): { nameServer: NameServer; unhonoured: Unhonoured[] } {
  const unhonoured: Unhonoured[] = [];
  const seen = new Set<string>();
  const servers: Server[] = [];
  for (const block of parseCorefile(files)) {
    checkPlugins(block);
    const zones = zonesServed(block, unhonoured);
    for (const zone of zones) {
      if (seen.has(zone)) {
        throw new CorefileError(
          block.place,
          `cannot serve dns://${zone}.:53 - it is already defined`,
        );
      }
      seen.add(zone);
    }
    const server = serverFrom(block, zones, files, unhonoured);
    if (zones.length > 0) servers.push(server);
  }
  if (servers.length === 0) {
    const place = { file: COREFILE, line: 1 };
    throw new CorefileError(place, "no server block serves port 53");
  }
  return { nameServer: { servers }, unhonoured };
}

function checkPlugins({ directives }: ServerBlock): void {
  for (const { plugin, place } of directives) {
    if (![...WITHOUT_EFFECT, ...ANSWERING, ...OTHERS].includes(plugin)) {
      throw new CorefileError(place, `Unknown directive '${plugin}'`);
    }
  }
}

/** The zones of a block's keys that are asked for by plain DNS on port 53, which is all that pods do. */
function zonesServed({ keys, place }: ServerBlock, unhonoured: Unhonoured[]): string[] {
  return keys.flatMap((key) => {
    const [, scheme = "dns", rest = ""] = /^(?:(\w+):\/\/)?(.*)$/.exec(key) ?? [];
    const [, zone = rest, port = "53"] = /^(.*):(\d+)$/.exec(rest) ?? [];
    const plain = scheme === "dns" && port === "53";
    // CoreDNS compares names in lower case with these as they're written.
    if (plain && zone === zone.toLowerCase()) return zonesFrom(zone);
    const why = plain
      ? "CoreDNS never answers for a zone that is written with capitals"
      : "pods ask on port 53, by DNS over UDP";
    unhonoured.push({ plugin: key, place, why });
    return [];
  });
}

function serverFrom(
  { directives, place }: ServerBlock,
  zones: string[],
  files: Files,
  unhonoured: Unhonoured[],
): Server {
  const of = (plugin: string) => directives.filter((one) => one.plugin === plugin);
  const report = (plugin: string, at: Place, why: string) =>
    unhonoured.push({ plugin, place: at, why });
  for (const { plugin, place: at } of directives) {
    if (OTHERS.includes(plugin)) report(plugin, at, "this plugin of CoreDNS isn't simulated");
  }
  const hosts = once(of("hosts"));
  const kubernetes = once(of("kubernetes"));
  const server: Server = {
    zones,
    rewrite: of("rewrite").flatMap(
      (one) =>
        rewriteFrom(one, (kind) =>
          report("rewrite", one.place, `rules on ${kind} aren't simulated, on names they are`),
        ) ?? [],
    ),
    template: of("template").flatMap((one) => templateFrom(one, zones) ?? []),
    hosts: hosts && hostsFrom(hosts, zones, files),
    kubernetes:
      kubernetes &&
      kubernetesFrom(kubernetes, zones, (setting) =>
        report("kubernetes", kubernetes.place, `${setting} isn't simulated`),
      ),
    forward: of("forward").flatMap((one) => forwarded(one, report)),
    silent: directives.every(({ plugin }) => BESIDE.includes(plugin)),
    place,
  };
  const isKnown = ({ answers, place: at }: Template) => {
    const unknown = answers.find((answer) => !isKnownTemplate(answer));
    if (unknown !== undefined) {
      report("template", at, `an answer of the form ${unknown} isn't simulated: it's left out`);
    }
    return unknown === undefined;
  };
  return { ...server, template: server.template.filter(isKnown) };
}

/** Every plugin of this kind may stand once in a server block. */
function once([first, second]: Directive[]): Directive | undefined {
  if (second) {
    const problem = `${second.plugin}: this plugin can only be used once per Server Block`;
    throw new CorefileError(second.place, problem);
  }
  return first;
}

function forwarded(
  { args, place }: Directive,
  report: (plugin: string, at: Place, why: string) => void,
): string[] {
  const [from, ...to] = args;
  if (from === undefined || to.length === 0) {
    throw new CorefileError(place, "forward: needs a zone and name servers");
  }
  const others = to.filter((one) => normal(one) !== "/etc/resolv.conf");
  if (others.length > 0) {
    report("forward", place, `this machine's own resolver is asked, not ${others.join(", ")}`);
  }
  return zonesOr([from], []);
}
