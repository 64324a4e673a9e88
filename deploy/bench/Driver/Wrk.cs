using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Router.Bench;

/// <summary>What wrk measured, from the client's side.</summary>
internal sealed record WrkResult(long Requests, double Seconds, long Bytes, long BadStatus, long SocketErrors, double Median, double Percentile99);

/// <summary>Debian's wrk, told what to do by a script, which also prints the result as JSON.</summary>
internal static class Wrk
{
    private const string Report = """
        function done(summary, latency, requests)
            local e = summary.errors
            io.write(string.format(
                '\nRESULT {"Requests":%d,"Seconds":%.6f,"Bytes":%d,"BadStatus":%d,"SocketErrors":%d,"Median":%.3f,"Percentile99":%.3f}\n',
                summary.requests, summary.duration / 1e6, summary.bytes, e.status, e.connect + e.read + e.write + e.timeout,
                latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
        end

        """;

    public static async Task<WrkResult> RunAsync(string directory, int port, LoadCase load, int connections, double seconds)
    {
        var script = Path.Combine(directory, "wrk.lua");
        await File.WriteAllTextAsync(script, Script(load) + Report);
        // wrk counts whole seconds.
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-t1", $"-c{connections}", $"-d{Math.Max(1, (int)seconds).ToString(CultureInfo.InvariantCulture)}s", "--timeout", "10s", "-s", script, $"http://127.0.0.1:{port}{load.Path}"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new BenchException($"wrk: {output}{await errors}");
        return JsonSerializer.Deserialize<WrkResult>(line["RESULT ".Length..])!;
    }

    private static string Script(LoadCase load)
    {
        var script = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"wrk.method = \"{load.Method}\"");
        foreach (var (name, value) in load.Headers)
            script.AppendLine(CultureInfo.InvariantCulture, $"wrk.headers[\"{name}\"] = '{value}'");
        if (load.UploadLength > 0)
            script.AppendLine(CultureInfo.InvariantCulture, $"wrk.body = string.rep(\"x\", {load.UploadLength})");
        return script.ToString();
    }
}
