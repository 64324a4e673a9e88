using System.Globalization;
using System.Runtime.Versioning;
using Router.Bench;

[assembly: SupportedOSPlatform("linux")]

// bench --router BINARY --yarp BINARY [--rounds N] [--seconds N] [--cases A,B] [--peers A,B]
var options = new Dictionary<string, string>();
for (var i = 0; i + 1 < args.Length; i += 2)
    options[args[i]] = args[i + 1];
string Option(string name, string value) => options.GetValueOrDefault(name, value);

var rounds = int.Parse(Option("--rounds", "5"), CultureInfo.InvariantCulture);
var seconds = double.Parse(Option("--seconds", "2"), CultureInfo.InvariantCulture);
var connections = int.Parse(Option("--connections", "64"), CultureInfo.InvariantCulture);
var (router, yarp) = (Option("--router", ""), Option("--yarp", ""));
var peers = Option("--peers", "nginx,nginx-close,haproxy,yarp,yarp-inline,router").Split(',');
var cases = Option("--cases", "small,page,download,upload,https").Split(',');

var work = Directory.CreateTempSubdirectory("router-bench-").FullName;
// nginx gives up root's rights, and must still be able to read.
File.SetUnixFileMode(work, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
var backend = await Backend.StartAsync(Path.Combine(work, "backend"));
try
{
    foreach (var load in LoadCase.All.Where(load => cases.Contains(load.Name)))
    {
        var servers = new List<(string Name, ServerProcess Process)>();
        try
        {
            foreach (var peer in peers)
            {
                var directory = Directory.CreateDirectory(Path.Combine(work, $"{load.Name}-{peer}")).FullName;
                var backendPort = load.Scheme == "https" ? backend.TlsPort : backend.Port;
                var server = peer switch
                {
                    "nginx" => Nginx.Start(directory, load.Scheme, backendPort, keptAlive: true),
                    "nginx-close" => Nginx.Start(directory, load.Scheme, backendPort, keptAlive: false),
                    "haproxy" => HaProxy.Start(directory, load.Scheme, backend),
                    "yarp" => Yarp.Start(directory, yarp, load.Scheme, backend, inline: false),
                    "yarp-inline" => Yarp.Start(directory, yarp, load.Scheme, backend, inline: true),
                    "router" => PublishedRouter.Start(directory, router, load.Scheme, backend),
                    // Any other name is the path of a published Router, so that two builds can be compared.
                    _ => PublishedRouter.Start(directory, peer.Split('=')[^1], load.Scheme, backend),
                };
                servers.Add((peer.Split('=')[0], server));
                await server.ListensAsync();
                await Wrk.RunAsync(work, server.Port, load, connections, peer.StartsWith("yarp", StringComparison.Ordinal) ? 8 : 2);
            }

            var figures = servers.ToDictionary(server => server.Name, _ => new List<(double Cpu, WrkResult Wrk)>());
            for (var round = 0; round < rounds; round++)
            {
                foreach (var (name, process) in servers)
                {
                    var before = ProcessTimes.Microseconds(process.Tree);
                    var result = await Wrk.RunAsync(work, process.Port, load, connections, seconds);
                    var used = ProcessTimes.Microseconds(process.Tree) - before;
                    if (result.BadStatus > 0 || result.SocketErrors > 0 || result.Bytes < result.Requests * load.Length)
                        throw new BenchException($"{load.Name}, {name}: {result}");
                    figures[name].Add((used / result.Requests, result));
                }
            }

            Console.WriteLine($"{load.Name,-14} {"CPU us",8} {"ratio",7} {"req/s",9} {"p50 ms",8} {"p99 ms",8} {"RSS MB",8}");
            var routerCpu = figures.TryGetValue("router", out var own) ? Median(own.Select(f => f.Cpu)) : double.NaN;
            foreach (var (name, process) in servers)
            {
                var f = figures[name];
                var cpu = Median(f.Select(f => f.Cpu));
                Console.WriteLine(FormattableString.Invariant($"  {name,-12} {cpu,8:F1} {routerCpu / cpu,7:F2} {Median(f.Select(f => f.Wrk.Requests / f.Wrk.Seconds)),9:F0} {Median(f.Select(f => f.Wrk.Median)),8:F2} {Median(f.Select(f => f.Wrk.Percentile99)),8:F2} {ProcessTimes.Resident(process.Tree) / 1048576.0,8:F0}"));
            }
        }
        finally
        {
            foreach (var (_, process) in servers)
                process.Dispose();
        }
    }
}
catch (BenchException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
finally
{
    backend.Dispose();
    Directory.Delete(work, recursive: true);
}

return 0;

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
