// The connection to the instance, the forms, and what they send.
import { clock, create, describe, h, named, patch, say, t, texts, time, useTexts } from "./view.js";

const TOKEN = "router-token";
const OPERATOR = "router-operator";
const EXPECT = "router-expect";
// An event or a comment comes each second.
const SILENCE = 4000;
const GIVE_UP = 10000;

const state = {
	instances: {},
	readOnly: false,
	linked: false,
	offset: 0,
	heard: [0, 0],
	showAll: false,
	expect: sessionStorage.getItem(EXPECT),
};
// One may stand still while a machine sleeps; the other may be set.
const stamp = () => [performance.now(), Date.now()];
const since = ([a, b]) => Math.max(performance.now() - a, Date.now() - b);
let token = sessionStorage.getItem(TOKEN);
let asking = null;
let restart;

function headers(more) {
	return token ? { ...more, Authorization: `Bearer ${token}` } : { ...more };
}

// EventSource can't send the token, and addresses are logged.
async function listen() {
	const stop = new AbortController();
	let again = false;
	// What an earlier connection brought is old.
	state.known = false;
	restart = () => {
		state.asks = again = true;
		stop.abort();
	};
	// An attempt makes what is shown no newer.
	const begun = stamp();
	const watch = setInterval(() => {
		const silent = Math.min(since(state.heard), since(begun));
		if (state.linked && silent > SILENCE) lose();
		if (silent > GIVE_UP) stop.abort();
	}, 500);
	try {
		const response = await fetch(`/events${state.expect ? `?expect=${state.expect}` : ""}`, {
			headers: headers(),
			signal: stop.signal,
			cache: "no-store",
		});
		if (response.status === 401 || response.status === 429) return await askToken(response.status);
		if (!response.ok) return lose(await problem(response));
		const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
		let text = "";
		for (;;) {
			const { value, done } = await reader.read();
			if (done) break;
			text += value;
			const events = text.split("\n\n");
			text = events.pop();
			for (const event of events) take(event);
			if (!state.known) continue;
			state.heard = stamp();
			if (!state.linked) {
				state.linked = true;
				state.refusal = null;
				draw();
			}
		}
	} catch (error) {
		if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
	} finally {
		clearInterval(watch);
		if (!again) lose(state.refusal);
	}
	return again;
}

function take(event) {
	if (event.startsWith(":")) return;
	const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(event);
	const { whole, instances, ...parts } = JSON.parse(data);
	Object.assign(state, parts);
	if (name !== "update") return;
	state.asks = false;
	state.known = true;
	state.offset = Date.parse(state.now) - Date.now();
	if (whole) state.instances = {};
	for (const [id, instance] of Object.entries(instances)) {
		if (instance) state.instances[id] = instance;
		else delete state.instances[id];
	}
	if (state.linked) draw();
	say(state);
}

function lose(refusal) {
	state.linked = false;
	state.refusal = refusal ?? null;
	draw();
}

function draw() {
	clock.now = Date.now() + state.offset;
	state.silent = since(state.heard);
	patch(document.getElementById("page"), describe(state, actions));
}

async function problem(response) {
	try {
		return await response.json();
	} catch {
		return { title: t("error.title"), detail: `${response.status} ${response.statusText}` };
	}
}

async function send(method, path, body, version) {
	const more = body === undefined ? {} : { "Content-Type": "application/json" };
	if (version !== undefined) more["If-Match"] = `"${version}"`;
	try {
		const response = await fetch(path, {
			method,
			headers: headers(more),
			body: body === undefined ? undefined : JSON.stringify(body),
			cache: "no-store",
		});
		if (response.status === 401) await askToken(401);
		const { ok, status } = response;
		const isPage = ok && response.headers.get("Content-Type").startsWith("text/html");
		return { ok, status, body: isPage ? await response.text() : await (ok ? response.json() : problem(response)) };
	} catch {
		return { ok: false, status: 0, body: { title: t("error.unreachable"), detail: t("error.unknown") } };
	}
}

// ---- Dialogs: called what the button that opens them is called ----
const titleOf = name => t(`${name}.title`, {}, t(`${name}.button`).replace("…", ""));

function open(title, content, closed) {
	const id = `dialog-${Math.random().toString(36).slice(2)}`;
	const dialog = create(
		h("dialog", { "aria-labelledby": id },
			h("div.head",
				h("h2", { id }, title),
				closed === null ? null : h("button", { class: "close", "aria-label": t("close"), onclick: () => dialog.close() }, "×"),
			),
			content,
		),
	);
	dialog.addEventListener("close", () => {
		dialog.remove();
		closed?.();
	});
	if (closed === null) dialog.addEventListener("cancel", event => event.preventDefault());
	document.getElementById("dialogs").append(dialog);
	dialog.showModal();
	return dialog;
}

// Kept until the tab is closed, and sent as a header only.
function askToken(status) {
	asking ??= new Promise(done => {
		token = null;
		sessionStorage.removeItem(TOKEN);
		const form = h("form",
			{
				method: "dialog",
				onsubmit: event => {
					token = event.target.elements.token.value.trim();
					sessionStorage.setItem(TOKEN, token);
					asking = null;
					done();
				},
			},
			h("p", t(status === 429 ? "token.slow" : "token.why")),
			h("label",
				t("token.label"),
				h("input", { name: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false" }),
			),
			h("p.buttons", h("button.main", t("token.send"))),
		);
		open(t("token.title"), form, null);
	});
	return asking;
}

const field = (name, kind = "text", props) => ({ name, kind, ...props });
const group = (name, modes, fields) => ({ name, kind: "group", only: modes.map(({ name }) => name), fields });
const same = names => names.map(name => ({ name, summary: name }));
const operator = () => field("by", "text", { value: localStorage.getItem(OPERATOR) ?? "", autocomplete: "name", required: true });

function control(of) {
	if (of.kind === "group")
		return h("fieldset.group",
			{ "data-only": of.only.join(" "), hidden: true, disabled: true },
			h("legend", t(`group.${of.name}`)),
			h("div.form", of.fields.map(control)),
		);
	const id = `field-${of.name}`;
	const hint = t(`hint.${of.name}`, {}, "");
	const props = { id, name: of.name, required: of.required, value: of.value, "aria-describedby": hint ? `${id}-hint` : null };
	if (of.kind === "choice")
		return h("fieldset.choice",
			h("legend", t(`field.${of.name}`)),
			of.choices.map(({ name, summary }) =>
				h("label.option",
					h("input", { type: "radio", name: of.name, value: name, required: true, checked: name === of.value }),
					h("span", h("b", name), " ", h("small", summary)),
				),
			),
		);
	const input =
		of.kind === "select"
			? h("select",
					props,
					of.choices.map(({ name, summary }) => h("option", { value: name, selected: name === of.value }, summary)),
				)
			: of.kind === "check"
				? h("input", { ...props, type: "checkbox", value: null })
				: h("input", {
						...props,
						type: of.kind === "seconds" ? "number" : of.kind,
						"data-unit": of.kind === "seconds" ? "s" : null,
						autocomplete: of.autocomplete ?? "off",
						min: of.min,
						max: of.max,
						step: of.kind === "datetime-local" ? "1" : null,
					});
	return h("div", { class: `field ${of.kind}` },
		h("label", { for: id }, t(`field.${of.name}`), of.required ? null : h("small", ` (${t("optional")})`)),
		input,
		hint && h("small", { id: `${id}-hint` }, hint),
	);
}

function read(form) {
	const values = Object.fromEntries(
		[...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ""),
	);
	for (const input of form.querySelectorAll("input[type=datetime-local]")) {
		if (values[input.name]) values[input.name] = new Date(values[input.name]).toISOString();
	}
	for (const input of form.querySelectorAll("input[type=number]")) {
		const { unit } = input.dataset;
		if (values[input.name]) values[input.name] = unit ? values[input.name] + unit : Number(values[input.name]);
	}
	for (const input of form.querySelectorAll("input[type=checkbox]")) {
		if (input.checked) values[input.name] = true;
	}
	if (values.by) localStorage.setItem(OPERATOR, values.by);
	return values;
}

function fit(form) {
	const mode = form.elements.mode?.value;
	for (const part of form.querySelectorAll("[data-only]")) part.hidden = part.disabled = !part.dataset.only.split(" ").includes(mode);
}

function problemOf({ status, body }) {
	const conflict = status === 412 || (status === 409 && body.version !== undefined);
	return h("div.problem",
		{ role: "alert" },
		h("p", h("b", conflict ? t("error.conflict", { version: body.version }) : body.title)),
		body.errors?.length
			? h("ul",
					body.errors.map(({ member, problem, hint }) =>
						h("li", t("error.member", { member: t(`field.${member}`, {}, member), problem, hint })),
					),
				)
			: h("p", conflict ? t("error.again") : body.detail),
	);
}

// Every change takes two steps: what would happen, then the change itself, which is refused if the version shown is no longer the
// current one.
function change({ name, intro, fields, request, effect, done, dry = true }) {
	const result = create(h("div.result"));
	const form = create(
		h("form.form",
			{ onsubmit: check, oninput: () => (fit(form), patch(result, [])) },
			intro && h("p", intro),
			fields.filter(Boolean).map(control),
			h("p.buttons", h("button.main", t(dry ? "check" : "go.on"))),
		),
	);
	const dialog = open(titleOf(name), h("div"));
	dialog.lastChild.append(form, result);

	async function check(event) {
		event.preventDefault();
		const version = state.mode.version;
		const values = read(form);
		const { method, path, body } = request(values);
		const response = dry ? await send(method, `${path}${path.includes("?") ? "&" : "?"}dryRun=true`, body, version) : { ok: true };
		patch(result, response.ok ? confirm(values, version, response.body) : [problemOf(response)]);
		result.scrollIntoView?.({ block: "nearest" });
		result.querySelector("[tabindex]")?.focus();
	}

	function confirm(values, version, body) {
		const stage = state.site.isProduction ? state.site.stage : null;
		return [
			h("form", { key: `${version}-${Math.random()}`, class: "confirm", onsubmit: event => apply(event, values, version) },
				h("h3", { tabindex: "-1" }, t(dry ? "would" : "sure")),
				effect?.(body, values),
				dry && h("p.quiet", t("conditional", { version })),
				stage &&
					h("div.field",
						h("label", { for: "stage-typed" }, t("type.stage", { stage })),
						h("input", { id: "stage-typed", name: "stage", required: true, autocomplete: "off", spellcheck: "false" }),
					),
				h("p.buttons",
					h("button.main.danger", t(`${name}.apply`, values)),
					h("button", { onclick: () => dialog.close() }, t("leave")),
				),
			),
		];
	}

	async function apply(event, values, version) {
		event.preventDefault();
		const typed = event.target.elements.stage;
		if (typed && typed.value.trim() !== state.site.stage) {
			typed.setCustomValidity(t("type.wrong", { stage: state.site.stage }));
			typed.reportValidity();
			typed.oninput = () => typed.setCustomValidity("");
			return;
		}
		const button = event.target.querySelector("button");
		button.disabled = true;
		const { method, path, body } = request(values);
		const response = await send(method, path, body, version);
		if (!response.ok) return patch(result, [problemOf(response)]);
		if (!done) return dialog.close();
		form.remove();
		patch(result, done(response.body));
	}
}

function effects(change) {
	const staged = change.mode.next.some(step => step.reopening);
	const preview = t(staged ? "preview.others" : "preview.title");
	const cell = (reaches, waits, is = reaches ? "reachable" : waits ? "waits" : "closed") => h(`td.${is}`, t(is));
	return h("div",
		change.endMoved && h("p", t("end.moved", { from: time(change.endMoved.from), to: time(change.endMoved.to) })),
		plan(change.mode),
		change.replaced.length > 0 &&
			h("p", t("replaces", { steps: change.replaced.map(step => `${step.mode} ${time(step.at)}`).join(", ") })),
		staged && h("p", t("effects.staged")),
		h("table.effects",
			h("caption.unseen", t("effects.title")),
			h("thead",
				h("tr",
					["backend", "reads", "writes"].map(column => h("th", { scope: "col" }, t(`effects.${column}`))),
				),
			),
			h("tbody",
				change.effects.map(({ backend, reads, writes, waits }) =>
					h("tr", h("th", { scope: "row" }, backend), cell(reads, waits), cell(writes, waits)),
				),
			),
		),
		change.page
			? h("div", h("h4", preview), h("iframe", { src: change.page, sandbox: "", title: preview, referrerpolicy: "no-referrer" }))
			: h("p", t("preview.none")),
	);
}

function plan(mode) {
	const line = (step, at) =>
		h("li",
			t(step.until ? "step.until" : "step", { mode: named(step), time: time(at), until: step.until && time(step.until) }),
			step.isFollowUp && ` ${t("follow")}`,
		);
	return h("ol.steps",
		line(mode, mode.since),
		mode.next.map(step => line(step, step.at)),
	);
}

const actions = {
	set() {
		const { modes } = state.site;
		const closing = modes.filter(mode => mode.restrictsAnything);
		const plain = (empty, choices) => [{ name: "", summary: t(empty) }, ...same(choices.map(({ name }) => name))];
		change({
			name: "set",
			fields: [
				field("mode", "choice", { choices: modes }),
				closing.some(({ name }) => name === state.mode.mode)
					? group("stages",
							modes.filter(mode => !closing.includes(mode)),
							[
								field("stages"),
								field("every"),
								field("fallBackAbove"),
								field("atLeast", "number", { min: 1 }),
								field("apis", "select", { choices: plain("apis.last", [{ name: "first" }]) }),
							],
						)
					: null,
				group("hold",
					modes.filter(mode => mode.holdsAnything),
					[
						field("holdTimeout"),
						field("then", "select", {
							choices: plain("then.none",
								closing.filter(mode => !mode.holdsAnything),
							),
						}),
						field("after"),
					],
				),
				field("at", "datetime-local"),
				field("until", "datetime-local"),
				field("reason"),
				field("ticket"),
				operator(),
				field("readOnlyBefore", "seconds", { min: 0 }),
				field("cutAfter", "seconds", { min: 0 }),
			],
			request: body => ({ method: "PUT", path: "/mode", body }),
			effect: effects,
		});
	},
	extend() {
		change({
			name: "extend",
			fields: [
				field("extendBy", "select", {
					choices: ["", "15m", "30m", "1h", "2h"].map(name => ({
						name,
						summary: name === "" ? t("extend.to") : t("extend.by", { time: name }),
					})),
					value: state.mode.until ? "30m" : "",
				}),
				field("until", "datetime-local"),
				field("shorten", "check"),
				field("reason"),
				field("ticket"),
				operator(),
			],
			request: body => ({ method: "PATCH", path: "/mode", body }),
			effect: effects,
		});
	},
	cancel() {
		change({
			name: "cancel",
			intro: t("cancel.intro"),
			fields: [operator()],
			request: ({ by }) => ({ method: "DELETE", path: `/mode/next?by=${encodeURIComponent(by)}` }),
			effect: body => plan(body.mode),
		});
	},
	steer(action) {
		change({
			name: action,
			intro: t(`${action}.intro`),
			fields: [operator()],
			request: ({ by }) => ({ method: "POST", path: "/mode/stages", body: { action, by } }),
			effect: body => plan(body.mode),
		});
	},
	bypass() {
		change({
			name: "bypass",
			intro: t("bypass.intro"),
			fields: [
				field("for", "select", { choices: same(["30m", "1h", "2h", "4h", "12h"]), value: "1h" }),
				field("address"),
				field("note"),
				operator(),
			],
			request: body => ({ method: "POST", path: "/bypass", body }),
			effect: (_, values) => h("p", t(values.address ? "bypass.address" : "bypass.token", values)),
			done: bypass => [
				h("div.done",
					h("p", { role: "status" }, t("bypass.done", { id: bypass.id, time: time(bypass.until) })),
					bypass.token && h("p", t("bypass.once")),
					bypass.token && h("code.secret", { tabindex: "0" }, bypass.token),
				),
			],
		});
	},
	revoke(bypass) {
		change({
			name: "revoke",
			intro: t("revoke.intro", { id: bypass.id, note: bypass.note ?? "" }),
			fields: [operator()],
			request: ({ by }) => ({ method: "DELETE", path: `/bypass/${encodeURIComponent(bypass.id)}?by=${encodeURIComponent(by)}` }),
		});
	},
	forget(instance) {
		change({
			name: "forget",
			dry: false,
			intro: t("forget.intro", { name: instance.name, time: time(instance.seen) }),
			fields: [operator()],
			request: ({ by }) => ({ method: "POST", path: "/fleet/forget", body: { instance: instance.id, by } }),
			effect: () => h("p", t("forget.effect")),
		});
	},
	accept() {
		const until = state.writes[0].write.time;
		change({
			name: "accept",
			intro: t("accept.intro"),
			fields: [field("note", "text", { required: true }), operator()],
			request: body => ({ method: "POST", path: "/writes/accept", body: { ...body, until } }),
			effect: () => h("p", t("accept.effect")),
		});
	},
	explain() {
		const result = create(h("div.result", { role: "status" }));
		const form = create(
			h("form",
				{
					class: "form",
					onsubmit: async event => {
						event.preventDefault();
						const response = await send("GET", `/explain?${new URLSearchParams(read(form))}`);
						patch(
							result,
							response.ok
								? [
										h("p", h("b", response.body.outcome), response.body.status ? ` (${response.body.status})` : ""),
										h("dl",
											response.body.steps.map(({ name, result }) => [h("dt", name), h("dd", result)]),
										),
									]
								: [problemOf(response)],
						);
					},
				},
				[
					field("url", "url", { required: true }),
					field("method", "text", { value: "GET" }),
					field("client"),
					field("mode", "select", {
						choices: [{ name: "", summary: t("explain.now") }, ...same(state.site.modes.map(({ name }) => name))],
						value: "",
					}),
				].map(control),
				h("p.buttons", h("button.main", t("explain.apply"))),
			),
		);
		open(titleOf("explain"), h("div")).lastChild.append(form, result);
	},
	async download() {
		const { ok, status, body } = await send("GET", "/report?format=html");
		if (!ok) return open(titleOf("download"), problemOf({ status, body }));
		const url = URL.createObjectURL(new Blob([body], { type: "text/html" }));
		create(h("a", { href: url, download: `downtime-${state.site.stage ?? "router"}.html` })).click();
		setTimeout(() => URL.revokeObjectURL(url), 10000);
	},
	// The verdict on that number comes with the next events.
	expect({ target }) {
		if (!target.reportValidity()) return;
		state.expect = target.valueAsNumber || "";
		sessionStorage.setItem(EXPECT, state.expect);
		restart();
		draw();
	},
	showAll() {
		state.showAll = !state.showAll;
		draw();
	},
};

useTexts(await (await fetch("/operator/texts.json")).json());
document.documentElement.lang = texts.language;
draw();
setInterval(draw, 1000);
addEventListener("offline", () => lose());
addEventListener("visibilitychange", draw);
for (;;) {
	if (await listen()) continue;
	await new Promise(again => setTimeout(again, 1000));
}
