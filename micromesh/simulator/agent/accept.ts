import type net from "node:net";
import { decodeHello, type Hello } from "../network/hello.ts";

/**
 * Takes the hello off an accepted connection and hands the socket over as if it had just arrived.
 * A connection that says something else is broken off.
 */
export function acceptHello(socket: net.Socket, next: (hello: Hello) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onError = () => socket.destroy();
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    let decoded: ReturnType<typeof decodeHello>;
    try {
      decoded = decodeHello(bytes);
    } catch {
      socket.destroy();
      return;
    }
    if (!decoded) return;
    socket.off("readable", onReadable);
    socket.off("error", onError);
    if (decoded.rest.length > 0) socket.unshift(decoded.rest);
    next(decoded.hello);
  };
  socket.on("error", onError);
  socket.on("readable", onReadable);
}
