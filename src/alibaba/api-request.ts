/** A request to an OpenAPI product, ready to be sent. */
export interface ApiRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** The form of a call without parameters in its URL. */
  readonly body?: string;
}
