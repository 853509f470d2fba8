import type { Hardware } from './hardware';

/** Everything the emulated project holds. */
export class World {
  readonly hardware: Hardware;
  /** Requests that nobody thought of, as `METHOD PATH: why`. Tests assert that it stays empty. */
  readonly unexpectedRequests: string[] = [];

  constructor(options: { readonly hardware: Hardware }) {
    this.hardware = options.hardware;
  }
}
