using System.Net;
using Microsoft.Extensions.Primitives;
using Router.Configuration;

namespace Router.Forwarding;

/// <summary>What of the client's header goes to the backend, and what Router adds.</summary>
public static class RequestHeaders
{
    /// <summary>Copies the fields of the request onto the message for the backend.</summary>
    public static void Copy(HttpContext context, HttpRequestMessage message, BackendSettings backend)
    {
        var headers = context.Request.Headers;
        var connection = headers.Connection;
        foreach (var (name, values) in headers)
        {
            if (!IsReplaced(name, backend) && !HopByHopHeaders.Contains(name, connection))
                Add(message, name, values);
        }

        if (HopByHopHeaders.IsNamedBy(headers.TE, "trailers"))
            message.Headers.TryAddWithoutValidation("TE", "trailers");
        AddForwarded(context, message);
        if (backend.BasicAuthentication is { } credentials)
            message.Headers.TryAddWithoutValidation("Authorization", "Basic " + credentials);
    }

    // Content-Length comes from the body itself. Fields of HTTP/2 that begin with a colon are no fields of the message.
    private static bool IsReplaced(string name, BackendSettings backend) =>
        name.StartsWith(':')
        || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Forwarded-For", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Forwarded-Proto", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Forwarded-Host", StringComparison.OrdinalIgnoreCase)
        || (backend.BasicAuthentication is not null && name.Equals("Authorization", StringComparison.OrdinalIgnoreCase));

    private static void Add(HttpRequestMessage message, string name, StringValues values)
    {
        if (values.Count == 1)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values[0]))
                Content(message).Headers.TryAddWithoutValidation(name, values[0]);
        }
        else if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            Content(message).Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    // The framework keeps fields such as Content-Type with the content. A request without a body that has them
    // gets an empty one, and so a Content-Length of 0 besides.
    private static HttpContent Content(HttpRequestMessage message) => message.Content ??= new EmptyContent();

    private static void AddForwarded(HttpContext context, HttpRequestMessage message)
    {
        var before = context.Request.Headers["X-Forwarded-For"];
        var peer = TextOf(context.Connection.RemoteIpAddress ?? IPAddress.None);
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", before.Count == 0 ? peer : $"{before}, {peer}");
        message.Headers.TryAddWithoutValidation("X-Forwarded-Proto", context.Request.Scheme);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Host", context.Request.Headers.Host.ToString());
    }

    private static string TextOf(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
