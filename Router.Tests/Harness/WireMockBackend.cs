using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using WireMock;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;
using WireMock.Settings;

namespace Router.Tests.Harness;

/// <summary>
/// The usual backend: WireMock.Net gives the same response to every request, and what it was asked is kept. <see cref="RawBackend"/> is for
/// tests of bytes, connections and time.
/// </summary>
internal sealed class WireMockBackend : IAsyncDisposable
{
    // To start a server takes longer than most tests. One whose test has ended serves another.
    private static readonly ConcurrentBag<WireMockServer> Idle = [];

    private readonly ConcurrentQueue<ReceivedRequest> _requests = [];
    private readonly Channel<ReceivedRequest> _unread = Channel.CreateUnbounded<ReceivedRequest>();
    private readonly WireMockServer _server;

    private WireMockBackend(int status, string body, (string Name, string Value)[] headers)
    {
        _server = Idle.TryTake(out var idle) ? idle : Start();
        var response = Response
            .Create()
            .WithCallback(request =>
            {
                // Recorded before the response is sent: a test reads it as soon as it has the response.
                var received = Read(request);
                _requests.Enqueue(received);
                _unread.Writer.TryWrite(received);
                return new ResponseMessage
                {
                    StatusCode = status,
                    Headers = headers
                        .GroupBy(header => header.Name)
                        .ToDictionary(group => group.Key, group => new WireMock.Types.WireMockList<string>(group.Select(it => it.Value))),
                    BodyData = new WireMock.Util.BodyData
                    {
                        DetectedBodyType = WireMock.Types.BodyType.Bytes,
                        BodyAsBytes = Encoding.UTF8.GetBytes(body),
                    },
                };
            });
        _server.Given(Request.Create().UsingAnyMethod()).RespondWith(response);
    }

    /// <summary>Scheme, host and port.</summary>
    public string Address => _server.Urls[0];

    /// <summary>Host and port: what <c>Host</c> must say.</summary>
    public string Authority => new Uri(Address).Authority;

    /// <summary>What it was asked.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    /// <summary>The one request that it got.</summary>
    public ReceivedRequest OnlyRequest => Requests.Should().ContainSingle().Subject;

    /// <summary>The next request that it got.</summary>
    public Task<ReceivedRequest> RequestAsync() => _unread.Reader.ReadAsync().InTime();

    /// <summary>A backend that responds 200 with a short text.</summary>
    public static WireMockBackend RespondingText(string text) => Responding(200, text, ("Content-Type", "text/plain"));

    public static WireMockBackend Responding(int status, string body = "", params (string Name, string Value)[] headers) =>
        new(status, body, headers);

    /// <summary>An application that says its name in a header and as the content.</summary>
    public static WireMockBackend Named(string name) => Responding(200, name, ("X-Application", name));

    /// <summary>Forgets what it was asked: so a case begins whose class shares the backend.</summary>
    public WireMockBackend Forget()
    {
        _requests.Clear();
        while (_unread.Reader.TryRead(out _)) { }

        return this;
    }

    public ValueTask DisposeAsync()
    {
        _server.ResetMappings();
        _server.ResetLogEntries();
        Idle.Add(_server);
        return ValueTask.CompletedTask;
    }

    private static WireMockServer Start() =>
        WireMockServer.Start(
            new WireMockServerSettings
            {
                Urls = ["http://127.0.0.1:0"],
                MaxRequestLogCount = 1,
                // Requests are taken as they are.
                DisableJsonBodyParsing = true,
                DisableRequestBodyDecompressing = true,
                AllowBodyForAllHttpMethods = true,
            }
        );

    private static ReceivedRequest Read(IRequestMessage request) =>
        new(
            request.Method,
            new Uri(request.Url).PathAndQuery,
            [
                .. (request.Headers ?? new Dictionary<string, WireMock.Types.WireMockList<string>>()).SelectMany(it =>
                    it.Value.Select(value => (it.Key, value))
                ),
            ],
            Encoding.Latin1.GetString(request.BodyAsBytes ?? [])
        );
}
