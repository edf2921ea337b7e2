/**
 * Text as a terminal may be given it. Names and messages come from files of strangers: what would steer the terminal (escape codes, and
 * marks that turn the direction of writing) is shown as '?'. Lines and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}
