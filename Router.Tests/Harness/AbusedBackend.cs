namespace Router.Tests.Harness;

/// <summary>
/// A backend that does what the first segment of the path says, so that a client that draws its path draws the backend's behaviour too.
/// </summary>
internal static class AbusedBackend
{
    public const string WebSocketPath = "/socket";

    /// <summary>The paths that it knows.</summary>
    public static readonly string[] Paths = ["/whole", "/early", "/refusal", "/silence", "/reset", "/half", "/large", WebSocketPath];

    private static readonly string Large = new('x', 1 << 20);

    public static RawBackend Start() =>
        RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync(hasBody: false) is { } request)
            {
                switch (request.Target)
                {
                    case "/whole":
                        await connection.ReadBodyAsync(request);
                        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                        break;
                    case "/early":
                        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                        await connection.ReadBodyAsync(request);
                        break;
                    case "/refusal":
                        await connection.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
                        connection.Dispose();
                        return;
                    case "/reset":
                        connection.Reset();
                        return;
                    case "/half":
                        await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                        await connection.ReadToEndAsync();
                        return;
                    case "/large":
                        await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Large.Length}\r\n\r\n{Large}");
                        await connection.ReadBodyAsync(request);
                        break;
                    case WebSocketPath:
                        await connection.WriteAsync(
                            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                + "Sec-WebSocket-Accept: x\r\n\r\n\u0081\u0005hello"
                        );
                        await connection.ReadToEndAsync();
                        return;
                    default:
                        await connection.ReadToEndAsync();
                        return;
                }
            }
        });
}
