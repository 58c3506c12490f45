import { expect, it } from 'vitest';
import { withoutNumber } from './call-facts.tsx';

it('says why there is no number, and that a name was not checked only where one was given', () => {
  expect([{}, { web: {} }, { web: { name: 'Ann' } }].map(withoutNumber)).toEqual([
    ...['numberWithheld', 'webCaller', 'webCallerNamed'],
  ]);
});
