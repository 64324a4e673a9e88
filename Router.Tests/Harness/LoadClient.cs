using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>
/// Sends one request after the other, each for a path of its own, and keeps every response. A response that is neither the application's
/// nor the page ends it.
/// </summary>
internal sealed class LoadClient
{
    private int _count;

    /// <param name="endpoint">Where it sends the next one.</param>
    /// <param name="mayFail">Whether its instance is killed, or stopped and started again.</param>
    /// <param name="pace">How long it waits after each: the machine needs time for the switch itself.</param>
    /// <param name="stopping">Ends it.</param>
    public LoadClient(Func<IPEndPoint> endpoint, bool mayFail, Func<TimeSpan> pace, CancellationToken stopping) =>
        Done = Task.Run(() => RunAsync(endpoint, mayFail, pace, stopping));

    public int Count => Volatile.Read(ref _count);

    public Task<List<LoadResponse>> Done { get; }

    /// <summary>Waits until each client has had two more responses: the second was requested after now.</summary>
    public static async Task NextResponsesAsync(IReadOnlyList<LoadClient> load)
    {
        var before = load.Select(client => client.Count).ToArray();
        await Eventually.Async(() => load.Zip(before).All(pair => pair.First.Done.IsFaulted || pair.First.Count >= pair.Second + 2));
    }

    private async Task<List<LoadResponse>> RunAsync(
        Func<IPEndPoint> endpoint,
        bool mayFail,
        Func<TimeSpan> pace,
        CancellationToken stopping
    )
    {
        var responses = new List<LoadResponse>();
        using var client = new HttpClient(ClientHandler.Create()) { Timeout = Deadlines.Limit };
        while (!stopping.IsCancellationRequested)
        {
            var path = $"/{Guid.NewGuid():N}";
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{endpoint()}{path}")
            {
                Headers = { Host = "www.example.org" },
            };
            var sent = DateTimeOffset.UtcNow;
            try
            {
                using var response = await client.SendAsync(request, CancellationToken.None);
                var body = await response.Content.ReadAsStringAsync(CancellationToken.None);
                response.StatusCode.Should().BeOneOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
                body.Should().NotBeEmpty();
                responses.Add(new LoadResponse(path, sent, DateTimeOffset.UtcNow, response.StatusCode == HttpStatusCode.OK));
                Interlocked.Increment(ref _count);
            }
            catch (Exception error) when (mayFail && error is (HttpRequestException or SocketException))
            {
                // Its instance was killed. Where that happens between the connection and its first use, the framework lets the socket's
                // error through.
            }

            await Task.Delay(pace(), CancellationToken.None);
        }

        return responses;
    }
}
