/** Makes an element with attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that does something when it is pressed. */
export function button(
  testId: string,
  pressed: () => void,
  ...children: readonly (Node | string)[]
): HTMLButtonElement {
  const made = make('button', { type: 'button', 'data-testid': testId }, ...children);
  made.addEventListener('click', pressed);
  return made;
}
