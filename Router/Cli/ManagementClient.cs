using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Serving.Management;

namespace Router.Cli;

/// <summary>Asks a running Router.</summary>
public sealed class ManagementClient : IDisposable
{
    private readonly HttpClient _client;

    /// <summary>Makes a client; nothing is asked yet.</summary>
    /// <param name="url">Where the management interface is.</param>
    /// <param name="token">The secret; null where none is needed.</param>
    public ManagementClient(Uri url, string? token)
    {
        // Always direct: a proxy from the environment, or a redirect, would take the token to somebody else.
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = url, Timeout = TimeSpan.FromSeconds(10) };
        if (token is not null)
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The interface that the operator means: <c>--url</c>, <c>ROUTER_URL</c>, or this machine's.</summary>
    /// <exception cref="CommandFailedException">That is no address, or the token can't be read.</exception>
    public static ManagementClient For(string? url, string? tokenFile, Func<string, string?> environment)
    {
        var text = url ?? Said("ROUTER_URL") ?? ManagementSettings.DefaultUrl;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new CommandFailedException(RouterCommand.WrongUse, $"'{text}' is not an http or https address. Give --url or ROUTER_URL, such as {ManagementSettings.DefaultUrl}.");
        return new ManagementClient(address, Token());

        string? Said(string name) => environment(name) is { Length: > 0 } value ? value : null;

        // A secret that a platform mounts often ends with a newline.
        string? Token()
        {
            var token = (tokenFile is null ? Said("ROUTER_TOKEN") : Content(tokenFile))?.Trim();
            if (token is "" || !ManagementSettings.MayBeToken(token))
                throw new CommandFailedException(RouterCommand.WrongUse, $"{(tokenFile is null ? "ROUTER_TOKEN" : $"--token-file {tokenFile}")} holds no token: it {(token is "" ? "is empty" : "has letters that no token has, such as spaces")}. Give the text of Router:Management:Token.");
            return token;
        }

        static string Content(string file)
        {
            try
            {
                return File.ReadAllText(file);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailedException(RouterCommand.WrongUse, $"--token-file {file} can't be read: {fault.Message}");
            }
        }
    }

    /// <summary>Asks, and gives the document.</summary>
    /// <exception cref="CommandFailedException">Nobody answers, or the answer is a refusal.</exception>
    public async Task<T> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, string? json = null, long? ifVersion = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (ifVersion is not null)
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{ifVersion}\"");
        try
        {
            using var answer = await _client.SendAsync(request).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync().ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return JsonSerializer.Deserialize(text, type) ?? throw new JsonException("it is null");
            if (answer.StatusCode is HttpStatusCode.RequestUriTooLong or HttpStatusCode.RequestHeaderFieldsTooLarge or HttpStatusCode.RequestEntityTooLarge && answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
                throw new CommandFailedException(RouterCommand.WrongUse, $"{_client.BaseAddress} refused the request as too long (status {(int)answer.StatusCode}). Shorten the reason, the address or the token.");
            throw Refused(answer.StatusCode, JsonSerializer.Deserialize(text, ManagementJson.Default.ProblemDocument));
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw new CommandFailedException(RouterCommand.NoConnection, $"No connection to Router at {_client.BaseAddress}: {fault.GetBaseException().Message.TrimEnd('.')}. Does it run there? Say where with --url or ROUTER_URL.");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or TaskCanceledException)
        {
            // It may have arrived, and only its answer is missing.
            var doubt = method == HttpMethod.Get ? "" : " Whether the change was made is not known: look with router mode.";
            throw new CommandFailedException(RouterCommand.NoConnection, $"No answer from Router at {_client.BaseAddress}: {(fault is TaskCanceledException ? $"{_client.Timeout.TotalSeconds:F0} s have passed" : fault.GetBaseException().Message.TrimEnd('.'))}.{doubt}");
        }
        catch (JsonException)
        {
            throw new CommandFailedException(RouterCommand.NoConnection, $"What answers at {_client.BaseAddress} is not Router's management interface. Say where that is with --url or ROUTER_URL.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static CommandFailedException Refused(HttpStatusCode status, ProblemDocument? problem)
    {
        var code = status switch
        {
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => RouterCommand.WrongUse,
            HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict => RouterCommand.NotDone,
            _ => RouterCommand.NoConnection,
        };
        var now = problem?.Version is { } version ? $" The version is {version} now." : "";
        return new CommandFailedException(code, $"{problem?.Title ?? status.ToString()}. {problem?.Detail}{now}".TrimEnd());
    }
}

/// <summary>A command ends here, with an exit code and a message for the operator.</summary>
public sealed class CommandFailedException(int code, string message) : Exception(message)
{
    /// <summary>The exit code.</summary>
    public int Code => code;
}
