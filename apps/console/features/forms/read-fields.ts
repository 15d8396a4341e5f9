// What was written in a form, field by field, without blanks around it. A password is read from the form itself: its blanks count. Pure.

export function readFields(form: FormData): (name: string) => string {
  return (name) => String(form.get(name) ?? '').trim();
}
