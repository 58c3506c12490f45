/** How trunks send requests of their own (OPTIONS, REGISTER). The adapter is in `drachtio.ts`. */

export interface TrunkRequest {
  readonly method: 'OPTIONS' | 'REGISTER';
  readonly uri: string;
  /** The next hop where it is not the URI. */
  readonly proxy?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A final answer, from the network or made by the engine: 408 when none came, 503 when it could not be sent. */
export interface TrunkAnswer {
  readonly status: number;
  readonly reason: string;
  /** Where it came from; empty when it came from nowhere. */
  readonly source: string;
  /** All lines of a header; empty when there are none. */
  headers(name: string): readonly string[];
}

export interface TrunkTransport {
  /** Never rejects. */
  request(request: TrunkRequest): Promise<TrunkAnswer>;
}
