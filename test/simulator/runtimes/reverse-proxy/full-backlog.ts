import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

/** A port on which a connection is neither made nor refused: what a dropped packet looks like. */
export interface Unanswering {
  port: number;
  stop(): void;
}

/**
 * Listens in a process that never accepts and fills its queue, so that the kernel ignores whoever
 * comes next. Undefined where the kernel doesn't play along.
 */
export async function unanswering(): Promise<Unanswering | undefined> {
  const script =
    "const s=require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},()=>{" +
    "process.stdout.write(String(s.address().port));" +
    "setImmediate(()=>Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0))})";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const sockets: net.Socket[] = [];
  const stop = () => {
    child.kill("SIGKILL");
    for (const socket of sockets) socket.destroy();
  };
  const [data] = await once(child.stdout as NodeJS.ReadableStream, "data");
  const port = Number(data);
  // On a busy machine a single late connection proves nothing: two in a row do.
  for (let count = 0, late = 0; count < 10; count++) {
    const socket = net.connect(port, "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => {});
    const made = await Promise.race([
      once(socket, "connect").then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 400)),
    ]);
    late = made ? 0 : late + 1;
    if (late === 2) return { port, stop };
  }
  stop();
  return undefined;
}
