/** pythonJson: JSON as Python's `json.dumps` writes it, and FTS measures it: blanks after `,` and `:`, and ASCII alone. */

export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    return `{${Object.entries(value)
      .map(([name, inner]) => `${pythonJson(name)}: ${pythonJson(inner)}`)
      .join(', ')}}`;
  return JSON.stringify(value).replace(
    /[^\u0000-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
