import { setTimeout as sleep } from "node:timers/promises";
import type { Service } from "./service.ts";

/**
 * How long a stopping pod still takes requests, in milliseconds. The signal, the removal from the
 * Service's endpoints and the goodbye to who leads others here happen at the same time, so others keep sending
 * for a moment: the gateway asks the registry twice a second.
 */
const DRAIN_MS = 1000;
/** After this many milliseconds of waiting for open requests the process ends anyway. */
const GRACE_MS = 5000;

/** What others have been told, to be taken back when the program stops. */
export interface Announcement {
  end(): Promise<void>;
}

/** A server, and where it listens. */
export interface Listener {
  app: Service;
  port: number;
}

export interface Serving {
  port: number;
  /** Servers beside it, like one for those who run the program: they stop when it has stopped. */
  beside?: Listener[];
  /** Called once requests are taken. @returns what tells others that they are, if anything does */
  started: () => Announcement | undefined;
  /** Called when the last request has been answered; waited for. */
  close?: () => unknown;
}

/**
 * Serves until SIGTERM or SIGINT, then says goodbye, finishes what is under way and
 * exits with 0. Prints `listening on PORT` once connections are taken.
 *
 * @throws if a port can't be had: a SystemError whose message names it
 */
export async function serveUntilStopped(app: Service, serving: Serving): Promise<void> {
  const { port, beside = [], started, close } = serving;
  const listeners = [...beside, { app, port }];
  let stopping = false;
  for (const { app } of listeners) {
    // Who sends on an open connection is asked to leave it, rather than cut off in the middle.
    app.addHook("onSend", async (_request, reply) => {
      if (stopping) reply.header("connection", "close");
    });
  }
  for (const { app, port } of listeners) {
    await listen(app, port);
    console.log(`listening on ${port}`);
  }
  const announcement = started();

  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    console.log(`${signal}: stopping`);
    setTimeout(() => process.exit(0), DRAIN_MS + GRACE_MS).unref();
    await Promise.all([announcement?.end(), sleep(DRAIN_MS)]);
    for (const { app } of listeners.reverse()) await app.close();
    await close?.();
    console.log("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** On every address, as Node itself does without a host: IPv6, which takes IPv4 too, else IPv4. */
async function listen(app: Service, port: number): Promise<void> {
  try {
    await app.listen({ port, host: "::" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAFNOSUPPORT") throw error;
    await app.listen({ port, host: "0.0.0.0" });
  }
}
