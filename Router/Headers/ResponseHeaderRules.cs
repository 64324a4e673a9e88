using System.Collections;
using System.Collections.Immutable;
using Router.Configuration;
using Router.Http;
using Router.Http.Http1;

namespace Router.Headers;

/// <summary>The changes that a route makes to its response headers, for the backend's responses and Router's own alike.</summary>
public sealed class ResponseHeaderRules
{
    private const string Sibling = "{sibling:";

    // Further additions would not fit into the bits of a block's number.
    private const int MaxInBlock = 32;

    // Nothing in Router, nor in the server, reads these headers of a response or adds them later.
    private static readonly HashSet<string> Plain = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Security-Policy",
        "Content-Security-Policy-Report-Only",
        "Cross-Origin-Embedder-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Permissions-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "X-Frame-Options",
        "X-XSS-Protection",
    };

    private readonly ImmutableArray<string> _removed;
    private readonly ImmutableArray<Addition> _added;
    private readonly bool _httpsRedirects;

    // The names that a backend's response must not have if a block is to be added to it, and one bit for the length of each.
    private readonly string[] _exclusive;
    private readonly ulong _lengths;

    // Indexed by host and status. Sites have few hosts, but clients can invent more.
    private readonly HeaderBlockText?[] _blocks = new HeaderBlockText?[64];

    /// <summary>Compiles the rules.</summary>
    public ResponseHeaderRules(ImmutableArray<ResponseHeaderSettings> sets, bool httpsRedirects)
    {
        _httpsRedirects = httpsRedirects;
        _removed = [.. sets.SelectMany(set => set.Remove).Distinct(StringComparer.OrdinalIgnoreCase)];
        _added =
        [
            .. sets.SelectMany(set => set.Add.Select(header => new Addition(header.Key, header.Value, set.OnStatus)))
                .Select((header, index) => header with { IsInBlock = index < MaxInBlock && Plain.Contains(header.Name) }),
        ];
        _exclusive =
        [
            .. _added.Where(header => header.IsInBlock).Select(header => header.Name).Except(_removed, StringComparer.OrdinalIgnoreCase),
        ];
        foreach (var name in _exclusive)
            _lengths |= 1UL << name.Length;
        DependOnHost = _added.Any(header => header.IsMade);
    }

    /// <summary>Whether the added values depend on the requested host.</summary>
    public bool DependOnHost { get; }

    /// <summary>
    /// Applies the rules to Router's own response after its status and headers have been set and before it starts. Adds the
    /// <see cref="ProtectiveHeaders"/>.
    /// </summary>
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
        var host = DependOnHost ? context.Request.Headers.Host.ToString() : "";
        var hasBlock = (head is null ? isOwn : !HasExclusive(head)) && HttpProtocol.IsHttp11(context.Request.Protocol);
        var status = context.Response.StatusCode;
        if (hasBlock)
            AddBlock(headers, isOwn, status, host);
        else if (isOwn)
            AddProtective(headers, status);
        foreach (var header in _added)
        {
            if (!(hasBlock && header.IsInBlock) && header.Holds(status))
                headers.Append(header.Name, header.ValueFor(host));
        }
    }

    private bool HasExclusive(ResponseHead head)
    {
        foreach (ref readonly var line in head.Lines)
        {
            // Mostly false. The shift uses the lowest six bits of a length, so a longer name may pass, too.
            if ((_lengths >> line.Name.Length & 1) != 0 && _exclusive.Contains(line.Name, StringComparer.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private void AddBlock(IHeaderDictionary headers, bool isOwn, int status, string host)
    {
        var number = isOwn ? 1UL << MaxInBlock : 0;
        for (var i = 0; i < _added.Length; i++)
        {
            if (_added[i].IsInBlock && _added[i].Holds(status))
                number |= 1UL << i;
        }

        if (number == 0)
            return;
        ref var entry = ref _blocks[(int)((uint)HashCode.Combine(number, host) % (uint)_blocks.Length)];
        var block = Volatile.Read(ref entry);
        if (block is null || block.Number != number || block.Host != host)
            Volatile.Write(ref entry, block = BlockOf(number, isOwn, status, host));
        if (block.Name is { } name)
            headers[name] = block.Value;
    }

    private HeaderBlockText BlockOf(ulong number, bool isOwn, int status, string host)
    {
        KeyValuePair<string, string>[] lines =
        [
            .. isOwn ? Protective(status) : [],
            .. _added
                .Where(header => header.IsInBlock && header.Holds(status))
                .Select(header => KeyValuePair.Create(header.Name, header.ValueFor(host))),
        ];
        return lines is [] ? new HeaderBlockText(number, host, null, "") : new(number, host, lines[0].Key, HeaderBlock.Of(lines));
    }

    private void AddProtective(IHeaderDictionary headers, int status)
    {
        foreach (var (name, value) in Protective(status))
            headers[name] = value;
    }

    private IEnumerable<KeyValuePair<string, string>> Protective(int status) =>
        ProtectiveHeaders.All.Where(header =>
            !_removed.Contains(header.Key, StringComparer.OrdinalIgnoreCase)
            && !_added.Any(added => added.Holds(status) && HeaderNames.IsSame(added.Name, header.Key))
        );

    private sealed record HeaderBlockText(ulong Number, string Host, string? Name, string Value);

    private sealed record Addition
    {
        private readonly string _value;
        private readonly BitArray? _statuses;

        public Addition(string name, string value, ImmutableArray<int> statuses)
        {
            Name = KnownHeaderNames.Of(name);
            (_value, IsMade) = (value, value.Contains(Sibling, StringComparison.Ordinal));
            if (statuses is [])
                return;
            _statuses = new BitArray(600);
            foreach (var status in statuses)
                _statuses[status] = true;
        }

        public string Name { get; }

        /// <summary>Whether it is one of the headers that a block contains.</summary>
        public bool IsInBlock { get; init; }

        /// <summary>Whether the value is built from the host.</summary>
        public bool IsMade { get; }

        public bool Holds(int status) => _statuses is null || (status < _statuses.Length && _statuses[status]);

        public string ValueFor(string host) => IsMade ? Fill(_value, host) : _value;

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
    }
}
