using Router.Configuration;
using Router.Forwarding.Bodies;
using Router.Forwarding.Headers;
using Router.Forwarding.InFlight;
using Router.Modes;

namespace Router.Forwarding;

/// <summary>A request on its way to a backend: the message, and what a message has no place for.</summary>
/// <param name="method">The method.</param>
/// <param name="pathAndQuery">The raw target.</param>
/// <param name="fields">How many fields its header is expected to have.</param>
public sealed class BackendRequest(HttpMethod method, string pathAndQuery, int fields = 0) : HttpRequestMessage(method, (Uri?)null)
{
    /// <summary>The raw target: path and query as they came.</summary>
    public string PathAndQuery => pathAndQuery;

    /// <summary>The fields of its header, but for those that the connection needs.</summary>
    public FieldList Fields { get; } = new(fields);

    /// <summary>The time that it may take; null for one of Router's own.</summary>
    public ExchangeLimit? Limit { get; init; }

    /// <summary>Ends it. Not given to the client with the message: it would make a source of its own of each.</summary>
    public CancellationToken Cancellation
    {
        get => Limit?.Token ?? field;
        init;
    }

    /// <summary>Whether it was ended.</summary>
    public bool IsCancelled => Limit?.IsCancelled ?? Cancellation.IsCancellationRequested;

    /// <summary>The client's body; null where there is none.</summary>
    public RequestBody? Body => Content as RequestBody;

    /// <summary>The protocol that the client asks to change to (RFC 9110 section 7.8); null where it does not.</summary>
    public string? Upgrade { get; init; }

    /// <summary>Whether the client waits for leave before it sends its body (RFC 9110 section 10.1.1).</summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>Whether <see cref="Fields"/> stand in the framework's collections too.</summary>
    public bool FieldsAreWritten { get; set; }

    /// <summary>Whether only a connection made for it will do: set where a kept one has failed it.</summary>
    public bool NeedsFreshConnection { get; set; }

    /// <summary>Whether an attempt before this one may have reached the backend: then nothing that becomes of this one can take that back.</summary>
    public bool MayHaveBegunBefore { get; set; }

    /// <summary>The header that the HTTP/2 handler wrote first in the attempt that runs; null before it has written one.</summary>
    public string? FirstHeader { get; set; }

    /// <summary>The address that was tried last; another one is better, where there is one.</summary>
    public Endpoint? Tried { get; set; }

    /// <summary>Whether the answer has no body. Methods are told apart by case (RFC 9110 section 9.1), which the framework's comparison does not do.</summary>
    public bool IsHead => Method.Method is "HEAD";

    /// <summary>The client's request that it stands for; null for one of Router's own.</summary>
    public Exchange? Exchange { get; set; }

    /// <summary>Who knows the mode, which must reach the backend when the first byte goes out; null where no mode is asked.</summary>
    public ModeController? Modes { get; init; }

    /// <summary>What the backend is to the modes.</summary>
    public BackendKind Kind { get; init; }

    /// <summary>Whether doing it twice is the same as doing it once, and there is no body that can be read but once.</summary>
    public bool IsRepeatable => Content is not RequestBody && Upgrade is null && RequestMethods.IsIdempotent(Method.Method);

    /// <summary>
    /// To be called right before the first byte goes out, at every attempt: the site may have been closed while the request
    /// waited for its place or its connection.
    /// </summary>
    /// <exception cref="BackendException">The mode closes the backend now.</exception>
    public void Begin()
    {
        var again = Exchange?.HasBegun ?? false;
        // Noted first, asked second: whoever closes the site asks in the other order, so that one of the two sees the other.
        Exchange?.Begin();
        if (Exchange?.Exemption is null && Modes is { } modes && !modes.Current.Reaches(Kind, Upgrade is null ? Method.Method : "CONNECT"))
        {
            if (again)
                throw new BackendException(ForwardFailure.Cut);
            Exchange?.NotBegun();
            throw new BackendException(ForwardFailure.Closed, notBegun: true);
        }

        // It was admitted before this process was paused, and the site may have been closed meanwhile. A store that can't be reached is no pause.
        if (!again && Modes is { IsStale: true })
        {
            Exchange?.NotBegun();
            throw new BackendException(ForwardFailure.Overloaded, notBegun: true);
        }

        Exchange?.Accepted();
    }
}
