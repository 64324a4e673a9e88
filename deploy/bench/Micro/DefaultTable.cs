using Router.Configuration;
using Router.Routing;
using Router.Serving;

namespace Router.Micro;

/// <summary>
/// The table that Router comes with, with an address for each backend and some more ranges than anyone has in an allow list.
/// </summary>
internal static class DefaultTable
{
    public static (RouterSettings Settings, RouteTable Table) Read(int furtherHosts = 0)
    {
        var values = new Dictionary<string, string?>();
        foreach (
            var backend in (string[])
                [
                    "frontend",
                    "api",
                    "search-api",
                    "antivirus-api",
                    "documents",
                    "g7-draft-documents",
                    "agreements",
                    "communications",
                    "reports",
                    "submissions",
                ]
        )
            values[$"Router:Backends:{backend}:Address"] = "http://127.0.0.1:9";
        values["Router:Backends:frontend:BasicAuthentication"] = "dXNlcjpwYXNzd29yZA==";
        foreach (var list in (string[])["users", "developers", "admins"])
            values[$"Router:AllowLists:{list}"] = string.Join(", ", Enumerable.Range(0, 100).Select(i => $"203.0.{i}.0/25"));
        for (var i = 0; i < furtherHosts; i++)
        {
            values[$"Router:Hosts:h{i}:Match"] = $"h{i}.example.org";
            values[$"Router:Hosts:h{i}:Backend"] = "api";
        }

        var errors = new ValidationErrors();
        var parts = Site.Read(
            new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
                .AddInMemoryCollection(values)
                .Build(),
            errors
        );
        return errors.All is [] ? (parts.Settings, parts.Table) : throw new InvalidOperationException(string.Join('\n', errors.All));
    }
}
