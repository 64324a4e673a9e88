namespace Router.Tests;

public sealed class ResponseHeaderRulesTests
{
    [Fact]
    public async Task Each_host_has_its_own_changes_also_where_others_have_some_of_the_same()
    {
        (string Host, string Sets, string HttpsRedirects, string[] Fields)[] hosts =
        [
            ("a.example.org", "x", "false", ["Location: http://a", "X-One: 1"]),
            ("b.example.org", "x", "false", ["Location: http://a", "X-One: 1"]),
            ("c.example.org", "x, y", "false", ["Location: http://a", "X-One: 1", "X-Two: 2"]),
            ("d.example.org", "y", "false", ["Location: http://a", "X-Gone: yes", "X-Two: 2"]),
            ("e.example.org", "none", "false", ["Location: http://a", "X-Gone: yes"]),
            ("f.example.org", "x", "true", ["Location: https://a", "X-One: 1"]),
            ("g.example.org", "s", "false", ["Location: http://a", "X-Gone: yes", "X-Sibling: assets.example.org"]),
            ("h.example.net", "s", "false", ["Location: http://a", "X-Gone: yes", "X-Sibling: assets.example.net"]),
        ];
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nLocation: http://a\r\nX-Gone: yes\r\nContent-Length: 0\r\n\r\n");
        var file = new SiteFile()
            .Frontend("www", backend.Address)
            .Set("ResponseHeaders:x:Add:X-One", "1")
            .Set("ResponseHeaders:x:Remove", "X-Gone")
            .Set("ResponseHeaders:y:Add:X-Two", "2")
            .Set("ResponseHeaders:s:Add:X-Sibling", "{sibling:assets}");
        foreach (var (host, sets, redirects, _) in hosts)
            file.Host(host, "www").Set($"Hosts:{host}:ResponseHeaders", sets).Set($"Hosts:{host}:HttpsRedirects", redirects);
        await using var router = await RunningRouter.StartAsync(file);

        foreach (var (host, _, _, fields) in hosts.Concat(hosts.Reverse()))
        {
            var reply = await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

            string[] names = ["Location", "X-Gone", "X-One", "X-Two", "X-Sibling"];
            names.SelectMany(name => reply.Values(name).Select(value => $"{name}: {value}")).Should().BeEquivalentTo(fields, host);
        }
    }
}
