namespace Router.Bench;

/// <summary>
/// Router as published, with the table that it comes with, the original's environment, its metrics and its access log. Only the rate
/// limits are off: they would limit the one client that there is.
/// </summary>
internal static class PublishedRouter
{
    private const string Everyone = "0.0.0.0/0, ::/0";

    public static ServerProcess Start(string directory, string program, string scheme, Backend backend, string mode = "live")
    {
        var port = ServerProcess.FreePort();
        var address = $"{scheme}://127.0.0.1:{(scheme == "https" ? backend.TlsPort : backend.Port)}";
        var environment = new Dictionary<string, string>
        {
            ["DM_MODE"] = mode,
            ["DM_ENVIRONMENT"] = "production",
            ["DM_APP_NAME"] = "router",
            ["DM_APP_AUTH"] = "dXNlcjpwYXNzd29yZA==",
            ["DM_USER_IPS"] = Everyone,
            ["DM_DEV_USER_IPS"] = Everyone,
            ["DM_ADMIN_USER_IPS"] = Everyone,
            ["DM_RATE_LIMITING_ENABLED"] = "disabled",
            ["Router__Management__Url"] = $"http://127.0.0.1:{ServerProcess.FreePort()}",
        };
        foreach (var name in (string[])["FRONTEND", "API", "SEARCH_API", "ANTIVIRUS_API", "DOCUMENTS_S3", "G7_DRAFT_DOCUMENTS_S3", "AGREEMENTS_S3", "COMMUNICATIONS_S3", "REPORTS_S3", "SUBMISSIONS_S3"])
            environment[$"DM_{name}_URL"] = address;
        if (scheme == "https")
            environment["Router__Backends__frontend__CertificateAuthorities"] = backend.Certificate;
        return ServerProcess.Start(port, directory, environment, program, "--urls", $"http://127.0.0.1:{port}");
    }
}
