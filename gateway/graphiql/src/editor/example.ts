export interface Example {
  title: string;
  query: string;
  /** Finds what a mutation is about: the variables follow from what the viewer is shown. */
  find?: Find;
}

export interface Find {
  query: string;
  variables(found: unknown): object;
}

export interface Named {
  id: string;
}

export interface Versioned extends Named {
  version: number;
}

/** Finds the first object of a list of the viewer's, for a mutation that takes its id as *id*, its version and *more*. */
export const firstOf = (list: string, filter: string, id: string, more: object = {}): Find => ({
  query: `{ viewer { ${list}(${filter}first: 1) { nodes { id version } } } }`,
  variables: ({ viewer }: { viewer: Record<string, { nodes: Versioned[] } | null> }) => {
    const first = viewer[list]?.nodes[0];
    return { input: { [id]: first?.id ?? '', version: first?.version ?? null, ...more } };
  },
});
