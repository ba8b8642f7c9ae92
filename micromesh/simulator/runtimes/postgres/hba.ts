/**
 * Client authentication. All connections reach the native server through its Unix socket, for which
 * `local` lines hold; they are made of the `host` lines that would hold for pods
 * (https://www.postgresql.org/docs/17/auth-pg-hba-conf.html).
 */
import { BlockList, isIP } from "node:net";

/** Methods that mean the same for a Unix socket as for a host. */
const METHODS = ["trust", "reject", "scram-sha-256", "md5", "password", "ldap", "radius", "pam"];

export interface HostRules {
  /** The file for the native server. */
  readonly text: string;
  /** A line for each rule that doesn't hold here. */
  readonly warnings: readonly string[];
}

/** What the image adds to the file that initdb writes. */
export function linesForHosts(method: string): string {
  return `\nhost all all all ${method}\n`;
}

/**
 * The rules for pods as rules for the Unix socket.
 * @param text a `pg_hba.conf`
 * @param network of the pods' addresses, such as `10.244.0.0/16`
 */
export function rulesForSocket(text: string, network: string): HostRules {
  const rules: string[] = [];
  const warnings: string[] = [];
  for (const line of logicalLines(text)) {
    const [type = "", databases = "", users = "", ...rest] = fieldsOf(line);
    // Connections by a pod's own Unix socket don't exist here, and none is encrypted.
    if (["local", "hostssl", "hostgssenc"].includes(type)) continue;
    const [address = "", ...more] = rest;
    const masked = isIP(more[0] ?? "") > 0;
    const [method = "", ...options] = masked ? more.slice(1) : more;
    const scope = masked ? maskedScope(address, more[0] ?? "") : scopeOf(address, network);
    if (!type.startsWith("host")) warnings.push(`'${line}' has no effect: it isn't simulated`);
    else if (scope === "part") {
      warnings.push(`'${line}' has no effect: only rules for all pods are simulated`);
    } else if (scope === "pods" && METHODS.includes(method)) {
      rules.push(["local", databases, users, method, ...options].join(" "));
    } else if (scope === "pods") {
      warnings.push(`'${line}': the method isn't simulated, so it rejects`);
      rules.push(`local ${databases} ${users} reject`);
    }
  }
  return { text: `${rules.join("\n")}\n`, warnings };
}

/** Whom an address means: all pods, only the pod itself, or something in between. */
type Scope = "pods" | "self" | "part";

function scopeOf(address: string, network: string): Scope {
  if (address === "all" || address === "samenet") return "pods";
  if (address === "samehost" || address === "localhost") return "self";
  const [base = "", bits = ""] = address.split("/");
  const family = isIP(base);
  if (family === 0) return "part";
  if (family === 6) return bits === "0" ? "pods" : base === "::1" ? "self" : "part";
  if (base.startsWith("127.")) return "self";
  const [first = "", length = "32"] = network.split("/");
  const prefix = bits === "" ? 32 : Number(bits);
  if (!(prefix >= 0 && prefix <= Number(length))) return "part";
  const block = new BlockList();
  block.addSubnet(base, prefix);
  return block.check(first) ? "pods" : "part";
}

function maskedScope(address: string, mask: string): Scope {
  if (address.startsWith("127.") || address === "::1") return "self";
  return mask === "0.0.0.0" || mask === "::" ? "pods" : "part";
}

/** Lines without comments; one that ends with a backslash goes on with the next. */
function logicalLines(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .map((line) => line.replace(/("[^"]*")|#.*/g, "$1").trim())
    .filter((line) => line !== "");
}

/** Fields of a line; a list goes on after a comma and a blank, and quotes hold together. */
function fieldsOf(line: string): string[] {
  return line.match(/(?:"[^"]*"|,\s*|[^\s",])+/g) ?? [];
}
