using Router.Routing;

namespace Router.Micro;

public class PathRules
{
    private readonly RouteTable _table = DefaultTable.Read().Table;

    [Params("/", "/suppliers/opportunities/12345", "/admin/users", "/a/documents/%2e%2e/b", "/g-cloud-12/communications/files/file.pdf")]
    public string Path { get; set; } = "";

    [Benchmark]
    public object? Www() => _table.Match("www.example.org", Path).Route;

    [Benchmark]
    public object? Assets() => _table.Match("assets.example.org", Path).Route;
}
