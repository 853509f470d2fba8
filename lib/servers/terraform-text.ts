/**
 * The only way for text to enter Terraform. Every string in Terraform JSON is a template: HAProxy's
 * `log-format %{+Q}r` alone would fail the plan. Tokens must not go through here, they would no longer resolve.
 */
export function terraformText(text: string): string {
  return text.replace(/[$%]\{/g, (opening) => opening.charAt(0) + opening);
}
