using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Router.Bench;

/// <summary>What wrk saw. Times are in milliseconds.</summary>
internal sealed record WrkResult(
    long Requests,
    double Seconds,
    long Bytes,
    long BadStatus,
    long SocketErrors,
    double Median,
    double Percentile99
);

/// <summary>wrk, told what to do by a script, which also prints the result as JSON.</summary>
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

    /// <summary>Keeps a server under load. A response that is not what it must be ends the run: the figures would mean nothing.</summary>
    public static async Task<WrkResult> RunAsync(Lab lab, string name, int port, LoadCase load, int seconds)
    {
        var expected = await Probe.AskAsync(port, load);
        var result = await RunAsync(lab, port, load, seconds);
        var bytes = (double)result.Requests * expected.TotalBytes;
        // Responses that were cut off at the end count with their bytes only; headers such as Retry-After vary by a digit or two.
        var tolerance = bytes * 0.01 + (double)lab.Options.Connections * expected.TotalBytes;
        if (
            result.Requests == 0
            || result.SocketErrors > 0
            || result.BadStatus != (load.Status > 399 ? result.Requests : 0)
            || Math.Abs(result.Bytes - bytes) > tolerance
        )
            throw new BenchException($"{load.Name}, {name}: {result}, and each response has {expected.TotalBytes} bytes");
        return result;
    }

    private static async Task<WrkResult> RunAsync(Lab lab, int port, LoadCase load, int seconds)
    {
        var script = Path.Combine(lab.Directory, "wrk.lua");
        await File.WriteAllTextAsync(script, Script(load) + Report);
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (
            var argument in (string[])
                ["-t1", $"-c{lab.Options.Connections}", $"-d{seconds}s", "--timeout", "10s", "-s", script, $"http://127.0.0.1:{port}/"]
        )
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var line =
            output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new BenchException($"wrk: {output}{await errors}");
        return JsonSerializer.Deserialize<WrkResult>(line["RESULT ".Length..])!;
    }

    // wrk formats the request once. It calls a global function named request or delay for each one, so there are such only where they are
    // needed.
    private static string Script(LoadCase load)
    {
        var text = load
            .Head.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\r\n", "\\r\\n", StringComparison.Ordinal);
        var script = new StringBuilder(
            $$"""
            local text = "{{text}}" .. string.rep("x", {{load.UploadLength}})
            wrk.format = function() return text end

            """
        );
        if (load.Hosts > 0)
        {
            script.Append(
                CultureInfo.InvariantCulture,
                $$"""
                function request()
                    return string.format("GET {{load.Path}} HTTP/1.1\r\nHost: h%d.example.org\r\n\r\n", math.random(0, {{load.Hosts - 1}}))
                end

                """
            );
        }

        if (load.MaxPause > 0)
        {
            script.Append(
                CultureInfo.InvariantCulture,
                $$"""
                function delay()
                    return math.random(1, {{load.MaxPause}})
                end

                """
            );
        }

        return script.ToString();
    }
}
