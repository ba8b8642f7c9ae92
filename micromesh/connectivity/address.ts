/** IP addresses and CIDR blocks, IPv4 and IPv6. An IPv4-mapped IPv6 address is the IPv4 address. */
import ipaddr from "ipaddr.js";

/** Addresses of one family, from first to last. */
export interface AddressRange {
  family: 4 | 6;
  first: bigint;
  last: bigint;
}

/** A range that is a CIDR block; a single address is the block of its own. */
export interface Block extends AddressRange {
  /** Length of the prefix. */
  bits: number;
}

/** Every address of a family. */
export const everything: Record<4 | 6, Block> = {
  4: { family: 4, first: 0n, last: 2n ** 32n - 1n, bits: 0 },
  6: { family: 6, first: 0n, last: 2n ** 128n - 1n, bits: 0 },
};

/** Undefined where the text isn't an address. IPv4 is taken in four decimal parts only. */
export function parseAddress(text: string): Block | undefined {
  const address = parse(text);
  return address && blockOf(address, address.kind() === "ipv4" ? 32 : 128);
}

/** A block `address/bits`; undefined where the text isn't one. Bits beyond the prefix are ignored. */
export function parseBlock(text: string): Block | undefined {
  const [head = "", bits = "", ...rest] = text.split("/");
  const base = parse(head);
  if (!base || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return undefined;
  return Number(bits) <= (base.kind() === "ipv4" ? 32 : 128)
    ? blockOf(base, Number(bits))
    : undefined;
}

export function parseBlockOrAddress(text: string): Block | undefined {
  return parseAddress(text) ?? parseBlock(text);
}

/** True where the first address of `inner`, or the only one, is in `outer`. */
export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.first <= outer.last;
}

/** True where every address of `inner` is in `outer`. */
export function covers(outer: AddressRange, inner: AddressRange): boolean {
  return contains(outer, inner) && inner.last <= outer.last;
}

/** True where any address is in both. */
export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return contains(a, b) || contains(b, a);
}

/** `10.0.0.0-10.255.255.255`, as np-guard writes it. */
export function rangeText({ family, first, last }: AddressRange): string {
  return `${addressText(family, first)}-${addressText(family, last)}`;
}

/** The address of that number. */
export function addressText(family: 4 | 6, number: bigint): string {
  if (family === 4) {
    const word = Number(number);
    return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
  }
  const bytes = Array.from({ length: 16 }, (_, i) =>
    Number((number >> BigInt(8 * (15 - i))) & 0xffn),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function blockOf(base: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Block {
  const bytes = base.toByteArray();
  const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const free = (1n << BigInt(bytes.length * 8 - bits)) - 1n;
  const first = number & ~free;
  return { family: bytes.length === 4 ? 4 : 6, first, last: first | free, bits };
}
