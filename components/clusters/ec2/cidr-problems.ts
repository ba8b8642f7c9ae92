import { type Cidr, readCidr } from "./cidr.ts";
import { run } from "./mend.ts";

/**
 * Wide enough for any one organisation: 10.0.0.0/8 is all private addresses of a big one, and /8 the unit
 * in which IANA gives IPv4 away; sites of IPv6 have a /48 or less (RFC 6177). Without a limit the
 * internet would pass in two halves, 0.0.0.0/1 and 128.0.0.0/1.
 */
const WIDEST_ADMIN_BITS = { 4: 8, 6: 16 };

/** What is wrong with those who may reach SSH and the Kubernetes API; the public may not. */
export function adminProblems(texts: string[]): string[] {
  if (texts.length > 0) return cidrProblems("adminCidrs", texts, tooWide);
  const mend = run("adminCidrs", `'["ADDRESS/32"]'`);
  return [
    `micromesh:cluster.adminCidrs is empty; it must name the network that you come from: ${mend}`,
  ];
}

/** What is wrong with those who may reach HTTP and HTTPS; there may be none, or everybody. */
export function publicProblems(texts: string[]): string[] {
  return cidrProblems("publicCidrs", texts, () => undefined);
}

/** What is wrong with a network of the cluster's own. */
export function networkProblems(key: "podCidr" | "serviceCidr", text: string): string[] {
  const reading = readCidr(text);
  if ("cidr" in reading && reading.cidr.family === 4) return [];
  const network = "network" in reading && !reading.network?.includes(":") && reading.network;
  return [
    formOf(
      `cluster.${key}`,
      text,
      network || (key === "podCidr" ? "10.42.0.0/16" : "10.43.0.0/16"),
      "a network of IPv4",
    ),
  ];
}

function tooWide({ family, bits, text }: Cidr): string | undefined {
  const widest = WIDEST_ADMIN_BITS[family];
  if (bits >= widest) return undefined;
  const what = bits === 0 ? "which is everybody" : `which is wider than a /${widest}`;
  return (
    `micromesh:cluster.adminCidrs holds ${text}, ${what}; SSH and the Kubernetes API must be open to ` +
    `administrators only: ${run("adminCidrs", `'["ADDRESS/32"]'`)}`
  );
}

/** Forms, duplicates, and what else is wrong with a network. */
function cidrProblems(
  key: "adminCidrs" | "publicCidrs",
  texts: string[],
  problem: (cidr: Cidr) => string | undefined,
): string[] {
  const seen = new Map<string, string>();
  return texts.flatMap((text, index) => {
    const reading = readCidr(text);
    if (!("cidr" in reading)) {
      return [formOf(`cluster.${key}[${index}]`, text, reading.network ?? "203.0.113.7/32")];
    }
    const twin = seen.get(reading.cidr.text);
    if (twin !== undefined) {
      return [
        `micromesh:cluster.${key} holds ${twin} and ${text}, the same network: ` +
          `run "pulumi config rm --path micromesh:cluster.${key}[${index}]"`,
      ];
    }
    seen.set(reading.cidr.text, text);
    return problem(reading.cidr) ?? [];
  });
}

function formOf(path: string, text: string, network: string, what = "a network"): string {
  return (
    `micromesh:${path} is ${JSON.stringify(text)}; it must be ${what}, e.g. ${network}: ` +
    `run "pulumi config set --path micromesh:${path} ${network}"`
  );
}
