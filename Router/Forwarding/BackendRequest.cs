using Router.Forwarding.Bodies;

namespace Router.Forwarding;

/// <summary>A request on its way to a backend: the message, and what a message has no place for.</summary>
public sealed class BackendRequest(HttpMethod method, string pathAndQuery) : HttpRequestMessage(method, (Uri?)null)
{
    /// <summary>The raw target: path and query as they came.</summary>
    public string PathAndQuery => pathAndQuery;

    /// <summary>The client's body; null where there is none.</summary>
    public RequestBody? Body => Content as RequestBody;

    /// <summary>The protocol that the client asks to change to (RFC 9110 section 7.8); null where it does not.</summary>
    public string? Upgrade { get; init; }

    /// <summary>Whether the client waits for leave before it sends its body (RFC 9110 section 10.1.1).</summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>Whether only a connection made for it will do: set where a kept one has failed it.</summary>
    public bool NeedsFreshConnection { get; set; }

    /// <summary>The address that was tried last; another one is better, where there is one.</summary>
    public Endpoint? Tried { get; set; }

    /// <summary>Whether the answer has no body. Methods are told apart by case (RFC 9110 section 9.1), which the framework's comparison does not do.</summary>
    public bool IsHead => Method.Method is "HEAD";

    /// <summary>Where its times are noted; null where nobody wants them.</summary>
    public ExchangeRecord? Record { get; set; }

    /// <summary>Whether doing it twice is the same as doing it once, and there is no body that can be read but once.</summary>
    public bool IsRepeatable => Content is not RequestBody && Upgrade is null
        && Method.Method is ("GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE");
}
