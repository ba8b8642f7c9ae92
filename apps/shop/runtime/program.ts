/** What the main program of every service does. */
import { isIPv6 } from "node:net";
import type * as z from "zod";
import type { replicaVariables } from "../../runtime/environment.ts";
import { serveUntilStopped } from "../../runtime/http/serve.ts";
import { createService, type Service } from "../../runtime/http/service.ts";
import { register } from "./registration.ts";

/** Without a registry the program tells nobody that it is there. */
type ReplicaSettings = z.output<z.ZodObject<typeof replicaVariables>> & {
  REGISTRY_URL?: string | undefined;
};

export interface Program {
  /** `catalog` */
  name: string;
  /** One sentence. */
  description: string;
  /** Where its paths are listed; default `/NAME/openapi.json`. */
  help?: string;
  /** Adds the service's routes. */
  routes(app: Service): void;
  /** Called once requests are taken. */
  started?: () => void;
  /** Called when the last request has been answered. */
  close?: () => void;
}

/** Serves a service until it's told to stop, and keeps it registered meanwhile. */
export async function serveProgram(settings: ReplicaSettings, program: Program): Promise<void> {
  const { PORT, POD_NAME, POD_IP, VERSION, REGISTRY_URL } = settings;
  const { name, description, help } = program;
  const app = await createService({ name, description, help, replica: POD_NAME, version: VERSION });
  program.routes(app);
  const url = `http://${isIPv6(POD_IP) ? `[${POD_IP}]` : POD_IP}:${PORT}`;
  await serveUntilStopped(app, {
    port: PORT,
    started() {
      program.started?.();
      if (!REGISTRY_URL) return undefined;
      return register({
        registry: REGISTRY_URL,
        name,
        replica: POD_NAME,
        url,
        version: VERSION,
        healthCheck: `/${name}/health`,
      });
    },
    close: program.close,
  });
}
