import { describe, expect, it } from 'vitest';
import type { Inventory } from './cleanup-inventory.ts';
import type { RemovalOutcome } from './cleanup-removal.ts';
import { outcomeText } from './cleanup-text.ts';

const inventory: Inventory = { admission: [], namespaces: [], own: [], mentions: [], unseen: [] };
const done: RemovalOutcome = {
  removed: { admission: 1, attachments: 3, pullSecrets: 2, own: 4 },
  left: [],
};
const what = 'Secret team-a/pull';
const why = 'KUBERNETES_FORBIDDEN: no';
const command = 'kubectl -n team-a delete secret pull';

describe('what is told of a cleanup', () => {
  it('says what was removed, and that what was installed stays', () => {
    expect(outcomeText(inventory, done)).toBe(
      'Removed: 3 attachments, 2 pull secrets, 1 object of admission, 4 objects of the add-on’s own namespace.\n\n' +
        'Nothing is left of what the add-on made. Its ConfigMap, Deployment and rights stay, for whoever installed them to remove.\n',
    );
  });

  it.each<[string, Inventory, RemovalOutcome]>([
    [`left: ${what}: ${why}\n      ${command}`, inventory, { ...done, left: [{ what, why, command }] }],
    [`not seen, and so not removed: ${what}: ${why}`, { ...inventory, unseen: [{ what, why }] }, done],
  ])('does not say that nothing is left where there is: %s', (told, seen, outcome) => {
    const text = outcomeText(seen, outcome);
    expect(text).toContain(told);
    expect(text).toContain('run cleanup again');
    expect(text).not.toContain('Nothing is left');
  });
});
