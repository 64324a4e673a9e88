using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Router.Modes.Stores;

/// <summary>Why Redis can't be used, and what to do.</summary>
internal static class RedisFailure
{
    private const string Key = "Router:ModeStore:Redis";
    private const string NoResponse = "it does not respond. Check that it is running and that no firewall blocks the connection";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    // The client library ends an attempt to connect just before it records why the attempt failed.
    private static readonly TimeSpan CauseTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CauseInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Whether it is a failure of the connection, and not the response of a server.</summary>
    public static bool IsOfConnection(Exception error) =>
        error is RedisException or TimeoutException or RedisCommandException or ObjectDisposedException or SocketException or IOException;

    /// <summary>
    /// The reason in one line, the same each time for the same cause. The client library's own messages contain internal figures that
    /// differ each time, and it keeps the cause of the first failure only: whether the server can be reached now is tried here.
    /// </summary>
    /// <param name="error">What the call threw.</param>
    /// <param name="address">The address of the server.</param>
    /// <param name="retryAsync">A call without effect: what it throws, or null if it succeeds.</param>
    public static async Task<string> ReasonAsync(Exception error, EndPoint address, Func<Task<Exception?>> retryAsync) =>
        RejectionIn(error)
        ?? (error is TimeoutException ? NoResponse : await ConnectErrorAsync(address).ConfigureAwait(false))
        ?? await LaterRejectionAsync(error, retryAsync).ConfigureAwait(false)
        ?? $"it accepts connections, but does not respond. It may be loading its data, or the two ends may not agree on TLS: {Key} "
            + $"begins with rediss:// for TLS and redis:// without";

    private static string? RejectionIn(Exception error)
    {
        var causes = CausesOf(error).ToArray();
        // The library calls this an authentication failure too.
        if (causes.OfType<AuthenticationException>().Any())
            return $"its certificate is not trusted, or the TLS handshake fails. Set its authorities in "
                + $"Router:ModeStore:CertificateAuthorities, and use a host name from the certificate in {Key}";
        return causes.OfType<RedisConnectionException>().Any(cause => cause.FailureType == ConnectionFailureType.AuthenticationFailure)
            ? $"the user or the password is not accepted, or it does not speak TLS. Correct {Key}"
            : null;
    }

    private static async Task<string?> LaterRejectionAsync(Exception? error, Func<Task<Exception?>> retryAsync)
    {
        using var limit = new CancellationTokenSource(CauseTimeout);
        try
        {
            while (error is { InnerException: null })
            {
                await Task.Delay(CauseInterval, limit.Token).ConfigureAwait(false);
                error = await retryAsync().WaitAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        return error is null ? null : RejectionIn(error);
    }

    private static IEnumerable<Exception> CausesOf(Exception error) =>
        (error is AggregateException all ? all.InnerExceptions : (IEnumerable<Exception?>)[error.InnerException])
            .OfType<Exception>()
            .SelectMany(CausesOf)
            .Prepend(error);

    private static async Task<string?> ConnectErrorAsync(EndPoint address)
    {
        var protocol = address.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp;
        using var socket =
            address is DnsEndPoint
                ? new Socket(SocketType.Stream, ProtocolType.Tcp)
                : new Socket(address.AddressFamily, SocketType.Stream, protocol);
        try
        {
            using var limit = new CancellationTokenSource(Timeout);
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return NoResponse;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => $"it refuses the connection. Start it, or correct the port in {Key}",
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
                    $"its name is not known. Correct the host in {Key}, or the name server",
                SocketError.TimedOut => NoResponse,
                _ => $"there is no connection ({error.Message.TrimEnd('.')}). Correct {Key}, or the network",
            };
        }
    }
}
