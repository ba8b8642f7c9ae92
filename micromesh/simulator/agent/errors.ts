import os from "node:os";

/** Errors as Node's own sockets and resolver raise them. */
type Code = "ECONNREFUSED" | "ECONNRESET" | "ETIMEDOUT" | "EADDRINUSE" | "EADDRNOTAVAIL" | "EROFS";

export function systemError(
  code: Code,
  syscall: string,
  where: { address?: string; port?: number; path?: string } = {},
): NodeJS.ErrnoException {
  const place = where.address === undefined ? "" : ` ${where.address}:${where.port}`;
  const text = code === "EROFS" ? `${code}: read-only file system, ${syscall} '${where.path}'` : "";
  const error: NodeJS.ErrnoException = new Error(text || `${syscall} ${code}${place}`);
  return Object.assign(error, {
    code,
    errno: -os.constants.errno[code as never],
    syscall,
    ...where,
  });
}

/** What getaddrinfo (or a query, by its record type) says. */
type NameCode = "ENOTFOUND" | "EAI_AGAIN" | "ETIMEOUT" | QueryCode;
type QueryCode = "ENOTFOUND" | "ENODATA" | "ESERVFAIL" | "EREFUSED" | "EFORMERR" | "ENOTIMP";

/** libuv's numbers for the resolver's errors (UV_EAI_AGAIN, UV_EAI_NONAME); queries have none. */
const ERRNO: { [code in NameCode]?: number } = { ENOTFOUND: -3008, EAI_AGAIN: -3001 };

/** c-ares' errors by the code of the answer; it takes all the others for a broken answer. */
const BY_RCODE: Record<string, QueryCode> = {
  NXDOMAIN: "ENOTFOUND",
  NOERROR: "ENODATA",
  SERVFAIL: "ESERVFAIL",
  REFUSED: "EREFUSED",
  FORMERR: "EFORMERR",
  NOTIMP: "ENOTIMP",
};

/** @param syscall `getaddrinfo`, or e.g. `querySrv` */
export function nameError(
  code: NameCode,
  syscall: string,
  hostname: string,
): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${syscall} ${code} ${hostname}`);
  const errno = syscall === "getaddrinfo" ? ERRNO[code] : undefined;
  return Object.assign(error, { code, errno, syscall, hostname });
}

export function queryError(rcode: string, syscall: string, hostname: string) {
  return nameError(BY_RCODE[rcode] ?? "ESERVFAIL", syscall, hostname);
}
