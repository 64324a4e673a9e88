using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Router.Tests.Harness;

/// <summary>An application of a <see cref="StandInPlatform"/>: a Router with its own table and the environment of a manifest.</summary>
/// <param name="Endpoint">Where it listens.</param>
/// <param name="StopAsync">Stops it; gives the exit code of a process.</param>
internal sealed partial record StandInApplication(IPEndPoint Endpoint, Func<Task<int?>> StopAsync)
{
    /// <summary>Starts one within the test's process.</summary>
    public static async Task<StandInApplication> StartAsync(string manifest, Action<IDictionary<string, string?>>? changes)
    {
        var environment = new Dictionary<string, string?>();
        Fill(environment, manifest, changes);
        var router = await RunningRouter.StartWithItsOwnTableAsync([.. environment.Select(it => (it.Key, it.Value ?? ""))]);
        return new StandInApplication(
            router.Endpoint,
            async () =>
            {
                await router.DisposeAsync();
                return null;
            }
        );
    }

    /// <summary>Starts one as a process of its own, as the platform does.</summary>
    public static async Task<StandInApplication> StartProcessAsync(string manifest, Action<IDictionary<string, string?>>? changes)
    {
        var start = RouterProcess.Start();
        Fill(start.Environment, manifest, changes);
        var process = Process.Start(start)!;
        var said = new StringBuilder();
        while (await process.StandardError.ReadLineAsync().InTime() is { } line)
        {
            said.AppendLine(line);
            if (line.Split("Router listens on ") is not [_, var rest])
                continue;
            var (_, _) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
            var port = int.Parse(rest.Split(' ')[0].Split(':')[^1], CultureInfo.InvariantCulture);
            return new StandInApplication(new IPEndPoint(IPAddress.Loopback, port), () => StopAsync(process));
        }

        throw new InvalidOperationException($"it did not start: {said}");

        static async Task<int?> StopAsync(Process process)
        {
            await Signals.SendAsync(process.Id, "TERM");
            await process.WaitForExitAsync().InTime();
            using (process)
                return process.ExitCode;
        }
    }

    private static void Fill(IDictionary<string, string?> environment, string manifest, Action<IDictionary<string, string?>>? changes)
    {
        foreach (Match variable in Variable().Matches(manifest))
            environment[variable.Groups[1].Value] = variable.Groups[2].Value;
        environment["PORT"] = "0";
        environment["Router__Management__Url"] = "";
        changes?.Invoke(environment);
    }

    [GeneratedRegex("^    ([A-Za-z0-9_]+): \"?(.*?)\"?$", RegexOptions.Multiline)]
    private static partial Regex Variable();
}
