// Draws what is known. Everything that comes from outside becomes a text node or an attribute, never markup.
export let texts = {};
export const clock = { now: Date.now() };
const SVG = "http://www.w3.org/2000/svg";
const FEW = 50;
const rank = { vanished: 0, live: 1, ended: 2, stopped: 3 };
let said = "";

export function useTexts(all) {
	texts = all;
}

/** A text with its placeholders filled in. */
export function t(key, values = {}, otherwise = key) {
	return (texts[key] ?? otherwise).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// ---- Elements ----

/** An element: its tag with its classes, such as "p.quiet", its attributes if it has any, and its children. */
export function h(name, ...children) {
	const [tag, ...classes] = name.split(".");
	const props = children[0]?.constructor === Object && !children[0].tag ? children.shift() : {};
	if (classes.length) props.class = classes.join(" ");
	// A button that sends no form.
	if (tag === "button" && props.onclick) props.type = "button";
	return {
		tag,
		props,
		children: children
			.flat(9)
			.filter(child => child !== null && child !== undefined && child !== false && child !== "")
			.map(child => (child.tag ? child : String(child))),
	};
}

export function create(node) {
	if (typeof node === "string") return document.createTextNode(node);
	const element = ["svg", "path"].includes(node.tag) ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
	set(element, {}, node.props);
	patch(element, node.children);
	return element;
}

function set(element, before, props) {
	for (const [name, value] of Object.entries(props)) {
		if (name === "key") continue;
		if (name.startsWith("on")) element[name] = value;
		else if (before[name] === value) continue;
		else if (value === null || value === undefined || value === false) element.removeAttribute(name);
		else element.setAttribute(name, value === true ? "" : value);
	}
	for (const name of Object.keys(before))
		if (!(name in props)) name.startsWith("on") ? (element[name] = null) : element.removeAttribute(name);
	element.props = props;
}

/** Makes an element's children what they should be, and leaves alone what is the same: focus and selection stay where they are. */
export function patch(parent, nodes) {
	const keyed = new Map();
	for (const child of parent.childNodes) if (child.props?.key !== undefined) keyed.set(child.props.key, child);
	let at = parent.firstChild;
	for (const node of nodes) {
		const key = node.props?.key;
		let child = key !== undefined ? keyed.get(key) : at;
		const fits = child && (typeof node === "string" ? child.nodeType === 3 : child.localName === node.tag && child.props?.key === key);
		if (!fits) child = create(node);
		if (child !== at) parent.insertBefore(child, at);
		else at = at.nextSibling;
		if (!fits) continue;
		if (typeof node === "string") {
			if (child.data !== node) child.data = node;
		} else {
			set(child, child.props ?? {}, node.props);
			patch(child, node.children);
		}
	}
	while (at) {
		const next = at.nextSibling;
		at.remove();
		at = next;
	}
}

// ---- Times: in the operator's zone, with its offset ----

const clockFormat = new Intl.DateTimeFormat("en-GB", {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	timeZoneName: "shortOffset",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

export function time(iso) {
	const date = new Date(iso);
	const day = dayFormat.format(date);
	return day === dayFormat.format(clock.now) ? clockFormat.format(date) : `${day} ${clockFormat.format(date)}`;
}

export function span(milliseconds) {
	const seconds = Math.max(0, Math.round(milliseconds / 1000));
	const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
	return days ? `${days} d ${hours} h` : `${hours} h ${minutes} min`;
}

const until = iso => Date.parse(iso) - clock.now;
const number = new Intl.NumberFormat("en-GB");

// The server writes its times in UTC.
function local(text) {
	return text.replace(/\b(\d\d):(\d\d):(\d\d)Z(?!\w)/g, (_, hours, minutes, seconds) => {
		const date = new Date(clock.now);
		date.setUTCHours(hours, minutes, seconds, 0);
		const away = date - clock.now;
		if (Math.abs(away) > 43200000) date.setUTCDate(date.getUTCDate() - Math.sign(away));
		return time(date);
	});
}

// ---- The page ----

/** Tells a screen reader what matters, once: a new mode or a new verdict. */
export function say({ mode, verdict }) {
	const now = t("said", { mode: mode.mode, verdict: t(`verdict.${verdict.state}`) });
	if (now === said) return;
	document.getElementById("said").textContent = said = now;
}

export function describe(state, actions) {
	const { site, mode, linked } = state;
	document.title = mode
		? t(linked ? "title" : "title.lost", {
				verdict: t(`verdict.${state.verdict.state}`),
				mode: mode.mode,
				stage: site.stage ?? site.instance,
			})
		: "Router";
	const lost = linked
		? null
		: h("div", { key: "lost", class: mode || state.refusal ? "lost" : "quiet fatal", role: "alert" },
				h("b", t(state.refusal ? "refused" : mode ? "lost" : "connecting")),
				" ",
				state.refusal ? state.refusal.detail : mode ? t("lost.age", { time: span(state.silent) }) : "",
			);
	if (!mode) return [lost];
	return [
		lost,
		top(state),
		h("main", { key: "main", class: linked && !state.asks ? "" : "stale" },
			banner(state),
			verdict(state, actions),
			buttons(state, actions),
			instances(state, actions),
			inFlight(state),
			backends(state),
			writes(state, actions),
			bypasses(state, actions),
			scheduled(state, actions),
			history(state),
			reopening(state),
		),
	].filter(Boolean);
}

function top({ site, mode }) {
	return h("header", { key: "top" },
		h("p.name",
			h("b", site.service ?? "Router"),
			site.stage && h("span", { class: site.isProduction ? "stage production" : "stage" }, site.stage),
		),
		h("p.quiet", t("seen.by", { instance: site.instance, store: mode.store })),
		h("p.clock",
			h("span.unseen", t("now")),
			clockFormat.format(clock.now),
			h("span.quiet", ` ${clockFormat.resolvedOptions().timeZone}`),
		),
	);
}

const fact = (name, value, style) => (value ? h("div", { class: style }, h("dt", t(`fact.${name}`)), h("dd", value)) : null);

const percents = shares => shares.map(share => `${share} %`).join(", ");

/** A mode's or a step's name, of a stage with what it means. */
export const named = ({ mode, reopening: it }) => (it ? t("named", { mode, ...it, shares: percents(it.shares) }) : mode);

const stage = it => t("stage", { ...it, stages: it.shares.length }) + (it.isPaused ? ` · ${t("stage.paused")}` : "");

function banner({ mode, site }) {
	const left = mode.until ? until(mode.until) : null;
	const over = mode.window && left < 0;
	const isClosed = site.modes.some(({ name, isClosed }) => isClosed && name === mode.mode);
	return h("section", { class: `banner ${isClosed ? "closed" : mode.window ? "" : "open"}`, "aria-labelledby": "mode" },
		h("h1", { id: "mode" }, h("span.unseen", t("mode"), " "), h("span.mode-name", mode.mode)),
		h("p.summary", mode.summary),
		mode.reason && h("p.reason", h("q", mode.reason)),
		h("dl.facts",
			fact("by", mode.by),
			fact("ticket", mode.ticket),
			fact("since", `${time(mode.since)} · ${span(-until(mode.since))}`),
			fact("until", mode.until && time(mode.until)),
			fact("stage", mode.reopening && stage(mode.reopening)),
			fact("fell", mode.fellBack, "over"),
			over ? fact("overrun", span(-left), "over") : left > 0 ? fact("left", span(left)) : null,
		),
	);
}

const marks = { safe: "✓", not_safe: "✕", closed_to_visitors: "!", reopening: "!", open: "○" };

function verdict({ verdict, mode, site, expect }, actions) {
	const { reasons } = verdict;
	const problem = [mode.problem, mode.switchProblem].find(it => it && !reasons.some(({ text }) => text.includes(it)));
	return h("section", { class: `verdict ${verdict.state}`, "aria-labelledby": "verdict" },
		h("h2", { id: "verdict" }, h("span.mark", { "aria-hidden": "true" }, marks[verdict.state]), " ", t(`verdict.${verdict.state}`)),
		h("p",
			verdict.state === "closed_to_visitors"
				? local(verdict.text)
				: t(`verdict.${verdict.state}.means`),
		),
		reasons.length > 0 &&
			h("ul.reasons",
				// Of several reasons with the same advice only the last one says it.
				reasons.map(({ kind, text }, i) =>
					h("li", h("span", local(text)), reasons[i + 1]?.kind === kind ? null : h("span.advice", t(`advice.${kind}`))),
				),
			),
		verdict.notes.length > 0 &&
			h("ul.notes",
				verdict.notes.map(note => h("li", local(note))),
			),
		h("p.expect",
			h("label", t("expect"), h("input", { type: "number", min: 1, max: site.maxExpected, value: expect, onchange: actions.expect })),
			expect ? null : h("span.quiet", ` ${t("expect.hint")}`),
		),
		problem && h("p.warning", t("store.problem"), " ", problem),
		mode.isLasting ? null : h("p.warning", t("store.forgets", { mode: mode.configuredMode })),
	);
}

function buttons({ mode, readOnly, linked }, actions) {
	const button = (name, style, act = actions[name]) =>
		h("button", { class: style, disabled: !linked, onclick: () => act(name) }, t(`${name}.button`));
	const steer = name => button(name, "", actions.steer);
	return h("div.actions",
		{ role: "group", "aria-label": t("actions") },
		readOnly
			? h("p.quiet", t("read.only"))
			: [
					button("set", "main"),
					mode.reopening && [steer("advance"), steer(mode.reopening.isPaused ? "resume" : "pause")],
					mode.until || mode.next.length || mode.window ? button("extend") : null,
					mode.next.length ? button("cancel") : null,
					mode.window && button("bypass"),
				],
		button("explain"),
		button("download"),
	);
}

const card = (id, content, count) =>
	h("section", { key: id, class: "card", "aria-labelledby": id },
		h("h2", { id }, t(id), count === undefined ? null : h("span.count", number.format(count))),
		content,
	);

// Columns whose words may be of any length.
const long = new Set(["request", "by", "why", "note", "who", "problem"]);

// The roles keep the table a table for a screen reader where a narrow screen shows its rows as blocks.
function table(id, columns, rows) {
	return h("table", { role: "table", "aria-labelledby": id },
		h("thead", { role: "rowgroup" },
			h("tr", { role: "row" },
				columns.map(column => h("th", { role: "columnheader", scope: "col" }, t(`column.${column}`))),
			),
		),
		h("tbody", { role: "rowgroup" },
			rows.map(({ key, style, cells }) =>
				h("tr", { key, role: "row", class: style },
					cells.map((cell, i) => {
						const { style, content } =
							cell?.style === undefined ? flag(cell === undefined || cell === null ? "plain" : "", cell ?? "–") : cell;
						return h("td",
							{
								role: "cell",
								"data-label": t(`column.${columns[i]}`),
								class: `${style} ${long.has(columns[i]) ? "text" : ""}`,
							},
							content,
						);
					}),
				),
			),
		),
	);
}

const small = (linked, name, it, actions) =>
	h("button.small", { disabled: !linked, "aria-label": t(`${name}.label`, it), onclick: () => actions[name](it) }, t(`${name}.button`));
const within = iso => t("in", { time: span(until(iso)) });
const ago = iso => t("ago", { time: span(-until(iso)) });
const none = key => h("p.quiet", t(key));
const flag = (style, content) => ({ style, content });

function instances({ instances, mode, showAll, readOnly, linked }, actions) {
	const all = Object.values(instances).sort(
		(a, b) =>
			rank[a.state] - rank[b.state] ||
			a.confirms - b.confirms ||
			b.blocking - a.blocking ||
			a.name.localeCompare(b.name, undefined, { numeric: true }),
	);
	const current = all.filter(({ state }) => state !== "stopped");
	const shown = showAll ? all : current.slice(0, FEW);
	const rows = shown.map(it => ({
		key: it.id,
		style: it.state === "vanished" ? "bad" : it.state === "live" ? (it.confirms ? "" : "warn") : "gone",
		cells: [
			h("b", it.name),
			flag("", [
				h(`span.dot.${it.state === "live" && it.confirms ? "ok" : it.state}`),
				t(`state.${it.state}`),
				it.state === "vanished" && !readOnly && small(linked, "forget", it, actions),
			]),
			flag(it.confirms || it.state !== "live" ? "" : "alarm", `${it.mode} · ${it.version < 0 ? "–" : it.version}`),
			flag(
				it.blocking ? "alarm number" : "number",
				it.blocking ? t("blocking", { count: it.inFlight, blocking: it.blocking }) : it.inFlight,
			),
			flag(
				it.held ? "alarm number" : "number plain",
				it.held ? t("held", { count: it.held, time: span(it.heldOldestSeconds * 1000) }) : 0,
			),
			flag(
				it.isClockOff ? "alarm number" : "number plain",
				`${it.clockAheadSeconds > 0 ? "+" : ""}${it.clockAheadSeconds} s`,
			),
			it.seen ? `${time(it.seen)} · ${ago(it.seen)}` : t("just.now"),
			flag(it.problem ? "alarm" : "plain", it.problem ?? t("no.problem")),
		],
	}));
	return card("instances",
		[
			table("instances", ["name", "state", "mode", "inFlight", "held", "clock", "seen", "problem"], rows),
			all.length > shown.length || showAll
				? h("p",
						h("button", { class: "small", "aria-expanded": String(showAll), onclick: actions.showAll },
							showAll ? t("show.fewer") : t("show.all", { count: all.length }),
						),
					)
				: null,
		],
		current.length,
	);
}

function inFlight({ inFlight, instances, mode }) {
	const count = Object.values(instances)
		.filter(({ state }) => state === "live")
		.reduce((sum, it) => sum + it.inFlight, 0);
	const rows = inFlight.map(({ instance, since, cutAt, request }) => ({
		style: cutAt ? "warn" : "",
		cells: [
			flag("number", span(-until(since))),
			flag("path", [h("b", request.method), ` ${request.host}${request.path}`, request.isUpgraded && h("span.tag", t("upgraded"))]),
			request.backend,
			instance,
			flag(cutAt ? "alarm number" : "number", cutAt ? (until(cutAt) > 0 ? within(cutAt) : t("cut.now")) : t("cut.never")),
		],
	}));
	return card("inFlight",
		rows.length
			? table("inFlight", ["age", "request", "backend", "instance", "cut"], rows)
			: none(count ? "inFlight.reads" : "inFlight.none"),
		count,
	);
}

function chart(requests, errors) {
	const most = Math.max(1, ...requests);
	const bars = of =>
		of.map((count, i) => (count ? `M${i + 0.1} 20V${(20 - Math.max(1, (count / most) * 19)).toFixed(1)}H${i + 0.9}V20Z` : "")).join("");
	const sum = of => number.format(of.reduce((all, count) => all + count, 0));
	const label = t("chart", { requests: sum(requests), errors: sum(errors) });
	return [
		h("svg", { viewBox: "0 0 60 20", preserveAspectRatio: "none", role: "img", "aria-label": label },
			h("path.base", { d: "M0 19.8H60" }),
			h("path.requests", { d: bars(requests) }),
			h("path.errors", { d: bars(errors) }),
		),
		h("span.chart-text", { "aria-hidden": "true" }, label),
	];
}

const latency = seconds => (seconds < 10 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(1)} s`);

function backends({ backends }) {
	const rows = backends.map(it => ({
		key: it.name,
		cells: [
			flag("", [h("b", it.name), " ", h("span.quiet", it.kind)]),
			flag("",
				it.accepted
					? [
							time(it.accepted),
							h("span.quiet", ` · ${ago(it.accepted)}`),
							it.completed && it.completed >= it.accepted ? null : h("span.tag", t("write.open")),
						]
					: t("never"),
			),
			flag(
				it.latencySeconds === undefined && !it.requests.some(count => count) ? "chart plain" : "chart",
				chart(it.requests, it.errors),
			),
			flag("number", it.inFlight),
			flag(it.circuit === "closed" ? "plain" : "alarm", t(`circuit.${it.circuit}`)),
			it.latencySeconds === undefined ? flag("number plain", "–") : flag("number", latency(it.latencySeconds)),
		],
	}));
	return card("backends",
		rows.length ? table("backends", ["name", "lastWrite", "traffic", "inFlight", "circuit", "latency"], rows) : none("backends.none"),
	);
}

function writes({ writes, readOnly, linked }, actions) {
	if (!writes.length) return null;
	const open = writes.some(({ write }) => until(write.settlesAt) > 0);
	return card("writes",
		[
			table("writes",
				["time", "request", "why", "instance", "settles"],
				writes.map(({ instance, write }) => ({
					style: until(write.settlesAt) > 0 ? "warn" : "",
					cells: [
						time(write.time),
						flag("path", [h("b", write.method), ` ${write.host}${write.path}`]),
						write.reason,
						instance,
						until(write.settlesAt) > 0 ? within(write.settlesAt) : t("settled"),
					],
				})),
			),
			open && !readOnly ? h("p", h("button", { disabled: !linked, onclick: actions.accept }, t("accept.button"))) : null,
		],
		writes.length,
	);
}

function bypasses({ mode, readOnly, linked }, actions) {
	if (!mode.bypasses.length) return null;
	return card("bypasses",
		table("bypasses",
			["id", "who", "note", "by", "expires"],
			mode.bypasses.map(it => ({
				key: it.id,
				cells: [
					it.id,
					it.address ?? t("by.token"),
					it.note,
					it.by,
					flag("", [
						`${time(it.until)} · ${until(it.until) > 0 ? span(until(it.until)) : t("expired")}`,
						readOnly ? null : small(linked, "revoke", it, actions),
					]),
				],
			})),
		),
		mode.bypasses.length,
	);
}

function scheduled({ mode }) {
	if (!mode.next.length) return null;
	return card("scheduled",
		table("scheduled",
			["what", "at", "until", "by", "why"],
			mode.next.map(step => ({
				cells: [
					h("b", named(step)),
					`${time(step.at)} · ${step.isFollowUp ? t("follow") : within(step.at)}`,
					step.until && time(step.until),
					step.by,
					[step.reason, step.ticket].filter(Boolean).join(" · ") || null,
				],
			})),
		),
		mode.next.length,
	);
}

function history({ history }) {
	const rows = history
		.slice(-20)
		.reverse()
		.map(it => ({
			key: `${it.time} ${it.kind} ${it.instance}`,
			cells: [
				time(it.time),
				flag("", [h("b", t(`kind.${it.kind}`, {}, it.kind)), " ", it.mode]),
				it.by ?? it.instance,
				it.drainedAfter !== undefined
					? t("drained", { time: it.drainedAfter, cut: it.cut ?? 0, writes: it.uncertainWrites ?? 0 })
					: [it.stage, it.reason, it.ticket].filter(Boolean).join(" · ") || null,
			],
		}));
	return card("history", rows.length ? table("history", ["time", "what", "by", "why"], rows) : none("history.none"));
}

function reopening({ mode }) {
	const it = mode.reopening;
	if (!it) return null;
	const left = Date.parse(mode.since) + it.everySeconds * 1000 - clock.now;
	const values = { ...it, time: span(left), percent: it.requests ? ((it.failures / it.requests) * 100).toFixed(1) : 0 };
	return card("reopening", [
		h("ol.stages",
			it.shares.map((share, i) => h("li", { "aria-current": i === it.stage - 1 ? "step" : null }, `${share} %`)),
		),
		h("dl.facts",
			fact("next", t(`next.${it.waitsFor}`, values)),
			fact("requests", t("reopening.requests", values)),
			fact("failed", t("reopening.failed", values)),
			fact("others", it.closed),
			fact("apis", t(`apis.${it.apis}`)),
		),
	]);
}
