import net from "node:net";
import { createInterface } from "node:readline";
import type { FromPod, ToPod } from "./messages.ts";

/** Inherited from the simulator. */
const DESCRIPTOR = 3;

/**
 * The pod's line to the simulator. It doesn't keep the process alive; and when it breaks, the
 * simulator is gone and the pod goes with it.
 */
export class Channel {
  private readonly socket = new net.Socket({ fd: DESCRIPTOR, readable: true, writable: true });

  /** Calls `onMessage` for every message, in order. */
  listen(onMessage: (message: ToPod) => void): void {
    createInterface({ input: this.socket, crlfDelay: Number.POSITIVE_INFINITY }).on(
      "line",
      (line) => onMessage(JSON.parse(line) as ToPod),
    );
    const die = () => process.kill(process.pid, "SIGKILL");
    this.socket.on("error", die);
    this.socket.on("close", die);
  }

  /** Lets the process end when the application has nothing left to do. */
  unref(): void {
    this.socket.unref();
  }

  send(message: FromPod): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }
}
