/** What a rule makes of a value. `found` and `fix` as in a SettingsProblem. */
export type Ruling<T> = Accepted<T> | Refusal;

export interface Accepted<T> {
  readonly kind: 'accepted';
  readonly value: T;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly found: string;
  readonly fix: string;
}

export function accepted<T>(value: T): Accepted<T> {
  return { kind: 'accepted', value };
}

export function refused(found: string, fix: string): Refusal {
  return { kind: 'refused', found, fix };
}
