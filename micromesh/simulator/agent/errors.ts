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
export function nameError(
  code: "ENOTFOUND" | "EAI_AGAIN" | "ETIMEOUT" | "EREFUSED",
  syscall: string,
  hostname: string,
): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${syscall} ${code} ${hostname}`);
  // libuv's numbers for the resolver's errors (UV_EAI_AGAIN, UV_EAI_NONAME); queries have none.
  const errno = { ENOTFOUND: -3008, EAI_AGAIN: -3001, ETIMEOUT: undefined, EREFUSED: undefined }[
    code
  ];
  return Object.assign(error, { code, errno, syscall, hostname });
}
