/** The switch of colours: as the system has them, light, or dark. What was chosen is kept where the browser lets a page keep something. */
{
  const KEY = 'consort-theme';
  const group = document.querySelector<HTMLElement>('.theme');
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('[data-theme-choice]')];

  const show = (choice: string) => {
    if (choice === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    for (const button of buttons) button.ariaPressed = String(button.dataset.themeChoice === choice);
  };

  const stored = () => {
    try {
      return localStorage.getItem(KEY) ?? 'auto';
    } catch {
      return 'auto';
    }
  };

  for (const button of buttons) {
    button.addEventListener('click', () => {
      const choice = button.dataset.themeChoice ?? 'auto';
      show(choice);
      try {
        localStorage.setItem(KEY, choice);
      } catch {
        // A page from a file may not be let: then it holds until it is closed.
      }
    });
  }
  if (group !== null) group.hidden = false;
  show(stored());
}
