/** What keeps PostgreSQL from starting, in words for the container's log. */
export class StartProblem extends Error {
  /** The container's exit code. */
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}
