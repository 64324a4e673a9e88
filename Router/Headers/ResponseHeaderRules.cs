using System.Collections;
using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;
using Router.Configuration;
using Router.Http;
using Router.Http.Http1;

namespace Router.Headers;

/// <summary>The changes that a route makes to its response headers, for the backend's responses and Router's own alike.</summary>
public sealed class ResponseHeaderRules
{
    private const string Sibling = "{sibling:";

    private readonly ImmutableArray<string> _removed;
    private readonly ImmutableArray<Addition> _added;
    private readonly bool _httpsRedirects;

    /// <summary>Compiles the rules.</summary>
    public ResponseHeaderRules(ImmutableArray<ResponseHeaderSettings> sets, bool httpsRedirects)
    {
        _httpsRedirects = httpsRedirects;
        _removed = [.. sets.SelectMany(set => set.Remove).Distinct(StringComparer.OrdinalIgnoreCase)];
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        _added =
        [
            .. from set in sets from field in set.Add select new Addition(field.Key, field.Value, set.OnStatus, names.Add(field.Key)),
        ];
    }

    /// <summary>Whether the added values depend on the requested host.</summary>
    public bool DependOnHost => _added.Any(addition => addition.IsMade);

    /// <summary>Applies the rules to Router's own response after its status and headers have been set and before it starts.</summary>
    public void Apply(HttpContext context) => Apply(context, isOwn: true, head: null);

    /// <summary>Applies the rules to a backend's response after its headers have been copied.</summary>
    public void Apply(HttpContext context, HttpResponseMessage response) =>
        Apply(context, isOwn: false, (response as BackendResponse)?.Head);

    // Checking for an existing header in the response head costs far less than in the server's collection.
    private void Apply(HttpContext context, bool isOwn, ResponseHead? head)
    {
        var headers = context.Response.Headers;
        foreach (var name in _removed)
        {
            if (head is null || head.Has(name))
                headers.Remove(name);
        }

        if (_httpsRedirects && headers.Location is [{ } location] && location.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            headers.Location = string.Concat("https", location.AsSpan(4));
        var status = context.Response.StatusCode;
        foreach (var field in _added)
        {
            if (!field.Holds(status))
                continue;
            if (field.IsFirst && (head is not null ? !head.Has(field.Name) : isOwn && field.IsDirect))
                field.Set(headers, field.ValueFor(context));
            else
                headers.Append(field.Name, field.ValueFor(context));
        }
    }

    private sealed class Addition
    {
        private readonly string _value;
        private readonly BitArray? _statuses;

        // Requests for the same host tend to be consecutive: the text built for the last request usually fits the next one.
        private volatile Made? _last;

        public Addition(string name, string value, ImmutableArray<int> statuses, bool isFirst)
        {
            Name = KnownHeaderNames.Of(name);
            Set = DirectHeaders.Setter(Name);
            IsDirect = DirectHeaders.Contains(Name);
            (_value, IsFirst, IsMade) = (value, isFirst, value.Contains(Sibling, StringComparison.Ordinal));
            if (statuses is [])
                return;
            _statuses = new BitArray(600);
            foreach (var status in statuses)
                _statuses[status] = true;
        }

        public string Name { get; }

        /// <summary>Sets the header. Requires that the response has no header of that name.</summary>
        public Action<IHeaderDictionary, StringValues> Set { get; }

        /// <summary>Whether it replaces the header in Router's own responses.</summary>
        public bool IsDirect { get; }

        /// <summary>Whether no earlier rule adds a header of that name.</summary>
        public bool IsFirst { get; }

        /// <summary>Whether the value is built from the host.</summary>
        public bool IsMade { get; }

        public bool Holds(int status) => _statuses is null || (status < _statuses.Length && _statuses[status]);

        public string ValueFor(HttpContext context)
        {
            if (!IsMade)
                return _value;
            var host = context.Request.Headers.Host.ToString();
            if (_last is { } last && last.Host == host)
                return last.Value;
            var made = new Made(host, Fill(_value, host));
            _last = made;
            return made.Value;
        }

        // The host has already been validated: only letters, digits, dots, hyphens and a port reach the header.
        private static string Fill(string value, string host)
        {
            var dot = host.IndexOf('.', StringComparison.Ordinal);
            var rest = dot < 0 ? "" : host[dot..];
            for (
                var start = value.IndexOf(Sibling, StringComparison.Ordinal);
                start >= 0;
                start = value.IndexOf(Sibling, StringComparison.Ordinal)
            )
            {
                var end = value.IndexOf('}', start);
                if (end < 0)
                    return value;
                value = string.Concat(
                    value.AsSpan(0, start),
                    value.AsSpan(start + Sibling.Length, end - start - Sibling.Length),
                    rest,
                    value.AsSpan(end + 1)
                );
            }

            return value;
        }

        private sealed record Made(string Host, string Value);
    }
}
