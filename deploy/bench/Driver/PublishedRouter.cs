using System.Text.Json.Nodes;

namespace Router.Bench;

/// <summary>
/// Router as published, with the table that it comes with, the original's environment, its metrics and its access log. Only the rate
/// limits are off: they would limit the one client that there is.
/// </summary>
internal static class PublishedRouter
{
    private const string Everyone = "0.0.0.0/0, ::/0";

    private static readonly string[] Addresses =
    [
        "DM_FRONTEND_URL",
        "DM_API_URL",
        "DM_SEARCH_API_URL",
        "DM_ANTIVIRUS_API_URL",
        "DM_DOCUMENTS_S3_URL",
        "DM_G7_DRAFT_DOCUMENTS_S3_URL",
        "DM_AGREEMENTS_S3_URL",
        "DM_COMMUNICATIONS_S3_URL",
        "DM_REPORTS_S3_URL",
        "DM_SUBMISSIONS_S3_URL",
    ];

    public static ServerProcess Start(
        Lab lab,
        string program,
        string scheme = "http",
        string mode = "live",
        Dictionary<string, string>? more = null,
        string[]? under = null
    )
    {
        var environment = new Dictionary<string, string>
        {
            ["DM_MODE"] = mode,
            ["DM_ENVIRONMENT"] = "production",
            ["DM_APP_NAME"] = "router",
            ["DM_APP_AUTH"] = EqualWork.Credentials,
            ["DM_USER_IPS"] = string.Join(", ", EqualWork.Allowed),
            ["DM_DEV_USER_IPS"] = Everyone,
            ["DM_ADMIN_USER_IPS"] = Everyone,
            ["DM_RATE_LIMITING_ENABLED"] = "disabled",
        };
        foreach (var name in Addresses)
            environment[name] = Address(lab, scheme);
        if (scheme == "https")
            environment["Router__Backends__frontend__CertificateAuthorities"] = lab.Backend.Certificate;
        foreach (var (name, value) in more ?? [])
            environment[name] = value;
        return Run(
            lab,
            environment,
            [.. under ?? [], .. program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", program] : (string[])[program]]
        );
    }

    /// <summary>Starts one with a table of so many hosts: <c>h0.example.org</c>, <c>h1.example.org</c> and so on.</summary>
    public static ServerProcess StartWithHosts(Lab lab, string program, int count)
    {
        var hosts = new JsonObject();
        for (var i = 0; i < count; i++)
            hosts[$"h{i}"] = new JsonObject
            {
                ["Match"] = $"h{i}.example.org",
                ["Backend"] = "one",
                ["AllowList"] = "everybody",
            };
        var file = Path.Combine(lab.Directory, $"hosts-{count}.json");
        File.WriteAllText(
            file,
            new JsonObject
            {
                ["Router"] = new JsonObject
                {
                    ["Backends"] = new JsonObject
                    {
                        ["one"] = new JsonObject { ["Kind"] = "Frontend", ["Address"] = Address(lab, "http") },
                    },
                    ["AllowLists"] = new JsonObject { ["everybody"] = Everyone },
                    ["Hosts"] = hosts,
                },
            }.ToJsonString()
        );
        return Run(lab, [], program, "--config", file);
    }

    private static string Address(Lab lab, string scheme) => $"{scheme}://127.0.0.1:{lab.Backend.PortFor(scheme)}";

    private static ServerProcess Run(Lab lab, Dictionary<string, string> environment, params string[] command)
    {
        var port = ServerProcess.FreePort();
        environment["Router__Management__Url"] = $"http://127.0.0.1:{ServerProcess.FreePort()}";
        return lab.Run(port, lab.NewDirectory(), environment, [.. command, "--urls", $"http://127.0.0.1:{port}"]);
    }
}
