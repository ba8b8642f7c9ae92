/** What a rewrite works on and leaves behind: mod_rewrite's view of a request. */
export interface RewriteState {
  /** URL-path in server context; file system path or `proxy:` URL in a section. */
  filename: string;
  query: string | undefined;
  /** Environment variables, set with [E=...]. */
  env: Map<string, string>;
  /** Set by [END]: no later rewriting of this request. */
  ended: boolean;
  /** The last substitution made, as written: tells a path that was meant from one that was asked for. */
  lastSubstitution?: string;
  /** Set when the rules led back to this very server (`http://ourhost/...` without [R]). */
  reduced: boolean;
}

/** What the rules need to know of the request. */
export interface RewriteContext {
  /** The section's path with a trailing slash; undefined in server context. */
  directory?: string;
  variable(name: string, state: RewriteState): string;
  file(path: string): FileFacts | undefined;
  /** `http://host[:port]` of this request, for relative targets of [R] and [P]. */
  self: string;
  /** Whether `host[:port]` names the virtual host that serves this request. */
  isSelf(host: string, port: number): boolean;
}

export interface FileFacts {
  kind: "file" | "directory" | "other";
  size: number;
  link: boolean;
  executable: boolean;
}
