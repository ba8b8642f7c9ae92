import type { HttpdConfig } from "./config.ts";

/** ServerTokens. The official image is a Unix build. */
export function bannerOf(tokens: HttpdConfig["tokens"], version: string): string {
  const [major, minor] = version.split(".");
  switch (tokens) {
    case "prod":
      return "Apache";
    case "major":
      return `Apache/${major}`;
    case "minor":
      return `Apache/${major}.${minor}`;
    case "minimal":
      return `Apache/${version}`;
    default:
      return `Apache/${version} (Unix)`;
  }
}
