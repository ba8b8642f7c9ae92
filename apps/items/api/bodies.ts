/** Bodies of requests: JSON in UTF-8, and not too much of it. */
import type { FastifyError } from "fastify";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";

/** A larger body is answered with 413, and not read. */
export const MAX_BODY_BYTES = 64 * 1024;

const EXAMPLE = 'such as {"name": "bolt", "quantity": 3}';

/** From here on, routes of this scope take JSON bodies, and say what is wrong with others. */
export function takesItems(scope: Service): void {
  const parse = scope.getDefaultJsonParser("error", "error");
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
    (request, bytes: Buffer, done) => {
      // None at all is for the route's schema to judge.
      if (bytes.length === 0) return done(null, undefined);
      let text: string;
      try {
        text = utf8.decode(bytes);
      } catch {
        return done(new Problem(400, `body: it isn't UTF-8; send JSON in UTF-8, ${EXAMPLE}`));
      }
      parse(request, text, done);
    },
  );
}

/** What is wrong with a body, in words that help; undefined for any other error. */
export function bodyProblem(error: FastifyError): Problem | undefined {
  switch (error.statusCode) {
    case 413:
      return new Problem(413, "body: it is over 64 KiB; send less", { connection: "close" });
    case 415:
      return new Problem(
        415,
        `header content-type: it must be application/json, with a body ${EXAMPLE}`,
      );
    case 400:
      if (error.validation) return undefined;
      return new Problem(
        400,
        `body: it isn't JSON: ${error.message.slice(0, 100)}; send an object ${EXAMPLE}`,
      );
    default:
      return undefined;
  }
}
