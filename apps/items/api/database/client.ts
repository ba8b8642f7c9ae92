import { isIP, Socket } from "node:net";
import pg from "pg";
import { connectFailure, type Failure, type Stage, type Way } from "./failure.ts";

/** A connection couldn't be had. */
export class ConnectFailed extends Error {
  override name = "ConnectFailed";
  readonly failure: Failure;
  /** How far the connection had come. */
  readonly stage: Stage;

  constructor(failure: Failure, stage: Stage) {
    super(failure.words);
    this.failure = failure;
    this.stage = stage;
  }
}

/** A connection that knows how far it has come, for whoever asks why nothing comes of it. */
export interface WatchedClient extends pg.Client {
  readonly stage: Stage;
  /** Nothing can be sent on it any more. */
  readonly lost: boolean;
  /** A statement has been answered on it. */
  used: boolean;
}

/** As `pg` types it: with an error, or with the client. */
type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/**
 * The class of a pool's connections. Node asks for the name anew for each of them. What they fail with
 * is a {@link ConnectFailed}.
 *
 * @param connecting holds those that are on their way
 */
export function clientClass(way: Way, password: string, connecting: Set<WatchedClient>) {
  return class extends pg.Client implements WatchedClient {
    stage: Stage = isIP(way.host) ? "connect" : "name";
    lost = false;
    used = false;

    constructor(options: pg.ClientConfig) {
      const socket = new Socket();
      // The pool hides the password from a spread.
      super({ ...options, password, stream: () => socket });
      socket.on("lookup", (error: Error | null) => {
        if (!error) this.stage = "connect";
      });
      const lose = () => {
        this.lost = true;
      };
      // While it's in use the pool doesn't listen, and an error that nobody hears would end the process.
      this.on("error", lose);
      this.on("end", lose);
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | undefined {
      if (!callback) return super.connect();
      connecting.add(this);
      super.connect((error: Error | null) => {
        connecting.delete(this);
        const { stage } = this;
        const failed = error && new ConnectFailed(connectFailure(error, way, stage), stage);
        (callback as (error: Error | null, client: pg.Client) => void)(failed, this);
      });
      return undefined;
    }
  };
}
