/** Shows the values that are pointed at, tapped or reached by arrow keys; and lets the legend take lines out. */
{
  const tip = document.getElementById('tip') as HTMLElement;
  const told = document.getElementById('told') as HTMLElement;
  const AXES = { x: 'ArrowLeft ArrowRight', y: 'ArrowUp ArrowDown' } as const;

  /** Marks at one place of the axis: those of one size, one percentile, one line. */
  interface Place {
    readonly at: number;
    readonly marks: readonly SVGElement[];
  }

  const visible = (mark: Element) => mark.closest('.off') === null;

  function placesOf(plot: SVGSVGElement): readonly Place[] {
    const isX = plot.dataset.axis === 'x';
    const places = new Map<number, SVGElement[]>();
    for (const mark of plot.querySelectorAll<SVGElement>('.mark')) {
      if (!visible(mark)) continue;
      const at = Number(isX ? mark.getAttribute('cx') : mark.dataset.y);
      places.set(at, [...(places.get(at) ?? []), mark]);
    }
    return [...places].map(([at, marks]) => ({ at, marks })).sort((a, b) => a.at - b.at);
  }

  function hide() {
    tip.hidden = true;
    for (const mark of document.querySelectorAll('.near')) mark.classList.remove('near');
    for (const cursor of document.querySelectorAll('.cursor.on')) cursor.classList.remove('on');
  }

  function moveCursor(cursor: Element | null, x: number) {
    cursor?.setAttribute('x1', String(x));
    cursor?.setAttribute('x2', String(x));
    cursor?.classList.add('on');
  }

  function show(plot: SVGSVGElement, { at, marks }: Place) {
    hide();
    if (plot.dataset.axis === 'x') moveCursor(plot.querySelector('.cursor'), at);
    for (const mark of marks) mark.classList.add('near');
    fill(marks);
    tip.hidden = false;
    putBeside(marks);
    told.textContent = tip.innerText;
  }

  function fill(marks: readonly SVGElement[]) {
    const head = document.createElement('b');
    head.textContent = marks[0]?.dataset.where ?? '';
    const table = document.createElement('table');
    const byValue = [...marks].sort((a, b) => Number(b.dataset.value) - Number(a.dataset.value));
    for (const { dataset } of byValue) {
      const row = table.insertRow();
      const dot = document.createElement('i');
      dot.className = `t-${dataset.tone}`;
      row.insertCell().append(dot);
      row.insertCell().textContent = dataset.label ?? '';
      row.insertCell().textContent = dataset.text ?? '';
    }
    tip.replaceChildren(...(head.textContent === '' ? [] : [head]), table);
  }

  /** Beside what it tells of, within the window as it is now; it moves along when the page is scrolled. */
  function putBeside(marks: readonly SVGElement[]) {
    const boxes = marks.map((mark) => mark.getBoundingClientRect());
    const left = Math.max(...boxes.map((box) => box.right)) + 12;
    const top = Math.min(...boxes.map((box) => box.top)) - 8;
    const { width, height } = tip.getBoundingClientRect();
    const other = Math.min(...boxes.map((box) => box.left)) - width - 12;
    const fits = left + width < innerWidth - 8;
    const x = fits ? left : other > 8 ? other : Math.max(8, (innerWidth - width) / 2);
    // Where there is room at neither side, above.
    const y = fits || other > 8 ? top : top - height - 8;
    tip.style.left = `${x + scrollX}px`;
    tip.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8)) + scrollY}px`;
  }

  function nearest(plot: SVGSVGElement, event: PointerEvent): Place | undefined {
    const matrix = plot.getScreenCTM();
    if (matrix === null) return undefined;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const at = plot.dataset.axis === 'x' ? point.x : point.y;
    const places = placesOf(plot);
    return places.reduce<Place | undefined>(
      (best, place) => (best === undefined || Math.abs(place.at - at) < Math.abs(best.at - at) ? place : best),
      undefined,
    );
  }

  function stepBy(plot: SVGSVGElement, key: string): boolean {
    const places = placesOf(plot);
    if (key === 'Escape') {
      hide();
      return true;
    }
    const [back, forth] = AXES[plot.dataset.axis === 'x' ? 'x' : 'y'].split(' ');
    if ((key !== back && key !== forth) || places.length === 0) return false;
    const now = places.findIndex(({ marks }) => marks.some((mark) => mark.classList.contains('near')));
    const next = now < 0 ? (key === forth ? 0 : places.length - 1) : now + (key === forth ? 1 : -1);
    const place = places[Math.max(0, Math.min(places.length - 1, next))];
    if (place !== undefined) show(plot, place);
    return true;
  }

  for (const plot of document.querySelectorAll<SVGSVGElement>('.plot')) {
    const point = (event: PointerEvent) => {
      const place = nearest(plot, event);
      if (place !== undefined) show(plot, place);
    };
    plot.addEventListener('pointermove', point);
    plot.addEventListener('pointerdown', point);
    // A finger leaves as soon as it has tapped: what it has tapped stays until something else is.
    plot.addEventListener('pointerleave', (event) => {
      if (event.pointerType === 'mouse') hide();
    });
    plot.addEventListener('blur', hide);
    plot.addEventListener('keydown', (event) => {
      if (stepBy(plot, event.key)) event.preventDefault();
    });
  }
  addEventListener('pointerdown', ({ target }) => {
    if (!(target instanceof Element) || target.closest('.plot') === null) hide();
  });

  /** Lines of a chart that a legend's entry stands for. */
  function linesOf(button: HTMLButtonElement): readonly Element[] {
    const lines = button.closest('figure')?.querySelectorAll<SVGElement>('.series') ?? [];
    return [...lines].filter((line) => line.dataset.label === button.dataset.label);
  }

  function paleOthers(button: HTMLButtonElement, pale: boolean) {
    const mine = linesOf(button);
    for (const line of button.closest('figure')?.querySelectorAll('.series') ?? []) {
      line.classList.toggle('pale', pale && !mine.includes(line));
    }
  }

  for (const button of document.querySelectorAll<HTMLButtonElement>('.legend button')) {
    button.addEventListener('click', () => {
      const off = button.ariaPressed === 'true';
      button.ariaPressed = String(!off);
      for (const line of linesOf(button)) line.classList.toggle('off', off);
      paleOthers(button, false);
    });
    button.addEventListener('pointerenter', () => paleOthers(button, button.ariaPressed === 'true'));
    button.addEventListener('pointerleave', () => paleOthers(button, false));
  }

  // On paper nothing can be unfolded.
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}
