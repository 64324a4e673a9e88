using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Router.Headers;
using Router.Http;
using Router.Http.Http1;

namespace Router.Proxy;

/// <summary>Copies the backend's response headers to the client's response.</summary>
public static class ResponseHeaders
{
    /// <summary>
    /// Copies the status, reason phrase and headers of the response. Returns false, with nothing copied, if a header contains a character
    /// that no header may contain (a line break or another control character): if forwarded, it could be parsed as a second response.
    /// </summary>
    public static bool TryCopy(HttpResponseMessage response, HttpContext context)
    {
        try
        {
            Copy(response, context);
            return true;
        }
        catch (InvalidOperationException)
        {
            context.Response.Clear();
            return false;
        }
    }

    /// <summary>Copies only the status and the reason phrase.</summary>
    public static void CopyStatus(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        context.Feature<IHttpResponseFeature>()?.ReasonPhrase = response.ReasonPhrase;
    }

    private static void Copy(HttpResponseMessage source, HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = (int)source.StatusCode;
        // The server already has the standard phrase.
        if (source.ReasonPhrase != ReasonPhrases.GetReasonPhrase(response.StatusCode))
            CopyStatus(source, context);
        if (source is BackendResponse http1)
        {
            Copy(http1.Head, response.Headers);
        }
        else
        {
            // Over HTTP/2 the framework holds the headers.
            var connection = source.Headers.NonValidated.TryGetValues("Connection", out var named) ? ToValues(named) : default;
            Copy(source.Headers.NonValidated, connection, response.Headers);
            Copy(source.Content.Headers.NonValidated, connection, response.Headers);
        }

        // RFC 9110 section 8.6: a 204 or an interim response has no Content-Length. Section 15.3.6: a 205 must state that it has no
        // content.
        if (response.StatusCode is < 200 or 204)
            response.Headers.ContentLength = null;
        else if (response.StatusCode == 205)
            response.Headers.ContentLength = 0;
    }

    private static void Copy(ResponseHead from, IHeaderDictionary to)
    {
        var connection = from.Connection;
        var namesOthers = HopByHopHeaders.NamesOthers(connection);
        foreach (ref readonly var line in from.Lines)
        {
            if (!line.MayBeForwarded || (namesOthers && HopByHopHeaders.IsNamedBy(connection, line.Name)))
                continue;
            if (line.IsAnother)
                to.Append(line.Name, line.Value);
            else
                to[line.Name] = line.Value;
        }
    }

    private static void Copy(HttpHeadersNonValidated from, StringValues connection, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            if (!HopByHopHeaders.Contains(name, connection))
                to[name] = ToValues(values);
        }
    }

    private static StringValues ToValues(HeaderStringValues values)
    {
        if (values.Count == 1)
            return values.ToString();
        var array = new string[values.Count];
        var i = 0;
        foreach (var value in values)
            array[i++] = value;
        return array;
    }
}
