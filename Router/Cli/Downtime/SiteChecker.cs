using System.Globalization;
using System.Net.Sockets;
using Router.Access;
using Router.Pages;
using Router.Reports;

namespace Router.Cli.Downtime;

/// <summary>Requests addresses of the closed site as a tester would, through the site's real address.</summary>
internal sealed class SiteChecker : IDisposable
{
    private readonly HttpClient _client;
    private readonly Uri? _via;

    /// <summary>Makes one.</summary>
    /// <param name="token">The token of the bypass; null if there is none.</param>
    /// <param name="via">Where to connect to; null for the host of each address.</param>
    public SiteChecker(string? token, Uri? via)
    {
        _via = via;
        // A redirect is a response too, and a proxy is not the site.
        var connections = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (via is not null)
            connections.ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(via.IdnHost, via.Port, stop).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        _client = new HttpClient(connections) { Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null)
            _client.DefaultRequestHeaders.Add(BypassToken.Header, token);
    }

    /// <summary>Requests one address, with the whole body of its response.</summary>
    public async Task<SiteCheckResult> CheckAsync(SiteCheck check, CancellationToken stop)
    {
        var url = check.Url.OriginalString;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Through(check.Url));
            // The host of the site, not that of the address which is connected to.
            request.Headers.Host = check.Url.Authority;
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
            await response.Content.CopyToAsync(Stream.Null, stop).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            var isClosed = response.Headers.Contains(OwnResponseWriter.ClosedHeader);
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"responded with {status}{(isClosed ? ", the closed site's own response" : "")}"
                    + $"{(status == check.Status ? "" : $", expected {check.Status}")}"
            );
            return new SiteCheckResult(url, status == check.Status && !isClosed, text);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException)
        {
            return new SiteCheckResult(
                url,
                false,
                error is TaskCanceledException ? "did not respond within 30 s" : $"did not respond: {Cause(error)}{Advice(error)}"
            );
        }
    }

    public void Dispose() => _client.Dispose();

    private static string Cause(Exception error) => error.GetBaseException().Message.TrimEnd('.');

    // The names of a site lead to its balancer, which this machine may not know or reach.
    private string Advice(Exception error) =>
        _via is null
        && error is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError }
            ? ". To connect to Router by its address, add --check-via, such as http://127.0.0.1:8080"
            : "";

    private Uri Through(Uri url) => _via is null ? url : new UriBuilder(url) { Scheme = _via.Scheme, Port = _via.Port }.Uri;
}
