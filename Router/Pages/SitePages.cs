using System.Collections.Concurrent;
using System.Net;
using System.Net.Mail;
using System.Text;
using Router.Configuration;
using Router.Http;
using Router.Modes;

namespace Router.Pages;

/// <summary>
/// All of Router's own responses for one configuration, in every language and form. Those of the closed site are prepared when the mode
/// changes, the others when first needed; all are served from memory.
/// </summary>
public sealed class SitePages
{
    // Methods that only read, and methods that may change something.
    private static readonly bool[] Methods = [false, true];

    private readonly PagesSettings _settings;
    private readonly IReadOnlyList<Language> _languages;
    private readonly Dictionary<string, PageTemplate> _templates;
    private readonly PageTemplate? _bypassForm;
    private readonly ConcurrentDictionary<Key, PreparedResponse> _errors = new();
    private readonly Lock _preparing = new();
    private volatile ClosedSite? _closed;

    private SitePages(
        PagesSettings settings,
        IReadOnlyList<Language> languages,
        Dictionary<string, PageTemplate> templates,
        PageTemplate? bypassForm
    )
    {
        (_settings, _languages, _templates, _bypassForm) = (settings, languages, templates, bypassForm);
        CrossOrigin = new CrossOrigin(settings.AllowedOrigins);
    }

    /// <summary>The directory of the pages: <c>wwwroot</c> next to the application.</summary>
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    /// <summary>The origins whose scripts may read the responses.</summary>
    public CrossOrigin CrossOrigin { get; }

    /// <summary>Reads the languages and the pages. Anything missing is a validation error, and the result must then not be used.</summary>
    /// <param name="directory">Their directory.</param>
    /// <param name="ownTemplates">The templates of single hosts, each with the key that names it.</param>
    /// <param name="errors">Receives the validation errors.</param>
    public static SitePages Load(
        string directory,
        PagesSettings settings,
        IEnumerable<(string Name, string Key)> ownTemplates,
        ValidationErrors errors
    )
    {
        var languages = Language.Load(Path.Combine(directory, "languages"), settings, errors);
        var templates = new Dictionary<string, PageTemplate>();
        foreach (
            var (name, key) in ownTemplates
                .Prepend((settings.Template, $"{ConfigurationSections.Router}:Pages:Template"))
                .DistinctBy(own => own.Item1)
        )
        {
            if (PageTemplate.Load(directory, name, key, errors) is { } template)
                templates.Add(name, template);
        }

        return new SitePages(
            settings,
            languages,
            templates,
            PageTemplate.Load(directory, "bypass.html", Path.Combine(directory, "bypass.html"), errors)
        );
    }

    /// <summary>A response that does not depend on the mode.</summary>
    /// <param name="outcome">What is known about the request.</param>
    /// <param name="isSending">Whether the request's method may change something.</param>
    /// <param name="acceptLanguage">The client's <c>Accept-Language</c>.</param>
    /// <param name="template">The host's own page; null for the site's.</param>
    /// <param name="language">The chosen language.</param>
    public PreparedResponse Find(
        OwnResponse response,
        RequestOutcome outcome,
        bool isSending,
        ReadOnlySpan<char> acceptLanguage,
        string? template,
        out string language
    )
    {
        var key = KeyOf(response, outcome, isSending, acceptLanguage, template, out language);
        return _errors.TryGetValue(key, out var prepared) ? prepared : _errors.GetOrAdd(key, Prepare(key, null));
    }

    /// <summary>The closed site's response in a given state; see <see cref="Find"/>.</summary>
    public PreparedResponse FindClosed(
        ModeState state,
        DateTimeOffset now,
        bool isSending,
        ReadOnlySpan<char> acceptLanguage,
        string? template,
        out string language
    )
    {
        var key = KeyOf(OwnResponse.Closed, RequestOutcome.NotForwarded, isSending, acceptLanguage, template, out language);
        return Closed(state, now).Responses[key];
    }

    /// <summary>Prepares the closed site's responses for a state unless they are already prepared.</summary>
    public void Prepare(ModeState state, DateTimeOffset now) => Closed(state, now);

    /// <summary>The page that visitors would see in a state that may never be in force, in the language of an operator.</summary>
    public byte[] Preview(ModeState state, DateTimeOffset now, ReadOnlySpan<char> acceptLanguage)
    {
        var key = KeyOf(OwnResponse.Closed, RequestOutcome.NotForwarded, false, acceptLanguage, null, out _);
        return Prepare(key, (state, state.Step.Until <= now)).Page.Identity;
    }

    /// <summary>The page that accepts a bypass token. It is rarely requested, so it is rendered each time.</summary>
    public byte[] BypassForm(ReadOnlySpan<char> acceptLanguage, BypassPage page)
    {
        var language = _languages[Choose(acceptLanguage)];
        var asks = page.ActiveUntil is null;
        var values = Common(language, language.Text(asks ? "bypass.title" : "bypass.active"));
        values["detail"] = page.Problem is { } problem ? Encode(language.Text(problem)) : "";
        values["expiry"] = Encode(
            page.ActiveUntil is { } end
                ? language.Text("bypass.until").Replace("{time}", language.Time(end, _settings.TimeZone), StringComparison.Ordinal)
            : page.TokensEnd is { } last
                ? language.Text("bypass.tokens-end").Replace("{time}", language.Time(last, _settings.TimeZone), StringComparison.Ordinal)
            : ""
        );
        values["scope"] = page.OnlyHost is { } host
            ? Encode(language.Text("bypass.one-host").Replace("{host}", host, StringComparison.Ordinal))
            : "";
        values["label"] = asks ? Encode(language.Text("bypass.label")) : "";
        values["button"] = asks ? Encode(language.Text("bypass.button")) : "";
        values["enter"] = asks ? "" : Encode(language.Text("bypass.enter"));
        return Encoding.UTF8.GetBytes(_bypassForm!.Fill(values));
    }

    private ClosedSite Closed(ModeState state, DateTimeOffset now)
    {
        var closed = _closed;
        if (closed is not null && ReferenceEquals(closed.State, state) && now < closed.ValidUntil)
            return closed;
        // Of several concurrent requests one prepares and the others wait for it: some milliseconds, once for each change of the mode.
        lock (_preparing)
        {
            closed = _closed;
            if (closed is not null && ReferenceEquals(closed.State, state) && now < closed.ValidUntil)
                return closed;
            var keys =
                from template in _templates.Keys
                from language in Enumerable.Range(0, _languages.Count)
                from isSending in Methods
                select new Key(OwnResponse.Closed, RequestOutcome.NotForwarded, isSending, language, template);
            var isOverdue = state.Step.Until <= now;
            closed = new ClosedSite(
                state,
                state.Step.Until is { } until && !isOverdue ? until : DateTimeOffset.MaxValue,
                keys.ToDictionary(key => key, key => Prepare(key, (state, isOverdue)))
            );
            _closed = closed;
            return closed;
        }
    }

    private Key KeyOf(
        OwnResponse response,
        RequestOutcome outcome,
        bool isSending,
        ReadOnlySpan<char> acceptLanguage,
        string? template,
        out string language
    )
    {
        var index = Choose(acceptLanguage);
        language = _languages[index].Tag;
        return new Key(response, outcome, isSending, index, template ?? _settings.Template);
    }

    // RFC 4647 section 3.4, lookup: en-GB is served by en.
    private int Choose(ReadOnlySpan<char> acceptLanguage)
    {
        var (best, weight) = (0, 0.0);
        var list = new WeightedList(acceptLanguage);
        while (list.MoveNext())
        {
            if (list.Weight <= weight)
                continue;
            for (var i = 0; i < _languages.Count; i++)
            {
                var tag = _languages[i].Tag;
                if (
                    !list.Item.StartsWith(tag, StringComparison.OrdinalIgnoreCase)
                    || (list.Item.Length > tag.Length && list.Item[tag.Length] != '-')
                )
                    continue;
                (best, weight) = (i, list.Weight);
                break;
            }
        }

        return best;
    }

    private PreparedResponse Prepare(Key key, (ModeState State, bool IsOverdue)? closed)
    {
        var (language, template) = (_languages[key.Language], _templates[key.Template]);
        var step = closed?.State.Step;
        // While reading is open, "the service is unavailable" would be untrue.
        var slug = closed is { State.Mode: var mode } && ModeChanges.ServesPages(mode) ? "read-only" : key.Response.Slug;
        var time = (DateTimeOffset? instant) => instant is { } known ? language.Time(known, _settings.TimeZone) : "";
        var title = language.Text($"{slug}.title");
        var sent = key.IsSending ? SentText(language, slug, key.Outcome) : "";
        var when =
            closed is not { } it ? ""
            : step!.Until is null ? language.Text($"{slug}.unknown")
            : it.IsOverdue ? language.Text($"{slug}.overdue")
            : language.Text($"{slug}.until").Replace("{time}", time(step.Until), StringComparison.Ordinal);
        // A client that must first check the outcome is not told to try again.
        var detail = key is { Outcome: RequestOutcome.Unknown, IsSending: true } ? "" : language.Text($"{slug}.detail");
        var since = closed is null
            ? ""
            : language.Text($"{slug}.since").Replace("{time}", time(closed.Value.State.WindowSince), StringComparison.Ordinal);
        var reason = step?.Reason ?? "";
        var contact = _settings.Contact is null ? "" : language.Text("contact");
        var values = Common(language, title);
        values["sent"] = Encode(sent);
        values["detail"] = Encode(detail);
        values["when"] = Encode(when);
        values["reason"] = Encode(reason);
        // The operator's own words, whatever the language of the page. Empty without a reason, so that its line is left out.
        values["reason-language"] = reason is "" ? "" : _settings.ReasonLanguage;
        values["contact"] = Encode(contact).Replace("{contact}", Link(_settings.Contact), StringComparison.Ordinal);
        values["since"] = Encode(since);
        values["again"] = closed is not null && !key.IsSending ? Encode(language.Text("again")) : "";
        var problem = ProblemDetails.Of(key.Response.Slug, title, key.Response.Status, Join(" ", sent, detail, when)) with
        {
            Forwarded = key.Outcome == RequestOutcome.NotForwarded ? false : null,
            Outcome = key.Outcome == RequestOutcome.Unknown ? "unknown" : null,
            Mode = closed?.State.Mode.Name,
            Until = step?.Until,
            Reason = step?.Reason,
        };
        var text =
            Join(
                "\n\n",
                title,
                sent,
                detail,
                when,
                reason,
                contact.Replace("{contact}", _settings.Contact, StringComparison.Ordinal),
                since
            ) + "\n";
        return new PreparedResponse(
            new PreparedBody(template.Fill(values), "text/html; charset=utf-8"),
            new PreparedBody(problem.ToJson(), ProblemDetails.MediaType),
            new PreparedBody(text, "text/plain; charset=utf-8")
        );
    }

    // What happened to the data that the client sent: the response's own text if it has one, otherwise the general one.
    private static string SentText(Language language, string slug, RequestOutcome outcome) =>
        (language.Text($"{slug}.sent"), outcome) switch
        {
            ({ Length: > 0 } own, RequestOutcome.NotForwarded) when slug != OwnResponse.Cut.Slug => own,
            ({ Length: > 0 } own, RequestOutcome.Unknown) when slug == OwnResponse.Cut.Slug => own,
            (_, RequestOutcome.NotForwarded) => language.Text("not-forwarded.sent"),
            (_, RequestOutcome.Unknown) => language.Text("unknown.sent"),
            _ => "",
        };

    private Dictionary<string, string> Common(Language language, string title) =>
        new()
        {
            ["language"] = language.Tag,
            ["direction"] = language.Direction,
            ["service"] = Encode(_settings.ServiceName),
            ["title"] = Encode(title),
            ["title-and-service"] = Encode(_settings.ServiceName is { } service ? $"{title} - {service}" : title),
            ["colours"] = Css(_settings.Colours),
            ["dark-colours"] = Css(_settings.DarkColours),
        };

    private static string Join(string between, params IEnumerable<string> texts) =>
        string.Join(between, texts.Where(text => text is not ""));

    private static string Encode(string? text) => WebUtility.HtmlEncode(text ?? "");

    private static string Css(PageColours colours) =>
        $"--text: {colours.Text}; --background: {colours.Background}; --accent: {colours.Accent};";

    private static string Link(string? contact)
    {
        var address =
            contact is null ? null
            : Uri.TryCreate(contact, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.AbsoluteUri
            : MailAddress.TryCreate(contact, out var mail) && mail.Address == contact ? $"mailto:{contact}"
            : null;
        return address is null ? Encode(contact) : $"<a href=\"{Encode(address)}\">{Encode(contact)}</a>";
    }

    private readonly record struct Key(OwnResponse Response, RequestOutcome Outcome, bool IsSending, int Language, string Template);

    private sealed record ClosedSite(ModeState State, DateTimeOffset ValidUntil, Dictionary<Key, PreparedResponse> Responses);
}
