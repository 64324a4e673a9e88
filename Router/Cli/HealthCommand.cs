using System.Net;
using System.Net.Security;
using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary>
/// <c>router health</c>: asks the Router that was started with the same settings whether it serves. For health checks without a shell.
/// </summary>
public static class HealthCommand
{
    // The timeout that platforms give a health check.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Runs the check; the exit code is 0 if the response is 200, otherwise 1.</summary>
    public static async Task<int> RunAsync(StartOptions options, TextWriter errors)
    {
        var invalid = new ValidationErrors();
        var url = $"{Address(options, invalid)}/_status?ignore-dependencies";
        if (invalid.Any)
            return await NotHealthyAsync(string.Join("; ", invalid.All)).ConfigureAwait(false);
        using var client = Client();
        try
        {
            using var response = await client.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK
                ? 0
                : await NotHealthyAsync($"{url} responded with {(int)response.StatusCode}, not 200").ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            return await NotHealthyAsync($"{url} did not respond within a second").ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            return await NotHealthyAsync($"{url}: {error.GetBaseException().Message}").ConfigureAwait(false);
        }

        async Task<int> NotHealthyAsync(string why)
        {
            await errors.WriteLineAsync($"Not healthy: {why.TrimEnd('.')}.").ConfigureAwait(false);
            return ExitCode.NotDone;
        }
    }

    // It contacts its own instance: no proxy is involved, and the certificate, which has the site's names, is not what is being checked.
    private static HttpClient Client() =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                SslOptions =
                {
                    RemoteCertificateValidationCallback = (_, _, _, problems) =>
                        !problems.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable),
                },
            }
        )
        {
            Timeout = Limit,
        };

    // The server's listen address, by the same rules; plain http if the server offers both.
    private static string Address(StartOptions options, ValidationErrors errors)
    {
        var addresses = ListenAddresses.OfSite(LocalConfiguration.Read(options, errors), options, errors).ToArray();
        if (errors.Any)
            return "";
        var url = addresses
            .OrderBy(address => address.Url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            .ThenBy(address => address.IsHttp2Only)
            .First()
            .Url;
        if (LocalAddress.Of(url) is { } local)
            return local;
        errors.Add(ConfigurationSections.Endpoints, ListenAddress.Problem(url), ListenAddress.Hint);
        return "";
    }
}
