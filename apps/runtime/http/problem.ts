/** An answer that isn't the one asked for: thrown anywhere, answered as `{"error": message}`. */
export class Problem extends Error {
  override name = "Problem";
  readonly status: number;
  /** Further header fields of the answer, such as `retry-after`. */
  readonly headers: Record<string, string>;

  /**
   * @param status 4xx where the request is at fault, 503 where something that is needed is away
   * @param message what is wrong, where, and how to mend it
   */
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
