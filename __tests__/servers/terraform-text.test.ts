import fc from 'fast-check';
import { expect, test } from 'vitest';
import { terraformText } from '../../lib/servers/terraform-text';

test('what looks like a template is text', () => {
  expect(terraformText('log-format %{+Q}r ${HOME} $PATH 100%')).toBe('log-format %%{+Q}r $${HOME} $PATH 100%');
});

/** What Terraform 1.11 makes of a template that has no interpolation in it. */
function evaluate(template: string): string {
  return template.replace(/([$%])\1\{/g, '$1{');
}

test('Terraform gives back any text as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '%', '{', '}', 'a') }), (text) => {
      expect(evaluate(terraformText(text))).toBe(text);
    }),
  );
});
