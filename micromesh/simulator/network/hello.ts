/**
 * The first bytes of every connection inside the simulator: who calls. They carry what source
 * addresses and mTLS certificates carry in a cluster; applications never see them.
 */
export interface Hello {
  /** `namespace/name` of a pod; `node` for the kubelet and the API server; `external` for the world. */
  from: string;
  ip: string;
  port: number;
  /** SPIFFE identity without scheme; present where both sidecars speak mTLS. */
  principal?: string;
  /** The kubelet's probes and port-forwards don't pass the sidecar, as on a cluster. */
  bypassSidecar?: boolean;
}

const MAGIC = "mm";
/** Magic, then the length of the JSON text that follows, as 16 bits, big endian. */
const HEADER = MAGIC.length + 2;

export function encodeHello(hello: Hello): Buffer {
  const text = Buffer.from(JSON.stringify(hello));
  const header = Buffer.from(`${MAGIC}\0\0`, "latin1");
  header.writeUInt16BE(text.length, MAGIC.length);
  return Buffer.concat([header, text]);
}

/**
 * Reads a hello from what has arrived so far.
 * @returns the hello and the bytes behind it; undefined where more bytes are needed
 * @throws where the bytes are something else
 */
export function decodeHello(bytes: Buffer): { hello: Hello; rest: Buffer } | undefined {
  if (bytes.length < HEADER) return undefined;
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new Error("not a hello");
  const end = HEADER + bytes.readUInt16BE(MAGIC.length);
  if (bytes.length < end) return undefined;
  return {
    hello: JSON.parse(bytes.toString("utf8", HEADER, end)) as Hello,
    rest: bytes.subarray(end),
  };
}
