/**
 * The attributes that Istio's authorization rules ask about: what each field of a rule compares, as
 * istiod 1.30 translates it (pilot/pkg/security/authz/model).
 */
import { contains, parseAddress, parseBlockOrAddress } from "./address.ts";
import { readLabel } from "./labels.ts";
import type { HttpRequest, MeshSource } from "./model.ts";
import { compileGlob, compilePath, compileText, normalizePath } from "./text-match.ts";

/** A connection, or a request on it. */
export interface Traffic {
  source: MeshSource;
  destination: { ip: string; port: number };
  http?: HttpRequest;
  /** Normalised, without query; empty on TCP. */
  path: string;
}

export function describeTraffic(
  source: MeshSource,
  destination: { ip: string; port: number },
  http?: HttpRequest,
): Traffic {
  return { source, destination, http, path: http ? normalizePath(http.path) : "" };
}

export type Test = (traffic: Traffic) => boolean;

/** What a field compares. */
export interface Attribute {
  /** It's absent on a TCP connection. */
  http: boolean;
  /** It tells who the peer is, which is absent over plaintext. */
  identity: boolean;
  compile(value: string): Test;
}

/** What a value's meaning depends on. */
export interface PolicyContext {
  /** The policy's, which a bare service account is in. */
  namespace: string;
  /** The mesh's, which `cluster.local` in a principal stands for. */
  trustDomain: string;
}

type AttributeOf = (context: PolicyContext) => Attribute;

const ofConnection =
  (compile: (value: string) => Test): AttributeOf =>
  () => ({ http: false, identity: false, compile });

const ofRequest =
  (compile: (value: string) => (request: HttpRequest, path: string) => boolean): AttributeOf =>
  () => ({
    http: true,
    identity: false,
    compile: (value) => {
      const test = compile(value);
      return ({ http, path }) => http !== undefined && test(http, path);
    },
  });

const ofIdentity =
  (
    compile: (value: string, context: PolicyContext) => (principal: string) => boolean,
  ): AttributeOf =>
  (context) => ({
    http: false,
    identity: true,
    compile: (value) => {
      const test = compile(value, context);
      return ({ source }) => source.principal !== undefined && test(source.principal);
    },
  });

const block =
  (read: (traffic: Traffic) => string) =>
  (value: string): Test => {
    const range = parseBlockOrAddress(value);
    return (traffic) => {
      const address = parseAddress(read(traffic));
      return range !== undefined && address !== undefined && contains(range, address);
    };
  };

/**
 * Who a request came from first: the last address of X-Forwarded-For, which the hop before the sidecar
 * appended; without one, or on TCP, the peer.
 */
function remoteAddress({ source, http }: Traffic): string {
  const header = http ? readLabel(http.headers, "x-forwarded-for") : undefined;
  const last = header?.split(",").at(-1)?.trim() ?? "";
  return parseAddress(last) ? last : source.ip;
}

const sourceIp = ofConnection(block(({ source }) => source.ip));
const remoteIp = ofConnection(block(remoteAddress));
const destinationIp = ofConnection(block(({ destination }) => destination.ip));
const port = ofConnection((value) => {
  const wanted = Number(value);
  return ({ destination }) => destination.port === wanted;
});

const principal = ofIdentity((value, { trustDomain }) => {
  const [domain, ...rest] = value.split("/");
  const isPointer = rest.length === 4 && domain === "cluster.local";
  return compileText(isPointer ? [trustDomain, ...rest].join("/") : value);
});
const sourceNamespace = ofIdentity((value) => compileGlob(`*/ns/${value}/*`));
const trustDomain = ofIdentity((value) => {
  const test = compileGlob(value);
  return (principal) => test(principal.split("/", 1)[0] ?? "");
});
const serviceAccount = ofIdentity((value, { namespace }) => {
  const [owner, name] = value.includes("/") ? value.split("/") : [namespace, value];
  const tail = `/ns/${owner}/sa/${name}`;
  return (principal) => principal.endsWith(tail);
});

const method = ofRequest((value) => {
  const test = compileText(value);
  return ({ method }) => test(method);
});
const path = ofRequest((value) => {
  const test = compilePath(value);
  return (_request, path) => test(path);
});
const host = ofRequest((value) => {
  const test = compileText(value.toLowerCase());
  return ({ host }) => test(host.toLowerCase());
});

/** What nobody provides here: no JWT is ever validated, so its claims are absent. */
const absentJwt = ofRequest(() => () => false);
const absent = ofConnection(() => () => false);

/** Fields of `from[].source`, each with its `notX`. */
export const sourceFields: Record<string, AttributeOf> = {
  principals: principal,
  requestPrincipals: absentJwt,
  namespaces: sourceNamespace,
  serviceAccounts: serviceAccount,
  ipBlocks: sourceIp,
  remoteIpBlocks: remoteIp,
  trustDomains: trustDomain,
};

/** Fields of `to[].operation`, each with its `notX`. */
export const operationFields: Record<string, AttributeOf> = {
  hosts: host,
  ports: port,
  methods: method,
  paths: path,
};

const conditionKeys: Record<string, AttributeOf> = {
  "source.ip": sourceIp,
  "remote.ip": remoteIp,
  "source.namespace": sourceNamespace,
  "source.serviceAccount": serviceAccount,
  "source.trustDomain": trustDomain,
  "source.principal": principal,
  "destination.ip": destinationIp,
  "destination.port": port,
  "connection.sni": absent,
  "request.auth.principal": absentJwt,
  "request.auth.audiences": absentJwt,
  "request.auth.presenter": absentJwt,
};

/** The attribute behind a `when[].key`; undefined where there's none of that name. */
export function conditionAttribute(key: string): AttributeOf | undefined {
  const known = Object.hasOwn(conditionKeys, key) ? conditionKeys[key] : undefined;
  if (known) return known;
  const [, map, name] = /^(.+?)\[(.+)\]$/.exec(key) ?? [];
  if (map === "request.headers" && name) return header(name);
  if (map === "request.auth.claims") return absentJwt;
  if (map?.startsWith("experimental.envoy.filters.")) return absent;
  return undefined;
}

function header(name: string): AttributeOf {
  const key = name.toLowerCase();
  const read = ({ method, path, host, headers }: HttpRequest) => {
    if (key === ":method") return method;
    if (key === ":path") return path;
    if (key === ":authority" || key === "host") return host;
    return readLabel(headers, key);
  };
  return ofRequest((value) => {
    // For a header, `*` asks for its presence, with an empty value too.
    const test = value === "*" ? () => true : compileText(value);
    return (request) => {
      const found = read(request);
      return found !== undefined && test(found);
    };
  });
}
