/** What a service does by itself, and not on behalf of a user's request, it does with a token of its own. */

import * as z from "zod";
import type { Mesh, MeshAnswer } from "../runtime/mesh-client.ts";
import { Unavailable } from "../runtime/mesh-client.ts";

/** A token that ends sooner than this isn't used any more: it must last until it has arrived. */
const MARGIN_MS = 30_000;

const issued = z.object({ access_token: z.string(), expires_in: z.number() });

/**
 * The mesh, as a service asks it in its own name: it shows its secret to auth, and gets a token (the client
 * credentials of OAuth 2, RFC 6749 4.4). One that isn't taken any more is replaced once.
 *
 * @param mesh without anybody's authorization
 * @param secret looks the service's secret up
 * @param now milliseconds
 */
export function asService(
  mesh: Mesh,
  service: string,
  secret: () => Promise<string>,
  now: () => number = Date.now,
): Mesh {
  let token: { text: string; until: number } | undefined;

  async function current(): Promise<string> {
    if (token && now() < token.until) return token.text;
    const credentials = Buffer.from(`${service}:${await secret()}`).toString("base64");
    const { status, body } = await mesh.call("POST", "/auth/service-token", {
      authorization: `Basic ${credentials}`,
    });
    const { success, data } = issued.safeParse(body);
    if (status !== 200 || !success) {
      throw new Unavailable("auth", `auth answered ${status}, and no token for ${service}`);
    }
    token = { text: data.access_token, until: now() + data.expires_in * 1000 - MARGIN_MS };
    return token.text;
  }

  return {
    async call(method, path, headers) {
      const send = async (): Promise<MeshAnswer> =>
        mesh.call(method, path, { ...headers, authorization: `Bearer ${await current()}` });
      const answer = await send();
      if (answer.status !== 401) return answer;
      token = undefined;
      return send();
    },
  };
}
