using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Router.Headers;
using Router.Http;
using Router.Http.Http1;

namespace Router.Proxy;

/// <summary>What of the backend's header goes to the client.</summary>
public static class ResponseHeaders
{
    /// <summary>
    /// Copies status, reason phrase and fields of the answer. False, with nothing copied, where a field holds what no field may
    /// (a line break or another control character): passed on, it could be read as a second answer.
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

    /// <summary>Copies status and reason phrase alone.</summary>
    public static void CopyStatus(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        context.Feature<IHttpResponseFeature>()?.ReasonPhrase = response.ReasonPhrase;
    }

    private static void Copy(HttpResponseMessage answer, HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        // The usual phrase the server has ready.
        if (answer.ReasonPhrase != ReasonPhrases.GetReasonPhrase(response.StatusCode))
            CopyStatus(answer, context);
        if (answer is BackendResponse http1)
        {
            Copy(http1.Head, response.Headers);
        }
        else
        {
            // Over HTTP/2 the framework has them.
            var connection = answer.Headers.NonValidated.TryGetValues("Connection", out var named) ? ToValues(named) : default;
            Copy(answer.Headers.NonValidated, connection, response.Headers);
            Copy(answer.Content.Headers.NonValidated, connection, response.Headers);
        }

        // RFC 9110 section 8.6: a 204 has no length, nor has an interim response. Section 15.3.6: that a 205 has no content must be said.
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
            if (!line.GoesOn || (namesOthers && HopByHopHeaders.IsNamedBy(connection, line.Name)))
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
