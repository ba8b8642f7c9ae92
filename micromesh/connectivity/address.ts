/** IP addresses and CIDR blocks, IPv4 and IPv6. An IPv4-mapped IPv6 address is the IPv4 address. */
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface Block {
  base: Address;
  /** Length of the prefix in bits. */
  bits: number;
}

/** Undefined where the text isn't an address. IPv4 is taken in four decimal parts only. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** A block `address/bits`; undefined where the text isn't one. Bits beyond the prefix are ignored. */
export function parseBlock(text: string): Block | undefined {
  const [head = "", bits = "", ...rest] = text.split("/");
  const base = parseAddress(head);
  if (!base || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return undefined;
  return Number(bits) <= width(base) ? { base, bits: Number(bits) } : undefined;
}

/** A block, or a single address, which is the block of its own. */
export function parseBlockOrAddress(text: string): Block | undefined {
  const address = parseAddress(text);
  return address ? blockOf(address) : parseBlock(text);
}

export function contains(block: Block, address: Address): boolean {
  // `match` throws across families.
  return block.base.kind() === address.kind() && address.match(block.base as never, block.bits);
}

/** True where every address of `inner` is in `outer`. */
export function covers(outer: Block, inner: Block): boolean {
  return outer.bits <= inner.bits && contains(outer, inner.base);
}

/** True where any address is in both. */
export function overlaps(a: Block, b: Block): boolean {
  return covers(a, b) || covers(b, a);
}

/** The block of a single address. */
function blockOf(address: Address): Block {
  return { base: address, bits: width(address) };
}

function width(address: Address): number {
  return address.kind() === "ipv4" ? 32 : 128;
}
