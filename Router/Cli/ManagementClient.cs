using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Pages;

namespace Router.Cli;

/// <summary>Sends commands to a running Router.</summary>
public sealed class ManagementClient : IDisposable
{
    private readonly HttpClient _client;

    private readonly ManagementAccess _access;

    /// <summary>Creates a client without contacting Router.</summary>
    public ManagementClient(ManagementAccess access)
    {
        // Always direct: a proxy from the environment, or a redirect, would send the token to another party.
        var connections = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        // On its own machine the tool connects by address: the certificate has a different name.
        if (access.IsOwn)
            connections.SslOptions.RemoteCertificateValidationCallback = (_, _, _, problems) =>
                !problems.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable);
        _client = new HttpClient(connections) { BaseAddress = access.Url, Timeout = TimeSpan.FromSeconds(10) };
        _access = access;
        if (access.Token is not null)
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access.Token);
    }

    /// <summary>A message whose commands point to the same instance.</summary>
    public string Hint(string message) => ToolHint.At(message, _access.IsOwn ? null : _access.Url.OriginalString);

    /// <summary>Sends a request and returns the document.</summary>
    /// <exception cref="CommandFailedException">There is no response, or the request is rejected.</exception>
    public async Task<T> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, string? json = null, long? ifVersion = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (ifVersion is not null)
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{ifVersion}\"");
        HttpStatusCode? status = null;
        try
        {
            using var response = await _client.SendAsync(request).ConfigureAwait(false);
            status = response.StatusCode;
            var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return JsonSerializer.Deserialize(text, type) ?? throw new JsonException("it is null");
            if (
                response.StatusCode
                    is HttpStatusCode.RequestUriTooLong
                        or HttpStatusCode.RequestHeaderFieldsTooLarge
                        or HttpStatusCode.RequestEntityTooLarge
                && response.Content.Headers.ContentType?.MediaType != "application/problem+json"
            )
                throw new CommandFailedException(
                    ExitCode.WrongUse,
                    $"{_client.BaseAddress} refused the request as too long (status {(int)response.StatusCode}). Shorten the reason, the "
                        + $"address or the token."
                )
                {
                    IsNothingDone = true,
                };
            throw Refused(response.StatusCode, JsonSerializer.Deserialize(text, ProblemJson.Default.ProblemDetails));
        }
        catch (HttpRequestException error)
            when (error.HttpRequestError
                    is HttpRequestError.ConnectionError
                        or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError
            )
        {
            throw new CommandFailedException(
                ExitCode.NoConnection,
                $"No connection to Router at {_client.BaseAddress}: {error.GetBaseException().Message.TrimEnd('.')}. Is it running? Give "
                    + $"its address with --url or ROUTER_URL."
            )
            {
                IsNothingDone = true,
            };
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException)
        {
            var reason =
                error is TaskCanceledException
                    ? $"{_client.Timeout.TotalSeconds:F0} s have passed"
                    : error.GetBaseException().Message.TrimEnd('.');
            throw new CommandFailedException(
                ExitCode.NoConnection,
                $"No response from Router at {_client.BaseAddress}: {reason}.{Doubt(method)}"
            );
        }
        catch (JsonException)
        {
            // A proxy responds like this if it forwarded the request and lost the response.
            var what = status is >= HttpStatusCode.InternalServerError
                ? $"{_client.BaseAddress} responded with {(int)status}, but not with a response of Router"
                : $"The server at {_client.BaseAddress} is not Router's management interface";
            throw new CommandFailedException(ExitCode.NoConnection, $"{what}. {ManagementAccess.Elsewhere}{Doubt(method)}");
        }
    }

    // The request may have arrived, with only its response lost.
    private string Doubt(HttpMethod method) =>
        method == HttpMethod.Get ? "" : $" It is not known whether the change was made. Check with {Hint("router mode")}.";

    public void Dispose() => _client.Dispose();

    private static CommandFailedException Refused(HttpStatusCode status, ProblemDetails? problem)
    {
        var code = status switch
        {
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => ExitCode.WrongUse,
            HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict => ExitCode.NotDone,
            _ => ExitCode.NoConnection,
        };
        var now = problem?.Version is { } version ? $" The version is {version} now." : "";
        return new CommandFailedException(code, $"{problem?.Title ?? status.ToString()}. {problem?.Detail}{now}".TrimEnd())
        {
            // If the store failed, it is unknown whether it stored the change.
            IsNothingDone = (int)status < 500,
        };
    }
}
