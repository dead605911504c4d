import type { Connection } from './connection.ts';
import type { RawObject, Target } from './resource.ts';

export interface ListPage {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly RawObject[];
}

export interface ListRequest {
  readonly target: Target;
  /** Selectors; they hold for every page. */
  readonly selectors?: Readonly<Record<string, string>>;
  /** Left out: what is true now. `0`: what the server has in memory, which may be a little old. */
  readonly resourceVersion?: string;
  /** Asks the server for nothing but `metadata`. */
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
}

const pageSize = 500;
const metadataAccept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/**
 * Lists a collection page by page, so that neither side has to hold all of it at once. Throws KUBERNETES_GONE
 * where reading the pages took longer than the server keeps old versions.
 * Source: Kubernetes API concepts, "Retrieving large results sets in chunks".
 */
export async function* listPages(connection: Connection, list: ListRequest): AsyncIterable<ListPage> {
  const { target, selectors, resourceVersion, metadataOnly, signal } = list;
  const accept = metadataOnly === true ? { accept: metadataAccept } : {};
  // The token says which version to continue; the server refuses to be told both.
  let from: Readonly<Record<string, string>> = resourceVersion === undefined ? {} : { resourceVersion };
  for (;;) {
    const query = { ...from, limit: String(pageSize), ...selectors };
    const page = await connection.request<ListPage>({ method: 'GET', target, query, signal, ...accept });
    yield page;
    const { continue: rest = '' } = page.metadata;
    if (rest === '') return;
    from = { continue: rest };
  }
}
