/** Moves the keyboard to where a number is typed, if that is shown. */
export function focusDial(): void {
  document.querySelector<HTMLElement>('[data-testid="dial-number"]')?.focus();
}

/** Puts the keyboard on the outcomes of the wrap-up, if they are shown. */
export function focusDispositions(): void {
  const radios = [...document.querySelectorAll<HTMLInputElement>('[data-testid="wrapup"] input[type="radio"]')];
  (radios.find((radio) => radio.checked) ?? radios[0])?.focus();
}
