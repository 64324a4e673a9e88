using Router.Routing;

namespace Router.Micro;

public class HostLookUp
{
    private readonly string[] _hosts = ["www.example.org", "api.preview.example.org", "nobody.example.com"];
    private RouteTable _table = null!;

    [Params(0, 1_000)]
    public int FurtherHosts { get; set; }

    [GlobalSetup]
    public void ReadTable() => _table = DefaultTable.Read(FurtherHosts).Table;

    [Benchmark]
    public object? FirstLabel() => _table.FindHost(_hosts[0]);

    [Benchmark]
    public object? LongerName() => _table.FindHost(_hosts[1]);

    [Benchmark]
    public object? Unknown() => _table.FindHost(_hosts[2]);
}
