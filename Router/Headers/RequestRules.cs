using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Primitives;
using Router.Access;
using Router.Configuration;
using Router.Http;

namespace Router.Headers;

/// <summary>The properties of all request headers in one table, so that each header of a request is looked up only once.</summary>
public sealed class RequestRules
{
    private const string Forwarded = "X-Forwarded-";

    private static readonly string[] OfTheRequestItself =
    [
        "Expect",
        "Range",
        "If-Range",
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "If-Unmodified-Since",
        "Content-Type",
        "Content-Encoding",
        "Content-Language",
        "Content-Location",
        "Content-Disposition",
        "Content-Range",
        "Content-MD5",
        "Content-Digest",
        "Digest",
        "Repr-Digest",
        "Expires",
        "Last-Modified",
        "Allow",
    ];

    private readonly FrozenDictionary<string, RequestHeaderTraits> _known;
    private readonly AllowList? _samplingTrust;

    /// <summary>Compiles the rules.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="samplingTrust">The clients that may decide on sampling; null if Router leaves sampling alone.</param>
    public RequestRules(RouterSettings settings, AllowList? samplingTrust)
    {
        (ForwardedProto, _samplingTrust) = (settings.RequestHeaders.ForwardedProto, samplingTrust);
        var known = new Dictionary<string, RequestHeaderTraits>(StringComparer.OrdinalIgnoreCase);
        Add(RequestHeaderTraits.Stopped, [.. settings.RequestHeaders.Remove.Select(HyphensOf), BypassToken.Header]);
        Add(RequestHeaderTraits.Stopped, RestrictedHeaders.With(HeaderRestrictions.NeverFromClients | HeaderRestrictions.SetByRouter));
        Add(RequestHeaderTraits.FromTrustedProxies, RestrictedHeaders.With(HeaderRestrictions.FromTrustedProxies));
        Add(RequestHeaderTraits.OfTheConnection, HopByHopHeaders.Names);
        Add(RequestHeaderTraits.OfTheTrace, TraceContext.Names);
        Add(RequestHeaderTraits.OfTheRequestItself, OfTheRequestItself);
        Add(RequestHeaderTraits.Credentials, ["Authorization"]);
        Add(RequestHeaderTraits.Cookie, ["Cookie"]);
        Add(RequestHeaderTraits.Tags, ["If-Match", "If-None-Match"]);
        Add(RequestHeaderTraits.Range, ["Range", "If-Range"]);
        Add(RequestHeaderTraits.ForwardedFor, ["X-Forwarded-For"]);
        Add(RequestHeaderTraits.ForwardedProto, ["X-Forwarded-Proto"]);
        if (samplingTrust is not null)
        {
            Add(RequestHeaderTraits.Stopped | RequestHeaderTraits.Sampled, [B3Sampling.Sampled]);
            Add(RequestHeaderTraits.Stopped | RequestHeaderTraits.TraceFlags, [B3Sampling.Flags]);
        }

        _known = known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

        void Add(RequestHeaderTraits traits, IEnumerable<string> names)
        {
            foreach (var name in names)
                known[name] = known.GetValueOrDefault(name) | traits;
        }
    }

    /// <summary>The fixed value of <c>X-Forwarded-Proto</c>; null to state the client's scheme.</summary>
    public string? ForwardedProto { get; }

    /// <summary>Returns the properties of a header.</summary>
    public RequestHeaderTraits Of(string name)
    {
        if (_known.TryGetValue(name, out var traits))
            return traits;
        // HTTP/2 pseudo-headers are not headers of the message.
        if (name.StartsWith(':'))
            return RequestHeaderTraits.Stopped;
        var hyphens = name.Contains('_') ? HyphensOf(name) : name;
        if (!ReferenceEquals(hyphens, name) && _known.TryGetValue(hyphens, out traits))
            return traits & (RequestHeaderTraits.Stopped | RequestHeaderTraits.FromTrustedProxies);
        return (name[0] | 0x20) == 'x' && hyphens.StartsWith(Forwarded, StringComparison.OrdinalIgnoreCase)
            ? RequestHeaderTraits.FromTrustedProxies
            : RequestHeaderTraits.None;
    }

    /// <summary>
    /// Whether a client may send the header to a backend as a trailer: only what a client that is not a trusted proxy may send as a header,
    /// and nothing about tracing, which Router states in the headers.
    /// </summary>
    public bool MayBeTrailer(string name) =>
        RestrictedHeaders.MayBeTrailer(name)
        && (Of(name) & (RequestHeaderTraits.Stopped | RequestHeaderTraits.FromTrustedProxies | RequestHeaderTraits.OfTheTrace)) == 0;

    /// <summary>Adds the headers that say whether the request is sampled.</summary>
    /// <param name="to">The backend request.</param>
    /// <param name="client">The client's IP address.</param>
    /// <param name="sampled">The client's own <c>X-B3-Sampled</c>.</param>
    /// <param name="flags">The client's own <c>X-B3-Flags</c>.</param>
    public void AddSampling(BackendRequest to, IPAddress client, StringValues sampled, StringValues flags)
    {
        if (_samplingTrust is not null)
            B3Sampling.Add(to, _samplingTrust.Contains(client), sampled, flags);
    }

    // CGI and WSGI map X_Forwarded_For and X-Forwarded-For to the same name (RFC 3875 section 4.1.18): blocking one must block the other.
    private static string HyphensOf(string name) => name.Replace('_', '-');
}
