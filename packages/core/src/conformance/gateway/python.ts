/** JSON as Python's `json.dumps` writes it: with spaces, and in ASCII. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return ascii(JSON.stringify(value));
  const members = Object.entries(value).map(
    ([name, one]) => `${ascii(JSON.stringify(name))}: ${pythonJson(one)}`,
  );
  return `{${members.join(', ')}}`;
}

function ascii(json: string): string {
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
