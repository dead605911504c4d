import type { Account } from './account.ts';
import { withAccounts } from './read-world.ts';
import type { World } from './world.ts';

/** The accounts of a running sandbox: what somebody does at RAM's console while others call the cloud. */
export class ChangeableAccounts {
  /** The one object that everything is asked of; its accounts are always the current ones. */
  readonly world: World;

  constructor(world: World) {
    this.world = { ...world };
  }

  current(): readonly Account[] {
    return this.world.accounts;
  }

  /** Takes a YAML or JSON list of accounts in the place of all. Throws WorldError, and then changes nothing. */
  replace(text: string): void {
    this.world.accounts = withAccounts(this.world, text, 'the text').accounts;
  }
}
