using System.Net;
using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary>
/// <c>router health</c>: asks the Router that serves on this machine how it is, as a platform does. For containers, which have no shell and no curl.
/// </summary>
public static class HealthCommand
{
    private const string Path = "/_status?ignore-dependencies";

    // A platform that asks by itself allows no more either.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Asks at the first address without TLS that Router listens on by the same options and environment; the exit code is 0 for 200 and 1 for anything else.</summary>
    /// <exception cref="InvalidConfigurationException">The address is none.</exception>
    public static async Task<int> RunAsync(StartOptions options, TextWriter errors)
    {
        var faults = new Faults();
        var urls = options.ListenUrls(faults);
        // A certificate names the site, and this asks by an address.
        var url = urls.Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase));
        if (url is null && !faults.Any)
            faults.Add("--urls", $"'{urls}' has no address without TLS to ask at", "Give one, such as http://127.0.0.1:8080");
        if (faults.Any)
            throw new InvalidConfigurationException(faults);
        var asked = AddressOf(BindingAddress.Parse(url!));
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(asked).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.OK)
                return 0;
            await errors.WriteLineAsync($"{asked} answers {(int)answer.StatusCode}, not 200.").ConfigureAwait(false);
        }
        catch (HttpRequestException fault)
        {
            await errors.WriteLineAsync($"{asked} does not answer: {fault.GetBaseException().Message}.").ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync($"{asked} has not answered within {Patience.TotalSeconds:F0} s.").ConfigureAwait(false);
        }

        return RouterCommand.NotDone;
    }

    private static Uri AddressOf(BindingAddress listens)
    {
        var isAny = !IPAddress.TryParse(listens.Host.Trim('[', ']'), out var address) ? listens.Host is "*" or "+" : address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        return new Uri($"http://{(isAny ? "127.0.0.1" : listens.Host)}:{listens.Port}{Path}");
    }
}
