using System.Net;
using Router.Access;

namespace Router.Micro;

public class AddressRules
{
    private readonly AllowList _list = DefaultTable.Read().Table.Match("www.example.org", "/").Route!.AllowList!;
    private readonly IPAddress _allowed = IPAddress.Parse("203.0.50.7");
    private readonly IPAddress _refused = IPAddress.Parse("198.51.100.7");
    private readonly IPAddress _mapped = IPAddress.Parse("::ffff:203.0.50.7");

    [Benchmark]
    public bool Allowed() => _list.Contains(_allowed);

    [Benchmark]
    public bool Refused() => _list.Contains(_refused);

    [Benchmark]
    public bool Mapped() => _list.Contains(_mapped);
}
