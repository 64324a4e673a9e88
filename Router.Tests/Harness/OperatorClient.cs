using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Router.Tests.Harness;

/// <summary>An operator's client of a running router.</summary>
internal sealed class OperatorClient(string url) : IDisposable
{
    private readonly HttpClient _client = new(ClientHandler.Create()) { BaseAddress = new Uri(url), Timeout = Deadlines.Limit };

    public OperatorClient(RunningRouter router)
        : this(router.ManagementUrl) { }

    /// <summary>A site whose management interface listens on any port.</summary>
    public static SiteFile With(SiteFile site) => site.Set("Management:Url", "http://127.0.0.1:0");

    public async Task<(int Status, JsonNode Body)> SendAsync(
        string method,
        string path,
        string? json = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _client.SendAsync(request);
        return ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    /// <summary>Sends a request and gives the response when its headers are there: its content may have no end.</summary>
    public async Task<HttpResponseMessage> GetAsync(HttpRequestMessage request) =>
        await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    public void Dispose() => _client.Dispose();
}
