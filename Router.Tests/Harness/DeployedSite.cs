using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>
/// A stage on a <see cref="StandInPlatform"/> to which release-17 is deployed, with one backend for every application of the site.
/// </summary>
public sealed class DeployedSite : IAsyncLifetime, IAsyncDisposable
{
    private readonly WireMockBackend _backend = WireMockBackend.RespondingText("from the application");

    /// <summary>Where the values of the stages are, which a test may change.</summary>
    public string Vars { get; } = Directory.CreateTempSubdirectory("router-vars-").FullName;

    internal StandInPlatform Platform { get; private set; } = null!;

    /// <summary>The address of the backend.</summary>
    internal string Backend => _backend.Address;

    public Task InitializeAsync() => InitializeAsync(startsProcesses: false);

    /// <summary>Starts the platform and deploys.</summary>
    /// <param name="startsProcesses">Whether an application is a process of its own.</param>
    /// <param name="values">Changes the text of the stage's values.</param>
    internal async Task InitializeAsync(bool startsProcesses, Func<string, string>? values = null)
    {
        Platform = await StandInPlatform.StartAsync();
        Platform.StartsProcesses = startsProcesses;
        File.Copy(Script.Deploy("vars/common.yml"), Path.Combine(Vars, "common.yml"));
        var lines = (await File.ReadAllLinesAsync(Script.Deploy("vars/preview.yml"))).Select(line =>
            line.Contains("_url: ", StringComparison.Ordinal) ? line.Split(':')[0] + ": " + Backend : line
        );
        var text = string.Join('\n', lines.Append("rate_limiting: disabled\n"));
        await File.WriteAllTextAsync(Path.Combine(Vars, "preview.yml"), values?.Invoke(text) ?? text);
        (await DeployAsync("release-17")).Code.Should().Be(0, "there is no old version to begin with");
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await Platform.DisposeAsync();
        await _backend.DisposeAsync();
        Directory.Delete(Vars, recursive: true);
    }

    internal Task<(int Code, string Output, string Errors)> DeployAsync(string release, params (string Name, string Value)[] environment) =>
        Platform.RunAsync("deploy-app", [], [.. Environment, ("STAGE", "preview"), ("RELEASE_NAME", release), .. environment]);

    /// <summary>What <c>release-tag</c> prints.</summary>
    internal async Task<string> TagAsync() => (await Platform.RunAsync("release-tag", ["preview"], Environment)).Output;

    /// <summary>The variables of the scripts.</summary>
    internal (string Name, string Value)[] Environment =>
        [
            ("VARS_DIRECTORY", Vars),
            ("DM_APP_AUTH", "dXNlcjpwYXNzd29yZA=="),
            ("DM_USER_IPS", "0.0.0.0/0, ::/0"),
            ("DM_DEV_USER_IPS", "0.0.0.0/0, ::/0"),
            ("DM_ADMIN_USER_IPS", "0.0.0.0/0, ::/0"),
            ("DM_CLOUDFRONT_IPS", ""),
            ("ROUTER_REDIS", ""),
            ("SETTLE", "0.5"),
            ("APPLICATION_NAME", "router"),
        ];

    /// <summary>What a visitor gets, or LOST and why.</summary>
    internal async Task<string> AskAsync(string host)
    {
        try
        {
            using var client = await RawConnection.OpenAsync(Platform.Endpoint);
            await client.WriteAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            return await client.ReadMessageAsync() is { } response ? response.Head + response.Body : "LOST: no response";
        }
        catch (Exception lost) when (lost is IOException or SocketException)
        {
            return $"LOST: {lost.Message}";
        }
    }
}
