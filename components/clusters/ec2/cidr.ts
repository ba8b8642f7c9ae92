import ipaddr from "ipaddr.js";

/** A network, `first address/length of its prefix`. */
export interface Cidr {
  family: 4 | 6;
  /** The one way to write it: `10.0.0.0/8`, `2001:db8::/32` (RFC 5952). */
  text: string;
  bits: number;
}

/** `network`: what the text would be with its host bits cleared; undefined where it is no network at all. */
export type CidrReading = { cidr: Cidr } | { network?: string };

/**
 * Reads a network, strictly: IPv4 in four decimal parts, IPv6 neither with a zone nor with an IPv4
 * address inside, no bit set behind the prefix. EC2 clears such bits itself, so that what is declared
 * would never be what there is.
 */
export function readCidr(text: string): CidrReading {
  const [address = "", bits = ""] = text.split("/");
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || !isPlain(address) || !ipaddr.isValidCIDR(text)) return {};
  const parsed = ipaddr.parse(address);
  const v4 = parsed.kind() === "ipv4";
  if (!v4 && (parsed as ipaddr.IPv6).isIPv4MappedAddress()) return {};
  const network = v4
    ? ipaddr.IPv4.networkAddressFromCIDR(text).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(text).toRFC5952String();
  const canonical = `${network}/${bits}`;
  if (ipaddr.parse(network).toNormalizedString() !== parsed.toNormalizedString()) {
    return { network: canonical };
  }
  return { cidr: { family: v4 ? 4 : 6, text: canonical, bits: Number(bits) } };
}

/**
 * Networks that nothing was found wrong with.
 * @throws Error for a text that `readCidr` takes for none
 */
export function cidrsOf(texts: string[]): Cidr[] {
  return texts.map((text) => {
    const reading = readCidr(text);
    if ("cidr" in reading) return reading.cidr;
    throw new Error(`${text} is not a network`);
  });
}

/** True where some address is in both. */
export function overlap(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  const bits = Math.min(a.bits, b.bits);
  const [one, other] = [a, b].map(({ text }) => ipaddr.parse(text.split("/")[0] as string));
  return (one as ipaddr.IPv4).match(other as ipaddr.IPv4, bits);
}

/** The first of 10.0.0.0/16, 10.1.0.0/16, … from `10.<start>` on that overlaps none of the given ones. */
export function freeNetwork(taken: Cidr[], start: number): Cidr | undefined {
  for (let i = 0; i < 256; i++) {
    const text = `10.${(start + i) % 256}.0.0/16`;
    const cidr: Cidr = { family: 4, text, bits: 16 };
    if (!taken.some((other) => overlap(other, cidr))) return cidr;
  }
  return undefined;
}

function isPlain(address: string): boolean {
  return address.includes(":")
    ? /^[0-9a-fA-F:]+$/.test(address)
    : ipaddr.IPv4.isValidFourPartDecimal(address);
}
