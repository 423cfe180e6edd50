/** One thing that must work before the next one can. */
export interface Step {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what went wrong. No secret. */
  readonly detail: string;
  /** What to do about it, where it failed. */
  readonly remedy?: string | undefined;
}

export function passed(name: string, detail: string): Step {
  return { name, ok: true, detail };
}

export function failed(name: string, detail: string, remedy: string): Step {
  return { name, ok: false, detail, remedy };
}
